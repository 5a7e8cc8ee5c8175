"""What Linux offers to tie processes together: death signals, pidfds, descriptors."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn

from warden.daemon.log import logger

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Asks the kernel to send `number` to this process when its parent dies. Call right after the fork; `parent` is the forker's pid.

    prctl(2): the signal is for the death of the parent *thread* that forked, which is why daemon and session are single-threaded.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), number)


@contextlib.contextmanager
def held(number: signal.Signals) -> Iterator[None]:
    """Blocks a signal: one that comes meanwhile waits. A process forked in here begins with it blocked, and calls `let_through` when it is ready."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through(number: signal.Signals) -> None:
    """Ends what `held` began in the process that forked us."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


def name(title: str) -> None:
    """What `ps` shows (15 bytes)."""
    _libc.prctl(_PR_SET_NAME, title.encode()[:15], 0, 0, 0)


def seal() -> None:
    """Nobody reads this process's memory: a core file would be written to its working directory, where the command reads it. Nor do processes that it
    starts, which are given credentials, leave one.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def leave_no_core() -> None:
    """The same for a process that starts the command, whose own limit is its client's (`limits_of`)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def keep_only(*descriptors: int) -> None:
    """Closes every descriptor but 0, 1, 2 and these."""
    low = 3
    for number in sorted({d for d in descriptors if d >= low}):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 1 << 20)


def fork(title: str, main: Callable[[], int], *keep: int) -> int:
    """Forks a process that runs `main`, with only the descriptors `keep`, default signals, and killed when we die. Returns its pid."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _child(title, main, keep, parent)
    return pid


def _child(title: str, main: Callable[[], int], keep: tuple[int, ...], parent: int) -> NoReturn:
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent, signal.SIGKILL)
        keep_only(*keep)
        name(title)
        code = main()
    except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
        logger.exception("process.failed", process=title)
    finally:
        os._exit(code)


def limit_data(more: int) -> None:
    """Lets this process allocate `more` bytes than it has now; what goes beyond fails as MemoryError, in whatever asked for it."""
    with open("/proc/self/status") as status:
        held = next((int(line.split()[1]) << 10 for line in status if line.startswith("VmData:")), 0)
    limit = held + more
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def limits_of(pid: int) -> Mapping[str, tuple[int, int]]:
    """The resource limits of process `pid` (ours, same user) as OCI rlimits: ``RLIMIT_NOFILE`` -> (soft, hard). Only those that are not our own.

    A sandboxed command has the limits of the shell it was typed into, not of the daemon, which may have been started by another one.
    """
    found = {}
    for key in dir(resource):
        if not key.startswith("RLIMIT_") or key == "RLIMIT_OFILE":
            continue
        try:
            soft, hard = resource.prlimit(pid, getattr(resource, key))
            ours_soft, ours = resource.getrlimit(getattr(resource, key))
        except (OSError, ValueError):
            continue
        if (soft, hard) == (ours_soft, ours):
            continue
        if os.getuid() != 0 and ours != resource.RLIM_INFINITY and (hard == resource.RLIM_INFINITY or hard > ours):
            hard = ours  # only root may raise a hard limit
            soft = hard if soft == resource.RLIM_INFINITY or soft > hard else soft
        found[key] = (soft, hard)
    return found
