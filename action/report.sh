#!/usr/bin/env bash
# Has the program write the comment and the summary, and sets the outputs. Without a plan (the check failed, or the
# command makes none) the summary is what the command printed.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

boolean summary "$INPUT_SUMMARY"
case $INPUT_COMMENT in
    auto | always | on-change | never) ;;
    *) fail "input \`comment\` is auto, always, on-change or never, not \`$INPUT_COMMENT\`" ;;
esac
enter "$INPUT_WORKING_DIRECTORY"

# What the command printed goes into the summary as a block of text in which nothing is markup, and not without limit:
# GitHub drops a summary of more than 1 MiB as a whole.
printed() {
    [[ $INPUT_SUMMARY == true && -n ${GITHUB_STEP_SUMMARY:-} ]] || return 0
    {
        printf '### accord %s\n\n' "$INPUT_COMMAND"
        if [[ -n $FAILURE_REASON ]]; then
            # shellcheck disable=SC2016 # the backticks are Markdown
            printf 'It ended with exit code %s (`%s`). The log of the step says more.\n\n' "$EXIT_CODE" "$FAILURE_REASON"
        fi
        if [[ -s $LOG_FILE ]]; then
            head -c 200000 "$LOG_FILE" | tr -d '\r' | sed 's/^/    /'
            printf '\n'
        fi
    } >>"$GITHUB_STEP_SUMMARY"
}

if [[ -z $PLAN_FILE ]]; then
    printed
    exit 0
fi

folder=$(scratch)
arguments=(report "$PLAN_FILE" "--label=$INPUT_COMMENT_LABEL")
[[ $INPUT_COMMAND != apply ]] || arguments+=(--result=apply)
[[ -z $INPUT_PULL_REQUEST ]] || arguments+=("--pull-request=$INPUT_PULL_REQUEST")
[[ $INPUT_COMMENT == never ]] || arguments+=(--post=github "--comment=$INPUT_COMMENT")
[[ $INPUT_SUMMARY == true ]] || unset GITHUB_STEP_SUMMARY

# Only what the report prints about itself is shown: the plan stands in the log already.
GITHUB_TOKEN=$INPUT_TOKEN "$BINARY" "${arguments[@]}" >"$folder/report.md"
