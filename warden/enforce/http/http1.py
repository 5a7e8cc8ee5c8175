"""HTTP/1 on both sides: mitmproxy's state machines, made strict where they are lenient and bounded where they are not.

What each override is for, measured or read in mitmproxy 12.2.3:

- its parser takes bare line feeds, folded lines, any white space, and answers what it cannot parse without a hook: `Http1Server` reads heads
  by the letter, and hands what it refuses to the same hooks as any request, so that it is recorded and denied;
- heads are not bounded in size or time, and neither are bytes sent ahead while a response is awaited: here they are;
- a trailer raises NotImplementedError, which leaves the connection hanging: `_TrailerlessReader` discards them (RFC 9112 section 7.1.2);
- an upstream's 1xx is taken for the final response: `Http1Client` skips them, 101 aside.
"""

from __future__ import annotations

import re
import time
from typing import Any

import mitmproxy.proxy.layers.http as mitm_http
from h11 import EndOfMessage
from h11._readers import ChunkedReader
from mitmproxy import http
from mitmproxy.net.http.http1.read import expected_http_body_size
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestTrailers,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client as MitmHttp1Client
from mitmproxy.proxy.layers.http._http1 import Http1Server as MitmHttp1Server
from mitmproxy.proxy.layers.http._http1 import make_body_reader

from warden.enforce.http import heads

#: Bytes of a request or response head. AWS presigned URLs and session tokens make some of 16 KiB; servers rarely take more than 64.
HEAD_BYTES = 1 << 16
#: Seconds for a head to come in whole once its first byte is there.
HEAD_SECONDS = 30.0
#: Bytes that a client may send ahead of the response to an earlier request.
AHEAD_BYTES = 1 << 20

_BLANK_LINE = re.compile(rb"\n\r?\n")
# RFC 9112 section 3.2.2: absolute-form; whether its authority is the connection's is checked with everything else.
_ABSOLUTE = re.compile(rb"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#@]+)(?P<path>/.*)?")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")


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
    match = heads.REQUEST.fullmatch(head)
    if match is None:
        raise ValueError("The head of the request is not exactly what HTTP/1.1 allows.")
    method, target, version = match["method"], match["target"], match["version"]
    if method.upper() == b"CONNECT":
        raise ValueError("There is no proxy here to CONNECT through: connections go out directly and are ruled on as they are.")
    scheme = authority = b""
    if not target.startswith(b"/") and target != b"*":
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None:
            raise ValueError("The request target is neither a path nor a whole URL.")
        scheme, authority, target = absolute["scheme"].lower(), absolute["authority"], absolute["path"] or b"/"
    fields = heads.fields(head)
    return heads.request(method, scheme, authority, target, version, fields), _body_size(fields, version)


def _body_size(fields: heads.Fields, version: bytes) -> int | None:
    """The size of the body, None when it is chunked. Raises ValueError for anything that could be read in two ways (RFC 9112 section 6)."""
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    codings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    if not lengths and not codings:
        return 0
    if len(lengths) + len(codings) > 1:
        raise ValueError("The request states the length of its body more than once.")
    if lengths:
        if not _LENGTH.fullmatch(lengths[0]):
            raise ValueError("The Content-Length is not a plain number.")
        return int(lengths[0])
    if codings[0].lower() != b"chunked" or version != b"HTTP/1.1":
        raise ValueError("The only transfer coding that can be ruled on is chunked, in HTTP/1.1.")
    return None


class Http1Client(MitmHttp1Client):
    """HTTP/1 towards the upstream."""

    _head = b""

    def send(self, event: HttpEvent) -> CommandGenerator[None]:
        if isinstance(event, RequestTrailers):  # came over HTTP/2; they were not ruled on
            return
        if self._head and not isinstance(event, RequestData):
            yield commands.SendData(self.conn, self._take(b""))
        for command in super().send(event):
            if not isinstance(command, commands.SendData):
                yield command
            elif isinstance(event, RequestHeaders) and not event.end_stream and not event.request.stream:
                self._head = command.data  # the whole body is here and follows at once: one TLS record, and one write, for both
            else:
                yield commands.SendData(self.conn, self._take(command.data))

    def _take(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + data

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
            if (response := heads.response(raw[: end.end()])) is not None:
                yield from self._begin(response, end.end(), event)
                return
        yield from super().read_headers(event)

    def _begin(self, response: http.Response, size: int, event: events.DataReceived) -> CommandGenerator[None]:
        """As the base class does, which takes heads that are less exact."""
        assert self.request is not None
        assert self.stream_id is not None
        self.buf.maybe_extract_at_most(size)
        self.response = response
        try:
            body = expected_http_body_size(self.request, response)
        except ValueError as error:
            yield commands.CloseConnection(self.conn)
            reason = f"Cannot parse HTTP response: {error}"
            yield ReceiveHttp(ResponseProtocolError(self.stream_id, reason, ErrorCode.GENERIC_SERVER_ERROR))
            return
        yield ReceiveHttp(ResponseHeaders(self.stream_id, response, body == 0))
        self.body_reader = _body_reader(body)
        self.state = self.read_body
        yield from self.state(event)

    def read_body(self, event: events.Event) -> CommandGenerator[None]:
        if type(self.body_reader) is ChunkedReader:
            self.body_reader = _TrailerlessReader()
        yield from super().read_body(event)


# HttpClient (one per upstream connection) names this class through its module, and has no other seam.
mitm_http.Http1Client = Http1Client  # type: ignore[attr-defined]
