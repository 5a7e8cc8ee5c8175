"""Compressed bodies, read whole and to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from warden.errors import DecodeError

#: Bytes that a compressed body may grow to.
MAX_INFLATED = 16 << 20


def plain(body: bytes, content_encoding: Iterable[str]) -> bytes:
    """`body` as its reader sees it. `content_encoding`: the values of the Content-Encoding headers, in order.

    Raises DecodeError ``compressed-body`` for what `inflate` refuses, and for any coding but gzip.
    """
    codings = [value.strip().lower() for header in content_encoding for value in header.split(",")]
    codings = [value for value in codings if value not in ("", "identity")]
    if not codings:
        return body
    if codings != ["gzip"]:
        raise DecodeError("compressed-body", f"A body encoded as {', '.join(codings)[:64]} cannot be read here.", "Send it uncompressed.")
    return inflate(body)


def inflate(body: bytes, limit: int = MAX_INFLATED) -> bytes:
    """A gzip `body`, inflated. Raises DecodeError beyond `limit` bytes, for damage, and for a second member or anything else behind it."""
    stream = zlib.decompressobj(wbits=31)
    try:
        found = stream.decompress(body, limit)
    except zlib.error:
        found = b""
    if not stream.eof or stream.unused_data or stream.unconsumed_tail:
        raise DecodeError("compressed-body", "The compressed body is damaged or too large to be ruled on.", "Send it uncompressed.")
    return found
