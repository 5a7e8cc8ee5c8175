"""A strict reader of JSON: UTF-8, each key once in an object, no NaN, a depth that APIs have."""

from __future__ import annotations

import json
import re
from typing import Any

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.errors import DecodeError

#: Brackets, and strings, which may hold some. Never tried twice at one place, or an endless string would take the square of its length.
_MARKS = re.compile(r'"(?>[^"\\]+|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DecodeError("duplicate-json-key", f"The JSON body has the key {twice!r} twice in one object.", "Send each key once.")
    return found


def _no_constant(name: str) -> Any:
    raise DecodeError("malformed-json", f"The JSON body holds {name}, which JSON does not have.", ADVICE)


def loads(body: bytes) -> Any:
    """The value of `body`; an empty body is an empty object.

    Raises DecodeError ``malformed-json``, ``duplicate-json-key``, ``invalid-utf8`` or ``too-deep``.
    """
    if not body:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The JSON body is not UTF-8.", ADVICE) from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise DecodeError("too-deep", f"The JSON body nests deeper than {MAX_DEPTH} levels.", ADVICE)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise DecodeError("malformed-json", "The body is not JSON.", ADVICE) from None


def _depth(text: str) -> int:
    """How deep brackets nest outside strings."""
    deepest = depth = 0
    for found in _MARKS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest
