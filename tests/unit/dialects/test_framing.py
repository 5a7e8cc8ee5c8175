"""One row per reading that is accepted, and per one that is refused, with its code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from warden.dialects import framing
from warden.errors import DecodeError
from warden.model import HttpRequest

PLAIN = HttpRequest("POST", "https", "ec2.us-east-1.amazonaws.com", 443, "/", (("Host", "ec2.us-east-1.amazonaws.com"),))


def with_headers(*headers: tuple[str, str]) -> HttpRequest:
    return replace(PLAIN, headers=PLAIN.headers + headers)


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN,
        replace(PLAIN, sni="ec2.us-east-1.amazonaws.com"),
        replace(PLAIN, sni="EC2.us-east-1.amazonaws.com."),
        replace(PLAIN, headers=(("host", "EC2.us-east-1.amazonaws.com:443"),)),
        replace(PLAIN, headers=(("host", "ec2.us-east-1.amazonaws.com."),)),
        replace(PLAIN, headers=(), authority="ec2.us-east-1.amazonaws.com"),
        replace(PLAIN, authority="ec2.us-east-1.amazonaws.com:443"),
        replace(PLAIN, target="/a%20b/c?x=%2F&y"),
        replace(PLAIN, host="2001:db8::1", headers=(("Host", "[2001:db8::1]:443"),)),
        replace(PLAIN, host="2001:db8::1", headers=(("Host", "[2001:db8::1]"),)),
        with_headers(("Transfer-Encoding", "Chunked")),
        with_headers(("Content-Length", "10")),
        with_headers(("X-Thing", "caf\xe9")),
    ],
)
def test_has_one_reading(request_: HttpRequest) -> None:
    framing.check(request_)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (replace(PLAIN, method="CONNECT"), "method"),
        (replace(PLAIN, method="connect"), "method"),
        (replace(PLAIN, method="GET /"), "method"),
        (replace(PLAIN, method=""), "method"),
        (replace(PLAIN, target="https://ec2.us-east-1.amazonaws.com/"), "target-form"),
        (replace(PLAIN, target="*"), "target-form"),
        (replace(PLAIN, target=""), "target-form"),
        (replace(PLAIN, target="/a b"), "target-form"),
        (replace(PLAIN, target="/a#b"), "target-form"),
        (replace(PLAIN, target="/\xe9"), "target-form"),
        (replace(PLAIN, target="/a\r\nX: y"), "target-form"),
        (replace(PLAIN, headers=()), "host-missing"),
        (with_headers(("Host", "ec2.us-east-1.amazonaws.com")), "host-duplicate"),
        (replace(PLAIN, headers=(("Host", "s3.amazonaws.com"),)), "host-mismatch"),
        (replace(PLAIN, headers=(("Host", "ec2.us-east-1.amazonaws.com:8443"),)), "host-mismatch"),
        (replace(PLAIN, headers=(("Host", "ec2.us-east-1.amazonaws.com:443x"),)), "host-mismatch"),
        (replace(PLAIN, headers=(("Host", "ec2.us-east-1.amazonaws.com:0443443"),)), "host-mismatch"),
        (replace(PLAIN, headers=(("Host", "user@ec2.us-east-1.amazonaws.com"),)), "host-mismatch"),
        (replace(PLAIN, headers=(("Host", ""),)), "host-mismatch"),
        (replace(PLAIN, authority="s3.amazonaws.com"), "host-mismatch"),
        (replace(PLAIN, scheme="http"), "host-mismatch"),
        (replace(PLAIN, sni="s3.amazonaws.com"), "sni-mismatch"),
        (replace(PLAIN, sni=""), "sni-mismatch"),
        (with_headers(("X Y", "1")), "header-characters"),
        (with_headers(("", "1")), "header-characters"),
        (with_headers(("X", "a\r\nHost: b")), "header-characters"),
        (with_headers(("X", "a\x00")), "header-characters"),
        (with_headers(("Content-Length", "1"), ("Transfer-Encoding", "chunked")), "framing"),
        (with_headers(("Content-Length", "1"), ("Content-Length", "1")), "framing"),
        (with_headers(("Transfer-Encoding", "chunked"), ("transfer-encoding", "chunked")), "framing"),
        (with_headers(("Transfer-Encoding", "gzip, chunked")), "framing"),
        (with_headers(("Transfer-Encoding", "identity")), "framing"),
        (with_headers(("Content-Length", "+1")), "framing"),
        (with_headers(("Content-Length", "1, 1")), "framing"),
        (with_headers(("Content-Length", "\u0661")), "framing"),
        (with_headers(("Content-Type", "a/b"), ("content-type", "c/d")), "framing"),
        (with_headers(("X-HTTP-Method-Override", "DELETE")), "method-override"),
        (with_headers(("x-method-override", "DELETE")), "method-override"),
        (with_headers(("X-Http-Method", "DELETE")), "method-override"),
        (with_headers(("X-Original-URL", "/admin")), "target-override"),
        (with_headers(("x-rewrite-url", "/admin")), "target-override"),
        (with_headers(("X_HTTP_Method_Override", "DELETE")), "header-underscore"),
        (with_headers(("X-HTTP_Method-Override", "DELETE")), "header-underscore"),
        (with_headers(("X_Original_URL", "/admin")), "header-underscore"),
        (with_headers(("Content_Type", "a/b")), "header-underscore"),
        (with_headers(("Transfer_Encoding", "chunked")), "header-underscore"),
    ],
)
def test_is_refused(request_: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as refused:
        framing.check(request_)
    assert refused.value.code == code


def test_a_dialect_may_decode_method_overrides_itself() -> None:
    framing.check(with_headers(("X-HTTP-Method-Override", "PATCH")), method_override=True)
