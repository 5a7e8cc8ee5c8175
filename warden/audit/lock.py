"""The lock of a log: flock on its head file, exclusive to write, shared to take a snapshot.

It belongs to the open file, so that a fork must open its own.
"""

from __future__ import annotations

import fcntl
import random
import time
from pathlib import Path

from warden.errors import AuditError

#: Seconds to wait for others. A writer holds the lock for tens of microseconds; longer means a stopped process.
LOCK_WAIT = 5.0


def acquire(fd: int, path: Path, kind: int = fcntl.LOCK_EX) -> None:
    """Locks `fd`, the open head file at `path`. AuditError after `LOCK_WAIT` seconds: nothing waits for ever on another process."""
    deadline = time.monotonic() + LOCK_WAIT
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise AuditError(
                    f"Another process has held the lock of {path} for {LOCK_WAIT:.0f} seconds.",
                    f"`fuser {path}` names it; it may be stopped.",
                ) from None
            time.sleep(random.uniform(0.00005, 0.0005))  # noqa: S311 - spreads writers, no secret
        else:
            return
