"""What is wrong at the end of a log whose size is not the one its head says, and where to go on.

======================  =====================================================  ==========================
the file ends with      because                                                `Damage.what`
======================  =====================================================  ==========================
half a line             a writer was killed while it wrote                     ``torn``
whole records more      a writer was killed before it rewrote the head         ``adopted``
whole lines of another  something else wrote to the file                       ``foreign``
less than the head says the end was cut off, or lost with the machine's power  ``lost``
anything                the head file is missing or unreadable                 ``headless``
======================  =====================================================  ==========================

``torn`` and ``adopted`` lose nothing that a ruling was made on: the append never returned. The other three mean that the file is not what Warden
wrote; it goes on (a log that anyone may stop by touching it would be a switch for denying everything), and `verify` fails from there on for good.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any

from warden.audit.chain import LINE_LIMIT, Head, Position, unseal

#: What `verify` reports as a problem; the rest are notes.
PROBLEMS = frozenset({"foreign", "lost", "headless"})

#: Bytes of a torn line that its `recovered` record quotes.
_QUOTE = 2048


@dataclass(frozen=True, slots=True)
class Damage:
    """`good` is where the next line goes, in the chain and in the file; `rest` are the bytes after it, which are overwritten."""

    what: str
    good: Head
    rest: bytes = b""
    size: int = 0

    def fields(self) -> dict[str, Any]:
        """Of the ``recovered`` record: nothing that is overwritten is lost silently."""
        fields: dict[str, Any] = {"what": self.what, "log_bytes": self.size}
        if self.rest:
            fields |= {
                "torn_bytes": len(self.rest),
                "torn_sha256": hashlib.sha256(self.rest).hexdigest(),
                "torn": self.rest[:_QUOTE].decode("utf-8", "backslashreplace"),
            }
        return fields


def assess(fd: int, size: int, head: Head | None) -> Damage:
    """Reads the end of the log `fd` of `size` bytes, whose head says otherwise or is None (unreadable). Raises OSError only."""
    if head is None:
        end, rest = _last_line_end(fd, size)
        return Damage("headless", Head(_last_position(fd, end), end), rest, size)
    if size < head.size:
        end, rest = _last_line_end(fd, size)
        return Damage("lost", Head(head.position, end), rest, size)
    if size - head.size <= LINE_LIMIT:
        tail = os.pread(fd, size - head.size, head.size)
        *lines, rest = tail.split(b"\n")
        if (position := _continued(head.position, lines)) is not None:
            return Damage("torn" if rest else "adopted", Head(position, size - len(rest)), rest, size)
    end, rest = _last_line_end(fd, size)
    return Damage("foreign", Head(head.position, end), rest, size)


def _continued(position: Position, lines: list[bytes]) -> Position | None:
    """Where the chain stands after these whole lines, which one append wrote; None when one of them does not continue it."""
    for line in lines:
        try:
            sealed = unseal(line)
        except ValueError:
            return None
        if not sealed.continues(position):
            return None
        position = sealed.position
    return position


def _last_line_end(fd: int, size: int) -> tuple[int, bytes]:
    """The offset after the last newline, and the bytes behind it. A longer last line than any of ours is kept, and ended."""
    tail = os.pread(fd, min(size, LINE_LIMIT), max(0, size - LINE_LIMIT))
    cut = tail.rfind(b"\n") + 1
    if not cut and size > LINE_LIMIT:
        return size + os.pwrite(fd, b"\n", size), b""
    rest = tail[cut:]
    return size - len(rest), rest


def _last_position(fd: int, end: int) -> Position:
    """Where the chain stands by its last whole line; the beginning when that cannot be read."""
    tail = os.pread(fd, min(end, LINE_LIMIT + 1), max(0, end - LINE_LIMIT - 1))
    try:
        return unseal(tail[:-1].rpartition(b"\n")[2]).position
    except ValueError:
        return Position()
