"""Requests to metadata services are read to the letter, or not at all."""

from __future__ import annotations

import pytest

from warden.enforce.metadata import parse


def test_a_request() -> None:
    found = parse(
        b"PUT /latest/api/token?a HTTP/1.1\r\nHost: 169.254.169.254\r\nX-A:  b c \r\nContent-Length: 0\r\nX-Empty:\r\n\r\n",
        "169.254.169.254",
    )
    assert found is not None
    assert (found.method, found.host, found.port, found.target) == ("PUT", "169.254.169.254", 80, "/latest/api/token?a")
    assert found.header("x-a") == "b c"
    assert found.header("x-empty") == ""
    assert parse(b"GET / HTTP/1.0\r\n\r\n", "x") is not None


@pytest.mark.parametrize(
    "head",
    [
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET http://169.254.169.254/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET /\n HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: y\r\n z\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nX\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_anything_else_is_none(head: bytes) -> None:
    assert parse(head, "169.254.169.254") is None
