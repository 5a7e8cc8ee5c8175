"""Denials: a Status in the format that the client takes, told apart by the reader of each format."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.dialects.kubernetes.test_recorded import SERIALIZED
from tests.unit.dialects.kubernetes.wire import DECODER, request
from warden.dialects.body import cbor
from warden.dialects.body.protobuf import fields as wire_fields
from warden.dialects.kubernetes import denial, protobuf
from warden.model import Decision, HttpRequest, HttpResponse, Ruling

DELETE = "/apis/apps/v1/namespaces/shop/deployments/cart"
SENTENCE = 'warden denied apps/deployments:delete on prod/…: policy "no-destroy/destructive". Deleting is not allowed.'
PROTOBUF, CBOR = "application/vnd.kubernetes.protobuf", "application/cbor"


def denied(sent: HttpRequest, *, code: str = "") -> HttpResponse:
    actions = () if code else DECODER.decode(sent)
    decision = Decision(policies=() if code else ("no-destroy/destructive",), reason="What loses data is not allowed.")
    return DECODER.dialect(sent).deny(sent, Ruling("ruling-1", actions, decision, code=code), SENTENCE)


def accepting(accept: str, *headers: tuple[str, str], method: str = "DELETE") -> HttpResponse:
    return denied(request(method, DELETE, b"", ("Accept", accept), *headers))


def test_a_status_that_kubectl_prints() -> None:
    answer = denied(request("DELETE", DELETE))
    assert answer.status == 403
    headers = dict(answer.headers)
    assert (headers["Content-Type"], headers["X-Request-Id"]) == ("application/json", "ruling-1")
    assert "Retry-After" not in headers
    assert json.loads(answer.body) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": SENTENCE,
        "reason": "Forbidden",
        "code": 403,
        "details": {
            "name": "cart",
            "group": "apps",
            "kind": "deployments",
            "causes": [
                {"reason": "no-destroy/destructive", "message": "What loses data is not allowed.", "field": "apps/deployments:delete"}
            ],
        },
    }


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "application/json"),
        (f"{PROTOBUF},application/json", "application/json"),
        (f"{PROTOBUF}, */*;q=0.1", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("", "application/json"),
        (PROTOBUF, PROTOBUF),
        (f"{PROTOBUF};q=0.9", PROTOBUF),
        (CBOR, CBOR),
        (f"{CBOR}, {PROTOBUF}", PROTOBUF),
    ],
)
def test_the_format_is_one_that_the_client_takes(accept: str, kind: str) -> None:
    assert dict(accepting(accept).headers)["Content-Type"] == kind


def test_protobuf_is_laid_out_as_go_writes_it() -> None:
    """The same Status through our writer and, recorded, through the API server's."""
    row = SERIALIZED["status"]
    status: dict[str, Any] = row["json"]
    ours, theirs = denial._protobuf(status), base64.b64decode(row["protobuf"])
    assert protobuf.kind(ours)[:2] == protobuf.kind(theirs)[:2] == ("v1", "Status")

    def fields(raw: bytes) -> dict[int, Any]:
        return {number: value for number, _, value in wire_fields(raw) if value != b""}

    own, go = fields(protobuf.kind(ours)[2]), fields(protobuf.kind(theirs)[2])
    details_own, details_go = fields(own.pop(5)), fields(go.pop(5))
    assert details_go.pop(5, 0) == 0  # retryAfterSeconds, which Go writes always
    go.pop(1)  # the empty ListMeta
    assert own == go
    assert details_own == details_go


def test_cbor_is_the_status() -> None:
    answer = accepting(CBOR)
    assert answer.body.startswith(b"\xd9\xd9\xf7")
    assert cbor.kubernetes(answer.body) == json.loads(accepting("application/json").body)
    assert cbor.kubernetes(denial._cbor({"a" * 300: ["é" * 70_000]})) == {"a" * 300: ["é" * 70_000]}


def test_an_upgrade_is_answered_in_json_and_a_head_with_nothing() -> None:
    stream = request("POST", "/api/v1/namespaces/shop/pods/cart-0/exec", None, ("Accept", PROTOBUF), ("Upgrade", "SPDY/3.1"), length=0)
    answer = denied(stream)
    assert json.loads(answer.body)["details"]["name"] == "cart-0"
    assert denied(request("HEAD", DELETE)).body == b""


def test_what_could_not_be_decoded_is_answered_too() -> None:
    answer = denied(request("GET", "/api/v1//pods"), code="empty-segment")
    status = json.loads(answer.body)
    assert status["details"] == {"causes": [{"reason": "empty-segment", "message": "What loses data is not allowed.", "field": ""}]}
    assert (status["reason"], status["code"]) == ("Forbidden", 403)


def test_the_connection_closes_where_a_body_may_still_come() -> None:
    unread = denied(request("POST", "/api/v1/namespaces/shop/pods", None, length=9))
    assert ("Connection", "close") in unread.headers
    assert "Connection" not in dict(denied(request("DELETE", DELETE)).headers)
