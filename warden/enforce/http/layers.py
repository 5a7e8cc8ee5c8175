"""mitmproxy's layers, made strict where they are lenient and bounded where they are not.

What each override is for, measured or read in mitmproxy 12.2.3:

- its HTTP/1 parser takes bare line feeds, folded lines, any white space, and answers what it cannot parse without a hook: `Http1Server`
  reads heads by the letter, and hands what it refuses to the same hooks as any request, so that it is recorded and denied;
- heads are not bounded in size or time, and neither are bytes sent ahead while a response is awaited: `Http1Server` and `Http1Client` are;
- an HTTP/1 trailer raises NotImplementedError, which leaves the connection hanging: `_TrailerlessReader` discards them (RFC 9112 section 7.1.2);
- an upstream's 1xx is taken for the final response: `Http1Client` skips them, 101 aside;
- a response set on a request's head is sent only after the whole body was buffered: `Stream` sends it at once and discards the rest;
- buffering for a hook is not bounded in memory: `Stream` asks again when the limit is reached.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

import mitmproxy.proxy.layers.http as mitm_http
from h11 import EndOfMessage
from h11._readers import ChunkedReader
from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.net.http.validate import validate_headers
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator, Layer
from mitmproxy.proxy.layers.http import (
    DropStream,
    GetHttpConnection,
    HttpLayer,
    HTTPMode,
    HttpStream,
    SendHttp,
)
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client as MitmHttp1Client
from mitmproxy.proxy.layers.http._http1 import Http1Connection, make_body_reader
from mitmproxy.proxy.layers.http._http1 import Http1Server as MitmHttp1Server
from mitmproxy.proxy.layers.http._http2 import Http2Server

from warden.enforce.http.message import EXCHANGE, Exchange, failure, frame_for_http1

#: Bytes of a request or response head. AWS presigned URLs and session tokens make some of 16 KiB; servers rarely take more than 64.
HEAD_BYTES = 1 << 16
#: Seconds for a head to come in whole once its first byte is there.
HEAD_SECONDS = 30.0
#: Bytes that a client may send ahead of the response to an earlier request.
AHEAD_BYTES = 1 << 20
#: Seconds that the rest of a request is read and thrown away after it was answered early: closing at once would take the answer with it.
DISCARD_SECONDS = 30.0

_BLANK_LINE = re.compile(rb"\n\r?\n")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# RFC 9112 section 3: request-line = method SP request-target SP HTTP-version; section 5: no white space before the colon, no folding.
_HEAD = re.compile(
    rb"(?P<method>" + _TOKEN + rb") (?P<target>[\x21-\x7e\x80-\xff]+) HTTP/1\.[01]\r\n"
    rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n"
)


class MalformedRequest(http.Request):
    """Stands in for a request that could not be read, on its way to being denied. `reason` says why."""

    reason: str

    @classmethod
    def of(cls, head: bytes, reason: str) -> MalformedRequest:
        words = head.split(b"\n", 1)[0].split()
        target = words[1][:1024] if len(words) > 1 else b"/"
        request = cls("", 0, b"UNREADABLE", b"", b"", target, b"HTTP/1.1", http.Headers(), None, None, time.time(), None)
        request.reason = reason
        return request


@dataclass
class RequestOverflowHook(commands.StartHook):
    """The body that a ruling wants to read has reached the limit."""

    flow: http.HTTPFlow


class _TrailerlessReader(ChunkedReader):
    """Reads a chunked body and drops its trailers."""

    def __call__(self, buf: Any) -> Any:
        event = super().__call__(buf)
        return EndOfMessage() if isinstance(event, EndOfMessage) else event


def _body_reader(size: int | None) -> Any:
    return _TrailerlessReader() if size is None else make_body_reader(size)


class Http1Server(MitmHttp1Server):
    """HTTP/1 towards the sandbox."""

    _slow_head: commands.RequestWakeup | None = None

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Wakeup):
            if event.command is self._slow_head and self.state == self.read_headers:
                yield commands.CloseConnection(self.conn)
                self.state = self.done
            return
        if isinstance(event, events.DataReceived) and self.state == self.wait and len(self.buf) > AHEAD_BYTES:
            yield commands.CloseConnection(self.conn)
            return
        yield from super()._handle_event(event)

    def read_headers(self, event: events.ConnectionEvent) -> CommandGenerator[None]:
        if not isinstance(event, events.DataReceived):
            yield from super().read_headers(event)
            return
        # RFC 9112 section 2.2: "a server [...] SHOULD ignore at least one empty line (CRLF) received prior to the request-line."
        raw = bytes(self.buf)
        if raw[:2] == b"\r\n":
            self.buf.maybe_extract_at_most(2)
            raw = raw[2:]
        end = _BLANK_LINE.search(raw)
        if end is None:
            if len(raw) > HEAD_BYTES:
                yield from self._malformed(raw, f"The head of the request is larger than {HEAD_BYTES} bytes.")
            elif raw and self._slow_head is None:
                self._slow_head = commands.RequestWakeup(HEAD_SECONDS)
                yield self._slow_head
            return
        self._slow_head = None
        head = raw[: end.end()]
        try:
            self.request, size = _parse(head)
        except ValueError as error:
            yield from self._malformed(head, str(error))
            return
        self.buf.maybe_extract_at_most(len(head))
        yield ReceiveHttp(RequestHeaders(self.stream_id, self.request, size == 0))
        self.body_reader = _body_reader(size)
        self.state = self.read_body
        yield from self.state(event)

    def _malformed(self, head: bytes, reason: str) -> CommandGenerator[None]:
        """Sends a stand-in through the hooks. Where its body would end nobody knows: nothing after it is read."""
        self.request = request = MalformedRequest.of(head, reason)
        self.buf.maybe_extract_at_most(len(self.buf))
        yield ReceiveHttp(RequestHeaders(self.stream_id, request, True))
        yield ReceiveHttp(RequestEndOfMessage(self.stream_id))
        yield from self.mark_done(request=True)


def _parse(head: bytes) -> tuple[http.Request, int | None]:
    """The request and the size of its body (None: chunked). Raises ValueError."""
    if len(head) > HEAD_BYTES:
        raise ValueError(f"The head of the request is larger than {HEAD_BYTES} bytes.")
    match = _HEAD.fullmatch(head)
    if match is None:
        raise ValueError("The head of the request is not exactly what HTTP/1.1 allows.")
    if match["method"].upper() == b"CONNECT":
        raise ValueError("There is no proxy here to CONNECT through: connections go out directly and are ruled on as they are.")
    try:
        request = http1.read_request_head(head[:-4].split(b"\r\n"))
        validate_headers(request)
        return request, http1.expected_http_body_size(request)
    except ValueError as error:
        raise ValueError(f"The head of the request has no single reading: {str(error)[:200]}") from error


class Http1Client(MitmHttp1Client):
    """HTTP/1 towards the upstream."""

    def send(self, event: HttpEvent) -> CommandGenerator[None]:
        if not isinstance(event, RequestTrailers):  # came over HTTP/2; they were not ruled on
            yield from super().send(event)

    def read_headers(self, event: events.ConnectionEvent) -> CommandGenerator[None]:
        if isinstance(event, events.DataReceived) and self.request:
            while (end := _BLANK_LINE.search(raw := bytes(self.buf))) is not None:
                status = re.match(rb"HTTP/1\.[01] (1\d\d)[ \r\n]", raw)
                if status is None or status[1] == b"101":
                    break
                self.buf.maybe_extract_at_most(end.end())
            if (len(raw) if end is None else end.end()) > HEAD_BYTES:
                yield commands.CloseConnection(self.conn)
                assert self.stream_id is not None
                yield ReceiveHttp(
                    ResponseProtocolError(self.stream_id, "the head of the response is too large", ErrorCode.GENERIC_SERVER_ERROR)
                )
                return
            if end is None:
                return
        yield from super().read_headers(event)

    def read_body(self, event: events.Event) -> CommandGenerator[None]:
        if type(self.body_reader) is ChunkedReader:
            self.body_reader = _TrailerlessReader()
        yield from super().read_body(event)


# HttpClient (one per upstream connection) names this class through its module, and has no other seam.
mitm_http.Http1Client = Http1Client  # type: ignore[attr-defined]


class Stream(HttpStream):
    """One request and its response."""

    _ended = False

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
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
            return (yield from super().check_invalid(False))
        message = self.flow.request
        reason = ""
        if isinstance(message, MalformedRequest):
            reason = message.reason
        elif message.method == "CONNECT":
            message.data.method = b"UNREADABLE"  # or the base class would start a tunnel
            reason = "There is no proxy here to CONNECT through: connections go out directly and are ruled on as they are."
        elif message.data.scheme and message.data.scheme != (b"https" if self.context.client.tls else b"http"):
            reason = "The request names another scheme than its connection has."
        else:
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
            yield RequestOverflowHook(self.flow)
            if (yield from self.check_killed(True)):
                return
            if self.flow.response is not None:
                yield from self._reply()
                return
            buffered = bytes(self.request_body_buf)
            self.request_body_buf.clear()
            yield from self.start_request_stream()
            if self.client_state == self.state_stream_request_body:
                yield from self.client_state(RequestData(self.stream_id, buffered))
            return
        yield from super().state_consume_request_body(event)

    def start_request_stream(self) -> CommandGenerator[None]:
        if (yield from self.make_server_connection()):
            yield SendHttp(RequestHeaders(self.stream_id, self.flow.request, end_stream=False), self.context.server)
            self.client_state = self.state_stream_request_body

    def make_server_connection(self) -> CommandGenerator[bool]:
        """Opens, or finds, the upstream connection: the last place before bytes leave, so the ruling is checked here once more."""
        exchange = self.flow.metadata.get(EXCHANGE)
        if not isinstance(exchange, Exchange) or not exchange.cleared(self.flow):
            self.flow.kill()
            yield from self.check_killed(True)
            return False
        request = self.flow.request
        connection, error = yield GetHttpConnection((request.host, request.port), request.scheme == "https", None, "tcp")
        if error:
            status, reason = (int(error[:3]), error[4:]) if error[:4] in ("502 ", "504 ") else (502, f"{request.host}: {error[:200]}")
            exchange.ours = True
            self.flow.metadata["failure"] = reason
            self.flow.response = failure(status, reason, exchange.request, ended=False)
            if self.client_state == self.state_done:
                yield from self.send_response()
            else:
                yield from self._reply()
            return False
        self.context.server = self.flow.server_conn = connection
        if request.is_http2 and connection.alpn != b"h2":
            frame_for_http1(self.flow, exchange)
        return True

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


class Http(HttpLayer):
    """The HTTP layer of one connection from the sandbox."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, HTTPMode.transparent)
        server: Http1Connection | Http2Server
        server = Http2Server(context.fork()) if context.client.alpn == b"h2" else Http1Server(context.fork())
        self.connections[context.client] = server

    def make_stream(self, stream_id: int) -> CommandGenerator[None]:
        self.streams[stream_id] = Stream(self.context.fork(), stream_id)
        yield from self.event_to_child(self.streams[stream_id], events.Start())


class Close(Layer):
    """Ends a connection that speaks nothing that may pass."""

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.CloseConnection(self.context.client)
