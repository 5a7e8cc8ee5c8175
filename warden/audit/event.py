"""`AuditRecord` -> the inside of one JSON object, bounded.

The keys of every line, in this order: ``time`` (UTC, RFC 3339, microseconds), ``kind``, ``session``, ``principal`` (agent, user, profile), then
the record's own fields, then ``cut`` when something was shortened (how many values). The chain adds ``seq``, ``prev`` and ``hash``.

Fields of a ``ruling`` (written by :mod:`warden.pipeline`): ``id``, ``message`` (what was asked of whom, bytes), ``timings_us`` (decode, decide,
total), ``actions`` (provider, operation, verb, flags, resources, context, certainty), ``operations``, ``decision``, ``policies``, ``reason``,
``advice``, ``code``, ``errors``, ``obligations``. An ``outcome`` names its ruling by ``id`` and says status, bytes and time. ``session.start`` and
``session.end`` frame a session; ``log.start`` and ``recovered`` are the log's own.

Output is ASCII: JSON escapes control characters and everything else, so no value can end a line or begin another.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from time import time_ns
from typing import Any

from warden.errors import AuditError
from warden.model import AuditRecord

#: What the log itself writes; a record that sets one of these is a mistake in our code.
RESERVED = frozenset({"seq", "prev", "hash", "time", "kind", "session", "principal", "cut"})

#: A record that encodes to no more than this is written as it is.
_SMALL = 16 << 10

#: Limits tried in turn until the record fits: characters of a string, entries of a list or mapping, depth.
_CUTS = ((4096, 64, 10), (512, 16, 8), (96, 4, 6))

#: Keys of a record at most; ours have about twenty.
_KEYS = 64

#: Bytes of a record at most, after cutting.
_MOST = 48 << 10


def now() -> str:
    """The time of a record: UTC, RFC 3339 (section 5.6), microseconds."""
    seconds, nanoseconds = divmod(time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1000:06d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Most records are of the same second as the one before."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def flatten(record: AuditRecord, time: str) -> dict[str, Any]:
    """The record as one mapping, in the order of the line. AuditError when it sets a key of the log's own."""
    if taken := RESERVED & record.fields.keys():
        raise AuditError(f"The audit record sets {', '.join(sorted(taken))}, which only the log itself may.")
    principal = record.principal
    return {
        "time": time,
        "kind": record.kind,
        "session": principal.session,
        "principal": {"agent": principal.agent, "user": principal.user, "profile": principal.profile},
        **record.fields,
    }


def encode(flat: Mapping[str, Any]) -> bytes:
    """The inside of the JSON object (no braces), at most `_MOST` bytes. Never raises for what a value holds."""
    try:
        text = _ENCODER.encode(flat)
        if len(text) <= _SMALL:
            return text[1:-1].encode("ascii")
    except (TypeError, ValueError, RecursionError):
        pass  # A value that JSON has no word for: the slow way marks it.
    for characters, entries, depth in _CUTS:
        cutter = _Cutter(characters, entries)
        kept = {cutter.string(key): cutter.value(value, depth) for key, value in islice(flat.items(), _KEYS)}
        text = json.dumps(kept | {"cut": cutter.count + max(0, len(flat) - _KEYS)}, separators=(",", ":"))
        if len(text) <= _MOST:
            return text[1:-1].encode("ascii")
    few = {key: str(flat.get(key, ""))[:96] for key in ("time", "kind", "session", "id", "decision", "reason", "code")}
    return json.dumps(few | {"cut": len(flat)}, separators=(",", ":"))[1:-1].encode("ascii")


def _plain(value: object) -> object:
    """The containers of the model (frozen mappings, sets) as JSON's own."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value, key=str)
    raise TypeError


#: Made once: `json.dumps` with options makes one at each call.
_ENCODER = json.JSONEncoder(default=_plain, allow_nan=False, separators=(",", ":"))


class _Cutter:
    """Copies a value within limits. Whatever it shortens or replaces carries a mark with ``…`` and is counted."""

    def __init__(self, characters: int, entries: int) -> None:
        self._characters = characters
        self._entries = entries
        self.count = 0

    def value(self, value: object, depth: int) -> object:
        match value:
            case None | bool():
                return value
            case str():
                return self.string(value)
            case int():
                return int(value) if value.bit_length() <= 64 else self._mark(f"integer of {value.bit_length()} bits")
            case float():
                return value if math.isfinite(value) else self._mark(repr(value))
            case Mapping() | list() | tuple() | Set() if depth <= 0:
                return self._mark("too deep")
            case Mapping():
                return self.mapping(value, depth)
            case list() | tuple():
                return self._entries_of(list(value), depth)
            case Set():
                return self._entries_of(sorted(value, key=str), depth)
            case bytes() | bytearray():
                return self._mark(f"{len(value)} bytes")
        return self._mark(type(value).__name__)

    def string(self, text: str) -> str:
        if len(text) <= self._characters:
            return str(text)
        return text[: self._characters] + self._mark(f"{len(text) - self._characters} more characters")

    def mapping(self, values: Mapping[Any, Any], depth: int) -> dict[str, object]:
        cut = {self.string(str(key)): self.value(value, depth - 1) for key, value in islice(values.items(), self._entries)}
        if len(values) > self._entries:
            cut["…"] = self._mark(f"{len(values) - self._entries} more keys")
        return cut

    def _entries_of(self, values: list[Any], depth: int) -> list[object]:
        cut = [self.value(value, depth - 1) for value in values[: self._entries]]
        if len(values) > self._entries:
            cut.append(self._mark(f"{len(values) - self._entries} more"))
        return cut

    def _mark(self, what: str) -> str:
        self.count += 1
        return f"…[{what}]"
