"""What a connection's bytes go through: the HTTP layer, which holds the streams and both sides, or the end."""

from __future__ import annotations

from typing import Any

from mitmproxy.connection import Connection
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator, Layer
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpLayer, HTTPMode
from mitmproxy.proxy.layers.tls import ServerTLSLayer

from warden.enforce.http.http1 import Http1Client, Http1Server
from warden.enforce.http.http2 import WAITING, Http2Client, Http2Server
from warden.enforce.http.stream import Answer, GetConnection, Stream

#: Pieces (of at most 64 KiB) that may wait for an upstream connection before the client is read no further.
QUEUED_PIECES = 16


#: The identity of a connection that is nobody's any more: its upstream takes no new requests on it.
RETIRED = "retired"


class Http(HttpLayer):
    """The HTTP layer of one connection from the sandbox."""

    def __init__(self, context: Context, answer: Answer) -> None:
        super().__init__(context, HTTPMode.transparent)
        self._answer = answer
        self._http2 = Http2Server(context.fork()) if context.client.alpn == b"h2" else None
        self.connections[context.client] = self._http2 or Http1Server(context.fork())
        #: As whom each upstream connection was opened: by whose client certificate, empty for none.
        self.identities: dict[Connection, str] = {}

    def make_stream(self, stream_id: int) -> CommandGenerator[None]:
        self.streams[stream_id] = Stream(_fork(self.context), stream_id, self._answer)
        yield from self.event_to_child(self.streams[stream_id], events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> CommandGenerator[None]:
        """As the base class does, and remembers as whom a new connection is opened before anything happens on it."""
        assert isinstance(event, GetConnection)
        for connection in self.connections:
            if (upstream := self._upstream(connection)) is not None and upstream.retired:
                self.identities[connection] = RETIRED
        event.identities = self.identities
        before = set(self.connections)
        steps = super().get_connection(event, reuse=reuse)
        reply: Any = None
        while True:
            try:
                command = steps.send(reply)
            except StopIteration:
                return
            for connection in self.connections.keys() - before:
                self.identities.setdefault(connection, event.identity)
            reply = yield command

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        """What one event makes for the client (a head and the beginning of a body) goes on in one piece: each would be a TLS record of its own."""
        client = self.context.client
        pieces: list[bytes] = []
        for command in self._steps(event):
            if isinstance(command, commands.SendData) and command.connection is client:
                pieces.append(command.data)
                continue
            if pieces and isinstance(command, commands.CloseConnection | commands.StartHook):
                yield commands.SendData(client, b"".join(pieces))
                pieces.clear()
            yield command
        if pieces:
            yield commands.SendData(client, b"".join(pieces))

    def _steps(self, event: events.Event) -> CommandGenerator[None]:
        yield from super()._handle_event(event)
        if self._http2 is not None:
            yield from self._settle(self._http2)

    def _settle(self, client: Http2Server) -> CommandGenerator[None]:
        """Acknowledges what either side has sent us of a stream, unless too much of it waits to go out on the other."""
        for stream_id in list(client.h2_conn.owed):
            if not self._waits_upstream(stream_id):
                client.h2_conn.settle(stream_id)
        if data := client.h2_conn.data_to_send():
            yield commands.SendData(client.conn, data)
        for connection in list(self.connections):
            upstream = self._upstream(connection)
            if upstream is None or not upstream.h2_conn.owed:
                continue
            for stream_id in list(upstream.h2_conn.owed):
                if client.h2_conn.waiting(upstream.their_stream_id[stream_id]) < WAITING:
                    upstream.h2_conn.settle(stream_id)
            if data := upstream.h2_conn.data_to_send():
                tls = self.connections[connection]
                assert isinstance(tls, ServerTLSLayer)  # HTTP/2 is only ever agreed on in TLS
                yield from tls._handle_command(commands.SendData(connection, data))

    def _waits_upstream(self, stream_id: int) -> bool:
        stream = self.streams.get(stream_id)
        if stream is None:
            return False  # answered already: what still comes is thrown away
        if stream._paused is not None:
            return True  # its upstream connection is not there yet
        upstream = self._upstream(stream.context.server)
        if upstream is None:
            return False  # HTTP/1.1: its socket holds us back
        if stream_id in upstream.stream_queue:
            return True
        ours = upstream.our_stream_id.get(stream_id)
        return ours is not None and upstream.h2_conn.waiting(ours) >= WAITING

    def full(self, connection: Connection) -> bool:
        """Whether this connection should not be read now, because what it sent is still on its way. HTTP/2 has its windows instead."""
        if connection is self.context.client:
            return self._http2 is None and any(len(stream._paused_event_queue) > QUEUED_PIECES for stream in self.streams.values())
        upstream = self._innermost(connection)
        if self._http2 is None or not isinstance(upstream, Http1Client) or upstream.stream_id is None:
            return False
        return self._http2.h2_conn.waiting(upstream.stream_id) >= WAITING

    def _upstream(self, connection: Connection) -> Http2Client | None:
        layer = self._innermost(connection)
        return layer if isinstance(layer, Http2Client) else None

    def _innermost(self, connection: Connection) -> Layer | None:
        """What speaks HTTP on this upstream connection; in it may be TLS and, while it connects, nothing yet."""
        layer = self.connections.get(connection)
        while layer is not None and not isinstance(layer, Http1Client | Http2Client):
            layer = getattr(layer, "child_layer", None)
        return layer


def _fork(context: Context) -> Context:
    """A context for one stream. `Context.fork` makes a server connection that it throws away, at every request."""
    forked = Context.__new__(Context)
    forked.client, forked.server, forked.options, forked.layers = context.client, context.server, context.options, context.layers.copy()
    return forked


class Close(Layer):
    """Ends a connection that speaks nothing that may pass."""

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.CloseConnection(self.context.client)
