"""JSON Web Tokens, whole, and those that were encoded in base64 once more."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

Span = tuple[int, int, str]

#: Where the second part begins: rarer than ``ey``, which is in every ``key``. Lower case.
DOT = (".ey",)
#: ``eyJ`` in base64.
ENCODED = ("zxlk",)
#: The longest header that is looked for, and the longest of the parts behind it, in bytes.
_HEADER, _PART = 2048, 16384

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_REST = re.compile(rb"\.ey[\w-]{15,%d}(?:\.[\w-]{10,%d}={0,2}|\.)(?:\.[\w-]{0,%d}){0,2}" % (_PART, _PART, _PART))
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{60,%d}={0,2}" % _PART)


def tokens(text: bytes, hits: Sequence[int]) -> Iterator[Span]:
    """Tokens whose second part begins at one of `hits`, ascending."""
    done = 0
    for hit in hits:
        if hit < done:
            continue
        before = text[max(done, hit - _HEADER) : hit]
        header = before[len(before.rstrip(_ALPHABET)) :]
        begin = header.find(b"ey") if header[:2] != b"ey" else 0
        if begin < 0 or len(header) - begin < 17 or (begin and header[begin : begin + 3] != b"eyJ"):
            continue
        rest = _REST.match(text, hit)
        if rest is not None:
            done = rest.end()
            yield hit - len(header) + begin, done, "jwt"


def encoded(text: bytes, hits: Sequence[int]) -> Iterator[Span]:
    """Base64 whose content begins as a token does; `hits` are the offsets of `ENCODED`, ascending."""
    done = 0
    for hit in hits:
        if hit < done or not text.startswith(b"ZXlK", hit):
            continue
        value = _BASE64.match(text, hit)
        if value is None:
            continue
        # A failed look is not repeated inside the same value: a token does not begin in the middle of base64.
        done = value.end()
        raw = value[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            token = base64.b64decode(raw[: len(raw) // 4 * 4])
        except binascii.Error:
            continue
        if b".ey" in token[:_HEADER]:
            yield value.start(), value.end(), "jwt-base64"
