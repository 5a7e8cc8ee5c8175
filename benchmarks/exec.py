"""`warden exec -- true` with a warm daemon against `bwrap --unshare-all true`, and where the time goes.

The two take turns, so that whatever else the machine does meets both. bubblewrap gets the least that can run a program: the host's root, read-only.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import Row

RUNS = 40
#: Between two runs (seconds): a person's next command, and time for the daemon to have the next session process ready.
PAUSE = 0.15
BWRAP = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")


def rows() -> Iterator[Row]:
    warden = str(Path(sys.executable).parent / "warden")
    with tempfile.TemporaryDirectory(prefix="warden-bench-") as home:
        Path(home).chmod(0o700)
        work = Path(home, "work")
        work.mkdir()
        environment = {"PATH": os.environ["PATH"], "HOME": home, "WARDEN_SOCKET": f"{home}/daemon.sock", "LANG": "C.UTF-8"}
        try:
            yield from _compare((warden, "exec", "--", "true"), environment, str(work))
        finally:
            subprocess.run([warden, "daemon", "stop"], env=environment, capture_output=True)


def _compare(command: Sequence[str], environment: dict[str, str], work: str) -> Iterator[Row]:
    first = _once(command, environment, work)
    yield Row("warden exec -- true, which starts its daemon", first, "ms")
    if not shutil.which("bwrap"):
        yield Row(
            "warden exec -- true",
            statistics.median(_once(command, environment, work) for _ in range(RUNS)),
            "ms",
            detail="bwrap is not installed",
        )
        return
    ours, theirs, interpreter = [], [], []
    for _ in range(RUNS):
        time.sleep(PAUSE)
        theirs.append(_once(BWRAP, environment, work))
        interpreter.append(_once((sys.executable, "-c", "pass"), environment, work))
        ours.append(_once(command, environment, work))
    for what, figure in (("median", statistics.median), ("fastest", min)):
        mine, other = figure(ours), figure(theirs)
        detail = f"{mine:.1f} ms against {other:.1f} ms; a Python that does nothing takes {figure(interpreter):.1f} ms"
        yield Row(
            f"warden exec -- true / bwrap --unshare-all true, {what}", mine / other, "x", bar=8 if what == "median" else None, detail=detail
        )


def _once(command: Sequence[str], environment: dict[str, str], work: str) -> float:
    """Milliseconds of one run. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=work, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000
