"""From the caller to the OCI runtime: the code between clone(2) and execve(2).

The runtime becomes process 1 of a pid namespace of its own, outside of the container's, with two consequences. Killing it kills everything:
the container, its init and whatever they started, at once and by the kernel. And it dies with its parent (PR_SET_PDEATHSIG), which nothing
inside can undo, because it is out of reach there. In its private mount namespace it prepares the read-only tree that the container stands on.

    caller --clone--> keeper: control group, network namespace, mounts --execve--> crun --> init --> the agent
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import stat
import struct
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroup, kernel, oci
from sandbox import stdio as descriptors
from sandbox.errors import SandboxError
from sandbox.view import Scaffold

_TIMEOUT = 20.0  # seconds until the runtime must be executing; it takes some 10 ms
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV


@dataclass(frozen=True, slots=True)
class Launch:
    """What the keeper needs. `stdio` are the caller's descriptors for 0, 1 and 2; `cgroup_view` False hides cgroups from the runtime;
    `terminal` makes descriptor 0 its controlling terminal.
    """

    bundle: str
    command: tuple[str, ...]
    stdio: tuple[int, int, int]
    net_fd: int
    user_fd: int | None
    group: cgroup.ControlGroup | None
    scaffolds: tuple[Scaffold, ...]
    writable: tuple[str, ...]
    cgroup_view: bool = False
    terminal: bool = False


def start(launch: Launch) -> int:
    """Start the runtime; its pid when it has been executed. The caller waits for it. Raises SandboxError with nothing left running.

    For single-threaded callers: the child is made by clone(2) and runs Python until it executes the runtime.
    """
    pipes = _Pipes(os.pidfd_open(os.getpid()), *os.pipe(), *os.pipe())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # The caller's handlers must not run in the child.
    try:
        keeper = _clone(launch, pipes)
    except OSError as error:
        for number in (pipes.report_read, pipes.report_write, pipes.go_read, pipes.go_write):
            os.close(number)
        raise SandboxError(f"The sandbox cannot be started: {error}") from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(pipes.parent)
    os.close(pipes.report_write)
    os.close(pipes.go_read)
    complaint = _enter(launch.group, keeper)
    if not complaint:
        with contextlib.suppress(OSError):  # It has ended already: its report says why.
            os.write(pipes.go_write, b"g")
    os.close(pipes.go_write)
    with open(pipes.report_read, "rb") as report:
        if not select.select([report], [], [], _TIMEOUT)[0]:
            complaint = f"it took longer than {_TIMEOUT:.0f} s"
            os.kill(keeper, signal.SIGKILL)
        complaint = complaint or report.read().decode(errors="replace")
    if complaint:
        os.waitpid(keeper, 0)
        raise SandboxError(f"The sandbox cannot be started: {complaint}")
    return keeper


@dataclass(frozen=True, slots=True)
class _Pipes:
    """Between caller and keeper: the caller's pidfd, what went wrong, and the word to go on."""

    parent: int
    report_read: int
    report_write: int
    go_read: int
    go_write: int


def _enter(group: cgroup.ControlGroup | None, keeper: int) -> str:
    """Move the keeper into its control group while it prepares its mounts: on version 1 this takes some 10 ms. Empty, or what went wrong.

    It waits for the word to go on, so nothing of the container runs outside of the limits. In a version 2 group it was born.
    """
    try:
        for procs in group.procs if group else ():
            if str(keeper) not in Path(procs).read_text().split():
                Path(procs).write_text(str(keeper))
    except OSError as error:
        return f"control group: {error}"
    return ""


def _clone(launch: Launch, pipes: _Pipes) -> int:
    group = (
        os.open(launch.group.directories[0], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if launch.group and launch.group.unified else None
    )
    try:
        if launch.user_fd is None:
            return _clone_keeper(launch, pipes, kernel.CLONE_NEWPID, group)
        return _clone_inside(launch, pipes, launch.user_fd, group)
    finally:
        if group is not None:
            os.close(group)


def _clone_keeper(launch: Launch, pipes: _Pipes, flags: int, group: int | None, answer: int | None = None) -> int:
    try:
        keeper = kernel.clone(flags, group)
    except OSError:
        if group is None:
            raise
        keeper = kernel.clone(flags)  # Moving it in may still be possible, or says why not.
    if keeper == 0:
        if answer is not None:
            os.close(answer)  # The caller waits for its end.
        _keep(launch, pipes)
    return keeper


def _clone_inside(launch: Launch, pipes: _Pipes, user_fd: int, group: int | None) -> int:
    """An ordinary user may make a pid namespace only inside the user namespace, which a process enters for good: a child enters it, makes the
    keeper as its own sibling (so that it is the caller's to wait for), and ends."""
    reading, writing = os.pipe()
    middle = kernel.clone(0)
    if middle == 0:
        try:
            os.setns(user_fd, os.CLONE_NEWUSER)
            os.write(writing, struct.pack("=i", _clone_keeper(launch, pipes, kernel.CLONE_NEWPID | kernel.CLONE_PARENT, group, writing)))
        except OSError as error:
            os.write(pipes.report_write, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        number = answer.read()
    os.waitpid(middle, 0)
    if len(number) != 4:
        raise OSError(errno.EPERM, "the user namespace cannot be entered")
    return int(struct.unpack("=i", number)[0])


def _keep(launch: Launch, pipes: _Pipes) -> None:
    """The child. Executes the runtime or reports why not; never returns."""
    step = "signals"
    try:
        os.close(pipes.go_write)  # Or the end of the caller would not be seen on it.
        for number in signal.valid_signals():
            if signal.getsignal(number) not in (signal.SIG_DFL, None):  # Python ignores SIGPIPE, and programs inherit that.
                signal.signal(number, signal.SIG_DFL)
        step = "network namespace"
        os.setns(launch.net_fd, os.CLONE_NEWNET)
        if not os.path.samestat(Path("/proc/self/ns/net").stat(), os.fstat(launch.net_fd)):  # Nothing may run in the host's.
            raise SandboxError("it was not entered")
        step = "mount namespace"
        os.unshare(os.CLONE_NEWNS)
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        # From here on no credentials change, so the kernel keeps the promise to kill us with our parent; unless that has ended already.
        kernel.die_with_parent()
        if select.select([pipes.parent], [], [], 0)[0]:
            os._exit(125)
        step = "root file system"
        _prepare(launch)
        step = "standard streams"
        stdio = [descriptors.unwritable(number, f"{launch.bundle}/{oci.ROOTFS}") for number in launch.stdio]
        step = launch.command[0]
        os.setsid()
        os.chdir(launch.bundle)
        _place(stdio)
        if launch.terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        kernel.close_on_exec_from(3)
        if not os.read(pipes.go_read, 1):
            os._exit(125)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(launch.command[0], launch.command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606 - no shell is wanted
    except BaseException as error:  # noqa: BLE001 - a cloned child must not unwind into its parent's code
        with contextlib.suppress(OSError):
            os.write(pipes.report_write, f"{step}: {error}"[:4000].encode())
    finally:
        os._exit(125)


def _place(stdio: Sequence[int]) -> None:
    """Put three descriptors at 0, 1 and 2, whatever their numbers were."""
    above = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3) for number in stdio]
    for target, number in enumerate(above):
        os.dup2(number, target, inheritable=True)


def _prepare(launch: Launch) -> None:
    """In the keeper's own mount namespace: the host's tree, read-only, at ``bundle/rootfs``, and what masks show at ``bundle/stage``."""
    rootfs, stage = f"{launch.bundle}/{oci.ROOTFS}", f"{launch.bundle}/{oci.STAGE}"
    kernel.mount("/", rootfs, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.protect_tree(rootfs)
    # Ours, for the runtime: pids of this namespace. Detaching the host's copies below is neatness; they are mounted over anyway.
    kernel.mount("proc", "/proc", "proc", _PLAIN | kernel.MS_NOEXEC)
    with contextlib.suppress(OSError):
        kernel.detach(f"{rootfs}/proc")
    kernel.mount("tmpfs", stage, "tmpfs", _PLAIN, "mode=755,size=16m")
    Path(f"{launch.bundle}/{oci.EMPTY_DIRECTORY}").mkdir(mode=0o555)
    Path(f"{launch.bundle}/{oci.EMPTY_FILE}").touch(mode=0o444)
    for number, path in enumerate(launch.writable):
        _stage(path, f"{launch.bundle}/{oci.staged(number)}")
    # A sysfs of this network namespace, so that the host's devices do not show. Where the kernel forbids it, none.
    try:
        kernel.mount("sysfs", f"{rootfs}/sys", "sysfs", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY)
    except OSError:
        kernel.mount("tmpfs", f"{rootfs}/sys", "tmpfs", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY, "mode=755,size=4k")
    for number, scaffold in enumerate(launch.scaffolds):
        _raise_scaffold(rootfs, f"{stage}/{number}", scaffold)
    if not launch.cgroup_view and Path("/sys/fs/cgroup").is_dir():
        # crun 1.8 refuses to start when it sees a hybrid tree, even if it is told to leave control groups alone.
        kernel.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", _PLAIN | kernel.MS_NOEXEC, "mode=755,size=4k")


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
