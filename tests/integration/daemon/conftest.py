"""`warden` as a user runs it: a home, a daemon and an audit log of its own, and a look at what is left when all is over."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import sandbox_section

WARDEN = str(Path(sys.executable).parent / "warden")


@dataclass
class Home:
    """A user's home with a daemon that starts by itself on first use."""

    path: Path
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work = self.path / "work"
        self.work.mkdir(parents=True)
        self.run_directory = self.path / "run"
        self.run_directory.mkdir(mode=0o700)
        self.socket = self.run_directory / "daemon.sock"
        self.audit_log = self.path / "audit/audit.jsonl"
        # Bare on purpose: nothing that a development machine exports.
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.path),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "WARDEN_SOCKET": str(self.socket),
        }
        self.configure()

    def configure(self, **sections: Any) -> None:
        """The user's configuration, written anew."""
        file = self.path / ".config/warden/warden.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        fixed = {"audit": {"path": str(self.audit_log)}, "sandbox": sandbox_section()}
        file.write_text(yaml.safe_dump({**fixed, **self.config, **sections}))

    def run(self, *arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[Any]:
        """`warden ARGUMENTS...`."""
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        options = {"cwd": self.work, "capture_output": True, "text": True, "timeout": 60, **options}
        return subprocess.run([WARDEN, *arguments], env={**self.environment, **(env or {})}, **options)

    def exec(self, *command: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        """`warden exec -- COMMAND...`."""
        return self.run("exec", "--", *command, **options)

    def shell(self, script: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """A line of shell inside the sandbox."""
        return self.exec("sh", "-c", script, **options)

    @contextlib.contextmanager
    def background(self, *command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """`warden exec -- COMMAND...` in the background, killed at the end if it still runs."""
        running = self.popen(*command, **options)
        try:
            yield running
        finally:
            running.kill()
            running.communicate(timeout=10)

    def popen(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """The same, for the caller to end."""
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "cwd": self.work,
            **options,
        }
        return subprocess.Popen([WARDEN, "exec", "--", *command], env=self.environment, **options)

    # --- looking ---------------------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """`warden daemon status`; empty when none runs."""
        done = self.run("daemon", "status", "--output", "json")
        status: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return status

    def daemon(self) -> int:
        """The daemon's pid."""
        pid: int = self.status()["pid"]
        return pid

    def session(self) -> int:
        """The pid of the only running session's process."""
        (session,) = self.status()["sessions"]
        pid: int = session["pid"]
        return pid

    def records(self, kind: str = "") -> list[dict[str, Any]]:
        """The audit log."""
        if not self.audit_log.exists():
            return []
        records = [json.loads(line) for line in self.audit_log.read_text().splitlines()]
        return [record for record in records if not kind or record["kind"] == kind]

    def left_behind(self) -> list[str]:
        """What of this home's sessions is still there, beside the daemon and the one process that waits for the next session, with its berth."""
        found = []
        files = Path(f"{self.socket}.d")
        status = self.status()
        waiting = [pid for pid in children(status["pid"]) if named(pid) == "warden-session"] if status else []
        berths = {berth for pid in waiting for berth in berths_of(pid)}
        for directory in files.glob("containers/*"):
            if directory.name in berths:
                continue
            found.append(f"container {directory.name}")
            found += [str(group) for group in Path("/sys/fs/cgroup").glob(f"**/sandbox-{directory.name}")]
        sessions = [directory.name for directory in files.glob("sessions/*")]
        if len(sessions) > 1:
            found.append(f"sessions {sessions}")
        if len(waiting) > 1 or len(berths) > 1 or any(len(children(pid)) > len(berths_of(pid)) for pid in waiting):
            found.append(f"processes {[(pid, named(pid), children(pid)) for pid in waiting]}")
        found += [f"process {pid} {named(pid)}" for pid in mentioning(str(files / "containers"))]
        found += [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(files) in line]
        return found

    def settle(self) -> None:
        """Waits until nothing is left behind; fails with what is."""
        eventually(lambda: not self.left_behind(), lambda: f"left behind: {self.left_behind()}")

    def stop(self) -> None:
        self.run("daemon", "stop")


def eventually(holds: Callable[[], object], otherwise: Callable[[], str] = lambda: "it never came", seconds: float = 10) -> None:
    """Waits for something to hold."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(otherwise())
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Child processes."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def named(pid: int) -> str:
    """A process's name."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def berths_of(pid: int) -> set[str]:
    """The containers whose lock process `pid` holds open."""
    with contextlib.suppress(OSError):
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        return {Path(link).parent.name for link in links if link.endswith("/lock") and "/containers/" in link}
    return set()


def child(pid: int, name: str) -> int:
    """The child of `pid` with this name, as soon as it is there."""
    eventually(lambda: any(named(each) == name for each in children(pid)), lambda: f"{pid} has no child {name}")
    return next(each for each in children(pid) if named(each) == name)


def mentioning(text: str) -> list[int]:
    """Processes whose command line has this text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if text.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home and daemon for the tests of a module that leave it as it was."""
    home = Home(tmp_path_factory.mktemp("shared") / "home")
    yield home
    home.stop()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home and daemon for one test, which may end them."""
    home = Home(tmp_path / "home")
    yield home
    home.stop()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
