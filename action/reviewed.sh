#!/usr/bin/env bash
# Takes the id of the plan that was reviewed from Accord's comment on the pull request that brought the commit here.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

enter "$INPUT_WORKING_DIRECTORY"
arguments=(report --find-expected "--label=$INPUT_COMMENT_LABEL")
[[ -z $INPUT_PULL_REQUEST ]] || arguments+=("--pull-request=$INPUT_PULL_REQUEST")

if ! id=$(GITHUB_TOKEN=$INPUT_TOKEN "$BINARY" "${arguments[@]}"); then
    fail 'the reviewed plan could not be found, so nothing is applied; the log above says why' 6
fi
[[ $id =~ ^[0-9a-z]+$ ]] || fail 'the comment on the pull request names no plan, so nothing is applied' 6
echo "The reviewed plan is $id"
output id "$id"
