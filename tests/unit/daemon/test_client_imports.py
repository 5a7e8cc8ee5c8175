"""The client starts on every command of an agent, so what it imports is counted."""

from __future__ import annotations

import subprocess
import sys

#: Slow to import, and reached for without a thought.
HEAVY = {
    "typing",
    "re",
    "enum",
    "collections",
    "functools",
    "contextlib",
    "pathlib",
    "json",
    "socket",
    "signal",
    "argparse",
    "dataclasses",
    "subprocess",
    "array",
}


def test_the_client_imports_nothing_heavy() -> None:
    code = "import sys; before = set(sys.modules); import warden.cli.exec; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert not imported & HEAVY
    assert len(imported) <= 14, imported
