"""Requests as botocore makes them: every operation of a release, serialized by botocore's serializers for the release's own endpoints."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.endpoint_provider import EndpointProvider, RuleSetEndpoint
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.regions import EndpointResolver
from botocore.serialize import create_serializer

from warden.model import HttpRequest

ACCOUNT = "123456789012"


#: What rule sets ask of the input before they give any endpoint.
_NEEDED: dict[str, dict[str, Any]] = {
    "cloudfront-keyvaluestore": {"KvsARN": f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/0a1b2c3d"},
    "opensearchmemory": {"SpaceId": "space-1"},
}


@dataclass(frozen=True)
class Sample:
    """A request with what it must decode to."""

    service: str
    operation: str
    protocol: str
    request: HttpRequest


class Release:
    """The models of one botocore release: the installed one, or the one in a wheel."""

    def __init__(self, wheel: Path | None = None) -> None:
        if wheel is None:
            self._loader = botocore.session.get_session().get_component("data_loader")
        else:
            data = wheel.with_suffix("") / "botocore" / "data"
            if not data.exists():
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(wheel.with_suffix(""), [name for name in archive.namelist() if name.startswith("botocore/data/")])
            self._loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)

    def services(self) -> list[str]:
        return list(self._loader.list_available_services("service-2"))

    @cache  # noqa: B019 - a release lives as long as the tests
    def model(self, service: str) -> ServiceModel:
        return ServiceModel(self._loader.load_service_model(service, "service-2"), service)

    @cache  # noqa: B019
    def endpoints(self, service: ServiceModel) -> Endpoints:
        if service.service_name in self._loader.list_available_services("endpoint-rule-set-1"):
            rules = self._loader.load_service_model(service.service_name, "endpoint-rule-set-1")
            return Endpoints(service, EndpointProvider(rules, self._loader.load_data("partitions")))
        return Endpoints(service, None, EndpointResolver(self._loader.load_data("endpoints")))

    def samples(self, service: str, *, full: bool, region: str = "us-east-1", **variant: bool) -> Iterator[Sample]:
        """Every operation of `service` in every protocol that it offers, signed as its endpoint asks (with a dummy signature)."""
        loaded = self.model(service)
        endpoints = self.endpoints(loaded)
        for protocol in loaded.metadata.get("protocols", [loaded.metadata["protocol"]]):
            serializer = create_serializer(protocol, False)
            for name in loaded.operation_names:
                operation = loaded.operation_model(name)
                endpoint = endpoints.of(operation, region, **variant)
                if endpoint is None:
                    continue
                arguments = _value(operation.input_shape, full, 0, ()) if operation.input_shape else {}
                raw = serializer.serialize_to_request(arguments, operation)
                yield Sample(service, name, protocol.removeprefix("smithy-"), _request(raw, endpoint, operation, region))


@cache
def installed() -> Release:
    return Release()


class Endpoints:
    """The endpoint of each operation of a service in a region, or None where the release has none."""

    def __init__(self, service: ServiceModel, provider: Any, resolver: Any = None) -> None:
        self._model = service
        self._provider = provider
        self._resolver = resolver
        self._known: dict[Any, Any] = {}

    def of(self, operation: OperationModel, region: str, *, fips: bool = False, dualstack: bool = False, account: bool = False) -> Any:
        if self._provider is None:
            return self._plain(region)
        given: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack, "ForcePathStyle": True}
        if self._model.service_name == "s3control":
            given |= {"AccountId": ACCOUNT}
        if account:
            given |= {"AccountId": ACCOUNT, "AccountIdEndpointMode": "preferred"}
        given |= {entry.name: entry.value for entry in operation.static_context_parameters}
        given |= _NEEDED.get(self._model.service_name, {})
        given = {key: value for key, value in given.items() if key in self._provider.ruleset.parameters}
        key = tuple(sorted((name, str(value)) for name, value in given.items()))
        if key not in self._known:
            try:
                self._known[key] = self._provider.resolve_endpoint(**given)
            except EndpointProviderError:
                self._known[key] = None
        return self._known[key]

    def _plain(self, region: str) -> Any:
        """As releases before rule sets did it, `sslCommonName` first."""
        found = self._resolver.construct_endpoint(self._model.endpoint_prefix, region)
        if found is None:
            return None
        scope = found.get("credentialScope", {})
        scheme = {"signingName": scope.get("service", self._model.signing_name), "signingRegion": scope.get("region", region)}
        return RuleSetEndpoint("https://" + (found.get("sslCommonName") or found["hostname"]), {"authSchemes": [scheme]}, {})


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
