"""Reading a log for people: newest first, or as it grows. Lines that are not records are passed over here; `verify` names them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warden.audit.chain import LINE_LIMIT
from warden.errors import AuditError

_BLOCK = 256 << 10

_DEPTH = 24


def backwards(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a log, newest first, reading no more of the file than is asked for. Raises AuditError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            rest = b""
            while end > 0:
                start = max(0, end - _BLOCK)
                file.seek(start)
                lines = (file.read(end - start) + rest).split(b"\n")
                rest = lines[0] if len(lines[0]) <= LINE_LIMIT else b""
                for line in reversed(lines[1:]):
                    if (record := _parse(line)) is not None:
                        yield record
                end = start
            if (record := _parse(rest)) is not None:
                yield record
    except OSError as error:
        raise _unreadable(path, error) from error


def follow(path: Path, backlog: int = 10, *, wait: float = 0.2, forever: bool = True) -> Iterator[dict[str, Any]]:
    """The last `backlog` records, then, with `forever`, each new one; looks every `wait` seconds, and goes on in a new file after a rotation."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, or replaced after a rotation
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        offset = file.seek(0, os.SEEK_END)
        newest: list[dict[str, Any]] = []
        for record in backwards(path):
            if len(newest) == backlog:
                break
            newest.append(record)
        yield from reversed(newest)
        seen = _seq(newest[0]) if newest else 0
        file.seek(max(0, offset - LINE_LIMIT))
        while forever:
            block = file.read(_BLOCK)
            lines = block.split(b"\n")
            if len(block) < _BLOCK or len(lines) > 1:
                file.seek(-len(lines.pop()), os.SEEK_CUR)  # half a line is read again: a healed one has other bytes then
            for line in lines:
                found = _parse(line)
                if found is not None and _seq(found) > seen:
                    seen = _seq(found)
                    yield found
            if lines:
                continue
            try:
                status = path.stat()
            except OSError:
                status = None
            if status is not None and (status.st_ino != os.fstat(file.fileno()).st_ino or status.st_size < file.tell()):
                file.close()
                file = open(path, "rb")  # noqa: SIM115 - closed below
                continue
            time.sleep(wait)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        file.close()


def _parse(line: bytes) -> dict[str, Any] | None:
    """None for what is no record, or is nested deeper than any of ours, which whoever shows it would trip over."""
    if not line.startswith(b"{") or len(line) > LINE_LIMIT:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and not _deeper(record, _DEPTH) else None


def _deeper(value: object, depth: int) -> bool:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_deeper(entry, depth - 1) for entry in below if isinstance(entry, dict | list))


def _seq(record: dict[str, Any]) -> int:
    seq = record.get("seq")
    return seq if isinstance(seq, int) else 0


def _unreadable(path: Path, error: OSError) -> AuditError:
    if isinstance(error, FileNotFoundError):
        return AuditError(f"There is no audit log at {path}.", "A session writes the first record: `warden exec -- COMMAND`.")
    return AuditError(f"The audit log {path} cannot be read: {error.strerror}.")
