"""Frames: what goes in comes out, whole, with its descriptors, however the bytes arrive; and nonsense is refused."""

from __future__ import annotations

import os
import socket
from _socket import socket as raw_socket

import pytest

from warden.daemon import api
from warden.errors import SessionError


def pair() -> tuple[api.Channel, api.Channel]:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    return api.Channel(raw_socket(fileno=ours.detach())), api.Channel(raw_socket(fileno=theirs.detach()))


def test_fields_pass_as_bytes_and_may_repeat() -> None:
    fields = [("arg", b""), ("arg", b"a=b\n\xff"), ("env", b"A=1"), ("arg", b"--")]
    ours, theirs = pair()
    ours.send(api.RUN, fields)
    frame = theirs.receive()
    assert frame is not None
    assert (frame.kind, frame.fields) == (api.RUN, fields)
    assert frame.all("arg") == [b"", b"a=b\n\xff", b"--"]
    assert frame.one("arg") == b"--"
    assert frame.one("none", b"default") == b"default"
    assert os.fsencode(frame.text("env")) == b"A=1"


def test_descriptors_travel_with_their_frame() -> None:
    ours, theirs = pair()
    reading, writing = os.pipe()
    ours.send(api.HELLO, [("want", b"run")])
    ours.send(api.RUN, [], [writing, writing])
    ours.send(api.SIGNAL, [("number", b"2")])
    frames: list[api.Frame] = []
    while len(frames) < 3:
        frames += theirs.read()
    assert [frame.kind for frame in frames] == [api.HELLO, api.RUN, api.SIGNAL]
    assert [len(frame.descriptors) for frame in frames] == [0, 2, 0]
    for number in frames[1].descriptors:
        assert not os.get_inheritable(number)
        os.write(number, b"x")
        os.close(number)
    assert os.read(reading, 10) == b"xx"
    os.close(reading)
    os.close(writing)


def test_a_frame_in_pieces() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    channel = api.Channel(raw_socket(fileno=theirs.detach()))
    data = api.encode(api.EXIT, [("code", b"7")])
    for index in range(len(data) - 1):
        ours.send(data[index : index + 1])
        assert channel.read() == []
    ours.send(data[-1:])
    assert [frame.one("code") for frame in channel.read()] == [b"7"]
    ours.close()
    assert channel.read() == []
    assert channel.closed
    assert channel.receive() is None


def test_frames_that_came_together_are_not_lost() -> None:
    ours, theirs = pair()
    ours.send(api.BEGUN)
    ours.send(api.EXIT, [("code", b"0")])
    assert [frame.kind for frame in (theirs.receive(), theirs.receive()) if frame] == [api.BEGUN, api.EXIT]


def test_closing_closes_descriptors_that_nobody_took() -> None:
    ours, theirs = pair()
    reading, writing = os.pipe()
    data = api.encode(api.RUN, [("arg", b"x")])
    socket.send_fds(socket.socket(fileno=os.dup(ours.fileno())), [data[:3]], [writing])
    theirs.read()
    os.close(writing)
    theirs.close()
    assert os.read(reading, 1) == b"", "the pipe is still open somewhere"
    os.close(reading)


@pytest.mark.parametrize("payload", [b"no end", b"name only\0", b"\0"])
def test_payloads_that_are_no_fields(payload: bytes) -> None:
    with pytest.raises(SessionError):
        api.decode(payload)


def test_what_cannot_be_sent() -> None:
    with pytest.raises(SessionError, match="NUL"):
        api.encode(api.RUN, [("arg", b"a\0b")])
    with pytest.raises(SessionError, match="too large"):
        api.encode(api.RUN, [("env", b"x" * api.LIMIT)])


def test_a_frame_that_claims_to_be_huge() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    ours.send(b"R\0" + (api.LIMIT + 1).to_bytes(4, "big"))
    with pytest.raises(SessionError, match="too large"):
        api.Channel(raw_socket(fileno=theirs.detach())).read()


def test_too_many_descriptors() -> None:
    ours, theirs = pair()
    ours.send(api.RUN, [], [0] * 30)
    with pytest.raises(SessionError, match="descriptors"):
        theirs.read()


def test_the_peer() -> None:
    ours, _theirs = pair()
    assert (ours.peer(), ours.peer_pid()) == (os.getuid(), os.getpid())
