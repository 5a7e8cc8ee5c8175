"""The fallback, for root: slower, the same walls, the same exit statuses, nothing left."""

from __future__ import annotations

import os
import select
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Limits, SandboxError, Spec
from sandbox.network import Namespace
from sandbox.runtime import Container, Runtime, start

pytestmark = pytest.mark.skipif(shutil.which("runc", path="/usr/sbin:/usr/bin") is None, reason="runc is not installed")

Runc = Callable[..., Container]


@pytest.fixture
def runc(namespace: Namespace, state: Path, tmp_path: Path) -> Iterator[Runc]:
    made: list[Container] = []

    def begin(command: str, *, out: int = 1, terminal: bool = False, limits: Limits | None = None) -> Container:
        spec = Spec(
            argv=("sh", "-c", command), cwd=str(tmp_path), env={"PATH": "/usr/bin:/bin"}, terminal=terminal, limits=limits or Limits()
        )
        null = os.open("/dev/null", os.O_RDWR)
        try:
            made.append(
                start(
                    spec, namespace=namespace, stdio=(null, out if out != 1 else null, null), state=str(state), runtime=Runtime.find("runc")
                )
            )
        finally:
            os.close(null)
        return made[-1]

    yield begin
    for container in made:
        container.close()
        assert not list(Path("/sys/fs/cgroup").rglob(f"*{container.name}*"))


@pytest.mark.root
def test_status_and_signals(runc: Runc) -> None:
    assert runc("exit 7").wait() == 7
    container = runc("exec sleep 60")
    container.wait_started()
    container.signal(signal.SIGTERM)
    assert container.wait() == 143


@pytest.mark.root
def test_the_walls_are_there(runc: Runc) -> None:
    reading, writing = os.pipe()
    container = runc(
        "ls /sys/class/net; grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; touch /etc/made || echo read-only", out=writing
    )
    os.close(writing)
    with open(reading) as output:
        shown = output.read().split()
    assert container.wait() == 0
    assert shown == ["lo", "CapBnd:", "0" * 16, "NoNewPrivs:", "1", "Seccomp:", "2", "read-only"]


@pytest.mark.root
def test_a_terminal(runc: Runc) -> None:
    container = runc("tty; stty size; exit 5", terminal=True)
    shown = b""
    assert container.console is not None
    while select.select([container.console], [], [], 5)[0]:
        try:
            shown += os.read(container.console, 1000)
        except OSError:
            break
    assert b"/dev/pts/0" in shown
    assert b"24 80" in shown
    assert container.wait() == 5


@pytest.mark.root
def test_killing_it_leaves_nothing(runc: Runc) -> None:
    """The fixture looks for its control groups."""
    container = runc("setsid sleep 66.5 & sleep 66.5", limits=Limits(pids=50))
    container.wait_started()
    container.kill()
    assert container.wait() == 137


@pytest.mark.skipif(os.geteuid() == 0, reason="root can")
def test_an_ordinary_user_is_told_to_install_crun(runc: Runc) -> None:
    with pytest.raises(SandboxError, match="apt-get install crun"):
        runc("true")
