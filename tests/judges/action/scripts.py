"""The action's scripts by themselves, with a program in the place of accord, curl and cargo that says how it was called:
what is downloaded is checked, inputs stay what they are, signals arrive, and nobody's text is obeyed.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

from checks import check, end, equal, section

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="scripts-"))
TARGET = "x86_64-unknown-linux-gnu"
CANARY = "canary-5f1d"

# Writes down how it was called, then does what the test asks for.
PROGRAM = """#!/usr/bin/env bash
printf '%s\\0' "$@" >"$CALLED"
env >"$CALLED.env"
{body}
"""


class Stage:
    """A copy of the action, a folder of programs that stand first in the path, and one run of a script."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        self.action = self.folder / "action-source/action"
        shutil.copytree(ROOT / "action", self.action)
        self.bin = self.folder / "bin"
        self.temp = self.folder / "temp"
        self.work = self.folder / "work"
        self.called = self.folder / "called"
        for folder in (self.bin, self.temp, self.work):
            folder.mkdir()
        self.output = self.folder / "output"
        self.summary = self.folder / "summary"

    def program(self, name, body=""):
        path = self.bin / name
        path.write_text(PROGRAM.format(body=body))
        path.chmod(0o755)
        return path

    def start(self, script, **variables):
        for file in (self.output, self.summary, self.called):
            file.unlink(missing_ok=True)
        self.output.touch()
        environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "CALLED": str(self.called),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_SERVER_URL": "https://github.example",
            **variables,
        }
        return subprocess.Popen(
            ["bash", self.action / f"{script}.sh"],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script, **variables):
        process = self.start(script, **variables)
        text, _ = process.communicate(timeout=60)
        return process.returncode, text

    def outputs(self):
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())

    def arguments(self):
        return self.called.read_text().split("\0")[:-1] if self.called.exists() else None

    def environment(self):
        return self.folder.joinpath("called.env").read_text()


INSTALL = {"INPUT_VERSION": "", "INPUT_CHECKSUM": "", "INPUT_BUILD": "false", "INPUT_BINARY": "", "ACTION_REPOSITORY": ""}
RUN = {
    "REVIEWED": "",
    "INPUT_COMMAND": "plan",
    "INPUT_WORKING_DIRECTORY": ".",
    "INPUT_ONLY": "",
    "INPUT_BASE": "",
    "INPUT_EXPECT": "",
    "INPUT_ALLOW_DELETES": "",
    "INPUT_ALLOW_UPDATES": "",
    "INPUT_PLAN_FILE": "",
    "INPUT_SARIF_FILE": "",
    "INPUT_ANNOTATIONS": "false",
    "INPUT_ARGS": "",
    "INPUT_TOKEN": CANARY,
}


def archive(stage, text="#!/bin/sh\necho an accord\n"):
    """An archive as a release holds it, and its digest."""
    program = stage.folder / "accord"
    program.write_text(text)
    program.chmod(0o755)
    path = stage.folder / "release.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        packed.add(program, "accord")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def listing(stage, *lines):
    stage.action.joinpath("checksums.txt").write_text("# a comment\n\n" + "".join(line + "\n" for line in lines))


def downloads(stage, path):
    """curl answers with this file."""
    return stage.program("curl", f'while [[ $# -gt 0 ]]; do [[ $1 != --output ]] || cp "{path}" "$2"; shift; done')


@section
def a_path_is_taken_as_it_is():
    stage = Stage()
    name = stage.work / "my accord"
    name.touch()
    equal("binary: a relative path", (stage.run("install", **{**INSTALL, "INPUT_BINARY": "my accord"})[0], stage.outputs()), (0, {"binary": str(name)}))
    equal("binary: an absolute path", (stage.run("install", **{**INSTALL, "INPUT_BINARY": str(name)})[0], stage.outputs()), (0, {"binary": str(name)}))
    code, text = stage.run("install", **{**INSTALL, "INPUT_BINARY": "nothing"})
    check("binary: a file that is not there ends 64", code == 64 and "there is no file" in text, text)


@section
def a_listed_release_is_installed():
    stage = Stage()
    path, digest = archive(stage)
    address = "https://github.example/o/accord/releases/download/v1.2.3/x.tar.gz"
    listing(stage, f"{'0' * 64} 1.2.2 {TARGET} https://github.example/old", f"{digest} 1.2.3 {TARGET} {address}", f"{'1' * 64} 1.2.3 aarch64-apple-darwin https://github.example/mac")
    downloads(stage, path)
    code, text = stage.run("install", **INSTALL)
    equal("the newest release", code, 0)
    binary = stage.outputs().get("binary", "")
    check("its program was unpacked", subprocess.run([binary], capture_output=True, text=True).stdout == "an accord\n", text)
    arguments = stage.arguments()
    check("it comes from the listed address, over https only", arguments[-1] == address and arguments[arguments.index("--proto") + 1] == "=https", arguments)
    stage.called.unlink()
    equal("a second step of the job", stage.run("install", **INSTALL)[0], 0)
    equal("does not download again", stage.arguments(), None)
    kept = pathlib.Path(binary).parent / "archive.tar.gz"
    kept.write_bytes(kept.read_bytes() + b"x")
    code, text = stage.run("install", **INSTALL)
    check("but it compares again", code == 5 and not kept.exists() and "binary" not in stage.outputs(), text)
    equal("a version with a v", stage.run("install", **{**INSTALL, "INPUT_VERSION": "v1.2.3"})[0], 0)


@section
def what_is_not_listed_is_refused():
    stage = Stage()
    path, digest = archive(stage, "#!/bin/sh\ntouch ran\n")
    downloads(stage, path)
    listing(stage, f"{'0' * 64} 1.2.3 {TARGET} https://github.example/x.tar.gz")
    code, text = stage.run("install", **INSTALL)
    check("another digest than the listed one ends 5", code == 5 and digest in text and "0" * 64 in text, text)
    left = [str(file) for file in stage.temp.rglob("*") if file.is_file()]
    equal("nothing of it is left", (left, stage.outputs()), ([], {}))
    for what, inputs, words in [
        ("a version without a digest", {"INPUT_VERSION": "9.9.9"}, "knows no SHA-256"),
        ("a digest that contradicts the list", {"INPUT_VERSION": "1.2.3", "INPUT_CHECKSUM": digest}, "is not what this action lists"),
    ]:
        code, text = stage.run("install", **{**INSTALL, **inputs})
        check(f"{what} ends 5", code == 5 and words in text and stage.outputs() == {}, text)
    for what, inputs in [
        ("a version that is no number", {"INPUT_VERSION": "1.0.0/../../x"}),
        ("a digest that is none", {"INPUT_VERSION": "9.9.9", "INPUT_CHECKSUM": "abc"}),
        ("a digest without a version", {"INPUT_CHECKSUM": digest}),
        ("build that is neither true nor false", {"INPUT_BUILD": "yes"}),
        ("build with a version", {"INPUT_BUILD": "true", "INPUT_VERSION": "1.2.3"}),
    ]:
        code, text = stage.run("install", **{**INSTALL, **inputs})
        check(f"{what} ends 64", code == 64 and stage.outputs() == {}, text)
    code, text = stage.run("install", **{**INSTALL, "INPUT_VERSION": "9.9.9", "INPUT_CHECKSUM": digest, "ACTION_REPOSITORY": "o/accord"})
    equal("a release with a digest from the workflow is installed", code, 0)
    equal("from the action's repository", stage.arguments()[-1], f"https://github.example/o/accord/releases/download/v9.9.9/accord-9.9.9-{TARGET}.tar.gz")
    stage.program("curl", "exit 22")
    code, text = stage.run("install", **{**INSTALL, "INPUT_VERSION": "9.9.8", "INPUT_CHECKSUM": "2" * 64, "ACTION_REPOSITORY": "o/accord"})
    check("a download that fails ends 10", code == 10, text)


@section
def without_a_release_it_is_built():
    stage = Stage()
    stage.folder.joinpath("action-source/Cargo.toml").touch()
    stage.program("rustc", f"echo 'rustc 1.89.0'; echo 'host: {TARGET}'; pwd >\"$CALLED.rustc\"")
    stage.program("cargo", 'pwd >"$CALLED.cargo"')
    secrets = {name: CANARY for name in ["TESTWORTHY_API_KEY", "AZURE_DEVOPS_EXT_PAT", "ACCORD_HOOK_SECRET", "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "INPUT_TOKEN"]}
    code, text = stage.run("install", **{**INSTALL, **secrets})
    equal("no release for the platform: a build", (code, stage.arguments()[:4]), (0, ["build", "--locked", "--release", "--bin"]))
    check("it is told", "built from its source" in text, text)
    check("of the action's own source", str(stage.folder / "action-source/Cargo.toml") in stage.arguments(), stage.arguments())
    # Else a .cargo/config.toml of the pull request would name the compiler.
    places = [pathlib.Path(f"{stage.called}.{tool}").read_text().strip() for tool in ("rustc", "cargo")]
    equal("from within it, not from the checkout", places, [str(stage.folder / "action-source")] * 2)
    folder = stage.temp / "accord-action/build"
    given = stage.arguments()
    equal("for the platform of the compiler, whatever is set elsewhere", given[given.index("--target") + 1 :], [TARGET, "--target-dir", str(folder)])
    equal("which says where the program lies", stage.outputs(), {"binary": str(folder / TARGET / "release/accord")})
    check("build scripts see no credential", CANARY not in stage.environment())
    equal("build: true", stage.run("install", **{**INSTALL, **secrets, "INPUT_BUILD": "true"})[0], 0)
    listing(stage, f"{'0' * 64} 1.2.3 aarch64-apple-darwin https://github.example/x.tar.gz")
    equal("a list without this platform", stage.run("install", **INSTALL)[0], 0)
    stage.program("cargo", "exit 101")
    equal("a build that fails ends the step", (stage.run("install", **INSTALL)[0], stage.outputs()), (101, {}))
    stage.program("rustc", "exit 1")
    code, text = stage.run("install", **INSTALL)
    check("so does a compiler that does not run", code == 1 and stage.outputs() == {} and text.count("::error") == 1, text)


@section
def inputs_stay_what_they_are():
    stage = Stage()
    accord = stage.program("accord")
    inputs = {**RUN, "BINARY": str(accord)}
    hostile = "--a=$(touch ran) `touch ran` * ' \" ; touch ran"
    code, text = stage.run("run", **{**inputs, "INPUT_ARGS": f"  {hostile}\t\r\n\n--b\n", "INPUT_ONLY": "SyncRule/a b\n--yes\n", "INPUT_BASE": "--evil", "INPUT_ALLOW_DELETES": "3", "INPUT_PLAN_FILE": "my plan.json"})
    equal("plan ends", code, 0)
    plan = stage.work / "my plan.json"
    equal(
        "each line is one argument",
        stage.arguments(),
        ["plan", "--no-input", "--color=never", "--allow-deletes=3", "--only=SyncRule/a b", "--only=--yes", "--detailed-exitcode", f"--out=json={plan}", "--base=--evil", hostile, "--b"],
    )
    check("nothing of them ran", not list(stage.folder.rglob("ran")))
    check("the token is not there", CANARY not in stage.environment())
    for what, changed in [
        ("a command that is none", {"INPUT_COMMAND": "plan; rm"}),
        ("a number that is none", {"INPUT_ALLOW_DELETES": "3 --yes"}),
        ("expect for plan", {"INPUT_EXPECT": "abc"}),
        ("base for apply", {"INPUT_COMMAND": "apply", "INPUT_BASE": "main"}),
        ("only for validate", {"INPUT_COMMAND": "validate", "INPUT_ONLY": "SyncRule/a"}),
        ("annotations that are neither true nor false", {"INPUT_ANNOTATIONS": "1"}),
        ("a folder that is not there", {"INPUT_WORKING_DIRECTORY": "nowhere"}),
        ("a saved plan that is not there", {"INPUT_COMMAND": "apply", "INPUT_PLAN_FILE": "nothing.json"}),
    ]:
        code, text = stage.run("run", **{**inputs, **changed})
        check(f"{what} ends 64", code == 64 and stage.arguments() is None and text.startswith("::error"), text)
    stage.run("run", **{**inputs, "INPUT_COMMAND": "apply", "INPUT_EXPECT": "reviewed", "REVIEWED": "abc123"})
    check("apply takes the reviewed id, and asks nobody", {"--expect=abc123", "--yes", "--no-input"} <= set(stage.arguments()), stage.arguments())
    stage.run("run", **{**inputs, "INPUT_COMMAND": "apply", "INPUT_EXPECT": "def"})
    check("or the given one", "--expect=def" in stage.arguments(), stage.arguments())
    stage.work.joinpath("saved.json").touch()
    stage.run("run", **{**inputs, "INPUT_COMMAND": "apply", "INPUT_PLAN_FILE": "saved.json"})
    check("or carries out a saved plan", str(stage.work / "saved.json") in stage.arguments(), stage.arguments())
    equal("which the report shows", stage.outputs()["plan_file"], str(stage.work / "saved.json"))


@section
def what_the_checkout_brings_is_no_output():
    stage = Stage()
    plan, findings, elsewhere = stage.work / "plan.json", stage.work / "findings.sarif", stage.folder / "elsewhere"
    inputs = {**RUN, "INPUT_PLAN_FILE": "plan.json", "INPUT_SARIF_FILE": "findings.sarif"}

    def planted():
        plan.unlink(missing_ok=True)
        findings.unlink(missing_ok=True)
        plan.write_text("of the pull request")
        elsewhere.write_text("of somebody else")
        findings.symlink_to(elsewhere)

    planted()
    accord = stage.program("accord", "exit 8")
    equal("a plan that fails ends", stage.run("run", **inputs, BINARY=str(accord))[0], 0)
    given = stage.outputs()
    equal("and has no outputs but its own", (given.get("plan_file"), given.get("sarif_file"), plan.exists(), findings.exists()), (None, None, False, False))
    planted()
    accord = stage.program("accord", 'for one in "$@"; do [[ $one != --out=* ]] || echo ours >"${one#--out=*=}"; done')
    equal("a plan that succeeds ends", stage.run("run", **inputs, BINARY=str(accord))[0], 0)
    given = stage.outputs()
    equal("and gives its own", (given.get("plan_file"), given.get("sarif_file")), (str(plan), str(findings)))
    equal("which stand in the files", (plan.read_text(), findings.read_text()), ("ours\n", "ours\n"))
    planted()
    accord = stage.program("accord", "[[ $* != *sarif* ]] || echo ours")
    stage.run("run", **{**inputs, "INPUT_COMMAND": "validate", "INPUT_PLAN_FILE": ""}, BINARY=str(accord))
    equal("validate writes a file of its own", (findings.is_symlink(), findings.read_text()), (False, "ours\n"))
    equal("no link was followed", elsewhere.read_text(), "of somebody else")
    stage.called.unlink(missing_ok=True)
    plan.unlink()
    plan.mkdir()
    code, text = stage.run("run", **inputs, BINARY=str(accord))
    check("a folder in the place of the plan ends 64", code == 64 and stage.arguments() is None and "cannot be removed" in text, text)
    stage.work.joinpath("saved.json").write_text("to carry out")
    stage.run("run", **{**RUN, "BINARY": str(accord), "INPUT_COMMAND": "apply", "INPUT_PLAN_FILE": "saved.json"})
    equal("the plan that an apply carries out stays", stage.work.joinpath("saved.json").read_text(), "to carry out")


@section
def nobodys_text_is_obeyed():
    stage = Stage()
    accord = stage.program("accord", "echo '::set-env name=PATH::/evil'; echo '::warning::evil' >&2; [[ $* != *github* ]] || echo '::notice::ours' >\"${@: -1:1}\"")
    for command in ("plan", "validate"):
        code, text = stage.run("run", **{**RUN, "BINARY": str(accord), "INPUT_COMMAND": command, "INPUT_ANNOTATIONS": "true"})
        stopped = re.search(r"^::stop-commands::([0-9a-f]{32})$(.*)^::\1::$", text, re.M | re.S)
        check(f"{command}: what the program prints stands where commands are stopped", stopped and "evil" in stopped[2], text)
        rest = text.replace(stopped[0], "") if stopped else text
        check(f"{command}: and nowhere else", "evil" not in rest or command == "validate", text)
    first = re.search("stop-commands::(\\w+)", text)[1]
    second = re.search("stop-commands::(\\w+)", stage.run("run", **{**RUN, "BINARY": str(accord)})[1])[1]
    check("the word that starts them again is another each time", first != second)


@section
def exit_codes_and_reasons():
    stage = Stage()
    reasons = {0: "", 1: "failed", 2: "", 4: "validation-failed", 5: "policy-blocked", 6: "plan-changed", 7: "lock-held", 8: "auth-failed", 9: "partial-apply", 10: "remote-unavailable", 64: "usage", 70: "internal-error"}
    for ended, reason in reasons.items():
        accord = stage.program("accord", f"exit {ended}")
        code, _ = stage.run("run", **{**RUN, "BINARY": str(accord), "INPUT_COMMAND": "drift"})
        given = stage.outputs()
        equal(f"exit code {ended}", (code, given["exit_code"], given["failure_reason"]), (0, str(ended), reason))
        equal(f"exit code {ended}: drifted", given.get("drifted"), {0: "false", 2: "true"}.get(ended))


@section
def signals_arrive():
    # Whoever starts these judges in the background may have SIGINT ignored, and no shell can trap that again.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The program gives up by itself, so that a script which does not pass a signal on leaves nothing behind. It waits
    # by `wait`: a signal that meets bash at the end of a command in the foreground is sometimes forgotten.
    for name, code in (("INT", 130), ("TERM", 143)):
        stage = Stage()
        accord = stage.program("accord", f"trap 'kill $!; echo stopped cleanly; exit {code}' {name}; sleep 25 & : >\"$CALLED.ready\"; wait")
        process = stage.start("run", **{**RUN, "BINARY": str(accord), "INPUT_COMMAND": "apply"})
        ready = pathlib.Path(f"{stage.called}.ready")
        limit = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < limit:
            time.sleep(0.02)
        # To the script only, as the runner does it.
        process.send_signal(getattr(signal, f"SIG{name}"))
        text, _ = process.communicate(timeout=30)
        equal(f"SIG{name}: the step ends as the program did", process.returncode, code)
        check(f"SIG{name}: the program ended by itself", "stopped cleanly" in text, text)
        equal(f"SIG{name}: and that is told", stage.outputs()["failure_reason"], "stopped")


REPORT = {
    "PLAN_FILE": "plan.json",
    "APPLIED_FILE": "",
    "LOG_FILE": "",
    "EXIT_CODE": "2",
    "FAILURE_REASON": "",
    "GITHUB_EVENT_NAME": "pull_request",
    "INPUT_COMMAND": "plan",
    "INPUT_WORKING_DIRECTORY": ".",
    "INPUT_COMMENT": "auto",
    "INPUT_COMMENT_LABEL": "default",
    "INPUT_SUMMARY": "true",
    "INPUT_PULL_REQUEST": "",
    "INPUT_TOKEN": CANARY,
}


@section
def the_report_goes_where_it_is_asked_for():
    stage = Stage()
    accord = stage.program("accord", "echo https://github.example/comment")
    applied = stage.folder / "applied.json"
    applied.write_text(json.dumps({"applied": 2, "schema": "accord-apply/1"}, indent=2))
    refused = stage.folder / "refused.json"
    # Whoever writes an item can name it so.
    title = {"title": "accord-apply/1", "schema": "accord-apply/1"}
    refused.write_text(json.dumps({"changes": [title], "names": title, "schema": "accord-plan/1"}, indent=2))
    posted = "--post=github"
    for what, inputs, there, not_there in [
        ("a plan on a pull request", {}, [posted, "--label=default"], ["--only-update"]),
        ("a label of one's own", {"INPUT_COMMENT_LABEL": "staging"}, ["--label=staging"], []),
        ("a plan at night", {"GITHUB_EVENT_NAME": "schedule"}, [], [posted]),
        ("a plan at night for a pull request", {"GITHUB_EVENT_NAME": "schedule", "INPUT_PULL_REQUEST": "7"}, [posted, "--pull-request=7"], []),
        ("comment: never", {"INPUT_COMMENT": "never"}, [], [posted]),
        ("comment: on-change, with changes", {"INPUT_COMMENT": "on-change"}, [posted], ["--only-update"]),
        ("comment: on-change, without", {"INPUT_COMMENT": "on-change", "EXIT_CODE": "0"}, [posted, "--only-update"], []),
        ("an apply", {"INPUT_COMMAND": "apply", "GITHUB_EVENT_NAME": "push", "APPLIED_FILE": str(applied)}, [posted, f"--apply-result={applied}"], []),
        ("a refused apply", {"INPUT_COMMAND": "apply", "APPLIED_FILE": str(refused), "EXIT_CODE": "6", "FAILURE_REASON": "plan-changed"}, ["--outcome=Nothing was applied: plan-changed (exit code 6)."], [f"--apply-result={refused}", posted]),
        ("a refused apply, with comment: always", {"INPUT_COMMAND": "apply", "INPUT_COMMENT": "always", "EXIT_CODE": "6", "FAILURE_REASON": "plan-changed"}, [], [posted]),
    ]:
        code, text = stage.run("report", **{**REPORT, **inputs, "BINARY": str(accord)})
        given = stage.arguments()
        check(what, code == 0 and set(there) <= set(given) and not set(not_there) & set(given), (code, given, text))
    stage.run("report", **{**REPORT, "BINARY": str(accord)})
    check("it gets the token under its own name", f"GITHUB_TOKEN={CANARY}" in stage.environment())
    check("and the summary", "GITHUB_STEP_SUMMARY=" in stage.environment())
    stage.run("report", **{**REPORT, "INPUT_SUMMARY": "false", "BINARY": str(accord)})
    check("summary: false", "GITHUB_STEP_SUMMARY=" not in stage.environment())
    silent = stage.program("silent")
    code, text = stage.run("report", **{**REPORT, "INPUT_COMMENT": "always", "BINARY": str(silent)})
    check("comment: always, and it could not be written", code == 8 and "could not be written" in text, text)
    equal("comment: auto, and it could not be written", stage.run("report", **{**REPORT, "BINARY": str(silent)})[0], 0)
    for name, value in (("INPUT_COMMENT", "yes"), ("INPUT_SUMMARY", "no")):
        equal(f"{name}={value} ends 64", stage.run("report", **{**REPORT, name: value, "BINARY": str(accord)})[0], 64)


@section
def without_a_plan_the_summary_says_what_was_printed():
    stage = Stage()
    accord = stage.program("accord")
    log = stage.folder / "log"
    log.write_text("```\n<img src=x>\r\n" + "x" * 300_000)
    inputs = {**REPORT, "BINARY": str(accord), "PLAN_FILE": "", "LOG_FILE": str(log), "EXIT_CODE": "8", "FAILURE_REASON": "auth-failed"}
    equal("it ends", (stage.run("report", **inputs)[0], stage.arguments()), (0, None))
    summary = stage.summary.read_text()
    check("it says how the command ended", "exit code 8 (`auth-failed`)" in summary, summary[:500])
    body = summary.split("says more.\n\n")[1]
    check("nothing that was printed is markup", all(line.startswith("    ") or not line for line in body.split("\n")), body[:200])
    check("and there is a limit", len(summary) < 250_000, len(summary))
    equal("summary: false", (stage.run("report", **{**inputs, "INPUT_SUMMARY": "false"})[0], stage.summary.exists()), (0, False))


@section
def the_reviewed_plan_is_found_or_nothing_is_applied():
    stage = Stage()
    inputs = {"INPUT_WORKING_DIRECTORY": ".", "INPUT_COMMENT_LABEL": "default", "INPUT_PULL_REQUEST": "", "INPUT_TOKEN": CANARY}
    accord = stage.program("accord", "echo 830df7d17406b81e9efe0e24f993dbc8")
    equal("the id", (stage.run("reviewed", **inputs, BINARY=str(accord))[0], stage.outputs()), (0, {"id": "830df7d17406b81e9efe0e24f993dbc8"}))
    for what, body in [("no id", ""), ("two lines", "echo a; echo b=c"), ("other words", "echo 'no plan'"), ("a failure", "echo 830df7d17406; exit 6")]:
        accord = stage.program("accord", body)
        code, text = stage.run("reviewed", **inputs, BINARY=str(accord))
        check(f"{what}: nothing is applied", code == 6 and stage.outputs() == {}, text)


@section
def the_verdict():
    base = {"EXIT_CODE": "0", "BLOCKED": "", "INPUT_COMMAND": "plan", "INPUT_FAIL_ON": "error,blocked", "INPUT_DETAILED_EXITCODE": "false"}
    stage = Stage()
    for what, inputs, expected in [
        ("nothing to do", {}, 0),
        ("changes", {"EXIT_CODE": "2"}, 0),
        ("changes, which fail", {"EXIT_CODE": "2", "INPUT_FAIL_ON": "error, changes"}, 2),
        ("changes, as the exit code", {"EXIT_CODE": "2", "INPUT_DETAILED_EXITCODE": "true"}, 2),
        ("a blocked plan", {"EXIT_CODE": "5", "BLOCKED": "true"}, 5),
        ("a blocked plan that is none of the failures", {"EXIT_CODE": "5", "BLOCKED": "true", "INPUT_FAIL_ON": "error"}, 0),
        ("a refused host", {"EXIT_CODE": "5", "INPUT_FAIL_ON": "error"}, 5),
        ("a blocked apply", {"EXIT_CODE": "5", "BLOCKED": "true", "INPUT_COMMAND": "apply", "INPUT_FAIL_ON": "error"}, 5),
        ("drift", {"EXIT_CODE": "2", "INPUT_COMMAND": "drift"}, 0),
        ("drift, which fails", {"EXIT_CODE": "2", "INPUT_COMMAND": "drift", "INPUT_FAIL_ON": "error\ndrift"}, 2),
        ("another plan than the reviewed one", {"EXIT_CODE": "6", "INPUT_COMMAND": "apply"}, 6),
        ("an error that is none of the failures", {"EXIT_CODE": "8", "INPUT_FAIL_ON": "blocked"}, 0),
        ("a word that is none", {"INPUT_FAIL_ON": "errors"}, 64),
        ("a pattern of file names", {"INPUT_FAIL_ON": "*"}, 64),
    ]:
        code, text = stage.run("verdict", **{**base, **inputs})
        equal(f"verdict: {what}", code, expected)
        if expected:
            check(f"verdict: {what} is told", "::error title=Accord::" in text, text)


shutil.rmtree(SCRATCH)
end()
