"""Requests that no-destroy denies, each with the operation that must not happen, by dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fuzz import readers
from warden.model import HttpRequest

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/x-amz-json-1.0")


@dataclass(frozen=True)
class Seed:
    """`operation` in the words of the dialect's reference reader."""

    operation: str
    request: HttpRequest


@dataclass(frozen=True)
class Family:
    """One dialect's seeds and the reader that says what a mutation of one still is."""

    seeds: tuple[Seed, ...]
    reader: Callable[[HttpRequest], set[str]]


def seed(operation: str, method: str, host: str, target: str, *headers: tuple[str, str], body: bytes = b"", port: int = 443) -> Seed:
    """A request as its client sends it."""
    authority = host if port == 443 else f"{host}:{port}"
    length = (("Content-Length", str(len(body))),) if body else ()
    request = HttpRequest(method, "https", host, port, target, (("Host", authority), *headers, *length), body, len(body), sni=host)
    return Seed(operation, request)


_EC2, _DDB, _S3, _LAMBDA = (
    "ec2.us-east-1.amazonaws.com",
    "dynamodb.us-east-1.amazonaws.com",
    "vault.s3.us-east-1.amazonaws.com",
    "lambda.us-east-1.amazonaws.com",
)
AWS = (
    seed("TerminateInstances", "POST", _EC2, "/", _FORM, body=b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"),
    seed("TerminateInstances", "GET", _EC2, "/?Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"),
    seed("DeleteAlarms", "POST", "monitoring.us-east-1.amazonaws.com", "/service/GraniteServiceVersion20100801/operation/DeleteAlarms",
         ("Smithy-Protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"), body=bytes.fromhex("a16a416c61726d4e616d6573816161")),
    seed("DeleteTable", "POST", _DDB, "/", _JSON, ("X-Amz-Target", "DynamoDB_20120810.DeleteTable"), body=b'{"TableName": "t"}'),
    seed("UpdateTable", "POST", _DDB, "/", _JSON, ("X-Amz-Target", "DynamoDB_20120810.UpdateTable"),
         body=b'{"TableName": "t", "DeletionProtectionEnabled": false}'),
    seed("DeleteObject", "DELETE", _S3, "/a/key"),
    seed("DeleteBucket", "DELETE", _S3, "/"),
    seed("DeleteObjects", "POST", _S3, "/?delete", ("Content-Type", "application/xml"), body=b"<Delete><Object><Key>k</Key></Object></Delete>"),
    seed("Invoke", "POST", _LAMBDA, "/2015-03-31/functions/f/invocations", body=b"{}"),
    seed("DeleteFunction", "DELETE", _LAMBDA, "/2015-03-31/functions/f"),
)  # fmt: skip

FAMILIES: Mapping[str, Family] = {"aws": Family(AWS, readers.aws)}
