"""One connection from the sandbox: sockets on one side, mitmproxy's layers on the other, and the bounds on both."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import logging
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from mitmproxy.connection import Connection as MitmConnection
from mitmproxy.connection import ConnectionState, Server
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.modes import TransparentProxy
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server import ConnectionIO, LiveConnectionHandler

from warden.enforce.http.enforcer import Enforcer
from warden.enforce.http.http1 import HEAD_SECONDS
from warden.enforce.http.layers import Http
from warden.enforce.http.message import Exchange, brief
from warden.enforce.upstream import UpstreamError
from warden.model import Ruling

logger = logging.getLogger("warden.enforce")

#: Seconds without a byte on either side. An AWS Lambda invocation may answer after 15 minutes of silence.
IDLE_SECONDS = 1200
#: Seconds that a denied connection waits for a request, the first or another: who does not speak HTTP at once is to learn soon that it is closed.
DENIED_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Settings:
    """The options that mitmproxy's layers read. One that is missing here is an AttributeError, and the connection ends."""

    connection_strategy: str = "lazy"  # nothing is opened before something was ruled on
    validate_inbound_headers: bool = True
    normalize_outbound_headers: bool = True
    store_streamed_bodies: bool = False
    stream_large_bodies: str | None = None  # what streams is decided at the hooks
    body_size_limit: str | None = None
    keep_host_header: bool = True
    http2: bool = True
    http2_ping_keepalive: int = 58
    websocket: bool = False  # its layer keeps every message; a switched connection is relayed as bytes
    rawtcp: bool = True  # that is what relays it
    tcp_timeout: int = IDLE_SECONDS


SETTINGS = cast(Options, Settings())
_MODE = ProxyMode.parse("transparent")
_reading: contextvars.ContextVar[MitmConnection] = contextvars.ContextVar("reading")


class Connection(LiveConnectionHandler):
    """Serves one accepted connection whose destination, `host` and `port`, has been ruled on. Await `handle_client`.

    `denied` is that ruling if it was a denial: then every request is denied too, and no upstream connection is ever opened.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        enforcer: Enforcer,
        host: str,
        port: int,
        denied: Ruling | None = None,
    ) -> None:
        super().__init__(reader, writer, SETTINGS, _MODE)
        self.host = host
        self.port = port
        self.denied = denied
        self.enforcer = enforcer
        self.http: Http | None = None
        #: The exchange whose connection was switched to another protocol.
        self.switched: Exchange | None = None
        self.exchanges: list[Exchange] = []
        self._progress = asyncio.Event()
        self._events: deque[events.Event] = deque()
        self._handling = False
        #: What the event that is handled made to send, by where it goes.
        self._outgoing: dict[asyncio.StreamWriter, list[bytes]] = {}
        context = self.layer.context
        context.server.address = (host, port)
        context.server.sni = host
        self.layer = TransparentProxy(context)
        self._head_timer: asyncio.TimerHandle | None = None
        self._await_head()

    def head_seen(self) -> None:
        """A request's head is there: from now on, waiting is bounded by IDLE_SECONDS; on a denied connection, as before the first one."""
        self._cancel_head_timer()
        if self.denied:
            self._await_head()
        self.exchanges = [exchange for exchange in self.exchanges if not exchange.settled]

    def _await_head(self) -> None:
        seconds = DENIED_SECONDS if self.denied else HEAD_SECONDS
        self._head_timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def abort(self) -> None:
        """Ends the connection at once, with a reset."""
        io = self.transports.get(self.client)
        if io is not None and isinstance(io.writer, asyncio.StreamWriter):
            io.writer.transport.abort()
        if io is not None and io.handler is not None:
            io.handler.cancel("aborted")

    async def handle_client(self) -> None:
        try:
            await super().handle_client()
        finally:
            self._cancel_head_timer()

    # --- events ------------------------------------------------------------------------------------------------------------------

    async def server_event(self, event: events.Event) -> None:
        """Gives an event to the layers and carries out what they answer.

        As the base class does, but hooks are answered in place, where it starts a task for each. An event that arises while another is handled
        waits its turn. What they send to one side (a head and a body, each in a TLS record of its own) goes out in one piece: a call of the
        kernel, and a packet that wakes the other end, costs more than making what is in it.
        """
        self._events.append(event)
        if self._handling:
            return
        self._handling = True
        try:
            while self._events:
                for command in self.layer.handle_event(self._events.popleft()):
                    self._carry_out(command)
            self._send()
        except Exception:  # noqa: BLE001 - a layer that raised has lost its state: nothing more may pass through it
            self.log("a layer failed", logging.ERROR, exc_info=True)
            self._events.clear()
            self._outgoing.clear()
        finally:
            self._handling = False
            self.timeout_watchdog.register_activity()
            self._progress.set()

    def _carry_out(self, command: commands.Command) -> None:
        if isinstance(command, commands.StartHook):
            self._send()  # an outcome is recorded when the response is on its way: nobody waits for that
            self.answer(command)
            if command.blocking:
                self._events.append(events.HookCompleted(command))
        elif isinstance(command, commands.OpenConnection):
            self.transports[command.connection] = ConnectionIO()  # found by `close_connection` even if the task ends at once
            task = asyncio.create_task(self.open_connection(command))
            self.transports[command.connection].handler = task
        elif isinstance(command, commands.RequestWakeup):
            self.wakeup_timer.add(asyncio.create_task(self.wakeup(command)))
        elif isinstance(command, commands.ConnectionCommand):
            io = self.transports.get(command.connection)
            if io is None:
                return  # closed already
            if isinstance(command, commands.SendData):
                if isinstance(io.writer, asyncio.StreamWriter):
                    self._outgoing.setdefault(io.writer, []).append(command.data)
            elif isinstance(command, commands.CloseConnection):
                self._send()
                self.close_connection(command.connection, isinstance(command, commands.CloseTcpConnection) and command.half_close)
        elif isinstance(command, commands.Log):
            self.log(command.message, command.level)
        else:
            raise TypeError(f"unexpected command {type(command).__name__}")

    def _send(self) -> None:
        """Hands what was collected to the sockets, in order."""
        for writer, pieces in self._outgoing.items():
            if not writer.is_closing():
                writer.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        self._outgoing.clear()

    async def handle_hook(self, hook: commands.StartHook) -> None:
        self.answer(hook)

    def answer(self, hook: commands.StartHook) -> None:
        """Calls the enforcer's method of the hook's name, if it has one. Never raises."""
        method = getattr(self.enforcer, hook.name, None)
        if method is None:
            return
        data = getattr(hook, _subject(cast(Any, type(hook))))
        try:
            method(self, data)
        except Exception as error:  # noqa: BLE001 - promise 1: an exception in any of our code denies
            self.enforcer.failed(self, hook.name, data, error)

    def log(self, message: str, level: int = logging.INFO, exc_info: Any = None) -> None:
        """mitmproxy's own log: quotes traffic, so only errors are kept. One with an exception is a crashed layer: its state is lost."""
        if level >= logging.ERROR:
            logger.error("proxy: %s", brief(message), exc_info=exc_info)
            self.abort()

    # --- upstream ----------------------------------------------------------------------------------------------------------------

    async def open_connection(self, command: commands.OpenConnection) -> None:
        server = command.connection
        assert isinstance(server, Server)
        try:
            if self.denied or server.address != (self.host, self.port) or not any(_under_way(exchange) for exchange in self.exchanges):
                raise UpstreamError(502, "nothing that was ruled on asked for this connection")
            server.timestamp_start = time.time()
            reader, writer = await self.enforcer.upstream.connect(self.host, self.port, tls=server.tls)
        except UpstreamError as error:
            await self.server_event(events.OpenConnectionCompleted(command, f"{error.status} {error.reason}"))
            return
        except asyncio.CancelledError:
            await self.server_event(events.OpenConnectionCompleted(command, "502 cancelled"))
            raise
        except Exception:
            logger.exception("connecting upstream failed")
            await self.server_event(events.OpenConnectionCompleted(command, "502 warden could not connect"))
            return
        server.timestamp_tcp_setup = time.time()
        server.state = ConnectionState.OPEN
        server.peername = writer.get_extra_info("peername")
        server.sockname = writer.get_extra_info("sockname")
        self.transports[server] = ConnectionIO(asyncio.current_task(), reader, writer)
        timer = asyncio.get_running_loop().call_later(self.enforcer.timeout, self._expire_handshake, server, writer)
        try:
            await self.server_event(events.OpenConnectionCompleted(command, None))
            await self.handle_connection(server)
        finally:
            timer.cancel()
            server.timestamp_end = time.time()

    def _expire_handshake(self, server: Server, writer: asyncio.StreamWriter) -> None:
        if server.tls and not server.tls_established:
            writer.transport.abort()

    # --- backpressure ------------------------------------------------------------------------------------------------------------

    async def handle_connection(self, connection: MitmConnection) -> None:
        _reading.set(connection)
        await super().handle_connection(connection)

    async def drain_writers(self) -> None:
        """Called after each read. Beside slow writers, waits for streams that cannot take more yet, so that no queue grows without bound."""
        writers = [io.writer for io in self.transports.values() if isinstance(io.writer, asyncio.StreamWriter)]
        if any(writer.transport.get_write_buffer_size() for writer in writers):
            await super().drain_writers()  # type: ignore[no-untyped-call]
        while self.http is not None and self.http.full(_reading.get()):
            self._progress.clear()
            await self._progress.wait()


@cache
def _subject(kind: Hashable) -> str:
    """What a kind of hook is about: the name of its one field. Its own ``args`` looks for it at each call."""
    (field,) = dataclasses.fields(cast(Any, kind))
    return field.name


def _under_way(exchange: Exchange) -> bool:
    return not exchange.settled and exchange.emitted is not None and exchange.ruling is not None and exchange.ruling.allowed
