"""How well an answer of `warden redact` hid a record's secrets and kept its look-alikes."""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from tests.corpus.redaction.draft import Record, Secret
from tests.corpus.redaction.views import content, forms, views

#: A line of a key that is shorter says too little.
_KEY_LINE = 40
#: The first line of every unencrypted ed25519 key of OpenSSH is the same.
_SAME = "b3BlbnNzaC1rZXktdjE"


@dataclass(frozen=True, slots=True)
class Score:
    """One record's result."""

    missed: tuple[Secret, ...]
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """Every text that a response's headers and body can be read as."""

    texts: frozenset[str]

    @classmethod
    def of(cls, body: bytes, headers: Mapping[str, str]) -> Readings:
        # What does not decode is read as it is, and what it should have had is missing.
        with contextlib.suppress(ValueError, zlib.error):
            body = content(body, headers)
        found = views(body)
        for value in headers.values():
            found |= views(value.encode())
        return cls(frozenset(found))

    def has(self, text: str) -> bool:
        return any(text in reading for reading in self.texts)

    def leaks(self, value: str) -> bool:
        """Whether the value, an encoding of it, or a line of a key's inside can be read."""
        return any(self.has(form) for form in forms(value)) or any(self.has(line) for line in _key_lines(value))


def _key_lines(value: str) -> list[str]:
    if "-----BEGIN" not in value:
        return []
    return [line for line in value.splitlines() if len(line) >= _KEY_LINE and not line.startswith(("-----", _SAME))]


def score(record: Record, answer: Mapping[str, object]) -> Score:
    """Compares. A blocked response hides everything and keeps nothing."""
    if answer.get("blocked") is not None:
        return Score((), record.lookalikes)
    headers, body = answer["headers"], answer["body_b64"]
    if not isinstance(headers, Mapping) or not isinstance(body, str):
        raise TypeError("an answer has headers and body_b64")
    readings = Readings.of(base64.b64decode(body), {str(name): str(value) for name, value in headers.items()})
    missed = tuple(secret for secret in record.secrets if readings.leaks(secret.value))
    return Score(missed, tuple(text for text in record.lookalikes if not readings.has(text)))
