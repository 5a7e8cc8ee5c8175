"""Whatever is done to a good request, routing answers with calls or with DecodeError: no crash, no silence, and never a neighbour."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.dialects.gcp.wire import grpc, request
from warden.dialects.gcp import hosts, index, route
from warden.dialects.gcp.noun import UNKNOWN, Call
from warden.errors import DecodeError
from warden.model import HttpRequest

HOSTS = ("compute", "storage", "my-bucket.storage", "secretmanager", "www", "us-central1-aiplatform", "oauth2", "pubsub.mtls", "nowhere")
SEGMENTS = (
    *(
        "compute",
        "v1",
        "beta",
        "projects",
        "p",
        "zones",
        "z",
        "instances",
        "i",
        "secrets",
        "s:access",
        "versions",
        "1%3Aaccess",
        "batch",
        "upload",
    ),
    *(
        "storage",
        "b",
        "bucket",
        "o",
        "a%2Fb",
        "$rpc",
        "$discovery",
        "rest",
        "",
        ".",
        "..",
        "%2e",
        "a;b",
        "%00",
        "%zz",
        "x:y:z",
        ":",
        "*",
        "**",
        "{name}",
    ),
    *("google.pubsub.v1.Publisher", "DeleteTopic", "resumable", "download", "@me", "é", "%C3%A9", "+"),
)
QUERIES = (
    "",
    "?alt=json",
    "?upload_id=x",
    "?acl",
    "?acl&uploads",
    "?_method=DELETE",
    "?a=%zz",
    "?uploadType=resumable",
    "?x-goog-copy-source=a",
)
HEADERS = (
    ("content-type", "application/grpc"),
    ("content-type", "multipart/mixed; boundary=b"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-encoding", "gzip"),
    ("x-http-method-override", "DELETE"),
    ("x-http-method-override", "GET"),
    ("x-goog-resumable", "start"),
    ("x-goog-copy-source", "/b/k"),
    ("x-goog-request-params", "name=a%2Fb&x"),
)
BODIES = (None, b"", b"\xff\xfe", b"--b\r\n", b"--b\r\nContent-Type: application/http\r\n\r\nGET /compute/v1/x HTTP/1.1\r\n\r\n--b--")

requests = some.builds(
    lambda method, host, parts, query, headers, body: HttpRequest(
        method, "https", f"{host}.googleapis.com", 443, "/" + "/".join(parts) + query, tuple(headers), body, None
    ),
    some.sampled_from(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "X")),
    some.sampled_from(HOSTS),
    some.lists(some.sampled_from(SEGMENTS), max_size=9),
    some.sampled_from(QUERIES),
    some.lists(some.sampled_from(HEADERS), max_size=3),
    some.sampled_from(BODIES),
)


def outcome(message: HttpRequest) -> tuple[Call, ...] | str:
    try:
        return route.calls(message)
    except DecodeError as error:
        return error.code


@settings(max_examples=1500, deadline=None)
@given(requests)
def test_calls_or_a_named_refusal(message: HttpRequest) -> None:
    found = outcome(message)
    assert found
    if not isinstance(found, str):
        assert all(call.method and call.service for call in found)
        assert found == outcome(message)


@settings(max_examples=300, deadline=None)
@given(
    some.text(max_size=40),
    some.binary(max_size=60),
    some.sampled_from(["application/http", "multipart/mixed; boundary=b", "application/grpc"]),
)
def test_any_bytes_in_a_batch(text: str, body: bytes, kind: str) -> None:
    line = "POST https://compute.googleapis.com/batch/compute/v1"
    wrapped = b"--b\r\nContent-Type: application/http\r\n\r\n" + text.encode("utf-8", "replace") + b"\r\n\r\n" + body + b"\r\n--b--"
    for content in (body, wrapped):
        found = outcome(request(line, ("content-type", kind), body=content))
        assert isinstance(found, str) or all(call.method == UNKNOWN or "compute." in call.method for call in found)


@settings(max_examples=300, deadline=None)
@given(some.from_regex(r"[a-z0-9.-]{0,40}", fullmatch=True))
def test_any_host_is_claimed_only_under_googles_names(name: str) -> None:
    assert hosts.find(name) is None or name.endswith("googleapis.com") or name in index.hosts()["hosts"]


@settings(max_examples=500, deadline=None)
@given(some.from_regex(r"[A-Za-z0-9_~-]{1,30}", fullmatch=True), some.sampled_from(["DELETE", "POST", "GET"]))
def test_a_word_that_no_table_has_is_unknown(word: str, method: str) -> None:
    """As version, collection, verb, and below a resource. No word of the tables begins with ``zz``."""
    base, secret = "https://secretmanager.googleapis.com", "projects/p/secrets/s"
    verb = f"zz{word}".replace("~", "").replace("-", "")
    for path in (f"zz{word}/{secret}", f"v1/zz{word}/p/secrets/s", f"v1/{secret}:{verb}", f"v1/{secret}/zz{word}"):
        (call,) = route.calls(request(f"{method} {base}/{path}"))
        assert call.method == UNKNOWN, path


def test_a_grpc_call_changed_by_one_letter_is_unknown() -> None:
    path = "google.cloud.secretmanager.v1.SecretManagerService/DeleteSecret"
    message = grpc("secretmanager.googleapis.com", path)
    for at in range(len(path)):
        changed = path[:at] + ("x" if path[at] != "x" else "y") + path[at + 1 :]
        found = outcome(replace(message, target=f"/{changed}"))
        assert isinstance(found, str) or found[0].method == UNKNOWN
