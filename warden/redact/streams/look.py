"""A text looked through, and which of its bytes became what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from warden.redact import names, phrases
from warden.redact.hit import Hit
from warden.redact.redactor import BlockedError, Finder, Finding, Place, Redactor
from warden.redact.schema import Field, SchemaError


class Declared(Protocol):
    """The values of a message that its API declares secret (:mod:`warden.redact.schema`)."""

    def find(self, body: bytes, content_type: str) -> Sequence[Field]: ...


@dataclass(slots=True)
class Sight:
    """How the streams of one connection are looked through. `findings` is what was replaced in all of them."""

    redactor: Redactor
    patterns: Finder
    place: Place
    declared: Declared | None = None
    findings: list[Finding] = field(default_factory=list)

    def look(self, text: bytes) -> tuple[bytes, list[Finding]]:
        """All layers over one text. Raises BlockedError."""
        return self.redactor.redact(text, self.place)

    def document(self, text: bytes, content_type: str) -> bytes:
        """A text that is whole, redacted: what its API declares secret as well. Raises BlockedError."""
        try:
            fields = self.declared.find(text, content_type) if self.declared is not None else ()
        except SchemaError as error:
            raise BlockedError(f"{error.message.removesuffix('.')} ({error.code})") from None
        made, found = self.redactor.redact(text, self.place, fields)
        self.findings += found
        return made

    def find(self, text: bytes) -> list[Hit]:
        """Where secrets seem to be, by names and by how they are written."""
        return [*names.find(text), *self.patterns.find(text), *phrases.find(text)]

    def begun(self, text: bytes) -> int:
        """See `Vault.begun`."""
        return self.redactor.vault.begun(text)

    def known(self, data: bytes, after: int = 0) -> bool:
        """Whether a secret that was seen before is in `data` and ends behind `after`."""
        return any(seen.end > after for seen in self.redactor.vault.secrets_in(data, self.place.host))

    def wide(self, data: bytes) -> bool:
        """Whether a known secret is in `data` in UTF-16."""
        return any(seen.encoding.startswith("utf-16") for seen in self.redactor.vault.secrets_in(data, self.place.host))

    def encoded(self, data: bytes) -> bool:
        """Whether a known secret is in `data` in an encoding that can only be taken apart whole."""
        return any(seen.encoding.startswith("base64") for seen in self.redactor.vault.secrets_in(data, self.place.host))

    def suspects(self, data: bytes) -> bool:
        """Whether there is anything in bytes that are no text which would be replaced in one."""
        return self.known(data) or self.redactor.suspects(data)


@dataclass(frozen=True, slots=True)
class Piece:
    """``[start:end]`` of the text, and what stands for it."""

    start: int
    end: int
    made: bytes
    rule: str


def pieces(text: bytes, made: bytes, found: Sequence[Finding]) -> list[Piece]:
    """What each finding became.

    Between findings `made` is as `text` is, and so where it repeats itself one reading of several is taken. All of it may be shown in any case.
    """
    result: list[Piece] = []
    at = 0
    for index, one in enumerate(found):
        before = found[index - 1].end if index else 0
        at += one.start - before
        following = text[one.end : found[index + 1].start] if index + 1 < len(found) else text[one.end :]
        end = made.find(following, at) if index + 1 < len(found) else len(made) - len(following)
        if end < at:
            end = at
        result.append(Piece(one.start, one.end, made[at:end], one.rule))
        at = end
    return result


def tail(text: bytes, found: Sequence[Piece], start: int, end: int) -> bytes:
    """What stands for ``text[start:end]``: of what began before `start`, all that it became. No finding may reach beyond `end`."""
    parts: list[bytes] = []
    position = start
    for one in found:
        if one.end <= start or one.start >= end:
            continue
        parts += [text[position : max(one.start, position)], one.made]
        position = one.end
    parts.append(text[position:end])
    return b"".join(parts)
