"""`accord sandbox` in a process of its own, with its cost and its request log."""

import json
import os
import subprocess
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class Sandbox:
    """Both systems emulated on loopback, started with `data` (a folder) or the built-in sample."""

    def __init__(self, program, data=None):
        command = [program, "sandbox", "--port", "0"]
        if data:
            command += ["--data", data]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.testworthy = self.organization = ""
        self.credentials = {}
        for raw in self.process.stdout:
            words = raw.decode().split()
            if words[:1] == ["TestWorthy"]:
                self.testworthy = words[1]
            elif words[:2] == ["Azure", "DevOps"]:
                self.organization = words[2]
            elif words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                self.credentials[name] = value
            elif words[:1] == ["Let"]:
                break
        if not self.organization:
            raise SystemExit("the sandbox did not start")
        self.host = self.organization.split("/")[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def cpu(self):
        """Seconds of CPU so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def _control(self, path, method="GET", body=None):
        request = urllib.request.Request(f"http://{self.host}/_sandbox/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def clear_log(self):
        self._control("log", "DELETE")

    def routes(self):
        """Requests since the last clear: {(system, "METHOD route"): count}."""
        log = json.loads(self._control("log?entries=0"))
        return {(entry["system"], entry["route"]): entry["count"] for entry in log["routes"]}

    def counts(self):
        """Requests since the last clear, to Azure DevOps and to TestWorthy."""
        routes = self.routes()
        return tuple(
            sum(count for (system, _), count in routes.items() if system == wanted)
            for wanted in ("azureDevOps", "testworthy")
        )
