"""The layer of a connection after ``101 Switching Protocols``."""

from __future__ import annotations

from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator, Layer

from warden.enforce.http.relay import Relay, Step
from warden.redact.streams.live import HOLD

#: Seconds that a client has to read why its connection ends. Closing while it still sends would take the reason with it.
LINGER = 2.0


class Switched(Layer):
    """Moves bytes between client and server through a `Relay`. Half-closes are passed on as mitmproxy's TCP layer does."""

    def __init__(self, context: Context, relay: Relay) -> None:
        super().__init__(context)
        self._relay = relay
        self._timer: commands.RequestWakeup | None = None
        self._over = False
        self._done = False

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Start) or self._done:
            return
        if isinstance(event, events.Wakeup):
            if event.command is not self._timer:
                return
            self._timer = None
            if self._over:
                yield from self._close()
            else:
                yield from self._go(self._relay.flush())
        elif isinstance(event, events.DataReceived):
            if not self._over:
                from_client = event.connection == self.context.client
                yield from self._go(self._relay.from_client(event.data) if from_client else self._relay.from_server(event.data))
        elif isinstance(event, events.ConnectionClosed):
            yield from self._closed(event)

    def _closed(self, event: events.ConnectionClosed) -> CommandGenerator[None]:
        from_client = event.connection == self.context.client
        if self._over:
            if from_client:
                yield from self._close()
            return
        if not from_client:
            yield from self._go(self._relay.finish())
            if self._over:
                return
        if not (self.context.client.state & ConnectionState.CAN_READ or self.context.server.state & ConnectionState.CAN_READ):
            yield from self._close()
        else:
            yield commands.CloseTcpConnection(self.context.server if from_client else self.context.client, half_close=True)

    def _go(self, step: Step) -> CommandGenerator[None]:
        if step.client:
            yield commands.SendData(self.context.client, step.client)
        if step.server:
            yield commands.SendData(self.context.server, step.server)
        if step.over and not self._over:
            self._over = True
            yield commands.CloseConnection(self.context.server)
            self._timer = commands.RequestWakeup(LINGER)
            yield self._timer
        elif self._timer is None and self._relay.waiting:
            self._timer = commands.RequestWakeup(HOLD)
            yield self._timer

    def _close(self) -> CommandGenerator[None]:
        self._done = True
        for connection in (self.context.server, self.context.client):
            if connection.state is not ConnectionState.CLOSED:
                yield commands.CloseConnection(connection)
