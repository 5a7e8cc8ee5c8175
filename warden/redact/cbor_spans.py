"""A strict reader of CBOR (RFC 8949) that says where each text and byte string is, and writes new ones in their place.

What is refused is what :mod:`warden.dialects.body.cbor` refuses in requests: duplicate keys, keys that are no text, nesting, bytes behind the end;
and texts in chunks, since they have no one place. AWS's services send none (https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html).
"""

from __future__ import annotations

from collections.abc import Mapping

from warden.redact.spans import MAX_DEPTH, Path, Span, SpanError, Spans

#: RFC 8949 section 3.4.6: marks data as CBOR, in front.
_SELF_DESCRIBED = b"\xd9\xd9\xf7"


def texts(body: bytes) -> Spans:
    """Every text or byte string that is a value, in order, without its head. Raises SpanError ``malformed-cbor``, ``duplicate-cbor-key`` or
    ``too-deep``."""
    found: list[Span] = []
    start = len(_SELF_DESCRIBED) if body.startswith(_SELF_DESCRIBED) else 0
    if _item(body, start, (), found) != len(body):
        raise _malformed()
    return iter(found)


def replaced(body: bytes, new: Mapping[tuple[int, int], bytes]) -> bytes:
    """`body` with other content at the spans of `new`, each with a head that fits it. The offsets are of `texts`."""
    parts: list[bytes] = []
    at = 0
    for (start, end), content in sorted(new.items()):
        first = start - 1
        for size in (0, 1, 2, 4, 8):
            major, info = body[start - 1 - size] >> 5, body[start - 1 - size] & 31
            stated = info if size == 0 else int.from_bytes(body[start - size : start], "big")
            if major in (2, 3) and stated == end - start and (info < 24 if size == 0 else info == {1: 24, 2: 25, 4: 26, 8: 27}[size]):
                first = start - 1 - size
                break
        parts += (body[at:first], head(body[first] >> 5, len(content)), content)
        at = end
    return b"".join((*parts, body[at:]))


def head(major: int, argument: int) -> bytes:
    """The initial bytes of an item, as short as they can be."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise OverflowError


def _malformed() -> SpanError:
    return SpanError("malformed-cbor", "The CBOR body cannot be read.")


def _head(body: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument (-1: indefinite length), and the offset behind them."""
    if at >= len(body):
        raise _malformed()
    major, info = body[at] >> 5, body[at] & 31
    if info < 24:
        return major, info, at + 1
    if info == 31:
        return major, -1, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info)
    if size is None or at + 1 + size > len(body):
        raise _malformed()
    return major, int.from_bytes(body[at + 1 : at + 1 + size], "big"), at + 1 + size


def _item(body: bytes, at: int, path: Path, found: list[Span]) -> int:
    """The offset behind the item at `at`, whose texts go to `found`."""
    if len(path) > MAX_DEPTH:
        raise SpanError("too-deep", f"The CBOR body nests deeper than {MAX_DEPTH} levels.")
    while True:
        major, argument, at = _head(body, at)
        if major != 6 or argument < 0:
            break
    if major in (2, 3):
        if not 0 <= argument <= len(body) - at:
            raise _malformed()
        found.append((path, at, at + argument))
        return at + argument
    if major == 4:
        count = 0
        while (body[at : at + 1] != b"\xff") if argument < 0 else count < argument:
            at = _item(body, at, (*path, count), found)
            count += 1
        return at + (argument < 0)
    if major == 5:
        keys: set[str] = set()
        while (body[at : at + 1] != b"\xff") if argument < 0 else len(keys) < argument:
            key, at = _key(body, at)
            if key in keys:
                raise SpanError("duplicate-cbor-key", "The CBOR body has a key twice in one map.")
            keys.add(key)
            at = _item(body, at, (*path, key), found)
        return at + (argument < 0)
    if argument < 0 or major == 6:
        raise _malformed()
    return at


def _key(body: bytes, at: int) -> tuple[str, int]:
    major, size, at = _head(body, at)
    if major not in (2, 3) or not 0 <= size <= len(body) - at:
        raise _malformed()
    try:
        return body[at : at + size].decode("utf-8"), at + size
    except UnicodeDecodeError:
        raise _malformed() from None
