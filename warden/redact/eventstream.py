"""AWS's event streams (``application/vnd.amazon.eventstream``): Bedrock's and Lambda's answers in pieces, CloudWatch's live tail.

https://smithy.io/2.0/aws/amazon-eventstream.html: a message is its length and that of its headers (4 bytes each) and the CRC-32 of these; headers;
a payload; the CRC-32 of all before it. A header is a name behind its length in one byte, a type, a value; strings and bytes stand behind their
length in two.

A message goes on when it is whole. Payloads and strings that are text are looked through; where one changes, lengths and sums are made anew.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from warden.redact.redactor import BlockedError
from warden.redact.units import Redact

#: Bytes of a message, as AWS bounds it (16 MiB of payload, 128 KiB of headers), and of its parts that are always there.
MESSAGE, LEAST = (16 << 20) + (128 << 10) + 16, 16
#: Bytes of payloads before one in which a known secret may have begun.
_BEFORE = 4096
#: Bytes of a header's value, by its type; 6 and 7 are bytes and strings.
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES, _STRING = 6, 7


class EventStream:
    """A body of them. `redact` gives what stands for a text, `known` says whether a known secret is in some bytes."""

    def __init__(self, redact: Redact, known: Callable[[bytes], bool]) -> None:
        self._redact = redact
        self._known = known
        self._kept = bytearray()
        self._before = b""

    def feed(self, data: bytes) -> bytes:
        """What can be sent now that `data` has come. Raises BlockedError."""
        self._kept += data
        parts = []
        while len(self._kept) >= 12:
            size, headers, crc = struct.unpack_from(">III", self._kept)
            if crc != zlib.crc32(self._kept[:8]) or not LEAST <= size <= MESSAGE or headers > size - LEAST:
                raise BlockedError("one of its events cannot be read")
            if len(self._kept) < size:
                break
            parts.append(self._message(bytes(self._kept[:size]), headers))
            del self._kept[:size]
        return b"".join(parts)

    def finish(self) -> bytes:
        """The rest, which is no message."""
        if self._kept:
            raise BlockedError("it ends in the middle of an event")
        return b""

    def _message(self, message: bytes, size: int) -> bytes:
        if zlib.crc32(message[:-4]) != int.from_bytes(message[-4:]):
            raise BlockedError("one of its events is damaged")
        headers, payload = message[12 : 12 + size], message[12 + size : -4]
        if self._known(self._before + payload) and not self._known(payload):
            raise BlockedError("it has a secret that was seen before, a part of it in one event and a part in another")
        made_headers, made = self._headers(headers), self._text(payload)
        self._before = (b"" if made != payload else self._before + payload)[-_BEFORE:]
        if made_headers == headers and made == payload:
            return message
        prelude = struct.pack(">II", len(made_headers) + len(made) + LEAST, len(made_headers))
        whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + made_headers + made
        return whole + struct.pack(">I", zlib.crc32(whole))

    def _headers(self, headers: bytes) -> bytes:
        parts, at = [], 0
        try:
            while at < len(headers):
                start = at
                at += 1 + headers[at]
                kind = headers[at]
                at += 1
                if kind in (_BYTES, _STRING):
                    size = int.from_bytes(headers[at : at + 2])
                    value = headers[at + 2 : at + 2 + size]
                    if len(value) < size:
                        raise IndexError
                    made = self._text(value)
                    if len(made) >> 16:
                        raise BlockedError("a header of one of its events grows too large")
                    parts.append(headers[start:at] + struct.pack(">H", len(made)) + made)
                    at += 2 + size
                else:
                    at += _SIZES[kind]
                    parts.append(headers[start:at])
        except (IndexError, KeyError):
            raise BlockedError("the headers of one of its events cannot be read") from None
        if at != len(headers):
            raise BlockedError("the headers of one of its events cannot be read")
        return b"".join(parts)

    def _text(self, value: bytes) -> bytes:
        try:
            value.decode()
        except UnicodeDecodeError:
            if self._known(value):
                raise BlockedError("one of its events is no text and holds a secret that was seen before") from None
            return value
        return self._redact(value) if value else value
