"""Requests as botocore makes them: every operation of the installed release, serialized by its own serializers for its own endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.serialize import create_serializer

from warden.model import HttpRequest

ACCOUNT = "123456789012"
_SESSION = botocore.session.get_session()
_LOADER = _SESSION.get_component("data_loader")
_PARTITIONS = _LOADER.load_data("partitions")


@dataclass(frozen=True)
class Sample:
    """A request with what it must decode to."""

    service: str
    operation: str
    protocol: str
    request: HttpRequest


def services() -> list[str]:
    return list(_LOADER.list_available_services("service-2"))


def model(service: str) -> ServiceModel:
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


class Endpoints:
    """The endpoint of each operation of a service in a region, or None where the rule set has none."""

    def __init__(self, service: ServiceModel) -> None:
        self._model = service
        self._provider = EndpointProvider(_LOADER.load_service_model(service.service_name, "endpoint-rule-set-1"), _PARTITIONS)
        self._known: dict[Any, Any] = {}
        self._parameters = self._provider.ruleset.parameters

    def of(self, operation: OperationModel, region: str, *, fips: bool = False, dualstack: bool = False, account: bool = False) -> Any:
        given: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack, "ForcePathStyle": True}
        if self._model.service_name == "s3control":
            given |= {"AccountId": ACCOUNT}
        if account:
            given |= {"AccountId": ACCOUNT, "AccountIdEndpointMode": "preferred"}
        given |= {entry.name: entry.value for entry in operation.static_context_parameters}
        given = {key: value for key, value in given.items() if key in self._parameters}
        key = tuple(sorted(given.items()))
        if key not in self._known:
            try:
                self._known[key] = self._provider.resolve_endpoint(**given)
            except EndpointProviderError:
                self._known[key] = None
        return self._known[key]


def samples(service: str, *, full: bool, region: str = "us-east-1", **variant: bool) -> Iterator[Sample]:
    """Every operation of `service` in every protocol that it offers, signed as its endpoint asks (with a dummy signature)."""
    loaded = model(service)
    endpoints = Endpoints(loaded)
    for protocol in loaded.metadata.get("protocols", [loaded.metadata["protocol"]]):
        serializer = create_serializer(protocol, False)
        for name in loaded.operation_names:
            operation = loaded.operation_model(name)
            endpoint = endpoints.of(operation, region, **variant)
            if endpoint is None:
                continue
            arguments = _value(operation.input_shape, full, 0, ()) if operation.input_shape else {}
            raw = serializer.serialize_to_request(arguments, operation)
            request = _request(raw, endpoint, operation, region)
            yield Sample(service, name, protocol.removeprefix("smithy-"), request)


def _request(raw: dict[str, Any], endpoint: Any, operation: OperationModel, region: str) -> HttpRequest:
    if raw.get("host_prefix") and f"://{raw['host_prefix']}" in endpoint.url:
        del raw["host_prefix"]  # s3control's endpoints hold the account already.
    prepare_request_dict(raw, endpoint_url=endpoint.url, context={})
    prepared = create_request_object(raw).prepare()
    parts = urlsplit(prepared.url)
    headers = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()]
    headers.append(("Host", parts.netloc))
    auth = operation.auth_type or "v4"
    if auth != "none" and operation.service_model.signature_version != "bearer":
        headers.append(("Authorization", authorization(endpoint, operation, region)))
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    return HttpRequest(
        method=prepared.method,
        scheme="https",
        host=str(parts.hostname),
        port=443,
        target=parts.path + (f"?{parts.query}" if parts.query else ""),
        headers=tuple(headers),
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def authorization(endpoint: Any, operation: OperationModel, region: str) -> str:
    scheme: dict[str, Any] = next(iter(endpoint.properties.get("authSchemes", ())), {})
    name = scheme.get("signingName", operation.service_model.signing_name)
    if scheme.get("name") == "sigv4a":
        return f"AWS4-ECDSA-P256-SHA256 Credential=DUMMY/20260101/{name}/aws4_request, SignedHeaders=host, Signature=00"
    region = scheme.get("signingRegion", region)
    return f"AWS4-HMAC-SHA256 Credential=DUMMY/20260101/{region}/{name}/aws4_request, SignedHeaders=host, Signature=00"


def _value(shape: Shape, full: bool, depth: int, seen: tuple[str, ...]) -> Any:
    if isinstance(shape, StructureShape):
        if shape.name in seen:
            return {}
        seen = (*seen, shape.name)
        members = shape.members.items()
        wanted = [
            (name, member)
            for name, member in members
            if name in shape.required_members
            or (full and depth < 2 and not shape.is_tagged_union)
            or member.serialization.get("hostLabel")
            or member.serialization.get("location") == "uri"
        ]
        return {name: _value(member, full, depth + 1, seen) for name, member in wanted}
    if isinstance(shape, ListShape):
        return [_value(shape.member, full, depth + 1, seen)] if depth < 4 else []
    if isinstance(shape, MapShape):
        return {"key": _value(shape.value, full, depth + 1, seen)} if depth < 4 else {}
    return _SCALARS[shape.type_name] if shape.type_name != "string" else _string(shape)


_SCALARS: dict[str, Any] = {
    "blob": b"blob",
    "boolean": True,
    "double": 1.5,
    "float": 1.5,
    "integer": 1,
    "long": 1,
    "timestamp": 1767225600,
    "bigdecimal": 1,
    "document": {},
}


def _string(shape: Shape) -> str:
    name = shape.serialization.get("name", shape.name).lower()
    if shape.enum:
        return str(shape.enum[0])
    if "account" in name:
        return ACCOUNT
    if "arn" in name:
        return f"arn:aws:service:us-east-1:{ACCOUNT}:thing/name"
    return "a-name"
