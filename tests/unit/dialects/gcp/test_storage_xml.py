"""Cloud Storage's XML API: bucket in the path or in the host, subresources, copies, uploads; and what is not read."""

from __future__ import annotations

import pytest

from tests.unit.dialects.gcp.wire import request
from warden.dialects.gcp import route
from warden.dialects.gcp.noun import UNKNOWN, Protocol
from warden.errors import DecodeError
from warden.model import HttpRequest

START = ("x-goog-resumable", "start")
COPY = ("x-goog-copy-source", "/other/key")
CANCEL = "google.storage.v2.Storage/CancelResumableWrite"

#: Method, path below the bucket, headers, id.
FORMS: list[tuple[str, str, tuple[tuple[str, str], ...], str]] = [
    ("GET", "", (), "storage.objects.list"),
    ("GET", "?prefix=a&delimiter=%2F&list-type=2", (), "storage.objects.list"),
    ("GET", "?versions", (), "storage.objects.list"),
    ("GET", "?uploads", (), "storage.objects.list"),
    ("HEAD", "", (), "storage.buckets.get"),
    ("PUT", "", (), "storage.buckets.insert"),
    ("DELETE", "", (), "storage.buckets.delete"),
    ("POST", "", (), "storage.objects.insert"),
    ("POST", "?delete", (), "storage.objects.delete"),
    ("GET", "?acl", (), "storage.bucketAccessControls.list"),
    ("PUT", "?acl", (), "storage.bucketAccessControls.update"),
    ("PUT", "?defaultObjectAcl", (), "storage.defaultObjectAccessControls.update"),
    ("GET", "?lifecycle", (), "storage.buckets.get"),
    ("PUT", "?lifecycle", (), "storage.buckets.patch"),
    ("DELETE", "?cors", (), "storage.buckets.patch"),
    ("PUT", "?versioning", (), "storage.buckets.patch"),
    ("PUT", "?neverwas", (), UNKNOWN),
    ("DELETE", "?neverwas", (), UNKNOWN),
    ("POST", "?lifecycle", (), UNKNOWN),
    ("PATCH", "", (), UNKNOWN),
    ("DELETE", "?acl", (), UNKNOWN),
    ("GET", "/a/b", (), "storage.objects.get"),
    ("GET", "/a/b?generation=1&userProject=p", (), "storage.objects.get"),
    ("GET", "/a/b?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=0", (), "storage.objects.get"),
    ("HEAD", "/a/b", (), "storage.objects.get"),
    ("PUT", "/a/b", (), "storage.objects.insert"),
    ("PUT", "/a/b", (COPY,), "storage.objects.copy"),
    ("PUT", "/a/b", (("x-amz-copy-source", "/other/key"),), "storage.objects.copy"),
    ("PUT", "/a/b?compose", (), "storage.objects.compose"),
    ("PUT", "/a/b?acl", (), "storage.objectAccessControls.update"),
    ("DELETE", "/a/b", (), "storage.objects.delete"),
    ("DELETE", "/a/b?generation=1", (), "storage.objects.delete"),
    ("DELETE", "/a/b?neverwas", (), UNKNOWN),
    ("POST", "/a/b", (), UNKNOWN),
    ("POST", "/a/b", (START,), "storage.objects.insert"),
    ("PUT", "/a/b?upload_id=x", (), "storage.objects.insert"),
    ("DELETE", "/a/b?upload_id=x", (), CANCEL),
    ("POST", "/a/b?uploads", (), "storage.objects.insert"),
    ("PUT", "/a/b?partNumber=1&uploadId=x", (), "storage.objects.insert"),
    ("PUT", "/a/b?partNumber=1&uploadId=x", (COPY,), "storage.objects.insert"),
    ("POST", "/a/b?uploadId=x", (), "storage.objects.insert"),
    ("DELETE", "/a/b?uploadId=x", (), CANCEL),
]


@pytest.mark.parametrize(("method", "rest", "headers", "wanted"), FORMS)
@pytest.mark.parametrize("base", ["https://storage.googleapis.com/my-bucket", "https://my-bucket.storage.googleapis.com"])
def test_forms(base: str, method: str, rest: str, headers: tuple[tuple[str, str], ...], wanted: str) -> None:
    separator = "" if rest.startswith("/") or "my-bucket." not in base else "/"
    (call,) = route.calls(request(f"{method} {base}{separator}{rest}", *headers))
    labels = {"bucket": "my-bucket", "object": "a/b"} if rest.startswith("/a/b") else {"bucket": "my-bucket"}
    assert (call.method, call.protocol, call.service, dict(call.labels)) == (wanted, Protocol.STORAGE_XML, "storage", labels)


def test_the_service_itself() -> None:
    (call,) = route.calls(request("GET https://storage.googleapis.com/"))
    assert (call.method, dict(call.labels)) == ("storage.buckets.list", {})
    (call,) = route.calls(request("DELETE https://storage.googleapis.com/"))
    assert call.method == UNKNOWN


@pytest.mark.parametrize(
    ("path", "key"),
    [("a//b", "a//b"), ("a%2Fb", "a/b"), ("a%20b%41", "a bA"), ("a;b", "a;b"), ("a/", "a/"), ("a:b", "a:b"), ("x/upload", "x/upload")],
)
def test_names_that_objects_may_have(path: str, key: str) -> None:
    for base in ("https://storage.googleapis.com/my-bucket", "https://my-bucket.storage.googleapis.com"):
        (call,) = route.calls(request(f"DELETE {base}/{path}"))
        assert (call.method, call.labels["object"]) == ("storage.objects.delete", key)


def test_the_json_apis_prefixes_are_names_behind_a_bucket() -> None:
    (call,) = route.calls(request("PUT https://my-bucket.storage.googleapis.com/upload/photo.png"))
    assert (call.method, call.labels["object"]) == ("storage.objects.insert", "upload/photo.png")


@pytest.mark.parametrize("path", ["storage/v9/b/bucket", "storage", "upload/bucket/o", "batch/x", "download/x", "resumable/x"])
def test_the_json_apis_prefixes_are_no_buckets(path: str) -> None:
    (call,) = route.calls(request(f"DELETE https://storage.googleapis.com/{path}"))
    assert (call.method, call.protocol is Protocol.STORAGE_XML) == (UNKNOWN, False)


def test_an_override_is_two_calls() -> None:
    found = route.calls(request("POST https://storage.googleapis.com/bucket/key", ("X-HTTP-Method-Override", "DELETE")))
    assert [call.method for call in found] == [UNKNOWN, "storage.objects.delete"]


REFUSED = [
    (request("DELETE https://my-bucket.storage.googleapis.com/storage/v1/b/other"), "two-readings"),
    (request("POST https://my-bucket.storage.googleapis.com/upload/storage/v1/b/other/o"), "two-readings"),
    (request("DELETE https://storage.googleapis.com/my-bucket/a/../b"), "dot-segment"),
    (request("DELETE https://my-bucket.storage.googleapis.com/a/../b"), "dot-segment"),
    (request("DELETE https://storage.googleapis.com//key"), "malformed-bucket"),
    (request("DELETE https://storage.googleapis.com/Bucket!/key"), "malformed-bucket"),
    (request("DELETE https://storage.googleapis.com/b%2Fkey"), "malformed-bucket"),
    (request("DELETE https://storage.googleapis.com/%62ucket/key"), "needless-escape"),
    (request("PUT https://storage.googleapis.com/bucket?acl&lifecycle"), "two-readings"),
    (request("PUT https://storage.googleapis.com/bucket/key?acl", COPY), "two-readings"),
    (request("DELETE https://storage.googleapis.com/bucket/key?uploadId=x&acl"), "two-readings"),
    (request("PUT https://storage.googleapis.com/bucket/key?x-goog-copy-source=/a/b"), "header-in-query"),
    (request("PUT https://storage.googleapis.com/bucket/key", COPY, COPY), "duplicate-header"),
]


@pytest.mark.parametrize(("message", "code"), REFUSED)
def test_refused(message: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        route.calls(message)
    assert caught.value.code == code
