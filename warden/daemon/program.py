"""Whether a command can be run, told before anything starts, in the words of a shell."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from sandbox.paths import within
from warden.errors import SessionError


class NotFoundError(SessionError):
    exit_code = 127


class NotExecutableError(SessionError):
    exit_code = 126


def complaint(name: str, path: str, cwd: str, *, replaced: Sequence[str] = (), shown: Sequence[str] = ()) -> SessionError | None:
    """Why `name` cannot be executed, or None. As execvp(3): a name with a slash is a path from `cwd`, another is looked up on `path`.

    Seen from outside, but for directories that are `replaced` inside by private ones, where only what is `shown` is the host's.
    """
    if "/" in name:
        found = name if name.startswith("/") else f"{cwd}/{name}"
        problem = _problem(found)
        if problem is None:
            return _unseen(name, found, replaced, shown)
        if problem in (errno.ENOENT, errno.ENOTDIR):
            return NotFoundError(f"{name}: no such file or directory.")
        return NotExecutableError(f"{name}: {os.strerror(problem).lower()}.")
    denied = 0
    hidden: SessionError | None = None
    for directory in path.split(":"):
        found = f"{directory}/{name}" if directory.startswith("/") else f"{cwd}/{directory}/{name}"
        problem = _problem(found)
        if problem is None:
            unseen = _unseen(name, found, replaced, shown)
            if unseen is None:
                return None
            hidden = hidden or unseen  # another directory of the path may have one that shows
        if problem in (errno.EACCES, errno.EISDIR):
            denied = problem
    if hidden is not None:
        return hidden
    if denied == errno.EACCES:
        return NotExecutableError(f"{name}: permission denied.")
    return NotFoundError(f"{name}: command not found.")


def _unseen(name: str, found: str, replaced: Sequence[str], shown: Sequence[str]) -> SessionError | None:
    found = os.path.normpath(found)
    around = next((directory for directory in replaced if within(found, (directory,))), None)
    if around is None or within(found, shown):
        return None
    advice = f"Run it from its own directory, or show that: --writable {os.path.dirname(found)}"  # noqa: PTH120 - imported on every start
    return NotFoundError(f"{name}: {around} is private inside the sandbox, so {found} is not there.", advice)


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
