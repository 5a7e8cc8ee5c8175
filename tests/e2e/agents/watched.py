"""Runs inside the sandbox: starts an agent and, while it runs, looks for keys in its processes' environment and memory, and afterwards in files.

    python watched.py PATTERN DIRECTORIES -- AGENT...

Prints one JSON line to standard error: the SHA-256 of every text that looks like a key, by where it was. Only digests, since the test must not put
the real key where it looks for it.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

PATTERN = re.compile(sys.argv[1].encode())
DIRECTORIES = sys.argv[2].split(":")
found: dict[str, set[str]] = {"environment": set(), "memory": set(), "files": set()}
readable = 0


def note(where: str, data: bytes) -> None:
    found[where].update(hashlib.sha256(match).hexdigest() for match in PATTERN.findall(data))


def look(pid: str) -> bool:
    """All readable memory of one process. False when none of it can be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            note("environment", file.read())
        with open(f"/proc/{pid}/maps") as file:
            ranges = [line.split(" ", 2)[:2] for line in file if "/" not in line]  # what is mapped from files holds no key
        with open(f"/proc/{pid}/mem", "rb") as memory:
            for span, rights in ranges:
                start, end = (int(part, 16) for part in span.split("-"))
                if not rights.startswith("rw") or end - start > 1 << 30:
                    continue
                try:
                    memory.seek(start)
                    for at in range(start, end, 1 << 24):
                        memory.seek(at)
                        note("memory", memory.read(min(1 << 24, end - at)))
                except OSError:
                    continue
    except (OSError, ValueError):
        return False
    return True


command = sys.argv[sys.argv.index("--") + 1 :]
agent = subprocess.Popen(command, stdin=subprocess.DEVNULL)
deadline = time.monotonic() + 80
while agent.poll() is None and time.monotonic() < deadline:
    time.sleep(0.4)
    for pid in [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) not in (1, os.getpid())]:
        readable += look(pid)
if agent.poll() is None:
    agent.kill()
for directory in DIRECTORIES:
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                with open(f"{parent}/{name}", "rb") as file:
                    note("files", file.read(1 << 26))
            except OSError:
                continue
print("WATCHED " + json.dumps({"readable": readable, **{where: sorted(each) for where, each in found.items()}}), file=sys.stderr)
sys.exit(agent.wait())
