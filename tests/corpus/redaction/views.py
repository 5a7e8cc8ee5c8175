"""All readings of some bytes: what whoever gets them could decode out of them. A secret is out if it stands in any."""

from __future__ import annotations

import base64
import binascii
import html
import importlib
import quopri
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

#: A Helm release in a Secret in an event in a JSON string is four deep; one more to see that nothing is beyond.
DEPTH = 5

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_WRAPPED = re.compile(r"(?:[A-Za-z0-9+/]{60,76}\s+)+[A-Za-z0-9+/]+={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def content(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body without its content coding. ValueError, or the coding's own error, when it does not decode."""
    coding = next((value for name, value in headers.items() if name.lower() == "content-encoding"), "identity")
    if coding in ("gzip", "deflate"):
        return zlib.decompress(body, 47)
    if coding in ("br", "zstd"):
        module: Any = importlib.import_module({"br": "brotli", "zstd": "zstandard"}[coding])
        decoded: bytes = module.decompress(body) if coding == "br" else module.ZstdDecompressor().decompressobj().decompress(body)
        return decoded
    if coding != "identity":
        raise ValueError(coding)
    return body


def views(data: bytes, depth: int = DEPTH) -> set[str]:
    """Every text that up to `depth` decodings make of `data`, itself included."""
    seen: set[str] = set()
    todo = [(data, depth)]
    while todo:
        raw, left = todo.pop()
        text = _text(raw)
        if text is None or text in seen:
            continue
        seen.add(text)
        if left:
            todo.extend((inner, left - 1) for inner in _inner(text))
    return seen


def forms(value: str) -> tuple[str, ...]:
    """A value as the usual encodings write it, for a search that needs no decoding."""
    raw = value.encode()
    plain = base64.b64encode(raw).decode().rstrip("=")
    return (value, plain, plain.replace("+", "-").replace("/", "_"), quote(value, safe=""), raw.hex(), raw.hex().upper())


def _text(raw: bytes) -> str | None:
    """Bytes as text, through gzip and zlib; None when they are no text."""
    if raw[:2] in (b"\x1f\x8b", b"\x78\x9c", b"\x78\xda", b"\x78\x01"):
        try:
            raw = zlib.decompress(raw, 47)
        except zlib.error:
            return None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or (raw and raw[1:200:2].count(0) > len(raw[1:200:2]) * 0.8):
        codec = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
        return raw.decode(codec, "replace")
    return raw.decode("utf-8", "replace")


def _inner(text: str) -> Iterator[bytes]:
    """What one more decoding, of the whole or of a piece, makes of a text. Only pieces that decode to something readable."""
    for whole in (_ESCAPE.sub(_unescape, text), html.unescape(text), unquote(text), text.replace('""', '"')):
        if whole != text:
            yield whole.encode("utf-8", "surrogatepass")
    if re.search(r"=\r?\n|=[0-9A-F]{2}", text):
        yield quopri.decodestring(text.encode("utf-8", "replace"))
    for match in _WRAPPED.finditer(text):
        yield from _readable(_decoded(re.sub(r"\s", "", match[0])))
    for match in _BASE64.finditer(text):
        yield from _readable(_decoded(match[0]))
    for match in _HEX.finditer(text):
        yield from _readable(bytes.fromhex(match[0]))


def _unescape(match: re.Match[str]) -> str:
    name = match[1]
    return chr(int(name[1:], 16)) if name[0] == "u" and len(name) > 1 else _SHORT.get(name, name)


def _decoded(text: str) -> bytes:
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        return b""


def _readable(raw: bytes) -> Iterator[bytes]:
    """The bytes if they are packed or mostly printable."""
    packed = raw[:2] in (b"\x1f\x8b", b"\x78\x9c", b"\xff\xfe", b"\xfe\xff")
    if packed or (raw and sum(32 <= c < 127 or c in (0, 9, 10, 13) or c >= 0xC2 for c in raw) >= len(raw) * 0.9):
        yield raw
