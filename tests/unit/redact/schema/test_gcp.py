"""Google's table: real requests of google-api-python-client decoded by the dialect, answers built from the documents' schemas, and exactly the
secrets found."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.dialects.gcp import client_requests
from warden.dialects.gcp import GcpDialect
from warden.model import Action, Verb
from warden.redact.schema import Schema, SchemaError, rows
from warden.redact.schema.field import read

#: Documents whose methods' point is a secret, or that agents use most.
_DOCUMENTS = [
    "secretmanager.v1", "iam.v1", "iamcredentials.v1", "cloudkms.v1", "sqladmin.v1", "container.v1", "storage.v1", "redis.v1", "apikeys.v2",
    "run.v2", "cloudfunctions.v2", "cloudbuild.v2", "compute.v1", "sts.v1", "datastream.v1", "iap.v1", "firestore.v1", "alloydb.v1",
]  # fmt: skip


class _Response:
    """A full response: every text has a value of its own."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self.texts: list[tuple[tuple[str, ...], str]] = []

    def value(self, given: dict[str, Any], path: tuple[str, ...], seen: tuple[str, ...]) -> Any:
        if "$ref" in given:
            name = given["$ref"]
            return {} if name in seen else self.value(self._schemas[name], path, (*seen, name))
        if given.get("type") == "array":
            return [self.value(given["items"], path, seen) for _ in range(2)]
        if given.get("type") == "object":
            made = {name: self.value(inner, (*path, name), seen) for name, inner in given.get("properties", {}).items()}
            if "additionalProperties" in given:
                made["some key"] = self.value(given["additionalProperties"], (*path, "*"), seen)
            return made
        if given.get("type") == "string":
            text = f'v"{len(self.texts)}é'
            text = base64.b64encode(text.encode()).decode() if given.get("format") == "byte" else text
            self.texts.append((path, text))
            return text
        return {"boolean": True, "integer": 1, "number": 1.5}.get(given.get("type", ""), {})


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_every_secret_value_and_no_other_is_found(name: str) -> None:
    document = client_requests.document(f"{name}.json")
    dialect, schema = GcpDialect(), Schema()
    methods = {method["id"]: method for method in _methods(document)}
    tested = 0
    for sample in client_requests.samples(f"{name}.json"):
        secrets = schema.paths(dialect.decode(sample.request))
        response = methods[sample.method].get("response")
        if secrets is None or response is None:
            continue
        made = _Response(document["schemas"])
        body = json.dumps(made.value(response, (), ()), indent=1).encode()
        wanted = {row.path for row in rows.of("gcp", sample.method)}
        expected = {text.encode() for path, text in made.texts if path in wanted}
        found = {read(body[field.start : field.end], field.encoding) for field in secrets.find(body, "application/json; charset=UTF-8")}
        assert found == expected, sample.method
        tested += bool(expected)
    assert tested


def _methods(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = [method for inner in node.get("resources", {}).values() for method in _methods(inner)]
    return [*node.get("methods", {}).values(), *below]


def _find(operation: str, body: bytes, content_type: str = "application/json") -> list[bytes]:
    secrets = Schema().paths([Action("gcp", operation, Verb.READ)])
    assert secrets is not None
    return [body[field.start : field.end] for field in secrets.find(body, content_type)]


@pytest.mark.parametrize(
    ("operation", "body", "found"),
    [
        (
            "secretmanager.projects.secrets.versions.access",
            b'{"name":"n","payload":{"data":"aHVudGVyMg==","dataCrc32c":"1"}}',
            [b"aHVudGVyMg=="],
        ),
        ("oauth2.token", b'{"access_token":"ya29.x","token_type":"Bearer"}', [b"ya29.x"]),
        ("sts.token", b'{"access_token":"ya29.x"}', [b"ya29.x"]),
        ("apikeys.projects.locations.keys.create", b'{"name":"operations/1","done":true,"response":{"keyString":"AIza"}}', [b"AIza"]),
        ("iam.projects.serviceAccounts.keys.create", b'{"privateKeyData":"e30=","name":"n"}', [b"e30="]),
        ("storage.projects.hmacKeys.create", b'{"secret":"s","metadata":{"accessId":"GOOG"}}', [b"s"]),
        ("redis.projects.locations.instances.getAuthString", b'{"authString":"s"}', [b"s"]),
        ("sql.sslCerts.insert", b'{"clientCert":{"certPrivateKey":"k","certInfo":{"cert":"c"}}}', [b"k"]),
    ],
)
def test_the_methods_whose_point_is_a_secret(operation: str, body: bytes, found: list[bytes]) -> None:
    assert _find(operation, body) == found


def test_a_batch_is_read_part_by_part_and_its_lengths_fit() -> None:
    parts = [b'{"payload":{"data":"QUFB"}}', b'{"payload":{"data":"QkJC"}}']
    head = b"--b1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    body = b"".join(head % len(part) + part + b"\r\n" for part in parts) + b"--b1--\r\n"
    secrets = Schema().paths([Action("gcp", "secretmanager.projects.secrets.versions.access", Verb.READ)])
    assert secrets is not None
    kind = "multipart/mixed; boundary=b1"
    assert [body[field.start : field.end] for field in secrets.find(body, kind)] == [b"QUFB", b"QkJC"]
    made = secrets.rewrite(body, kind, lambda raw, field: raw * 2)
    assert made.count(b"Content-Length: %d\r\n" % (len(parts[0]) + 4)) == 2
    assert b"QUFBQUFB" in made
    assert b"QkJCQkJC" in made


@pytest.mark.parametrize("content_type", ["application/grpc", "application/x-protobuf", "text/javascript"])
def test_what_cannot_be_read_is_an_error(content_type: str) -> None:
    with pytest.raises(SchemaError):
        _find("secretmanager.projects.secrets.versions.access", b"\x0a\x01x", content_type)
