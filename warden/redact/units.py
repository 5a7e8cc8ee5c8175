"""Bodies that are gone through while they come in: where they are cut depends on their bytes alone, never on how these arrived.

No more is held back than a unit: a line, a message, a window of a document too large to be held whole.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable

from warden.redact.protobuf import rewrite
from warden.redact.redactor import BlockedError

#: Bytes of a line beyond which it is cut, and of a window.
LINE, WINDOW = 1 << 20, 1 << 20
#: Bytes of one gRPC message.
MESSAGE = 16 << 20
#: Bytes of a private key that are waited for.
KEY = 1 << 16

KEY_BEGINS = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
KEY_ENDS = re.compile(rb"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")

#: What a line ends with when the next one belongs to it.
_OPEN = (b":", b"|", b">", b"=", b"[", b"{", b"(", b"\\")

#: Looks a text through and gives what to send instead.
type Redact = Callable[[bytes], bytes]


class Lines:
    """Each line for itself; the lines of a private key together."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._kept = bytearray()
        self._scanned = 0

    def feed(self, data: bytes) -> bytes:
        """What can be sent now that `data` has come."""
        self._kept += data
        parts = []
        while (end := self._kept.find(b"\n", self._scanned)) >= 0 or len(self._kept) - self._scanned > LINE:
            end = min(end + 1, self._scanned + LINE) if end >= 0 else self._scanned + LINE
            unit = bytes(self._kept[:end])
            begins = next(reversed(list(KEY_BEGINS.finditer(unit))), None)
            if begins is not None and not KEY_ENDS.search(unit, begins.end()) and len(unit) - begins.start() < KEY:
                self._scanned = end
                continue
            if unit.rstrip().endswith(_OPEN) and len(unit) < KEY:  # the value of a name may be on the next line
                self._scanned = end
                continue
            parts.append(self._redact(unit))
            del self._kept[:end]
            self._scanned = 0
        return b"".join(parts)

    def finish(self) -> bytes:
        """The rest."""
        rest, self._kept = bytes(self._kept), bytearray()
        return self._redact(rest) if rest else b""


def is_document(line: bytes) -> bool:
    """Whether `line` is one JSON document."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


class Windows:
    """A document in windows, each cut at its last line, or else at its last comma."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._kept = bytearray()

    def feed(self, data: bytes) -> bytes:
        """As `Lines.feed`."""
        self._kept += data
        parts = []
        while len(self._kept) > WINDOW:
            window = bytes(self._kept[:WINDOW])
            cut = max(window.rfind(b"\n"), 0) or max(window.rfind(b","), 0) or WINDOW - 1
            for begins in KEY_BEGINS.finditer(window, max(0, cut - KEY)):
                if begins.start() < cut and not KEY_ENDS.search(window, begins.end(), cut + 1) and begins.start() > 0:
                    cut = begins.start() - 1
                    break
            parts.append(self._redact(window[: cut + 1]))
            del self._kept[: cut + 1]
        return b"".join(parts)

    def finish(self) -> bytes:
        """As `Lines.finish`."""
        rest, self._kept = bytes(self._kept), bytearray()
        return self._redact(rest) if rest else b""


class Grpc:
    """The messages of gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message)."""

    def __init__(self, redact: Redact, encoding: str = "") -> None:
        self._redact = redact
        self._gzip = encoding.strip().lower() == "gzip"
        self._kept = bytearray()

    def feed(self, data: bytes) -> bytes:
        """As `Lines.feed`."""
        self._kept += data
        parts = []
        while len(self._kept) >= 5:
            compressed, size = struct.unpack_from(">?I", self._kept)
            if size > MESSAGE:
                raise BlockedError(f"one of its messages is larger than {MESSAGE >> 20} MiB")
            if len(self._kept) < 5 + size:
                break
            parts.append(self._message(compressed, bytes(self._kept[5 : 5 + size])))
            del self._kept[: 5 + size]
        return b"".join(parts)

    def _message(self, compressed: bool, message: bytes) -> bytes:
        said = message
        if compressed:
            if not self._gzip:
                raise BlockedError("its messages are compressed in a way that cannot be read here")
            stream = zlib.decompressobj(wbits=31)
            try:
                said = stream.decompress(message, MESSAGE)
            except zlib.error:
                raise BlockedError("one of its messages is damaged") from None
            if not stream.eof:
                raise BlockedError("one of its messages grows too large when it is decompressed")
        made = rewrite(said, self._redact)
        if made == said:
            return struct.pack(">?I", compressed, len(message)) + message
        return struct.pack(">?I", False, len(made)) + made

    def finish(self) -> bytes:
        """The rest, which is no message: what it would be was not read."""
        if self._kept:
            raise BlockedError("it ends in the middle of a message")
        return b""


class Opaque:
    """Bytes that pass as they are. `seen` says whether a known secret is in them: then they do not pass."""

    def __init__(self, seen: Callable[[bytes], bool]) -> None:
        self._seen = seen
        self._tail = b""

    def feed(self, data: bytes) -> bytes:
        """As `Lines.feed`."""
        if self._seen(self._tail + data):
            raise BlockedError("it is binary and holds a secret that was seen before")
        self._tail = (self._tail + data)[-4096:]
        return data

    def finish(self) -> bytes:
        """Nothing is held back."""
        return b""
