"""mitmproxy's flows as Warden's messages, and back.

`read` gives what the client sent, end to end: everything but the fields that RFC 9110 section 7.6.1 says are for this connection alone. Those
mean nothing to the upstream, are never forwarded, and so are no part of what is ruled on. `emit` writes the ruled request, and only that,
into the flow. Header bytes are read as Latin-1, which maps every byte to one character and back.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mitmproxy import http

from warden.errors import DecodeError
from warden.model import Action, BodyRewriter, HttpRequest, HttpResponse, Ruling, Verb
from warden.redact.answer import Answer
from warden.redact.outgoing import Watch
from warden.redact.redactor import Finding

if TYPE_CHECKING:
    from warden.enforce.http.relay import Relay

#: Where the exchange is kept in a flow.
EXCHANGE = "warden"
#: RFC 9110 section 7.6.1, with Expect (ours to answer) and what belongs to explicit proxies. Transfer-Encoding is framing, and checked as such.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade", "http2-settings", "expect"})
#: What a Connection header may name. Anything else would strip a header that was ruled on: two readings.
CONNECTION_OPTIONS = frozenset({"close", "keep-alive", "te", "upgrade", "http2-settings", "proxy-connection"})
_LENGTH = re.compile(r"[0-9]{1,18}")
#: Which protocols a request may switch to, by the dialect that reads the host and what it was ruled to be: one row each, with the reason.
UPGRADES: Mapping[str, Mapping[str, frozenset[Verb] | None]] = {
    # Hosts on the egress list: what is inside was opened by naming the host.
    "http": {"websocket": None},
    "kubernetes": {
        # exec, attach, port-forward and proxy, which were ruled on as opaque streams; and watches and logs, whose answers may come this way.
        "websocket": frozenset({Verb.EXECUTE, Verb.CONNECT, Verb.READ, Verb.LIST}),
        "spdy/3.1": frozenset({Verb.EXECUTE, Verb.CONNECT}),  # only streams speak it
    },
}


@dataclass(slots=True)
class Exchange:
    """One request and its answer on their way through: what was ruled, what was emitted, what has passed."""

    request: HttpRequest
    #: The fields that were for the connection alone, by lower-case name.
    connection: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=perf_counter)
    ruling: Ruling | None = None
    #: The request as `emit` wrote it; None until it is allowed.
    emitted: tuple[Any, ...] | None = None
    #: The client certificate that it is sent under, by the broker's name for it.
    identity: str = ""
    #: The response in the flow is Warden's own: a denial, or an error on the way.
    ours: bool = False
    #: The protocol that the forwarded request asks to switch to.
    upgrade: str = ""
    #: The body is being read for the ruling, up to this many bytes.
    limit: int = 0
    #: What was read of a body that turned out to be larger; it is forwarded before the rest.
    prefix: bytes = b""
    #: How the response is redacted; None until its head is there.
    answer: Answer | None = None
    #: What looks at a body that is sent without being read.
    watch: Watch | None = None
    #: What every byte of a streamed body has to pass, or None.
    rewriter: BodyRewriter | None = None
    #: What goes through the connection once it has switched to another protocol.
    relay: Relay | None = None
    #: What was replaced there.
    stream_findings: list[Finding] = field(default_factory=list)
    sent: int = 0
    received: int = 0
    settled: bool = False

    def cleared(self, flow: http.HTTPFlow) -> bool:
        """Whether what the flow holds now is what an allowed ruling said to forward."""
        return self.ruling is not None and self.ruling.allowed and self.emitted is not None and self.emitted == _fields(flow)

    def count_sent(self, data: bytes) -> bytes:
        self.sent += len(data)
        return data

    def redacted(self) -> dict[str, Any]:
        """For the outcome: how many secrets were replaced, by rule; nothing where none was."""
        if self.answer is None:
            return {}
        found = [*self.answer.findings, *(one for _, one in self.answer.header_findings), *self.stream_findings]
        if not found:
            return {}
        return {"redacted": dict(Counter(one.rule for one in found))}


def read(flow: http.HTTPFlow, host: str, port: int, *, tls: bool, ended: bool) -> Exchange:
    """The request's head, and, with `ended`, its empty body. `host` and `port` are the connection's."""
    data = flow.request.data
    headers: list[tuple[str, str]] = []
    connection: dict[str, str] = {}
    length: int | None = 0 if ended else None
    for raw_name, raw_value in data.headers.fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        lower = name.lower()
        if lower in HOP_BY_HOP:
            connection[lower] = f"{connection[lower]},{value.lower()}" if lower in connection else value.lower()
            continue
        if lower == "content-length" and not ended and _LENGTH.fullmatch(value):
            length = int(value)
        headers.append((name, value))
    if "upgrade" in connection and "upgrade" in connection.get("connection", ""):
        # Readable for dialects when the request really asks to switch: else it is noise of this connection.
        headers.append(("Upgrade", connection["upgrade"]))
    request = HttpRequest(
        method=data.method.decode("latin-1"),
        scheme="https" if tls else "http",
        host=host,
        port=port,
        target=data.path.decode("latin-1"),
        headers=tuple(headers),
        body=b"" if ended else None,
        body_length=length,
        http_version=data.http_version.decode("latin-1"),
        sni=flow.client_conn.sni if tls else None,
        authority=data.authority.decode("latin-1") if data.authority else None,
    )
    return Exchange(request, connection)


def check_connection(exchange: Exchange) -> None:
    """Raises DecodeError when a Connection header names a field that is more than the connection's own."""
    for option in exchange.connection.get("connection", "").split(","):
        if option.strip() and option.strip() not in CONNECTION_OPTIONS:
            raise DecodeError(
                "connection-header", f"The Connection header names {option.strip()[:64]!r}, which is not for a connection alone."
            )


def wanted_upgrade(request: HttpRequest, dialect: str, actions: Sequence[Action]) -> str:
    """The protocol that this request may switch to, or an empty string. Only HTTP/1.1 has Upgrade, and h2c would carry unruled requests.

    `actions` are what it was ruled to be: the first is the request's own.
    """
    values = request.header_values("upgrade")
    known = UPGRADES.get(dialect, {})
    if len(values) != 1 or request.http_version != "HTTP/1.1" or (wanted := values[0].lower()) not in known:
        return ""
    verbs = known[wanted]
    return wanted if verbs is None or (actions and actions[0].verb in verbs) else ""


def emit(flow: http.HTTPFlow, exchange: Exchange, forward: HttpRequest) -> None:
    """Makes `forward` the flow's request. Raises ValueError for one that leads elsewhere or cannot be written."""
    request = exchange.request
    if (forward.scheme, forward.host, forward.port) != (request.scheme, request.host, request.port):
        raise ValueError("the request to forward leads to another host than the one that was ruled on")
    data = flow.request.data
    http2 = flow.request.is_http2
    closes = "close" in [option.strip() for option in exchange.connection.get("connection", "").split(",")]
    expects = exchange.connection.get("expect") == "100-continue"
    trailers = http2 and "trailers" in exchange.connection.get("te", "")
    headers = [(name, value) for name, value in forward.headers if name.lower() not in HOP_BY_HOP]
    hosts = forward.header_values("host")
    if http2:
        # RFC 9113 section 8.3.1: Host says the same as ":authority", which is what is kept; servers refuse the two together.
        headers = [(name, value) for name, value in headers if name.lower() != "host"]
    names = {name.lower() for name, _ in headers}
    if not http2 and "host" not in names:  # an absolute-form target was its only authority
        headers.insert(0, ("Host", forward.authority or request.host))
    if forward.body is not None and "transfer-encoding" not in names and (forward.body or "content-length" in names):
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        headers.append(("content-length" if http2 else "Content-Length", str(len(forward.body))))
    if trailers:
        headers.append(("te", "trailers"))  # RFC 9113 section 8.2.2 lets this one pass, and gRPC asks for it
    if exchange.upgrade:
        # Messages that are compressed together could not be read one by one: none is offered, so the server may use none (RFC 6455 section 9.1).
        headers = [(name, value) for name, value in headers if name.lower() != "sec-websocket-extensions"]
        headers += [("Connection", "Upgrade"), ("Upgrade", exchange.upgrade)]
    elif closes and not http2:
        headers.append(("Connection", "close"))
    data.method = forward.method.encode("ascii")
    data.path = forward.target.encode("ascii")
    data.authority = (forward.authority or request.authority or next(iter(hosts), request.host)).encode("ascii") if http2 else b""
    data.headers.fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
    data.trailers = None
    if forward.body is not None:
        data.content = forward.body
        exchange.sent = len(forward.body)
    exchange.emitted = _fields(flow)
    exchange.identity = forward.identity
    exchange.rewriter = forward.rewrite() if forward.rewrite is not None and forward.body is None else None
    if expects and forward.body is None:
        # Taken out again by the stream when it answers "100 Continue" to the client, before anything is sent upstream.
        data.headers.fields = (*data.headers.fields, (b"Expect", b"100-continue"))


def _fields(flow: http.HTTPFlow) -> tuple[Any, ...]:
    data = flow.request.data
    return (data.method, data.path, data.authority, data.scheme, data.host, data.port, data.headers.fields, data.trailers)


def write_head(flow: http.HTTPFlow, fields: Sequence[tuple[str, str]]) -> None:
    """Makes `fields` the response's. Over HTTP/1.1, a body of no stated length is chunked."""
    assert flow.response is not None
    made = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in fields]
    names = {name.lower() for name, _ in made}
    had = {name.lower() for name, _ in flow.response.data.headers.fields}
    if b"content-length" in had and b"content-length" not in names and not flow.request.is_http2 and b"transfer-encoding" not in names:
        made.append((b"Transfer-Encoding", b"chunked"))
    if b"transfer-encoding" in names:
        made = [pair for pair in made if pair[0].lower() != b"content-length"]
    flow.response.data.headers = http.Headers(made)


def safe_trailers(trailers: http.Headers | None) -> http.Headers | None:
    """gRPC's status and nothing else: other trailers would be fields that nobody looked at, or sums over a body that was changed."""
    if trailers is None:
        return None
    kept = [(name, value) for name, value in trailers.fields if name.lower() in (b"grpc-status", b"grpc-message")]
    return http.Headers(kept) if kept else None


def frame_for_http1(flow: http.HTTPFlow, exchange: Exchange) -> None:
    """Gives a request that came over HTTP/2 the framing that HTTP/1.1 needs: without it, its body would be read as a second request.

    mitmproxy forwards such a request without a length as it is (12.2.3, ``Http1Client.send``).
    """
    headers = flow.request.headers
    streamed = bool(flow.request.stream)
    if "content-length" not in headers and (streamed or flow.request.raw_content):
        if streamed:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(flow.request.raw_content or b""))
    headers.pop("te", None)
    exchange.emitted = _fields(flow)


def denial(response: HttpResponse, request: HttpRequest, *, ended: bool) -> http.Response:
    """Warden's response for the wire. Unless the whole request was read (`ended`), the connection closes after it."""
    head = request.method.upper() == "HEAD"
    fields = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers]
    fields.append((b"Content-Length", str(len(response.body)).encode()))
    if not ended:
        fields.append((b"Connection", b"close"))
    made = http.Response.make(response.status, b"")
    made.data.headers = http.Headers(fields)
    made.data.content = b"" if head else response.body
    return made


def failure(status: int, reason: str, request: HttpRequest, *, ended: bool) -> http.Response:
    """The answer when an allowed request does not reach its upstream.

    HTML on purpose: botocore takes any 5xx whose body starts with ``<html>`` for a gateway's error and does not try to parse it as its
    protocol; other clients show the text. Statuses 502 and 504 are retried a few times by SDKs, as for any gateway.
    """
    title = {403: "Forbidden", 502: "Bad Gateway", 504: "Gateway Timeout"}.get(status, "Error")
    body = f"<html><head><title>{status} {title}</title></head><body>warden: {html.escape(reason)}</body></html>\n"
    return denial(HttpResponse(status, (("Content-Type", "text/html"),), body.encode()), request, ended=ended)


def brief(text: str) -> str:
    """mitmproxy's words for an error, without what it quotes of the traffic."""
    return text.split("b'", 1)[0].split('b"', 1)[0].rstrip(": ")[:200]
