"""The worker: one session's listeners, served from outside the sandbox.

::

    TCP from the sandbox --original destination--> name or literal --TcpConnect--> Pipeline --> HTTP proxy | opaque relay | reset
    DNS over UDP or TCP  --DnsQuestion--> Pipeline --> synthetic address | NXDOMAIN

A denied connection to a name on an HTTP port is served as well: each request on it is denied, in words, and nothing is ever opened for it.

The daemon calls `warm` once, in its single-threaded parent, then forks a process for each session, makes a `Worker` in it and runs it. When
that process ends, however it ends, its sockets close: the sandbox sees refused connections, and nothing leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import resource
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from warden.config import Config
from warden.credentials.peer import NoPeers, Peers
from warden.dialects.egress import HTTP_PORTS
from warden.enforce import metadata, stream
from warden.enforce.ca import SessionCA
from warden.enforce.dns import Resolver
from warden.enforce.http import tls
from warden.enforce.http.connection import Connection
from warden.enforce.http.enforcer import Enforcer
from warden.enforce.synthetic import SyntheticAddresses
from warden.enforce.upstream import Upstream
from warden.errors import DecodeError
from warden.model import HttpResponse, TcpConnect
from warden.pipeline import Pipeline

logger = logging.getLogger("warden.enforce")

#: Connections of one session at once, if the limit of open files allows that many: each takes two. A build with every core busy stays below 200.
CONNECTIONS = 1024
#: Seconds that connections get to end by themselves when the session stops.
GRACE = 1.0
#: Connections that may wait to be accepted: asyncio sets 100 again otherwise, whatever the listener had.
BACKLOG = 1024

type OriginalDestination = Callable[[socket.socket], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Sockets that are bound inside the sandbox, and listening where they are TCP. The worker owns and closes them."""

    tcp: tuple[socket.socket, ...] = ()
    dns_udp: tuple[socket.socket, ...] = ()
    dns_tcp: tuple[socket.socket, ...] = ()


def warm() -> None:
    """Prepares the parent of all workers: loads what they share and puts it where the garbage collector leaves the pages alone."""
    tls.warm()
    gc.collect()
    gc.freeze()


class Worker:
    """Serves one session. `original_destination` gives the address and port that an accepted connection was meant for; `peers` know
    what is to be known of an upstream beyond its name.

    Raises ConfigError for an `upstream` or `egress` section that cannot be used.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        listeners: Listeners,
        config: Config,
        ca: SessionCA,
        original_destination: OriginalDestination,
        peers: Peers | None = None,
    ) -> None:
        peers = peers or NoPeers()
        self._pipeline = pipeline
        self._listeners = listeners
        self._original_destination = original_destination
        self.table = SyntheticAddresses()
        self._upstream = Upstream(config, peers)
        self._resolver = Resolver(pipeline, self.table)
        self._enforcer = Enforcer(pipeline, config, tls.TlsSides(ca, config.upstream.ca), self._upstream, peers)
        #: What is being served, and how to end each.
        self._tasks: dict[asyncio.Task[None], Callable[[], object]] = {}
        self._limit = min(CONNECTIONS, max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 64))

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set, then ends what is under way and closes every socket."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # hooks are short: most are done before a task would be scheduled
        self._pipeline.later = loop.call_soon
        servers: list[asyncio.Server] = []
        datagrams = [_adopted(sock) for sock in self._listeners.dns_udp]
        try:
            for sock in datagrams:
                self._resolver.serve_udp(sock)
            servers += [
                await asyncio.start_server(self._accept_dns, sock=_adopted(sock), backlog=BACKLOG) for sock in self._listeners.dns_tcp
            ]
            servers += [await asyncio.start_server(self._accept, sock=_adopted(sock), backlog=BACKLOG) for sock in self._listeners.tcp]
            await stop.wait()
        finally:
            for server in servers:
                server.close()
            for sock in datagrams:
                loop.remove_reader(sock.fileno())
                sock.close()
            for end in list(self._tasks.values()):
                end()
            if self._tasks:
                await asyncio.wait(list(self._tasks), timeout=GRACE)
            for task in self._tasks:
                task.cancel("the session ended")
            self._pipeline.later = None
            self._pipeline.flush()

    # --- connections -------------------------------------------------------------------------------------------------------------

    async def _accept_dns(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._tracked(writer) as admitted:
            if admitted:
                await self._resolver.serve_stream(reader, writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._tracked(writer) as admitted:
            try:
                sock = writer.get_extra_info("socket")
                host, port = self._original_destination(sock)
                await self._serve(reader, writer, ipaddress.ip_address(host.partition("%")[0]), port, admitted=admitted)
            except Exception:
                logger.exception("a connection from the sandbox failed")
                stream.reset(writer)

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        address: ipaddress.IPv4Address | ipaddress.IPv6Address,
        port: int,
        *,
        admitted: bool,
    ) -> None:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        host = self.table.name(address) or str(address)
        message = TcpConnect(host, port)
        refusal = None
        if not admitted:
            refusal = DecodeError("too-many-connections", f"The session has {self._limit} connections open, which is all it may have.")
        elif self.table.covers(address) and self.table.name(address) is None:
            refusal = DecodeError("unknown-address", "No name of this session has this address.", "Resolve the name again.")
        elif host in metadata.ADDRESSES:
            if port == 80 and (request := await metadata.read(reader, host)) and (answer := self._pipeline.local(request)):
                await metadata.write(writer, answer, head_only=request.method == "HEAD")
                return
            refusal = DecodeError(
                "metadata", "Cloud metadata services are not reachable from inside.", "The environment has the credentials to use."
            )
        elif port == 53:
            await self._resolver.serve_stream(reader, writer)
            return
        # A name that may not be asked for may not be reached either.
        ruling = self._pipeline.refuse(message, refusal) if refusal else self._pipeline.rule(message, within=self.table.denial(host))
        opaque = any(action.context.get("stream") == "opaque" for action in ruling.actions)
        if not ruling.allowed:
            if refusal is not None and refusal.code == "metadata" and port == 80:
                # At once, so that SDKs go on instead of waiting for a service that never answers.
                body = f"warden: {ruling.decision.reason}\n".encode()
                await metadata.write(writer, HttpResponse(403, (("Content-Type", "text/plain"),), body))
            elif refusal is None and not opaque and port in HTTP_PORTS and self.table.name(address) is not None:
                await self._serve_http(Connection(reader, writer, self._enforcer, host, port, denied=ruling))
            else:
                stream.reset(writer)
        elif opaque:
            await stream.relay((reader, writer), message, ruling, self._upstream, self._pipeline)
        else:
            await self._serve_http(Connection(reader, writer, self._enforcer, host, port))

    async def _serve_http(self, connection: Connection) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = connection.abort  # so that what is under way is recorded, as when the client goes away
        await connection.handle_client()

    @contextlib.contextmanager
    def _tracked(self, writer: asyncio.StreamWriter) -> Iterator[bool]:
        """Counts the connection while it is served; yields whether there was room for it."""
        task = asyncio.current_task()
        assert task is not None
        sock = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        admitted = len(self._tasks) < self._limit
        self._tasks[task] = task.cancel
        try:
            yield admitted
        finally:
            self._tasks.pop(task, None)
            writer.close()


def _adopted(sock: socket.socket) -> socket.socket:
    """The same socket as an object that knows its protocol: asyncio sets TCP_NODELAY only where `proto` says TCP (44 ms a request else)."""
    adopted = socket.socket(fileno=sock.detach())
    adopted.setblocking(False)
    return adopted
