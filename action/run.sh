#!/usr/bin/env bash
# Calls the program once. It ends 0 whatever that ended with (the report has to be written, and verdict.sh decides),
# except where an input is wrong (64) or the run was stopped (130, 143).
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# Some runners give every step of a composite action all of its inputs.
unset INPUT_TOKEN

boolean annotations "$INPUT_ANNOTATIONS"
case $INPUT_COMMAND in
    validate | test | plan | apply | drift) command=$INPUT_COMMAND ;;
    *) fail "input \`command\` is validate, test, plan, apply or drift, not \`$INPUT_COMMAND\`" ;;
esac
enter "$INPUT_WORKING_DIRECTORY"
folder=$(scratch)
plan_file=
annotations_file=
applied_file=
arguments=("$command" --no-input --color=never)

# Says that an input is of no use to the command, for whoever expects it to do something.
only_for() {
    local value=$2
    [[ -n $value ]] || return 0
    local fits
    for fits in "${@:3}"; do
        [[ $command != "$fits" ]] || return 0
    done
    fail "input \`$1\` has no meaning for \`$command\`, only for: ${*:3}"
}
only_for only "$INPUT_ONLY" plan apply
only_for base "$INPUT_BASE" plan
only_for expect "$INPUT_EXPECT" apply
only_for allow-deletes "$INPUT_ALLOW_DELETES" plan apply
only_for allow-updates "$INPUT_ALLOW_UPDATES" plan apply
only_for plan-file "$INPUT_PLAN_FILE" plan apply
only_for sarif-file "$INPUT_SARIF_FILE" validate plan

# What the checkout holds where an output belongs was brought by whoever wrote the pull request. It must not pass for
# what this run found, if the program ends before it writes. Of a link, the link is removed.
clear_place() {
    rm -f -- "$2" 2>/dev/null || fail "input \`$1\`: what is at $2 cannot be removed"
}

number() {
    [[ $2 =~ ^[0-9]+$ ]] || fail "input \`$1\` is a whole number, not \`$2\`"
    arguments+=("--$1=$2")
}

case $command in
    plan | apply)
        [[ -z $INPUT_ALLOW_DELETES ]] || number allow-deletes "$INPUT_ALLOW_DELETES"
        [[ -z $INPUT_ALLOW_UPDATES ]] || number allow-updates "$INPUT_ALLOW_UPDATES"
        while IFS= read -r line; do
            line=$(trimmed "$line")
            [[ -z $line ]] || arguments+=("--only=$line")
        done <<<"$INPUT_ONLY"
        ;;
esac
case $command in
    plan)
        plan_file=$(absolute "${INPUT_PLAN_FILE:-$folder/plan.json}")
        clear_place plan-file "$plan_file"
        arguments+=(--detailed-exitcode "--out=json=$plan_file")
        [[ -z $INPUT_BASE ]] || arguments+=("--base=$INPUT_BASE")
        [[ -z $INPUT_SARIF_FILE ]] || arguments+=("--out=sarif=$(absolute "$INPUT_SARIF_FILE")")
        if [[ $INPUT_ANNOTATIONS == true ]]; then
            annotations_file=$folder/annotations.txt
            arguments+=("--out=github=$annotations_file")
        fi
        ;;
    apply)
        # What was done, for the report; the plan itself goes into the log by another way.
        applied_file=$folder/applied.json
        arguments+=(--yes --format=json "--out=human=$folder/plan.txt")
        if [[ -n $INPUT_PLAN_FILE ]]; then
            plan_file=$(absolute "$INPUT_PLAN_FILE")
            [[ -f $plan_file ]] || fail "input \`plan-file\`: there is no saved plan $plan_file"
            arguments+=("$plan_file")
        else
            plan_file=$folder/plan.json
            arguments+=("--out=json=$plan_file")
        fi
        case $INPUT_EXPECT in
            '') ;;
            reviewed) arguments+=("--expect=$REVIEWED") ;;
            *) arguments+=("--expect=$INPUT_EXPECT") ;;
        esac
        ;;
    drift)
        arguments+=(--detailed-exitcode)
        ;;
    test)
        if [[ $INPUT_ANNOTATIONS == true ]]; then
            annotations_file=$folder/annotations.txt
            arguments+=("--out=github=$annotations_file")
        fi
        ;;
esac
while IFS= read -r line; do
    line=$(trimmed "$line")
    [[ -z $line ]] || arguments+=("$line")
done <<<"$INPUT_ARGS"
[[ -z $INPUT_SARIF_FILE ]] || clear_place sarif-file "$(absolute "$INPUT_SARIF_FILE")"

# The runner obeys lines that begin with two colons, and what the program shows holds titles of items that strangers
# wrote. Nothing in between these two lines is obeyed.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"

# The runner tells this process to stop; the program has to hear of it. It finishes what it has begun, records it,
# and ends by itself.
child=
interrupted=
early=
pass_on() {
    interrupted=yes
    if [[ -n $child ]]; then
        kill -s "$1" "$child" 2>/dev/null || true
    else
        early=$1
    fi
}
trap 'pass_on INT' INT
trap 'pass_on TERM' TERM

# Usage: call FILE_FOR_STDOUT ARGUMENTS; sets `code`. Progress and messages appear as they come (stderr).
call() {
    # With job control, because bash would have programs in the background ignore SIGINT.
    set -m
    "$BINARY" "${@:2}" >"$1" &
    child=$!
    set +m
    # It may have come before the number of the program was known.
    if [[ -n $early ]]; then
        kill -s "$early" "$child" 2>/dev/null || true
        early=
    fi
    while :; do
        interrupted=
        code=0
        # A signal ends it early; the next turn waits for the end, or is told what it was.
        wait "$child" || code=$?
        [[ -n $interrupted ]] || break
    done
    child=
    cat -- "$1"
}

log_file=$folder/output.txt
if [[ -n $applied_file ]]; then
    call "$applied_file" "${arguments[@]}"
    [[ ! -f $folder/plan.txt ]] || cat -- "$folder/plan.txt"
    cp -- "$applied_file" "$log_file"
else
    call "$log_file" "${arguments[@]}"
fi
ended=$code

# `validate` has no second output, and takes a moment: its other forms are other runs.
if [[ $command == validate && $ended != 130 && $ended != 143 ]]; then
    quietly() {
        "$BINARY" "${arguments[@]}" "--format=$1" >"$2" 2>/dev/null || true
    }
    if [[ $INPUT_ANNOTATIONS == true ]]; then
        annotations_file=$folder/annotations.txt
        quietly github "$annotations_file"
    fi
    [[ -z $INPUT_SARIF_FILE ]] || quietly sarif "$(absolute "$INPUT_SARIF_FILE")"
fi
printf '\n::%s::\n' "$token"

# What the program writes as annotations is escaped by it.
if [[ -n $annotations_file && -f $annotations_file ]]; then
    cat -- "$annotations_file"
fi

output exit_code "$ended"
case $ended in
    0 | 2) reason= ;;
    4) reason=validation-failed ;;
    5) reason=policy-blocked ;;
    6) reason=plan-changed ;;
    7) reason=lock-held ;;
    8) reason=auth-failed ;;
    9) reason=partial-apply ;;
    10) reason=remote-unavailable ;;
    64) reason=usage ;;
    70) reason=internal-error ;;
    130 | 143) reason=stopped ;;
    *) reason=failed ;;
esac
output failure_reason "$reason"
output log_file "$log_file"
[[ -z $applied_file || ! -s $applied_file ]] || output applied_file "$applied_file"
[[ -z $plan_file || ! -f $plan_file ]] || output plan_file "$plan_file"
[[ -z $INPUT_SARIF_FILE || ! -f $INPUT_SARIF_FILE ]] || output sarif_file "$(absolute "$INPUT_SARIF_FILE")"
if [[ $command == drift ]]; then
    [[ $ended == 2 ]] && output drifted true
    [[ $ended == 0 ]] && output drifted false
fi
# A job that is stopped has seconds left: none for a report.
if [[ $ended == 130 || $ended == 143 ]]; then
    exit "$ended"
fi
