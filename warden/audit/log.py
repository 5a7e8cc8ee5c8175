"""`Log`: records through structlog's processors into the chained file.

The file is shared by every session's worker. One append, under an exclusive flock of the head file:

1. the head is read; when the log's size is not what it says, the log is healed first (`_heal`);
2. the lines are sealed and written at the end, in one piece;
3. the head is rewritten in place.

A writer killed between 1 and 2 leaves nothing, within 2 half a line, between 2 and 3 lines that the head does not know: the next writer
heals all and says so in a ``recovered`` record. When a write fails (disk full, file size limit), the log is truncated back to its last good size and
AuditError is raised: what cannot be recorded is denied.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from structlog import BoundLoggerBase, DropEvent

from warden.audit import event, head_path
from warden.audit.chain import HEAD_SIZE, LINE_LIMIT, SEAL_SIZE, Head, Position, seal
from warden.audit.heal import Damage, assess
from warden.audit.lock import LOCK_WAIT, acquire
from warden.errors import AuditError
from warden.model import AuditRecord, Principal

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOVED = "The audit log was moved and put back while a record was written."


class Log:
    """The audit log at `path`, as :class:`warden.pipeline.Log` wants it. Safe to use from threads and after fork; opened at the first append."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = ChainedFile(path)
        self._recorder = _Recorder(self._file, (_flatten, _encode), {})

    def append(self, *records: AuditRecord) -> None:
        """Writes records; they are in the file when this returns. Raises AuditError when not all are. A session's end is synced to the disk."""
        self._file.append([self._recorder.body(record) for record in records], sync=any(each.kind == "session.end" for each in records))


class _Recorder(BoundLoggerBase):
    """structlog's processors, for each record of an append."""

    def body(self, record: AuditRecord) -> bytes:
        try:
            _, fields = self._process_event("append", None, {"record": record})
        except DropEvent as error:  # no processor here may raise one, and it must not look as if the record had been written
            raise AuditError("The audit log dropped a record.") from error
        body: bytes = fields["body"]
        return body


def _flatten(_logger: Any, _method: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"flat": event.flatten(event_dict["record"], event.now())}


def _encode(_logger: Any, _method: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"body": event.encode(event_dict["flat"])}


class ChainedFile:
    """The log file and its head: appends sealed lines, one writer at a time, over all processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._head_path = head_path(path)
        self._name, self._head_name = str(path), str(self._head_path)
        self._thread = threading.Lock()
        self._pid = 0
        self._log = self._head = -1
        self._log_id = self._head_id = (0, 0)
        self._known: tuple[bytes, Head | None] = (b"", None)  # the head as last written, and its bytes

    def append(self, bodies: Sequence[bytes], *, sync: bool = False) -> None:
        """Seals and writes records. AuditError when that cannot be done, and then the last of them is not written."""
        if not self._thread.acquire(timeout=LOCK_WAIT):
            raise AuditError("Another thread has been writing the audit log for too long.")
        try:
            self._lock()
            try:
                self._append(bodies)
            finally:
                fcntl.flock(self._head, fcntl.LOCK_UN)
            if sync:
                os.fsync(self._log)
                os.fsync(self._head)
        except OSError as error:
            raise AuditError(f"The audit log {self._path} cannot be written: {error.strerror or error}.", _advice(error)) from error
        finally:
            self._thread.release()

    # --- opening and locking -----------------------------------------------------------------------------------------------------

    def _lock(self) -> None:
        """Locks the head file that is at its path now, opening it when there is none, another one, or we are a fork of who opened it."""
        for _ in range(16):
            if self._pid != os.getpid():  # flock belongs to the open file: a fork must have its own
                self._close()
            if self._head < 0:
                self._head, self._head_id = self._open(self._head_path)
            acquire(self._head, self._head_path)
            if _identity(self._head_name)[0] == self._head_id:
                return
            fcntl.flock(self._head, fcntl.LOCK_UN)
            self._close()
        raise AuditError(_MOVED)

    def _open(self, path: Path) -> tuple[int, tuple[int, int]]:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, _OPEN, 0o600)
        self._pid = os.getpid()
        status = os.fstat(fd)
        wrong = ""
        if status.st_mode & 0o170000 != 0o100000:
            wrong = "is not a regular file"
        elif status.st_uid not in (os.geteuid(), 0):
            wrong = f"belongs to another user (uid {status.st_uid})"
        elif status.st_mode & 0o022:
            wrong = "is writable by others"
        if wrong:
            os.close(fd)
            raise AuditError(f"The audit log {path} {wrong}.", "Move it away, or set `audit.path`.")
        return fd, (status.st_dev, status.st_ino)

    def _close(self) -> None:
        for fd in (self._log, self._head):
            if fd >= 0:
                os.close(fd)
        self._log = self._head = -1
        self._log_id = self._head_id = (0, 0)

    # --- under the lock ----------------------------------------------------------------------------------------------------------

    def _append(self, bodies: Sequence[bytes]) -> None:
        raw = os.pread(self._head, HEAD_SIZE + 1, 0)
        head = self._known[1] if raw == self._known[0] else Head.parse(raw)
        identity, size = _identity(self._name)
        if head is None or size != head.size or identity != self._log_id:
            head = self._settle(head, identity, size)
        for part in _parts(bodies):
            head = self._write(head, *part)

    def _settle(self, head: Head | None, identity: tuple[int, int], size: int) -> Head:
        """Opens the log that is at its path now, starts it when it is new, and heals it when its size is not the head's."""
        fresh = size <= 0
        if fresh:
            # The head forgets the old file's size before the new one exists: whoever is killed here leaves nothing to heal.
            head = Head(head.position if head else Position(), 0)
            self._pwrite(self._head, head.encode(), 0)
        if identity != self._log_id or fresh:
            if self._log >= 0:
                os.close(self._log)
                self._log = -1
            self._log, self._log_id = self._open(self._path)
        if fresh and head is not None:
            start = {"continues": str(head.position) if head.position.seq else ""}
            return self._write(head, _own("log.start", start))
        if head is not None and size == head.size:
            return head
        damage = assess(self._log, size, head)
        return self._heal(damage)

    def _heal(self, damage: Damage) -> Head:
        # Written over the torn bytes, which it quotes; then what is left of them goes.
        head = self._write(damage.good, _own("recovered", damage.fields()), undo=False)
        os.ftruncate(self._log, head.size)
        return head

    def _write(self, head: Head, *bodies: bytes, undo: bool = True) -> Head:
        position, lines = head.position, b""
        for body in bodies:
            line, position = seal(position, body)
            lines += line
        after = Head(position, head.size + len(lines))
        try:
            self._pwrite(self._log, lines, head.size)
            self._known = (after.encode(), after)
            self._pwrite(self._head, self._known[0], 0)
        except BaseException:
            if undo:
                os.ftruncate(self._log, head.size)
                self._pwrite(self._head, head.encode(), 0)
            raise
        return after

    @staticmethod
    def _pwrite(fd: int, data: bytes, offset: int) -> None:
        while data:
            written = os.pwrite(fd, data, offset)
            data, offset = data[written:], offset + written


def _parts(bodies: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """`bodies` in pieces that are each no longer than one line may be: so much behind its head is what a killed writer may leave."""
    if sum(map(len, bodies)) + len(bodies) * SEAL_SIZE <= LINE_LIMIT:
        yield bodies
    else:
        yield from ((body,) for body in bodies)


def _identity(path: str) -> tuple[tuple[int, int], int]:
    """(device, inode) and size of the file itself, not of what a symlink points at. A missing file has size -1."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return (0, 0), -1
    return (status.st_dev, status.st_ino), status.st_size


def _own(kind: str, fields: dict[str, Any]) -> bytes:
    """A record of the log's own, in no session."""
    return event.encode(event.flatten(AuditRecord(kind, Principal("warden", ""), fields), event.now()))


def _advice(error: OSError) -> str:
    return {
        errno.ENOSPC: "Make room on its disk, or set `audit.path` to a file elsewhere.",
        errno.EDQUOT: "Make room in the quota, or set `audit.path` to a file elsewhere.",
        errno.EFBIG: "It reached the file size limit (`ulimit -f`): rename it, and a new one continues it.",
        errno.EACCES: "Set `audit.path` to a file you may write.",
        errno.EROFS: "Set `audit.path` to a file on a writable disk.",
        errno.ELOOP: "It must be a regular file, not a symlink.",
        errno.ENXIO: "It must be a regular file.",
        errno.EISDIR: "It must be a regular file.",
    }.get(error.errno or 0, "Set `audit.path` to a file you may write.")
