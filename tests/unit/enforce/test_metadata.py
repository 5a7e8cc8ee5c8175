"""The reader of metadata requests: what it takes, and what it refuses by name."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.enforce import metadata
from warden.errors import DecodeError
from warden.model import HttpRequest, HttpResponse


def read(wire: bytes) -> HttpRequest:
    async def one() -> HttpRequest:
        reader = asyncio.StreamReader()
        reader.feed_data(wire)
        reader.feed_eof()
        return await metadata.read(reader, "169.254.169.254")

    return asyncio.run(one())


def test_a_request_is_read_as_it_came() -> None:
    request = read(
        b"PUT /latest/api/token?x=%41 HTTP/1.1\r\nHost: 169.254.169.254\r\nX-TTL:  60 \r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n"
    )
    assert (request.method, request.scheme, request.host, request.port) == ("PUT", "http", "169.254.169.254", 80)
    assert request.target == "/latest/api/token?x=%41"
    assert request.headers == (("Host", "169.254.169.254"), ("X-TTL", "60"), ("Content-Length", "0"))
    assert read(b"GET / HTTP/1.0\r\n\r\n").headers == ()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
REFUSED = {
    "an absolute target": b"GET http://metadata.google.internal/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a connect": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET / HTTP/1.2\r\nHost: x\r\n\r\n",
    "a lower-case method": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "a body": GET + b"Content-Length: 1\r\n\r\nx",
    "two lengths": GET + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a chunked body": GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folding": GET + b"A: b\r\n c\r\n\r\n",
    "a space before the colon": GET + b"Metadata-Flavor : Google\r\n\r\n",
    "a bare line feed": GET + b"A: b\nMetadata-Flavor: Google\r\n\r\n",
    "a null": GET + b"A: \0\r\n\r\n",
    "a letter that is not ASCII": GET + b"A: \xc3\xa9\r\n\r\n",
    "an empty name": GET + b": x\r\n\r\n",
    "a head that is too long": GET + b"A: " + b"b" * metadata.HEAD_BYTES + b"\r\n\r\n",
    "a head that does not end": GET + b"A: " + b"b" * (1 << 20),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(REFUSED[name])
    assert caught.value.code == "metadata-request"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise(wire: bytes) -> None:
    try:
        request = read(wire + b"\r\n\r\n")
    except DecodeError:
        return
    assert request.target.startswith("/")


def test_an_answer_ends_the_connection() -> None:
    response = HttpResponse(200, (("Metadata-Flavor", "Google"),), b"body")
    assert metadata.write(response) == b"HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"
    assert metadata.write(response, body=False).endswith(b"Content-Length: 4\r\nConnection: close\r\n\r\n")
