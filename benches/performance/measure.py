"""Runs one command and tells what it cost: wall time, CPU, peak memory, bytes written."""

import os
import subprocess
import sys
from dataclasses import dataclass

TRAMPOLINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trampoline.py")


@dataclass
class Sample:
    """One run of a command. `floor_mb` is the least peak that could have been seen."""

    wall: float
    cpu: float
    peak_mb: float
    written_mb: float
    code: int
    floor_mb: float
    stderr: str
    stdout: str


def run(command, *, folder, cwd=None, env=None, expect=(0,)):
    """Runs `command`, whose first word is a path; its output goes to files in `folder`, so that reading
    it costs nothing."""
    names = [os.path.join(folder, name) for name in ("cost", "stdout", "stderr")]
    words = [sys.executable, "-I", "-S", TRAMPOLINE, *names, *map(str, command)]
    subprocess.run(words, cwd=cwd, env=env, check=True)
    with open(names[0], encoding="ascii") as file:
        wall, cpu, peak, written, code, floor = map(float, file.read().split())
    out, err = _tail(names[1]), _tail(names[2])
    sample = Sample(wall, cpu, peak, written, int(code), floor, stderr=err, stdout=out)
    if sample.code not in expect:
        shown = " ".join(map(str, command))
        raise SystemExit(f"{shown}\nended with {sample.code}:\n{sample.stdout}\n{sample.stderr}")
    return sample


def _tail(path, most=4000):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        file.seek(max(0, size - most))
        return file.read().decode(errors="replace")


def repeat(times, call):
    """Calls `call` so often; the samples in the order of their wall time."""
    return sorted((call() for _ in range(times)), key=lambda sample: sample.wall)


def median(samples, key):
    values = sorted(getattr(sample, key) for sample in samples)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
