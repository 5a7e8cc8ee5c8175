"""Heads are read as mitmproxy reads them, where it leaves no doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.net.http import http1

from warden.enforce.http import heads

_TOKEN = st.text("!#$%&'*+-.^_`|~09AZaz", min_size=1, max_size=12).map(str.encode)
_VALUE = st.binary(max_size=24).map(lambda raw: bytes(byte for byte in raw if byte == 9 or (byte >= 32 and byte != 127)))
_FIELDS = st.lists(st.tuples(_TOKEN, _VALUE), max_size=6)
_REASON = st.sampled_from([b"", b"OK", b"Not Found", b"I'm a teapot", b"\xe4\xf6"])


def _head(first: bytes, fields: list[tuple[bytes, bytes]]) -> bytes:
    return first + b"\r\n" + b"".join(b"%s:%s\r\n" % field for field in fields) + b"\r\n"


def _lines(head: bytes) -> list[bytes]:
    return head[:-4].split(b"\r\n")


@given(status=st.integers(100, 999), reason=_REASON, fields=_FIELDS, version=st.sampled_from([b"HTTP/1.0", b"HTTP/1.1"]))
def test_a_response_is_what_mitmproxy_reads(status: int, reason: bytes, fields: list[tuple[bytes, bytes]], version: bytes) -> None:
    head = _head(b"%s %d %s" % (version, status, reason), fields)
    made, theirs = heads.response(head), http1.read_response_head(_lines(head))
    assert made is not None
    for name in ("http_version", "status_code", "reason", "content", "trailers", "timestamp_end"):
        assert getattr(made.data, name) == getattr(theirs.data, name), name
    assert made.headers.fields == theirs.headers.fields
    assert http1.assemble_response_head(made) == http1.assemble_response_head(theirs)


@given(method=_TOKEN, path=st.text("abc/?&=%20", max_size=12), fields=_FIELDS)
def test_a_request_is_what_mitmproxy_reads(method: bytes, path: str, fields: list[tuple[bytes, bytes]]) -> None:
    head = _head(b"%s /%s HTTP/1.1" % (method, path.encode()), fields)
    match = heads.REQUEST.fullmatch(head)
    assert match is not None
    made = heads.request(match["method"], b"", b"", match["target"], match["version"], heads.fields(head))
    theirs = http1.read_request_head(_lines(head))
    assert made.headers.fields == theirs.headers.fields
    for name in ("http_version", "method", "scheme", "authority", "path", "host", "port", "content", "trailers", "timestamp_end"):
        assert getattr(made.data, name) == getattr(theirs.data, name), name
    assert made.copy().data.get_state() == made.data.get_state()


@given(fields=_FIELDS, name=_TOKEN)
def test_a_look_up_finds_what_mitmproxys_finds(fields: list[tuple[bytes, bytes]], name: bytes) -> None:
    made = heads.request(b"GET", b"", b"", b"/", b"HTTP/1.1", tuple(fields)).headers
    theirs = http1.read_request_head([b"GET / HTTP/1.1"]).headers
    theirs.fields = tuple(fields)
    for wanted in (name, *(key for key, _ in fields)):
        for spelt in (wanted, wanted.upper(), wanted.swapcase().decode()):
            assert made.get_all(spelt) == theirs.get_all(spelt)
            assert made.get(spelt) == theirs.get(spelt)
            assert made.get(spelt, "") == theirs.get(spelt, "")
            assert (spelt in made) == (spelt in theirs)
    assert 1 not in made


@pytest.mark.parametrize(
    "head",
    [
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 200  OK\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\r\n\r\n",
    ],
)
def test_what_is_not_by_the_letter_is_left_to_mitmproxy(head: bytes) -> None:
    assert heads.response(head) is None
