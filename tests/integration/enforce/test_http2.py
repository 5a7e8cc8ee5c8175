"""HTTP/2 at the level of frames: what a well-behaved library would not send, and what gRPC does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest

BAD: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "authority elsewhere": ({"authority": "other.test"}, []),
    "authority with a user": ({"authority": "api.test@other.test"}, []),
    "host elsewhere": ({}, [("host", "other.test")]),
    "two hosts": ({}, [("host", "api.test"), ("host", "api.test")]),
    "another scheme": ({"scheme": "http"}, []),
    "asterisk": ({"path": "*"}, []),
    "a whole URL as the path": ({"path": "https://other.test/echo"}, []),
    "space in the path": ({"path": "/echo HTTP/1.1\r\nX: y"}, []),
    "fragment": ({"path": "/echo#x"}, []),
    "line end in a value": ({}, [("x-a", "b\r\nx-c: d")]),
    "line end in a name": ({}, [("x-a: b\r\nx-c", "d")]),
    "null in a value": ({}, [("x-a", "b\0c")]),
    "upper case": ({}, [("X-A", "b")]),
    "connection": ({}, [("connection", "x-ruled")]),
    "transfer-encoding": ({}, [("transfer-encoding", "chunked")]),
    "upgrade": ({}, [("connection", "upgrade"), ("upgrade", "websocket")]),
    "two lengths": ({}, [("content-length", "1"), ("content-length", "2")]),
    "CONNECT with a path": ({"method": "CONNECT"}, []),
    "extended CONNECT": ({"method": "CONNECT", "protocol": "websocket"}, []),
    "unknown pseudo header": ({"x": "y"}, []),
    "method override": ({}, [("x-http-method-override", "DELETE")]),
}


@pytest.mark.parametrize("http2", [False, True], ids=["to http1", "to http2"])
@pytest.mark.parametrize(("pseudo", "headers"), BAD.values(), ids=BAD.keys())
def test_what_has_no_single_reading_never_leaves(
    make: Callable[..., Any], http2_client: Any, pseudo: dict[str, str], headers: list[tuple[str, str]], http2: bool
) -> None:
    running = make(http2=http2)
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    fields = dict(pseudo)
    stream = client.send(fields.pop("path", "/echo"), *headers, method=fields.pop("method", "GET"), **fields)
    client.run(lambda: stream in client.ended, seconds=5)
    assert stream in client.ended
    assert client.status.get(stream, "403") == "403"
    assert running.upstream.heads == []
    assert all(ruling["decision"] == "deny" for ruling in running.rules.rulings())
    client.sock.close()


@pytest.mark.parametrize("beside", [[(":authority", "api.test")], []], ids=["beside :authority", "alone"])
@pytest.mark.parametrize("http2", [False, True], ids=["to http1", "to http2"])
def test_host_goes_on_once(make: Callable[..., Any], http2_client: Any, beside: list[tuple[str, str]], http2: bool) -> None:
    running = make(http2=http2)
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    stream = client.connection.get_next_available_stream_id()
    fields = [(":method", "GET"), (":scheme", "https"), (":path", "/echo"), *beside, ("host", "api.test")]
    client.connection.send_headers(stream, fields, end_stream=True)
    client.received[stream] = 0
    client.run(lambda: stream in client.ended, seconds=5)
    assert client.status[stream] == "200"  # nginx refuses Host and :authority together
    assert [head.lower().count(b"\r\nhost:") for head in running.upstream.heads] == [1]
    client.sock.close()


def test_more_body_than_declared_never_leaves(running: Any, http2_client: Any) -> None:
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    stream = client.send("/echo", ("content-length", "2"), method="POST", end=False)
    client.connection.send_data(stream, b"hiGET /smuggled HTTP/1.1\r\nHost: api.test\r\n\r\n", end_stream=True)
    client.run(lambda: stream in client.ended, seconds=5)
    assert all(b"smuggled" not in head for head in running.upstream.heads)
    assert running.upstream.bodies == []
    client.sock.close()


@pytest.mark.parametrize("path", ["/echo", "/body"])
def test_a_body_without_a_length_is_framed_for_http1(running: Any, http2_client: Any, path: str) -> None:
    if path == "/body":
        running.rules.needs_body = lambda request: True  # then it is read first, and sent whole
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    stream = client.send(path, method="POST", end=False)
    body = b"GET /smuggled HTTP/1.1\r\nHost: api.test\r\n\r\n"
    client.connection.send_data(stream, body, end_stream=True)
    client.run(lambda: stream in client.ended, seconds=5)
    assert client.bodies[stream] == body
    assert len(running.upstream.heads) == 1
    client.sock.close()


def test_streams_are_ruled_on_one_by_one(running: Any, http2_client: Any) -> None:
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    streams = [client.send(path) for path in ("/bytes/1", "/denied", "/bytes/2", "/denied", "/bytes/3")]
    client.run(lambda: set(streams) <= client.ended, seconds=10)
    assert [client.status[stream] for stream in streams] == ["200", "403", "200", "403", "200"]
    assert len(running.upstream.heads) == 3
    client.sock.close()


class Grpc:
    """A server that answers each piece of a request with that piece, while the request goes on, and ends with trailers."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(1 << 16):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.requests.append({str(name): str(value) for name, value in event.headers})
                    connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
                elif isinstance(event, h2.events.DataReceived):
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    if event.data:
                        connection.send_data(event.stream_id, event.data)
                elif isinstance(event, h2.events.StreamEnded):
                    connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
            writer.write(connection.data_to_send())
        writer.close()


def test_grpc_streams_both_ways_and_keeps_its_trailers(make: Callable[..., Any], http2_client: Any) -> None:
    running = make()
    service = Grpc()
    context = running.upstream.certified("api.test")
    context.set_alpn_protocols(["h2"])
    server = running.upstream.loop.run(asyncio.start_server(service.serve, "127.0.0.1", 0, ssl=context))
    running.worker._upstream._map["*"] = type(running.worker._upstream._map["*"])("127.0.0.1", server.sockets[0].getsockname()[1])
    running.to("api.test")
    client = http2_client(running.port, running.ca_file)
    stream = client.send("/pkg.Service/Method", ("content-type", "application/grpc"), ("te", "trailers"), method="POST", end=False)
    messages = [b"\0" + len(text).to_bytes(4, "big") + text for text in (b"one", b"two", b"three")]
    for number, piece in enumerate(messages, 1):
        client.connection.send_data(stream, piece)
        client.run(lambda: len(client.bodies.get(stream, b"")) >= sum(map(len, messages[:number])), seconds=5)  # noqa: B023
    assert client.bodies[stream] == b"".join(messages)
    client.connection.end_stream(stream)
    client.run(lambda: stream in client.ended, seconds=5)
    assert client.trailers[stream] == [("grpc-status", "0")]
    assert service.requests[0]["te"] == "trailers"
    assert service.requests[0][":authority"] == "api.test"
    assert running.rules.outcome()["response_bytes"] == 26
    client.sock.close()
