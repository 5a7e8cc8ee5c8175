"""`verify`: reads logs, oldest first, and names the first line at which the chain does not hold.

What holds the two ends: the first line is a ``log.start`` record (and continues the file before it, when that is given); the last is attested
by the head file, or by an anchor (``SEQ:HASH``) that was noted earlier, or by the file after it. Sessions may go on writing: the head and the
size are taken together under the lock, and what is written later is not looked at.
"""

from __future__ import annotations

import fcntl
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from warden.audit import head_path
from warden.audit.chain import HEAD_SIZE, LINE_LIMIT, Head, Position, Sealed, unseal
from warden.audit.heal import PROBLEMS
from warden.audit.lock import acquire
from warden.errors import AuditError

_HEADLESS = "the head file is missing: what was removed from the end would not show"
_WHAT = {
    "torn": "half a line of a killed writer was replaced by this record, which quotes it",
    "adopted": "the record before this one, or several, are of a writer that was killed before it rewrote the head",
    "foreign": "something other than Warden wrote to the file before this record",
    "lost": "the end of the file was missing when this record was written",
    "headless": "the head file was missing or unreadable when this record was written: what was removed before it cannot be known",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The first bad line: `line` counts from 1; 0 is the file itself."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


@dataclass(slots=True)
class Verdict:
    """`records` were read and hold, up to `position`. `notes` are worth knowing and no fault."""

    records: int = 0
    position: Position = field(default_factory=Position)
    problem: Problem | None = None
    notes: list[str] = field(default_factory=list)


class _BadLineError(Exception):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def parse_anchor(text: str) -> Position:
    """Reads ``SEQ:HASH`` as `verify` prints it. Raises AuditError."""
    match = re.fullmatch(r"([0-9]{1,19}):([0-9a-f]{64})", text)
    if match is None:
        raise AuditError(f"{text!r} is not an anchor.", "An anchor is SEQ:HASH, as `warden audit verify` prints it.")
    return Position(int(match[1]), match[2])


def verify(paths: Sequence[Path], anchor: Position | None = None) -> Verdict:
    """Verifies one log, or a log and those it was rotated from, oldest first. Raises AuditError when a file cannot be read."""
    verdict = Verdict()
    anchored = anchor is None
    previous: Position | None = None
    for index, path in enumerate(paths):
        try:
            file, head, size = _snapshot(path)
        except OSError as error:
            raise AuditError(f"{path} cannot be read: {error.strerror}.") from error
        last = index == len(paths) - 1
        met = head is None or previous == head.position
        with file:
            try:
                for position, sealed, number in _chain(file, size, previous, verdict, path):
                    verdict.records += 1
                    verdict.position = previous = position
                    if anchor is not None and position.seq == anchor.seq:
                        if position.hash != anchor.hash:
                            raise _BadLineError(number, f"record {anchor.seq} is not the one of the anchor: the log was rewritten")
                        anchored = True
                    if head is not None and (
                        position == head.position or (number == 1 and head.size == 0 and sealed.continues(head.position))
                    ):
                        met = True
                    _note(sealed, number, path, verdict)
                if last:
                    _check_end(head, size, met, verdict, anchor, path)
            except _BadLineError as bad:
                verdict.problem = Problem(path, bad.line, bad.what)
                return verdict
    if not anchored and anchor is not None:
        verdict.problem = Problem(paths[-1], 0, f"record {anchor.seq} of the anchor is not there: the log ends at {verdict.position.seq}")
    return verdict


def _snapshot(path: Path) -> tuple[BinaryIO, Head | None, int]:
    """The log, its head and its size, as they were together."""
    known = head_path(path)
    if not known.exists():
        return open(path, "rb"), None, path.stat().st_size
    with open(known, "rb") as lock:
        acquire(lock.fileno(), known, fcntl.LOCK_SH)
        head = Head.parse(lock.read(HEAD_SIZE + 1))
        if head is not None and not path.exists():
            return io.BytesIO(), head, 0
        return open(path, "rb"), head, path.stat().st_size


def _chain(file: BinaryIO, size: int, previous: Position | None, verdict: Verdict, path: Path) -> Iterator[tuple[Position, Sealed, int]]:
    """Each record that holds, with its line number. Raises _BadLineError at the first that does not."""
    number = read = 0
    position = previous
    while read < size:
        raw = file.readline(min(LINE_LIMIT + 1, size - read))
        if not raw:
            return
        number, read = number + 1, read + len(raw)
        if not raw.endswith(b"\n"):
            if len(raw) > LINE_LIMIT:
                raise _BadLineError(number, "is longer than any record")
            verdict.notes.append(
                f"{path}:{number}: half a line of a writer that was killed (or is writing without the head); the next record heals it"
            )
            return
        try:
            sealed = unseal(raw[:-1])
        except ValueError as error:
            raise _BadLineError(number, str(error)) from error
        position = _link(sealed, position, number, verdict, path)
        yield position, sealed, number


def _link(sealed: Sealed, after: Position | None, number: int, verdict: Verdict, path: Path) -> Position:
    """Checks that the record continues `after`; None is the unknown end of a file that was not given."""
    seq = sealed.position.seq
    if number == 1 and sealed.document.get("kind") != "log.start":
        raise _BadLineError(1, f"is record {seq} and not the start of a log: records before it were removed")
    if after is None:
        if seq == 1 and not sealed.continues(Position()):
            raise _BadLineError(number, "claims to be the first record and is not")
        if seq > 1:
            verdict.notes.append(f"{path}: continues an earlier file, which was not given, after record {seq - 1}")
        return sealed.position
    if sealed.continues(after):
        return sealed.position
    if seq > after.seq + 1:
        missing = f"record {seq - 1} is" if seq == after.seq + 2 else f"records {after.seq + 1} to {seq - 1} are"
        raise _BadLineError(number, f"is record {seq} and follows record {after.seq}: {missing} missing")
    if seq <= after.seq:
        raise _BadLineError(number, f"is record {seq} and follows record {after.seq}: it was moved, repeated or inserted")
    raise _BadLineError(number, f"record {seq} does not continue the record before it: one of the two was replaced")


def _note(sealed: Sealed, number: int, path: Path, verdict: Verdict) -> None:
    if sealed.document.get("kind") != "recovered":
        return
    what = str(sealed.document.get("what"))
    text = _WHAT.get(what, "an unknown kind of damage was healed")
    if what in PROBLEMS or what not in _WHAT:
        raise _BadLineError(number, text)
    verdict.notes.append(f"{path}:{number}: {text}")


def _check_end(head: Head | None, size: int, met: bool, verdict: Verdict, anchor: Position | None, path: Path) -> None:
    if head is None:
        if anchor is not None and anchor.seq >= verdict.position.seq:
            return
        raise _BadLineError(0, f"{_HEADLESS}. For a rotated file, give the file after it as well, or --anchor")
    position = verdict.position
    if position == head.position:
        return
    if position.seq < head.position.seq:
        raise _BadLineError(0, f"ends at record {position.seq}, but its head says {head.position.seq}: the end was removed")
    if met and position.seq > head.position.seq and head.size < size <= head.size + LINE_LIMIT:
        more = position.seq - head.position.seq
        which = "the last record is" if more == 1 else f"the last {more} records are"
        verdict.notes.append(f"{path}: {which} of a writer that was killed before it rewrote the head; the next record says so")
        return
    raise _BadLineError(
        0, f"its last record, {position.seq}, is not the one that its head knows, {head.position.seq}: the log was rewritten"
    )
