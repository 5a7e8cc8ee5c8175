"""HTTP/1 inside a stream, either direction: heads, and bodies without their framing (RFC 9112 section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from warden.redact.headers import Fields, values
from warden.redact.redactor import BlockedError

#: Bytes of a head, and of a line that says how long a chunk is.
HEAD, LINE = 1 << 16, 1 << 10
REQUEST = re.compile(rb"([A-Z]{3,16}) \S+ HTTP/1\.[01]\r\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?\r\n")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """A message's first line, with its end, and its fields. `method` is empty for a response, `status` 0 for a request."""

    line: bytes
    fields: Fields
    method: str = ""
    status: int = 0


class Ended:
    """The end of a message."""


class Messages:
    """Reads one direction. What is not HTTP/1 raises BlockedError. `bodiless` says of a response's head that nothing follows it."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._state = "head"
        self._left = 0
        #: Methods of the requests that are to be answered, set by who reads those; None in that direction.
        self.methods: list[str] | None = None

    def feed(self, data: bytes) -> Iterator[Head | bytes | Ended]:
        """Heads, pieces of bodies and ends that have come with `data`."""
        self._kept += data
        while True:
            match self._state:
                case "head":
                    end = self._kept.find(_END)
                    if end < 0:
                        if len(self._kept) > HEAD:
                            raise BlockedError("a head of HTTP in it is too large")
                        return
                    head = self._parse(self._take(end + len(_END)))
                    self._begin(head)
                    yield head
                    if self._state == "head" and not (100 <= head.status < 200):
                        yield Ended()
                case "length" | "chunk":
                    piece = self._take(min(self._left, len(self._kept)))
                    self._left -= len(piece)
                    if piece:
                        yield piece
                    if self._left:
                        return
                    if self._state == "length":
                        self._state = "head"
                        yield Ended()
                    else:
                        self._state = "chunk-end"
                case "chunk-end":
                    if len(self._kept) < 2:
                        return
                    if self._take(2) != b"\r\n":
                        raise BlockedError("a chunk of HTTP in it does not end")
                    self._state = "size"
                case "size" | "trailers":
                    end = self._kept.find(b"\r\n")
                    if end < 0:
                        if len(self._kept) > LINE:
                            raise BlockedError("a chunk of HTTP in it cannot be read")
                        return
                    line = self._take(end + 2)
                    if self._state == "trailers":
                        if line == b"\r\n":
                            self._state = "head"
                            yield Ended()
                        continue
                    size = _SIZE.fullmatch(line)
                    if size is None:
                        raise BlockedError("a chunk of HTTP in it cannot be read")
                    self._left = int(size[1], 16)
                    self._state = "chunk" if self._left else "trailers"
                case _:  # to the end of the stream
                    if self._kept:
                        yield self._take(len(self._kept))
                    return

    @property
    def open_ended(self) -> bool:
        """Whether the end of the stream is the end of a message."""
        return self._state == "rest"

    def _take(self, size: int) -> bytes:
        taken = bytes(self._kept[:size])
        del self._kept[:size]
        return taken

    def _parse(self, raw: bytes) -> Head:
        line, _, rest = raw.partition(b"\r\n")
        line += b"\r\n"
        fields = []
        for one in rest[:-2].split(b"\r\n")[:-1] if rest != b"\r\n" else ():
            match = _FIELD.fullmatch(one)
            if match is None:
                raise BlockedError("a head of HTTP in it cannot be read")
            fields.append((match[1].decode("latin-1"), match[2].decode("latin-1")))
        if self.methods is None:
            asked = REQUEST.fullmatch(line)
            if asked is None:
                raise BlockedError("what is asked in it began as HTTP and does not go on so")
            return Head(line, tuple(fields), method=asked[1].decode())
        status = _STATUS.fullmatch(line)
        if status is None:
            raise BlockedError("HTTP was asked in it, and something else is answered")
        return Head(line, tuple(fields), status=int(status[1]))

    def _begin(self, head: Head) -> None:
        """RFC 9112 section 6.3."""
        codings, lengths = values(head.fields, "transfer-encoding"), values(head.fields, "content-length")
        if len(codings) + len(lengths) > 1 or (codings and codings[0].lower() != "chunked"):
            raise BlockedError("the length of a body of HTTP in it can be read in two ways")
        if self.methods is not None:
            if head.status == 101:
                self._state = "rest"
                return
            if head.status < 200:
                return
            method = self.methods.pop(0) if self.methods else ""
            if method == "HEAD" or head.status in (204, 304):
                return
            if not codings and not lengths:
                self._state = "rest"
                return
        if codings:
            self._state = "size"
        elif lengths:
            if not lengths[0].isascii() or not lengths[0].isdigit():
                raise BlockedError("the length of a body of HTTP in it cannot be read")
            self._left = int(lengths[0])
            self._state = "length" if self._left else "head"
