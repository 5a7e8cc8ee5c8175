"""Control groups: the limits of a whole sandbox, made and removed here rather than by the OCI runtime.

The runtime (with everything it starts) is put into the group before it is executed, so nothing runs outside of the limits, and the group's
directories are ours to remove. Version 1 (also the v1 half of a hybrid machine): one directory per controller, below the caller's own. Version 2:
below the nearest ancestor that hands out the controllers and that we may move processes under.
https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.spec import Limits

_PERIOD = 100_000  # microseconds of the CPU bandwidth period
#: The runtime's own process and the init are in the group as well.
OWN_PROCESSES = 2
_REMOVAL = 2.0  # seconds to wait for the kernel to let go of a group whose last process has ended


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where cgroups are mounted: version 1 controllers by name, and version 2 (which may have none of the controllers)."""

    controllers: dict[str, str]
    unified: str = ""
    own: str = ""  # the caller's group below `unified`


@dataclass(frozen=True, slots=True)
class Events:
    """What the limits did: processes killed for memory, forks refused for pids."""

    memory_kills: int = 0
    forks_refused: int = 0


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """A group: its directories, one for version 2 (`unified`), one per controller for version 1."""

    directories: tuple[str, ...]
    unified: bool = False

    @property
    def procs(self) -> tuple[str, ...]:
        """The files into which the pid of a process is written to move it in."""
        return tuple(f"{directory}/cgroup.procs" for directory in self.directories)

    def events(self) -> Events:
        """Counters so far; zero where the kernel does not keep them."""
        kills = refused = 0
        for directory in self.directories:
            for name, key in (("memory.events", "oom_kill"), ("memory.oom_control", "oom_kill")):
                kills = max(kills, _counter(f"{directory}/{name}", key))
            refused = max(refused, _counter(f"{directory}/pids.events", "max"))
        return Events(kills, refused)

    def change(self, old: Limits, new: Limits) -> bool:
        """Replace the limits `old`; False when that cannot be done: other controllers are wanted, or a value is not taken."""
        if _wanted(old) != _wanted(new):
            return False
        for settings in _settings(new, 2 if self.unified else 1).values():
            # Version 1 refuses a memory limit above that of memory and swap, so the latter is lifted first.
            first = [("?memory.memsw.limit_in_bytes", "-1")] if ("memory.limit_in_bytes" in dict(settings)) else []
            where = [each for each in self.directories if settings and Path(each, settings[0][0]).exists()]
            if settings and not (where and _apply(where[0], [*first, *settings])):
                return False
        return True

    def remove(self) -> None:
        """Kill what is left inside and remove the directories; returns when they are gone or after two seconds."""
        remove(self.directories)


def hierarchy(mountinfo: str, own: str) -> Hierarchy:
    """Read /proc/self/mountinfo and /proc/self/cgroup. A v1 controller's path is the caller's own group below its mount."""
    groups = {}
    for line in own.splitlines():
        _, names, path = line.split(":", 2)
        groups.update(dict.fromkeys(names.split(","), path))
    controllers: dict[str, str] = {}
    unified = ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        _, _, _, root, point, *_ = left.split(" ")
        kind, _, options = right.split(" ", 2)
        if kind == "cgroup2":
            unified = point
        elif kind == "cgroup":
            for name in ({*options.split(",")} & {"memory", "pids", "cpu"}) - controllers.keys():
                path = groups.get(name, "/")
                inner = path[len(root) :] if root != "/" and path.startswith(root) else path
                below = f"{point}/{inner.strip('/')}".rstrip("/")
                controllers[name] = below if Path(below).is_dir() else point
    return Hierarchy(controllers, unified, groups.get("", "/"))


def here() -> Hierarchy:
    """The hierarchy of this machine, as the caller sees it; empty where there is none."""
    try:
        return hierarchy(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    except (OSError, ValueError):
        return Hierarchy({})


def directories(name: str, limits: Limits, where: Hierarchy) -> tuple[str, ...]:
    """What `create` would make, so that it can be written down first."""
    wanted = _wanted(limits)
    if parent := _parent(where, wanted - where.controllers.keys()):
        return (f"{parent}/{name}",)
    return tuple(sorted({f"{where.controllers[controller]}/{name}" for controller in wanted if controller in where.controllers}))


def create(name: str, limits: Limits, where: Hierarchy | None = None) -> tuple[ControlGroup | None, tuple[str, ...]]:
    """A new group with `limits`, and what of them is lost: one sentence each. None when nothing could be made or nothing is wanted."""
    if not limits:
        return None, ()
    where = where or here()
    if parent := _parent(where, _wanted(limits) - where.controllers.keys()):
        made, missing = _version2(parent, name, limits)
        unified = True
    else:
        unified = False
        made, missing = _version1(where, name, limits)
    return (ControlGroup(made, unified) if made else None), tuple(_LOST[controller] for controller in sorted(missing))


def remove(paths: Iterable[str]) -> None:
    """Kill what is in the groups and remove them. Missing ones are fine."""
    deadline = time.monotonic() + _REMOVAL
    for directory in paths:
        while True:
            try:
                Path(directory).rmdir()
            except FileNotFoundError:
                break
            except OSError:
                if time.monotonic() > deadline:
                    break
                _kill(directory)
                time.sleep(0.002)
            else:
                break


_LOST = {
    "memory": "the memory limit holds for each process, not for the sandbox as a whole",
    "pids": "the limit on processes holds by user, not by control group",
    "cpu": "the CPU limit is not enforced",
}


def _wanted(limits: Limits) -> set[str]:
    return {controller for controller, limit in (("memory", limits.memory), ("pids", limits.pids), ("cpu", limits.cpus)) if limit}


def _settings(limits: Limits, version: int) -> dict[str, list[tuple[str, str]]]:
    quota = math.ceil(limits.cpus * _PERIOD)
    if version == 2:
        return {
            "memory": [("memory.max", str(limits.memory)), ("?memory.swap.max", "0"), ("?memory.oom.group", "0")] if limits.memory else [],
            "pids": [("pids.max", str(limits.pids + OWN_PROCESSES))] if limits.pids else [],
            "cpu": [("cpu.max", f"{quota} {_PERIOD}")] if limits.cpus else [],
        }
    return {
        "memory": [("memory.limit_in_bytes", str(limits.memory)), ("?memory.memsw.limit_in_bytes", str(limits.memory))]
        if limits.memory
        else [],
        "pids": [("pids.max", str(limits.pids + OWN_PROCESSES))] if limits.pids else [],
        "cpu": [("cpu.cfs_period_us", str(_PERIOD)), ("cpu.cfs_quota_us", str(quota))] if limits.cpus else [],
    }


def _apply(directory: str, settings: list[tuple[str, str]]) -> bool:
    """Whether all that must be written was; names that start with ``?`` need not exist."""
    for name, value in settings:
        try:
            with open(f"{directory}/{name.lstrip('?')}", "w") as file:
                file.write(value)
        except OSError:
            if not name.startswith("?"):
                return False
    return True


def _version1(where: Hierarchy, name: str, limits: Limits) -> tuple[tuple[str, ...], set[str]]:
    made: list[str] = []
    missing = set()
    for controller, settings in _settings(limits, 1).items():
        if not settings:
            continue
        directory = f"{where.controllers.get(controller, '/nonexistent')}/{name}"
        try:
            Path(directory).mkdir(exist_ok=directory in made)
        except OSError:
            missing.add(controller)
            continue
        if directory not in made:
            made.append(directory)
        if not _apply(directory, settings):
            missing.add(controller)
    return tuple(made), missing


def _version2(parent: str, name: str, limits: Limits) -> tuple[tuple[str, ...], set[str]]:
    directory = f"{parent}/{name}"
    settings = {controller: values for controller, values in _settings(limits, 2).items() if values}
    try:
        Path(directory).mkdir()
    except OSError:
        return (), set(settings)
    return (directory,), {controller for controller, values in settings.items() if not _apply(directory, values)}


def _parent(where: Hierarchy, wanted: set[str]) -> str:
    """The nearest v2 group that gives its children a wanted controller and under which we may move a process; empty if there is none."""
    if not where.unified or not wanted:
        return ""
    own = Path(where.unified, where.own.strip("/"))
    best, most = "", 0
    for candidate in (own, *own.parents):
        try:
            given = set((candidate / "cgroup.subtree_control").read_text().split()) & wanted
        except OSError:
            break
        # A move needs write access to the procs of the common ancestor, which is the candidate itself.
        if len(given) > most and os.access(candidate, os.W_OK) and os.access(candidate / "cgroup.procs", os.W_OK):
            best, most = str(candidate), len(given)
        if str(candidate) == where.unified:
            break
    return best


def _counter(path: str, key: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(path).read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == key:
                return int(value)
    return 0


def _kill(directory: str) -> None:
    try:
        Path(directory, "cgroup.kill").write_text("1")
    except OSError:
        with contextlib.suppress(OSError):
            for line in Path(directory, "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    os.kill(int(line), 9)
