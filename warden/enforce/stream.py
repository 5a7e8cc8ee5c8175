"""Opaque streams: connections that the egress list lets through as bytes (``tcp://host:port``), once ruled on by name and port.

Copied both ways in constant memory, half-closes included, because many protocols end a request with one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time

from warden.enforce.upstream import Upstream, UpstreamError
from warden.model import Ruling, TcpConnect
from warden.pipeline import Pipeline

CHUNK = 1 << 16
#: Seconds without a byte in either direction after which a stream ends. Database connections are quiet for long: two hours, as TCP keep-alive has it.
IDLE = 7200.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST, so that nobody takes its end for the other side's word."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


class _Traffic:
    """Bytes of one direction, and when the last of either came."""

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self.last = time.monotonic()


async def relay(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    message: TcpConnect,
    ruling: Ruling,
    upstream: Upstream,
    pipeline: Pipeline,
) -> None:
    """Connects to where the ruling allowed and copies until both sides are done. Records the outcome; raises nothing but cancellation."""
    started = time.monotonic()
    traffic = _Traffic()
    error = "the session ended"
    writers = [client[1]]
    try:
        server = await upstream.connect(message.host, message.port, tls=False)
        writers.append(server[1])
        error = await _copy_both(client, server, traffic)
    except UpstreamError as failure:
        error = failure.reason
    except OSError as failure:
        error = failure.strerror or type(failure).__name__
    finally:
        for writer in writers:
            # After an error the other side must not read a clean end.
            if error:
                reset(writer)
            else:
                writer.close()
        pipeline.outcome(
            ruling,
            request_bytes=traffic.sent,
            response_bytes=traffic.received,
            ms=round((time.monotonic() - started) * 1000, 1),
            error=error,
        )


async def _copy_both(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    traffic: _Traffic,
) -> str:
    """Returns what went wrong, or an empty string."""
    copies = [
        asyncio.create_task(_copy(client[0], server[1], traffic, outgoing=True)),
        asyncio.create_task(_copy(server[0], client[1], traffic, outgoing=False)),
    ]
    try:
        while True:
            done, pending = await asyncio.wait(copies, timeout=60, return_when=asyncio.FIRST_EXCEPTION)
            for copy in done:
                if failure := copy.exception():
                    return getattr(failure, "strerror", None) or type(failure).__name__
            if not pending:
                return ""
            if time.monotonic() - traffic.last > IDLE:
                return f"no byte for {IDLE:g} s"
    finally:
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, traffic: _Traffic, *, outgoing: bool) -> None:
    while data := await reader.read(CHUNK):
        traffic.last = time.monotonic()
        if outgoing:
            traffic.sent += len(data)
        else:
            traffic.received += len(data)
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError, NotImplementedError):
        writer.write_eof()
