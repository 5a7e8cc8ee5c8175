"""Finding a place for a control group, on trees made of plain files (the machine's own is tested in integration)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import Limits, cgroup

LIMITS = Limits(memory=1 << 20, pids=10, cpus=1.5)


def _group(path: Path, hands_out: str) -> None:
    path.mkdir(parents=True)
    (path / "cgroup.procs").touch()
    (path / "cgroup.subtree_control").write_text(hands_out)


def test_version_1_below_the_callers_own(tmp_path: Path) -> None:
    for name in ("memory/own/group", "cpu,cpuacct", "pids"):
        (tmp_path / name).mkdir(parents=True)
    mountinfo = (
        f"1 0 0:1 / {tmp_path}/memory rw - cgroup cgroup rw,memory\n"
        f"2 0 0:2 / {tmp_path}/cpu,cpuacct rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
        f"3 0 0:3 /docker/x {tmp_path}/pids rw - cgroup cgroup rw,pids\n"
        f"4 0 0:4 / {tmp_path}/unified rw - cgroup2 cgroup2 rw\n"
    )
    found = cgroup.hierarchy(mountinfo, "4:memory:/own/group\n3:pids:/docker/x\n2:cpu,cpuacct:/gone\n0::/\n")
    assert found.controllers == {"memory": f"{tmp_path}/memory/own/group", "cpu": f"{tmp_path}/cpu,cpuacct", "pids": f"{tmp_path}/pids"}
    assert found.unified == f"{tmp_path}/unified"
    assert cgroup.directories("sandbox-x", LIMITS, found) == (
        f"{tmp_path}/cpu,cpuacct/sandbox-x",
        f"{tmp_path}/memory/own/group/sandbox-x",
        f"{tmp_path}/pids/sandbox-x",
    )


def test_version_2_takes_the_nearest_ancestor_that_hands_out_the_most(tmp_path: Path) -> None:
    _group(tmp_path / "cg", "cpu memory pids")
    _group(tmp_path / "cg/system.slice", "memory pids cpu")
    _group(tmp_path / "cg/system.slice/own.service", "")
    where = cgroup.Hierarchy({}, str(tmp_path / "cg"), "/system.slice/own.service")
    assert cgroup.directories("sandbox-x", LIMITS, where) == (f"{tmp_path}/cg/system.slice/sandbox-x",)


def test_version_2_writes_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _group(tmp_path / "cg", "cpu memory pids")
    written: list[tuple[str, str]] = []

    def apply(directory: str, settings: list[tuple[str, str]]) -> bool:
        written.extend(settings)
        return True

    monkeypatch.setattr(cgroup, "_apply", apply)
    where = cgroup.Hierarchy({}, str(tmp_path / "cg"), "/")
    group, lost = cgroup.create("sandbox-x", LIMITS, where)
    assert group is not None
    assert group.procs == (f"{tmp_path}/cg/sandbox-x/cgroup.procs",)
    assert lost == ()
    assert {("memory.max", str(1 << 20)), ("pids.max", "12"), ("cpu.max", "150000 100000")} <= set(written)


def test_without_a_place_every_limit_is_named_as_lost() -> None:
    group, lost = cgroup.create("sandbox-x", LIMITS, cgroup.Hierarchy({}))
    assert group is None
    assert len(lost) == 3
    assert cgroup.create("sandbox-x", Limits(), cgroup.Hierarchy({})) == (None, ())


def test_a_limit_that_cannot_be_written_is_lost_and_said(tmp_path: Path) -> None:
    """An ordinary directory takes the file names, so only a missing controller fails here."""
    (tmp_path / "memory").mkdir()
    group, lost = cgroup.create("sandbox-x", LIMITS, cgroup.Hierarchy({"memory": str(tmp_path / "memory")}))
    assert group is not None
    assert len(lost) == 2
    assert (tmp_path / "memory/sandbox-x/memory.limit_in_bytes").read_text() == str(1 << 20)


def test_events_are_read_from_either_version(tmp_path: Path) -> None:
    (tmp_path / "memory.events").write_text("low 0\noom 2\noom_kill 2\n")
    (tmp_path / "pids.events").write_text("max 5\n")
    assert cgroup.ControlGroup((str(tmp_path),)).events() == cgroup.Events(2, 5)
    (tmp_path / "memory.events").unlink()
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    assert cgroup.ControlGroup((str(tmp_path),)).events() == cgroup.Events(3, 5)


def test_removing_what_is_gone_is_fine(tmp_path: Path) -> None:
    cgroup.remove([str(tmp_path / "gone")])
