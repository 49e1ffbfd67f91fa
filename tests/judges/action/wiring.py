"""action.yml, its scripts, and whoever uses the action fit together: every input reaches a script through `env:`, every
output is set, every workflow names inputs that exist, and every action of others is pinned to a commit whose evidence
docs/ci.md holds.
"""

import os
import pathlib
import re
import shlex
import subprocess

from checks import check, end, equal, section
from ruamel.yaml import YAML

BINARY = os.environ["ACCORD_JUDGE_BINARY"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
YAML_READER = YAML(typ="safe")
ACTION = YAML_READER.load(ROOT / "action.yml")
INPUTS = ACTION["inputs"]
OUTPUTS = ACTION["outputs"]
STEPS = ACTION["runs"]["steps"]
DOCS = (ROOT / "docs/ci.md").read_text()
USERS = [
    *sorted((ROOT / "examples/github").glob("*.yml")),
    ROOT / "src/cli/init/starter/workflow.yaml",
]
WORKFLOWS = [*USERS, *sorted((ROOT / ".github/workflows").glob("*.yml"))]
OURS = "your-organization/accord@" + "0" * 40

# Variables that the runner or the system sets, and those of bash itself.
FOREIGN = set(
    "BASH_SOURCE GITHUB_ACTION_PATH GITHUB_EVENT_NAME GITHUB_OUTPUT GITHUB_SERVER_URL GITHUB_STEP_SUMMARY GITHUB_TOKEN PWD RUNNER_ARCH "
    "RUNNER_OS RUNNER_TEMP TMPDIR".split()
)


def variable(name):
    return "INPUT_" + name.upper().replace("-", "_")


def script_of(step):
    found = re.fullmatch(r'exec bash "\$GITHUB_ACTION_PATH/action/(\w+)\.sh"', step["run"])
    return found and (ROOT / "action" / (found[1] + ".sh")).read_text()


@section
def steps():
    for step in STEPS:
        script = script_of(step)
        check(f"step {step['name']!r} calls a script and nothing else", script, step["run"])
        check(f"step {step['name']!r} uses no action of others", "uses" not in step)
        read = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", script)) - FOREIGN
        equal(f"step {step['name']!r} gives its script what it reads, and nothing else", set(step["env"]), read)
        for name, value in step["env"].items():
            check(f"{step['name']}: {name} is one expression", re.fullmatch(r"\$\{\{ [a-z0-9_.-]+ \}\}", value), value)


@section
def inputs():
    given = [pair for step in STEPS for pair in step["env"].items()]
    for name, declared in INPUTS.items():
        check(f"input {name} has a name of words with hyphens", re.fullmatch(r"[a-z]+(-[a-z]+)*", name))
        check(f"input {name} is described and has a default", declared.get("description") and "default" in declared)
        check(f"input {name} reaches a script as {variable(name)}", (variable(name), "${{ inputs.%s }}" % name) in given)
        check(f"input {name} is in docs/ci.md", f"| `{name}` |" in DOCS)
    uses = {name for _, value in given for name in re.findall(r"inputs\.([a-z-]+)", value)}
    uses |= {name for step in STEPS for name in re.findall(r"inputs\.([a-z-]+)", step.get("if", ""))}
    equal("no step asks for an input that is not declared", uses - set(INPUTS), set())
    with_token = [step["name"] for step in STEPS if "INPUT_TOKEN" in step["env"]]
    equal("only the steps that speak to GitHub get the token", with_token, ["Find the reviewed plan", "Report"])


@section
def outputs():
    by_id = {step["id"]: script_of(step) for step in STEPS if "id" in step}
    report = (ROOT / "src/cli/report/mod.rs").read_text()
    for name, declared in OUTPUTS.items():
        check(f"output {name} has a name of words with underscores", re.fullmatch(r"[a-z]+(_[a-z]+)*", name))
        check(f"output {name} is described", declared.get("description"))
        check(f"output {name} is in docs/ci.md", f"| `{name}` |" in DOCS)
        source = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", declared["value"])
        if not check(f"output {name} comes from a step", source, declared["value"]):
            continue
        step, key = source.groups()
        check(f"output {name} keeps its name", key == name)
        by_script = re.search(rf"\boutput {key} ", by_id[step])
        # `accord report` itself sets what it alone knows.
        check(f"output {name} is set by step {step}", by_script or (step == "report" and f'"{key}"' in report))


@section
def whoever_uses_it():
    used = 0
    for file in USERS:
        jobs = YAML_READER.load(file)["jobs"]
        for step in [step for job in jobs.values() for step in job["steps"]]:
            if not step.get("uses", "").startswith(OURS.split("@")[0]):
                continue
            used += 1
            where = f"{file.name}, {step['name']}"
            equal(f"{where}: the place where the commit belongs", step["uses"], OURS)
            unknown = set(step.get("with", {})) - set(INPUTS)
            equal(f"{where}: no input that is not declared", unknown, set())
    check("the examples use the action", used >= 8, used)


@section
def nobody_applies_the_commit_of_a_run():
    """A run that is started again has the commit that it had: its manifests may be older than what was applied since."""
    applying = 0
    for file in USERS:
        for name, job in YAML_READER.load(file)["jobs"].items():
            if not any(step.get("with", {}).get("command") == "apply" for step in job["steps"]):
                continue
            applying += 1
            refs = [step.get("with", {}).get("ref") for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
            equal(f"{file.name}, {name}: the branch is checked out", refs, ["${{ github.ref }}"])
    check("the examples apply", applying >= 2, applying)
    stages = {stage["stage"]: stage for stage in YAML_READER.load(ROOT / "examples/azure-pipelines/azure-pipelines.yml")["stages"]}
    steps = stages["apply"]["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    lines = [step.get("bash", "") for step in steps]
    fetch = [at for at, line in enumerate(lines) if re.fullmatch(r'git fetch .* origin "\$BUILD_SOURCEBRANCH" && git checkout .* FETCH_HEAD', line)]
    apply = [at for at, line in enumerate(lines) if line.startswith("accord apply")]
    check("azure-pipelines.yml: the branch is fetched before it is applied", len(fetch) == len(apply) == 1 and fetch < apply, lines)


def accepts(*arguments):
    """Whether the program has this command with these flags; its help contacts nobody."""
    ended = subprocess.run([BINARY, *arguments, "--help"], capture_output=True, text=True, timeout=60)
    return ended.returncode == 0


@section
def what_they_call_exists():
    check("a flag that is not there is noticed", not accepts("plan", "--no-such-flag"))
    for file in USERS:
        jobs = YAML_READER.load(file)["jobs"]
        for step in [step for job in jobs.values() for step in job["steps"]]:
            if step.get("uses") == OURS:
                given = step.get("with", {})
                arguments = [given.get("command", "plan"), *given.get("args", "").split("\n")]
                check(f"{file.name}, {step['name']}: {arguments}", accepts(*filter(None, arguments)))
    pipeline = (ROOT / "examples/azure-pipelines/azure-pipelines.yml").read_text()
    lines = re.findall(r"- bash: accord (.*)$", pipeline, re.M)
    check("the pipeline calls the program", len(lines) == 5, lines)
    for line in lines:
        check(f"azure-pipelines.yml: accord {line}", accepts(*shlex.split(line)))
    for command, flags in {
        "plan": "--no-input --color=never --detailed-exitcode --out=json=x --out=github=x --out=sarif=x --base=x --only=x --allow-deletes=1 --allow-updates=1",
        "apply": "--yes --format=json --out=human=x --expect=830df7d17406b81e9efe0e24f993dbc8 --only=x",
        "validate": "--format=github --format=sarif",
        "report": "--post=github --only-update --label=x --pull-request=7 --apply-result=x",
    }.items():
        for flag in flags.split():
            arguments = [command, flag] if command != "report" else [command, "x", flag]
            check(f"the scripts' accord {command} {flag}", accepts(*arguments))


@section
def actions_of_others():
    for file in WORKFLOWS:
        for line in file.read_text().splitlines():
            found = re.search(r"uses: (\S+)@(\S+)(?: # (v[\d.]+))?$", line)
            if not found or found[1] == OURS.split("@")[0]:
                continue
            action, revision, version = found.groups()
            where = f"{file.name}: {action}"
            check(f"{where} is pinned to a commit, with its version", re.fullmatch("[0-9a-f]{40}", revision) and version, line)
            check(f"{where}: docs/ci.md says who else uses this commit", f"| `{action}` | {version} | `{revision}` |" in DOCS, line)


end()
