"""Secrets in every form in which an API server answers with them."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from warden.model import Action, Verb
from warden.redact.schema import Field, Schema, SchemaError, Secrets
from warden.redact.schema.field import read

_LAST = "kubectl.kubernetes.io/last-applied-configuration"


def _secrets(operation: str) -> Secrets:
    found = Schema().paths([Action("kubernetes", operation, Verb.READ)])
    assert found is not None
    return found


def _values(operation: str, body: bytes) -> list[bytes]:
    return [read(body[field.start : field.end], field.encoding) for field in _secrets(operation).find(body, "application/json")]


def _b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def _secret(data: dict[str, str], type_: str = "Opaque", **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "metadata": {"name": "n", **metadata},
        "data": {key: _b64(value) for key, value in data.items()},
        "type": type_,
    }


@pytest.mark.parametrize(
    "around",
    [
        lambda one: one,
        lambda one: {"kind": "SecretList", "metadata": {}, "items": [one]},
        lambda one: {"type": "ADDED", "object": one},
        lambda one: {"kind": "Table", "rows": [{"cells": ["n", "Opaque", 1], "object": one}]},
        lambda one: {"type": "ADDED", "object": {"kind": "Table", "rows": [{"object": one}]}},
    ],
)
@pytest.mark.parametrize("verb", ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"])
def test_data_is_found_wherever_the_secret_is(around: Any, verb: str) -> None:
    body = json.dumps(around(_secret({"password": "hunter2", "user": "bob"}))).encode()
    assert _values(f"secrets:{verb}", body) == [_b64("hunter2").encode(), _b64("bob").encode()]


def test_watch_has_an_event_a_line() -> None:
    events = [{"type": "ADDED", "object": _secret({"k": one})} for one in ("a1", "b2")]
    body = "".join(json.dumps(event) + "\n" for event in events).encode()
    assert _values("secrets:watch", body) == [_b64("a1").encode(), _b64("b2").encode()]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_was_last_applied_is_looked_into(ascii_only: bool) -> None:
    applied = {"kind": "Secret", "stringData": {"q": 'a"b\\\né\U0001f600'}, "data": {"p": _b64("pass")}, "type": "Opaque"}
    body = json.dumps(_secret({}, annotations={_LAST: json.dumps(applied, ensure_ascii=ascii_only)}), ensure_ascii=ascii_only).encode()
    assert _values("secrets:get", body) == ['a"b\\\né\U0001f600'.encode(), _b64("pass").encode()]
    made = json.loads(_secrets("secrets:get").rewrite(body, "application/json", lambda raw, field: b"XX"))
    again = json.loads(made["metadata"]["annotations"][_LAST])
    assert again == {**applied, "stringData": {"q": "XX"}, "data": {"p": "XX"}}


def test_an_annotation_that_cannot_be_read_is_secret_as_a_whole() -> None:
    body = json.dumps(_secret({}, annotations={_LAST: '{"data":{"p":"c2Vj'})).encode()
    assert _values("secrets:get", body) == [b'{"data":{"p":"c2Vj']


def _certificate() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "warden.test " + "x" * 30)])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM).decode(), pem.decode()


def test_certificates_and_namespaces_stay_readable_and_keys_do_not() -> None:
    certificate, key = _certificate()
    body = json.dumps(_secret({"tls.crt": certificate, "tls.key": key, "ca.crt": certificate * 2}, "kubernetes.io/tls")).encode()
    assert _values("secrets:get", body) == [_b64(key).encode()]
    account = {"ca.crt": certificate, "namespace": "team-a", "token": "eyJ"}
    body = json.dumps(_secret(account, "kubernetes.io/service-account-token")).encode()
    assert _values("secrets:get", body) == [_b64("eyJ").encode()]


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        ({"tls.crt": "hunter2"}, "kubernetes.io/tls"),
        ({"namespace": "Hunter2!"}, "kubernetes.io/service-account-token"),
        ({"namespace": "team-a"}, "Opaque"),
        ({"tls.crt": "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n"}, "kubernetes.io/tls"),
    ],
)
def test_what_only_says_that_it_is_public_is_secret(data: dict[str, str], type_: str) -> None:
    assert len(_values("secrets:get", json.dumps(_secret(data, type_)).encode())) == 1


def test_a_key_beside_a_certificate_is_secret() -> None:
    certificate, key = _certificate()
    assert len(_values("secrets:get", json.dumps(_secret({"tls.crt": certificate + key}, "kubernetes.io/tls")).encode())) == 1


def test_tokens_and_environments() -> None:
    assert _values("serviceaccounts/token:create", b'{"kind":"TokenRequest","status":{"token":"eyJ"}}') == [b"eyJ"]
    body = b'{"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"v"},{"name":"B"}]}]}}}}'
    fields = _secrets("apps/deployments:get").find(body, "application/json")
    assert [(field.shape, field.name, body[field.start : field.end]) for field in fields] == [("env", "A", b"v")]


def test_helm_releases_and_docker_configurations_are_named() -> None:
    body = json.dumps(_secret({"release": "SDRz"}, "helm.sh/release.v1")).encode()
    assert [field.shape for field in _secrets("secrets:get").find(body, "application/json")] == ["helm-release"]
    body = json.dumps(_secret({".dockerconfigjson": "{}"}, "kubernetes.io/dockerconfigjson")).encode()
    assert [field.shape for field in _secrets("secrets:get").find(body, "application/json")] == ["json"]


@pytest.mark.parametrize(
    "operation", ["configmaps:get", "pods/log:get", "namespaces:list", "nodes:list", "certificates.k8s.io/certificatesigningrequests:get"]
)
def test_other_answers_have_none(operation: str) -> None:
    assert Schema().paths([Action("kubernetes", operation, Verb.READ)]) is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"k8s\x00\n", "application/vnd.kubernetes.protobuf"),
        (b"\xd9\xd9\xf7\xa0", "application/cbor"),
        (b'{"data":{"a":"x","a":"y"}}', "application/json"),
        (b'{"data":{"a":"x"', "application/json"),
    ],
)
def test_what_cannot_be_read_is_an_error(body: bytes, content_type: str) -> None:
    with pytest.raises(SchemaError):
        _secrets("secrets:get").find(body, content_type)


def test_environments_alone_are_not_certain() -> None:
    assert _secrets("secrets:list").certain
    assert not _secrets("pods:list").certain


def test_a_status_has_none() -> None:
    fields: list[Field] = _secrets("secrets:get").find(b'{"kind":"Status","status":"Failure","code":404}', "application/json")
    assert fields == []
