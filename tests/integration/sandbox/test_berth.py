"""A berth made ahead is as good as one made when it is needed, or it is not taken; and nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Limits, Spec
from sandbox.berth import Berth
from sandbox.network import Namespace
from sandbox.runtime import Runtime, start, sweep
from tests.integration.sandbox.conftest import PATH

LIMITS = Limits(memory=1 << 30, pids=100)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def berth(namespace: Namespace, state: Path) -> Iterator[Berth]:
    made = Berth.make(Runtime.find().name, namespace, LIMITS, str(state))
    yield made
    made.close()


def _run(berth: Berth, namespace: Namespace, state: Path, work: Path, script: str, limits: Limits = LIMITS) -> str:
    """What a shell in the container prints."""
    out = work / "out"
    with out.open("wb") as stream, open("/dev/null", "rb") as null:
        spec = Spec(argv=("sh", "-c", script), cwd=str(work), env={"PATH": PATH}, limits=limits)
        stdio = (null.fileno(), stream.fileno(), stream.fileno())
        with start(spec, namespace=namespace, stdio=stdio, state=str(state), berth=berth) as container:
            container.wait()
    return out.read_text().strip()


def test_a_container_takes_it(berth: Berth, namespace: Namespace, state: Path, place: Path) -> None:
    assert _run(berth, namespace, state, place, "echo inside; touch made") == "inside"
    assert berth.taken
    assert (place / "made").exists()


def test_it_is_taken_once(berth: Berth, namespace: Namespace, state: Path, place: Path) -> None:
    keeper = berth.keeper.pid
    assert _run(berth, namespace, state, place, "echo 1") == "1"
    assert _run(berth, namespace, state, place, "echo 2") == "2"
    assert berth.keeper.pid == keeper


def test_it_does_not_serve_another_namespace(berth: Berth, state: Path, place: Path) -> None:
    other = Namespace.create()
    try:
        assert _run(berth, other, state, place, "echo inside") == "inside"
        assert not berth.taken
    finally:
        other.close()


def test_other_limits_hold_too(berth: Berth, namespace: Namespace, state: Path, place: Path) -> None:
    """Ten processes cannot be had with room for six, whatever the berth was made with."""
    script = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait"
    limits = Limits(memory=LIMITS.memory * 2, pids=6)
    said = _run(berth, namespace, state, place, script, limits)
    if os.geteuid() != 0 and not berth.taken:
        pytest.skip("no control group for an ordinary user here")
    assert "fork" in said


def test_other_limits_are_written_into_its_group(berth: Berth, namespace: Namespace, state: Path, place: Path) -> None:
    if berth.group is None or berth.degraded:
        pytest.skip("no control group here")
    (pids,) = [Path(each, "pids.max") for each in berth.group.directories if Path(each, "pids.max").exists()]
    assert int(pids.read_text()) >= LIMITS.pids
    assert berth.fits(berth.runtime, namespace, Limits(memory=LIMITS.memory // 2, pids=7))
    assert int(pids.read_text()) == 9  # with the runtime's own and the init
    assert berth.fits(berth.runtime, namespace, Limits(memory=LIMITS.memory * 4, pids=70))
    assert int(pids.read_text()) == 72
    assert not berth.fits(berth.runtime, namespace, Limits(pids=70)), "a limit that is gone is not one that is changed"


def test_one_whose_keeper_died_is_not_taken(berth: Berth, namespace: Namespace, state: Path, place: Path) -> None:
    os.kill(berth.keeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, berth.keeper.pid, os.WEXITED | os.WNOWAIT)
    assert _run(berth, namespace, state, place, "echo inside") == "inside"
    assert not berth.taken


@pytest.mark.root
def test_the_hosts_mounts_are_those_of_the_start(berth: Berth, namespace: Namespace, state: Path, place: Path, tmp_path: Path) -> None:
    """What was mounted after the berth was made shows, and what was unmounted does not: an old tree would show what the new mount covers."""
    shown = place / "shown"
    shown.mkdir()
    (shown / "under").touch()
    assert berth.current()
    subprocess.run(["mount", "-t", "tmpfs", "none", shown], check=True)
    try:
        (shown / "over").touch()
        assert not berth.current()
        assert not berth.current(), "and it stays so"
        assert _run(berth, namespace, state, tmp_path, f"ls {shown}") == "over"
        assert not berth.taken
        fresh = Berth.make(berth.runtime, namespace, LIMITS, str(state))
        assert fresh.current()
    finally:
        subprocess.run(["umount", shown], check=True)
    assert not fresh.current()
    assert _run(fresh, namespace, state, tmp_path, f"ls {shown}") == "under"
    fresh.close()


def test_closing_leaves_nothing(berth: Berth, state: Path) -> None:
    pid, groups = berth.keeper.pid, berth.bundle.groups
    assert list(state.iterdir())
    berth.close()
    berth.close()
    assert not list(state.iterdir())
    assert not Path(f"/proc/{pid}").exists()
    assert not any(Path(group).exists() for group in groups)


def test_it_dies_with_its_owner_and_is_swept(state: Path) -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from sandbox import Limits
from sandbox.berth import Berth
from sandbox.network import Namespace
from sandbox.runtime import Runtime
berth = Berth.make(Runtime.find().name, Namespace.create(), Limits(memory=1 << 30, pids=100), {str(state)!r})
print(berth.keeper.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        keeper = int(owner.stdout.readline())
        assert Path(f"/proc/{keeper}").exists()
        owner.kill()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{keeper}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{keeper}").exists()
    (name,) = [each.name for each in state.iterdir()]
    assert sweep(str(state)) == (name,)
    assert not list(state.iterdir())
