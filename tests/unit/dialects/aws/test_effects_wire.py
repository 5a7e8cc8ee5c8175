"""Every parameter that the tables look at is where botocore puts it: for each path, botocore serializes a message that has it, and the view finds it.

The paths of conditions of all services, and the resources of the services that people use most; ``-m slow`` takes the resources of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.serialize import create_serializer

from warden.dialects.aws import effects_table
from warden.dialects.aws.effects_table import Entry
from warden.dialects.aws.params import Parameters
from warden.dialects.aws.route import Route
from warden.model import HttpRequest

COMMON = [
    "ec2",
    "s3",
    "rds",
    "dynamodb",
    "lambda",
    "iam",
    "kms",
    "sqs",
    "sns",
    "ecs",
    "eks",
    "ecr",
    "logs",
    "cloudformation",
    "secretsmanager",
    "ssm",
    "route53",
    "elbv2",
    "elb",
    "autoscaling",
    "elasticache",
    "redshift",
    "cloudtrail",
    "cloudwatch",
    "events",
    "stepfunctions",
    "kinesis",
    "opensearch",
    "cognito-idp",
    "acm",
    "apigateway",
    "glue",
    "athena",
    "emr",
    "batch",
    "codebuild",
    "efs",
    "fsx",
    "backup",
    "cloudfront",
    "config",
    "guardduty",
    "organizations",
    "sagemaker",
    "neptune",
    "docdb",
    "s3control",
]

#: Paths whose members botocore serializes nowhere (host prefixes), or that need no model (raw headers, the raw body).
_NO_MODEL = ("header:", "@payload")

_SESSION = botocore.session.get_session()


def _leaf(shape: Shape, depth: int = 0) -> Any:
    """A smallest value of `shape` that is not empty on the wire."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if depth < 4 and member.type_name != "timestamp" and not member.serialization.get("location"):
                return {name: _leaf(member, depth + 1)}
        return {}
    if isinstance(shape, ListShape):
        return [_leaf(shape.member, depth + 1)]
    if isinstance(shape, MapShape):
        return {"sentinel": _leaf(shape.value, depth + 1)}
    return {"string": "sentinel", "boolean": True, "blob": b"sentinel", "timestamp": 0, "double": 1.5, "float": 1.5}.get(shape.type_name, 7)


def _value(shape: Shape, steps: list[str]) -> Any:
    if not steps:
        return _leaf(shape)
    step, *rest = steps
    if step == "[]":
        assert isinstance(shape, ListShape)
        return [_value(shape.member, rest)]
    if step.startswith("{"):
        assert isinstance(shape, MapShape)
        inner = step[1:-1]
        if inner.startswith("@"):
            return {"sentinel": [{inner[1:]: {}}] if inner != "@" else _leaf(shape.value)}
        return {"sentinel" if inner == "*" else inner: _value(shape.value, rest)}
    assert isinstance(shape, StructureShape)
    return {step: _value(shape.members[step], rest)}


def _steps(path: str) -> list[str]:
    return path.replace("[]", ".[]").replace("{", ".{").split(".")


def _request(
    operation: OperationModel, protocol: str, params: dict[str, Any]
) -> tuple[HttpRequest, tuple[tuple[str, str], ...], dict[str, str]]:
    """What botocore sends for `params`: the request, its query, and the URI labels."""
    shape = operation.input_shape
    assert isinstance(shape, StructureShape)
    labels: dict[str, str] = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") == "uri":
            params.setdefault(name, "sentinel" if member.type_name == "string" else 7)
            labels[member.serialization.get("name", name)] = str(params[name])
        elif member.serialization.get("hostLabel"):
            params.setdefault(name, "sentinel")
    serializer = create_serializer("smithy-rpc-v2-cbor" if protocol == "rpc-v2-cbor" else protocol, include_validation=False)
    made = serializer.serialize_to_request(params, operation)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    body = body.encode() if isinstance(body, str) else body
    given = made.get("query_string") or {}
    pairs = [(key, value) for key, value in (given.items() if isinstance(given, dict) else given)]
    query = [(key, str(one)) for key, value in pairs for one in (value if isinstance(value, list) else [value])]
    query += parse_qsl(urlsplit(made["url_path"]).query, keep_blank_values=True)
    headers = tuple((key, str(value)) for key, value in made["headers"].items())
    return HttpRequest("POST", "https", "x.amazonaws.com", 443, "/", headers, bytes(body)), tuple(query), labels


def _checks(entry: Entry, model: ServiceModel, paths: list[str]) -> Iterator[str]:
    operation = model.operation_model(entry.operation)
    declared = [name.replace("smithy-", "") for name in model.metadata.get("protocols", [model.metadata["protocol"]])]
    for protocol, wire in entry.wire.items():
        if protocol not in declared:
            continue
        for path in paths:
            if path.startswith(_NO_MODEL) or path not in wire:
                continue
            assert operation.input_shape is not None
            request, query, labels = _request(operation, protocol, _value(operation.input_shape, _steps(path.partition("|")[0])))
            route = Route((entry.service,), entry.operation, protocol, labels, query)
            for fold in (False, True):
                found = Parameters(route, request).values(wire[path], fold=fold)
                if not found:
                    yield f"{entry.service}:{entry.operation} {protocol} {path} -> {wire[path]}: not in {request.body!r} {query} {request.headers}"


def _condition_paths(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "path":
                yield value
            else:
                yield from _condition_paths(value)
    elif isinstance(node, list):
        for value in node:
            yield from _condition_paths(value)


def _entries(service: str) -> Iterator[tuple[Entry, ServiceModel]]:
    if service not in _SESSION.get_available_services():
        return
    model = _SESSION.get_service_model(service)
    known = set(model.operation_names)
    for entry in effects_table.of_service(service):
        if entry.operation in known:
            yield entry, model


def _judged(entry: Entry) -> list[str]:
    effects = [*entry.when, *entry.parts]
    paths = {path for effect in effects for path in _condition_paths(effect.condition)}
    paths |= (
        {effect.resources for effect in effects if effect.resources} | set(entry.deferred) | ({entry.dry_run} if entry.dry_run else set())
    )
    return sorted(paths)


def test_conditions_find_what_botocore_sends() -> None:
    checked = 0
    problems: list[str] = []
    for service in effects_table.services():
        if not any(_judged(entry) for entry in effects_table.of_service(service)):
            continue
        for entry, model in _entries(service):
            paths = _judged(entry)
            checked += len(paths)
            problems += _checks(entry, model, paths)
    assert not problems, "\n".join(problems[:40])
    assert checked > 800


def _resource_problems(services: Iterator[str]) -> tuple[int, list[str]]:
    checked = 0
    problems: list[str] = []
    for service in services:
        for entry, model in _entries(service):
            paths = [path for spec in entry.resources for path in spec.paths]
            checked += len(paths)
            problems += _checks(entry, model, paths)
    return checked, problems


def test_resources_of_common_services_find_what_botocore_sends() -> None:
    checked, problems = _resource_problems(iter(COMMON))
    assert not problems, "\n".join(problems[:40])
    assert checked > 2500


@pytest.mark.slow
def test_resources_of_all_services_find_what_botocore_sends() -> None:
    checked, problems = _resource_problems(effects_table.services())
    assert not problems, "\n".join(problems[:40])
    assert checked > 9000
