"""Kubernetes' channels over WebSocket: each stream is redacted for itself, whatever the frames are."""

from __future__ import annotations

import base64
import json
import random

import pytest

from tests.unit.redact.streams.conftest import HOST, cut, fed, random_secret
from tests.unit.redact.streams.test_websocket import raw, read
from warden.errors import CredentialError
from warden.redact.redactor import BlockedError
from warden.redact.streams.channels import Channels
from warden.redact.streams.look import Sight
from warden.redact.streams.outward import Outward
from warden.redact.streams.websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT, closing, frame
from warden.redact.vault import Binding, Vault

KNOWN, NEW, OTHER = random_secret(11), random_secret(12), random_secret(13)
MASK = b"mask"


def said(messages: list[tuple[int, bytes]], *, coded: bool = False) -> dict[int, bytes]:
    """What each channel says."""
    found: dict[int, bytes] = {}
    for opcode, payload in messages:
        if opcode < CLOSE:
            assert opcode == (TEXT if coded else BINARY)
            channel = int(payload[:1]) if coded else payload[0]
            found[channel] = found.get(channel, b"") + (base64.b64decode(payload[1:]) if coded else payload[1:])
    return found


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_the_same_for_every_framing(seed: int, coded: bool, sight: Sight, outward: Outward) -> None:
    drawn = random.Random(seed)
    known, other = (sight.redactor.vault.admit(one).placeholder for one in (KNOWN, OTHER))
    left = {1: b"$ env\nDB_PASSWORD=" + NEW + b"\nagain " + KNOWN + b"\n$ ", 2: b"warning: " + OTHER + b" is in use\n"}
    stream = b""
    while left[1] or left[2]:
        channel = drawn.choice([one for one in left if left[one]])
        size = drawn.choice([0, 1, 5, 30])
        part, left[channel] = left[channel][:size], left[channel][size:]
        if coded:
            stream += raw(TEXT, str(channel).encode() + base64.b64encode(part))
        else:
            split = drawn.randint(0, len(part))
            stream += raw(BINARY, bytes([channel]) + part[:split], fin=False) + raw(PING, b"x") + raw(CONTINUATION, part[split:])
    stream += raw(CLOSE, b"\x03\xe8")
    channels = Channels(sight, outward, coded=coded)
    made = b""
    for piece in cut(stream, [drawn.randint(0, len(stream)) for _ in range(20)]):
        made += channels.from_server(piece)
        if drawn.random() < 0.5:
            made += channels.flush()
    messages = read([made + channels.finish()])
    assert messages[-1] == (CLOSE, b"\x03\xe8")
    found = said(messages, coded=coded)
    assert not any(one in found[1] + found[2] for one in (KNOWN[4:], NEW[2:], OTHER[4:]))
    # Of a secret that comes in pieces with pauses between them, up to three bytes may have gone on.
    assert found[2] in [b"warning: " + OTHER[:shown] + other + b" is in use\n" for shown in range(4)]
    assert known in found[1]
    assert found[1].startswith(b"$ env\nDB_PASSWORD=")
    assert found[1].endswith(b"\n$ ")


@pytest.mark.parametrize("first", [6, 14, 24])
def test_a_secret_on_two_streams_ends_the_connection(sight: Sight, outward: Outward, first: int) -> None:
    sight.redactor.vault.admit(KNOWN)
    channels = Channels(sight, outward)
    made = channels.from_server(frame(BINARY, b"\x01" + KNOWN[:first]))
    with pytest.raises(BlockedError, match="one stream"):
        made += channels.from_server(frame(BINARY, b"\x02" + KNOWN[first:]))
    assert KNOWN[first:] not in made


def test_messages_that_say_nothing_pass(sight: Sight, outward: Outward) -> None:
    channels = Channels(sight, outward)
    assert channels.from_server(b"".join(frame(BINARY, bytes([number])) for number in (1, 2, 3))) == b"".join(
        frame(BINARY, bytes([number])) for number in (1, 2, 3)
    )


def test_output_comes_before_the_end(sight: Sight, outward: Outward) -> None:
    channels = Channels(sight, outward)
    status = json.dumps({"status": "Success"}).encode()
    made = channels.from_server(frame(BINARY, b"\x01out") + frame(BINARY, b"\x03" + status) + frame(CLOSE, b"\x03\xe8"))
    assert read([made]) == [(BINARY, b"\x01out"), (BINARY, b"\x03" + status), (CLOSE, b"\x03\xe8")]
    assert channels.finish() == b""


def test_an_ended_channel_has_said_all(sight: Sight, outward: Outward) -> None:
    channels = Channels(sight, outward)
    assert read([channels.from_server(frame(BINARY, b"\x01out") + frame(BINARY, b"\xff\x01"))]) == [
        (BINARY, b"\x01out"),
        (BINARY, b"\xff\x01"),
    ]


@pytest.mark.parametrize(
    "stream",
    [frame(TEXT, b"1b3V0"), frame(BINARY, b"\xffxyz"), frame(PING, b"password=" + NEW), closing("DB_PASSWORD=" + NEW.decode())],
    ids=["text", "longer end", "ping", "reason"],
)
def test_what_ends_the_connection(sight: Sight, outward: Outward, stream: bytes) -> None:
    with pytest.raises(BlockedError):
        Channels(sight, outward).from_server(stream)


def test_a_known_secret_in_pings(sight: Sight, outward: Outward) -> None:
    sight.redactor.vault.admit(KNOWN)
    channels = Channels(sight, outward)
    pings = [frame(PING, KNOWN[at : at + 4]) for at in range(0, len(KNOWN), 4)]
    with pytest.raises(BlockedError, match="control"):
        fed([], pings, channels.from_server)


@pytest.mark.parametrize("text", [b"?b3V0", b"1b3V", b"1!!!!"])
def test_base64_that_is_none(sight: Sight, outward: Outward, text: bytes) -> None:
    with pytest.raises(BlockedError, match="agreed"):
        Channels(sight, outward, coded=True).from_server(frame(TEXT, text))


def test_a_log_has_no_channels(sight: Sight, outward: Outward) -> None:
    channels = Channels(sight, outward, single=True)
    made = channels.from_server(frame(BINARY, b"DB_PASSWORD=" + NEW[:5]) + frame(BINARY, NEW[5:] + b"\n")) + channels.flush()
    (message,) = read([made])
    assert message[1].startswith(b"DB_PASSWORD=")
    assert NEW not in message[1]


@pytest.mark.parametrize("coded", [False, True])
def test_the_reason_is_on_the_error_channel(sight: Sight, outward: Outward, coded: bool) -> None:
    made = read([Channels(sight, outward, coded=coded).farewell(b'{"kind":"Status"}', "why")])
    assert said(made, coded=coded) == {3: b'{"kind":"Status"}'}
    assert made[-1] == (CLOSE, b"\x03\xe8why")
    assert said(read([Channels(sight, outward, status=False).farewell(b'{"kind":"Status"}', "why")])) == {3: b"why"}


class TestClient:
    def test_input_passes_as_it_is(self, sight: Sight, outward: Outward, vault: Vault) -> None:
        vault.admit(KNOWN)
        channels = Channels(sight, outward)
        stream = frame(BINARY, b"\x00ls\n", MASK) + frame(BINARY, b'\x04{"Width":80,"Height":24}', MASK) + frame(BINARY, b"\xff\x00", MASK)
        assert b"".join(channels.from_client(piece) for piece in cut(stream, [1, 5, 9, 20, 33])) == stream

    @pytest.mark.parametrize("coded", [False, True])
    @pytest.mark.parametrize("size", [1, 5, 100])
    def test_a_placeholder_ends_it(self, sight: Sight, outward: Outward, vault: Vault, coded: bool, size: int) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding((HOST,), ("body", "bearer"))).placeholder
        channels = Channels(sight, outward, coded=coded)
        text = b"login " + placeholder + b"\n"
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        frames = [frame(TEXT, b"0" + base64.b64encode(one), MASK) if coded else frame(BINARY, b"\x00" + one, MASK) for one in parts]
        with pytest.raises(CredentialError, match="placeholder of a secret in what is sent on a stream"):
            fed([], frames, channels.from_client)

    def test_unmasked_frames_end_it(self, sight: Sight, outward: Outward) -> None:
        with pytest.raises(BlockedError):
            Channels(sight, outward).from_client(frame(BINARY, b"\x00ls\n"))
