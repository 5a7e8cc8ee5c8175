"""Manifests of Secrets that are texts in JSON: the annotation in which kubectl keeps what it last applied, and others that do alike.

The manifest is JSON in a JSON string. Its values have a place in the outer bytes all the same: an escape sequence stands for one character, and
nothing else is moved.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from warden.redact import json_spans

_ESCAPE = re.compile(rb'\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|["\\/bfnrt])')


def values(raw: bytes) -> Iterator[tuple[int, int, str, str, str]]:
    """Start, end, ``data`` or ``stringData``, key, and the Secret's type, of each value in the manifest `raw`, which is the inside of a JSON
    string. The offsets are in `raw`. Raises SpanError when it is no JSON.
    """
    text, inner, outer = _unescaped(raw)
    spans = list(json_spans.texts(text, duplicates=True))
    type_ = next((json_spans.decode(text[start:end]) for path, start, end in spans if path == ("type",)), "")
    for path, start, end in spans:
        if len(path) == 2 and path[0] in ("data", "stringData"):
            first, last = _moved(start, inner, outer), _moved(end, inner, outer)
            yield first, last, str(path[0]), str(path[1]), type_


def _unescaped(raw: bytes) -> tuple[bytes, list[int], list[int]]:
    """The text, and offsets from which on the text and `raw` go along: those in the text, and those in `raw`."""
    made: list[bytes] = []
    inner, outer = [0], [0]
    at = length = 0
    for found in _ESCAPE.finditer(raw):
        plain = raw[at : found.start()]
        value = json_spans.decode(found[0]).encode("utf-8", "surrogatepass")
        made += (plain, value)
        length += len(plain) + len(value)
        at = found.end()
        inner.append(length)
        outer.append(at)
    made.append(raw[at:])
    return b"".join(made), inner, outer


def _moved(offset: int, inner: list[int], outer: list[int]) -> int:
    """Where in the raw text `offset` is. A value starts behind a quote, which is always escaped, and ends before one."""
    which = bisect_right(inner, offset) - 1
    return outer[which] + offset - inner[which]
