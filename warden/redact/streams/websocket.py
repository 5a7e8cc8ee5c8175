"""The frames of WebSocket (https://www.rfc-editor.org/rfc/rfc6455#section-5.2), read by the letter, without extensions.

Payloads come in the pieces that they arrive in, unmasked; a control frame's is whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from warden.redact.redactor import BlockedError

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
#: RFC 6455 section 5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
CONTROL_BYTES = 125
#: Section 7.4.1: "the purpose for which the connection was established has been fulfilled", and "an endpoint is terminating the connection because
#: it has received a message that violates its policy".
NORMAL, POLICY = 1000, 1008


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a message, or a control frame. `opcode` is the message's, in all its frames; `first` and `last` are of the message too."""

    opcode: int
    payload: bytes
    first: bool
    last: bool


class Frames:
    """Reads one direction. `masked`: the client's, whose every frame is masked; the server's none."""

    def __init__(self, *, masked: bool) -> None:
        self._masked = masked
        self._kept = bytearray()
        #: The message that is under way, and whether something of it has come.
        self._opcode = 0
        self._begun = False
        # Of the data frame that is under way: bytes that are to come, its mask turned to the next of them, whether it is the message's last.
        self._left = 0
        self._inside = False
        self._mask = b""
        self._fin = False
        self._closed = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that have come with `data`. Raises BlockedError for what RFC 6455 does not have."""
        self._kept += data
        while True:
            if self._inside:
                if self._left and not self._kept:
                    return
                payload = bytes(self._kept[: self._left])
                del self._kept[: len(payload)]
                self._left -= len(payload)
                self._inside = self._left > 0
                last = self._fin and not self._inside
                if payload or last or not self._begun:
                    first, self._begun = not self._begun, not last
                    piece = Piece(self._opcode, self._unmasked(payload), first, last)
                    if last:
                        self._opcode = 0
                    yield piece
                continue
            head = self._head()
            if head is None:
                return
            opcode, size, start = head
            if opcode < CLOSE:
                del self._kept[:start]
                self._left, self._inside = size, True
                continue
            if len(self._kept) < start + size:
                return
            payload = bytes(self._kept[start : start + size])
            del self._kept[: start + size]
            mask, self._mask = self._mask, self._control_mask
            payload = self._unmasked(payload)
            self._mask = mask
            self._closed = self._closed or opcode == CLOSE
            yield Piece(opcode, payload, True, True)

    def _head(self) -> tuple[int, int, int] | None:
        """Opcode, size and start of the frame that begins, when its head is there."""
        kept = self._kept
        if len(kept) < 2:
            return None
        if self._closed:
            _refuse("goes on behind its closing frame")
        first, second = kept[0], kept[1]
        fin, opcode, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70:
            _refuse("uses an extension that was not agreed on")
        if bool(second & 0x80) is not self._masked:
            _refuse("is masked where it must not be, or not where it must")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            _refuse("is of a kind that does not exist")
        if opcode >= CLOSE and (size > CONTROL_BYTES or not fin):
            _refuse("is a control frame and larger than one may be")
        start = 2
        if size > CONTROL_BYTES:
            width = 2 if size == 126 else 8
            if len(kept) < 2 + width:
                return None
            size = int.from_bytes(kept[2 : 2 + width])
            start += width
            if size < (126 if width == 2 else 1 << 16) or size >> 63:
                _refuse("states its length in more bytes than it needs")
        if self._masked:
            if len(kept) < start + 4:
                return None
            mask = bytes(kept[start : start + 4])
            start += 4
        else:
            mask = b""
        if opcode >= CLOSE:
            self._control_mask = mask
            return opcode, size, start
        if (opcode == CONTINUATION) is not (self._opcode != 0):
            _refuse("begins a message within a message, or continues none")
        self._opcode = opcode or self._opcode
        self._mask, self._fin = mask, fin
        return opcode, size, start

    _control_mask = b""

    def _unmasked(self, payload: bytes) -> bytes:
        if not self._mask or not payload:
            return payload
        made = masked(payload, self._mask)
        turn = len(payload) % 4
        self._mask = self._mask[turn:] + self._mask[:turn]
        return made


def masked(payload: bytes, mask: bytes) -> bytes:
    """Section 5.3: each byte with one of the mask's four. Twice is none."""
    size = len(payload)
    stream = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(size)


def frame(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """A whole message, or a control frame, in one frame."""
    size = len(payload)
    bit = 0x80 if mask else 0
    if size <= CONTROL_BYTES:
        head = bytes([0x80 | opcode, bit | size])
    elif size < 1 << 16:
        head = struct.pack(">BBH", 0x80 | opcode, bit | 126, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, bit | 127, size)
    return head + mask + (masked(payload, mask) if mask else payload)


def closing(reason: str, code: int = POLICY) -> bytes:
    """The frame with which a server ends a connection."""
    text = reason.encode()[: CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return frame(CLOSE, struct.pack(">H", code) + text)


def _refuse(what: str) -> NoReturn:
    raise BlockedError(f"one of its WebSocket frames {what}")
