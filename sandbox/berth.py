"""A berth: everything of a container that does not depend on what will run in it, made before anybody asks.

That is a directory, a control group, and a keeper in its namespaces on the read-only tree (:mod:`sandbox.launch`); together they are most of
a start. A berth is taken by one container (`sandbox.runtime.start`) and belongs to it from then on, or is closed.

The tree is a copy of the host's mounts, so a berth is good for as long as those are what they were when it was made: `current` asks the
kernel, which counts every change. `changes` is that descriptor, for event loops: a berth that is kept over a change also keeps what has been
unmounted from being let go.
"""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroup
from sandbox.bundle import Bundle, default_state, make_state
from sandbox.errors import SandboxError
from sandbox.launch import Ground, Keeper
from sandbox.network import Namespace
from sandbox.spec import Limits


@dataclass(slots=True)
class Berth:
    """Made by `make`. `runtime` is the name of the OCI runtime that it is for; `degraded` says in one sentence each which limits do not hold."""

    runtime: str
    namespace: Namespace
    limits: Limits
    bundle: Bundle
    group: cgroup.ControlGroup | None
    degraded: tuple[str, ...]
    keeper: Keeper
    changes: int
    outdated: bool = False
    taken: bool = False

    @classmethod
    def make(cls, runtime: str, namespace: Namespace, limits: Limits, state: str = "") -> Berth:
        """For single-threaded callers, because it clones; some 20 ms. Raises SandboxError, and then nothing is left behind."""
        directory = make_state(Path(state or default_state()))
        changes = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        try:
            bundle = Bundle.make(directory)
        except OSError as error:
            os.close(changes)
            raise SandboxError(f"The state directory {directory} cannot be used: {error.strerror}.") from None
        try:
            group, degraded = _limit(runtime, bundle, limits)
            keeper = Keeper(Ground(str(bundle.path), namespace.fd, namespace.user_fd, group, cgroup_view=runtime == "runc"))
        except BaseException as error:
            os.close(changes)
            bundle.remove()
            if isinstance(error, OSError):
                raise SandboxError(f"The sandbox cannot be started: {error}.") from error
            raise
        return cls(runtime, namespace, limits, bundle, group, degraded, keeper, changes)

    def current(self) -> bool:
        """Whether the keeper is there, and the host's mounts are still those that its tree was made of.

        proc(5): a change of /proc/self/mountinfo is an exceptional condition. It is told once, so whoever else waits for it on `changes` says so
        with `outdated`.
        """
        if not self.outdated:
            poll = select.poll()
            poll.register(self.changes, select.POLLPRI)
            ended = os.waitid(os.P_PID, self.keeper.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            self.outdated = bool(ended or poll.poll(0))
        return not self.outdated

    def fits(self, runtime: str, namespace: Namespace, limits: Limits) -> bool:
        """Whether a container with these can take it. Changes the limits to `limits` if it must and can."""
        if self.taken or runtime != self.runtime or namespace is not self.namespace or not self.current():
            return False
        if limits != self.limits:
            if self.group is None or self.degraded or not self.group.change(self.limits, limits):
                return False
            self.limits = limits
        return True

    def take(self) -> None:
        """From now on keeper and bundle are somebody else's."""
        self.taken = True
        os.close(self.changes)

    def close(self) -> None:
        """Let everything go, unless it was taken. May be called again."""
        if not self.taken:
            self.take()
            self.keeper.end()
            self.bundle.remove()


def _limit(runtime: str, bundle: Bundle, limits: Limits) -> tuple[cgroup.ControlGroup | None, tuple[str, ...]]:
    """The control group. Its directories are on record before they are made, so that a sweep finds them whenever we die."""
    where = cgroup.here()
    name = f"sandbox-{bundle.name}"
    bundle.foreign_groups = runtime != "crun"
    bundle.groups = cgroup.directories(name, limits, where)
    bundle.write_record()
    return cgroup.create(name, limits, where)
