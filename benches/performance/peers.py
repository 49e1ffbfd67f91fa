"""Other people's tools on comparable work, installed with pinned versions below `target/`."""

import json
import os
import shutil
import subprocess
import sys

import measure

PINS = {
    "octodns": "1.22.0",
    "check-jsonschema": "0.39.0",
    "azure-devops": "7.1.0b4",
}

CODEC_PINS = {
    "nh3": "0.3.8",
    "beautifulsoup4": "4.15.0",
    "markdownify": "1.2.3",
    "mistune": "3.4.0",
}

OCTODNS = """\
providers:
  config:
    class: octodns.provider.yaml.YamlProvider
    directory: {config}
    default_ttl: 300
  target:
    class: octodns.provider.yaml.YamlProvider
    directory: {target}
    default_ttl: 300
zones:
  shop.example.:
    sources: [config]
    targets: [target]
"""

SDK = '''\
import os, sys
from azure.devops.connection import Connection
from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
from msrest.authentication import BasicAuthentication
organization, what, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
credentials = BasicAuthentication("", os.environ["AZURE_DEVOPS_EXT_PAT"])
client = Connection(base_url=organization, creds=credentials).clients_v7_1.get_work_item_tracking_client()
for n in range(count):
    if what == "read":
        client.get_work_item(first + n, expand="relations")
    else:
        title = JsonPatchOperation(op="add", path="/fields/System.Title", value=f"Made one by one {n}")
        client.create_work_item([title], "Web Shop", "Test Case")
'''


class Peers:
    """A virtual environment with the peers. What cannot be installed is `None` and told as skipped."""

    def __init__(self, target, pins=PINS):
        self.folder = os.path.join(target, "peers")
        self.skipped = {}
        self.bin = os.path.join(self.folder, "bin")
        os.makedirs(target, exist_ok=True)
        if not os.path.exists(os.path.join(self.bin, "python")):
            subprocess.run([sys.executable, "-m", "venv", self.folder], check=True)
        for package, version in pins.items():
            self._install(package, version)

    def _install(self, package, version):
        stamp = os.path.join(self.folder, f"{package}-{version}.installed")
        if os.path.exists(stamp):
            return
        command = [os.path.join(self.bin, "python"), "-m", "pip", "install", "--quiet"]
        done = subprocess.run([*command, f"{package}=={version}"], capture_output=True, text=True)
        if done.returncode == 0:
            open(stamp, "w", encoding="ascii").close()
        else:
            self.skipped[package] = (done.stderr.strip().splitlines() or ["not installed"])[-1]

    def program(self, name):
        return os.path.join(self.bin, name)

    def octodns(self, folder, records, times):
        """A plan that finds nothing to do: so many records from YAML to YAML."""
        shutil.rmtree(folder, ignore_errors=True)
        for side in ("config", "target"):
            os.makedirs(os.path.join(folder, side))
            zone = {
                f"host-{n:06}": {"type": "A", "value": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"}
                for n in range(records)
            }
            with open(os.path.join(folder, side, "shop.example.yaml"), "w", encoding="utf-8") as file:
                json.dump(zone, file)
        config = os.path.join(folder, "octodns.yaml")
        with open(config, "w", encoding="utf-8") as file:
            sides = {side: os.path.join(folder, side) for side in ("config", "target")}
            file.write(OCTODNS.format(**sides))
        command = [self.program("octodns-sync"), "--quiet", "--config-file", config]
        return measure.repeat(times, lambda: measure.run(command, folder=folder))

    def check_jsonschema(self, folder, schema, manifests, times):
        files = sorted(
            os.path.join(place, name)
            for place, _, names in os.walk(manifests)
            for name in names
            if name.endswith(".yaml")
        )
        os.makedirs(folder, exist_ok=True)
        command = [self.program("check-jsonschema"), "--schemafile", schema, *files]
        return measure.repeat(times, lambda: measure.run(command, folder=folder))

    def sdk(self, folder, sandbox, what, first, count, times):
        os.makedirs(folder, exist_ok=True)
        script = os.path.join(folder, "sdk.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SDK)
        env = {**os.environ, **sandbox.credentials, "AZURE_DEVOPS_CACHE_DIR": folder}
        command = [self.program("python"), script, sandbox.organization, what, str(first), str(count)]
        return measure.repeat(times, lambda: measure.run(command, folder=folder, env=env))
