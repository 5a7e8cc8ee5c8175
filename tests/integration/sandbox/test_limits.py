"""Limits that hold, and honest words where they do not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Limits, cgroup
from sandbox.runtime import Container
from tests.integration.sandbox.conftest import Result

Run = Callable[..., Result]
Begin = Callable[..., Container]

_HOG = "b = bytearray(300 << 20); print('DONE')"
_BOMB = """
import os, time
made = 0
try:
    while made < 200:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        made += 1
except OSError as error:
    print(made, error.errno, flush=True)
os._exit(0)
"""


@pytest.mark.root
def test_memory_is_limited_and_the_kill_has_a_reason(begin: Begin) -> None:
    container = begin("/usr/bin/python3", "-I", "-c", _HOG, limits=Limits(memory=64 << 20))
    assert container.degraded == ()
    assert container.wait() == 137
    assert container.events.memory_kills >= 1
    container.close()
    assert container.events.memory_kills >= 1, "the reason outlives the control group"


@pytest.mark.root
def test_memory_in_private_directories_counts(run: Run) -> None:
    result = run("sh", "-c", "dd if=/dev/zero of=/tmp/fill bs=1M count=300 2>&1; echo end", limits=Limits(memory=64 << 20))
    assert "300+0 records out" not in result.out


@pytest.mark.root
def test_a_fork_bomb_is_capped(begin: Begin, tmp_path: object) -> None:
    reading, writing = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    container = begin("/usr/bin/python3", "-I", "-c", _BOMB, stdio=(null, writing, null), limits=Limits(pids=20))
    os.close(writing)
    os.close(null)
    assert container.wait() == 0
    with open(reading) as output:
        made, number = output.read().split()
    assert int(made) <= 20
    assert int(number) == 11  # EAGAIN
    assert container.events.forks_refused >= 1


@pytest.mark.root
def test_cpu_is_limited(run: Run) -> None:
    result = run(
        "/usr/bin/python3",
        "-I",
        "-c",
        "import time\nb = time.monotonic()\nwhile time.monotonic() - b < 1: pass\nprint(time.process_time())",
        limits=Limits(cpus=0.25),
    )
    assert float(result.out) < 0.6


@pytest.mark.skipif(os.geteuid() == 0, reason="root has control groups")
def test_without_control_groups_rlimits_hold_and_the_loss_is_named(run: Run) -> None:
    result = run("/usr/bin/python3", "-I", "-c", _BOMB, limits=Limits(pids=20, memory=100 << 20, cpus=1.0))
    if not result.degraded:
        pytest.skip("this user may use control groups")
    assert len(result.degraded) == 3
    assert int(result.out.split()[0]) <= 20
    assert "MemoryError" in run("/usr/bin/python3", "-I", "-c", _HOG, limits=Limits(memory=100 << 20)).err


def test_no_limits_need_no_group(begin: Begin) -> None:
    container = begin("true", limits=Limits())
    assert container.degraded == ()
    assert container.wait() == 0
    assert container.events.memory_kills == 0


def test_a_limited_container_starts_and_ends_in_time(begin: Begin) -> None:
    begun = time.monotonic()
    container = begin("true", limits=Limits(memory=1 << 30, pids=100, cpus=2.0))
    assert container.wait() == 0
    container.close()
    assert time.monotonic() - begun < 5


@pytest.mark.root
@pytest.mark.parametrize("born", [True, False])
def test_a_version_2_group_is_where_it_is_born(begin: Begin, monkeypatch: pytest.MonkeyPatch, born: bool) -> None:
    """On a hybrid machine the version 2 tree has no controllers; a group without limits can be entered all the same, by clone or by a move."""
    mounted = cgroup.here().unified
    if not mounted:
        pytest.skip("no version 2 tree is mounted")
    made: list[str] = []

    def create(name: str, *_: object) -> tuple[cgroup.ControlGroup, tuple[str, ...]]:
        made.append(f"{mounted}/{name}")
        Path(made[0]).mkdir()
        return cgroup.ControlGroup((made[0],), unified=born), ()

    monkeypatch.setattr(cgroup, "create", create)
    monkeypatch.setattr(cgroup, "directories", lambda name, *_: (f"{mounted}/{name}",))
    container = begin("sh", "-c", "setsid sleep 67.5 & sleep 67.5")
    init = container.wait_started()
    groups = {
        pid: line for pid in (Path(made[0]) / "cgroup.procs").read_text().split() if (line := Path(f"/proc/{pid}/cgroup").read_text())
    }
    assert str(init) in groups
    assert len(groups) >= 3
    container.close()
    assert not Path(made[0]).exists()
