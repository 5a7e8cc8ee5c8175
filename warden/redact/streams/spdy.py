"""SPDY/3.1, as Kubernetes' streams use it (https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/, github.com/moby/spdystream).

The client opens each stream and says in its headers of which type it is; the server answers with empty headers and data. What it sends as data goes
on in frames of its own; every other frame passes as it is, its headers read. Flow control is not counted: spdystream has none.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from warden.redact.redactor import BlockedError
from warden.redact.streams.across import Across
from warden.redact.streams.dictionary import SPDY3
from warden.redact.streams.forward import Forward
from warden.redact.streams.live import Live
from warden.redact.streams.look import Sight
from warden.redact.streams.outward import Outward
from warden.redact.streams.switch import Unit, taken

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, NOOP, PING, GOAWAY, HEADERS, WINDOW_UPDATE = range(1, 10)
FIN = 0x01
#: Bytes of a frame that is no data, and of the headers in it.
CONTROL, NAMES = 1 << 16, 1 << 20
#: Bytes of headers in front of the compressed block, by type of frame.
_BLOCK = {SYN_STREAM: 10, SYN_REPLY: 4, HEADERS: 4}
_NUMBER = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Frame:
    """A control frame, whole, or a piece of a data frame's payload: then `kind` is 0. `raw` is a control frame's bytes."""

    kind: int
    stream: int
    payload: bytes
    raw: bytes = b""
    fin: bool = False
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Frames:
    """Reads one direction."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._inflate = zlib.decompressobj(zdict=SPDY3)
        self._stream = 0
        self._left = 0
        self._inside = False
        self._fin = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """What has come with `data`. Raises BlockedError."""
        self._kept += data
        while True:
            if self._inside:
                if self._left and not self._kept:
                    return
                payload = bytes(self._kept[: self._left])
                del self._kept[: len(payload)]
                self._left -= len(payload)
                self._inside = self._left > 0
                yield Frame(0, self._stream, payload, fin=self._fin and not self._inside)
                continue
            if len(self._kept) < 8:
                return
            first, second = struct.unpack_from(">II", self._kept)
            flags, size = second >> 24, second & 0xFFFFFF
            if not first >> 31:
                if flags & ~FIN:
                    raise BlockedError("one of its SPDY frames has flags that do not exist")
                del self._kept[:8]
                self._stream, self._left, self._inside, self._fin = first, size, True, bool(flags & FIN)
                continue
            version, kind = first >> 16 & 0x7FFF, first & 0xFFFF
            if version != 3 or not SYN_STREAM <= kind <= WINDOW_UPDATE or size > CONTROL:
                raise BlockedError("one of its SPDY frames is of no kind that is read here")
            if len(self._kept) < 8 + size:
                return
            raw = bytes(self._kept[: 8 + size])
            del self._kept[: 8 + size]
            yield self._control(kind, flags, raw)

    def _control(self, kind: int, flags: int, raw: bytes) -> Frame:
        payload = raw[8:]
        stream = struct.unpack_from(">I", payload)[0] & _NUMBER if len(payload) >= 4 and kind not in (SETTINGS, PING, GOAWAY) else 0
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if (start := _BLOCK.get(kind)) is not None:
            if len(payload) < start:
                raise BlockedError("one of its SPDY frames is too short")
            headers = self._headers(payload[start:])
        return Frame(kind, stream, payload, raw, bool(flags & FIN), headers)

    def _headers(self, block: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """Section 2.6.10: a number of pairs, each part behind its length; the compression goes on from frame to frame."""
        try:
            said = self._inflate.decompress(block, NAMES)
            if self._inflate.unconsumed_tail:
                raise BlockedError("the headers of one of its SPDY frames are too large")
            count, at = struct.unpack_from(">I", said)[0], 4
            parts = []
            for _ in range(2 * min(count, NAMES)):
                size = struct.unpack_from(">I", said, at)[0]
                if at + 4 + size > len(said):
                    raise ValueError
                parts.append(said[at + 4 : at + 4 + size])
                at += 4 + size
            if at != len(said):
                raise ValueError
        except (zlib.error, struct.error, ValueError):
            raise BlockedError("the headers of one of its SPDY frames cannot be read") from None
        return tuple(zip(parts[::2], parts[1::2], strict=True))


def data(stream: int, payload: bytes, *, fin: bool = False) -> bytes:
    """A frame of data."""
    return struct.pack(">II", stream, (FIN if fin else 0) << 24 | len(payload)) + payload


class Spdy:
    """`Switch` for SPDY. `forwards` makes what reads a port; `status`: the error stream tells a Status."""

    def __init__(self, sight: Sight, outward: Outward, *, forwards: Callable[[], Forward], status: bool = True) -> None:
        self._sight = sight
        self._outward = outward
        self._make_forward = forwards
        self._status = status
        self._server, self._client = Frames(), Frames()
        self._across = Across(sight)
        #: Each stream that the client has opened: its type.
        self._types: dict[int, bytes] = {}
        #: What goes on although something behind it, in the same piece, may not.
        self._made: list[bytes] = []
        self._streams: dict[int, Unit] = {}
        self._forwards: dict[int, Forward] = {}
        self._ended: set[int] = set()

    def from_server(self, data_: bytes) -> bytes:
        """See `Switch`."""
        parts = self._made
        for one in self._server.feed(data_):
            if one.kind == 0:
                parts += self._on(one)
                continue
            if one.kind == SYN_STREAM:
                raise BlockedError("it opens a stream that nobody asked for")
            for name, value in one.headers:
                if self._sight.suspects(name + b": " + value):
                    raise BlockedError("the headers of one of its streams hold a secret")
            if one.kind == GOAWAY:
                parts.append(self.finish())
            elif one.stream in self._streams and (one.kind == RST_STREAM or one.fin):
                parts += self._frames(one.stream, self._streams[one.stream].finish())
            parts.append(one.raw)
        return taken(parts)

    def _on(self, one: Frame) -> list[bytes]:
        if one.stream not in self._types or (one.stream in self._ended and (one.payload or one.fin)):
            raise BlockedError("it sends on a stream that is not open")
        if self._types[one.stream] in (b"stdout", b"stderr"):
            self._across.feed(one.stream, one.payload)
        before: list[bytes] = []
        if self._types[one.stream] == b"error" and not self._forwards:
            before.append(self.flush())  # a command has not succeeded before what it printed may go on
        stream = self._stream(one.stream)
        made = stream.feed(one.payload)
        if not one.fin:
            return [*before, *self._frames(one.stream, made)]
        made += stream.finish()
        self._ended.add(one.stream)
        return [*before, data(one.stream, made, fin=True)]

    def _stream(self, number: int) -> Unit:
        if number not in self._streams:
            self._streams[number] = self._forward(number) if self._types[number] == b"data" else Live(self._sight)
        return self._streams[number]

    def _forward(self, number: int) -> Forward:
        if number not in self._forwards:
            self._forwards[number] = self._make_forward()
        return self._forwards[number]

    @staticmethod
    def _frames(number: int, made: bytes) -> list[bytes]:
        return [data(number, made)] if made else []

    @property
    def waiting(self) -> bool:
        """See `Switch`."""
        return any(stream.waiting for number, stream in self._streams.items() if number not in self._ended)

    def flush(self) -> bytes:
        """See `Switch`."""
        return b"".join(part for number in self._open() for part in self._frames(number, self._streams[number].flush()))

    def finish(self) -> bytes:
        """See `Switch`."""
        return b"".join(part for number in self._open() for part in self._frames(number, self._streams[number].finish()))

    def _open(self) -> list[int]:
        """The streams that have not ended: those that tell errors last, as a server sends them."""
        return sorted(self._streams.keys() - self._ended, key=lambda number: (self._types[number] == b"error", number))

    def farewell(self, words: bytes, sentence: str) -> bytes:
        """See `Switch`."""
        text = words if self._status else sentence.encode()
        left = [(number, kind) for number, kind in self._types.items() if number not in self._ended and kind not in (b"stdin", b"resize")]
        # The others first: clients read them to their end before they look at the error.
        ends = sorted(left, key=lambda one: one[1] == b"error")
        return taken(self._made) + b"".join(data(number, text if kind == b"error" else b"", fin=True) for number, kind in ends)

    def from_client(self, data_: bytes) -> bytes:
        """See `Switch`: all of it as it is."""
        for one in self._client.feed(data_):
            if one.kind == 0:
                if one.stream not in self._types:
                    raise BlockedError("something is sent on a stream that is not open")
                self._outward.watch(one.stream, one.payload)
                if self._types[one.stream] == b"data":
                    self._forward(one.stream).asked(one.payload)
                continue
            for name, value in one.headers:
                self._outward.watch(("headers", one.stream), name + b": " + value + b"\n")
            if one.kind == SYN_STREAM:
                self._opened(one)
        return data_

    def _opened(self, one: Frame) -> None:
        kinds = [value for name, value in one.headers if name.lower() == b"streamtype"]
        if len(kinds) != 1 or one.stream in self._types:
            raise BlockedError("a stream is opened in it without a type, or twice")
        if len(self._types) >= 10_000:
            raise BlockedError("more streams are opened in it than are followed")
        self._types[one.stream] = kinds[0].lower()
