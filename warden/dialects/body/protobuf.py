"""A strict reader of protobuf's wire format, for gRPC and Kubernetes, and the few writers that denials need.

A `Schema` names the fields that somebody asks for: ``{"2": ["secret", {"6": ["expireTime", "timestamp"]}]}``, number -> [JSON name, kind, label].
`message` reads bytes with it into the tree that the same message has as JSON, and skips what it does not name. Kinds:

- ``text bytes bool int uint zigzag fixed32 fixed64 sfixed32 sfixed64 float double``: https://protobuf.dev/programming-guides/encoding/
- ``duration timestamp mask`` and ``wrapped KIND``: the well-known types in their JSON form
- ``{"enum": {"1": "NAME"}}``, and a nested schema for a message
- label ``repeated`` or ``map``, whose kind is that of its values

What has two readings is refused: a scalar that is there twice with two values (the last wins, says the specification, and not every server
agrees), a known field of another wire type, a number that does not fit. A message that is there twice is one, merged, as the specification says;
of a oneof all members that are there are found. Fields of unknown number may be anything and are skipped, groups are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.errors import DecodeError

type Schema = Mapping[str, Sequence[Any]]

#: Fields of one message, nested ones not counted. The largest batches of any API have some thousands.
MAX_FIELDS = 100_000

VARINT, I64, LEN, I32 = 0, 1, 2, 5

_WIRE = {
    "text": LEN, "bytes": LEN, "duration": LEN, "timestamp": LEN, "mask": LEN,
    "bool": VARINT, "int": VARINT, "uint": VARINT, "zigzag": VARINT,
    "fixed64": I64, "sfixed64": I64, "double": I64, "fixed32": I32, "sfixed32": I32, "float": I32,
}  # fmt: skip
_FORMATS = {"fixed64": "<Q", "sfixed64": "<q", "double": "<d", "fixed32": "<I", "sfixed32": "<i", "float": "<f"}

_DURATION: Schema = {"1": ["seconds", "int"], "2": ["nanos", "int"]}
_MASK: Schema = {"1": ["paths", "text", "repeated"]}


def fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of every field in order: an int for varints, bytes for everything else. Raises DecodeError
    ``malformed-protobuf``."""
    at, size, count = 0, len(data), 0
    while at < size:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _malformed("a field has no number")
        count += 1
        if count > MAX_FIELDS:
            raise DecodeError("too-many-fields", f"A protobuf message has more than {MAX_FIELDS} fields.", ADVICE)
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == LEN:
            length, at = _varint(data, at)
        elif wire in (I64, I32):
            length = 8 if wire == I64 else 4
        else:
            raise _malformed("it has a group, or a wire type that does not exist")
        if length > size - at:
            raise _malformed("it ends early")
        yield number, wire, data[at : at + length]
        at += length


def message(data: bytes, schema: Schema, depth: int = 0) -> dict[str, Any]:
    """The tree of `data`, with the fields that `schema` names.

    Raises DecodeError ``malformed-protobuf``, ``duplicate-protobuf-field``, ``invalid-utf8``, ``too-deep`` or ``too-many-fields``.
    """
    if depth > MAX_DEPTH:
        raise DecodeError("too-deep", f"The protobuf body nests deeper than {MAX_DEPTH} levels.", ADVICE)
    found: dict[str, Any] = {}
    merged: dict[str, list[bytes]] = {}
    for number, wire, value in fields(data):
        entry = schema.get(str(number))
        if entry is None:
            continue
        name, kind, label = entry[0], entry[1], entry[2] if len(entry) > 2 else ""
        if label == "map":
            key, below = _map_entry(_bytes(value, wire), kind, depth)
            found.setdefault(name, {})[key] = below
        elif label == "repeated":
            found.setdefault(name, []).extend(_repeated(value, wire, kind, depth))
        elif _is_message(kind):
            merged.setdefault(name, []).append(_bytes(value, wire))
        else:
            read = _scalar(value, wire, kind)
            if found.setdefault(name, read) != read:
                raise DecodeError("duplicate-protobuf-field", f"Field {name} is there twice with different values.", "Send it once.")
    for name, parts in merged.items():
        kind = next(entry[1] for entry in schema.values() if entry[0] == name)
        found[name] = _below(b"".join(parts), kind, depth)
    return found


def _is_message(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in ("duration", "timestamp", "mask") or kind.startswith("wrapped ")
    return "enum" not in kind


def _below(data: bytes, kind: Any, depth: int) -> Any:
    """One message: nested, or a well-known type in its JSON form (https://protobuf.dev/programming-guides/json/)."""
    if not isinstance(kind, str):
        return message(data, kind, depth + 1)
    if kind == "mask":
        return ",".join(message(data, _MASK, depth + 1).get("paths", ()))
    if kind.startswith("wrapped "):
        inner = kind.removeprefix("wrapped ")
        default: Any = "" if inner == "text" else False if inner == "bool" else 0
        return message(data, {"1": ["value", inner]}, depth + 1).get("value", default)
    parts = message(data, _DURATION, depth + 1)
    seconds, nanos = parts.get("seconds", 0), parts.get("nanos", 0)
    text = f"{seconds}.{abs(nanos):09}" if nanos else str(seconds)
    return f"{text}s" if kind == "duration" else text


def _repeated(value: Any, wire: int, kind: Any, depth: int) -> Iterator[Any]:
    if _is_message(kind):
        yield _below(_bytes(value, wire), kind, depth)
        return
    expected = VARINT if isinstance(kind, Mapping) else _WIRE[kind]
    if wire != LEN or expected == LEN:
        yield _scalar(value, wire, kind)
        return
    at = 0
    while at < len(value):  # packed
        if expected == VARINT:
            one, at = _varint(value, at)
            yield _scalar(one, VARINT, kind)
        else:
            width = 8 if expected == I64 else 4
            if len(value) - at < width:
                raise _malformed("a packed field ends early")
            yield _scalar(value[at : at + width], expected, kind)
            at += width


def _map_entry(data: bytes, kind: Any, depth: int) -> tuple[str, Any]:
    """Key and value of a map's entry; keys are texts or whole numbers."""
    key = ""
    for number, wire, value in fields(data):
        if number == 1:
            key = _text(value) if wire == LEN else str(value)
    below = message(data, {"2": ["value", kind]}, depth + 1)
    return key, below.get("value", "")


def _scalar(value: Any, wire: int, kind: Any) -> Any:
    if isinstance(kind, Mapping):
        if wire != VARINT:
            raise _malformed("an enumeration is no number")
        number = _signed(value)
        return kind["enum"].get(str(number), str(number))
    if wire != _WIRE[kind]:
        raise _malformed("a field has another type than its API says")
    return _READERS[kind](value)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _fixed(form: str) -> Callable[[Any], Any]:
    def read(value: bytes) -> Any:
        return struct.unpack(form, value)[0]

    return read


def _text(value: Any) -> str:
    try:
        text: str = value.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "A text in the protobuf body is not UTF-8.", ADVICE) from None
    return text


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "bytes": bytes,
    "bool": bool,
    "int": _signed,
    "uint": int,
    "zigzag": lambda value: (value >> 1) ^ -(value & 1),
    **{kind: _fixed(form) for kind, form in _FORMATS.items()},
}


def _bytes(value: Any, wire: int) -> bytes:
    if wire != LEN:
        raise _malformed("a message is no message")
    data: bytes = value
    return data


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The varint at `at`, and the offset behind it: ten bytes at most, 64 bits at most."""
    result = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise _malformed("a number is too long")
    except IndexError:
        raise _malformed("it ends early") from None
    if result >> 64:
        raise _malformed("a number has more than 64 bits")
    return result, at


def _malformed(what: str) -> DecodeError:
    return DecodeError("malformed-protobuf", f"The protobuf body cannot be read: {what}.", ADVICE)


# --- writing ---------------------------------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """`value`, not negative, as a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: int | str | bytes) -> bytes:
    """One field: an int as varint, text and bytes (an encoded message) with their length."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    data = value.encode("utf-8") if isinstance(value, str) else value
    return varint(number << 3 | LEN) + varint(len(data)) + data
