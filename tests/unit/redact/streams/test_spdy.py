"""SPDY/3.1: frames re-made where something is replaced, alone and inside WebSocket."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.unit.redact.streams.conftest import HOST, cut, fed, random_secret
from tests.unit.redact.streams.test_websocket import read
from warden.errors import CredentialError
from warden.redact.redactor import BlockedError
from warden.redact.streams.dictionary import SPDY3
from warden.redact.streams.forward import Forward
from warden.redact.streams.look import Sight
from warden.redact.streams.outward import Outward
from warden.redact.streams.spdy import FIN, GOAWAY, HEADERS, PING, RST_STREAM, SYN_REPLY, SYN_STREAM, WINDOW_UPDATE, Frames, Spdy, data
from warden.redact.streams.tunnel import Tunnel
from warden.redact.streams.websocket import BINARY, TEXT, frame
from warden.redact.vault import Binding, Vault

KNOWN, NEW = random_secret(21), random_secret(22)
STREAMS = {1: b"error", 3: b"stdin", 5: b"stdout", 7: b"stderr"}


@dataclass
class Peer:
    """Writes one direction as spdystream does."""

    deflate: object = field(default_factory=lambda: zlib.compressobj(zdict=SPDY3))

    def headers(self, *pairs: tuple[bytes, bytes]) -> bytes:
        said = struct.pack(">I", len(pairs)) + b"".join(struct.pack(">I", len(part)) + part for pair in pairs for part in pair)
        return self.deflate.compress(said) + self.deflate.flush(zlib.Z_SYNC_FLUSH)  # type: ignore[attr-defined, no-any-return]

    def control(self, kind: int, payload: bytes, flags: int = 0) -> bytes:
        return struct.pack(">HHI", 0x8003, kind, flags << 24 | len(payload)) + payload

    def open(self, stream: int, kind: bytes) -> bytes:
        return self.control(SYN_STREAM, struct.pack(">IIH", stream, 0, 0) + self.headers((b"streamtype", kind), (b"port", b"80")))

    def reply(self, stream: int, *pairs: tuple[bytes, bytes]) -> bytes:
        return self.control(SYN_REPLY, struct.pack(">I", stream) + self.headers(*pairs))


def no_forward() -> Forward:
    raise AssertionError


@pytest.fixture
def spdy(sight: Sight, outward: Outward) -> Spdy:
    """With the four streams of an exec open."""
    made = Spdy(sight, outward, forwards=no_forward)
    peer = Peer()
    opened = b"".join(peer.open(stream, kind) for stream, kind in STREAMS.items())
    assert made.from_client(opened) == opened
    return made


def said(stream: bytes) -> tuple[dict[int, bytes], list[int], set[int]]:
    """What each stream says, the kinds of the control frames, and the streams that have ended."""
    found: dict[int, bytes] = {}
    kinds, ended = [], set()
    for one in Frames().feed(stream):
        if one.kind:
            kinds.append(one.kind)
            continue
        assert one.stream not in ended
        found[one.stream] = found.get(one.stream, b"") + one.payload
        if one.fin:
            ended.add(one.stream)
    return found, kinds, ended


@pytest.mark.parametrize("tunnelled", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_the_same_for_every_framing(seed: int, tunnelled: bool, spdy: Spdy, sight: Sight, outward: Outward) -> None:
    drawn = random.Random(seed)
    known = sight.redactor.vault.admit(KNOWN).placeholder
    peer = Peer()
    left = {5: b"$ env\nDB_PASSWORD=" + NEW + b"\nagain " + KNOWN + b"\n$ ", 7: b"warning\n"}
    stream = b"".join(peer.reply(number) for number in STREAMS)
    while left[5] or left[7]:
        number = drawn.choice([one for one in left if left[one]])
        size = drawn.choice([0, 1, 7, 40])
        part, left[number] = left[number][:size], left[number][size:]
        stream += data(number, part, fin=not left[number]) + peer.control(PING, b"\0\0\0\1")
    stream += data(1, b"{}", fin=True) + peer.control(GOAWAY, bytes(8))
    switch: Spdy | Tunnel = spdy
    if tunnelled:
        switch = Tunnel(sight, outward, spdy)
        stream = b"".join(frame(BINARY, piece) for piece in cut(stream, [drawn.randint(0, len(stream)) for _ in range(9)]))
    made = b""
    for piece in cut(stream, [drawn.randint(0, len(stream)) for _ in range(20)]):
        made += switch.from_server(piece)
        if drawn.random() < 0.5:
            made += switch.flush()
    made += switch.finish()
    if tunnelled:
        made = b"".join(payload for opcode, payload in read([made]) if opcode == BINARY)
    found, kinds, ended = said(made)
    assert found[7] == b"warning\n"
    assert found[1] == b"{}"
    assert found[5].startswith(b"$ env\nDB_PASSWORD=")
    assert known in found[5]
    assert not any(one in found[5] for one in (KNOWN[4:], NEW[2:]))
    assert kinds[:4] == [SYN_REPLY] * 4
    assert kinds[-1] == GOAWAY
    assert ended == {1, 5, 7}


def test_a_zero_length_end_comes_behind_what_waited(spdy: Spdy) -> None:
    made = spdy.from_server(data(5, b"out")) + spdy.from_server(data(5, b"", fin=True))
    assert made == data(5, b"out", fin=True)


def test_a_reset_lets_go_what_waited(spdy: Spdy) -> None:
    reset = Peer().control(RST_STREAM, struct.pack(">II", 5, 5))
    assert spdy.from_server(data(5, b"out") + reset) == data(5, b"out") + reset


def test_windows_pass(spdy: Spdy) -> None:
    update = Peer().control(WINDOW_UPDATE, struct.pack(">II", 5, 1000))
    assert spdy.from_server(update) == update


@pytest.mark.parametrize(
    "make",
    [
        lambda peer: peer.open(2, b"stdout"),
        lambda peer: data(9, b"x"),
        lambda peer: peer.control(0, b""),
        lambda peer: peer.control(10, b""),
        lambda peer: struct.pack(">HHI", 0x8002, PING, 4) + bytes(4),
        lambda peer: struct.pack(">II", 5, 0x02 << 24 | 1) + b"x",
        lambda peer: peer.control(SYN_REPLY, struct.pack(">I", 5) + b"no deflate"),
        lambda peer: peer.control(SYN_REPLY, b"\0"),
        lambda peer: peer.control(HEADERS, struct.pack(">I", 5) + peer.headers((b"password", NEW))),
        lambda peer: struct.pack(">HHI", 0x8003, PING, 0xFFFFFF),
    ],
)  # fmt: skip
def test_what_ends_the_connection(spdy: Spdy, make: Callable[[Peer], bytes]) -> None:
    with pytest.raises(BlockedError):
        spdy.from_server(make(Peer()))


def test_nothing_comes_behind_an_end(spdy: Spdy) -> None:
    with pytest.raises(BlockedError):
        spdy.from_server(data(5, b"x", fin=True) + data(5, b"y"))
    assert spdy.farewell(b"status", "why").startswith(data(5, b"x", fin=True))  # what was sent before


def test_a_secret_on_two_streams(spdy: Spdy, vault: Vault) -> None:
    vault.admit(KNOWN)
    with pytest.raises(BlockedError, match="one stream"):
        spdy.from_server(data(5, KNOWN[:9]) + data(7, KNOWN[9:]))


def test_the_reason_is_on_the_error_stream(spdy: Spdy, sight: Sight, outward: Outward) -> None:
    words = data(5, b"", fin=True) + data(7, b"", fin=True) + data(1, b"status", fin=True)
    assert spdy.farewell(b"status", "why") == words
    made = read([Tunnel(sight, outward, spdy).farewell(b"status", "why")])
    assert made == [(BINARY, words)]


def test_a_tunnel_is_binary(spdy: Spdy, sight: Sight, outward: Outward) -> None:
    with pytest.raises(BlockedError):
        Tunnel(sight, outward, spdy).from_server(frame(TEXT, data(5, b"x")))


class TestClient:
    def test_input_passes_as_it_is(self, spdy: Spdy) -> None:
        stream = data(3, b"ls\n") + data(3, b"", fin=True) + Peer().control(PING, b"\0\0\0\1")
        assert b"".join(spdy.from_client(piece) for piece in cut(stream, [1, 3, 8, 10, 12])) == stream

    @pytest.mark.parametrize("size", [1, 5, 100])
    def test_a_placeholder_ends_it(self, spdy: Spdy, vault: Vault, size: int) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding((HOST,), ("body",))).placeholder
        with pytest.raises(CredentialError):
            fed([], [data(3, placeholder[at : at + size]) for at in range(0, len(placeholder), size)], spdy.from_client)

    def test_a_placeholder_in_headers(self, sight: Sight, outward: Outward, vault: Vault) -> None:
        placeholder = vault.admit(KNOWN).placeholder
        with pytest.raises(CredentialError):
            Spdy(sight, outward, forwards=no_forward).from_client(Peer().open(1, placeholder))

    @pytest.mark.parametrize("stream", [9, 0])
    def test_streams_that_are_not_open(self, spdy: Spdy, stream: int) -> None:
        with pytest.raises(BlockedError):
            spdy.from_client(data(stream, b"x"))

    def test_a_stream_twice(self, spdy: Spdy) -> None:
        with pytest.raises(BlockedError):
            spdy.from_client(Peer().open(5, b"stdout"))


def test_flags() -> None:
    assert data(5, b"x", fin=True)[4] == FIN
