"""Which descriptors may go in as 0, 1 and 2.

A descriptor carries the mount or network namespace in which it was opened into the sandbox: with a directory, openat(2) walks the host's
tree; an Internet socket can be disconnected and connected elsewhere (connect(2), AF_UNSPEC), outside of the sandbox's network; a device or a file
can be opened again for writing through /proc/self/fd. So only what cannot be turned against the host passes, and a file that was opened for
reading is replaced by the same file on a read-only mount.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from collections.abc import Sequence

from sandbox.errors import SandboxError

#: Memory devices (major 1) that are harmless: null, zero, full, random, urandom.
_HARMLESS_MEMORY = {3, 5, 7, 8, 9}


def check(descriptors: Sequence[int]) -> tuple[int, int, int]:
    """The three descriptors. Raises SandboxError for any that must not go in, or is not open."""
    if len(descriptors) != 3:
        raise ValueError("stdio is three descriptors")
    for target, number in enumerate(descriptors):
        name = ("standard input", "standard output", "standard error")[target]
        try:
            kind = _refusal(number)
        except OSError as error:
            raise SandboxError(f"The {name} cannot be passed into the sandbox: {error.strerror}.") from None
        if kind:
            raise SandboxError(
                f"The {name} is {kind}, which would reach out of the sandbox.", "Use a terminal, a pipe, a file or /dev/null."
            )
    return descriptors[0], descriptors[1], descriptors[2]


def _refusal(number: int) -> str:
    """What the descriptor is, if it must not go in; empty if it may."""
    status = os.fstat(number)
    if stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode):
        return ""
    if stat.S_ISCHR(status.st_mode):
        harmless = os.isatty(number) or (os.major(status.st_rdev) == 1 and os.minor(status.st_rdev) in _HARMLESS_MEMORY)
        return "" if harmless else "a device"
    if stat.S_ISSOCK(status.st_mode):
        return _socket_refusal(number)
    if stat.S_ISDIR(status.st_mode):
        return "a directory"
    return "a device" if stat.S_ISBLK(status.st_mode) else "not a file"


def _socket_refusal(number: int) -> str:
    """A connected stream or packet Unix socket cannot be connected again, unlike all others."""
    with socket.socket(fileno=os.dup(number)) as each:
        if each.family != socket.AF_UNIX:
            return "a network socket"
        if each.type == socket.SOCK_DGRAM:
            return "a datagram socket"
        try:
            each.getpeername()
        except OSError:
            return "a socket that is not connected"
    return ""


def unwritable(number: int, tree: str) -> int:
    """What to pass in for `number`: itself, or, for a file opened for reading, a new descriptor of the same file below `tree`.

    `tree` shows the host's files through read-only mounts, so opening /proc/self/fd/N for writing fails inside as anywhere else. It starts where
    `number` stood; how far it gets is not seen there. A file without a name (deleted, as a shell's here-document is) leads nowhere and passes as
    it is. Raises SandboxError for a file that `tree` does not have.
    """
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode) or not status.st_nlink or fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        return number
    path = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
    try:
        again = os.open(tree + path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        if os.path.samestat(os.fstat(again), status):
            os.lseek(again, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
            return again
        os.close(again)
    except OSError:
        pass
    raise SandboxError(f"{path} cannot be opened a second time, read-only. Pass it through a pipe: `cat FILE |`.")
