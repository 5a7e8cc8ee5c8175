"""The bytes of a file of the user's, where nothing that is put there can hold the session."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def content(path: str | Path, limit: int) -> bytes:
    """The bytes of an ordinary file. Raises OSError, for one that is larger than `limit` or no file as well."""
    # Not blocking: a named pipe would keep the session waiting for its other end.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is not a file")
        found = file.read(limit + 1)
    if len(found) > limit:
        raise OSError(f"{path} is larger than {limit} bytes")
    return found
