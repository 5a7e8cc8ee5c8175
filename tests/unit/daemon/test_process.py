"""What a process is and leaves behind."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

SEALED = """
import ctypes, os, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
from warden.daemon import process
if sys.argv[1] == "sealed":
    process.seal()
elif sys.argv[1] == "quiet":
    process.leave_no_core()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE), flush=True)
print(subprocess.run(["sh", "-c", "ulimit -c"], capture_output=True, text=True).stdout, flush=True)
os.abort()
"""


@pytest.mark.parametrize(("how", "facts"), [("sealed", ["0 0 0", "0"]), ("quiet", ["1 0 -1", "0"]), ("control", ["1 -1 -1", "unlimited"])])
def test_a_crash_leaves_no_memory_behind(tmp_path: Path, how: str, facts: list[str]) -> None:
    """A core file would be written to the working directory, which the command reads."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.geteuid():
        pytest.skip("core files are limited here")
    done = subprocess.Popen([sys.executable, "-c", SEALED, how], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])})  # fmt: skip
    assert done.stdout is not None
    told = [line for line in done.stdout.read().splitlines() if line]
    done.stdout.close()
    _pid, status = os.waitpid(done.pid, 0)
    done.returncode = 0
    assert told == facts
    assert os.WTERMSIG(status) == 6
    if how != "control":  # whether that one left a core is this machine's pattern's to say
        assert not os.WCOREDUMP(status)
        assert list(tmp_path.iterdir()) == []
