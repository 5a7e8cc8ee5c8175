"""Every denial goes through the real client of its service: botocore's serializer, parsers and retry handlers, and a real socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from warden.dialects.aws.denial import REASON_HEADER_LIMIT, denial
from warden.model import HttpRequest, HttpResponse, Ruling

SENTENCE = (
    'warden denied ec2:TerminateInstances on arn:aws:ec2:us-east-1:123456789012:instance/i-0abc: policy "no-destroy/destructive". '
    "Terminating <is> not allowed & stopping is: d\u00e9j\u00e0 vu \u2028 \U0001f6d1"
)
RULING = Ruling(id="01J9ZK5M-7")

#: Services, each with every protocol that its model offers.
LOADER = Loader()
SERVICES = sorted(LOADER.list_available_services("service-2"))


def request_from(prepared: Any, body: bytes | None = b"") -> HttpRequest:
    """The request that botocore would send, as the enforcement point hands it over."""
    parts = urlsplit(prepared.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    text = [(k, v.decode() if isinstance(v, bytes) else str(v)) for k, v in prepared.headers.items()]
    if body == b"" and prepared.body is not None:
        body = (
            prepared.body.encode()
            if isinstance(prepared.body, str)
            else bytes(prepared.body)
            if isinstance(prepared.body, bytes | bytearray)
            else None
        )
    return HttpRequest(prepared.method, parts.scheme, str(parts.hostname), parts.port or 443, target, tuple(text), body)


class _OneProtocol(Loader):  # type: ignore[misc]
    """A loader whose models offer a single protocol, as the models of other years did. Models are not kept."""

    def __init__(self, protocol: str) -> None:
        super().__init__()
        self.protocol = protocol

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model = Loader().load_service_model(service_name, type_name, api_version)
        if type_name == "service-2":
            model = {**model, "metadata": {**model["metadata"], "protocol": self.protocol, "protocols": [self.protocol]}}
        return model


class _Raw:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.data

    def read(self, *_: Any) -> bytes:
        data, self.data = self.data, b""
        return data


@cache
def session_of(protocol: str) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", _OneProtocol(protocol))
    session.set_config_variable("region", "us-east-1")
    session.set_credentials("AKIATEST", "s" * 40)
    return session


def client_of(service: str, protocol: str, mode: str) -> tuple[Any, list[HttpRequest]]:
    """A botocore client whose every request is answered with a denial, and the list of the requests it makes."""
    session = session_of(protocol)
    # importexport knows version 2 signatures only, and no way to send nothing.
    signature = "v2" if service == "importexport" else UNSIGNED
    config = Config(
        signature_version=signature, parameter_validation=False, retries={"mode": mode, "max_attempts": 3}, inject_host_prefix=False
    )
    client = session.create_client(service, config=config)
    seen: list[HttpRequest] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        seen.append(request_from(request))
        response = denial(seen[-1], RULING, SENTENCE)
        headers = HTTPHeaders()
        for name, value in response.headers:
            headers[name] = value
        reply = AWSResponse(request.url, response.status, headers, _Raw(response.body))
        reply._content = response.body
        return reply

    client.meta.events.register("before-send", answer)
    return client, seen


def sample(shape: Any, depth: int = 0) -> Any:
    """The least value that serializes for `shape`: required members, and what the URI or the endpoint rules need."""
    if shape.type_name == "structure":
        names = shape.required_members if depth < 6 else []
        return {name: sample(shape.members[name], depth + 1) for name in names}
    simple: dict[str, Any] = {
        "string": "abcdefghijkl", "character": "x", "blob": b"x", "boolean": True, "integer": 1, "long": 1, "float": 1.0, "double": 1.0,
        "timestamp": "2026-01-01T00:00:00Z", "list": [], "map": {},
    }  # fmt: skip
    return simple[shape.type_name]


@cache
def protocols_of(service: str) -> list[str]:
    metadata = Loader().load_service_model(service, "service-2")["metadata"]
    return list(metadata.get("protocols") or [metadata["protocol"]])


#: Clients that refuse a made-up argument before they send, with an operation and arguments that go through.
CALLS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "s3": ("ListObjectsV2", {"Bucket": "example-bucket"}),
    "cloudfront-keyvaluestore": ("DescribeKeyValueStore", {"KvsARN": "arn:aws:cloudfront::123456789012:key-value-store/abc"}),
    "s3control": ("ListJobs", {"AccountId": "123456789012"}),
}


def call(client: Any, service: str) -> ClientError:
    """Calls one operation; the ClientError that the caller would see."""
    model = client.meta.service_model
    operation = CALLS.get(service, ("", {}))[0] or min(
        model.operation_names, key=lambda n: len(getattr(model.operation_model(n).input_shape, "required_members", []))
    )
    shape = model.operation_model(operation).input_shape
    arguments = CALLS.get(service, ("", None))[1]
    if arguments is None:
        arguments = sample(shape) if shape else {}
    with pytest.raises(ClientError) as caught:
        client._make_api_call(operation, arguments)
    return caught.value


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_reads_its_denial_and_does_not_retry(service: str) -> None:
    modes = ("legacy", "standard", "adaptive")
    for number, protocol in enumerate(protocols_of(service)):
        client, seen = client_of(service, protocol, modes[(len(service) + number) % 3])
        error = call(client, service).response
        code = "AccessDenied" if protocol in ("query", "ec2", "rest-xml") or service in ("sqs", "cloudwatch") else "AccessDeniedException"
        assert error["Error"]["Code"] == code, (service, protocol, seen[0])
        assert error["Error"]["Message"] == SENTENCE
        assert error["ResponseMetadata"]["RequestId"] == RULING.id
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert len(seen) == 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("service", ["ec2", "sts", "dynamodb", "sqs", "lambda", "s3", "cloudwatch", "route53", "glacier", "kinesis"])
def test_no_retry_mode_of_botocore_tries_again(service: str, mode: str) -> None:
    for protocol in protocols_of(service):
        client, seen = client_of(service, protocol, mode)
        call(client, service)
        assert len(seen) == 1


FORM = "application/x-www-form-urlencoded"
JSON_1_0 = "application/x-amz-json-1.0"


def make(
    method: str = "GET", host: str = "s3.us-east-1.amazonaws.com", target: str = "/", body: bytes | None = b"", **headers: str
) -> HttpRequest:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpRequest(method, "https", host, 443, target, pairs, body)


def value(response: HttpResponse, name: str) -> str | None:
    return next((v for k, v in response.headers if k.lower() == name.lower()), None)


@pytest.mark.parametrize(
    ("request_", "content_type", "start"),
    [
        (make(host="bucket.s3.us-east-1.amazonaws.com", target="/key?Action=x"), "application/xml", b"<Error>"),
        (make(host="s3"), "application/xml", b"<Error>"),
        (make(host="s3.bucket.s3.us-east-1.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="ap-123456789012.s3-accesspoint.dualstack.us-east-1.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="bucket.s3-us-west-2.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="ap-1.op-1.s3-outposts.us-east-1.amazonaws.com"), "application/xml", b"<Error>"),
        (make(host="s3-outposts.us-east-1.amazonaws.com", target="/S3Outposts/ListEndpoints"), "application/json", b'{"message"'),
        (make(host="123456789012.s3-control.us-east-1.amazonaws.com", target="/v20180820/jobs"), "text/xml", b"<ErrorResponse>"),
        (make(host="s3tables.us-east-1.amazonaws.com", target="/buckets"), "application/json", b'{"message"'),
        (make(host="ec2.us-east-1.amazonaws.com"), "text/xml;charset=UTF-8", b"<Response>"),
        (make(host="ec2.us-east-1.api.aws", target="/?Action=DescribeInstances"), "text/xml;charset=UTF-8", b"<Response>"),
        (make(host="iam.amazonaws.com", target="/?%41ction=ListUsers"), "text/xml", b"<ErrorResponse>"),
        (make("POST", "iam.amazonaws.com", body=b"Version=1&Action=ListUsers", content_type=FORM), "text/xml", b"<ErrorResponse>"),
        (make("POST", "iam.amazonaws.com", body=None, content_type=FORM), "text/xml", b"<ErrorResponse>"),
        (make("POST", "dynamodb.us-east-1.amazonaws.com", x_amz_target="D.L", content_type=JSON_1_0), JSON_1_0, b"{"),
        (make("POST", "dynamodb.us-east-1.amazonaws.com", x_amz_target="D.L"), "application/x-amz-json-1.1", b'{"__type"'),
        (make("POST", "monitoring.us-east-1.amazonaws.com", "/service/S/operation/O", body=None), "application/cbor", b"\xa2\x66__type"),
        (make("POST", "monitoring.us-east-1.amazonaws.com", smithy_protocol="rpc-v2-cbor"), "application/cbor", b"\xa2\x66__type"),
        (make(host="lambda.us-east-1.amazonaws.com", target="/2015-03-31/functions"), "application/json", b'{"message"'),
        (make("\u00ff", host="", target=""), "application/json", b'{"message"'),
    ],
)  # fmt: skip
def test_the_format_is_read_from_the_request_alone(request_: HttpRequest, content_type: str, start: bytes) -> None:
    response = denial(request_, RULING, "no")
    assert response.status == 403
    assert value(response, "content-type") == content_type
    assert response.body.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>\n').startswith(start)


def test_rest_xml_hosts_are_those_of_the_models() -> None:
    assert [s for s in SERVICES if "rest-xml" in protocols_of(s)] == ["cloudfront", "route53", "s3", "s3control"]
    assert [s for s in SERVICES if "ec2" in protocols_of(s)] == ["ec2"]


@pytest.mark.parametrize(
    "text", ["", "x" * 300, "y" * 70_000, "control \x00\x08\x0b\x1f", "]]>&amp;<!--", "a\r\nb\tc", "\ud800 alone", "\ufffe\uffff"]
)
@pytest.mark.parametrize("service", ["s3", "ec2", "sts", "dynamodb", "lambda", "cloudwatch"])
def test_any_sentence_survives(service: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SENTENCE", text)
    for protocol in protocols_of(service):
        client, _ = client_of(service, protocol, "standard")
        message = call(client, service).response["Error"]["Message"] or ""
        kept = text.replace("\ud800", "?")
        if protocol in ("ec2", "query", "rest-xml"):
            kept = "".join("\ufffd" if c in "\x00\x08\x0b\x1f\ufffe\uffff" else c for c in kept)
        assert message == kept


def test_the_reason_header_is_one_short_line_of_ascii() -> None:
    response = denial(make("HEAD"), RULING, "a\r\nX-Evil: 1\x00 d\u00e9j\u00e0 " + "z" * 9000)
    assert response.body == b""
    reason = value(response, "x-warden-reason")
    assert reason is not None
    assert reason.startswith("a X-Evil: 1? d\\xe9j\\xe0 zzz")
    assert len(reason) == REASON_HEADER_LIMIT
    assert reason.isascii()
    assert reason.isprintable()


def test_a_hostile_ruling_id_or_path_stays_data() -> None:
    response = denial(make(target="/a<b>&?x=<y>"), Ruling(id='i"<\r\nd>'), "no")
    assert b"<Resource>/a&lt;b&gt;&amp;</Resource>" in response.body
    assert all("\n" not in v and "\r" not in v for _, v in response.headers)


@pytest.mark.parametrize(
    ("body", "length", "version", "closes"),
    [
        (None, 5, "HTTP/1.1", True),
        (None, None, "HTTP/1.1", True),
        (None, 0, "HTTP/1.1", False),
        (None, 5, "HTTP/2.0", False),
        (b"hello", 5, "HTTP/1.1", False),
    ],
)  # fmt: skip
def test_an_unread_body_closes_the_connection(body: bytes | None, length: int | None, version: str, closes: bool) -> None:
    request = HttpRequest("PUT", "https", "b.s3.amazonaws.com", 443, "/k", (), body, length, version)
    assert (value(denial(request, RULING, "no"), "connection") == "close") is closes


def test_there_is_no_date_for_clocks_to_be_compared_with() -> None:
    for host in ("s3.amazonaws.com", "ec2.amazonaws.com", "lambda.us-east-1.amazonaws.com"):
        assert value(denial(make(host=host), RULING, "no"), "date") is None


# --- over a real socket --------------------------------------------------------------------------------------------------------


class _Denier(BaseHTTPRequestHandler):
    """Denies at the end of the headers, before the body is read, as the proxy does."""

    protocol_version = "HTTP/1.1"
    seen: list[str]
    #: The AWS host that clients believe they talk to.
    host: str

    def _deny(self) -> None:
        self.seen.append(f"{self.command} {self.path} expect={self.headers.get('expect')}")
        length = int(self.headers.get("content-length") or 0)
        unread = self.headers.get("expect") is not None or self.headers.get("transfer-encoding") is not None
        body = None if unread else self.rfile.read(length)
        request = HttpRequest(self.command, "https", self.host, 443, self.path, tuple(self.headers.items()), body, length or None)
        response = denial(request, RULING, SENTENCE)
        self.send_response_only(response.status)
        for name, text in response.headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _deny

    def handle_expect_100(self) -> bool:
        return True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def denier(host: str) -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Denier", (_Denier,), {"seen": seen, "host": host}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def remote(service: str, url: str) -> Any:
    session = botocore.session.Session()
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=5, read_timeout=5)
    return session.create_client(
        service, region_name="us-east-1", endpoint_url=url, config=config, aws_access_key_id="AKIATEST", aws_secret_access_key="s" * 40
    )


def test_boto_over_a_socket_reads_the_sentence() -> None:
    with denier("ec2.us-east-1.amazonaws.com") as (url, seen):
        with pytest.raises(ClientError) as caught:
            remote("ec2", url).terminate_instances(InstanceIds=["i-0abc"])
        assert str(caught.value) == f"An error occurred (AccessDenied) when calling the TerminateInstances operation: {SENTENCE}"
        assert len(seen) == 1


def test_an_upload_that_expects_100_is_denied_before_its_body() -> None:
    with denier("b.s3.us-east-1.amazonaws.com") as (url, seen):
        client = remote("s3", url)
        with pytest.raises(ClientError) as caught:
            client.put_object(Bucket="bucket", Key="k", Body=b"x" * (4 << 20))
        assert caught.value.response["Error"]["Code"] == "AccessDenied"
        assert caught.value.response["Error"]["Message"] == SENTENCE
        with pytest.raises(ClientError):
            client.delete_object(Bucket="bucket", Key="k")
        assert [line.split()[0] + line.split()[2] for line in seen] == ["PUTexpect=100-continue", "DELETEexpect=None"]


def test_head_object_has_the_reason_in_a_header() -> None:
    with denier("b.s3.us-east-1.amazonaws.com") as (url, seen):
        with pytest.raises(ClientError) as caught:
            remote("s3", url).head_object(Bucket="bucket", Key="k")
        response = caught.value.response
        assert response["Error"]["Code"] == "403"
        assert response["ResponseMetadata"]["HTTPHeaders"]["x-warden-reason"].startswith("warden denied ec2:TerminateInstances")
        assert len(seen) == 1


def test_copies_that_answer_200_with_an_error_are_denied_at_once() -> None:
    # botocore turns a 200 with <Error> into a retried 500; a denial is a 403, which it takes as it is.
    with denier("b.s3.us-east-1.amazonaws.com") as (url, seen):
        client = remote("s3", url)
        with pytest.raises(ClientError, match="AccessDenied"):
            client.copy_object(Bucket="bucket", Key="k", CopySource="a/b")
        with pytest.raises(ClientError, match="AccessDenied"):
            client.complete_multipart_upload(Bucket="bucket", Key="k", UploadId="u", MultipartUpload={"Parts": []})
        assert len(seen) == 2


@pytest.mark.skipif(shutil.which("aws") is None, reason="the aws CLI is not installed")
def test_the_aws_cli_prints_the_sentence_once() -> None:
    with denier("ec2.us-east-1.amazonaws.com") as (url, seen):
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "s" * 40,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONIOENCODING": "utf-8",
        }
        command = ["aws", "ec2", "terminate-instances", "--instance-ids", "i-0abc", "--endpoint-url", url]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        assert f"An error occurred (AccessDenied) when calling the TerminateInstances operation: {SENTENCE}" in done.stderr.decode()
        assert done.returncode in (254, 255)
        assert len(seen) == 1


def test_the_json_body_is_plain_json() -> None:
    response = denial(make("POST", "dynamodb.us-east-1.amazonaws.com", x_amz_target="D.L"), RULING, SENTENCE)
    assert json.loads(response.body) == {"__type": "AccessDeniedException", "message": SENTENCE}
