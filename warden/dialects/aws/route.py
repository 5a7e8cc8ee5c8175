"""What one AWS request asks for, before anybody judges it: service, operation, labels, place.

Signals in order of trust, each one a stage of `route`:

1. the host (hosts.py) gives the services that may be meant, and region, account and bucket where it names them;
2. the signature's scope (scope.py) must agree with it, and narrows the services;
3. exactly one protocol signal (protocols.py): X-Amz-Target, an rpc-v2-cbor path, Action and Version;
4. without one, the REST path (trie.py), with S3's addressing styles made one (s3.py).

A request with two readings raises DecodeError. A request with none, to a known service, is `UNKNOWN`: never a neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from warden.dialects import uri
from warden.dialects.aws import hosts, index, protocols, scope, trie
from warden.dialects.aws.protocols import Head, Named
from warden.dialects.body import gzip
from warden.errors import DecodeError
from warden.model import HttpRequest

_NO_LABELS: Mapping[str, str] = MappingProxyType({})

#: The operation of a request to an AWS host that the tables do not know and that names none itself.
UNKNOWN = "unknown"

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[^/]+/.")
_BUCKET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}|arn:[a-z-]+:s3[a-z-]*:[a-z0-9-]*:(?:\d{12})?:[A-Za-z0-9._/:-]+")
_ACCOUNT_LABEL = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Route:
    """One certain reading of where a request goes.

    `services` are botocore service names: one, or a family (rds, neptune, docdb) that the wire cannot tell apart; `operation` is the API's
    operation name. `protocol` is the one that this request speaks: ``query``, ``ec2``, ``json``, ``rest-json``, ``rest-xml`` or ``rpc-v2-cbor``.
    `labels` are the URI labels, percent-decoded, with Bucket and Key for S3 whatever the addressing style, and variable host labels. `query` holds
    the decoded query pairs in order, with QueueUrl for clients of SQS that put the queue into the path. `partition`, `region` and `account` are
    None unless the host, the signature's scope or an ARN says them.
    `known` is False when the tables lack the operation: `operation` is then what the request calls it, or `UNKNOWN`, and must not be looked up.
    """

    services: tuple[str, ...]
    operation: str
    protocol: str
    labels: Mapping[str, str] = _NO_LABELS
    query: tuple[tuple[str, str], ...] = ()
    partition: str | None = None
    region: str | None = None
    account: str | None = None
    known: bool = True


def route(request: HttpRequest) -> Route:
    """Where `request` goes. Raises DecodeError when there is no single certain reading, or when the host is no AWS endpoint."""
    place, head, services = request.once(_place)
    kind = protocols.signal(head)
    if kind == "json":
        return _named(protocols.json_target(head), place, head, services)
    if kind == "rpc-v2-cbor":
        return _named(protocols.cbor_target(head), place, head, services)
    if _speaks_query(kind, head, services):
        _check_separators(request.target)
        named = protocols.query_action(
            head,
            plain_body(request, head, services),
            length=request.body_length,
            queue_paths=any(service.name == "sqs" for service in services),
        )
        return _named(named, place, head, services)
    return _rest(place, head, services)


def without_body(request: HttpRequest) -> Route | None:
    """Where `request` goes when its head says so and its protocol may do without the body (REST); None for all others. May raise DecodeError."""
    place, head, services = request.once(_place)
    kind = protocols.signal(head)
    if kind in {"json", "rpc-v2-cbor"} or _speaks_query(kind, head, services):
        return None
    return _rest(place, head, services)


def plain_body(request: HttpRequest, head: Head | None = None, services: tuple[index.Service, ...] | None = None) -> bytes | None:
    """The body as the service reads it, inflated where its SDKs compress it. Raises DecodeError for any other coding."""
    if head is None or services is None:
        _, head, services = request.once(_place)
    if not head.compressed or not request.body:
        return request.body
    if head.headers["content-encoding"].strip().lower() != "gzip" or not any(service.gzip for service in services):
        raise DecodeError("compressed-body", "The body is compressed, and must be read.", "Send it uncompressed.")
    return gzip.inflate(request.body, protocols.INFLATED_LIMIT)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    host: hosts.Host
    partition: str | None
    region: str | None


def _place(request: HttpRequest) -> tuple[_Place, Head, tuple[index.Service, ...]]:
    """Host and scope, agreed, and the services that are left. Reads the head alone: see `HttpRequest.once`."""
    host = hosts.find(request.host)
    if host is None:
        raise DecodeError("not-aws", "The request does not go to an AWS endpoint.")
    head = request.once(protocols.head)
    signed = scope.read(head.headers.get("authorization"), head.query)
    services = tuple(index.service(name) for name in host.services)
    region, partition = host.region, host.partition
    if signed is not None:
        if services:
            if host.address is not None and host.address.kind != "private":
                agreed = services if signed.service in host.address.signing else ()
            else:
                agreed = tuple(service for service in services if signed.service in service.signing)
            if not agreed:
                raise DecodeError(
                    "service-mismatch",
                    f"The request goes to {'/'.join(host.services)} and is signed for {signed.service}.",
                    "Sign it for the service that it is sent to.",
                )
            services = agreed
        if signed.region is not None:
            if region is not None and region != signed.region:
                raise DecodeError(
                    "region-mismatch", f"The request goes to {region} and is signed for {signed.region}.", "Sign it for that region."
                )
            home = hosts.partition_of(signed.region)
            if home is not None and partition is not None and home != partition and {home, partition} != {"aws", "aws-us-gov"}:
                raise DecodeError("region-mismatch", f"The request goes to partition {partition} and is signed for {signed.region}.")
            region, partition = signed.region, home or partition
    return _Place(request.host, host, partition, region), head, services


def _speaks_query(kind: str, head: Head, services: tuple[index.Service, ...]) -> bool:
    """Whether `head` speaks the query protocol. On a host that serves REST as well (ses and sesv2), only a form to the root does."""
    query = any(not service.protocols.isdisjoint(("query", "ec2")) for service in services)
    rest = any(service.trie is not None for service in services)
    if kind == "action":
        if rest and not query:
            raise DecodeError("two-protocol-signals", "The service speaks REST, and the query names an Action.", "Send it without Action.")
        return True
    if head.content_type == protocols.FORM and services and not query:
        raise DecodeError("unexpected-content-type", "The service takes no forms.", "Send the body in the service's own protocol.")
    if not query:
        return False
    if not rest:
        return True
    if head.content_type == protocols.FORM and head.path != "/":
        raise DecodeError("two-protocol-signals", "The path is of one AWS protocol and the body of another.", "Send it in one of them.")
    return head.content_type == protocols.FORM


def _check_separators(target: str) -> None:
    """As in forms (`protocols.form`): a bare ``;`` separates parameters for some readers. Signatures' lists of headers have always had it."""
    query = target.partition("?")[2]
    if ";" in query and any(";" in part and not part.lower().startswith("x-amz-") for part in query.split("&")):
        raise DecodeError("malformed-form", "The query holds a bare semicolon.", "Percent-encode it.")


def _named(named: Named, place: _Place, head: Head, services: tuple[index.Service, ...]) -> Route:
    """The services that know the operation under that prefix or version; else an unknown operation of those that speak the protocol."""
    if named.protocol == "query":
        speaking = tuple(service for service in services if not service.protocols.isdisjoint(("query", "ec2")))
        fitting = tuple(service for service in speaking if named.qualifier in service.versions)
    else:
        speaking = tuple(service for service in services if named.protocol in service.protocols)
        fitting = tuple(service for service in speaking if named.qualifier in service.targets)
    if named.protocol != "query" and not speaking and any(service.trie is not None for service in services):
        raise DecodeError(
            "two-protocol-signals", "The service speaks REST, and a header names another protocol.", "Send it without that header."
        )
    owners = tuple(service for service in fitting if named.operation in service.operations)
    protocol = "ec2" if named.protocol == "query" and any("ec2" in service.protocols for service in owners or speaking) else named.protocol
    if named.queue_in_path:
        head = replace(head, query=(*head.query, ("QueueUrl", f"https://{place.name}{head.path.rstrip('/')}")))
    chosen = owners or fitting or speaking or services
    return _route(chosen, named.operation, protocol, place, place.host.labels, head, known=bool(owners))


def _rest(place: _Place, head: Head, services: tuple[index.Service, ...]) -> Route:
    speaking = tuple(service for service in services if service.trie is not None)
    if not speaking:
        if any("rpc-v2-cbor" in service.protocols for service in services) and head.path.startswith("/service/"):
            raise DecodeError("malformed-cbor-path", "The path is of rpc-v2-cbor, and the header Smithy-Protocol is not there.")
        return _route(services, UNKNOWN, "json" if services else UNKNOWN, place, place.host.labels, head, known=False)
    address = place.host.address
    if address is not None and address.services[0] == "s3" and not head.path.startswith("/v20180820/"):
        return _s3(place, head, next(service for service in speaking if service.name == "s3"))
    if len(speaking) > 1:
        speaking = tuple(service for service in speaking if service.name != "s3")
    segments = uri.segments(head.path)
    found = {service.name: hit for service in speaking if (hit := _at_path(service, head, segments)) is not None}
    if not found:
        return _route(speaking, UNKNOWN, _protocol(speaking[0]), place, place.host.labels, head, known=False)
    names = {form.name for form, _ in found.values()}
    if len(names) > 1:
        raise DecodeError("two-services", f"The request may go to {' or '.join(sorted(found))}.", "Sign it for one service.")
    form, values = next(iter(found.values()))
    if "%2f" in head.path.lower():
        _check_slashes(speaking, head, segments, form.name)
    owners = tuple(service for service in speaking if service.name in found)
    labels = {**place.host.labels, **dict(zip(form.labels, values, strict=True))}
    return _route(owners, form.name, _protocol(owners[0]), place, MappingProxyType(labels), head)


def _at_path(service: index.Service, head: Head, segments: tuple[str, ...]) -> tuple[trie.Form, tuple[str, ...]] | None:
    """The operation of `service` at a path. A trailing slash is the client's taste, but part of a greedy label at the end (mediastore's Path)."""
    assert service.trie is not None
    slash = len(segments) > 1 and segments[-1] == ""
    hit = service.trie.find(head.method, segments[:-1] if slash else segments)
    if hit is None:
        return None
    forms, values = hit
    form = trie.choose(forms, head.query, head.headers.keys())
    if form is None:
        return None
    _check_named(form.name, head)
    if slash and form.ends_greedy:
        values = (*values[:-1], values[-1] + "/")
    return form, values


def _check_slashes(services: tuple[index.Service, ...], head: Head, segments: tuple[str, ...], operation: str) -> None:
    """An escaped slash is part of a label. It may not make another operation for whoever decodes before splitting.

    An ARN's own slashes do no harm: cut at one, it names nothing.
    """
    other = tuple(part for segment in segments for part in ([segment] if _ARN.match(segment) else segment.split("/")))
    for service in services:
        hit = _at_path(service, head, other)
        if hit is not None and hit[0].name != operation:
            raise DecodeError("escaped-slash", "The path holds an escaped slash, and reads as another operation with a plain one.")


def _check_named(operation: str, head: Head) -> None:
    for key, value in head.query:
        if key == "x-id" and value != operation:  # The JavaScript SDK names the operation in the query.
            raise DecodeError("two-readings", f"The request is {operation} and calls itself {value[:64]}.")


def _s3(place: _Place, head: Head, service: index.Service) -> Route:
    """S3: the bucket is in the host or is the path's first segment, the key is the rest."""
    address = place.host.address
    assert address is not None
    assert service.trie is not None
    labels = dict(place.host.labels)
    virtual = address.bucket is not None
    segments = uri.segments(head.path, key_from=0 if virtual else 1)
    segments = segments if segments != ("",) else ()
    pattern: tuple[str, ...]
    if address.kind == "object-lambda" and segments == ("WriteGetObjectResponse",):
        pattern = segments
    else:
        labels.pop("RequestRoute", None)
        if virtual:
            labels.setdefault("Bucket", address.bucket or "")
            key = "/".join(segments)
        else:
            if segments:
                labels["Bucket"] = segments[0]
            key = "/".join(segments[1:])
        if "Bucket" in labels and _BUCKET.fullmatch(labels["Bucket"]) is None:
            raise DecodeError("malformed-bucket", "The path or host names no bucket that S3 could have.")
        pattern = ("bucket", "key") if key else ("bucket",) if "Bucket" in labels else ("",)
        if key:
            labels["Key"] = key
    hit = service.trie.find(head.method, pattern)
    form = trie.choose(hit[0], head.query, head.headers.keys()) if hit else None
    frozen = MappingProxyType(labels)
    if form is None:
        return _route((service,), UNKNOWN, "rest-xml", place, frozen, head, known=False)
    operation = "ListDirectoryBuckets" if form.name == "ListBuckets" and address.kind == "control" else form.name
    _check_named(operation, head)
    return _route((service,), operation, "rest-xml", place, frozen, head)


def _protocol(service: index.Service) -> str:
    return "rest-xml" if "rest-xml" in service.protocols else "rest-json"


def _route(
    services: tuple[index.Service, ...],
    operation: str,
    protocol: str,
    place: _Place,
    labels: Mapping[str, str],
    head: Head,
    *,
    known: bool = True,
) -> Route:
    account = place.host.account
    stated = head.headers.get("x-amz-account-id")
    if stated is not None and any(service.name == "s3control" for service in services):  # Elsewhere the header means nothing.
        if account is not None and stated != account:
            raise DecodeError("account-mismatch", f"The request goes to account {account} and names {stated[:12]}.")
        if _ACCOUNT_LABEL.fullmatch(stated):
            account = stated
    bucket = labels.get("Bucket", "")
    if account is None and bucket.startswith("arn:"):
        account = bucket.split(":")[4] or None
    names = tuple(service.name for service in services) or (UNKNOWN,)
    return Route(names, operation, protocol, labels, head.query, place.partition, place.region, account, known)
