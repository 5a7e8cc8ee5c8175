"""From the caller to the OCI runtime: the code between clone(2) and execve(2).

The runtime becomes process 1 of a pid namespace of its own, outside of the container's, with two consequences. Killing it kills everything:
the container, its init and whatever they started, at once and by the kernel. And it dies with its parent (PR_SET_PDEATHSIG), which nothing
inside can undo, because it is out of reach there. In its private mount namespace it prepares the read-only tree that the container stands on.

    caller --clone--> keeper: control group, network namespace, mounts; waits for its orders --execve--> crun --> init --> the agent

All but the orders is the same for whatever is run, so a keeper may be made long before anybody says what (:mod:`sandbox.berth`).
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import stat
import struct
import termios
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox import cgroup, kernel, oci
from sandbox import stdio as descriptors
from sandbox.errors import SandboxError
from sandbox.view import Scaffold

_TIMEOUT = 20.0  # seconds until the runtime must be executing; it takes some 10 ms
#: What ends the orders (JSON on one line), and the word to execute. A caller that ends without it wants nothing executed.
_END, _GO = b"\n", b"go"
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV


@dataclass(frozen=True, slots=True)
class Ground:
    """What a keeper stands on: the bundle, an absolute path; the namespaces; the control group. `cgroup_view` False hides cgroups from
    the runtime.
    """

    bundle: str
    net_fd: int
    user_fd: int | None
    group: cgroup.ControlGroup | None
    cgroup_view: bool = False


@dataclass(frozen=True, slots=True)
class Orders:
    """What a keeper is told last. `command` is run in the bundle; `terminal` makes descriptor 0 its controlling terminal."""

    command: tuple[str, ...]
    scaffolds: tuple[Scaffold, ...]
    writable: tuple[str, ...]
    covers: tuple[oci.Cover, ...] = ()
    terminal: bool = False

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Orders:
        fields = json.loads(data)
        scaffolds = tuple(
            Scaffold(each["directory"], tuple((path, kind) for path, kind in each["entries"]), tuple(each["mounts"]))
            for each in fields["scaffolds"]
        )
        covers = tuple(oci.Cover(**each) for each in fields["covers"])
        return cls(tuple(fields["command"]), scaffolds, tuple(fields["writable"]), covers, fields["terminal"])


class Keeper:
    """A process that has made the tree, or is about to, and waits for its orders. `pid` is the caller's to wait for once it has been ordered.

    For single-threaded callers: it is made by clone(2) and runs Python until it executes the runtime.
    """

    def __init__(self, ground: Ground) -> None:
        """Raises SandboxError with nothing left running. What fails in the keeper itself is told when it gets its orders."""
        self._channel, theirs = socket.socketpair()
        parent = os.pidfd_open(os.getpid())
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # The caller's handlers must not run in the child.
        try:
            self.pid = _clone(ground, theirs.fileno(), parent)
        except OSError as error:
            self._channel.close()
            raise SandboxError(f"The sandbox cannot be started: {error}") from None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(parent)
            theirs.close()
        if complaint := _enter(ground.group, self.pid):
            self.end()
            raise SandboxError(f"The sandbox cannot be started: {complaint}")

    def order(self, orders: Orders, stdio: Sequence[int]) -> None:
        """Tells it what to mount, which it does while the caller writes the bundle's configuration. What fails is told by `execute`.

        Raises TimeoutError when it does not listen.
        """
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", stdio))]
        self._channel.settimeout(_TIMEOUT)
        try:
            data = memoryview(orders.encode() + _END)
            data = data[self._channel.sendmsg([data], rights) :]
            self._channel.sendall(data)
        except (BrokenPipeError, ConnectionResetError):  # It has ended, and may have left word why.
            return

    def execute(self) -> None:
        """Lets it execute the runtime in the bundle, and returns when it does. Raises SandboxError; ending it is then the caller's, as ever."""
        if complaint := self._complaint():
            raise SandboxError(f"The sandbox cannot be started: {complaint.decode(errors='replace')}")
        self._channel.close()

    def _complaint(self) -> bytes:
        """What the keeper complains of; empty when it executes the runtime, which closes its end."""
        complaint = broken = b""
        try:
            try:
                self._channel.sendall(_GO)
                self._channel.shutdown(socket.SHUT_WR)
            except TimeoutError:
                raise
            except OSError:
                broken = b"its keeper has ended"  # And may have left word why.
            while part := self._channel.recv(4096):
                complaint += part
        except TimeoutError:
            return f"it took longer than {_TIMEOUT:.0f} s".encode()
        except ConnectionResetError:
            broken = b"its keeper has ended"
        return complaint or broken

    def end(self) -> None:
        """Kill it and wait for it."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _enter(group: cgroup.ControlGroup | None, keeper: int) -> str:
    """Move the keeper into its control group while it prepares its mounts: on version 1 this takes some 10 ms. Empty, or what went wrong.

    It has no orders yet, so nothing of the container runs outside of the limits. In a version 2 group it was born.
    """
    try:
        for procs in group.procs if group else ():
            if str(keeper) not in Path(procs).read_text().split():
                Path(procs).write_text(str(keeper))
    except OSError as error:
        return f"control group: {error}"
    return ""


def _clone(ground: Ground, channel: int, parent: int) -> int:
    group = (
        os.open(ground.group.directories[0], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if ground.group and ground.group.unified else None
    )
    try:
        if ground.user_fd is None:
            return _clone_keeper(ground, channel, parent, kernel.CLONE_NEWPID, group)
        return _clone_inside(ground, channel, parent, ground.user_fd, group)
    finally:
        if group is not None:
            os.close(group)


def _clone_keeper(ground: Ground, channel: int, parent: int, flags: int, group: int | None) -> int:
    try:
        keeper = kernel.clone(flags, group)
    except OSError:
        if group is None:
            raise
        keeper = kernel.clone(flags)  # Moving it in may still be possible, or says why not.
    if keeper == 0:
        _keep(ground, channel, parent)
    return keeper


def _clone_inside(ground: Ground, channel: int, parent: int, user_fd: int, group: int | None) -> int:
    """An ordinary user may make a pid namespace only inside the user namespace, which a process enters for good: a child enters it, makes the
    keeper as its own sibling (so that it is the caller's to wait for), and ends."""
    reading, writing = os.pipe()
    middle = kernel.clone(0)
    if middle == 0:
        try:
            os.setns(user_fd, os.CLONE_NEWUSER)
            flags = kernel.CLONE_NEWPID | kernel.CLONE_PARENT
            os.write(writing, struct.pack("=i", _clone_keeper(ground, channel, parent, flags, group)))
        except OSError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        number = answer.read()
    os.waitpid(middle, 0)
    if len(number) != 4:
        raise OSError(errno.EPERM, number.decode(errors="replace") or "the user namespace cannot be entered")
    return int(struct.unpack("=i", number)[0])


def _keep(ground: Ground, channel: int, parent: int) -> None:
    """The child. Executes the runtime or reports why not; never returns."""
    step = "signals"
    try:
        # The caller's locks and pipes are the caller's: while this one waits, their other ends must see when the caller ends.
        _close_all_but(channel, parent, ground.net_fd)
        for number in signal.valid_signals():
            if signal.getsignal(number) not in (signal.SIG_DFL, None):  # Python ignores SIGPIPE, and programs inherit that.
                signal.signal(number, signal.SIG_DFL)
        step = "network namespace"
        os.setns(ground.net_fd, os.CLONE_NEWNET)
        if not os.path.samestat(Path("/proc/self/ns/net").stat(), os.fstat(ground.net_fd)):  # Nothing may run in the host's.
            raise SandboxError("it was not entered")
        step = "mount namespace"
        os.unshare(os.CLONE_NEWNS)
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        # From here on no credentials change, so the kernel keeps the promise to kill us with our parent; unless that has ended already.
        kernel.die_with_parent()
        if select.select([parent], [], [], 0)[0]:
            os._exit(125)
        step = "root file system"
        _prepare(ground)
        step = "orders"
        _rehearse(ground.bundle)
        orders, given, behind = _receive(channel)
        step = "root file system"
        _finish(ground.bundle, orders)
        step = "standard streams"
        stdio = [descriptors.unwritable(number, f"{ground.bundle}/{oci.ROOTFS}") for number in given]
        step = "root file system"
        _cover(ground.bundle, orders.covers)  # Last: what is given as a standard stream may be hidden.
        step = "orders"
        _await_word(channel, behind)
        step = orders.command[0]
        os.setsid()
        os.chdir(ground.bundle)
        _place(stdio)
        if orders.terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        kernel.close_on_exec_from(3)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(orders.command[0], orders.command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606 - no shell is wanted
    except BaseException as error:  # noqa: BLE001 - a cloned child must not unwind into its parent's code
        with contextlib.suppress(OSError):
            os.write(channel, f"{step}: {error}"[:4000].encode())
    finally:
        os._exit(125)


def _rehearse(bundle: str) -> None:
    """Walks through what comes after the orders, so that the memory it touches is copied from the caller's now and not while somebody waits."""
    nothing, target = f"{bundle}/{oci.EMPTY_FILE}", f"{bundle}/{oci.STAGE}/rehearsal"
    with contextlib.suppress(OSError, SandboxError):  # What does not work is told when it is asked for.
        orders = Orders((), (Scaffold("/", (("/", True),), ("/",)),), ("/proc",), (oci.Cover(nothing, nothing, False),))
        _stage(Orders.decode(orders.encode()).writable[0], target)
        kernel.detach(target)
        root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        kernel.cover(nothing, root, os.path.realpath(nothing), execute=False)
        kernel.detach(nothing)
        descriptors.unwritable(root, f"{bundle}/{oci.ROOTFS}")
        os.close(fcntl.fcntl(root, fcntl.F_DUPFD_CLOEXEC, 3))
        os.close(root)
        kernel.close_on_exec_from(3)


def _close_all_but(*kept: int) -> None:
    low = 3
    for number in sorted(kept):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 1 << 20)


def _receive(channel: int) -> tuple[Orders, tuple[int, ...], bytes]:
    """The orders, the three descriptors, and what came behind them, when they come. Ends this process when the caller has ended or wants nothing."""
    given = array.array("i")
    data = bytearray()
    connection = socket.socket(fileno=channel)
    while True:
        part, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(3 * given.itemsize), socket.MSG_CMSG_CLOEXEC)
        for level, kind, rights in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                given.frombytes(rights[: len(rights) - len(rights) % given.itemsize])
        if not part and data:
            raise SandboxError("the orders were cut off")
        if not part:
            os._exit(125)
        data += part
        if _END in data:
            break
    connection.detach()  # The end of it says that the runtime is being executed.
    text, _, behind = data.partition(_END)
    return Orders.decode(bytes(text)), tuple(given), bytes(behind)


def _await_word(channel: int, said: bytes) -> None:
    """Returns when the caller says to execute, of which it has `said` this much. Ends this process when it has ended or wants nothing."""
    while len(said) < len(_GO):
        part = os.read(channel, len(_GO))
        if not part:
            os._exit(125)
        said += part


def _place(stdio: Sequence[int]) -> None:
    """Put three descriptors at 0, 1 and 2, whatever their numbers were."""
    above = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3) for number in stdio]
    for target, number in enumerate(above):
        os.dup2(number, target, inheritable=True)


def _prepare(ground: Ground) -> None:
    """In the keeper's own mount namespace: the host's tree, read-only, at ``bundle/rootfs``, and what masks show at ``bundle/stage``."""
    rootfs, stage = f"{ground.bundle}/{oci.ROOTFS}", f"{ground.bundle}/{oci.STAGE}"
    kernel.mount("/", rootfs, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.protect_tree(rootfs)
    # Ours, for the runtime: pids of this namespace. Detaching the host's copies below is neatness; they are mounted over anyway.
    kernel.mount("proc", "/proc", "proc", _PLAIN | kernel.MS_NOEXEC)
    with contextlib.suppress(OSError):
        kernel.detach(f"{rootfs}/proc")
    kernel.mount("tmpfs", stage, "tmpfs", _PLAIN, "mode=755,size=16m")
    Path(f"{ground.bundle}/{oci.EMPTY_DIRECTORY}").mkdir(mode=0o555)
    Path(f"{ground.bundle}/{oci.EMPTY_FILE}").touch(mode=0o444)
    # A sysfs of this network namespace, so that the host's devices do not show. Where the kernel forbids it, none.
    try:
        kernel.mount("sysfs", f"{rootfs}/sys", "sysfs", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY)
    except OSError:
        kernel.mount("tmpfs", f"{rootfs}/sys", "tmpfs", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY, "mode=755,size=4k")
    if not ground.cgroup_view and Path("/sys/fs/cgroup").is_dir():
        # crun 1.8 refuses to start when it sees a hybrid tree, even if it is told to leave control groups alone.
        kernel.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", _PLAIN | kernel.MS_NOEXEC, "mode=755,size=4k")


def _finish(bundle: str, orders: Orders) -> None:
    """The rest of the tree, which the orders name."""
    for number, path in enumerate(orders.writable):
        _stage(path, f"{bundle}/{oci.staged(number)}")
    for number, scaffold in enumerate(orders.scaffolds):
        _raise_scaffold(f"{bundle}/{oci.ROOTFS}", f"{bundle}/{oci.STAGE}/{number}", scaffold)


def _cover(bundle: str, covers: Sequence[oci.Cover]) -> None:
    root = os.open(f"{bundle}/{oci.ROOTFS}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    for cover in covers:
        kernel.cover(cover.source, root, cover.target, execute=cover.execute)
    os.close(root)


def _stage(path: str, target: str) -> None:
    """Mount `path`, which was resolved, at `target`. A link in it was put there since."""
    source = kernel.open_without_links(path)
    try:
        if stat.S_ISDIR(os.fstat(source).st_mode):
            Path(target).mkdir()
        else:
            Path(target).touch()
        kernel.mount(f"/proc/self/fd/{source}", target, flags=kernel.MS_BIND | kernel.MS_REC)
    finally:
        os.close(source)


def _raise_scaffold(rootfs: str, layer: str, scaffold: Scaffold) -> None:
    """An overlay on one directory, with the entries that are to be mounted on; then read-only, with the host's mounts below it on top again."""
    for name in ("", "/upper", "/work"):
        Path(layer + name).mkdir(mode=0o755)
    status = Path(scaffold.directory).stat()  # The overlay's own directory shows the owner and mode of its upper one.
    with contextlib.suppress(OSError):
        os.chown(f"{layer}/upper", status.st_uid, status.st_gid)
    Path(f"{layer}/upper").chmod(status.st_mode & 0o7777)
    target = rootfs + scaffold.directory
    lower = os.open(scaffold.directory, os.O_PATH | os.O_DIRECTORY)
    options = f"lowerdir=/proc/self/fd/{lower},upperdir={layer}/upper,workdir={layer}/work"
    try:
        kernel.mount("overlay", target, "overlay", _PLAIN, f"{options},userxattr")
    except OSError as error:
        raise SandboxError(
            f"{scaffold.entries[0][0]} is not on the host, and no overlay can be mounted to show it: {error}. Make it, empty."
        ) from None
    finally:
        os.close(lower)
    for path, is_directory in scaffold.entries:
        entry = Path(rootfs + path)
        (entry if is_directory else entry.parent).mkdir(parents=True, exist_ok=True)
        if not is_directory:
            entry.touch()
    kernel.mount("none", target, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | _PLAIN)
    for point in scaffold.mounts:
        kernel.mount(point, rootfs + point, flags=kernel.MS_BIND | kernel.MS_REC)
        kernel.protect_tree(rootfs + point)
