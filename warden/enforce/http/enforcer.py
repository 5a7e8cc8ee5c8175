"""What happens at each hook of a connection: messages go to the pipeline, and what it rules is put into effect.

All methods are synchronous and run on the worker's loop. A ruling takes well under a millisecond; handing it to a thread would cost more than
that in waiting for the interpreter lock, and would let rulings overtake each other. One that took longer than `proxy.timeout` (a stalled
disk, a credential process) is denied afterwards: nothing else moved in that time either.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from mitmproxy import http, tls
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.layers.tls import ClientTLSLayer

from warden.config import Config
from warden.credentials.peer import Peers
from warden.enforce.http import message as wire
from warden.enforce.http.answering import Instead, Passing
from warden.enforce.http.layers import Close, Http
from warden.enforce.http.message import EXCHANGE, Exchange
from warden.enforce.http.relay import Relay
from warden.enforce.http.tls import HTTP1, HTTP2_AND_1, TlsSides
from warden.enforce.upstream import Upstream
from warden.errors import DecodeError
from warden.model import HttpRequest, HttpResponse, Ruling, TcpConnect
from warden.pipeline import Pipeline
from warden.redact.answer import Mode
from warden.redact.headers import Fields
from warden.redact.redactor import BlockedError

if TYPE_CHECKING:
    from warden.enforce.http.connection import Connection

logger = logging.getLogger("warden.enforce")

#: The denial when even making a denial failed. The log has the detail.
FIXED = b'{"error": {"code": "AccessDenied", "message": "warden could not rule on this request, so it is denied."}}\n'
# Not the banner of SSH, which begins as a request line does.
_METHOD_START = re.compile(rb"(?!SSH-)(?:\r\n)?[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}( |$)")


class Enforcer:
    """The hooks of all HTTP connections of one session."""

    def __init__(self, pipeline: Pipeline, config: Config, sides: TlsSides, upstream: Upstream, peers: Peers) -> None:
        self.pipeline = pipeline
        self.upstream = upstream
        self.timeout = config.proxy.timeout
        self._body_limit = config.proxy.body_limit
        self._sides = sides
        self._peers = peers
        #: Upstreams that were offered HTTP/2 and chose HTTP/1.1. Their next clients get HTTP/1.1 if they speak it, so that connections are kept.
        self._http1_only: set[tuple[str, int]] = set()

    # --- what the connection speaks ----------------------------------------------------------------------------------------------

    def next_layer(self, connection: Connection, next_layer: NextLayer) -> None:
        """TLS, then HTTP, or HTTP alone; anything else is closed. Waits while the first bytes do not tell."""
        context, data = next_layer.context, next_layer.data_client()
        if not data:
            return
        if not context.client.tls and data[0] == 0x16:
            if len(data) < 3:
                return
            if starts_like_tls_record(data):
                context.server.tls = True
                next_layer.layer = ClientTLSLayer(context)
                return
        elif context.client.alpn == b"h2":
            next_layer.layer = connection.http = Http(context, connection.answer)
            return
        elif match := _METHOD_START.match(data):
            if match[1]:
                next_layer.layer = connection.http = Http(context, connection.answer)
            return
        elif data == b"\r":
            return
        if connection.denied is None:  # else that is on the log, and the advice here would be wrong
            self.pipeline.refuse(
                TcpConnect(connection.host, connection.port),
                DecodeError(
                    "not-http",
                    "What was sent is neither HTTP nor HTTP over TLS.",
                    f"For other protocols, list tcp://{connection.host}:{connection.port} under egress.allow.",
                ),
            )
        next_layer.layer = Close(context)

    def tls_start_client(self, connection: Connection, data: tls.TlsData) -> None:
        # The leaf names what the client asked for. When that is not the host of the connection, every request is denied, in words that it reads.
        name = data.context.client.sni or connection.host
        known = (connection.host, connection.port) in self._http1_only
        data.ssl_conn = self._sides.client(name, prefer_http1=known)

    def tls_start_server(self, connection: Connection, data: tls.TlsData) -> None:
        # The same protocol on both sides, or HTTP/1.1 upstream: HTTP/1.1 requests have no place in an HTTP/2 connection.
        offers = HTTP2_AND_1 if data.context.client.alpn == b"h2" else HTTP1
        data.conn.alpn_offers = list(offers)
        peer = self._peers.peer(connection.host, connection.port)
        identity = connection.http.identities.get(data.conn, "") if connection.http else ""
        certificate = self._peers.certificate(identity) if identity else None
        data.conn.sni = peer.name if peer else connection.host
        data.ssl_conn = self._sides.server(data.conn.sni, offers, peer.authority if peer else None, certificate)

    def tls_established_server(self, connection: Connection, data: tls.TlsData) -> None:
        if data.context.client.alpn == b"h2" and data.conn.alpn != b"h2":
            self._http1_only.add((connection.host, connection.port))

    def tls_failed_server(self, connection: Connection, data: tls.TlsData) -> None:
        data.conn.error = None  # or the layer would give later requests the same error without trying again

    # --- requests ----------------------------------------------------------------------------------------------------------------

    def requestheaders(self, connection: Connection, flow: http.HTTPFlow) -> None:
        """Rules on the head, unless the ruling wants the body too: then the stream reads it, up to the limit."""
        connection.head_seen()
        ended = bool(flow.metadata.get("ended"))
        exchange = wire.read(flow, connection.host, connection.port, tls=bool(flow.client_conn.tls), ended=ended)
        flow.metadata[EXCHANGE] = exchange
        request = exchange.request
        connection.exchanges.append(exchange)
        try:
            self._check_head(flow, exchange)
        except DecodeError as error:
            self._deny(flow, exchange, self.pipeline.refuse(request, error))
            return
        small = (request.body_length or 0) <= self._body_limit
        if not ended and self.pipeline.needs_body(request) and (small or self.pipeline.needs_prefix(request)):
            exchange.limit = self._body_limit
            return
        self._rule(connection, flow, exchange, request)
        if flow.response is None and not ended:
            flow.request.stream = exchange.count_sent

    def _check_head(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        request = exchange.request
        if reason := flow.metadata.get("malformed"):
            raise DecodeError("malformed", reason)
        wire.check_connection(exchange)
        if request.scheme == "http" and (dialect := self.pipeline.decoder.net.claimant(request.host, request.port).name) != "http":
            raise DecodeError(
                "plain-http", f"Plain HTTP to {request.host}, an API of {dialect}, could be read and changed on its way.", "Use https://."
            )

    def request_overflow(self, connection: Connection, flow: http.HTTPFlow) -> None:
        """The body is larger than what is read of one: ruled on by its first bytes, or without it, which counts as its worst effect."""
        exchange = _exchange(flow)
        request, prefix = exchange.request, exchange.prefix
        exchange.prefix = b""
        self._rule(connection, flow, exchange, replace(request, prefix=prefix) if self.pipeline.needs_prefix(request) else request)
        if flow.response is None:
            flow.request.stream = exchange.count_sent

    def request(self, connection: Connection, flow: http.HTTPFlow) -> None:
        """The request has been read to its end."""
        exchange = _exchange(flow)
        flow.request.trailers = None  # not ruled on, so not forwarded
        if exchange.ruling is None and flow.response is None:
            body = flow.request.raw_content or b""
            self._rule(connection, flow, exchange, exchange.request.with_body(body))

    def placeholder_passed(self, connection: Connection, flow: http.HTTPFlow) -> None:
        """In a body that is on its way: it ends here, without an answer, and the log says why."""
        self.pipeline.refuse(
            _exchange(flow).request,
            DecodeError(
                "placeholder-elsewhere",
                "The body has the placeholder of a secret and is too large to be read, or its host may have none.",
                "Send it in a smaller body, to where the secret may go.",
            ),
        )
        flow.kill()

    def _rule(self, connection: Connection, flow: http.HTTPFlow, exchange: Exchange, request: HttpRequest) -> None:
        started = time.monotonic()
        exchange.request = request
        ruling = self.pipeline.rule(request, within=connection.denied)
        if ruling.allowed and time.monotonic() - started > self.timeout:
            ruling = self.pipeline.refuse(request, DecodeError("timeout", f"The ruling took longer than {self.timeout:g} s."))
        exchange.ruling = ruling
        if ruling.allowed and ruling.answer is not None:
            self._answer(flow, exchange, ruling.answer)
            return
        if not ruling.allowed or ruling.forward is None:
            self._deny(flow, exchange, ruling)
            return
        if request.body is None:
            exchange.watch = self.pipeline.watch(request)
        dialect = self.pipeline.decoder.dialect(request).name
        exchange.upgrade = wire.wanted_upgrade(request, dialect, ruling.actions)
        wire.emit(flow, exchange, ruling.forward)

    def _deny(self, flow: http.HTTPFlow, exchange: Exchange, ruling: Ruling) -> None:
        exchange.ruling = ruling
        self._answer(flow, exchange, self.pipeline.denial(exchange.request, ruling))

    def _answer(self, flow: http.HTTPFlow, exchange: Exchange, response: HttpResponse) -> None:
        """A response of ours, and nothing goes upstream."""
        exchange.emitted, exchange.ours = None, True
        flow.request.headers.pop("expect", None)  # the final status comes instead of "100 Continue"
        flow.request.stream = False
        ended = (bool(flow.metadata.get("ended")) or flow.request.timestamp_end is not None) and not flow.metadata.get("malformed")
        flow.response = wire.denial(response, exchange.request, ended=ended)

    # --- responses ---------------------------------------------------------------------------------------------------------------

    def responseheaders(self, connection: Connection, flow: http.HTTPFlow) -> None:
        exchange = _exchange(flow)
        if exchange.ours:
            return
        assert flow.response is not None
        if not (exchange.ruling and exchange.ruling.allowed):
            flow.kill()
        elif flow.response.status_code == 101 and (
            not exchange.upgrade or flow.response.headers.get("upgrade", "").lower() != exchange.upgrade
        ):
            # It would become a stream that nobody ruled on.
            self._settle(flow, exchange, error="the upstream switched protocols without being asked")
            flow.kill()
        elif flow.response.status_code == 101:
            self._switch(flow, exchange)
        else:
            self._redact_head(connection, flow, exchange)

    def _switch(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """What follows is another protocol's, and goes through what reads it, or nowhere."""
        assert flow.response is not None
        assert exchange.ruling is not None
        request, ruling = exchange.request, exchange.ruling
        try:
            exchange.answer = self.pipeline.answer(request, ruling, 101, _head(flow.response))
            switch = self.pipeline.switched(request, ruling, exchange.upgrade, exchange.answer.fields, exchange.stream_findings)
        except BlockedError as error:
            self._settle(flow, exchange, error=f"blocked: {error.reason}")
            flow.kill()
            return
        wire.write_head(flow, exchange.answer.fields)
        exchange.relay = Relay(exchange, switch, self.pipeline, lambda error: self._settle(flow, exchange, error=error))

    def _redact_head(self, connection: Connection, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Decides how the body goes on: as it comes, in units, or held until it is whole."""
        assert flow.response is not None
        assert exchange.ruling is not None
        try:
            exchange.answer = self.pipeline.answer(exchange.request, exchange.ruling, flow.response.status_code, _head(flow.response))
        except BlockedError as error:
            self._block(flow, exchange, error.reason)
            return
        if exchange.answer.mode is Mode.WHOLE:
            return
        wire.write_head(flow, exchange.answer.fields)
        if exchange.answer.mode is Mode.STREAM:
            flow.response.stream = Passing(exchange, lambda reason: self._cut(connection, flow, exchange, reason))

    def response_overflow(self, connection: Connection, flow: http.HTTPFlow) -> None:
        """The body is larger than what is held of one: from here on it goes through in units."""
        exchange = _exchange(flow)
        assert flow.response is not None
        assert exchange.answer is not None
        try:
            exchange.answer.stream()
        except BlockedError as error:
            self._block(flow, exchange, error.reason)
            return
        wire.write_head(flow, exchange.answer.fields)
        flow.response.stream = Passing(exchange, lambda reason: self._cut(connection, flow, exchange, reason))

    def _block(self, flow: http.HTTPFlow, exchange: Exchange, reason: str) -> None:
        """Sends the reason in place of the response."""
        assert exchange.ruling is not None
        exchange.ours = True
        made = wire.denial(self.pipeline.blocked(exchange.request, exchange.ruling, reason), exchange.request, ended=True)
        made.stream = Instead(made.raw_content or b"")
        made.data.content = None
        flow.metadata["failure"] = f"blocked: {reason}"
        flow.response = made

    def _cut(self, connection: Connection, flow: http.HTTPFlow, exchange: Exchange, reason: str) -> None:
        """Ends a response that has begun: what follows may not go on."""
        self.pipeline.blocked(exchange.request, exchange.ruling or Ruling(""), reason)
        self._settle(flow, exchange, error=f"blocked: {reason}")
        connection.abort()

    def response(self, connection: Connection, flow: http.HTTPFlow) -> None:
        exchange = _exchange(flow)
        assert flow.response is not None
        if not exchange.ours and flow.response.status_code == 101:
            connection.switched = exchange  # the outcome follows when the stream ends
        else:
            if exchange.answer is not None and not exchange.ours:
                flow.response.trailers = wire.safe_trailers(flow.response.trailers)
                if exchange.answer.mode is Mode.WHOLE:
                    self._redact_whole(flow, exchange)
            if isinstance(flow.response.stream, Instead) and flow.response.data.content is None:
                flow.response.data.content = flow.response.stream.body  # there was no body in whose place it could go
            self._settle(flow, exchange, error=flow.metadata.get("failure", ""))

    def _redact_whole(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        assert flow.response is not None
        assert exchange.answer is not None
        body = flow.response.raw_content or b""
        exchange.received += len(body)
        try:
            made = exchange.answer.whole(body)
        except BlockedError as error:
            self._block(flow, exchange, error.reason)
            return
        flow.response.data.content = made
        wire.write_head(flow, exchange.answer.fields)

    def error(self, connection: Connection, flow: http.HTTPFlow) -> None:
        exchange = flow.metadata.get(EXCHANGE)
        if isinstance(exchange, Exchange):
            text = wire.brief(flow.error.msg) if flow.error else "error"
            if exchange.ruling is None:  # its body could not be read to the end: nothing left, and that it was tried is on the log
                exchange.ruling = self.pipeline.refuse(
                    exchange.request, DecodeError("unfinished", f"The request did not end as it must: {text}")
                )
            self._settle(flow, exchange, error=text)

    def http2_error(self, connection: Connection, reason: str) -> None:
        """What was sent as HTTP/2 could not be made a request: the connection ends, and that it was tried is on the log."""
        self.pipeline.refuse(
            TcpConnect(connection.host, connection.port),
            DecodeError(
                "http2-protocol", f"What was sent is not HTTP/2 as RFC 9113 has it: {wire.brief(reason)}", "Use another HTTP library."
            ),
        )

    def _settle(self, flow: http.HTTPFlow, exchange: Exchange, *, error: str) -> None:
        self.settle(exchange, status=flow.response.status_code if flow.response else None, error=error)

    def settle(self, exchange: Exchange, *, status: int | None, error: str) -> None:
        """Records how an allowed exchange ended, once."""
        if exchange.settled:
            return
        exchange.settled = True
        if exchange.ruling is None or not exchange.ruling.allowed:
            return
        try:
            self.pipeline.outcome(
                exchange.ruling,
                status=status,
                request_bytes=exchange.sent,
                response_bytes=exchange.received,
                ms=round((time.perf_counter() - exchange.started) * 1000, 1),
                error=error,
                **exchange.redacted(),
            )
        except Exception:  # what has happened cannot be taken back; the next ruling meets the same log
            logger.exception("an outcome could not be recorded")

    # --- the end -----------------------------------------------------------------------------------------------------------------

    def client_disconnected(self, connection: Connection, client: object) -> None:
        if connection.switched is not None:
            self.settle(connection.switched, status=101, error="")
        for exchange in connection.exchanges:
            self.settle(exchange, status=None, error="the connection ended before the response did")
        connection.exchanges.clear()

    def failed(self, connection: Connection, name: str, data: object, error: Exception) -> None:
        """A hook raised: what was under way is denied in fixed words, or ended."""
        logger.error("hook %s failed", name, exc_info=error)
        if not isinstance(data, http.HTTPFlow):
            connection.abort()
            return
        exchange = data.metadata.get(EXCHANGE)
        if isinstance(exchange, Exchange):
            exchange.emitted, exchange.ours = None, True
        if name not in ("requestheaders", "request", "request_overflow") or not isinstance(exchange, Exchange):
            connection.abort()
            return
        data.request.stream = False
        data.request.headers.pop("expect", None)
        data.response = http.Response.make(403, FIXED, {"Content-Type": "application/json", "Connection": "close"})


def _head(response: http.Response) -> Fields:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.data.headers.fields)


def _exchange(flow: http.HTTPFlow) -> Exchange:
    exchange = flow.metadata[EXCHANGE]
    assert isinstance(exchange, Exchange)
    return exchange
