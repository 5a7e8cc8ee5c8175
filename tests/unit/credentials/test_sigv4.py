"""Signatures that real clients make are proven, and the ones made anew are those that botocore makes with the real key."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.config import AwsCredentialsConfig
from warden.credentials.aws import AwsBroker
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.sigv4 import read_signature
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

AWS = (Action("aws", "s3:GetObject", Verb.READ),)
MOMENT = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: MOMENT)


def broker(real: KeyPair, now: float = MOMENT.timestamp()) -> AwsBroker:
    config = AwsCredentialsConfig(access_key_id=real.access_key, secret_access_key=real.secret_key, session_token=real.token or "")
    return AwsBroker(config, {}, "/nonexistent", now=lambda: now)


def inside(one: AwsBroker) -> KeyPair:
    environment = one.environment()
    return KeyPair(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def message(prepared: Any, body: bytes | None) -> HttpRequest:
    parts = urlsplit(prepared.url)
    target = prepared.url.split(parts.netloc, 1)[1] or "/"
    headers = tuple((k, v.decode() if isinstance(v, bytes) else str(v)) for k, v in prepared.headers.items())
    return HttpRequest(prepared.method, parts.scheme, str(parts.hostname), parts.port or 443, target, headers, body)


def lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value.decode() if isinstance(value, bytes) else str(value) for name, value in headers}


REAL = [KeyPair(dummy().access_key, dummy().secret_key), KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "token/+=" * 40)]

S3_PATHS = [
    "/",
    "/key",
    "/a%20b",
    "/%E2%82%AC",
    "/a%2Fb",
    "/a+b",
    "/a//b",
    "//",
    "/~t/",
    "/a/../b",
    "/./x",
    "/%2E%2E/x",
    "/a%25b",
    "/(x)!*'",
    "/=&:@,;$",
]
OTHER_PATHS = [
    "/",
    "/2015-03-31/functions/arn%3Aaws%3Alambda",
    "/tags/a%20b",
    "/a%2Fb",
    "/%E2%82%AC",
    "/a/",
    "/~x",
    "/a+b",
    "/a//b",
    "/a/./b/../c",
]
QUERIES = [
    "",
    "a=1",
    "b=2&a=1",
    "a=2&a=1",
    "a=",
    "a",
    "delete",
    "a=%20",
    "a=b%2Fc&a-b=1&a=%E2%82%AC",
    "list-type=2&prefix=x%2F&delimiter=%2F",
    "q=~",
    "a=b=c",
]


@pytest.mark.parametrize("real", REAL, ids=["long-term", "temporary"])
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(
    ("signer", "service", "path"), [(S3SigV4Auth, "s3", p) for p in S3_PATHS] + [(SigV4Auth, "lambda", p) for p in OTHER_PATHS]
)
def test_a_request_signed_again_is_what_botocore_signs(signer: Any, service: str, path: str, query: str, real: KeyPair) -> None:
    one = broker(real)

    def signed(keys: KeyPair) -> Any:
        url = f"https://host.amazonaws.com{path}" + (f"?{query}" if query else "")
        headers = {"Content-Type": "text/plain;  charset=utf-8", "X-Amz-Meta-A": " b   c ", "User-Agent": "x"}
        request = AWSRequest("POST", url, headers, b"body")
        signer(keys, service, "us-east-1").add_auth(request)
        return request

    sent, native = signed(inside(one)), signed(real)
    out = one.authorize(message(sent, b"body"), AWS)
    assert lowered(out.headers) == lowered(native.headers.items())
    assert (out.method, out.target, out.body) == ("POST", message(sent, b"").target, b"body")


_SCOPED = st.text("abcdefghij-0123456789", min_size=1, max_size=12)
_WORDS = st.text("aB \t0:;,=\u00e4", max_size=12)
_CUSTOM = st.dictionaries(st.sampled_from(["X-Amz-Target", "x-amz-meta-b", "X-Amz-Acl", "Accept", "Content-Type"]), _WORDS, max_size=4)


@given(
    service=_SCOPED | st.sampled_from(["s3", "ec2"]),
    region=_SCOPED,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(OTHER_PATHS),
    query=st.sampled_from(QUERIES),
    headers=_CUSTOM,
    body=st.binary(max_size=64),
    day=st.integers(0, 3),
    token=st.text("ab/+=", max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_any_request_signed_again_is_what_botocore_signs(
    service: str, region: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes, day: int, token: str
) -> None:
    """Scopes and days repeat and differ, and so do the keys derived from them."""
    real = KeyPair("AKIA" + "R" * 16, "r" * 40, token or None)
    moment = MOMENT + timedelta(days=day)
    one = broker(real, moment.timestamp())
    signer = S3SigV4Auth if service == "s3" else SigV4Auth

    def signed(keys: KeyPair) -> Any:
        request = AWSRequest(method, f"https://host.amazonaws.com{path}" + (f"?{query}" if query else ""), dict(headers), body)
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=moment):
            signer(keys, service, region).add_auth(request)
        return request

    sent, native = signed(inside(one)), signed(real)
    out = one.authorize(message(sent, body), AWS)
    assert lowered(out.headers) == lowered(native.headers.items())


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a b/\u20ac+%2F//~'()*!"}),
    ("s3", "get_object", {"Bucket": "Legacy_Bucket", "Key": "../x"}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "k", "Body": b"data", "Metadata": {"a": "b  c"}}),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b/+", "Delimiter": ""}),
    ("s3", "delete_objects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}]}}),
    ("s3", "get_object_tagging", {"Bucket": "arn:aws:s3:us-west-2:123456789012:accesspoint/ap", "Key": "k"}),
    ("s3", "copy_object", {"Bucket": "bucket", "Key": "k", "CopySource": "a/b c"}),
    ("s3control", "list_jobs", {"AccountId": "123456789012"}),
    ("ec2", "terminate_instances", {"InstanceIds": ["i-0abc"]}),
    ("sts", "get_caller_identity", {}),
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "\u20ac"}}}),
    ("sqs", "send_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "x"}),
    ("lambda", "invoke", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "Payload": b"{}"}),
    ("lambda", "list_tags", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
    ("cloudwatch", "list_metrics", {}),
    ("route53", "list_hosted_zones", {}),
    ("iot-data", "publish", {"topic": "a/b c/\u20ac", "payload": b"x"}),
    ("apigateway", "tag_resource", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/x", "tags": {"a": "b"}}),
    ("glacier", "list_vaults", {}),
    ("bedrock-runtime", "invoke_model", {"modelId": "anthropic.claude-v2:1", "body": b"{}"}),
]


@pytest.mark.parametrize("real", REAL, ids=["long-term", "temporary"])
@pytest.mark.parametrize(("service", "method", "arguments"), CALLS)
def test_what_clients_send_is_signed_again_as_they_would(service: str, method: str, arguments: dict[str, Any], real: KeyPair) -> None:
    one = broker(real)

    def sent(keys: KeyPair) -> Any:
        session = botocore.session.Session()
        client = session.create_client(
            service,
            region_name="us-east-1",
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=Config(retries={"total_max_attempts": 1}),
        )
        seen: list[Any] = []

        def stop(request: Any, **_: Any) -> AWSResponse:
            seen.append(request)
            raise KeyboardInterrupt

        client.meta.events.register("before-send", stop)
        with pytest.raises(KeyboardInterrupt):
            getattr(client, method)(**arguments)
        return seen[0]

    dummied, native = sent(inside(one)), sent(real)
    body = dummied.body if isinstance(dummied.body, bytes) else dummied.body.encode() if isinstance(dummied.body, str) else None
    request = message(dummied, b"" if dummied.body is None else body)
    out = one.authorize(request, AWS)
    volatile = {"amz-sdk-invocation-id"}
    ours, theirs = lowered(out.headers), lowered(native.headers.items())
    if volatile & set(read_signature(theirs["authorization"]).signed_headers):
        # A random header is signed: sign the dummy's message itself with botocore for the comparison.
        again = AWSRequest(
            dummied.method, dummied.url, HTTPHeaders.from_pairs([(k, v) for k, v in request.headers if k != "Authorization"]), body
        )
        parts = read_signature(theirs["authorization"])
        signer = S3SigV4Auth if service.startswith("s3") else SigV4Auth
        if service.startswith("s3"):
            again.context["client_config"] = Config()
        expected = signer(real, parts.service, parts.region)
        if "x-amz-content-sha256" in ours:
            expected.payload = lambda _request: ours["x-amz-content-sha256"]
        expected.add_auth(again)
        theirs = {**theirs, **lowered(again.headers.items())}
    for name in volatile:
        ours.pop(name, None), theirs.pop(name, None)
    assert ours == theirs


def test_a_repeated_header_is_joined_in_order() -> None:
    one = broker(REAL[0])
    request = AWSRequest("GET", "https://h.amazonaws.com/", HTTPHeaders.from_pairs([("X-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")]))
    S3SigV4Auth(inside(one), "s3", "us-east-1").add_auth(request)
    assert one.authorize(message(request, b""), AWS).header_values("x-amz-meta-a") == ["1", "2"]


def test_http2_without_a_host_header() -> None:
    one = broker(REAL[1])
    request = AWSRequest("GET", "https://h.amazonaws.com/")
    S3SigV4Auth(inside(one), "s3", "us-east-1").add_auth(request)
    assert "host" not in lowered(request.headers.items())
    out = one.authorize(message(request, b""), AWS)
    assert "host" in read_signature(str(out.header("authorization"))).signed_headers


def test_bytes_that_are_no_utf8_are_signed_as_they_are() -> None:
    one = broker(REAL[0])
    request = AWSRequest("GET", "https://h.amazonaws.com/", {"X-Amz-Meta-A": "x"})
    S3SigV4Auth(inside(one), "s3", "us-east-1").add_auth(request)
    sent = message(request, b"")
    changed = HttpRequest(
        sent.method, sent.scheme, sent.host, 443, sent.target, tuple((k, "\udcff" if v == "x" else v) for k, v in sent.headers)
    )
    with pytest.raises(CredentialError, match="does not match"):
        one.authorize(changed, AWS)


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=zz",
        "AWS4-HMAC-SHA256 Credential=A/2026/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/x, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us east/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/B/20260314/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=x-amz-date, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=host;host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=Host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, Credential=B, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64 + ", X=1",
        "aws4-hmac-sha256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
    ],
)
def test_a_header_of_another_shape_is_refused(header: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_signature(header)
    assert caught.value.code == "bad-authorization"


# --- curl ----------------------------------------------------------------------------------------------------------------------

CURL = shutil.which("curl")


def curl(url_tail: str, scope: str, keys: KeyPair, *arguments: str) -> HttpRequest:
    """What curl puts on the wire for this URL, caught by a real socket."""
    host = "bucket.s3.us-east-1.amazonaws.com" if scope.endswith("s3") else "ec2.us-east-1.amazonaws.com"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        got: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                length = next((int(line.split(b":")[1]) for line in data.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
                if b"100-continue" in data:
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                while len(data.split(b"\r\n\r\n", 1)[1]) < length:
                    data += connection.recv(65536)
                got.append(data)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        command = [
            str(CURL),
            "-sS",
            "--path-as-is",
            "--max-time",
            "10",
            "--aws-sigv4",
            scope,
            "--user",
            f"{keys.access_key}:{keys.secret_key}",
        ]
        command += ["--resolve", f"{host}:{port}:127.0.0.1", *arguments, f"http://{host}:{port}{url_tail}"]
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        subprocess.run(command, check=True, capture_output=True, timeout=20, env=environment)
        thread.join(10)
    head, _, body = got[0].partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers = tuple((line.split(":", 1)[0], line.split(":", 1)[1].strip()) for line in lines[1:])
    return HttpRequest(method, "http", host, port, target, headers, body)


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("tail", "scope", "arguments"),
    [
        ("/key", "aws:amz:us-east-1:s3", []),
        ("/a%20b/%E2%82%AC+~", "aws:amz:us-east-1:s3", []),
        ("/?list-type=2&prefix=a%2Fb", "aws:amz:us-east-1:s3", []),
        ("/?prefix=a/b&list-type=2", "aws:amz:us-east-1:s3", []),
        ("/?delete", "aws:amz:us-east-1:s3", []),
        ("/key", "aws:amz:us-east-1:s3", ["-X", "DELETE"]),
        ("/key", "aws:amz:us-east-1:s3", ["-X", "PUT", "--data-binary", "hello"]),
        ("/key", "aws:amz:us-east-1:s3", ["-H", "X-Amz-Meta-A: b", "-X", "PUT", "--data-binary", "hello"]),
        ("/", "aws:amz:us-east-1:ec2", ["-d", "Action=DescribeInstances&Version=2016-11-15"]),
        ("/?Action=DescribeInstances&Version=2016-11-15", "aws:amz:us-east-1:ec2", []),
        ("/?Version=2016-11-15&Action=DescribeInstances", "aws:amz:us-east-1:ec2", []),
    ],
)
def test_curl_is_proven_and_signed_as_aws_reads_it(tail: str, scope: str, arguments: list[str]) -> None:
    real = REAL[1]
    one = broker(real, now=datetime.now(UTC).timestamp())
    sent = curl(tail, scope, inside(one), *arguments)
    out = one.authorize(sent, AWS)
    ours = read_signature(str(out.header("authorization")))
    # The server's side of it: the signature over what arrived, as AWS computes it.
    headers = [(k, v) for k, v in out.headers if k.lower() in ours.signed_headers]
    target = out.target.replace("prefix=a/b", "prefix=a%2Fb")  # botocore takes the query as encoded; AWS encodes anew
    check = AWSRequest(out.method, f"http://{out.host}:{out.port}{target}", HTTPHeaders.from_pairs(headers), out.body)
    check.context["timestamp"] = out.header("x-amz-date")
    signer = (S3SigV4Auth if ours.service == "s3" else SigV4Auth)(real, ours.service, ours.region)
    standard = signer.signature(signer.string_to_sign(check, signer.canonical_request(check)), check)
    assert ours.value == standard
