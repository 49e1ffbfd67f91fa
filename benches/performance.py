#!/usr/bin/env python3
"""The numbers of docs/performance.md: what Accord and comparable tools need, measured in one run.

    python3 benches/performance.py            # 1,000, 10,000 and 100,000 items; about ten minutes
    python3 benches/performance.py --quick    # 1,000 items; about two minutes
    python3 benches/performance.py --codecs   # fields a second of each codec only; about two minutes
    python3 benches/performance.py --write    # also replaces what was measured in docs/performance.md

Builds the release program, starts `accord sandbox` in a process of its own, and runs the program and
its peers as child processes. Needs Python 3.11 or later on Linux; peers are installed below `target/`.
"""

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(REPOSITORY, "benches", "performance"))

import codecs_table  # noqa: E402
import measure  # noqa: E402
import project  # noqa: E402
from peers import CODEC_PINS, PINS, Peers  # noqa: E402
from sandbox import Sandbox  # noqa: E402
from sample_data import FIRST_ITEM  # noqa: E402
from table import Table  # noqa: E402

SUITE = 2_000
FILES = 1_000
DOCUMENT = os.path.join(REPOSITORY, "docs", "performance.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CODECS_BEGIN, CODECS_END = "<!-- codecs: begin -->", "<!-- codecs: end -->"
REACH = {
    1_000: "",
    10_000: "≤ 1 s, ≤ 80 MB",
    100_000: "≤ 10 s, ≤ 200 MB",
}


class Run:
    """One run of all measurements."""

    def __init__(self, options):
        self.options = options
        self.work = os.path.join(REPOSITORY, "target", "performance")
        os.makedirs(self.work, exist_ok=True)
        self.program = os.path.abspath(options.program or self.build())
        self.table = Table()
        self.floor_mb = 0.0
        self.peers = None if options.skip_peers else Peers(self.work)

    def build(self):
        subprocess.run(["cargo", "build", "--release", "--bin", "accord"], cwd=REPOSITORY, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", os.path.join(REPOSITORY, "target"))
        return os.path.join(target, "release", "accord")

    def folder(self, name):
        path = os.path.join(self.work, name)
        os.makedirs(path, exist_ok=True)
        return path

    def accord(self, *arguments, cwd=None, env=None, expect=(0,)):
        command = [self.program, *arguments]
        sample = measure.run(command, folder=self.work, cwd=cwd, env=env, expect=expect)
        self.floor_mb = max(self.floor_mb, sample.floor_mb)
        return sample

    def all(self):
        self.start_up()
        self.validate()
        for pairs in self.options.sizes:
            self.linked(pairs)
        self.creates()
        if self.peers:
            self.octodns()

    def start_up(self):
        version = measure.repeat(20, lambda: self.accord("--version"))
        self.table.add("start-up: `--version`", None, version, reach="≤ 0.010 s")
        example = os.path.join(REPOSITORY, "examples", "web-shop")
        samples = measure.repeat(20, lambda: self.accord("validate", cwd=example))
        self.table.add("`accord validate`, the example's 5 files", None, samples, reach="≤ 0.050 s")

    def validate(self):
        folder = os.path.join(self.work, "manifests")
        project.manifests(folder, REPOSITORY, FILES)
        samples = measure.repeat(self.options.repeat, lambda: self.accord("validate", cwd=folder))
        self.table.add("`accord validate`, files", FILES, samples, reach="≤ 0.3 s")
        if self.peers:
            name = "check-jsonschema, the same files and schema"
            schema = os.path.join(REPOSITORY, "schemas", "accord.schema.json")
            if reason := self.peers.skipped.get("check-jsonschema"):
                return self.table.skip(name, reason)
            times = min(2, self.options.repeat)
            samples = self.peers.check_jsonschema(self.folder("check"), schema, folder, times)
            self.table.add(name, FILES, samples)

    def data(self, pairs, *flags):
        folder = os.path.join(self.work, f"data-{pairs}" + "".join(flags))
        if not os.path.exists(os.path.join(folder, "azure-devops.yaml")):
            script = os.path.join(REPOSITORY, "benches", "performance", "sample_data.py")
            command = [sys.executable, script, folder, str(pairs), str(SUITE), *flags]
            subprocess.run(command, check=True)
        return folder

    def linked(self, pairs):
        """Everything over `pairs` cases and as many work items that belong together."""
        with Sandbox(self.program, self.data(pairs)) as sandbox:
            env = {**os.environ, **sandbox.credentials, "ACCORD_ALLOW_HOSTS": sandbox.host}
            folder = os.path.join(self.work, f"project-{pairs}")
            project.linked(folder, REPOSITORY, sandbox, pairs, SUITE)
            times = self.options.repeat if pairs <= 10_000 else min(3, self.options.repeat)

            def plan(*flags):
                return self.accord("plan", "--detailed-exitcode", *flags, cwd=folder, env=env)

            def adopt():
                return self.accord("apply", "--yes", cwd=folder, env=env)

            self.counted("`accord apply`, marked pairs taken into an empty state", pairs, sandbox, 1, adopt)
            self.counted("`accord plan --full-scan`, linked pairs, nothing changed", pairs, sandbox, times,
                         lambda: plan("--full-scan"),
                         reach=f"{REACH.get(pairs, '')}; ADO ≤ {-(-pairs // 200) + 20}".lstrip("; "))
            # What an apply wrote is read once more by the next one; from then on the feed says enough.
            adopt()
            self.counted("`accord plan`, the same by the feed of revisions", pairs, sandbox, times, plan,
                         reach="ADO constant")
            script = os.path.join(REPOSITORY, "benches", "performance", "bare_reader.py")
            suites = -(-pairs // SUITE)
            command = [sys.executable, script, sandbox.organization, sandbox.testworthy,
                       str(suites), str(FIRST_ITEM), str(pairs)]
            reader = lambda: measure.run(command, folder=self.work, env=env)  # noqa: E731
            self.counted("the same reads by a script that drops the answers", pairs, sandbox, times, reader)
            if self.peers and pairs <= 10_000:
                self.sdk(sandbox, pairs)

    def counted(self, work, items, sandbox, times, call, reach=""):
        sandbox.clear_log()
        before = sandbox.cpu()
        samples = measure.repeat(times, call)
        cpu = (sandbox.cpu() - before) / times
        azure, tests = (count / times for count in sandbox.counts())
        requests = f"{azure:,.0f} / {tests:,.0f}"
        self.table.add(work, items, samples, sandbox_cpu=cpu, requests=requests, reach=reach)
        return samples

    def sdk(self, sandbox, pairs):
        read, create = "Python SDK, one read per work item", "Python SDK, one create per work item"
        if reason := self.peers.skipped.get("azure-devops"):
            return self.table.skip(read, reason)
        folder = self.folder("sdk")

        def call(what, count):
            return lambda: self.peers.sdk(folder, sandbox, what, FIRST_ITEM, count, 1)[0]

        try:
            self.counted(read, pairs, sandbox, 1, call("read", pairs))
            if pairs == self.options.sizes[0]:
                self.counted(create, 200, sandbox, 1, call("create", 200))
        except SystemExit as failure:
            self.table.skip(read, str(failure).strip().splitlines()[-1][:80])

    def creates(self):
        """Cases without work items: each is created, linked and marked."""
        for cases in self.options.creates:
            with Sandbox(self.program, self.data(cases, "--unpaired")) as sandbox:
                env = {**os.environ, **sandbox.credentials, "ACCORD_ALLOW_HOSTS": sandbox.host}
                folder = os.path.join(self.work, f"creates-{cases}")
                project.linked(folder, REPOSITORY, sandbox, cases, SUITE)
                apply = lambda: self.accord("apply", "--yes", cwd=folder, env=env)  # noqa: E731
                samples = self.counted(
                    "`accord apply`, creates (and AB# into each case)", cases, sandbox, 1, apply,
                    reach=f"linear; ≤ {-(-cases // 200) + 2} batches",
                )
                batches = sum(n for (_, route), n in sandbox.routes().items() if route.endswith("$batch"))
                state = os.path.getsize(os.path.join(folder, ".accord", "state.db")) / 1e6
                print(f"  {batches} batches; {samples[0].written_mb:.1f} MB written for a state of "
                      f"{state:.1f} MB: {samples[0].written_mb / cases * 1e6:,.0f} bytes per create")

    def octodns(self):
        name = "octoDNS, no-op plan, YAML to YAML (no API)"
        if reason := self.peers.skipped.get("octodns"):
            return self.table.skip(name, reason)
        for records in self.options.sizes:
            times = min(2, self.options.repeat) if records <= 10_000 else 1
            samples = self.peers.octodns(os.path.join(self.work, "octodns"), records, times)
            self.table.add(name, records, samples)


def facts(run):
    """What the numbers depend on."""
    def told(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]

    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / 1024 / 1024
    load = " ".join(f"{part:.2f}" for part in run.load)
    return [
        f"- {datetime.date.today()}, {told(run.program, '--version')}, {told('rustc', '--version')}",
        f"- {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}; load average before the run {load}, after it "
        + " ".join(f"{part:.2f}" for part in os.getloadavg()),
        f"- CPython {platform.python_version()}; "
        + ", ".join(f"{name} {version}" for name, version in PINS.items()),
        f"- peaks below {run.floor_mb:.0f} MB (what the starting process holds) cannot be told apart",
        f"- command: `{' '.join(['python3', 'benches/performance.py', *sys.argv[1:]])}`",
    ]


def write(lines, begin, end):
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail:
        raise SystemExit(f"{DOCUMENT} has no marks around the table")
    measured = "\n".join(lines)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(f"{head}{begin}\n{measured}\n{end}{tail}")


def codecs(options):
    """The section about codecs: what it depends on, the table, the items."""
    def told(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]

    work = os.path.join(REPOSITORY, "target", "performance")
    peers = None if options.skip_peers else Peers(work, CODEC_PINS)
    before = " ".join(f"{part:.2f}" for part in os.getloadavg())
    lines = codecs_table.measure(REPOSITORY, peers, options.bench_program)
    after = " ".join(f"{part:.2f}" for part in os.getloadavg())
    lines = [
        f"- {datetime.date.today()}, {told('rustc', '--version')}; {os.cpu_count()} cores ({platform.machine()}); "
        f"load average before the run {before}, after it {after}",
        f"- CPython {platform.python_version()}; "
        + ", ".join(f"{name} {version}" for name, version in CODEC_PINS.items()),
        "- command: `python3 benches/performance.py --codecs`"
        + (" over a benchmark that was built before" if options.bench_program else ""),
        "",
        *lines,
    ]
    print("\n".join(lines))
    if options.write:
        write(lines, CODECS_BEGIN, CODECS_END)


def numbers(text):
    return [int(part.replace("_", "")) for part in text.split(",") if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,000 items only")
    parser.add_argument("--sizes", type=numbers, help="numbers of items, for example 1000,10000")
    parser.add_argument("--creates", type=numbers, help="numbers of creates, for example 500,2000")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of the short measurements")
    parser.add_argument("--write", action="store_true", help="replace the table in docs/performance.md")
    parser.add_argument("--skip-peers", action="store_true", help="measure Accord only")
    parser.add_argument("--codecs", action="store_true", help="the codecs only")
    parser.add_argument("--bench-program", help="this benchmark of the codecs instead of a release build")
    parser.add_argument("--program", help="this program instead of a release build")
    options = parser.parse_args()
    options.sizes = options.sizes or ([1_000] if options.quick else [1_000, 10_000, 100_000])
    if options.creates is None:
        options.creates = [200] if options.quick else [500, 1_000, 2_000]
    if options.codecs:
        return codecs(options)
    load = os.getloadavg()
    run = Run(options)
    run.load = load
    run.all()
    print()
    print("\n".join(facts(run)))
    if options.write:
        write([*facts(run), "", run.table.markdown()], BEGIN, END)
    codecs(options)
    shutil.rmtree(os.path.join(run.work, "octodns"), ignore_errors=True)


if __name__ == "__main__":
    main()
