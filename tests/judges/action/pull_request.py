"""The life of a pull request, with the example workflows as they are: `act` runs them against both systems emulated and
a stand-in for GitHub's API.
"""

import http.server
import re
import shutil
import threading

from checks import check, end, equal, section
from stage import SECRETS, GitHub, Repository, Systems, act, pull_request, read_only

NUMBER = 7

systems = Systems()
github = GitHub()
repository = Repository(systems.address)
base = repository.git("rev-parse", "HEAD")
ALLOWED = systems.address.removeprefix("http://")


def run(event, payload, workflow, **changed):
    settings = {"api": github.address, "token": github.token, "allow": ALLOWED, **changed}
    for name, value in settings.pop("inputs", {}).items():
        repository.give(workflow, name, value)
    return act(repository, event, payload, workflow, **settings)


def plan(head, fork=False, **changed):
    return run("pull_request", pull_request(NUMBER, head, base, fork), "pull-request.yml", **changed)


def marker(body):
    """The plan that a comment names."""
    found = re.search(r'"planId":\s*"(\w+)"', body)
    return found and found[1]


reviewed = {}


@section
def a_pull_request_is_planned():
    repository.git("switch", "--quiet", "--create", "topic")
    head = repository.commit("Keep the checkout cases in step")
    ended = plan(head)
    equal("the checks pass", ended.job("Check the manifests"), "success")
    check("and the plan", ended.job("Plan") == "success", ended.text)
    equal("it tells that there is something to do", (ended.output("changes"), ended.output("exit_code")), ("true", "2"))
    check("and how much", int(ended.output("to_create") or 0) > 5 and int(ended.output("to_link") or 0) > 0, ended.text)
    comments = github.comments(NUMBER)
    if check("there is one comment", len(comments) == 1, comments):
        equal("with the plan that the output names", marker(comments[0]["body"]), ended.output("plan_id"))
        address = ended.output("comment_url") or ""
        check("and its address is an output", address.endswith(f"pull/{NUMBER}#issuecomment-{comments[0]['id']}"), address)
        check("a person reads what would be created", "SyncRule/checkout-cases" in comments[0]["body"], comments[0]["body"])
    check("the summary of the job has the plan too", "Summary - " in ended.text and "SyncRule/checkout-cases" in ended.text.split("Summary - ")[-1], ended.text)
    equal("neither system was written to", systems.writes(), [])
    for name, value in [*SECRETS.items(), ("the token", github.token)]:
        # An address of a person is no secret, but stands in no report either.
        check(f"{name} is in neither comment nor log", value not in ended.text + str(comments))
    reviewed["first"] = comments[0] if comments else None


@section
def a_second_push_updates_the_comment():
    repository.edit("mappings/test-case.yaml", "constant: TestWorthy", "constant: From TestWorthy")
    head = repository.commit("Say where the items come from")
    ended = plan(head)
    check("the plan succeeds", ended.job("Plan") == "success", ended.text)
    comments = github.comments(NUMBER)
    if check("there is still one comment", len(comments) == 1, comments):
        first = reviewed["first"]
        equal("the same one", comments[0]["id"], first["id"])
        check("with another plan", marker(comments[0]["body"]) != marker(first["body"]), comments[0]["body"])
        equal("the newest", marker(comments[0]["body"]), ended.output("plan_id"))
    check("of the newest commit", head[:7] in comments[0]["body"], comments[0]["body"])
    ended = plan(head)
    equal("the same push again leaves one comment", (ended.job("Plan"), len(github.comments(NUMBER))), ("success", 1))
    reviewed["id"] = ended.output("review_id")
    reviewed["head"] = head


@section
def a_fork_gets_no_credential():
    before = len(github.exchanges())
    ended = plan(reviewed["head"], fork=True, secrets={})
    equal("the checks run and pass", ended.job("Check the manifests"), "success")
    equal("the plan does not run", ended.job("Plan"), None)
    equal("GitHub is not asked", len(github.exchanges()), before)


@section
def a_token_that_may_only_read_leaves_the_job_green():
    theirs = read_only(github.comments(NUMBER))
    before = theirs.comments(NUMBER)
    ended = plan(reviewed["head"], api=theirs.address)
    check("the job is green", ended.job("Plan") == "success", ended.text)
    statuses = [one["status"] for one in theirs.exchanges() if one["method"] in ("POST", "PATCH") and one["path"] != "/graphql"]
    equal("GitHub refused to write", set(statuses), {403})
    equal("no comment was written or changed", theirs.comments(NUMBER), before)
    check("a notice says why", "::notice" in ended.text, ended.text)
    check("the plan is in the summary", "SyncRule/checkout-cases" in ended.text.split("Summary - ")[-1], ended.text)
    equal("the outputs are there all the same", ended.output("review_id"), reviewed["id"])
    equal("but no address of a comment", ended.output("comment_url"), "")
    ended = plan(reviewed["head"], api=theirs.address, inputs={"comment": "always"})
    equal("unless the comment is asked for", ended.job("Plan"), "failure")
    theirs.stop()


class Stranger(http.server.BaseHTTPRequestHandler):
    """A host that somebody would like the credentials to go to."""

    heard = []

    def do_GET(self):
        self.heard.append((self.path, dict(self.headers)))
        self.send_error(404)

    do_POST = do_OPTIONS = do_PATCH = do_GET

    def log_message(self, *arguments):
        pass


@section
def a_hostile_manifest_is_refused():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = github.comments(NUMBER)
    repository.git("switch", "--quiet", "--create", "hostile")
    stranger = f"http://127.0.0.1:{server.server_port}"
    repository.edit("connection.yaml", f"organizationUrl: {systems.address}", f"organizationUrl: {stranger}")
    ended = plan(repository.commit("Point the connection elsewhere"))
    equal("the manifests are well-formed", ended.job("Check the manifests"), "success")
    equal("the plan is refused", (ended.job("Plan"), ended.output("exit_code"), ended.output("failure_reason")), ("failure", "5", "policy-blocked"))
    equal("the stranger hears nothing", Stranger.heard, [])
    equal("the comment stays as it was", [comment["id"] for comment in github.comments(NUMBER)], [comment["id"] for comment in before])
    server.shutdown()
    repository.git("switch", "--quiet", "topic")


@section
def a_merge_of_something_else_is_not_applied():
    repository.git("switch", "--quiet", "--create", "other", "main")
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    repository.edit("mappings/test-case.yaml", "constant: From TestWorthy", "constant: Nobody reviewed this")
    merge = repository.commit("Slip something in")
    github.set(pulls=[{"number": NUMBER, "sha": merge, "base": "main", "head": reviewed["head"], "merged": "2026-01-02T03:04:05Z"}])
    before = github.comments(NUMBER)
    ended = run("push", {"ref": "refs/heads/main", "after": merge}, "apply.yml")
    equal("it ends 6", (ended.job("Apply"), ended.output("exit_code"), ended.output("failure_reason")), ("failure", "6", "plan-changed"))
    check("and says so", "not-the-expected-plan" in ended.text, ended.text)
    equal("nothing was written", systems.writes(), [])
    # Else a second run would find its id there.
    equal("the comment still names the reviewed plan", github.comments(NUMBER), before)
    again = run("push", {"ref": "refs/heads/main", "after": merge}, "apply.yml")
    equal("so a second run is refused too", (again.output("exit_code"), systems.writes()), ("6", []))


@section
def the_merge_is_applied():
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    merge = repository.git("rev-parse", "HEAD")
    github.set(pulls=[{"number": NUMBER, "sha": merge, "base": "main", "head": reviewed["head"], "merged": "2026-01-02T03:04:05Z"}])
    # Somebody edits an item between the review and the merge: that voids no review.
    systems.control("POST", "testworthy/cases/210304", {"title": "Edited before the merge"})
    ended = run("push", {"ref": "refs/heads/main", "after": merge}, "apply.yml")
    check("it succeeds", ended.job("Apply") == "success", ended.text)
    equal("with the reviewed plan", ended.output("review_id"), reviewed["id"])
    changed = {entry["system"] for entry in systems.writes() if entry["status"] in (200, 201)}
    equal("both systems were changed", changed, {"azureDevOps", "testworthy"})
    comments = github.comments(NUMBER)
    if check("there is still one comment", len(comments) == 1, comments):
        check("it says what was applied", "Applied" in comments[0]["body"], comments[0]["body"])
    kept = repository.git("ls-remote", "state", "refs/accord/state")
    check("the state is in its ref", kept.endswith("refs/accord/state"), kept)
    again = plan(merge)
    check("the next job finds nothing left to do", (again.job("Plan"), again.output("changes")) == ("success", "false"), again.text)


@section
def every_output_is_there():
    ended = plan(reviewed["head"])
    names = set(re.findall(r"::set-output:: (\w+)=", ended.text))
    declared = {"exit_code", "failure_reason", "changes", "to_create", "to_update", "to_delete", "to_link", "conflicts", "blocked", "plan_id", "review_id", "plan_file", "comment_url", "report_truncated", "binary"}
    equal("every output of a plan is set", declared - names, set())
    for name in sorted(declared - {"failure_reason"}):
        check(f"output {name} has a value", ended.output(name), ended.output(name))


systems.stop()
github.stop()
shutil.rmtree(repository.path, ignore_errors=True)
shutil.rmtree(repository.state, ignore_errors=True)
end()
