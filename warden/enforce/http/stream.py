"""One request and its response: mitmproxy's stream, which asks the hooks and moves bodies.

What each override is for, measured or read in mitmproxy 12.2.3:

- a response set on a request's head is sent only after the whole body was buffered: here at once, and the rest of the body is discarded;
- buffering a body for a hook is not bounded in memory: here the hooks are asked again when the limit is reached;
- requests that fail its validation, and upstreams that fail, are answered past the hooks: here they are denied, and answered in our words;
- it forwards whatever is in the flow: here nothing but the request that a ruling emitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Connection
from mitmproxy.net.http.validate import validate_headers
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http import DropStream, GetHttpConnection, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpResponseHook

from warden.enforce.http.http1 import MalformedRequest
from warden.enforce.http.message import EXCHANGE, Exchange, brief, failure, frame_for_http1
from warden.enforce.http.switched import Switched
from warden.errors import CredentialError

#: Answers a hook: decides what happens next by changing the hook's data. Never raises.
type Answer = Callable[[commands.StartHook], None]

#: Seconds that the rest of a request is read and thrown away after it was answered early: closing at once would take the answer with it.
DISCARD_SECONDS = 30.0


@dataclass
class RequestOverflowHook(commands.StartHook):
    """The body that a ruling wants to read has reached the limit. What was read of it is in the exchange."""

    flow: http.HTTPFlow


@dataclass
class ResponseOverflowHook(commands.StartHook):
    """The response's body is larger than what is held of one."""

    flow: http.HTTPFlow


@dataclass
class PlaceholderPassedHook(commands.StartHook):
    """The body that is being sent without having been read has a placeholder in it, which stops here."""

    flow: http.HTTPFlow


@dataclass
class GetConnection(GetHttpConnection):
    """Asks for an upstream connection that is `identity`'s: a client certificate speaks for every request on its connection, so none is shared."""

    identity: str = ""
    #: Who the connections that there are were opened as; the layer that holds them says it.
    identities: dict[Connection, str] = field(default_factory=dict)

    def connection_spec_matches(self, connection: Connection) -> bool:
        return super().connection_spec_matches(connection) and self.identities.get(connection, "") == self.identity

    __hash__ = GetHttpConnection.__hash__


class Stream(HttpStream):
    """One request and its response. Its hooks are answered by `answer`, at once and in place: passed up to the connection and back down, each
    would cost as much as handling the message it is about. All but the last one: mitmproxy's HTTP/1 layers count on the end of a response
    not being there before they have put the message aside that it is the end of.
    """

    _ended = False

    def __init__(self, context: Context, stream_id: int, answer: Answer) -> None:
        super().__init__(context, stream_id)
        self._answer = answer

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        steps = self._steps(event)
        reply: Any = None
        while True:
            try:
                command = steps.send(reply)
            except StopIteration:
                return
            # One that does not say `True` is waited for by a layer inside already.
            if isinstance(command, commands.StartHook) and command.blocking is True and not isinstance(command, HttpResponseHook):
                self._answer(command)
                reply = None
            else:
                reply = yield command

    def _steps(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Wakeup):
            if self.client_state == self._discard_request_body:
                self.client_state = self.server_state = self.state_errored
                error = ResponseProtocolError(self.stream_id, "the rest of the request took too long", ErrorCode.CANCEL)
                yield SendHttp(error, self.context.client)
                yield DropStream(self.stream_id)
            return
        yield from super()._handle_event(event)

    def state_wait_for_request_headers(self, event: RequestHeaders) -> CommandGenerator[None]:
        self._ended = event.end_stream
        yield from super().state_wait_for_request_headers(event)
        if self.flow.response is not None and not self._ended and self.client_state == self.state_consume_request_body:
            yield from self._reply()

    def check_invalid(self, request: bool) -> CommandGenerator[bool]:
        """Keeps what is wrong with a request for the hook, which denies it, instead of answering past the hooks."""
        if not request:
            return (yield from self._check_response())
        message = self.flow.request
        reason = ""
        if isinstance(message, MalformedRequest):
            reason = message.reason
        elif message.method == "CONNECT":
            message.data.method = b"UNREADABLE"  # or the base class would start a tunnel
            reason = "There is no proxy here to CONNECT through: connections go out directly and are ruled on as they are."
        elif message.data.scheme and message.data.scheme != (b"https" if self.context.client.tls else b"http"):
            reason = "The request names another scheme than its connection has."
        elif message.is_http2:  # HTTP/1 heads were read by the letter already
            try:
                validate_headers(message)
            except ValueError as error:
                reason = f"The head of the request has no single reading: {str(error)[:200]}"
        self.flow.metadata["malformed"] = reason
        self.flow.metadata["ended"] = self._ended
        return False

    def state_consume_request_body(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, RequestData) and len(self.request_body_buf) + len(event.data) > self._exchange.limit:
            self.request_body_buf += event.data
            buffered = bytes(self.request_body_buf)
            # How the bytes arrived in pieces must not change a ruling.
            self._exchange.prefix = buffered[: self._exchange.limit]
            yield RequestOverflowHook(self.flow)
            if (yield from self.check_killed(True)):
                return
            if self.flow.response is not None:
                yield from self._reply()
                return
            self.request_body_buf.clear()
            yield from self.start_request_stream()
            if self.client_state == self.state_stream_request_body:
                yield from self.client_state(RequestData(self.stream_id, buffered))
            return
        yield from super().state_consume_request_body(event)

    def state_stream_response_body(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, ResponseData) and not event.data:
            return  # to what redacts the body, an empty piece is its end
        yield from super().state_stream_response_body(event)

    def state_consume_response_body(self, event: events.Event) -> CommandGenerator[None]:
        """As the base class, which is not bounded: beyond what is held of a body, it is asked again how it goes on."""
        answer = self._exchange.answer
        if not isinstance(event, ResponseData) or answer is None:
            yield from super().state_consume_response_body(event)
            return
        self.response_body_buf += event.data
        if len(self.response_body_buf) > answer.limit or (answer.probing and answer.flows(bytes(self.response_body_buf))):
            buffered = bytes(self.response_body_buf)
            self.response_body_buf.clear()
            yield ResponseOverflowHook(self.flow)
            if (yield from self.check_killed(False)):
                return
            yield from self.start_response_stream()
            yield from self.server_state(ResponseData(self.stream_id, buffered))

    def start_request_stream(self) -> CommandGenerator[None]:
        if (yield from self.make_server_connection()):
            yield SendHttp(RequestHeaders(self.stream_id, self.flow.request, end_stream=False), self.context.server)
            self.client_state = self.state_stream_request_body

    def state_stream_request_body(self, event: events.Event) -> CommandGenerator[None]:
        watch = self._exchange.watch
        if watch is not None and isinstance(event, RequestData) and watch.feed(event.data):
            yield PlaceholderPassedHook(self.flow)
            yield from self.check_killed(True)
            return
        rewriter = self._exchange.rewriter
        if rewriter is None:
            yield from super().state_stream_request_body(event)
            return
        try:
            made = rewriter.feed(event.data) if isinstance(event, RequestData) else b""
            if isinstance(event, RequestEndOfMessage):
                made = rewriter.end()
        except CredentialError as error:
            # What has left is a part of a body that the upstream will see is not whole.
            yield SendHttp(RequestProtocolError(self.stream_id, error.message, ErrorCode.CANCEL), self.context.server)
            if isinstance(event, RequestEndOfMessage):
                self.client_state = self.state_done
            yield from self._fail(403, str(error))
            return
        if made:  # nothing at all would be the end of a chunked body
            yield from super().state_stream_request_body(RequestData(self.stream_id, made))
        if not isinstance(event, RequestData):
            yield from super().state_stream_request_body(event)

    def make_server_connection(self) -> CommandGenerator[bool]:
        """Opens, or finds, the upstream connection: the last place before bytes leave, so the ruling is checked here once more."""
        exchange = self.flow.metadata.get(EXCHANGE)
        if not isinstance(exchange, Exchange) or not exchange.cleared(self.flow):
            self.flow.kill()
            yield from self.check_killed(True)
            return False
        request = self.flow.request
        connection, error = yield GetConnection(
            (request.host, request.port), request.scheme == "https", None, "tcp", identity=exchange.identity
        )
        if error:
            status, reason = (int(error[:3]), error[4:]) if error[:4] in ("502 ", "504 ") else (502, f"{request.host}: {brief(error)}")
            yield from self._fail(status, reason)
            return False
        self.context.server = self.flow.server_conn = connection
        if request.is_http2 and connection.alpn != b"h2":
            frame_for_http1(self.flow, exchange)
        return True

    def flow_done(self) -> CommandGenerator[None]:
        """As the base class, which relays what follows a 101 as it comes."""
        assert self.flow.response is not None
        if self.flow.response.status_code != 101 or self._exchange.ours:
            yield from super().flow_done()
            return
        self.flow.live = False
        if self._exchange.relay is None:  # nothing reads it, so nothing passes
            yield commands.CloseConnection(self.context.client)
            self.client_state = self.server_state = self.state_errored
            return
        self.child_layer = Switched(self.context, self._exchange.relay)
        self._handle_event = self.passthrough  # type: ignore[method-assign]
        yield from self.child_layer.handle_event(events.Start())
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> CommandGenerator[None]:
        """An upstream that fails before its answer went on is a bad gateway, in our words; all else ends the stream."""
        begun = self.server_state not in (
            self.state_wait_for_response_headers,
            self.state_consume_response_body,
        )  # nothing of it was sent on
        waiting = not begun and self.client_state != self.state_errored
        if isinstance(event, ResponseProtocolError) and waiting and EXCHANGE in self.flow.metadata:
            yield from self._fail(502, f"{self.flow.request.host}: {brief(event.message)}")
        else:
            yield from super().handle_protocol_error(event)

    def _check_response(self) -> CommandGenerator[bool]:
        assert self.flow.response is not None
        try:
            validate_headers(self.flow.response)
        except ValueError:
            yield commands.CloseConnection(self.flow.server_conn)
            yield from self._fail(502, f"{self.flow.request.host}: the answer can be read in two ways")
            return True
        return False

    def _fail(self, status: int, reason: str) -> CommandGenerator[None]:
        """Answers an allowed request that cannot be carried out."""
        exchange = self._exchange
        exchange.ours = True
        self.flow.metadata["failure"] = reason
        self.flow.response = failure(status, reason, exchange.request, ended=False)
        if self.client_state == self.state_done:
            yield from self.send_response()
        else:
            yield from self._reply()
        self.server_state = self.state_errored

    def _reply(self) -> CommandGenerator[None]:
        """Sends the response that is in the flow now, before the request is read to its end."""
        self.request_body_buf.clear()
        self.client_state = self._discard_request_body
        yield from self.send_response()
        if self.server_state != self.state_errored:
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
            yield commands.RequestWakeup(DISCARD_SECONDS)

    def _discard_request_body(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, RequestEndOfMessage):
            self.client_state = self.state_done
            self.flow.live = False
            yield DropStream(self.stream_id)

    @property
    def _exchange(self) -> Exchange:
        exchange = self.flow.metadata[EXCHANGE]
        assert isinstance(exchange, Exchange)
        return exchange
