"""The frames of WebSocket: the same pieces' contents however they arrive, and nothing that RFC 6455 does not have."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.redact.streams.conftest import cut
from warden.redact.redactor import BlockedError
from warden.redact.streams.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frames, closing, frame, masked


def raw(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"") -> bytes:
    """A frame that may be a fragment."""
    made = bytearray(frame(opcode, payload, mask))
    if not fin:
        made[0] &= 0x7F
    return bytes(made)


def read(pieces: list[bytes], *, client: bool = False) -> list[tuple[int, bytes]]:
    """Whole messages and control frames, in the order of their ends."""
    frames = Frames(masked=client)
    found: list[tuple[int, bytes]] = []
    message = b""
    for data in pieces:
        for piece in frames.feed(data):
            if piece.opcode >= CLOSE:
                found.append((piece.opcode, piece.payload))
                continue
            assert piece.first is (message == b"") or not piece.payload or piece.first is False
            message = piece.payload if piece.first else message + piece.payload
            if piece.last:
                found.append((piece.opcode, message))
                message = b""
    return found


payloads = st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"x" * 125, b"x" * 126, b"x" * 65535, b"y" * 65536]))


@settings(max_examples=80, deadline=None)
@given(st.data(), st.booleans())
def test_every_chunking_gives_the_same_messages(data: st.DataObject, client: bool) -> None:
    expected: list[tuple[int, bytes]] = []
    stream = b""

    def mask() -> bytes:
        return os.urandom(4) if client else b""

    for opcode in data.draw(st.lists(st.sampled_from([TEXT, BINARY, PING, PONG]), max_size=6)):
        if opcode >= CLOSE:
            payload = data.draw(st.binary(max_size=125))
            stream += raw(opcode, payload, mask=mask())
            expected.append((opcode, payload))
            continue
        parts = data.draw(st.lists(payloads, min_size=1, max_size=4))
        for number, part in enumerate(parts):
            stream += raw(CONTINUATION if number else opcode, part, fin=number == len(parts) - 1, mask=mask())
            if number < len(parts) - 1 and data.draw(st.booleans()):
                stream += raw(PING, b"between", mask=mask())
                expected.append((PING, b"between"))
        expected.append((opcode, b"".join(parts)))
    cuts = data.draw(st.lists(st.integers(0, max(len(stream), 1)), max_size=30))
    assert read(cut(stream, cuts), client=client) == expected


def test_byte_by_byte() -> None:
    stream = raw(TEXT, b"one", fin=False) + raw(PING, b"") + raw(CONTINUATION, b"", fin=False) + raw(CONTINUATION, b"two") + closing("bye")
    assert read([stream[at : at + 1] for at in range(len(stream))]) == [(PING, b""), (TEXT, b"onetwo"), (CLOSE, b"\x03\xf0bye")]


def test_masks() -> None:
    assert masked(b"Hello", b"\x37\xfa\x21\x3d") == b"\x7f\x9f\x4d\x51\x58"  # RFC 6455 section 5.7
    assert masked(b"", b"abcd") == b""


@pytest.mark.parametrize(
    ("stream", "word"),
    [
        (b"\xc1\x01x", "extension"),
        (b"\x83\x00", "kind"),
        (b"\x8b\x00", "kind"),
        (b"\x89\x7e\x00\x80" + bytes(128), "control"),
        (b"\x09\x00", "control"),
        (b"\x81\x7e\x00\x05hello", "length"),
        (b"\x81\x7f" + (5).to_bytes(8) + b"hello", "length"),
        (b"\x81\x7f" + (1 << 63).to_bytes(8), "length"),
        (b"\x80\x01x", "message"),
        (b"\x01\x01x\x81\x01y", "message"),
        (frame(TEXT, b"x", b"abcd"), "masked"),
        (closing("end") + frame(TEXT, b"x"), "closing"),
    ],
)
def test_what_is_refused(stream: bytes, word: str) -> None:
    with pytest.raises(BlockedError, match=word):
        read([stream])


def test_clients_must_mask() -> None:
    with pytest.raises(BlockedError, match="masked"):
        read([frame(TEXT, b"x")], client=True)


def test_a_reason_is_cut_to_what_fits() -> None:
    made = closing("é" * 100)
    assert len(made) <= 2 + 125
    assert made[4:].decode()
