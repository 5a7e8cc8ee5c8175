"""Whether a command can be run, told before anything starts, in the words of a shell."""

from __future__ import annotations

import errno
import os
import stat

from warden.errors import SessionError


class NotFoundError(SessionError):
    exit_code = 127


class NotExecutableError(SessionError):
    exit_code = 126


def complaint(name: str, path: str, cwd: str) -> SessionError | None:
    """Why `name` cannot be executed, or None. As execvp(3): a name with a slash is a path from `cwd`, another is looked up on `path`.

    Seen from outside; a program that the sandbox hides fails inside, with the same exit status.
    """
    if "/" in name:
        problem = _problem(name if name.startswith("/") else f"{cwd}/{name}")
        if problem is None:
            return None
        if problem in (errno.ENOENT, errno.ENOTDIR):
            return NotFoundError(f"{name}: no such file or directory.")
        return NotExecutableError(f"{name}: {os.strerror(problem).lower()}.")
    denied = 0
    for directory in path.split(":"):
        problem = _problem(f"{directory}/{name}" if directory.startswith("/") else f"{cwd}/{directory}/{name}")
        if problem is None:
            return None
        if problem in (errno.EACCES, errno.EISDIR):
            denied = problem
    if denied == errno.EACCES:
        return NotExecutableError(f"{name}: permission denied.")
    return NotFoundError(f"{name}: command not found.")


def _problem(path: str) -> int | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - on every start, for every directory on PATH
    except OSError as error:
        return error.errno or errno.EIO
    if stat.S_ISDIR(found.st_mode):
        return errno.EISDIR
    # Not access(2): root passes it for files that nobody may execute, and the sandbox drops that privilege.
    if not found.st_mode & 0o111 or not os.access(path, os.X_OK):
        return errno.EACCES
    return None
