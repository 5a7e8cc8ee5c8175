"""Protocol buffers without their schema (https://protobuf.dev/programming-guides/encoding/): strings are looked through, lengths written anew.

A length-delimited field that is text is taken for a string, and one that parses as a message for a message: what is neither stays as it is. A
message whose strings hold no secret is never written anew.
"""

from __future__ import annotations

from collections.abc import Callable

#: How deep messages are looked into.
DEPTH = 32
_CONTROL = bytes(c for c in range(32) if c not in (9, 10, 13))


def rewrite(message: bytes, redact: Callable[[bytes], bytes], depth: int = 0) -> bytes:
    """`message` with each string as `redact` gives it. What is no message is given to `redact` as it is."""
    fields = _fields(message) if depth < DEPTH else None
    if fields is None:
        return redact(message) if _text(message) else message
    parts = []
    for start, content, end in fields:
        value = message[content:end]
        made = value
        if content != start and value:  # length-delimited
            made = redact(value) if _text(value) else rewrite(value, redact, depth + 1)
        if made is value or made == value:
            parts.append(message[start:end])
        else:
            _, after = _varint(message, start)
            parts.append(message[start:after] + _encode(len(made)) + made)
    return b"".join(parts)


def values(message: bytes, number: int) -> list[bytes]:
    """The length-delimited fields of this number. Raises ValueError for what is no message."""
    found: list[bytes] = []

    def keep(value: bytes) -> bytes:
        found.append(value)
        return value

    change(message, number, keep)
    return found


def change(message: bytes, number: int, make: Callable[[bytes], bytes]) -> bytes:
    """`message` with each length-delimited field of this number as `make` gives it. Raises ValueError for what is no message."""
    fields = _fields(message)
    if fields is None:
        raise ValueError("no message of protocol buffers")
    parts = []
    for start, content, end in fields:
        tag, after = _varint(message, start)
        if content == start or tag >> 3 != number:
            parts.append(message[start:end])
            continue
        made = make(message[content:end])
        parts.append(message[start:after] + _encode(len(made)) + made)
    return b"".join(parts)


def _text(value: bytes) -> bool:
    if value.translate(None, _CONTROL) != value:
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fields(message: bytes) -> list[tuple[int, int, int]] | None:
    """Start, content and end of each field (content is start where it is not length-delimited); None when these bytes are no message."""
    found = []
    position = 0
    try:
        while position < len(message):
            start = position
            tag, position = _varint(message, position)
            if tag >> 3 == 0:
                return None
            match tag & 7:
                case 0:
                    _, position = _varint(message, position)
                case 1:
                    position += 8
                case 2:
                    size, position = _varint(message, position)
                    if position + size > len(message):
                        return None
                    found.append((start, position, position + size))
                    position += size
                    continue
                case 3 | 4:
                    pass
                case 5:
                    position += 4
                case _:
                    return None
            if position > len(message):
                return None
            found.append((start, start, position))
    except IndexError:
        return None
    return found


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise IndexError


def _encode(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
