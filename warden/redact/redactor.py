"""The layers over one text: what each finds, which finding counts, and the text with placeholders in its place.

Order of precedence where findings overlap: what the API itself declares secret, what was found inside an encoded part, then whatever covers the
other. A finding inside another is dropped; two that overlap are replaced together.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from warden.redact import columns, decoding, escapes, names, phrases
from warden.redact.hit import Hit
from warden.redact.leaves import leaves
from warden.redact.plausible import open_setting, stands_for
from warden.redact.schema.field import Field, read, write
from warden.redact.vault import Binding, Entry, Seen, Vault, VaultFullError

#: How deep text inside text is looked into.
DEPTH = 4
#: Bytes of text inside text that one message may make, beside as many as it has itself for each level.
EXPANSION = 32 << 20


class BlockedError(Exception):
    """The response cannot be redacted, and is not let through: the reason is for the agent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Finder(Protocol):
    """A detector of the patterns layer."""

    def find(self, text: bytes) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What was replaced: byte offsets in the body as it was (content codings undone), the rule, and its layer."""

    rule: str
    layer: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text comes from: the host that sent it, the path that was asked for, and where a secret that a rule finds there may go."""

    host: str = ""
    path: str = ""
    binding: Callable[[str, str, str], tuple[Binding, ...]] | None = None

    def bound(self, rule: str) -> tuple[Binding, ...]:
        """The bindings of what `rule` finds here."""
        return () if self.binding is None else self.binding(rule, self.host, self.path)


@dataclass(frozen=True, slots=True)
class Edit:
    """`new` in place of ``[start:end]``. `rank`: 0 is the strongest claim."""

    start: int
    end: int
    rank: int
    rule: str
    layer: str
    new: bytes = field(repr=False)


_RANK = {"schema": 0, "decoding": 1, "known": 2, "patterns": 3, "names": 4}


@dataclass(slots=True)
class _Budget:
    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BlockedError("its encoded parts grow too large to be looked through")


class Redactor:
    """All layers, over whole texts. One for each session; `vault` is what it remembers between them."""

    def __init__(self, vault: Vault, patterns: Finder) -> None:
        self.vault = vault
        self._patterns = patterns

    def redact(self, text: bytes, place: Place, fields: Sequence[Field] = ()) -> tuple[bytes, list[Finding]]:
        """`text` with every secret replaced, and what was found. Raises BlockedError."""
        edits = self._edits(text, place, 0, _Budget(EXPANSION + DEPTH * len(text)), fields)
        return apply(text, edits), [Finding(edit.rule, edit.layer, edit.start, edit.end) for edit in edits]

    def known(self, text: bytes, place: Place) -> bytes:
        """`text` with only those secrets replaced that were seen before."""
        return apply(
            text, _settle([edit for seen in self.vault.secrets_in(text, place.host) if (edit := self._known(text, seen)) is not None])
        )

    def suspects(self, data: bytes) -> bool:
        """Whether there is something in bytes that are no text which would be replaced in one."""
        return bool(self._patterned(data) or names.find(data))

    def _patterned(self, text: bytes) -> list[Hit]:
        """What the patterns find, but for what only stands where a secret would."""
        return [hit for hit in self._patterns.find(text) if not stands_for(text[hit.start : hit.end])]

    # --- one level ---------------------------------------------------------------------------------------------------------------

    def _edits(self, text: bytes, place: Place, depth: int, budget: _Budget, fields: Sequence[Field] = ()) -> list[Edit]:
        found = [edit for one in fields if (edit := self._declared(text, one, place, budget)) is not None]
        # Before anything else is found in this text: what is found in its parts is replaced there, with all that is around it.
        known = self.vault.secrets_in(text, place.host)
        escaped = escapes.containers(text)
        inner: list[Edit] = []
        if depth == DEPTH and (escaped or self._runs(text)):
            raise BlockedError("it has text inside text too deep to be looked through")
        if depth < DEPTH:
            for start, end, escaping in escaped:
                inner += self._inside(text, start, end, escaping, place, depth, budget)
            for run in self._runs(text):
                budget.spend(len(run.text))
                if edits := self._edits(run.text, place, depth + 1, budget):
                    inner.append(Edit(run.start, run.end, 1, edits[0].rule, "decoding", run.encode(apply(run.text, edits))))
        found += inner
        found += [edit for seen in known if (edit := self._known(text, seen)) is not None]
        named = place.host.endswith((".amazonaws.com", ".api.aws", ".amazonaws.com.cn"))  # there the id of a key is the name of a thing
        hits = [hit for hit in self._patterned(text) if not (named and hit.rule == "aws-access-key-id")]
        hits += [*names.find(text), *columns.find(text), *phrases.find(text)]
        hits += [
            hit
            for start, end, how in escaped
            if how is escapes.JSON and names.is_key(text, end + 1)
            for hit in names.behind(text, end + 1, how.read(text[start:end]).text)
        ]
        if hits:
            hits = self._foreign(text, _outside(text, hits, escaped))
            found += [self._replaced(text, hit, place, escaped) for hit in hits if not _within(hit, inner)]
        return _settle(found)

    @staticmethod
    def _runs(text: bytes) -> list[decoding.Run]:
        try:
            return [*decoding.wrapped(text), *decoding.runs(text)]
        except OverflowError as error:
            raise BlockedError(str(error)) from None

    def _inside(
        self, text: bytes, start: int, end: int, escaping: escapes.Escaping, place: Place, depth: int, budget: _Budget
    ) -> Iterable[Edit]:
        plain = escaping.read(text[start:end])
        budget.spend(len(plain.text))
        for edit in self._edits(plain.text, place, depth + 1, budget):
            yield Edit(
                start + plain.written(edit.start),
                start + plain.written(edit.end),
                edit.rank,
                edit.rule,
                edit.layer,
                escaping.write(edit.new),
            )

    def _foreign(self, text: bytes, hits: list[Hit]) -> list[Hit]:
        """Those that are not placeholders already."""
        ours = self.vault.placeholders_in(text)
        if not ours:
            return hits
        return [hit for hit in hits if not any(seen.start < hit.end and hit.start < seen.end for seen in ours)]

    # --- one secret --------------------------------------------------------------------------------------------------------------

    def admit(self, secret: bytes, rule: str, place: Place, shape: str = "") -> bytes:
        """The placeholder of a secret that was found."""
        try:
            entry = self.vault.admit(secret, place=f"{place.host}{place.path}", shape=shape, binding=place.bound(rule))
        except VaultFullError:
            raise BlockedError("this session has seen more secrets than it can remember") from None
        return entry.placeholder

    def _replaced(self, text: bytes, hit: Hit, place: Place, escaped: list[tuple[int, int, escapes.Escaping]]) -> Edit:
        raw = text[hit.start : hit.end]
        if (
            hit.layer == "names"
            and (run := decoding.word(raw, 0, len(raw.rstrip(b"=")))) is not None
            and (run.start, run.end) == (0, len(raw))
        ):
            # Written in base64 or hexadecimal: whoever decodes it gets a placeholder.
            made = run.encode(self.admit(run.text, hit.rule, place, hit.shape))
            return Edit(hit.start, hit.end, _RANK[hit.layer], hit.rule, hit.layer, made)
        escaping = next((how for start, end, how in escaped if start <= hit.start and hit.end <= end), escapes.RAW)
        made = escaping.write(self.admit(escaping.read(raw).text, hit.rule, place, hit.shape))
        return Edit(hit.start, hit.end, _RANK[hit.layer], hit.rule, hit.layer, made)

    def _known(self, text: bytes, seen: Seen) -> Edit | None:
        start, end, stand_in = seen.start, seen.end, seen.entry.placeholder
        if seen.entry.placeholder == seen.entry.secret:
            return None
        name = seen.encoding.partition(":")[0]
        if name == "part":
            if text[start : start + len(seen.entry.secret)] != seen.entry.secret:
                raise BlockedError("it holds a part of a secret that was seen before")
            end = start + len(seen.entry.secret)
        elif name == "base64":
            return self._known_base64(text, seen)
        elif name == "hex":
            stand_in = stand_in.hex().encode()
        elif name.startswith("utf-16"):
            stand_in = stand_in.decode().encode(name)
        elif name in escapes.BY_NAME:
            stand_in = escapes.BY_NAME[name].write(stand_in)
        return Edit(start, end, _RANK["known"], "known-value", "known", stand_in)

    def _known_base64(self, text: bytes, seen: Seen) -> Edit:
        """The whole run around it, written anew: where in it the secret begins shifts everything behind it."""
        start, end = seen.start, seen.end
        while start > 0 and text[start - 1] in decoding.DIGITS:
            start -= 1
        while end < len(text) and text[end] in decoding.DIGITS:
            end += 1
        padded = end
        while padded < len(text) and text[padded] == 0x3D and padded - end < 2:
            padded += 1
        # The run may have something glued in front of it (a path): the secret's own alignment says where its quads begin.
        offset = int(seen.encoding.partition(":")[2])
        quad = seen.start - -(-offset * 8 // 6)
        start = max(start + (quad - start) % 4, 0)
        digits = text[start:end]
        url = b"-" in digits or b"_" in digits
        whole = digits[: len(digits) - (len(digits) % 4 == 1)]
        try:
            said = base64.b64decode(whole + b"=" * (-len(whole) % 4), b"-_" if url else b"+/")
        except binascii.Error:
            raise BlockedError("it holds an encoded secret that was seen before") from None
        secret = seen.entry.secret
        new = said.replace(secret, seen.entry.placeholder)
        if new == said:
            raise BlockedError("it holds a part of an encoded secret that was seen before")
        made = base64.b64encode(new, b"-_" if url else b"+/")
        if padded == end and len(digits) % 4:
            made = made.rstrip(b"=")
        return Edit(start, padded, _RANK["known"], "known-value", "known", made)

    # --- what the API declares ---------------------------------------------------------------------------------------------------

    def _declared(self, text: bytes, one: Field, place: Place, budget: _Budget) -> Edit | None:
        raw = text[one.start : one.end]
        made = self.field(raw, one, place, budget)
        return None if made == raw else Edit(one.start, one.end, _RANK["schema"], one.rule, "schema", made)

    def field(self, raw: bytes, one: Field, place: Place, budget: _Budget | None = None) -> bytes:
        """What stands for the raw bytes of a value that is secret by its API; the same where nothing of it is. Raises BlockedError."""
        said = read(raw, one.encoding)
        content = said
        if one.transform == "base64":
            try:
                content = base64.b64decode(said, validate=True)
            except binascii.Error:
                raise BlockedError(f"{one.rule} should be base64 and is not") from None
        if one.shape in ("variable", "setting") and open_setting(one.name.encode(), content, managed=one.shape == "setting"):
            return raw
        made = self.declared(content, one.rule, place, one.shape, budget)
        if made is None or made == content:
            return raw
        return write(base64.b64encode(made) if one.transform == "base64" else made, one.encoding)

    def declared(self, content: bytes, rule: str, place: Place, shape: str, budget: _Budget | None = None) -> bytes | None:
        """A secret that the API declares, as placeholders: in documents, each of its values; else all of it. None where nothing is secret."""
        if not content or not content.strip(b"*") or self.vault.entry_of(content) is not None:
            return None
        if shape == "env":
            return None  # names and values: that layer's
        if shape in ("helm-release", "presigned-url", "text"):  # text with secrets in it, which clients read
            return apply(content, self._edits(content, place, 1, budget or _Budget(EXPANSION)))
        if shape == "docker-auth-encoded":
            try:
                user = base64.b64decode(content, validate=True)
            except binascii.Error:
                return self._whole(content, rule, place, "")
            made = self.declared(user, rule, place, "docker-auth")
            return None if made is None else base64.b64encode(made)
        if shape == "docker-auth":
            user, colon, secret = content.partition(b":")
            if colon and secret:
                return user + b":" + self._whole(secret, rule, place, "plain")
        if content.lstrip()[:1] in (b"{", b"["):
            try:
                json.loads(content)
            except ValueError:
                return self._whole(content, rule, place, shape)
            return self._document(content, rule, place)
        if _PARTS.search(content) and (edits := self._edits(content, place, 1, budget or _Budget(EXPANSION))):
            return apply(content, edits)  # of a connection string or a signed URL, what is secret in it
        return self._whole(content, rule, place, shape)

    def _whole(self, content: bytes, rule: str, place: Place, shape: str) -> bytes:
        seen = self.vault.placeholders_in(content)
        if seen and sum(one.end - one.start for one in seen) * 2 > len(content):
            return content
        return self.admit(content, rule, place, shape)

    def _document(self, content: bytes, rule: str, place: Place) -> bytes:
        edits = []
        for leaf in leaves(content):
            value = escapes.JSON.read(content[leaf.start : leaf.end]).text
            made = self.declared(value, rule, place, leaf.shape)
            if made is not None:
                edits.append(Edit(leaf.start, leaf.end, 0, rule, "schema", escapes.JSON.write(made)))
        return apply(content, edits)


#: A connection string, the query of a signed URL, a location.
_PARTS = re.compile(
    rb"(?:^|;)[A-Za-z][A-Za-z ]*=[^;]+;|[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=|^\??s[vr]=[^&]+&|^[a-z][a-z0-9+.-]*://"
)


def apply(text: bytes, edits: Sequence[Edit]) -> bytes:
    """`text` with `edits`, which are in order and do not overlap."""
    if not edits:
        return text
    parts = []
    position = 0
    for edit in edits:
        parts += [text[position : edit.start], edit.new]
        position = edit.end
    parts.append(text[position:])
    return b"".join(parts)


def _outside(text: bytes, hits: list[Hit], escaped: list[tuple[int, int, escapes.Escaping]]) -> list[Hit]:
    """Without those strictly inside escaped text, which are found again in what it says; but with whole values of forms and queries, in which what is
    escaped is no separator.
    """
    if not escaped:
        return hits
    kept = []
    for hit in hits:
        for start, end, how in escaped:
            if start <= hit.start and hit.end <= end and (start, end) != (hit.start, hit.end):
                if (
                    how is escapes.URL
                    and text[hit.start - 1 : hit.start] == b"="
                    and (hit.end == end or text[hit.end : hit.end + 1] in (b"&", b";"))
                ):
                    kept.append(hit)
                break
        else:
            kept.append(hit)
    return kept


def _within(hit: Hit, edits: list[Edit]) -> bool:
    """Whether an edit of what the text says has exactly this place: it knows the value, the hit only how it is written."""
    return any(edit.start == hit.start and edit.end == hit.end for edit in edits)


def _settle(found: list[Edit]) -> list[Edit]:
    """Those that count, in order: of two that overlap, the one that covers the other, or the stronger, stretched over both."""
    if len(found) < 2:
        return found
    kept: list[Edit] = []
    for edit in sorted(found, key=lambda one: (one.rank if one.rank < 2 else 2, one.start - one.end, one.rank, one.start)):
        clash = next((one for one in kept if one.start < edit.end and edit.start < one.end), None)
        if clash is None:
            kept.append(edit)
        elif not (clash.start <= edit.start and edit.end <= clash.end):
            kept.remove(clash)
            start, end = min(clash.start, edit.start), max(clash.end, edit.end)
            kept.append(Edit(start, end, clash.rank, clash.rule, clash.layer, clash.new))
    return sorted(kept, key=lambda one: one.start)


__all__ = ["BlockedError", "Edit", "Entry", "Field", "Finding", "Place", "Redactor", "apply"]
