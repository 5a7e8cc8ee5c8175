"""Denials in each format, byte for byte where a client reads bytes. What Google's own clients make of them: tests/e2e/test_gcp_denials.py."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from warden.dialects.body.protobuf import Schema, message
from warden.dialects.gcp.denial import MESSAGE_LIMIT, denial
from warden.model import Decision, HttpRequest, Ruling

SENTENCE = "warden denied compute.instances.delete: What loses data is not allowed."
RULING = Ruling("r-1", decision=Decision(policies=("no-destroy/destructive",)))
STATUS: Schema = {
    "1": ["code", "int"],
    "2": ["message", "text"],
    "3": ["details", {"1": ["type", "text"], "2": ["value", "bytes"]}, "repeated"],
}
INFO: Schema = {"1": ["reason", "text"], "2": ["domain", "text"], "3": ["metadata", "text", "map"]}


def ask(target: str = "/v1/x", host: str = "compute.googleapis.com", method: str = "DELETE", **more: Any) -> HttpRequest:
    return HttpRequest(method, "https", host, 443, target, **more)


def test_json() -> None:
    answer = denial(ask(), RULING, SENTENCE)
    assert answer.status == 403
    error = json.loads(answer.body)["error"]
    assert (error["code"], error["status"], error["message"]) == (403, "PERMISSION_DENIED", SENTENCE)
    assert error["errors"] == [{"message": SENTENCE, "domain": "global", "reason": "forbidden"}]
    assert error["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "POLICY_DENIED",
            "domain": "warden",
            "metadata": {"ruling": "r-1", "policies": "no-destroy/destructive"},
        }
    ]


def test_what_could_not_be_decoded_is_the_reason() -> None:
    answer = denial(ask(), Ruling("r-2", code="duplicate-json-key"), SENTENCE)
    assert json.loads(answer.body)["error"]["details"][0]["reason"] == "DUPLICATE_JSON_KEY"


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+proto", "application/grpc-web+proto", "application/grpc-web-text"])
def test_grpc(kind: str) -> None:
    sentence = 'Nöt "100 %" sure\n~'
    answer = denial(ask(method="POST", headers=(("Content-Type", kind),), http_version="HTTP/2.0", body=None), RULING, sentence)
    headers = dict(answer.headers)
    assert (answer.status, answer.body, headers["Content-Type"], headers["grpc-status"]) == (200, b"", kind, "7")
    assert headers["grpc-message"] == 'N%C3%B6t "100 %25" sure%0A~'
    raw = headers["grpc-status-details-bin"]
    status = message(base64.b64decode(raw + "=" * (-len(raw) % 4)), STATUS)
    assert (status["code"], status["message"]) == (7, sentence)
    assert status["details"][0]["type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert message(status["details"][0]["value"], INFO) == {
        "reason": "POLICY_DENIED",
        "domain": "warden",
        "metadata": {"ruling": "r-1", "policies": "no-destroy/destructive"},
    }


def test_grpc_headers_stay_short_and_ascii() -> None:
    answer = denial(ask(method="POST", headers=(("content-type", "application/grpc"),)), RULING, "ü" * 5000)
    headers = dict(answer.headers)
    assert all(char.isascii() and char.isprintable() for value in headers.values() for char in value)
    assert len(unquote(headers["grpc-message"]).encode()) <= MESSAGE_LIMIT
    assert sum(map(len, headers.values())) < 8 << 10


@pytest.mark.parametrize(
    ("host", "target", "xml"),
    [
        ("storage.googleapis.com", "/bucket/object", True),
        ("storage.googleapis.com", "/", True),
        ("bucket.storage.googleapis.com", "/o?x=1", True),
        ("storage.googleapis.com", "/storage/v1/b", False),
        ("storage.googleapis.com", "/upload/storage/v1/b/x/o", False),
        ("storage.googleapis.com", "/batch/storage/v1", False),
        ("compute.googleapis.com", "/bucket/object", False),
    ],
)
def test_storage_xml(host: str, target: str, xml: bool) -> None:
    answer = denial(ask(target, host, "PUT"), RULING, "a < b & \x00c")
    if not xml:
        assert json.loads(answer.body)["error"]["code"] == 403
        return
    tree = ElementTree.fromstring(answer.body)
    assert (tree.findtext("Code"), tree.findtext("Message"), tree.findtext("Details")) == ("AccessDenied", "a < b & \ufffdc", "r-1")


@pytest.mark.parametrize(
    ("host", "target"),
    [("oauth2.googleapis.com", "/token"), ("sts.googleapis.com", "/v1/token"), ("www.googleapis.com", "/oauth2/v4/token")],
)
def test_token_endpoints(host: str, target: str) -> None:
    body = json.loads(denial(ask(target, host, "POST"), RULING, SENTENCE).body)
    assert body == {"error": "access_denied", "error_description": SENTENCE}


def test_head_has_no_body_and_an_unread_body_ends_the_connection() -> None:
    assert denial(ask(method="HEAD"), RULING, SENTENCE).body == b""
    unread = denial(ask(method="POST", body=None, body_length=None), RULING, SENTENCE)
    assert ("Connection", "close") in unread.headers
    over_http2 = denial(ask(method="POST", body=None, http_version="HTTP/2.0"), RULING, SENTENCE)
    assert ("Connection", "close") not in over_http2.headers
    assert ("Connection", "close") not in denial(ask(method="POST", body=b"{}"), RULING, SENTENCE).headers


@pytest.mark.parametrize("sentence", ["", "\ud800", "\x00", "x" * 100_000])
@pytest.mark.parametrize("kind", ["application/json", "application/grpc", "", "application/grpc;a=b", "application/grpc\x00"])
def test_any_request_gets_an_answer(sentence: str, kind: str) -> None:
    for host in ("storage.googleapis.com", "oauth2.googleapis.com", "x", ""):
        for headers in ((), (("content-type", kind),), (("content-type", kind), ("content-type", "text/xml"))):
            answer = denial(ask("%%%", host, "!", headers=headers), Ruling("r\ud800"), sentence)
            assert answer.status in (200, 403)
