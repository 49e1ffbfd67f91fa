#!/usr/bin/env bash
# Decides whether the step fails, after the report was written.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The words of `fail-on` are split, and are no patterns of file names.
set -f
boolean detailed-exitcode "$INPUT_DETAILED_EXITCODE"
on_error=false on_blocked=false on_changes=false on_drift=false
for word in ${INPUT_FAIL_ON//,/ }; do
    case $word in
        error) on_error=true ;;
        blocked) on_blocked=true ;;
        changes) on_changes=true ;;
        drift) on_drift=true ;;
        *) fail "input \`fail-on\` takes error, blocked, changes and drift, not \`$word\`" ;;
    esac
done
[[ $INPUT_DETAILED_EXITCODE == false ]] || on_changes=true

# A plan that a safety rule blocks ends 5; so does a host that is not allowed, which is an error.
if [[ $EXIT_CODE == 5 && $BLOCKED == true && $INPUT_COMMAND == plan ]]; then
    [[ $on_blocked == false ]] || fail 'a safety rule blocks this plan; the report says which, and the way out' 5
    exit 0
fi
case $EXIT_CODE in
    0) ;;
    2)
        if [[ $INPUT_COMMAND == drift ]]; then
            [[ $on_drift == false ]] || fail 'something was changed outside Accord; the report says what' 2
        else
            [[ $on_changes == false ]] || fail 'the plan has changes' 2
        fi
        ;;
    *)
        [[ $on_error == false ]] || fail "accord $INPUT_COMMAND ended with exit code $EXIT_CODE; the log says why" "$EXIT_CODE"
        ;;
esac
