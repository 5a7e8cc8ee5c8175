"""Content codings (RFC 9110 section 8.4.1), undone whole or piece by piece, to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Protocol

import brotli
import zstandard

from warden.redact.redactor import BlockedError

#: Bytes that a coded body may grow to, whole.
LIMIT = 64 << 20
#: Times that a streamed body may grow beyond what has come in; the most that gzip reaches is 1032.
RATIO = 1100


class Decoder(Protocol):
    """One coding, undone piece by piece."""

    def decompress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Deflate:
    """``deflate``: zlib by the standard, raw deflate by some servers. The first byte tells."""

    def __init__(self) -> None:
        self._stream: Decoder | None = None

    def decompress(self, data: bytes, /) -> bytes:
        if self._stream is None and data:
            zlib_head = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            self._stream = zlib.decompressobj(wbits=15 if zlib_head else -15)
        return self._stream.decompress(data) if self._stream else b""

    def flush(self) -> bytes:
        return self._stream.flush() if self._stream else b""


class _Gzip:
    """``gzip``: one member after the other."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, /) -> bytes:
        made = b""
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=31)
            made += self._stream.decompress(data)
            data = self._stream.unused_data
        return made

    def flush(self) -> bytes:
        return b""


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def decompress(self, data: bytes, /) -> bytes:
        made: bytes = self._stream.process(data)
        return made

    def flush(self) -> bytes:
        return b""


class _Zstandard:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(read_across_frames=True)

    def decompress(self, data: bytes, /) -> bytes:
        made: bytes = self._stream.decompress(data)
        return made

    def flush(self) -> bytes:
        return b""


_CODINGS: dict[str, Callable[[], Decoder]] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, "br": _Brotli, "zstd": _Zstandard}


def names(values: Iterable[str]) -> list[str]:
    """The codings that the Content-Encoding header's `values` name, in the order in which they were applied. ``aws-chunked`` is none: S3 keeps
    it as a label of how the object was sent.
    """
    found = [name.strip().lower() for value in values for name in value.split(",")]
    return [name for name in found if name not in ("", "identity", "aws-chunked")]


class Decoding:
    """Undoes `codings`. Raises BlockedError for one that is not known, damage, and beyond the limits."""

    def __init__(self, codings: list[str]) -> None:
        if len(codings) > 3 or not all(name in _CODINGS for name in codings):
            raise BlockedError(f"it is encoded as {', '.join(codings)[:64]}, which cannot be read here")
        self._steps: list[Decoder] = [_CODINGS[name]() for name in reversed(codings)]
        self._taken = self._made = 0

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """What `data` says, so far as it can be told. `last`: nothing follows."""
        self._taken += len(data)
        try:
            for step in self._steps:
                data = step.decompress(data)
                if last:
                    data += step.flush()
                if self._made + len(data) > max(LIMIT, RATIO * self._taken):
                    raise BlockedError("it grows too large when its coding is undone")
        except (zlib.error, brotli.error, zstandard.ZstdError):
            raise BlockedError("its content coding is damaged") from None
        self._made += len(data)
        if len(self._steps) and self._made > LIMIT and last:
            raise BlockedError("it grows too large when its coding is undone")
        return data
