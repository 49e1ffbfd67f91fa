#!/usr/bin/env bash
# Puts the program somewhere and says where: the one that `binary` names, a release whose SHA-256 is known, or a
# build of the action's own source. Nothing that is downloaded runs before its digest was compared.
#
# action/checksums.txt has a line for each archive of a release: its SHA-256, its version, its platform, its address.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# Some runners give every step of a composite action all of its inputs.
unset INPUT_TOKEN

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/checksums.txt

# The platform in the words of Rust, or nothing where there are no releases for it.
platform() {
    case ${RUNNER_OS:-$(uname -s)}/${RUNNER_ARCH:-$(uname -m)} in
        Linux/X64 | Linux/x86_64) echo x86_64-unknown-linux-gnu ;;
        Linux/ARM64 | Linux/aarch64) echo aarch64-unknown-linux-gnu ;;
        macOS/X64 | Darwin/x86_64) echo x86_64-apple-darwin ;;
        macOS/ARM64 | Darwin/arm64) echo aarch64-apple-darwin ;;
        Windows/X64) echo x86_64-pc-windows-msvc ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 <"$1"
    else
        fail "neither sha256sum nor shasum is installed, so no download can be checked; set \`binary\` or \`build\`" 1
    fi | cut -d ' ' -f 1
}

name=accord
[[ ${RUNNER_OS:-} != Windows ]] || name=accord.exe

# Compares, unpacks, and says where the program is. Usage: unpack FOLDER ARCHIVE SHA256
unpack() {
    local digest
    digest=$(sha256 "$1/$2")
    if [[ $digest != "$3" ]]; then
        rm -f -- "$1/$2"
        fail "the downloaded archive has the SHA-256 $digest, not $3; nothing of it was run" 5
    fi
    # From within the folder: a colon in a path of Windows means another machine to some versions of tar.
    (cd -- "$1" && tar -xzf "$2")
    [[ -f $1/$name ]] || fail "the archive $2 holds no $name" 1
    output binary "$1/$name"
}

# Usage: release SHA256 ADDRESS
release() {
    local folder=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/accord-action/$1
    mkdir -p -- "$folder"
    # An earlier step of the job may have fetched it; its digest is compared all the same.
    if [[ ! -f $folder/archive.tar.gz ]]; then
        echo "Downloading $2"
        curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --retry 3 --max-time 300 \
            --output "$folder/archive.tar.gz.part" -- "$2" ||
            fail "could not download $2; set \`build: true\` to build from source, or \`binary\`" 10
        mv -- "$folder/archive.tar.gz.part" "$folder/archive.tar.gz"
    fi
    unpack "$folder" archive.tar.gz "$1"
}

# Builds the source that this action came with.
build() {
    local source target host
    source=$(cd "$here/.." && working_folder)
    [[ -f $source/Cargo.toml ]] || fail "there is no source in $source to build; set \`binary\`, or pin a release of the action" 1
    command -v cargo >/dev/null ||
        fail "the program has to be built, and there is no Rust (cargo) on this runner; install it, or set \`binary\`" 1
    target=$(absolute "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/accord-action/build")
    # Build scripts of other people's crates run now: the job's credentials are none of their business.
    local variable
    for variable in $(compgen -e); do
        case $variable in
            ACTIONS_* | ACCORD_* | AZURE_DEVOPS_* | TESTWORTHY_* | SYSTEM_ACCESSTOKEN | GITHUB_TOKEN | GH_TOKEN) unset "$variable" ;;
        esac
    done
    echo "Building Accord from $source"
    # From within the source: in the checkout, a .cargo/config.toml or rust-toolchain.toml of the pull request would
    # decide how the program is built, and with which programs.
    host=$(cd -- "$source" && rustc -vV | sed -n 's/^host: //p') || host=
    [[ -n $host ]] || fail "rustc does not say which platform it builds for" 1
    # The platform is named, because a setting of another one (build.target) would move the output.
    (cd -- "$source" && cargo build --locked --release --bin accord --manifest-path "$source/Cargo.toml" --target "$host" --target-dir "$target")
    output binary "$target/$host/release/$name"
}

version=$(trimmed "$INPUT_VERSION")
version=${version#v}
checksum=$(trimmed "$INPUT_CHECKSUM")
boolean build "$INPUT_BUILD"

if [[ -n $INPUT_BINARY ]]; then
    path=$(absolute "$INPUT_BINARY")
    [[ -f $path ]] || fail "input \`binary\`: there is no file $path"
    output binary "$path"
    exit 0
fi
if [[ $INPUT_BUILD == true ]]; then
    [[ -z $version ]] || fail "inputs \`build\` and \`version\`: the source of this action is one version; set one of the two"
    build
    exit 0
fi
if [[ -n $version && ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
    fail "input \`version\` is a number such as 0.1.0, not \`$version\`"
fi
if [[ -n $checksum ]]; then
    [[ $checksum =~ ^[0-9a-f]{64}$ ]] || fail "input \`checksum\` is a SHA-256 of 64 hexadecimal digits in lower case"
    [[ -n $version ]] || fail "input \`checksum\` belongs to a \`version\`"
fi

target=$(platform)
newest=$(sed -e '/^#/d' -e '/^[[:space:]]*$/d' "$list" | tail -n 1 | cut -d ' ' -f 2)
wanted=${version:-$newest}
found=
while read -r digest listed for address; do
    if [[ $listed == "$wanted" && $for == "$target" ]]; then
        found="$digest $address"
    fi
done < <(sed -e '/^#/d' -e '/^[[:space:]]*$/d' "$list")

if [[ -n $found ]]; then
    if [[ -n $checksum && $checksum != "${found%% *}" ]]; then
        fail "input \`checksum\` is not what this action lists for $version on $target (${found%% *})" 5
    fi
    release "${found%% *}" "${found#* }"
elif [[ -n $checksum ]]; then
    [[ -n $target ]] || fail "there are no releases for this platform; set \`build: true\`, or \`binary\`" 1
    [[ -n ${ACTION_REPOSITORY:-} ]] ||
        fail "where releases come from is not known for an action that is not in a repository of its own; set \`binary\`" 1
    release "$checksum" "${GITHUB_SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/releases/download/v$version/accord-$version-$target.tar.gz"
elif [[ -n $version ]]; then
    fail "this action knows no SHA-256 of accord $version for ${target:-this platform}; give it as \`checksum\`, or set \`build: true\`" 5
else
    notice "This commit of the action lists no release for ${target:-this platform}, so Accord is built from its source. That takes minutes."
    build
fi
