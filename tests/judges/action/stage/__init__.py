"""What the scripts share that run the action: both systems emulated by `accord sandbox`, GitHub's API by a stand-in, a
repository with the project and the example workflows, and `act`, which runs those on this machine without containers.

In the workflows only this changes: the action is the one of this folder, its `binary` is the one that was built, and no
branch is named to check out.
"""

import copy
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[4]
TOOLS = pathlib.Path(os.environ["ACCORD_JUDGE_TOOLS"])
BINARY = os.environ["ACCORD_JUDGE_BINARY"]
SCRATCH = os.environ.get("ACCORD_JUDGE_SCRATCH")
REPOSITORY = "contoso/web-shop"
SECRETS = dict(
    line.split("=", 1)
    for line in (ROOT / "examples/sandbox-project/sandbox.env").read_text().splitlines()
    if "=" in line and not line.startswith("#")
)


def folder(prefix):
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=SCRATCH))


def ask(url, method="GET", body=None):
    """A request of the test itself; JSON both ways."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Process:
    """A program that listens and says where, in a line that `pattern` finds."""

    def __init__(self, *command, pattern):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                self.address = found[1]
                return
        raise RuntimeError(f"{command[0]} did not say where it listens")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Systems(Process):
    """Both systems, emulated."""

    def __init__(self):
        super().__init__(BINARY, "sandbox", "--port", "0", pattern=r"request log\s+(http://[0-9.:]+)/_sandbox/log")

    def control(self, method, path, body=None):
        return ask(f"{self.address}/_sandbox/{path}", method, body)

    def requests(self):
        """Every request so far, oldest first."""
        return self.control("GET", "log")["requests"]

    def writes(self):
        """Those that may have changed something."""
        return [entry for entry in self.requests() if entry["isWrite"]]


class GitHub(Process):
    """GitHub's API, as tests/github/server.py stands in for it."""

    token = "ghs_token-of-the-job"

    def __init__(self, **state):
        server = ROOT / "tests/github/server.py"
        super().__init__(sys.executable, str(server), pattern=r"^(http://127\.0\.0\.1:\d+)$")
        self.set(tokens={self.token: "github-actions[bot]"}, **state)

    def set(self, **state):
        ask(f"{self.address}/stand-in/set", "POST", state)

    def comments(self, number):
        return [one for one in ask(f"{self.address}/stand-in/comments") if one["issue"] == number]

    def exchanges(self):
        return ask(f"{self.address}/stand-in/exchanges")


def read_only(comments):
    """GitHub as somebody sees it whose token may only read."""
    refused = {"status": 403, "message": "Resource not accessible by integration", "times": 100}
    return GitHub(
        # Other bodies, so that there is something to write.
        comments=[{"issue": one["issue"], "login": one["login"], "body": one["body"] + "\nolder"} for one in comments],
        faults=[{**refused, "method": method} for method in ("PATCH", "PUT", "DELETE")]
        + [{**refused, "method": "POST", "path": "/repos/"}],
    )


class Repository:
    """A repository with the sample project, the action, and the example workflows."""

    def __init__(self, address):
        self.path = folder("repository-")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", f"https://github.com/{REPOSITORY}")
        action = self.path / ".accord-action"
        action.mkdir()
        shutil.copy(ROOT / "action.yml", action)
        shutil.copytree(ROOT / "action", action / "action")
        workflows = self.path / ".github/workflows"
        workflows.mkdir(parents=True)
        for file in sorted((ROOT / "examples/github").glob("*.yml")):
            YAML().dump(ours(YAML().load(file)), workflows / file.name)
        self.commit("Add the workflows")
        project = ROOT / "examples/sandbox-project"
        shutil.copytree(project, self.path, dirs_exist_ok=True)
        (self.path / "sandbox.env").unlink()
        self.edit("connection.yaml", "http://127.0.0.1:4010", address)
        # Jobs begin on empty machines: what both sides held is kept in a ref that they share.
        self.state = folder("state-")
        self.git("init", "--quiet", "--bare", str(self.state))
        self.git("remote", "add", "state", str(self.state))
        self.edit("accord.yaml", "{ sqlite: .accord/state.db }", "{ git: { remote: state, ref: refs/accord/state } }")

    def git(self, *arguments):
        person = ["-c", "user.name=A person", "-c", "user.email=person@contoso.example", "-c", "commit.gpgsign=false"]
        ended = subprocess.run(["git", *person, *arguments], cwd=self.path, check=True, capture_output=True, text=True)
        return ended.stdout.strip()

    def give(self, workflow, name, value):
        """Another input for every use of the action in a workflow; it stays."""
        path = self.path / ".github/workflows" / workflow
        document = YAML().load(path)
        for job in document["jobs"].values():
            for step in job["steps"]:
                if step.get("uses") == "./.accord-action":
                    step["with"][name] = value
        YAML().dump(document, path)

    def edit(self, file, old, new):
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} has no {old}"
        path.write_text(text.replace(old, new))

    def commit(self, message):
        """Commits everything; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


def ours(workflow):
    """The workflow with the action of this folder and the program that was built."""
    workflow = copy.deepcopy(workflow)
    for job in workflow["jobs"].values():
        # Whatever system it names, it runs here.
        job["runs-on"] = "here"
        for step in job["steps"]:
            if step.get("uses", "").startswith("your-organization/accord@"):
                step["uses"] = "./.accord-action"
                step.setdefault("with", {})["binary"] = BINARY
            # `act` has one checkout; for a ref it would fetch the action that checks out.
            if step.get("uses", "").startswith("actions/checkout@") and step["with"].get("ref") == "${{ github.ref }}":
                del step["with"]["ref"]
    return workflow


class Run:
    """What came of a workflow."""

    def __init__(self, code, text):
        self.code = code
        self.text = text

    def job(self, name):
        """How the job ended: `success`, `failure`, or `None` if it did not run."""
        lines = [line for line in self.text.splitlines() if re.match(rf"\[[^]]*/{re.escape(name)}\s*\]", line)]
        if not lines:
            return None
        return "failure" if any("Job failed" in line for line in lines) else "success"

    def output(self, name):
        """The last value of an output of the action."""
        found = re.findall(rf"::set-output:: {name}=(.*)$", self.text, re.M)
        return found[-1].strip() if found else None


def act(repository, event, payload, workflow, api, token, allow, secrets=SECRETS):
    """Runs a workflow for an event."""
    home = folder("act-")
    event_file = home / "event.json"
    event_file.write_text(json.dumps({**payload, "repository": {"full_name": REPOSITORY, "default_branch": "main"}}))
    secret_file = home / "secrets"
    secret_file.write_text("".join(f"{name}={value}\n" for name, value in {**secrets, "GITHUB_TOKEN": token}.items()))
    command = [
        TOOLS / "act", event, "--eventpath", event_file, "--workflows", repository.path / ".github/workflows" / workflow,
        "--platform", "here=-self-hosted", "--secret-file", secret_file,
        "--env", f"GITHUB_API_URL={api}", "--env", f"GITHUB_GRAPHQL_URL={api}/graphql", "--env", f"ACCORD_ALLOW_HOSTS={allow}",
        # Without addresses it asks the machine for one, which fails where there is loopback only.
        "--no-cache-server", "--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1", "--pull=false",
        "--concurrent-jobs", "1",
    ]  # fmt: skip
    environment = {
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
    }
    ended = subprocess.run(
        command,
        cwd=repository.path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    shutil.rmtree(home, ignore_errors=True)
    return Run(ended.returncode, ended.stdout)


def pull_request(number, head, base, fork=False):
    """The payload of an event about a pull request."""
    source = "stranger/web-shop" if fork else REPOSITORY
    return {
        "action": "synchronize",
        "number": number,
        "pull_request": {
            "number": number,
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": source, "fork": fork}},
            "base": {"sha": base, "ref": "main", "repo": {"full_name": REPOSITORY, "fork": False}},
        },
    }
