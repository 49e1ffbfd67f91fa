"""Runs a command and writes what it cost into a file: `trampoline.py RESULT OUT ERR COMMAND...`.

Linux counts the memory that a process held before `exec` into its peak, so the process that starts the
command must be small: this one imports nothing that is not built in. Start it with `python3 -I -S`.
"""

import posix
import sys
import time

result, out, err, *command = sys.argv[1:]
write = posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC
actions = [
    (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
    (posix.POSIX_SPAWN_OPEN, 1, out, write, 0o644),
    (posix.POSIX_SPAWN_OPEN, 2, err, write, 0o644),
]
started = time.monotonic()
child = posix.posix_spawn(command[0], command, posix.environ, file_actions=actions)
_, status, usage = posix.wait4(child, 0)
wall = time.monotonic() - started
floor = 0
with open("/proc/self/status", encoding="ascii") as file:
    for line in file:
        if line.startswith("VmHWM:"):
            floor = int(line.split()[1])
numbers = [
    wall,
    usage.ru_utime + usage.ru_stime,
    usage.ru_maxrss / 1024,
    usage.ru_oublock * 512 / 1e6,
    posix.waitstatus_to_exitcode(status),
    floor / 1024,
]
with open(result, "w", encoding="ascii") as file:
    file.write(" ".join(map(str, numbers)))
