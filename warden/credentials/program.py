"""Runs a program of the user's that hands out a credential: as the user, outside, bounded in time and size, and nothing that it says is repeated."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from warden.credentials.rights import identity

#: Seconds that a single sign-on, an assumed role or a plugin may take. Nothing else of the session moves in that time.
LIMIT = 20.0
#: Bytes that a program may print.
SIZE = 1 << 20


class ProgramError(Exception):
    """Why there is no answer, as the end of a sentence about the program. Never a word of what it said."""


def output(argv: Sequence[str], environment: Mapping[str, str], run_as: tuple[int, int] | None, given: bytes = b"") -> bytes:
    """What it prints on its standard output; `given` is on its standard input. What it says on the other is nobody's: that may quote a secret.

    Raises ProgramError when it cannot be started, prints more than `SIZE` bytes, does not end within `LIMIT` seconds or with status 0. It and all
    that it has started are then ended.
    """
    deadline = time.monotonic() + LIMIT
    stdin = _memory(given)
    try:
        process = subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,  # no terminal to ask for a code on, and one group to end
            **identity(run_as),
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        raise ProgramError("cannot be started") from None
    finally:
        os.close(stdin)
    assert process.stdout is not None
    ended = False
    try:
        printed = _read(process.stdout.fileno(), deadline)
        status = process.wait(max(0.0, deadline - time.monotonic()))
        ended = True
    except (TimeoutError, subprocess.TimeoutExpired):
        raise ProgramError(f"took more than {LIMIT:g} seconds") from None
    finally:
        process.stdout.close()
        if not ended:
            # All that it started with it: what it left behind would go on with the user's rights.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if status:
        raise ProgramError(f"ended with status {status}")
    return printed


def _memory(given: bytes) -> int:
    """A descriptor to read `given` from: no pipe, which a program that does not read would hold us at."""
    if not given:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    made = os.memfd_create("question", os.MFD_CLOEXEC)
    with open(made, "wb", closefd=False) as file:
        file.write(given)
    os.lseek(made, 0, os.SEEK_SET)
    return made


def _read(descriptor: int, deadline: float) -> bytes:
    printed = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return bytes(printed)
        printed += piece
        if len(printed) > SIZE:
            raise ProgramError("printed too much")
