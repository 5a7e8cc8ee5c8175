"""Nothing is left behind: after a normal end, a failed start, the death of the runtime, the death of the owner at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sandbox import Limits, SandboxError, Spec
from sandbox.network import Namespace
from sandbox.runtime import Container, Runtime, start, sweep

Begin = Callable[..., Container]

ROOT = Path(__file__).parents[3]
GROUPS = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup")

_OWNER = """
import os, sys, time
sys.path.insert(0, {root!r})
from sandbox import Limits, Spec
from sandbox.network import Namespace
from sandbox.runtime import start
print("ready", flush=True)
while True:
    namespace = Namespace.create()
    print("namespace", flush=True)
    command = "sleep {marker} & sleep {marker}"
    spec = Spec(argv=("sh", "-c", command), cwd="/", env={{"PATH": "/usr/bin:/bin"}}, limits=Limits(pids=50, memory=1 << 28))
    container = start(spec, namespace=namespace, state={state!r})
    print("started", flush=True)
    container.wait_started()
    print("running", flush=True)
    if {forever}:
        time.sleep(60)
    container.close()
    namespace.close()
"""


def _left(*words: str) -> list[str]:
    """Command lines of processes that mention one of `words`; zombies have none."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(word in line for word in words) and int(path.parent.name) != os.getpid() and "sys.path.insert" not in line:
            found.append(line)
    return found


def _groups(names: Iterable[str]) -> list[str]:
    """Directories of the control groups of these containers (others may run on this machine meanwhile)."""
    return [str(path) for directory in GROUPS for name in names for path in Path(directory).rglob(f"sandbox-{name}")]


def _names(state: Path) -> list[str]:
    return [path.name for path in state.iterdir()] if state.exists() else []


def _swept(state: Path) -> bool:
    """Sweep until nothing is left: what is still ending when its owner has just died is left for the next sweep."""
    deadline = time.monotonic() + 5
    while _names(state):
        sweep(str(state))
        if time.monotonic() > deadline:
            return False
    return True


def _mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def _gone(*words: str) -> bool:
    deadline = time.monotonic() + 5
    while _left(*words):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _owner(state: Path, marker: str, *, forever: bool) -> subprocess.Popen[str]:
    source = _OWNER.format(root=str(ROOT), state=str(state), marker=marker, forever=forever)
    return subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def test_a_normal_end_leaves_nothing(begin: Begin, state: Path) -> None:
    mounts, descriptors = _mounts(), set(Path("/proc/self/fd").iterdir())
    container = begin("sh", "-c", "sleep 61.5 & exit 0", limits=Limits(memory=1 << 28, pids=50, cpus=1.0))
    assert container.wait() == 0
    container.close()
    container.close()
    assert not _left("sleep 61.5", str(state))
    assert not _groups([container.name])
    assert (_mounts(), set(Path("/proc/self/fd").iterdir())) == (mounts, descriptors)
    assert not list(state.iterdir())


def test_a_terminals_end_leaves_no_descriptor(begin: Begin) -> None:
    descriptors = set(Path("/proc/self/fd").iterdir())
    container = begin("true", terminal=True)
    container.wait()
    container.close()
    assert set(Path("/proc/self/fd").iterdir()) == descriptors


def test_closing_a_running_container_ends_it(begin: Begin, state: Path) -> None:
    container = begin("sh", "-c", "trap '' TERM INT HUP; setsid sleep 62.5 & while :; do sleep 62.5; done")
    container.wait_started()
    container.close()
    assert not _left("sleep 62.5", str(state))


def test_killing_the_runtime_ends_everything(begin: Begin, state: Path) -> None:
    container = begin("sh", "-c", "setsid sleep 63.5 & sleep 63.5", limits=Limits(pids=50))
    init = container.wait_started()
    runtime = int(Path(f"/proc/{init}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(runtime, signal.SIGKILL)
    assert container.wait() == 137
    assert not _left("sleep 63.5")
    assert os.geteuid() or _groups([container.name])
    container.close()
    assert not _groups([container.name])


def test_a_running_container_is_not_swept(begin: Begin, state: Path) -> None:
    container = begin("sleep", "60")
    assert sweep(str(state)) == ()
    container.signal(signal.SIGTERM)
    assert container.wait() == 143


def test_sweep_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "letter").write_text("kept")
    assert sweep(str(tmp_path)) == ()
    assert sweep(str(tmp_path / "missing")) == ()
    assert (tmp_path / "documents").is_dir()
    assert (tmp_path / "letter").read_text() == "kept"


def test_the_death_of_the_owner_ends_everything_and_a_sweep_tidies_up(tmp_path: Path) -> None:
    mounts = _mounts()
    state = tmp_path / "owned"
    owner = _owner(state, "64.5", forever=True)
    assert owner.stdout is not None
    for line in owner.stdout:
        if line == "running\n":
            break
    assert _left("sleep 64.5")
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert _gone("sleep 64.5", str(state))
    names = _names(state)
    assert len(names) == 1
    assert os.geteuid() or _groups(names)
    assert _swept(state)
    assert not _groups(names)
    assert _mounts() == mounts


@pytest.mark.parametrize("milliseconds", [0, 2, 4, 6, 8, 10, 12, 14, 17, 20, 24, 28, 33, 40, 50])
def test_the_owner_may_die_at_any_moment(tmp_path: Path, milliseconds: int) -> None:
    state = tmp_path / "owned"
    marker = f"65.{100 + milliseconds}"
    owner = _owner(state, marker, forever=False)
    assert owner.stdout is not None
    owner.stdout.readline()
    time.sleep(milliseconds / 1000)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert _gone(f"sleep {marker}", str(state))
    names = _names(state)
    assert _swept(state)
    assert not _groups(names)


def test_a_start_that_fails_leaves_nothing(begin: Begin, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that cannot be executed, and one that fails by itself."""
    descriptors = set(Path("/proc/self/fd").iterdir())
    found = Runtime.find()
    broken = tmp_path / "broken"
    broken.write_text("not a program")
    namespace = Namespace.create()
    spec = Spec(argv=("true",), cwd=str(tmp_path), limits=Limits(pids=50))
    for path in (str(broken), str(tmp_path / "missing")):
        with pytest.raises(SandboxError, match="cannot be started"):
            start(spec, namespace=namespace, state=str(state), runtime=Runtime("crun", path, found.init))
    with pytest.raises(SandboxError, match="before it had a terminal"):
        start(
            Spec(argv=("true",), cwd=str(tmp_path), terminal=True),
            namespace=namespace,
            state=str(state),
            runtime=Runtime("crun", "/usr/bin/false", found.init),
        )
    namespace.close()
    assert set(Path("/proc/self/fd").iterdir()) == descriptors
    assert not list(state.iterdir())


def test_the_runtimes_own_complaint_is_reported(namespace: Namespace, state: Path, tmp_path: Path) -> None:
    found = Runtime.find()
    container = start(
        Spec(argv=("true",), cwd=str(tmp_path)),
        namespace=namespace,
        state=str(state),
        runtime=Runtime("crun", found.path, "/usr/bin/no-such-init"),
    )
    with pytest.raises(SandboxError, match="no-such-init"):
        container.wait()
    container.close()


def test_a_state_directory_of_somebody_else_is_refused(namespace: Namespace, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(SandboxError, match="must belong to you"):
        start(Spec(argv=("true",), cwd="/"), namespace=namespace, state=str(open_to_all))
    with pytest.raises(SandboxError, match="cannot be made"):
        start(Spec(argv=("true",), cwd="/"), namespace=namespace, state="/proc/nowhere")
