"""Whatever is done to a good request, the dialect answers with actions or with DecodeError: no crash, no silence, no hang."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.unit.dialects.aws.botocore_requests import installed
from warden.dialects.aws import AwsDialect
from warden.errors import DecodeError
from warden.model import HttpRequest

SERVICES = (
    "ec2",
    "s3",
    "lambda",
    "dynamodb",
    "sqs",
    "cloudwatch",
    "rds",
    "s3control",
    "apigateway",
    "sesv2",
    "codeconnections",
    "workspaces-web",
)
TEXTS = (
    *("%2F", "%2e", "..", ".", "/", "//", "?", "&", "=", ";", "+", "%", "%00", "%0a", "%C0%AE", "%252F", "\\", "#", "{", "é"),
    *("Action=DeleteBucket", "Version=2016-11-15", "acl", "policy", "uploadId=x", "partNumber=1", "x-id=Foo", "X-Amz-Target=x"),
    "X-Amz-Credential=a%2F20260101%2Fus-east-1%2Fs3%2Faws4_request",
)
HEADERS = (
    ("X-Amz-Target", "DynamoDB_20120810.DeleteTable"),
    ("Smithy-Protocol", "rpc-v2-cbor"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Encoding", "gzip"),
    ("x-amz-copy-source", "/b/k"),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"),
)
HOSTS = ("s3.us-east-1.amazonaws.com", "b.s3.amazonaws.com", "iam.amazonaws.com", "amazonaws.com", "x.y.us-east-1.amazonaws.com")


def mutated(request: HttpRequest, chance: random.Random) -> HttpRequest:
    kind = chance.randrange(6)
    if kind == 0:
        at = chance.randrange(len(request.target) + 1)
        return replace(request, target=request.target[:at] + chance.choice(TEXTS) + request.target[at:])
    if kind == 1:
        return replace(request, headers=(*request.headers, chance.choice(HEADERS)))
    if kind == 2:
        body = request.body or b""
        at = chance.randrange(len(body) + 1)
        return replace(request, body=body[:at] + chance.choice(TEXTS).encode() + body[at:])
    if kind == 3:
        return replace(request, method=chance.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "get", "OPTIONS")))
    if kind == 4:
        return replace(request, host=chance.choice(HOSTS))
    return replace(request, body=chance.choice((None, b"", b"\xff\xfe", b"Action=X")))


@pytest.mark.parametrize("service", SERVICES)
def test_a_mutated_request_is_read_or_refused(service: str) -> None:
    chance = random.Random(service)
    good = [sample.request for sample in installed().samples(service, full=True)]
    outcomes = set()
    for _ in range(400):
        request = chance.choice(good)
        for _ in range(chance.randint(1, 3)):
            request = mutated(request, chance)
        try:
            AwsDialect().needs_body(request)
            assert AwsDialect().decode(request)
            outcomes.add("read")
        except DecodeError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
