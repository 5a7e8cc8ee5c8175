"""Runs the benchmarks and prints their rows with the machine and the versions that they were measured with."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

MODULES = ("decode", "tables", "decide", "redact", "exec", "memory", "proxy")
PACKAGES = ("wardend", "mitmproxy", "cedarpy", "botocore")
PROGRAMS = (["crun", "--version"], ["bwrap", "--version"])


def main(wanted: list[str]) -> int:
    """Runs the named benchmarks, or all; returns 2 for a name that there is none of."""
    if unknown := set(wanted) - set(MODULES):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    print(f"machine: {_machine()}")
    print(f"versions: {_versions()}\n")
    print(f"{'what':<58} {'value':>10} {'bar':>12}  holds")
    for name in wanted or MODULES:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            bar = "" if row.bar is None else f"{'>=' if row.at_least else '<='} {row.bar:g} {row.unit}"
            holds = {None: "", True: "yes", False: "NO"}[row.holds]
            print(f"{row.what:<58} {row.value:>7.2f} {row.unit:<4} {bar:>12}  {holds:<4} {row.detail}".rstrip(), flush=True)
    return 0


def _machine() -> str:
    models = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{models[0] if models else platform.machine()} x {os.cpu_count()}, {memory:.0f} GiB, Linux {platform.release()}"


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    for command in PROGRAMS:
        if shutil.which(command[0]):
            found.append(subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0])
    return ", ".join(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
