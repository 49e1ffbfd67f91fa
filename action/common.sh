# What the action's scripts share; each of them reads it. Works with the bash 3.2 of macOS and the bash of Git for
# Windows.
# shellcheck shell=bash

set -euo pipefail

# Messages are workflow commands: what would end or continue one is written as the runner wants it.
annotation() {
    local text=$2
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::%s title=Accord::%s\n' "$1" "$text"
}

# Ends the step with a message. Usage: fail TEXT [EXIT_CODE]
fail() {
    annotation error "$1"
    exit "${2:-64}"
}

notice() {
    annotation notice "$1"
}

# Sets an output of the step. A value with a line end could set others, so there is none.
output() {
    case $2 in
        *$'\n'* | *$'\r'*) fail "the value of the output $1 has a line end" 70 ;;
    esac
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# Ends the step unless the value is true or false. Usage: boolean INPUT_NAME VALUE
boolean() {
    case $2 in
        true | false) ;;
        *) fail "input \`$1\` is true or false, not \`$2\`" ;;
    esac
}

# The text without white space around it, a carriage return included.
trimmed() {
    local text=$1
    text=${text#"${text%%[![:space:]]*}"}
    text=${text%"${text##*[![:space:]]}"}
    printf '%s' "$text"
}

# Enters the project's folder.
enter() {
    [[ -d $1 ]] || fail "input \`working-directory\`: there is no folder \`$1\`; is the repository checked out?"
    cd -- "$1"
}

# The working folder. Programs of Windows do not know the paths of its bash.
working_folder() {
    if [[ ${RUNNER_OS:-} == Windows ]]; then
        pwd -W
    else
        pwd
    fi
}

# The path from the working folder, for programs and steps that start elsewhere.
absolute() {
    case $1 in
        /* | [A-Za-z]:[\\/]*) printf '%s' "$1" ;;
        *) printf '%s/%s' "$(working_folder)" "$1" ;;
    esac
}

# A folder for files of this step, which the runner clears after the job.
scratch() {
    mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/accord-action.XXXXXXXX"
}
