"""What one event makes to send goes out in one piece, and before the connection ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from mitmproxy.proxy import commands, events

from warden.enforce.http.connection import Connection
from warden.enforce.http.enforcer import Enforcer


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
