"""What one more idle session costs in memory: private pages of everything of ours that it adds, the agent's own process left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import Row

WARDEN = [str(Path(sys.executable).parent / "warden")]
SESSIONS = 3


def rows() -> Iterator[Row]:
    """The mean over a few sessions that wait beside each other, each having made one (denied) request."""
    with tempfile.TemporaryDirectory(prefix="warden-bench-") as name:
        home = Path(name)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "WARDEN_SOCKET": f"{name}/run/daemon.sock",
            "XDG_RUNTIME_DIR": f"{name}/run",
        }
        (home / "run").mkdir(mode=0o700)
        (home / "warden.yaml").write_text(json.dumps({"audit": {"path": f"{name}/audit.jsonl"}}))
        environment["WARDEN_CONFIG"] = f"{name}/warden.yaml"
        subprocess.run([*WARDEN, "exec", "--", "true"], env=environment, cwd=name, check=True)
        daemon = json.loads(subprocess.run([*WARDEN, "daemon", "status", "--output", "json"], env=environment, capture_output=True).stdout)[
            "pid"
        ]
        script = "curl -sS --max-time 5 https://sts.us-east-1.amazonaws.com/ >/dev/null; echo ready; exec sleep 60"
        try:
            before = _private(daemon)
            running = [
                subprocess.Popen(
                    [*WARDEN, "exec", "--", "sh", "-c", script], env=environment, cwd=name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
                )
                for _ in range(SESSIONS)
            ]
            for process in running:
                assert process.stdout is not None
                process.stdout.readline()
            time.sleep(1)
            each = (_private(daemon) - before) / SESSIONS
            for process in running:
                process.terminate()
                process.wait()
        finally:
            subprocess.run([*WARDEN, "daemon", "stop"], env=environment, capture_output=True)
        yield Row("marginal memory of an idle session, private pages", each / (1 << 20), "MiB", 25, detail="client and agent left out")


def _private(pid: int) -> int:
    """Bytes that only this process, or one of its descendants, holds; the agent's `sh` and `sleep` are not ours."""
    total = 0
    if Path(f"/proc/{pid}/comm").read_text().strip() not in ("sh", "sleep", "curl"):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        total = sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))
    children = " ".join(task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children"))
    return total + sum(_private(int(child)) for child in children.split())
