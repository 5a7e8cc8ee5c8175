"""Bodies in units: the same result however the bytes arrive, and nothing held back that is not needed."""

from __future__ import annotations

import random
import struct

import pytest

from warden.redact import protobuf
from warden.redact.redactor import BlockedError
from warden.redact.units import LINE, WINDOW, Grpc, Lines, Opaque, Windows


def mark(text: bytes) -> bytes:
    """Shows the units."""
    return b"[" + text + b"]"


def through(unit: Lines | Windows | Grpc, body: bytes, cuts: list[int]) -> bytes:
    made = b""
    position = 0
    for cut in [*cuts, len(body)]:
        made += unit.feed(body[position:cut])
        position = cut
    return made + unit.finish()


KEY = b"-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----\n"
LINES = b"one\ntwo\n\n" + KEY + b"three\n" + b"x" * (LINE + 10) + b"\nlast"


@pytest.mark.parametrize("seed", range(10))
def test_lines_are_cut_by_their_bytes_alone(seed: int) -> None:
    cuts = sorted(random.Random(seed).sample(range(len(LINES)), 12))
    assert through(Lines(mark), LINES, cuts) == through(Lines(mark), LINES, [])


def test_each_line_goes_on_at_once_and_a_key_when_it_is_whole() -> None:
    lines = Lines(mark)
    assert lines.feed(b"one\ntw") == b"[one\n]"
    assert lines.feed(b"o\n-----BEGIN PRIVATE KEY-----\nabc\n") == b"[two\n]"
    assert lines.feed(b"-----END PRIVATE KEY-----\n") == b"[-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n]"
    assert lines.finish() == b""


@pytest.mark.parametrize("separator", [b"\n", b",", b"x"])
@pytest.mark.parametrize("seed", range(3))
def test_windows_are_cut_by_their_bytes_alone(separator: bytes, seed: int) -> None:
    body = (b"y" * 1000 + separator) * 2500
    cuts = sorted(random.Random(seed).sample(range(len(body)), 20))
    made = through(Windows(mark), body, cuts)
    assert made == through(Windows(mark), body, [])
    assert made.replace(b"[", b"").replace(b"]", b"") == body
    assert all(len(unit) <= WINDOW + 2 for unit in made.split(b"]"))


def test_a_window_ends_before_a_key_that_it_would_cut() -> None:
    body = b"line\n" * ((WINDOW - 100) // 5) + KEY * 3 + b"line\n"
    assert sum(unit.count(b"BEGIN") == unit.count(b"END") for unit in through(Windows(mark), body, []).split(b"][")) == 2


def message(*fields: tuple[int, bytes]) -> bytes:
    return b"".join(bytes([number << 3 | 2, len(value)]) + value for number, value in fields)


def framed(text: bytes) -> bytes:
    return struct.pack(">?I", False, len(text)) + text


def test_grpc_messages_are_written_anew_with_their_lengths() -> None:
    inner = message((1, b"the secret is here"), (2, b"\x08\x96\x01"))
    body = framed(message((1, inner), (3, b"fine"))) + framed(b"\x08\x01")
    made = through(Grpc(lambda text: text.replace(b"secret", b"[a longer placeholder]")), body, [3, 9])
    expected = message((1, message((1, b"the [a longer placeholder] is here"), (2, b"\x08\x96\x01"))), (3, b"fine"))
    assert made == framed(expected) + framed(b"\x08\x01")


def test_grpc_that_ends_within_a_message_is_blocked() -> None:
    grpc = Grpc(mark)
    assert grpc.feed(b"\x00\x00\x00\x00\x09abc") == b""
    with pytest.raises(BlockedError):
        grpc.finish()


def test_bytes_that_are_no_message_stay() -> None:
    noise = bytes(random.Random(1).randbytes(500))
    assert protobuf.rewrite(noise, lambda text: text) == noise


def test_binary_with_a_known_secret_in_two_pieces_is_blocked() -> None:
    opaque = Opaque(lambda data: b"secret" in data)
    assert opaque.feed(b"\x00\x01sec") == b"\x00\x01sec"
    with pytest.raises(BlockedError):
        opaque.feed(b"ret")
