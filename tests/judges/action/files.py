"""Other people's software judges the files: action.yml and its scripts, the workflows of this repository, the examples,
and the workflow that `accord init` writes.

A judge that cannot fail judges nothing: each has to notice mistakes in copies.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from checks import check, end, equal, section
from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOLS = pathlib.Path(os.environ["ACCORD_JUDGE_TOOLS"])
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="files-"))

ACTION = ROOT / "action.yml"
SCRIPTS = sorted((ROOT / "action").glob("*.sh"))
WORKFLOWS = [
    *sorted((ROOT / ".github/workflows").glob("*.yml")),
    *sorted((ROOT / "examples/github").glob("*.yml")),
    ROOT / "src/cli/init/starter/workflow.yaml",
]
AZURE = ROOT / "examples/azure-pipelines/azure-pipelines.yml"


def ask(tool, *arguments, cwd=ROOT):
    """Whether the judge is content, and what it says."""
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(
        [TOOLS / tool, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    return ended.returncode == 0, ended.stdout


def schema(name, *files):
    return ask("check-jsonschema", "--builtin-schema", f"vendor.{name}", *files)


def zizmor(*files):
    return ask("zizmor", "--offline", "--no-progress", "--color=never", "--persona=auditor", *files)


def actionlint(*files):
    return ask("actionlint", "-no-color", "-shellcheck", TOOLS / "shellcheck", *files)


def shellcheck(*files):
    return ask("shellcheck", "--external-sources", "--source-path", ROOT / "action", "--color=never", *files)


def act(*files):
    """`act` reads a folder of workflows; `--strict` holds them against its own schema."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
    for number, file in enumerate(files):
        shutil.copy(file, folder / f"{number}.yml")
    return ask("act", "--validate", "--strict", "--workflows", folder, cwd=folder)


def azure(file):
    """Microsoft's schema takes every scalar for a text, as the editor's extension reads it; its patterns are older than the
    grammar of Unicode expressions."""

    def texts(value):
        if isinstance(value, dict):
            return {key: texts(part) for key, part in value.items()}
        if isinstance(value, list):
            return [texts(part) for part in value]
        return json.dumps(value) if isinstance(value, bool) else str(value)

    copy = SCRATCH / "azure-pipelines.json"
    copy.write_text(json.dumps(texts(YAML(typ="safe").load(file))))
    return ask(
        "check-jsonschema", "--regex-variant=nonunicode", "--builtin-schema=vendor.azure-pipelines", copy
    )


def content(what, judged):
    passed, words = judged
    check(what, passed, "\n" + words)


def notices(judge, what, file, old, new):
    """The judge complains about a copy with this mistake."""
    text = file.read_text()
    spoilt = SCRATCH / file.name
    spoilt.write_text(text.replace(old, new))
    if check(f"{judge.__name__}: {file.name} has {old.strip()!r}", old in text):
        passed, words = judge(spoilt)
        check(f"{judge.__name__} notices {what}", not passed, "\n" + words)
    spoilt.unlink()


def github_actions(file):
    return schema("github-actions", file)


def github_workflows(file):
    return schema("github-workflows", file)


PULL_REQUEST = ROOT / "examples/github/pull-request.yml"
FORK_PLAN = ROOT / "examples/github/fork-plan.yml"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"


@section
def schemas_that_editors_use():
    content("check-jsonschema: action.yml", schema("github-actions", ACTION))
    content("check-jsonschema: the workflows", schema("github-workflows", *WORKFLOWS))
    content("check-jsonschema: azure-pipelines.yml", azure(AZURE))
    notices(github_actions, "a step without a shell", ACTION, "      shell: bash\n", "")
    notices(github_actions, "an output without a value", ACTION, "    value: ${{ steps.install.outputs.binary }}\n", "")
    notices(github_workflows, "a misspelt key", PULL_REQUEST, "runs-on:", "runs-at:")
    notices(azure, "a misspelt step", AZURE, "checkout: self", "chekout: self")
    notices(azure, "a misspelt key of a job", AZURE, "timeoutInMinutes:", "timeoutInMinuets:")


@section
def security_of_workflows():
    passed, words = zizmor(ACTION, *WORKFLOWS)
    check("zizmor: action.yml and the workflows", passed, "\n" + words)
    # The one exception stands with its reason in fork-plan.yml.
    check("zizmor: one finding is accepted, no more", "(1 ignored)" in words, words)
    notices(zizmor, "an input in a script", ACTION, "action/run.sh\"", "action/run.sh\" ${{ inputs.args }}")
    notices(zizmor, "a tag in place of a commit", PULL_REQUEST, CHECKOUT, "actions/checkout@v7")
    notices(zizmor, "permissions for everything", PULL_REQUEST, "permissions: {}", "permissions: write-all")
    notices(zizmor, "a token that stays on the disk", PULL_REQUEST, "persist-credentials: false", "clean: true")
    notices(zizmor, "secrets outside an environment", PULL_REQUEST, "    environment: accord-plan\n", "")
    notices(zizmor, "a trigger with secrets for forks", FORK_PLAN, "# zizmor: ignore[dangerous-triggers]", "#")
    notices(zizmor, "a title in a script", FORK_PLAN, "git fetch --no-tags", "echo ${{ github.event.workflow_run.display_title }}; git fetch")


@section
def linters():
    content("actionlint: the workflows", actionlint(*WORKFLOWS))
    notices(actionlint, "a job that is not there", PULL_REQUEST, "needs: check", "needs: chekc")
    notices(actionlint, "a context that is not there", PULL_REQUEST, "github.event.pull_request.number", "githob.number")
    notices(actionlint, "a variable without quotes in a script", FORK_PLAN, 'git fetch --no-tags --depth=1 origin "$HEAD"', "git fetch --no-tags origin $HEAD")
    check("there are scripts", len(SCRIPTS) == 6, SCRIPTS)
    content("shellcheck: the scripts of the action", shellcheck(*SCRIPTS))
    notices(shellcheck, "a variable without quotes", ROOT / "action/report.sh", '"$EXIT_CODE"', "$EXIT_CODE")
    for script in SCRIPTS:
        ended = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
        equal(f"bash reads {script.name}", (ended.returncode, ended.stderr), (0, ""))


@section
def the_runner():
    content("act: the workflows", act(*WORKFLOWS))
    notices(act, "a misspelt key", PULL_REQUEST, "runs-on:", "runs-at:")


shutil.rmtree(SCRATCH)
end()
