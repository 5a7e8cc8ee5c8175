"""From a request's parameters to the ARNs that it acts on.

Unknown parts of an ARN are left empty (the account, mostly) and their attributes absent: nothing is invented. When no parameter names a resource, or
the body that names it was not read, there is one resource for the service's whole place: ``arn:aws:SERVICE:REGION:ACCOUNT:*``.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from warden.dialects.aws.effects_table import Entry, ResourceSpec
from warden.dialects.aws.params import Parameters
from warden.dialects.aws.route import Route
from warden.dialects.paths import WirePath
from warden.model import Resource

TYPE = "AWS::Resource"

#: More names than these in one message (S3's largest batch) are ruled on as one resource whose last part is ``*``, and the Action is opaque.
MAX_RESOURCES = 1000

#: Services whose names have no case: ``PROD`` is ``prod``.
_CASELESS = frozenset({"rds", "elasticache", "redshift", "memorydb", "dax"})

#: EC2 ids say their type: CreateTags takes any (https://docs.aws.amazon.com/ec2/latest/APIReference/API_CreateTags.html).
_EC2_TYPES = {
    "i": "instance", "vol": "volume", "snap": "snapshot", "ami": "image", "sg": "security-group", "sgr": "security-group-rule",
    "subnet": "subnet", "vpc": "vpc",
    "eni": "network-interface", "igw": "internet-gateway", "rtb": "route-table", "acl": "network-acl", "eipalloc": "elastic-ip", "nat": "natgateway",
    "vpce": "vpc-endpoint", "lt": "launch-template", "key": "key-pair", "tgw": "transit-gateway", "pcx": "vpc-peering-connection",
    "fl": "vpc-flow-log",
    "dopt": "dhcp-options", "vgw": "vpn-gateway", "cgw": "customer-gateway", "vpn": "vpn-connection",
    "eigw": "egress-only-internet-gateway", "pl": "prefix-list",
    "cr": "capacity-reservation", "h": "dedicated-host", "fleet": "fleet", "sfr": "spot-fleet-request", "sir": "spot-instances-request",
    "pg": "placement-group",
}  # fmt: skip
_QUEUE_URL = re.compile(r"https?://[^/]+/(?:queue/)?(?P<account>[0-9]{12})/(?P<name>[^/]+)/?")


def partition(route: Route) -> str:
    """The partition of `route`: known, or what its region's name says."""
    if route.partition:
        return route.partition
    region = route.region or ""
    for prefix, name in (
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eusc-", "aws-eusc"),
    ):
        if region.startswith(prefix):
            return name
    return "aws"


def arn_service(entry: Entry) -> str:
    """The service part of the operation's ARNs: IAM's prefix, where known (elasticloadbalancing, not elbv2)."""
    return entry.iam[0].partition(":")[0] if entry.iam else entry.service


def whole(service: str, route: Route) -> Resource:
    """The resource that stands for everything of `service` in the request's place."""
    place = {"service": service, "region": route.region, "account": route.account, "partition": route.partition}
    return Resource(
        TYPE,
        f"arn:{partition(route)}:{service}:{route.region or ''}:{route.account or ''}:*",
        {key: value for key, value in place.items() if value},
    )


def resources(entry: Entry, parameters: Parameters, route: Route, only: str | None = None) -> tuple[tuple[Resource, ...], bool]:
    """What the request acts on, at least one, and whether there were more than `MAX_RESOURCES`.

    `only`: the API path whose values alone count, for a part of a message. Raises DecodeError from `Parameters.values`.
    """
    wire = entry.wire.get(route.protocol, {})
    specs: Sequence[ResourceSpec] = entry.resources
    if only is not None:
        specs = [replace(spec, paths=(only,)) for spec in specs[:1]]
    found: dict[str, Resource] = {}
    collapsed = False
    for spec in specs:
        lists = [_values(path, parameters, wire) for path in spec.paths]
        if not all(lists):
            continue
        combined, cut = _combined(lists)
        collapsed |= cut
        for names in combined:
            resource = _resource(spec, names, route)
            if resource is not None:
                found.setdefault(resource.id, resource)
    if len(found) > MAX_RESOURCES:
        return (whole(arn_service(entry), route),), True
    return tuple(found.values()) or (whole(arn_service(entry), route),), collapsed


def of_names(spec: ResourceSpec, names: Sequence[str], route: Route) -> tuple[Resource, ...]:
    """The resources of `names`, each the one value of `spec`'s template."""
    found = (_resource(spec, (name,), route) for name in names)
    return tuple({resource.id: resource for resource in found if resource is not None}.values())


def _values(path: str, parameters: Parameters, wire: Mapping[str, WirePath]) -> list[str]:
    name, _, default = path.partition("|")
    where = wire.get(path) or wire.get(name)
    values = parameters.values(where, fold=True) if where and not (parameters.body_missing and where.in_body) else []
    texts = [value for value in values if isinstance(value, str) and value]
    return texts or ([default] if default and not (where and where.in_body and parameters.body_missing) else [])


def _combined(lists: list[list[str]]) -> tuple[list[tuple[str, ...]], bool]:
    """Every combination of the names; beyond the cap every list of several becomes ``*``, and the second value says so."""
    if math.prod(len(names) for names in lists) > MAX_RESOURCES:
        return [tuple(names[0] if len(names) == 1 else "*" for names in lists)], True
    return list(itertools.product(*lists)), False


def _resource(spec: ResourceSpec, names: tuple[str, ...], route: Route) -> Resource | None:
    last = names[-1]
    if spec.template is None:
        return arn(last, spec.type, route)
    service = spec.template.split(":", 3)[2]
    if last.startswith("arn:"):
        return arn(last, spec.type, route)
    account = route.account or ""
    kind = spec.type
    if service == "sqs" and "/" in last:
        matched = _QUEUE_URL.fullmatch(last)
        if not matched:
            return None
        account, names = matched["account"], (matched["name"],)
    elif service == "s3" and names[0].startswith("arn:"):
        return arn(f"{names[0]}/object/{last}", spec.type, route)
    elif service == "ssm" and kind == "parameter":
        names = tuple(name.lstrip("/").partition(":")[0] for name in names)  # name:version and name:label are the same parameter
    elif service == "lambda" and ":function:" in last:
        owner, _, function = last.partition(":function:")  # 123456789012:function:name
        account, names = owner.rpartition(":")[2], (function, *names[1:])
    elif service == "route53":
        names = tuple(name.rpartition("/")[2] for name in names)
    elif kind == "@ec2-id":
        kind = _EC2_TYPES.get(last.partition("-")[0], "")
        if not kind:
            return None
    template = spec.template
    if service == "kms" and last.startswith("alias/"):
        template, kind = template.replace("key/{0}", "{0}"), "alias"
    if service in _CASELESS:
        names = tuple(name.lower() for name in names)
    names = (*(name.rpartition("/")[2] if name.startswith("arn:") else name for name in names[:-1]), names[-1])
    text = _formatted(template, names, {"Partition": partition(route), "Region": route.region or "", "Account": account, "type": kind})
    place = _place(text, route) | {"type": kind, "name": names[-1]}
    if service == "s3" and len(names) == 2:
        place["name"] = "/".join(names)
    return Resource(TYPE, text, {key: value for key, value in place.items() if value})


_PLACEHOLDER = re.compile(r"\$?\{(\w+)\}")


def _formatted(template: str, names: tuple[str, ...], places: Mapping[str, str]) -> str:
    """`template` with its placeholders filled in one pass: a name that looks like one stays as it is."""
    return _PLACEHOLDER.sub(lambda found: names[int(found[1])] if found[1].isdecimal() else places[found[1]], template)


def arn(text: str, kind: str, route: Route) -> Resource | None:
    """The resource of an ARN that a parameter holds; None when it is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2]:
        return None
    if parts[2] in _CASELESS:
        text = text.lower()
    elif parts[2] == "logs":
        text = text.removesuffix(":*")
    name = text.split(":", 5)[5]
    matched = re.match(r"([a-zA-Z][a-zA-Z0-9_-]*)[/:](.+)", name, re.DOTALL)
    if parts[2] in ("s3", "sns", "sqs") and not (matched and matched[1] == "accesspoint"):
        kind = kind or (
            "object" if parts[2] == "s3" and "/" in name else "bucket" if parts[2] == "s3" else "topic" if parts[2] == "sns" else "queue"
        )
    elif matched:
        kind, name = kind or matched[1], matched[2]
    if kind == "stack":
        name = name.partition("/")[0]  # stack/NAME/ID
    place = _place(text, route) | {"type": kind, "name": name}
    return Resource(TYPE, text, {key: value for key, value in place.items() if value})


def _place(text: str, route: Route) -> dict[str, str]:
    """Partition, service, region and account that an ARN states. S3 names no region in its ARNs: there it is the request's."""
    _, part, service, region, account, _ = text.split(":", 5)
    return {
        "partition": part if route.partition or text.startswith("arn:aws-") or part != "aws" else "",
        "service": service,
        "region": region or (route.region or "" if service == "s3" else ""),
        "account": account,
    }
