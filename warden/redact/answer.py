"""One response on its way in: what of it is looked through, and how.

==========  =====================================================================================================================
`EMPTY`     no body (HEAD, 204, 304): the head alone
`WHOLE`     held until it is complete, up to `LIMIT` bytes; then every layer sees all of it, and its length is known before it is sent
`STREAM`    in units, while it comes in: lines, gRPC messages, windows of what is larger than `LIMIT`, and bytes that are no text
==========  =====================================================================================================================

Which it is depends on the head and the bytes, never on how these arrive. A body in which nothing is found goes on exactly as it came, coding
included. One in which something is has its length, coding and sums made to fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from warden.redact import coding, headers
from warden.redact.eventstream import EventStream
from warden.redact.headers import Fields
from warden.redact.kind import HEAD, Kind, is_structured, is_unread, kind_by_type, kind_of
from warden.redact.redactor import BlockedError, Finding, Place, Redactor
from warden.redact.schema import Field, Replace, SchemaError
from warden.redact.units import LINE, Grpc, Lines, Opaque, Windows, is_document

#: Bytes of a body that are held.
LIMIT = 8 << 20


#: All of a representation, asked for as a range (RFC 9110 section 14.4), by clients that ask for everything so: the length is one more than the last.
_WHOLE_RANGE = re.compile(r"bytes 0-(\d+)/(\d+)")


def _is_whole(value: str) -> bool:
    match = _WHOLE_RANGE.fullmatch(value)
    return match is not None and int(match[1]) + 1 == int(match[2])


class Mode(Enum):
    """How the body is to be handed over."""

    EMPTY = "empty"
    WHOLE = "whole"
    STREAM = "stream"


class Declared(Protocol):
    """The values of a body that its API declares secret (:mod:`warden.redact.schema`)."""

    def find(self, body: bytes, content_type: str) -> Sequence[Field]: ...

    def rewrite(self, body: bytes, content_type: str, replace: Replace) -> bytes: ...


#: Puts dummies in the place of credentials that a broker keeps, in a whole body whose coding is undone. Raises BlockedError.
type Swap = Callable[[bytes], bytes]


class Unit(Protocol):
    """A body in pieces (:mod:`warden.redact.units`)."""

    def feed(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


@dataclass(slots=True)
class Head:
    """What is known of a response before its body: the request's method, the status, and the fields as they came.

    `watched`: the request asked to be told of each change while it lasts. `opaque`: the body's protocol counts its bytes, text or not.
    `hashed`: clients take its ETag for an MD5 of the body.
    """

    method: str
    status: int
    fields: Fields = field(repr=False)
    watched: bool = False
    opaque: bool = False
    hashed: bool = False


class Answer:
    """Redacts one response. `mode` says what to call: `whole` once, or `feed` and `finish`. `fields` is the head to send (for `WHOLE`, after it).

    All raise BlockedError, which names why the response may not go on. `findings` grows as the body is read: offsets are in the body with its coding
    undone.
    """

    def __init__(self, redactor: Redactor, place: Place, head: Head, declared: Declared | None = None, swap: Swap | None = None) -> None:
        self._redactor = redactor
        self._place = place
        self._head = head
        self._declared = declared
        self._swap = swap
        self.findings: list[Finding] = []
        #: Findings in the head, each with the name of its field.
        self.header_findings: list[tuple[str, Finding]] = []
        self.limit = LIMIT
        self.fields: Fields = head.fields
        self._codings: list[str] = []
        self._decoding: coding.Decoding | None = None
        self._unit: Unit | None = None
        self._offset = 0
        self._first = bytearray()
        self._probing = self._lines = False
        self._partial = head.status == 206 and not any(_is_whole(one) for one in headers.values(head.fields, "content-range"))
        content_type = ",".join(headers.values(head.fields, "content-type"))
        self._type = content_type
        self.mode = Mode.EMPTY
        self.fields = headers.redact(head.fields, self._field_text, self._field_whole)
        if head.method != "HEAD" and head.status not in (204, 304) and head.status >= 200:
            self._codings = coding.names(headers.values(head.fields, "content-encoding"))
            self.mode = self._choose()

    # --- the head ----------------------------------------------------------------------------------------------------------------

    def _field_text(self, name: str, value: bytes) -> bytes:
        made, found = self._redactor.redact(value, self._place)
        self.header_findings += [(name, one) for one in found]
        return made

    def _field_whole(self, name: str, value: bytes) -> bytes:
        if self._redactor.vault.entry_of(value) is not None:
            return value
        rule = f"header:{name}"
        self.header_findings.append((name, Finding(rule, "names", 0, len(value))))
        return self._redactor.admit(value, rule, self._place)

    def _choose(self) -> Mode:
        if is_unread(self._type):
            raise BlockedError("its character set cannot be read here")
        lengths = headers.values(self._head.fields, "content-length")
        length = int(lengths[0]) if len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit() else None
        stated = kind_by_type(self._type)
        # What is secret by its API is read whole. A single document may end its one line too.
        whole = self._swap is not None or self._declared is not None
        self._probing = not whole and not lengths and not self._codings and stated is Kind.DOCUMENT and "json" in self._type
        if self._head.opaque:
            self.stream()
            return Mode.STREAM
        if self._head.watched and stated is Kind.DOCUMENT and "json" in self._type:
            stated = Kind.LINES
        if self._swap is not None or (self._declared is not None and stated not in (Kind.LINES, Kind.GRPC)):
            if length is not None and length > LIMIT:
                raise BlockedError(f"it holds secrets by its API and is larger than {LIMIT >> 20} MiB")
            return Mode.WHOLE
        if stated in (Kind.GRPC, Kind.EVENTS) or (stated is Kind.LINES and (length is None or length > LIMIT)):
            self.stream()
            return Mode.STREAM
        if length is not None and length > LIMIT:
            self.stream()
            return Mode.STREAM
        return Mode.WHOLE

    def stream(self) -> None:
        """Goes over to `STREAM`: the body turned out to be larger than `LIMIT`. `fields` then states no length."""
        if self.mode is Mode.WHOLE and (self._swap or (self._declared and kind_by_type(self._type) not in (Kind.LINES, Kind.GRPC))):
            raise BlockedError(f"it holds secrets by its API and is larger than {LIMIT >> 20} MiB")
        self.mode = Mode.STREAM
        drop = {"content-length"} if not self._partial else set()  # a part is binary, and stays, or does not pass
        if self._codings:
            self._decoding = coding.Decoding(self._codings)
            drop.add("content-encoding")
        self.fields = tuple((name, value) for name, value in self.fields if name.lower() not in drop)
        if not (self._partial or self._head.opaque):
            # Whether it is changed shows only when its head has been sent.
            self.fields = headers.without_sums(self.fields, hashed=self._head.hashed)

    @property
    def probing(self) -> bool:
        """Whether `flows` has something to look for still."""
        return self._probing

    def flows(self, held: bytes) -> bool:
        """Whether a body that is held to be `WHOLE`, and of which this has come, is a stream of JSON documents, a line each, as many servers send
        their events: then `stream` is to be called. The first line tells.
        """
        if not self._probing or ((end := held.find(b"\n")) < 0 and len(held) <= LINE):
            return False
        self._probing = False
        self._lines = 0 <= end <= LINE and is_document(held[:end])
        return self._lines

    # --- the body ----------------------------------------------------------------------------------------------------------------

    def whole(self, body: bytes) -> bytes:
        """The whole `body`, redacted; `fields` fits it."""
        if not body:
            return body
        said = coding.Decoding(self._codings).feed(body, last=True) if self._codings else body
        swapped = self._swap(said) if self._swap is not None else said
        # What a broker has put dummies into holds nothing else that is secret by its API, and its dummies must stay as they are.
        made = (
            self._through(swapped, kind_of(self._type, swapped[:HEAD])) if swapped == said else self._redactor.known(swapped, self._place)
        )
        if made == said:
            return body
        if self._partial:
            raise BlockedError("it is a part of a text with a secret in it; ask for all of it")
        drop = {"content-length", "content-encoding", "content-range"}
        ranged = [("Content-Range", f"bytes 0-{len(made) - 1}/{len(made)}")] if self._head.status == 206 else []
        kept = [(name, value) for name, value in headers.without_sums(self.fields, hashed=self._head.hashed) if name.lower() not in drop]
        self.fields = (*kept, *ranged, ("Content-Length", str(len(made))))
        return made

    def _through(self, said: bytes, kind: Kind) -> bytes:
        match kind:
            case Kind.BINARY:
                if self._declared is not None:
                    said = self._rewritten(self._declared, said)
                if self._redactor.vault.secrets_in(said, self._place.host):
                    raise BlockedError("it is binary and holds a secret that was seen before")
                if is_structured(self._type) and self._redactor.suspects(said):
                    raise BlockedError("it holds a secret in a form that cannot be written anew; ask for JSON")
                return said
            case Kind.UTF16:
                return self._utf16(said)
            case Kind.GRPC:
                grpc = self._grpc()
                return grpc.feed(said) + grpc.finish()
            case Kind.EVENTS:
                if self._declared is not None:
                    raise BlockedError("it holds secrets by its API, in events that are not read for them")
                events = self._events()
                return events.feed(said) + events.finish()
        if self._partial:
            # What is before and behind it may be what tells that it is a secret.
            raise BlockedError("it is a part of a text; ask for all of it")
        return self._text(said)

    def _grpc(self) -> Grpc:
        return Grpc(self._text, "".join(headers.values(self._head.fields, "grpc-encoding")))

    def _events(self) -> EventStream:
        return EventStream(self._text, lambda data: bool(self._redactor.vault.secrets_in(data, self._place.host)))

    def _rewritten(self, declared: Declared, said: bytes) -> bytes:
        """A binary answer (CBOR), its declared secrets replaced and the lengths before them made to fit. One that is not read does not pass."""

        def replace(raw: bytes, one: Field) -> bytes:
            made = self._redactor.field(raw, one, self._place)
            if made != raw:
                self.findings.append(Finding(one.rule, "schema", one.start, one.end))
            return made

        try:
            return declared.rewrite(said, self._type, replace)
        except SchemaError as error:
            raise BlockedError(f"{error.message.removesuffix('.')} ({error.code})") from None

    def _text(self, said: bytes) -> bytes:
        try:
            fields = self._declared.find(said, self._type) if self._declared is not None else ()
        except SchemaError as error:
            raise BlockedError(f"{error.message.removesuffix('.')} ({error.code})") from None
        made, found = self._redactor.redact(said, self._place, fields)
        offset = self._offset
        self._offset += len(said)
        self.findings += [Finding(one.rule, one.layer, one.start + offset, one.end + offset) for one in found] if offset else found
        return made

    def _utf16(self, said: bytes) -> bytes:
        if self._declared is not None:
            raise BlockedError("it holds secrets by its API, and is UTF-16")
        form = "utf-16-be" if said.startswith(b"\xfe\xff") or (not said.startswith(b"\xff\xfe") and said[:1] == b"\x00") else "utf-16-le"
        try:
            text = said.decode(form).encode()
        except UnicodeError:
            raise BlockedError("it is neither UTF-16 nor anything else that can be read") from None
        made, found = self._redactor.redact(text, self._place)
        if made == text:
            return said
        at: Callable[[int], int] = lambda offset: len(text[:offset].decode("utf-8", "ignore").encode(form))  # noqa: E731
        self.findings += [Finding(one.rule, one.layer, at(one.start), at(one.end)) for one in found]
        return made.decode().encode(form)

    def feed(self, data: bytes) -> bytes:
        """What can be sent now that `data` has come in."""
        if self._decoding is not None:
            data = self._decoding.feed(data)
        if self._unit is None:
            self._first += data
            if len(self._first) < HEAD and not self._head.opaque and kind_by_type(self._type) is None:
                return b""
            data, self._first = bytes(self._first), bytearray()
            self._unit = self._unit_for(data[:HEAD])
        return self._unit.feed(data)

    def finish(self) -> bytes:
        """What was held back."""
        rest = b""
        if self._decoding is not None:
            rest = self._decoding.feed(b"", last=True)
        if self._unit is None:
            rest = bytes(self._first) + rest
            self._unit = self._unit_for(rest[:HEAD])
        return (self._unit.feed(rest) if rest else b"") + self._unit.finish()

    def _unit_for(self, head: bytes) -> Unit:
        kind = Kind.BINARY if self._head.opaque else kind_of(self._type, head)
        match kind:
            case Kind.GRPC:
                return self._grpc()
            case Kind.EVENTS:
                return self._events()
            case Kind.LINES:
                return Lines(self._text)
            case Kind.BINARY:
                structured = is_structured(self._type)
                known = self._redactor.vault.secrets_in
                return Opaque(lambda data: bool(known(data, self._place.host)) or (structured and self._redactor.suspects(data)))
            case Kind.DOCUMENT if self._head.watched or self._lines:
                return Lines(self._text)
            case Kind.UTF16:
                raise BlockedError(f"it is UTF-16 and larger than {LIMIT >> 20} MiB")
        if self._partial:
            raise BlockedError("it is a part of a text; ask for all of it")
        return Windows(self._text)
