"""A strict reader of CBOR (RFC 8949), for AWS's rpc-v2-cbor protocol and Kubernetes.

`loads` reads what Smithy's serializers send; `kubernetes` what Kubernetes' does: there every string is a byte string.

Ours and not a library's, because the readers at hand keep the last of two equal map keys without a word, and resolve shared references and
string references (tags 28, 29, 25): two readings of one message. Here both are errors, and so are trailing bytes, keys that are not text, and depth.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.errors import DecodeError

_BREAK = object()


def loads(data: bytes, *, _binary: bool = False) -> Any:
    """The value that `data` holds, whole. Raises DecodeError ``malformed-cbor``, ``duplicate-cbor-key`` or ``too-deep``."""
    try:
        value, end = _item(data, 0, 0, _binary)
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError):
        raise _malformed("it ends early, or its text is not UTF-8") from None
    if value is _BREAK or end != len(data):
        raise _malformed("there are bytes after its end")
    return value


#: RFC 8949 section 3.4.6: the tag that marks data as CBOR. Kubernetes' serializer puts it in front.
_SELF_DESCRIBED = b"\xd9\xd9\xf7"
#: RFC 8949 section 3.4.5.2: bytes that stand for the text of their base64; Kubernetes sends ``[]byte`` fields so.
_BASE64 = 22


def kubernetes(data: bytes) -> Any:
    """The value of a Kubernetes CBOR body: byte strings are strings, in keys too, and bytes tagged 22 are their base64. Raises as `loads` does."""
    found = loads(data.removeprefix(_SELF_DESCRIBED), _binary=True)
    return _text(found)


class _Base64(bytes):
    """A byte string under tag 22."""


def _text(value: Any) -> Any:
    if isinstance(value, _Base64):
        return base64.b64encode(value).decode()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")  # the server takes any bytes; no value that counts holds such
    if isinstance(value, list):
        return [_text(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _text(entry) for key, entry in value.items()}
    return value


def _malformed(what: str) -> DecodeError:
    return DecodeError("malformed-cbor", f"The CBOR body cannot be read: {what}.", ADVICE)


def _item(data: bytes, at: int, depth: int, binary: bool) -> tuple[Any, int]:
    """One data item at offset `at`, and the offset behind it."""
    if depth > MAX_DEPTH:
        raise DecodeError("too-deep", f"The CBOR body nests deeper than {MAX_DEPTH} levels.", ADVICE)
    initial = data[at]
    major, info = initial >> 5, initial & 31
    if major == 7:
        return _simple(data, at + 1, info)
    if info == 31:
        return _indefinite(data, at + 1, major, depth, binary)
    argument, at = _argument(data, at + 1, info)
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major in (2, 3):
        if argument > len(data) - at:
            raise IndexError
        raw = data[at : at + argument]
        return (raw if major == 2 else raw.decode("utf-8")), at + argument
    if argument > len(data):
        raise IndexError  # Each entry takes a byte at least: do not loop over a length that cannot be.
    if major == 4:
        items = []
        for _ in range(argument):
            value, at = _item(data, at, depth + 1, binary)
            if value is _BREAK:
                raise _malformed("a break where a value belongs")
            items.append(value)
        return items, at
    if major == 5:
        found: dict[str, Any] = {}
        for _ in range(argument):
            at = _entry(data, at, depth, found, binary)
        return found, at
    if binary and argument == _BASE64:
        tagged, at = _item(data, at, depth + 1, binary)
        if type(tagged) is not bytes:
            raise _malformed("tag 22 on something else than bytes")
        return _Base64(tagged), at
    if binary or argument not in (
        0,
        1,
        2,
        3,
    ):  # Date text, epoch time, big numbers: what Smithy sends (https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html).
        raise _malformed(f"tag {argument} is not a part of this API's CBOR")
    return _item(data, at, depth + 1, binary)


def _argument(data: bytes, at: int, info: int) -> tuple[int, int]:
    if info < 24:
        return info, at
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info)
    if size is None:
        raise _malformed("a length is reserved")
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big"), at + size


def _simple(data: bytes, at: int, info: int) -> tuple[Any, int]:
    if info in (20, 21, 22, 23):
        return {20: False, 21: True, 22: None, 23: None}[info], at
    if info in (25, 26, 27):
        form, size = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}[info]
        return struct.unpack_from(form, data, at)[0], at + size
    if info == 31:
        return _BREAK, at
    raise _malformed("an unassigned simple value")


def _entry(data: bytes, at: int, depth: int, found: dict[str, Any], binary: bool) -> int:
    key, at = _item(data, at, depth + 1, binary)
    if binary and type(key) is bytes:
        key = key.decode("utf-8")
    if not isinstance(key, str):
        raise _malformed("a map key is not text")
    if key in found:
        raise DecodeError("duplicate-cbor-key", f"The CBOR body has the key {key!r} twice in one map.", ADVICE)
    value, at = _item(data, at, depth + 1, binary)
    if value is _BREAK:
        raise _malformed("a break where a value belongs")
    found[key] = value
    return at


def _indefinite(data: bytes, at: int, major: int, depth: int, binary: bool) -> tuple[Any, int]:
    if major == 5:
        found: dict[str, Any] = {}
        while data[at] != 0xFF:
            at = _entry(data, at, depth, found, binary)
        return found, at + 1
    items: list[Any] = []
    while data[at] != 0xFF:
        value, at = _item(data, at, depth + 1, binary)
        items.append(value)
    at += 1
    if major == 4:
        return items, at
    if major == 2 and all(isinstance(item, bytes) for item in items):
        return b"".join(items), at
    if major == 3 and all(isinstance(item, str) for item in items):
        return "".join(items), at
    raise _malformed("chunks of another type")
