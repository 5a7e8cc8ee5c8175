"""How a line is sealed, and what the head file says. Pure: bytes in, bytes out.

A line, with its newline::

    {"seq":12,"prev":"<hash of record 11>", ...the record... ,"hash":"<sha256 of everything before this comma>"}

The head file, one line of fixed width, rewritten in place (one sector, so that it is old or new, never half)::

    warden-audit-1 <seq, 20 digits> <size of the log in bytes, 20 digits> <hash of record seq>

Accepted is exactly what `seal` writes: other spacing, another key order or a second ``hash`` key is a changed line.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64

#: Bytes of one line at most. `event` keeps records below it; a longer line was not written by us.
LINE_LIMIT = 64 << 10

#: Bytes that `seal` adds to a body, at most.
SEAL_SIZE = len(b'{"seq":,"prev":"",') + 19 + 64 + len(b',"hash":""}') + 64 + 1

HEAD_SIZE = 14 + 1 + 20 + 1 + 20 + 1 + 64 + 1

_HEAD = re.compile(rb"warden-audit-1 ([0-9]{20}) ([0-9]{20}) ([0-9a-f]{64})\n")
_START = re.compile(rb'\{"seq":([1-9][0-9]{0,18}),"prev":"([0-9a-f]{64})",')
_END = re.compile(rb',"hash":"([0-9a-f]{64})"\}')
_END_SIZE = len(b',"hash":""}') + 64


@dataclass(frozen=True, slots=True)
class Position:
    """A point in the chain: after record `seq`, whose hash is `hash`. Before the first record: 0 and zeros."""

    seq: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Head:
    """What the head file says: the last record's position, and the log's size in bytes right after it."""

    position: Position = Position()
    size: int = 0

    def encode(self) -> bytes:
        return b"warden-audit-1 %020d %020d %s\n" % (self.position.seq, self.size, self.position.hash.encode())

    @staticmethod
    def parse(raw: bytes) -> Head | None:
        """None when these are not exactly the bytes of a head."""
        match = _HEAD.fullmatch(raw)
        return Head(Position(int(match[1]), match[3].decode()), int(match[2])) if match else None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A line whose own hash holds: its place in the chain, and what it continues."""

    position: Position
    prev: str
    document: dict[str, Any]

    def continues(self, position: Position) -> bool:
        return self.position.seq == position.seq + 1 and self.prev == position.hash


def seal(after: Position, body: bytes) -> tuple[bytes, Position]:
    """The line that continues `after` with `body` (the inside of a JSON object, not empty), and its position."""
    covered = b'{"seq":%d,"prev":"%s",%s' % (after.seq + 1, after.hash.encode(), body)
    digest = hashlib.sha256(covered).hexdigest()
    return b'%s,"hash":"%s"}\n' % (covered, digest.encode()), Position(after.seq + 1, digest)


def unseal(line: bytes) -> Sealed:
    """Reads one line (without its newline). ValueError says, in words for a report, how it is not what `seal` wrote."""
    if len(line) > LINE_LIMIT:
        raise ValueError(f"is longer than any record ({len(line)} bytes)")
    start = _START.match(line)
    end = _END.fullmatch(line, max(0, len(line) - _END_SIZE))
    if start is None or end is None:
        raise ValueError("is not a record of the audit log")
    digest = hashlib.sha256(line[:-_END_SIZE]).hexdigest()
    if digest.encode() != end[1]:
        raise ValueError("was changed: its content does not match its hash")
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    return Sealed(Position(int(start[1]), digest), start[2].decode(), document)
