"""The http dialect, which claims what no cloud dialect does, and names and connections as Actions."""

from __future__ import annotations

import json

import pytest

from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.http import HttpDialect
from warden.errors import DecodeError
from warden.model import Certainty, DnsQuestion, Flag, HttpRequest, Ruling, TcpConnect, Verb


@pytest.mark.parametrize(
    ("method", "verb"),
    [("GET", Verb.READ), ("POST", Verb.UPDATE), ("DELETE", Verb.DELETE), ("PROPFIND", Verb.UNKNOWN), ("get", Verb.UNKNOWN)],
)
def test_method_decides_the_verb(method: str, verb: Verb) -> None:
    (action,) = HttpDialect(Egress(["pypi.org"])).decode(HttpRequest(method, "https", "pypi.org", 443, "/simple/?token=x"))
    assert (action.verb, action.certainty) == (verb, Certainty.UNKNOWN)
    assert (Flag.DESTRUCTIVE in action.flags) == (verb is Verb.DELETE)
    assert action.context["path"] == "/simple/"  # a query may hold secrets
    assert action.resources[0].attributes["egress"] is True


@pytest.mark.parametrize(
    ("method", "target", "operations"),
    [
        ("GET", "/chat", ["upgrade"]),
        ("DELETE", "/v1/volumes/v-1", ["upgrade", "DELETE"]),
        ("delete", "/v1/volumes/v-1", ["upgrade", "other"]),
        ("POST", "/v1/volumes", ["upgrade", "POST"]),
    ],
)
def test_a_server_may_ignore_an_upgrade(method: str, target: str, operations: list[str]) -> None:
    request = HttpRequest(method, "https", "pypi.org", 443, target, (("Upgrade", "websocket"),))
    assert [action.operation for action in HttpDialect(Egress(["pypi.org"])).decode(request)] == operations


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


def post(kind: str, body: bytes | None, target: str = "/x") -> HttpRequest:
    headers = (("Content-Type", kind),) if kind else ()
    return HttpRequest("POST", "https", "pypi.org", 443, target, headers, body, None if body is None else len(body))


@pytest.mark.parametrize(
    "request_",
    [
        post(FORM, b"a=b&_method=delete"),
        post(FORM, b"_m%65thod=DELETE"),
        post(FORM, b"a=b;_method=DELETE"),  # Rack 2
        post(FORM, b"+_method=delete"),  # PHP
        post(FORM, b"_method[]=delete"),
        post(f"{FORM}; charset=utf-8", b"_method=put"),
        post(f"{FORM}, application/json", b"_method=put"),
        post("", b"_method=delete"),  # to Rack, a form
        post("application/json", b"{}", "/x?a=b&_method=delete"),
        post(PARTS, b'--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\ndelete\r\n--x--'),
        post(PARTS, b"--x\r\nContent-Disposition: form-data; name=_method\r\n\r\ndelete\r\n--x--"),
    ],
)
def test_a_form_that_asks_for_another_method(request_: HttpRequest) -> None:
    dialect = HttpDialect(Egress(["pypi.org"]))
    with pytest.raises(DecodeError) as caught:
        dialect.decode(request_)
    assert caught.value.code == "method-override"
    assert dialect.needs_body(request_) is (request_.header_values("content-type") != ["application/json"])


@pytest.mark.parametrize(
    ("request_", "verb"),
    [
        (post(FORM, b"a=_method&payment_method=x"), Verb.UPDATE),
        (post("application/json", b'{"_method": "delete"}'), Verb.UPDATE),
        (post("application/json", None), Verb.UPDATE),
        (post(PARTS, b'--x\r\nContent-Disposition: form-data; name="payment_method"\r\n\r\nx\r\n--x--'), Verb.UPDATE),
        (post(PARTS, None), Verb.UPDATE),  # an upload
        (post(FORM, None), Verb.UNKNOWN),  # a form of more than is read of one
    ],
)
def test_a_form_is_what_its_method_says(request_: HttpRequest, verb: Verb) -> None:
    (action,) = HttpDialect(Egress(["pypi.org"])).decode(request_)
    assert action.verb is verb


def test_denial_is_json_with_the_ruling() -> None:
    response = HttpDialect(Egress()).deny(HttpRequest("GET", "https", "x.test", 443, "/"), Ruling("r-1"), 'because "x"\n')
    assert response.status == 403
    assert json.loads(response.body)["error"] == {"code": "AccessDenied", "message": 'because "x"\n', "ruling": "r-1"}


DECODER = Decoder(Egress(["pypi.org", "tcp://db.example.com:5432"]))


@pytest.mark.parametrize(
    ("message", "dialect", "listed"),
    [
        (DnsQuestion("ec2.us-east-1.amazonaws.com", "A"), "aws", False),
        (DnsQuestion("pypi.org", "AAAA"), "http", True),
        (DnsQuestion("db.example.com", "A"), "http", True),
        (DnsQuestion("evil.test", "A"), "http", False),
        (TcpConnect("ec2.us-east-1.amazonaws.com", 443), "aws", False),
        (TcpConnect("ec2.us-east-1.amazonaws.com", 22), "http", False),
        (TcpConnect("pypi.org", 443), "http", True),
        (TcpConnect("pypi.org", 22), "http", False),
        (TcpConnect("db.example.com", 5432), "http", True),
        (TcpConnect("db.example.com", 443), "http", False),
        (TcpConnect("192.0.2.1", 443), "literal", False),
        (TcpConnect("2001:db8::1", 443), "literal", False),
    ],
)
def test_names_and_connections_say_who_rules_next(message: DnsQuestion | TcpConnect, dialect: str, listed: bool) -> None:
    (action,) = DECODER.decode(message)
    attributes = action.resources[0].attributes
    assert (attributes["dialect"], attributes["egress"]) == (dialect, listed)


def test_only_a_tcp_entry_makes_a_stream_opaque() -> None:
    streams = {port: DECODER.decode(TcpConnect("db.example.com", port))[0].context["stream"] for port in (443, 5432)}
    assert streams == {443: "http", 5432: "opaque"}


@pytest.mark.parametrize(("key", "account"), [("AKIADUMMY", "123456789012"), ("AKIAOTHER", "")])
def test_an_arn_is_filled_with_the_account_of_the_key_that_signs(key: str, account: str) -> None:
    authorization = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
    host = "ec2.us-east-1.amazonaws.com"
    body = b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"
    headers = (("Host", host), ("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", authorization))
    decoder = Decoder(accounts={"AKIADUMMY": "123456789012"})
    (action,) = decoder.decode(HttpRequest("POST", "https", host, 443, "/", headers, body))
    assert action.resources[0].id == f"arn:aws:ec2:us-east-1:{account}:instance/i-1"
