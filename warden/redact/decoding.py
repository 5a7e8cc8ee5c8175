"""Encoded text inside text: runs of base64 and hexadecimal digits whose content can be read, and gzip below base64.

Nearly every long word of API traffic is an identifier. Whether one is encoded text is told by its first bytes: eighteen random bytes are all
printable once in a hundred million.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

#: Letters and digits in a row from which a word is looked at: 15 bytes of text.
SHORTEST = 20
#: Bytes that one gzip member may grow to.
INFLATED = 4 << 20

_ALNUM = bytes(0x61 if chr(c).isalnum() and c < 128 else 0x20 for c in range(256))
_NEEDLE = b"a" * SHORTEST
_ALPHABETS = (re.compile(rb"[A-Za-z0-9+/]+={0,2}"), re.compile(rb"[A-Za-z0-9_-]+={0,2}"))
#: The digits of both alphabets.
DIGITS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
#: How encoded text begins: the first of four base64 digits has the upper six bits of a byte below 0x80, the first of two hexadecimal ones its upper
#: four. Nearly every identifier ends here.
_TEXTUAL = re.compile(rb"(?:[CDI-Za-f][A-Za-z0-9+/_-]{3}){5}|H4sI|(?:[2-7][0-9a-fA-F]|0[9aAdD]){10}")
#: Bytes that are looked back over, and of a run that is decoded more than once.
_GLUED = 4096
_GLUE = frozenset(b"+/-_")
_HEX = re.compile(rb"(?:[0-9a-f]{2}){12,}|(?:[0-9A-F]{2}){12,}")
_PRINTABLE = bytes(range(32, 127)) + b"\t\n\r"
_GZIP = b"\x1f\x8b\x08"
#: Bytes at the start of what was decoded that must be text.
_HEAD = 18


@dataclass(frozen=True, slots=True)
class Run:
    """An encoded word at ``[start:end]`` and what it says. `encode` writes another content the same way.

    Where it was in lines, `width` is their length and `gap` what is between them.
    """

    start: int
    end: int
    text: bytes
    form: str
    width: int = 0
    gap: bytes = b""

    def encode(self, text: bytes) -> bytes:
        """`text` as this word's form has it."""
        match self.form.partition("+")[0]:
            case "hex":
                return text.hex().encode()
            case "HEX":
                return text.hex().upper().encode()
            case form:
                if self.form.endswith("+gzip"):
                    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
                    text = deflate.compress(text) + deflate.flush()
                made = base64.b64encode(text, b"-_" if "url" in form else b"+/")
                made = made if "padded" in form else made.rstrip(b"=")
                return self.gap.join(made[at : at + self.width] for at in range(0, len(made), self.width)) if self.width else made


def runs(text: bytes) -> Iterator[Run]:
    """The words of `text` that are readable text, encoded. Raises OverflowError when a gzip member grows beyond `INFLATED`."""
    classes = text.translate(_ALNUM)
    at = classes.find(_NEEDLE)
    floor = 0
    while at >= 0:
        end = classes.find(b" ", at)
        end = len(text) if end < 0 else end
        begins = _TEXTUAL.match(text, at) is not None or (at > 0 and text[at - 1] in _GLUE)
        if begins and (found := word(text, at, end, floor)) is not None:
            if found.form:
                yield found
            end = max(end, found.end)
        floor = end
        at = classes.find(_NEEDLE, end)


_WRAPPED = re.compile(rb"(?<![A-Za-z0-9+/-])(?:[A-Za-z0-9+/]{60,120}(?:\r?\n[ \t]{0,40})){1,20000}[A-Za-z0-9+/]{1,120}={0,2}")
#: Base64's digits as ``a``, and the shortest line that is wrapped.
_CLASSES = bytes(0x61 if (chr(c).isalnum() and c < 128) or chr(c) in "+/" else 0x20 for c in range(256))
_LINE = b"a" * 60
_BREAK = re.compile(rb"\r?\n[ \t]*")


def wrapped(text: bytes) -> Iterator[Run]:
    """Base64 over several lines, as MIME and YAML's blocks have it."""
    if b"\n" not in text or text.translate(_CLASSES).find(_LINE) < 0:
        return
    for match in _WRAPPED.finditer(text):
        lines = _BREAK.split(match[0])
        if len({len(line) for line in lines[:-1]}) != 1 or len(lines[-1]) > len(lines[0]):
            continue
        if (found := _decoded(b"".join(lines))) is not None:
            said, form = found
            gap = _BREAK.search(match[0])
            assert gap is not None
            yield Run(match.start(), match.end(), said, form, len(lines[0]), gap[0])


def word(text: bytes, at: int, end: int, floor: int = 0) -> Run | None:
    """The encoded word around ``text[at:end]`` (letters and digits), which begins at `floor` at the earliest; None when it says nothing readable.

    One without a form says nothing either, and is so long that nothing in it is to be looked at again: else the time would be its square.
    """
    start = at
    if at and text[at - 1] in _GLUE:
        lowest = max(floor, at - _GLUED)
        while start > lowest and text[start - 1] in DIGITS:
            start -= 1
    if _TEXTUAL.match(text, at) is None and (start == at or _TEXTUAL.match(text, start) is None):
        return None
    if match := _HEX.fullmatch(text, at, end):
        said = bytes.fromhex(match[0].decode())
        return Run(at, end, said, "hex" if match[0].lower() == match[0] else "HEX") if _readable(said) else None
    # What is glued to the word by a slash, dash or underscore is part of it when it decodes together, and a path or name when it does not.
    for first in (start, at) if start != at else (at,):
        if not _promising(text[first : first + 24]):
            continue
        for alphabet in _ALPHABETS:
            match = alphabet.match(text, first)
            if match is None or match.end() < end:
                continue
            if (found := _decoded(match[0])) is not None:
                said, form = found
                return Run(first, match.end(), said, form)
            if match.end() - first > _GLUED:
                return Run(first, match.end(), b"", "")
    return None


def _promising(head: bytes) -> bool:
    """Whether a word that begins so may be text: the first test of `_decoded`, on which nearly every word ends."""
    try:
        said = binascii.a2b_base64(head.translate(_URL_SAFE)[: len(head) // 4 * 4])
    except binascii.Error:
        return False
    strange = said.translate(None, _PRINTABLE)
    return not strange or said.startswith(_GZIP) or (len(strange) * 4 <= len(said) and min(strange) >= 32)


def _decoded(raw: bytes) -> tuple[bytes, str] | None:
    digits = raw.rstrip(b"=")
    if len(digits) % 4 == 1:
        return None
    form = "base64url" if b"-" in digits or b"_" in digits else "base64"
    alphabet = digits.translate(_URL_SAFE) if form == "base64url" else digits
    try:
        head = binascii.a2b_base64(alphabet[:24])
        if not _readable(head[:_HEAD]) and not head.startswith(_GZIP):
            return None
        said = binascii.a2b_base64(alphabet + b"=" * (-len(alphabet) % 4))
    except binascii.Error:
        return None
    if len(digits) % 4 == 0 or raw.endswith(b"="):
        form += "-padded"
    if said.startswith(_GZIP):
        inflated = inflate(said)
        return None if inflated is None else (inflated, form + "+gzip")
    return (said, form) if _readable(said) else None


_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def inflate(body: bytes) -> bytes | None:
    """A whole gzip member's text; None when it is damaged. Raises OverflowError beyond `INFLATED`."""
    stream = zlib.decompressobj(wbits=31)
    try:
        said = stream.decompress(body, INFLATED)
    except zlib.error:
        return None
    if stream.unconsumed_tail:
        raise OverflowError("a compressed value is too large to be looked through")
    return said if stream.eof else None


def _readable(said: bytes) -> bool:
    """Whether these bytes are text: ASCII that prints, or mostly, with UTF-8 for the rest."""
    strange = said.translate(None, _PRINTABLE)
    if not strange:
        return bool(said)
    if len(strange) * 4 > len(said) or min(strange) < 32:
        return False
    try:
        said.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(said) - 3 and error.reason == "unexpected end of data"
    return True
