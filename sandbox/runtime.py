"""Start, watch and end containers with an OCI runtime: crun first, runc as a fallback for root.

`start` runs the runtime as a child of the caller, which is the parent of the whole container: when it ends, however it ends, so does everything
inside. What a container keeps on disk is :mod:`sandbox.bundle`'s; what of it can be made ahead is :mod:`sandbox.berth`'s.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import cgroup, console, launch, oci, view
from sandbox import stdio as descriptors
from sandbox.berth import Berth
from sandbox.bundle import Bundle, default_state, make_state, sweep
from sandbox.errors import SandboxError
from sandbox.network import Namespace
from sandbox.spec import Spec

__all__ = ["Berth", "Container", "Runtime", "default_state", "start", "sweep"]

#: Small inits, in order of preference: they forward signals, reap, and end with the exit status of their child (128 + n if a signal ended it).
_INITS = (
    "/usr/bin/tini-static",  # nothing to link: a fifth of a millisecond less
    "/usr/bin/tini",
    "/usr/libexec/podman/catatonit",
    "/usr/bin/catatonit",
    "/usr/bin/docker-init",
    "/usr/libexec/docker/docker-init",
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Runtime:
    """An OCI runtime and the init that goes into its containers, as absolute paths. `name` is ``crun`` or ``runc``."""

    name: str
    path: str
    init: str

    @classmethod
    def find(cls, name: str = "auto") -> Runtime:
        """Look for crun, then runc (`name` asks for one of them). Raises SandboxError that names the Debian package to install."""
        if name not in ("auto", "crun", "runc"):
            raise SandboxError(f"There is no sandbox runtime {name!r}.", "Use crun, runc or auto.")
        names = ("crun", "runc") if name == "auto" else (name,)
        found = next(((each, path) for each in names if (path := shutil.which(each, path=_PATH))), None)
        if found is None:
            raise SandboxError(f"{' or '.join(names)} is not installed: the sandbox cannot be made.", package=names[0])
        init = next((path for path in _INITS if os.access(path, os.X_OK)), "")
        if not init:
            raise SandboxError("tini is not installed: the sandbox has no process 1.", package="tini")
        return cls(*found, init)


class Container:
    """A running container. Made by `start`; always `close` it (or use ``with``), also after it has ended.

    ``pidfd`` becomes readable when it ends, for event loops. ``console`` is the master of its terminal, or None. ``degraded`` says in one
    sentence each which limits do not hold on this machine. Not safe for use from several threads.
    """

    def __init__(self, bundle: Bundle, keeper: int, init: str, group: cgroup.ControlGroup | None, degraded: tuple[str, ...]) -> None:
        self.name = bundle.name
        self.degraded = degraded
        self.console: int | None = None
        self.pidfd = os.pidfd_open(keeper)
        self._bundle = bundle
        self._keeper = keeper
        self._init = Path(init).name[:15]  # as the kernel shortens names
        self._started = 0
        self._group = group
        self._status: int | None = None
        self._events = cgroup.Events()
        self._closed = False

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The init, as a pid of the caller's namespace: its /proc/PID/root and /proc/PID/ns are the container's. 0 before it exists and after."""
        for child in _children(self._keeper) if self._status is None else []:
            pids = _status(child).get("NSpid", "").split()  # One for each namespace: the caller's (or more), the keeper's, the container's.
            if len(pids) > 2 and pids[-1] == "1":
                return child
        return 0

    def wait_started(self, timeout: float = 10.0) -> int:
        """Wait until the init is ready to pass signals on, and return its pid; 0 if the container has ended before.

        The kernel drops signals that a process 1 does not handle yet; an init blocks them before it starts its child. Raises SandboxError after
        `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not select.select([self.pidfd], [], [], 0.001)[0]:
            if self._started:
                return self._started
            pid = self.pid
            if pid and _children(pid) and _status(pid).get("Name") == self._init:
                self._started = pid
            elif time.monotonic() > deadline:
                raise SandboxError(f"The sandbox did not start within {timeout:.0f} s.")
        return 0

    @property
    def events(self) -> cgroup.Events:
        """What the limits did so far: processes killed for memory, forks refused."""
        if self._group is not None and not self._closed:
            self._events = self._group.events()
        return self._events

    def resize(self, rows: int, columns: int) -> None:
        """Set the size of the terminal; the foreground processes get SIGWINCH."""
        if self.console is not None:
            fcntl.ioctl(self.console, termios.TIOCSWINSZ, struct.pack("=HHHH", rows, columns, 0, 0))

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the agent: the init passes it on. SIGKILL kills everything.

        `group` sends it to the agent's process group instead, as a terminal's Ctrl-C or Ctrl-Z would. After the end nothing happens.
        """
        if number == signal.SIGKILL:
            self.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            init = self.wait_started()
            if not init:
                return
            agents = _children(init)
            if agents and (group or number in (signal.SIGSTOP, signal.SIGCONT)):  # The init cannot pass these two on.
                os.killpg(os.getpgid(agents[0]), number)
            else:
                os.kill(init, number)

    def kill(self) -> None:
        """Kill every process of the container, at once, and the runtime with it."""
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit status if it has ended, else None. Raises SandboxError when the runtime could not start it."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        """Wait for the end. Exit status: the agent's own, 128 + n when signal n ended it, 127 no such program, 126 not executable, 137 killed.

        Raises SandboxError when the runtime could not start it.
        """
        status = self._reap(0)
        assert status is not None
        return status

    def close(self) -> None:
        """Kill what runs and remove everything: processes, control groups, mount points, the directory. May be called again."""
        if self._closed:
            return
        self.kill()
        with contextlib.suppress(SandboxError):
            self.wait()
        _ = self.events
        self._closed = True
        for descriptor in (self.console, self.pidfd):
            if descriptor is not None:
                os.close(descriptor)
        self.console = None
        self._bundle.remove()

    def _reap(self, options: int) -> int | None:
        if self._status is None:
            done, status = os.waitpid(self._keeper, options)
            if not done:
                return None
            code = os.waitstatus_to_exitcode(status)
            self._status = 128 - code if code < 0 else code
        if self._status and (complaint := self._bundle.complaint()):
            raise SandboxError(f"The sandbox could not be started: {complaint}")
        return self._status


def start(
    spec: Spec,
    *,
    namespace: Namespace,
    stdio: Sequence[int] = (0, 1, 2),
    state: str = "",
    runtime: Runtime | None = None,
    berth: Berth | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Container:
    """Run `spec` in `namespace`. The descriptors of `stdio` become its 0, 1 and 2, and stay the caller's to close; a terminal replaces them.

    `state` is the directory for what containers keep on disk. `berth` is taken if it fits; it stays the caller's to close. `meanwhile` is
    called while the container's mounts are made, before anything runs; what it raises ends the start. Returns when the runtime is being executed
    (with a terminal: when that has been received). Blocks for a few milliseconds; for single-threaded callers, because
    it forks. Raises SandboxError, and then nothing is left behind.
    """
    runtime = runtime or Runtime.find()
    passed = (0, 0, 0) if spec.terminal else descriptors.check(stdio)
    rootless = os.geteuid() != 0
    if rootless and runtime.name == "runc":
        raise SandboxError("runc cannot run a sandbox for an ordinary user.", package="crun")
    if rootless != (namespace.user_fd is not None):
        raise SandboxError("The network namespace was made by another user.")
    directory = make_state(Path(state or default_state()))
    try:
        seen = view.resolve(spec, directory)
    except OSError as error:  # Somebody is renaming what is being looked at.
        raise SandboxError(f"The sandbox's view cannot be made: {error}.") from error
    # Looked at after the view was resolved: the keeper's tree shows no older mounts than the view knows.
    if berth is None or not berth.fits(runtime.name, namespace, spec.limits) or str(berth.bundle.path.parent) != directory:
        berth = Berth.make(runtime.name, namespace, spec.limits, directory)
    try:
        return _start(spec, seen, passed, runtime, berth, meanwhile)
    except OSError as error:
        berth.close()
        raise SandboxError(f"The sandbox cannot be started: {error}.") from error
    except BaseException:
        berth.close()
        raise


def _start(
    spec: Spec, seen: view.View, stdio: tuple[int, int, int], runtime: Runtime, berth: Berth, meanwhile: Callable[[], None]
) -> Container:
    """What it raises before it has taken the berth leaves that to be closed; afterwards, nothing is left."""
    bundle, group = berth.bundle, berth.group
    if seen.created:
        bundle.create_mount_points(seen.created)
    held = group is not None and not berth.degraded
    if not held:
        own = {kind: resource.getrlimit(getattr(resource, kind)) for kind in ("RLIMIT_NPROC", "RLIMIT_DATA")}
        spec = replace(spec, rlimits={**own, **spec.rlimits})
    covers = oci.early(seen, str(bundle.path))
    command = _command(runtime, bundle)
    with contextlib.ExitStack() as stack:
        listener, master = None, None
        if spec.terminal and runtime.name == "crun":
            listener = stack.enter_context(console.listen(bundle.path))
            command = (*command[:-1], "--console-socket", console.SOCKET, bundle.name)
            null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
            stack.callback(os.close, null)
            stdio = (null, null, null)
        elif spec.terminal:  # runc sends a terminal only when it detaches: it gets one of the host's, and copies.
            master, slave = os.openpty()
            stack.callback(os.close, slave)
            stdio = (slave, slave, slave)
        berth.take()
        try:
            berth.keeper.order(launch.Orders(command, seen.scaffolds, seen.writable, covers, terminal=master is not None), stdio)
            config = oci.config(spec, seen, _identity(spec), runtime.init, str(bundle.path), cgroup=held)
            (bundle.path / "config.json").write_text(json.dumps(config))
            meanwhile()
            berth.keeper.execute()
        except BaseException:
            berth.keeper.end()
            bundle.remove()
            raise
        container = Container(bundle, berth.keeper.pid, runtime.init, group, berth.degraded)
        container.console = master
        try:
            if listener is not None:
                container.console = console.receive(listener, container.pidfd)
            container.resize(spec.rows, spec.columns)
        except BaseException:
            container.kill()
            try:
                container.wait()  # Raises with the runtime's own words, if it left any.
            finally:
                container.close()
            raise
        return container


def _identity(spec: Spec) -> oci.Identity:
    user = os.geteuid() if spec.user is None else spec.user
    group = os.getegid() if spec.group is None else spec.group
    return oci.Identity(user, group, rootless=os.geteuid() != 0)


def _command(runtime: Runtime, bundle: Bundle) -> tuple[str, ...]:
    """The bundle is the runtime's working directory: paths below it may be relative, so that a socket's is never too long."""
    disabled = ("--cgroup-manager=disabled",) if runtime.name == "crun" else ()
    # By its place in the read-only tree. There nothing inside can overwrite it, and crun sees that: else it would execute a copy of itself.
    path = f"{oci.ROOTFS}{runtime.path}" if runtime.name == "crun" else runtime.path
    before = (path, "--root", str(bundle.path / "runtime"), "--log", str(bundle.log), "--log-format", "json", *disabled)
    return (*before, "run", "--bundle", ".", bundle.name)


def _children(pid: int) -> list[int]:
    """Of all threads: runc makes the init from any of its own."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def _status(pid: int) -> dict[str, str]:
    """/proc/PID/status, proc(5); empty when there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
