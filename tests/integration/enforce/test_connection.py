"""What one event makes to send goes out in one piece, and before the connection ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from mitmproxy.connection import Client
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._events import RequestData, RequestEndOfMessage, RequestHeaders

from warden.enforce.http import heads
from warden.enforce.http.connection import SETTINGS, Connection
from warden.enforce.http.enforcer import Enforcer
from warden.enforce.http.http1 import Http1Client


class _Writer(asyncio.StreamWriter):
    """Counts what it is asked to write."""

    def __init__(self, made: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        super().__init__(made.transport, made._protocol, reader, made._loop)  # type: ignore[attr-defined]
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))
        super().write(data)


class _Layer:
    """Answers any event with what `make` says."""

    def __init__(self, make: Callable[[], Iterator[commands.Command]]) -> None:
        self._make = make

    def handle_event(self, event: events.Event) -> Iterator[commands.Command]:
        return self._make()


async def _sent(make: Callable[[Connection], Iterator[commands.Command]]) -> tuple[list[bytes], bytes]:
    """The pieces that one event makes the connection write, and all that arrives."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(5)
        reader, writer = await asyncio.open_connection(sock=ours)
        counted = _Writer(writer, reader)
        connection = Connection(reader, counted, cast(Enforcer, None), "api.test", 443)
        connection.head_seen()
        connection.transports[connection.client].handler = asyncio.get_running_loop().create_task(asyncio.sleep(5))
        connection.layer = cast(Any, _Layer(lambda: make(connection)))
        await connection.server_event(events.Start())
        counted.close()
        await counted.wait_closed()
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while data := theirs.recv(1 << 16):
                received += data
        return counted.written, received


def test_one_event_is_one_write() -> None:
    def make(connection: Connection) -> Iterator[commands.Command]:
        yield commands.SendData(connection.client, b"head ")
        yield commands.SendData(connection.client, b"body")

    assert asyncio.run(_sent(make)) == ([b"head body"], b"head body")


def test_what_was_to_be_sent_is_sent_before_the_end() -> None:
    def make(connection: Connection) -> Iterator[commands.Command]:
        yield commands.SendData(connection.client, b"last words")
        yield commands.CloseConnection(connection.client)

    assert asyncio.run(_sent(make)) == ([b"last words"], b"last words")


def test_nothing_of_a_layer_that_raised_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    def make(connection: Connection) -> Iterator[commands.Command]:
        yield commands.SendData(connection.client, b"half a thought")
        raise RuntimeError("made to fail")

    assert asyncio.run(_sent(make)) == ([], b"")
    assert "a layer failed" in caplog.text


def _sent_upstream(stream: bool, *bodies: bytes) -> list[list[bytes]]:
    """What HTTP/1 sends to the upstream at the head, at each piece of the body, and at the end."""
    client = Client(peername=("198.18.0.1", 1), sockname=("198.18.0.2", 443), timestamp_start=0.0)
    upstream = Http1Client(Context(client, SETTINGS))
    assert not list(upstream.handle_event(events.Start()))
    request = heads.request(b"POST", b"", b"", b"/", b"HTTP/1.1", ((b"Host", b"a.test"), (b"Content-Length", b"4")))
    request.stream = stream
    steps = [RequestHeaders(1, request, end_stream=False), *(RequestData(1, body) for body in bodies), RequestEndOfMessage(1)]
    return [[made.data for made in upstream.handle_event(step) if isinstance(made, commands.SendData)] for step in steps]


HEAD = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n"


def test_a_body_that_was_read_leaves_with_its_head() -> None:
    assert _sent_upstream(False, b"body") == [[], [HEAD + b"body"], []]
    assert _sent_upstream(False, b"bo", b"dy") == [[], [HEAD + b"bo"], [b"dy"], []]
    assert _sent_upstream(False) == [[], [HEAD]]


def test_a_streamed_body_does_not_hold_its_head_back() -> None:
    assert _sent_upstream(True, b"bo", b"dy") == [[HEAD], [b"bo"], [b"dy"], []]


def test_a_response_is_one_record(running: Any) -> None:
    """TLS gives what it received record by record."""
    with running.tls("api.test") as sock:
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: api.test\r\nContent-Length: 4\r\n\r\nbody")
        assert sock.recv(65536).endswith(b"\r\n\r\nbody")
