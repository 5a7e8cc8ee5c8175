"""The request target: path segments and query pairs, decoded once, or refused.

Accepted: an origin-form target of ASCII, split at ``/``, ``?``, ``&`` and ``=`` first and percent-decoded as UTF-8 after. ``+`` in a query is
a space. Refused, because services, proxies and Warden could read them differently: backslashes, fragments, raw spaces and control characters,
bad escapes, bad UTF-8, dot segments however written, and outside object names also empty segments, bare semicolons and escapes of characters
that need none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

from warden.errors import DecodeError

#: Visible ASCII but for the backslash and the fragment's mark.
_TARGET = re.compile(r"/[!-\"$-\[\]^-~]*")
#: No path of any service but object stores comes near it.
SEGMENTS_LIMIT = 128

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: Escapes of letters, digits, ``-``, ``.`` and ``_``. (``~`` is escaped by old clients.) RFC 3986, 2.3: "should not be created by URI producers".
_NEEDLESS = re.compile(r"%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def split(target: str) -> tuple[str, str]:
    """Raw path and raw query of `target`. Raises DecodeError for what no compliant client sends."""
    if _TARGET.fullmatch(target) is None:
        raise DecodeError("target-form", "The request target holds characters that must be percent-encoded, or is not a path.")
    if "%" in target and _BAD_ESCAPE.search(target):
        raise DecodeError("malformed-escape", "The request target holds a malformed percent escape.")
    path, _, query = target.partition("?")
    return path, query


def segments(path: str, *, key_from: int | None = None, names: Collection[int] = ()) -> tuple[str, ...]:
    """Decoded segments of raw `path`.

    From segment `key_from` on they are an object's name, split at its slashes, which may hold almost anything. Each segment whose place is in
    `names` is one whole object name, whose own slashes are escaped and whose dots are thus no part of the path.
    """
    raw = path[1:].split("/")
    if key_from is None and len(raw) > SEGMENTS_LIMIT:
        raise DecodeError("too-many-segments", f"The path has more than {SEGMENTS_LIMIT} segments.")
    outside = raw if key_from is None else raw[:key_from]
    if names:
        outside = ["-" if at in names else segment for at, segment in enumerate(outside)]
    if ";" in path and any(
        ";" in segment for segment in outside
    ):  # RFC 3986, 3.3: some servers cut parameters off a segment before they route
        raise DecodeError("bare-semicolon", "The path holds a bare semicolon.", "Percent-encode it.")
    if "%" not in path and "." not in path and "" not in raw[:-1]:
        return tuple(raw)
    if "%" in path and any(_NEEDLESS.search(segment) for segment in outside):
        raise DecodeError("needless-escape", "The path escapes letters, digits or dots, which need none.", "Send them as they are.")
    if "" in outside[:-1] and len(raw) > 1:
        raise DecodeError("empty-segment", "The path holds an empty segment.")
    decoded = tuple(text(segment, "path") if "%" in segment else segment for segment in raw)
    for at, segment in enumerate(decoded):
        if segment in {".", ".."} or ("/" in segment and at not in names and not {".", ".."}.isdisjoint(segment.split("/"))):
            raise DecodeError("dot-segment", "The path holds a '.' or '..' segment.", "Send the path that is meant.")
        if "\\" in segment and at not in names and (key_from is None or at < key_from):
            raise DecodeError("backslash", "The path holds a backslash.")
    return decoded


def pairs(query: str, *, controls: bool = False) -> tuple[tuple[str, str], ...]:
    """Decoded pairs of a raw query or form body, in order; a key without ``=`` has the value ``""``. Values may hold `controls` in form bodies."""
    if not query:
        return ()
    found = []
    for part in query.split("&"):
        if not part:
            continue
        key, _, value = part.partition("=")
        found.append((_plain(key), _plain(value, controls=controls)))
    return tuple(found)


def text(escaped: str, where: str, *, controls: bool = False) -> str:
    """`escaped` percent-decoded. Raises DecodeError for bad UTF-8 (overlong forms too), NUL and other control characters."""
    try:
        decoded = unquote_to_bytes(escaped).decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("malformed-utf8", f"The {where} holds bytes that are not UTF-8.") from None
    if "\x00" in decoded or (not controls and _CONTROL.search(decoded)):
        raise DecodeError("control-character", f"The {where} holds a control character.")
    return decoded


def _plain(part: str, *, controls: bool = False) -> str:
    if "+" in part:
        part = part.replace("+", " ")
    return text(part, "query", controls=controls) if "%" in part else part


def bad_escape(text: str) -> bool:
    """Whether `text` holds a ``%`` that two hexadecimal digits do not follow."""
    return _BAD_ESCAPE.search(text) is not None
