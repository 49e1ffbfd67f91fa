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

arguments=(report "$PLAN_FILE" "--label=$INPUT_COMMENT_LABEL")
refused=false
if [[ $INPUT_COMMAND == apply ]]; then
    # Where an apply was refused, it printed the plan in place of what became of it. Which of the two it is, the
    # document's own member says, which stands two spaces in; a title of an item with the same words does not.
    if [[ -n $APPLIED_FILE ]] && grep -q '^  "schema": "accord-apply/1"' -- "$APPLIED_FILE"; then
        arguments+=("--apply-result=$APPLIED_FILE")
    else
        refused=true
        arguments+=("--outcome=Nothing was applied: $FAILURE_REASON (exit code $EXIT_CODE).")
    fi
fi
[[ -z $INPUT_PULL_REQUEST ]] || arguments+=("--pull-request=$INPUT_PULL_REQUEST")

# Where there is a pull request to comment on; an apply looks for the one that was merged.
post=false
case ${GITHUB_EVENT_NAME:-} in
    pull_request*) post=true ;;
esac
[[ -z $INPUT_PULL_REQUEST && $INPUT_COMMAND != apply ]] || post=true
case $INPUT_COMMENT in
    always) post=true ;;
    never) post=false ;;
    on-change)
        # Without a change no comment is begun; one that is there must not go on showing an older plan.
        [[ $EXIT_CODE != 0 || $INPUT_COMMAND != plan ]] || arguments+=(--only-update)
        ;;
esac
# The comment names the plan that was reviewed. One that was refused must not take its place: the next run would find
# its id there and carry it out.
[[ $refused == false ]] || post=false
if [[ $post == true ]]; then
    arguments+=(--post=github)
fi
[[ $INPUT_SUMMARY == true ]] || unset GITHUB_STEP_SUMMARY

# Without a comment the page itself comes, which the log has no use for.
page=$(GITHUB_TOKEN=$INPUT_TOKEN "$BINARY" "${arguments[@]}")
if [[ $post == true ]]; then
    printf '%s\n' "${page:-No comment was written.}"
    if [[ $INPUT_COMMENT == always && -z $page ]]; then
        fail "the comment could not be written, and \`comment: always\` asks for it; the notice above says why" 8
    fi
fi
