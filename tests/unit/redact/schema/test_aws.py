"""Every row of AWS's table: a real request decoded by the dialect, its answer written by moto's serializers, and exactly the secret values found.

moto is an emulator; its serializers are driven by botocore's models and know nothing of our reader. CBOR, which moto does not write, is written here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from moto.core.serialize import get_serializer_class

from tests.unit.dialects.aws.botocore_requests import installed
from warden.dialects.aws import AwsDialect
from warden.redact import cbor_spans
from warden.redact.schema import Schema, rows
from warden.redact.schema.field import read

_OPERATIONS = rows.operations("aws")
_SERVICES = sorted({name.partition(":")[0] for name in _OPERATIONS} & set(installed().services()))

#: Answers that moto writes wrongly: a text for a list inside a union; what is beside a member called ``body`` inside it.
_WRONG = ("bedrock-agent-runtime:ListFlowExecutionEvents", "qconnect:")


class _Output:
    """A full output: every text has a value of its own."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, Any]] = []

    def value(self, shape: Shape, name: tuple[str, ...], seen: tuple[str, ...]) -> Any:
        if isinstance(shape, StructureShape):
            if shape.name in seen:
                return {}
            members = shape.members.items()
            return {
                member: self.value(inner, (*name, member), (*seen, shape.name))
                for member, inner in members
                if inner.serialization.get("location") not in ("header", "headers", "statusCode")
            }
        if isinstance(shape, ListShape):
            return [] if shape.name in seen else [self.value(shape.member, name, (*seen, shape.name)) for _ in range(2)]
        if isinstance(shape, MapShape):
            return {} if shape.name in seen else {key: self.value(shape.value, name, (*seen, shape.name)) for key in ("k1", "k 2")}
        if shape.type_name in ("string", "blob", "character"):
            text: Any = f'<v>&"{len(self.texts)}é\\' if name[-1:] != ("Type",) else "SecureString"
            text = text.encode() if shape.type_name == "blob" else text
            self.texts.append((".".join(name), text))
            return text
        scalars = {"boolean": True, "integer": 1, "long": 1, "timestamp": 1767225600, "double": 1.5, "float": 1.5}
        return scalars.get(shape.type_name, 1)


def _cbor(value: Any) -> bytes:
    """`value` as rpc-v2-cbor writes it, but for times, which no row is about."""
    if isinstance(value, (str, bytes)):
        content = value.encode() if isinstance(value, str) else value
        return cbor_spans.head(3 if isinstance(value, str) else 2, len(content)) + content
    if isinstance(value, list):
        return cbor_spans.head(4, len(value)) + b"".join(map(_cbor, value))
    if isinstance(value, dict):
        return cbor_spans.head(5, len(value)) + b"".join(_cbor(key) + _cbor(inner) for key, inner in value.items())
    return b"\xf5" if value is True else b"\x01"


def _answers(service: str) -> Iterator[tuple[str, Any, bytes, str, set[bytes]]]:
    model = installed().model(service)
    loaded = ServiceModel(model._service_description, service)
    for sample in installed().samples(service, full=False):
        name = f"{service}:{sample.operation}"
        if name not in _OPERATIONS or name.startswith(_WRONG):
            continue
        operation = loaded.operation_model(sample.operation)
        if operation.output_shape is None or operation.has_event_stream_output:
            continue
        output = _Output()
        value = output.value(operation.output_shape, (), ())
        wanted = {entry["n"] for entry in rows._table("aws")[name] if isinstance(entry, dict)}
        expected = {text if isinstance(text, bytes) else text.encode() for member, text in output.texts if member in wanted}
        if sample.protocol == "rpc-v2-cbor":
            yield name, sample.request, _cbor(value), "application/cbor", expected
            continue
        made = get_serializer_class(service, sample.protocol)(operation).serialize(value)
        body = made["body"].encode() if isinstance(made["body"], str) else made["body"]
        content_type = (
            "application/x-amz-json-1.1" if sample.protocol == "json" else made["headers"].get("Content-Type", "")
        )  # moto: "text"
        yield name, sample.request, body, content_type, expected


@pytest.mark.parametrize("service", _SERVICES)
def test_every_secret_value_and_no_other_is_found(service: str) -> None:
    dialect = AwsDialect()
    schema = Schema()
    for name, request, body, content_type, expected in _answers(service):
        secrets = schema.paths(dialect.decode(request))
        assert secrets is not None, name
        found = set()
        for field in secrets.find(body, content_type):
            value = read(body[field.start : field.end], field.encoding)
            if field.transform == "base64" and value not in expected:
                value = base64.b64decode(value)
            found.add(value)
        assert found == expected, name


def test_most_rows_are_tested() -> None:
    """Operations of older releases only, and those without an endpoint, are not in the run above: they are few."""
    tested = {f"{service}:{sample.operation}" for service in _SERVICES for sample in installed().samples(service, full=False)}
    assert len(set(_OPERATIONS) - tested) < len(_OPERATIONS) / 10
