"""Start, watch and end containers with an OCI runtime: crun first, runc as a fallback for root.

Everything of one container is below one directory, ``STATE/ID``: the bundle, the runtime's own state, its log, and the list of what lies
elsewhere (control groups, mount points made on the host). The owner holds a lock on it; a directory whose lock is free belongs to a process
that died, and `sweep` removes it with all that it lists. Mounts and namespaces need no sweeping: they end with the processes.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroup, launch, oci, view
from sandbox.errors import SandboxError
from sandbox.network import Namespace
from sandbox.spec import Spec

#: Small inits, in order of preference: they forward signals, reap, and end with the exit status of their child (128 + n if a signal ended it).
_INITS = (
    "/usr/bin/tini",
    "/usr/bin/tini-static",
    "/usr/libexec/podman/catatonit",
    "/usr/bin/catatonit",
    "/usr/bin/docker-init",
    "/usr/libexec/docker/docker-init",
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CONSOLE_TIMEOUT = 15.0  # seconds until the runtime must have sent the terminal
_RECORD = "record.json"
_LOCK = "lock"
_LOG = "log"
_CONSOLE = "console"


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


def default_state() -> str:
    """Where containers are kept unless the caller says otherwise: /run/sandbox for root, the user's runtime or state directory else."""
    if os.geteuid() == 0:
        return "/run/sandbox"
    base = os.environ.get("XDG_RUNTIME_DIR") or f"{os.environ.get('HOME', '/nonexistent')}/.local/state"
    return f"{base}/sandbox"


class Container:
    """A running container. Made by `start`; always `close` it (or use ``with``), also after it has ended.

    ``pidfd`` becomes readable when it ends, for event loops. ``console`` is the master of its terminal, or None. ``degraded`` says in one
    sentence each which limits do not hold on this machine. Not safe for use from several threads.
    """

    def __init__(
        self, name: str, bundle: Path, keeper: int, group: cgroup.ControlGroup | None, lock: int, degraded: tuple[str, ...]
    ) -> None:
        self.name = name
        self.bundle = bundle
        self.degraded = degraded
        self.console: int | None = None
        self.pidfd = os.pidfd_open(keeper)
        self._keeper = keeper
        self._group = group
        self._lock = lock
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
        children = _children(self._keeper) if self._status is None else []
        return children[0] if children else 0

    def wait_started(self, timeout: float = 10.0) -> int:
        """Wait until the init exists and return its pid; 0 if the container has ended before. Raises SandboxError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not select.select([self.pidfd], [], [], 0.001)[0]:
            if pid := self.pid:
                return pid
            if time.monotonic() > deadline:
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
        _clear(self.bundle)
        os.close(self._lock)

    def _reap(self, options: int) -> int | None:
        if self._status is None:
            done, status = os.waitpid(self._keeper, options)
            if not done:
                return None
            code = os.waitstatus_to_exitcode(status)
            self._status = 128 - code if code < 0 else code
            _ = self.events
        if self._status and (complaint := _complaint(self.bundle / _LOG)):
            raise SandboxError(f"The sandbox could not be started: {complaint}")
        return self._status


def start(
    spec: Spec, *, namespace: Namespace, stdio: Sequence[int] = (0, 1, 2), state: str = "", runtime: Runtime | None = None
) -> Container:
    """Run `spec` in `namespace`. The descriptors of `stdio` become its 0, 1 and 2, and stay the caller's to close; a terminal replaces them.

    Returns when the runtime is being executed (with a terminal: when it has been received). Blocks for a few milliseconds; for single-threaded
    callers, because it forks. Raises SandboxError, and then nothing is left behind.
    """
    runtime = runtime or Runtime.find()
    rootless = os.geteuid() != 0
    if rootless and runtime.name == "runc":
        raise SandboxError("runc cannot run a sandbox for an ordinary user.", package="crun")
    if rootless != (namespace.user_fd is not None):
        raise SandboxError("The network namespace was made by another user.")
    directory = Path(state or default_state())
    identity = _identity(spec, rootless)
    seen = view.resolve(spec, _make_state(directory))
    name = secrets.token_hex(8)
    bundle = directory / name
    bundle.mkdir(mode=0o700)
    lock = os.open(bundle / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _start(spec, seen, identity, namespace, stdio, runtime, bundle, lock)
    except BaseException:
        _clear(bundle)
        os.close(lock)
        raise


def _start(
    spec: Spec,
    seen: view.View,
    identity: oci.Identity,
    namespace: Namespace,
    stdio: Sequence[int],
    runtime: Runtime,
    bundle: Path,
    lock: int,
) -> Container:
    name = bundle.name
    for below in (oci.ROOTFS, "stage", "runtime"):
        (bundle / below).mkdir(mode=0o700)
    record: dict[str, list[str]] = {"groups": [], "created": []}
    group, degraded = cgroup.create(f"sandbox-{name}", spec.limits)
    record["groups"] = list(group.directories) if group else []
    (bundle / _RECORD).write_text(json.dumps(record))
    if seen.created:
        _create_mount_points(seen.created, bundle, record)
    held = group is not None and not degraded
    (bundle / "config.json").write_text(json.dumps(oci.config(spec, seen, identity, runtime.init, str(bundle), cgroup=held)))
    listener = _console_listener(bundle) if spec.terminal else None
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    try:
        keeper = launch.start(
            launch.Launch(
                bundle=str(bundle),
                command=_command(runtime, bundle, spec.terminal),
                stdio=(null, null, null) if spec.terminal else (stdio[0], stdio[1], stdio[2]),
                net_fd=namespace.fd,
                user_fd=namespace.user_fd,
                cgroup_procs=group.procs if group else (),
                scaffolds=seen.scaffolds,
                cgroup_view=runtime.name == "runc",
            )
        )
        container = Container(name, bundle, keeper, group, lock, degraded)
        if listener is not None:
            try:
                container.console = _receive_console(listener, container)
                container.resize(spec.rows, spec.columns)
            except BaseException:
                container.kill()
                with contextlib.suppress(SandboxError):
                    container.wait()
                os.close(container.pidfd)
                raise
        return container
    finally:
        os.close(null)
        if listener is not None:
            listener.close()


def _command(runtime: Runtime, bundle: Path, terminal: bool) -> tuple[str, ...]:
    """Paths relative to the bundle, which is the runtime's working directory, so that a socket's path is never too long."""
    before = [runtime.path, "--root", str(bundle / "runtime"), "--log", str(bundle / _LOG), "--log-format", "json"]
    if runtime.name == "crun":
        before.append("--cgroup-manager=disabled")
    return (*before, "run", *(["--console-socket", _CONSOLE] if terminal else []), "--bundle", ".", bundle.name)


def _identity(spec: Spec, rootless: bool) -> oci.Identity:
    user = os.geteuid() if spec.user is None else spec.user
    group = os.getegid() if spec.group is None else spec.group
    return oci.Identity(user, group, rootless)


def _make_state(directory: Path) -> str:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        raise SandboxError(f"The state directory {directory} cannot be made: {error.strerror}.") from None
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise SandboxError(f"The state directory {directory} must belong to you and be writable to nobody else.")
    return str(directory)


def _create_mount_points(points: Sequence[tuple[str, bool]], bundle: Path, record: dict[str, list[str]]) -> None:
    """Empty files and directories on the host, in places that are writable inside; written down before they are made, and removed if still empty."""
    wanted: list[tuple[Path, bool]] = []
    for path, is_directory in points:
        missing = [parent for parent in reversed(Path(path).parents) if not parent.exists()]
        wanted += [(parent, True) for parent in missing if (parent, True) not in wanted]
        wanted.append((Path(path), is_directory))
    record["created"] = [str(path) for path, _ in wanted]
    (bundle / _RECORD).write_text(json.dumps(record))
    for point, is_directory in wanted:
        try:
            if is_directory:
                point.mkdir(mode=0o700)
            else:
                point.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise SandboxError(f"{point} cannot be made to be mounted on: {error.strerror}.") from None


def _console_listener(bundle: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory = os.open(bundle, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{directory}/{_CONSOLE}")
        listener.listen(1)
    finally:
        os.close(directory)
    return listener


def _receive_console(listener: socket.socket, container: Container) -> int:
    deadline = time.monotonic() + _CONSOLE_TIMEOUT
    channel: socket.socket = listener
    try:
        while True:
            waited_on: list[socket.socket | int] = [channel, container.pidfd]
            ready, _, _ = select.select(waited_on, [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SandboxError("The sandbox runtime did not send a terminal.")
            if channel not in ready:
                container.wait()  # Raises with the runtime's own words, if it left any.
                raise SandboxError("The sandbox ended before it had a terminal.")
            if channel is listener:
                channel, _ = listener.accept()
                continue
            descriptors = array.array("i")
            _, ancillary, _, _ = channel.recvmsg(4096, socket.CMSG_SPACE(descriptors.itemsize), socket.MSG_CMSG_CLOEXEC)
            for level, kind, data in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(data[: descriptors.itemsize])
            if not descriptors:
                raise SandboxError("The sandbox runtime sent no terminal.")
            return descriptors[0]
    finally:
        if channel is not listener:
            channel.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _complaint(log: Path) -> str:
    """The last error in the runtime's log. Warnings of a container that ran are not errors."""
    complaint = ""
    with contextlib.suppress(OSError):
        for line in log.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("level") in ("error", "fatal"):
                complaint = str(entry.get("msg", ""))
    return complaint


def _clear(bundle: Path) -> None:
    """Remove what a container left: first what its record lists, then its directory."""
    record: dict[str, list[str]] = {}
    with contextlib.suppress(OSError, ValueError):
        record = json.loads((bundle / _RECORD).read_text())
    cgroup.remove(record.get("groups", []))
    for path in reversed(record.get("created", [])):
        with contextlib.suppress(OSError):
            if Path(path).is_dir():
                Path(path).rmdir()
            elif Path(path).stat().st_size == 0:
                Path(path).unlink()
    shutil.rmtree(bundle, ignore_errors=True)


def sweep(state: str = "") -> tuple[str, ...]:
    """Remove what containers of dead owners left below `state`; the names of those. Running containers are not touched."""
    swept = []
    directory = Path(state or default_state())
    for bundle in sorted(directory.iterdir()) if directory.is_dir() else ():
        try:
            lock = os.open(bundle / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # Being made, or not ours.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            _clear(bundle)
            swept.append(bundle.name)
        finally:
            os.close(lock)
    return tuple(swept)
