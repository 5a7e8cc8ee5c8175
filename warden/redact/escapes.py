"""Text inside text: what a JSON string, an XML text or a URL says, and where in the escaped form each byte of it is.

A secret is looked for in what is said and replaced in what is written, so that everything else stays as it was written, byte for byte.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape as html_unescape
from urllib.parse import quote

_JSON_ESCAPE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
_JSON_SIMPLE = {ord("n"): b"\n", ord("t"): b"\t", ord("r"): b"\r", ord("b"): b"\b", ord("f"): b"\f"}
_XML_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);")
_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Plain:
    """What an escaped text says. `written` maps an offset in `text` to the offset in the escaped form."""

    text: bytes
    _said: list[int] = field(repr=False)
    _written: list[int] = field(repr=False)

    def written(self, offset: int) -> int:
        """Where byte `offset` of `text` is written; for its length, where the escaped form ends."""
        at = bisect_right(self._said, offset) - 1
        return self._written[at] + offset - self._said[at]


@dataclass(frozen=True, slots=True)
class Escaping:
    """One way to write text inside text: both directions."""

    name: str
    pattern: re.Pattern[bytes]
    one: Callable[[bytes], bytes]
    write: Callable[[bytes], bytes]

    def read(self, raw: bytes) -> Plain:
        """What `raw` says."""
        parts: list[bytes] = []
        said, written = [0], [0]
        length = position = 0
        for match in self.pattern.finditer(raw):
            start, end = match.span()
            parts.append(raw[position:start])
            length += start - position
            said.append(length)
            written.append(start)
            made = self.one(match[0])
            parts.append(made)
            length += len(made)
            said.append(length)
            written.append(end)
            position = end
        parts.append(raw[position:])
        return Plain(b"".join(parts), said, written)


def _json_one(escape: bytes) -> bytes:
    if escape[1] == 0x75 and len(escape) >= 6:
        text: str = json.loads(b'"' + escape + b'"')
        return text.encode("utf-8", "surrogatepass")
    return _JSON_SIMPLE.get(escape[1], escape[1:])


JSON = Escaping("json", _JSON_ESCAPE, _json_one, lambda text: json.dumps(text.decode("utf-8", "surrogateescape"))[1:-1].encode())
XML = Escaping(
    "xml",
    _XML_ENTITY,
    lambda entity: html_unescape(entity.decode()).encode("utf-8", "surrogatepass"),
    lambda text: text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;").replace(b'"', b"&quot;"),
)
URL = Escaping(
    "url",
    _PERCENT,
    lambda one: bytes.fromhex(one[1:].decode()),
    lambda text: quote(text, safe="").encode(),
)
RAW = Escaping("raw", re.compile(rb"(?!)"), lambda same: same, lambda text: text)
BY_NAME = {escaping.name: escaping for escaping in (JSON, XML, URL, RAW)}

_LITERAL_END = re.compile(rb'(?:[^"\\\n]|\\.)*"')
_XML_TEXT = re.compile(rb">([^<>]*&(?:#|amp|lt|gt|quot|apos)[^<>]*)<")
_ATTRIBUTE_VALUE = re.compile(rb'="([^"<>]*&(?:#|amp|lt|gt|quot|apos)[^"<>]*)"')
_ATTRIBUTE_SINGLE = re.compile(rb"='([^'<>]*&(?:#|amp|lt|gt|quot|apos)[^'<>]*)'")


def containers(text: bytes) -> list[tuple[int, int, Escaping]]:
    """The places of `text` that hold escaped text: the string literals with a backslash, the XML texts with an entity, the words with ``%XX``; left
    to right, none overlapping.
    """
    found: list[tuple[int, int, Escaping]] = []
    at = text.find(b"\\")
    done = 0
    while at >= 0:
        opening = text.rfind(b'"', done, at)
        match = _LITERAL_END.match(text, opening + 1) if opening >= 0 and b"\n" not in text[opening:at] else None
        if match is None:
            # No literal, or one that is not closed on its line: then nothing else on the line is inside one.
            line = text.find(b"\n", at) if opening >= 0 else at + 1
            at = text.find(b"\\", line + 1) if line >= 0 else -1
            continue
        found.append((opening + 1, match.end() - 1, JSON))
        done = match.end()
        at = text.find(b"\\", done)
    if b"&" in text and b"<" in text:
        found += [(*match.span(1), XML) for pattern in (_XML_TEXT, _ATTRIBUTE_VALUE, _ATTRIBUTE_SINGLE) for match in pattern.finditer(text)]
    if b"%" in text:
        found += [(start, end, URL) for start, end in _runs(text)]
    found.sort(key=lambda one: one[:2])
    kept: list[tuple[int, int, Escaping]] = []
    for one in found:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


_STOP = re.compile(rb"[\s\"'<>\\]")
#: Bytes on either side of a ``%XX`` that its word is looked for in.
_RUN = 16_384


def _runs(text: bytes) -> list[tuple[int, int]]:
    """The words with a ``%XX``, found from the escape outwards: a search from the left would be quadratic."""
    found = []
    position = 0
    while (match := _PERCENT.search(text, position)) is not None:
        start = match.start()
        lowest = max(position, start - _RUN)
        while start > lowest and text[start - 1] not in b" \t\r\n\"'<>\\":
            start -= 1
        stop = _STOP.search(text, match.end(), match.end() + _RUN)
        end = stop.start() if stop else min(len(text), match.end() + _RUN)
        found.append((start, end))
        position = end
    return found
