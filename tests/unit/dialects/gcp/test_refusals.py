"""The forms that are read, those that are unknown, and those that have no certain reading: one row each at least."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import warden.dialects.gcp as dialect
from tests.unit.dialects.gcp.wire import GRPC, request
from warden.dialects.gcp import route
from warden.dialects.gcp.noun import UNKNOWN, Protocol
from warden.errors import DecodeError
from warden.model import HttpRequest

COMPUTE = "https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances"
SECRET = "https://secretmanager.googleapis.com/v1/projects/p/secrets/s"
OBJECT = "https://storage.googleapis.com/storage/v1/b/bucket/o"
UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b/bucket/o"
LOGS = "https://logging.googleapis.com/v2/projects/p/logs"
OVERRIDE = "X-HTTP-Method-Override"
FORM = ("content-type", "application/x-www-form-urlencoded")

ACCEPTED: list[tuple[HttpRequest, str, dict[str, str]]] = [
    (request(f"DELETE {COMPUTE}/i"), "compute.instances.delete", {"project": "p", "zone": "z", "instance": "i"}),
    (
        request(f"DELETE {COMPUTE}/i?alt=json&fields=id&prettyPrint=false&$alt=json"),
        "compute.instances.delete",
        {"project": "p", "zone": "z", "instance": "i"},
    ),
    (
        request(f"DELETE {COMPUTE.replace('/p/', '/example.com:p/')}/i"),
        "compute.instances.delete",
        {"project": "example.com:p", "zone": "z", "instance": "i"},
    ),
    (request(f"GET {COMPUTE.replace('compute.g', 'www.g', 1)}"), "compute.instances.list", {"project": "p", "zone": "z"}),
    (request(f"DELETE {SECRET}"), "secretmanager.projects.secrets.delete", {"name": "projects/p/secrets/s"}),
    (request(f"POST {SECRET}:addVersion"), "secretmanager.projects.secrets.addVersion", {"parent": "projects/p/secrets/s"}),
    (
        request(f"GET {SECRET}/versions/latest:access"),
        "secretmanager.projects.secrets.versions.access",
        {"name": "projects/p/secrets/s/versions/latest"},
    ),
    (
        request("GET https://cloudresourcemanager.googleapis.com/v1/projects/example.com:p"),
        "cloudresourcemanager.projects.get",
        {"projectId": "example.com:p"},
    ),
    (
        request(
            "DELETE https://artifactregistry.googleapis.com/v1/projects/p/locations/l/repositories/r/packages/k/versions/sha256:abcdef"
        ),
        "artifactregistry.projects.locations.repositories.packages.versions.delete",
        {"name": "projects/p/locations/l/repositories/r/packages/k/versions/sha256:abcdef"},
    ),
    (
        request(f"DELETE {LOGS}/cloudaudit.googleapis.com%2Factivity"),
        "logging.projects.logs.delete",
        {"logName": "projects/p/logs/cloudaudit.googleapis.com/activity"},
    ),
    (request(f"DELETE {OBJECT}/a%2Fb.txt"), "storage.objects.delete", {"bucket": "bucket", "object": "a/b.txt"}),
    (request(f"DELETE {OBJECT}/a%2F..%2F%2Fb"), "storage.objects.delete", {"bucket": "bucket", "object": "a/..//b"}),
    (request(f"GET {OBJECT}/logs%2Facl?alt=media"), "storage.objects.get", {"bucket": "bucket", "object": "logs/acl"}),
    (request(f"GET {OBJECT}/a:rename"), "storage.objects.get", {"bucket": "bucket", "object": "a:rename"}),
    (request(f"GET {OBJECT}/a%3Arename"), "storage.objects.get", {"bucket": "bucket", "object": "a:rename"}),
    (
        request("GET https://storage.googleapis.com/v2/projects/p/locations/global/intelligenceConfig"),
        "google.storage.control.v2.StorageControl/GetProjectIntelligenceConfig",
        {"name": "projects/p/locations/global/intelligenceConfig"},
    ),
    (request(f"GET {OBJECT}/%41"), "storage.objects.get", {"bucket": "bucket", "object": "A"}),
    (
        request(f"POST {OBJECT}/a%2Fb/rewriteTo/b/other/o/c%2Fd"),
        "storage.objects.rewrite",
        {"sourceBucket": "bucket", "sourceObject": "a/b", "destinationBucket": "other", "destinationObject": "c/d"},
    ),
    (
        request(f"GET {OBJECT.replace('/storage/v1', '/download/storage/v1')}/a?alt=media"),
        "storage.objects.get",
        {"bucket": "bucket", "object": "a"},
    ),
    (
        request("GET https://iam.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com/keys"),
        "iam.projects.serviceAccounts.keys.list",
        {"name": "projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"},
    ),
    (request("POST https://oauth2.googleapis.com/token", FORM), "oauth2.token", {}),
    (request("POST https://accounts.google.com/o/oauth2/token", FORM), "oauth2.token", {}),
    (request("POST https://www.googleapis.com/oauth2/v4/token", FORM), "oauth2.token", {}),
    (request("POST https://oauth2.googleapis.com/revoke?token=x"), "oauth2.revoke", {}),
    (request("GET https://compute.googleapis.com/$discovery/rest?version=v1"), "discovery.apis.getRest", {"api": "compute"}),
    (
        request("POST https://lustre.googleapis.com/v1/projects/p/locations/l/instances?instanceId=i"),
        "google.cloud.lustre.v1.Lustre/CreateInstance",
        {"parent": "projects/p/locations/l"},
    ),
    # uploads
    (request(f"POST {UPLOAD}?uploadType=media&name=a"), "storage.objects.insert", {"bucket": "bucket"}),
    (request(f"POST {UPLOAD}?uploadType=resumable&name=a"), "storage.objects.insert", {"bucket": "bucket"}),
    (
        request(f"PUT {UPLOAD}?uploadType=resumable&upload_id=x", ("content-range", "bytes 0-9/10")),
        "storage.objects.insert",
        {"bucket": "bucket"},
    ),
    (
        request(f"PUT {UPLOAD}?uploadType=resumable&upload_id=x", ("content-range", "bytes */10")),
        "storage.objects.insert",
        {"bucket": "bucket"},
    ),
    (request(f"DELETE {UPLOAD}?uploadType=resumable&upload_id=x"), "google.storage.v2.Storage/CancelResumableWrite", {"bucket": "bucket"}),
    (request("POST https://storage.googleapis.com/resumable/upload/storage/v1/b/bucket/o"), "storage.objects.insert", {"bucket": "bucket"}),
    (request("PUT https://www.googleapis.com/upload/drive/v3/files?uploadType=resumable&upload_id=x"), "drive.files.create", {}),
]

UNKNOWNS: list[tuple[HttpRequest, str]] = [
    (request("DELETE https://compute.googleapis.com/compute/v2/projects/p/zones/z/instances/i"), "compute"),
    (request("DELETE https://compute.googleapis.com/compute/V1/projects/p/zones/z/instances/i"), "compute"),
    (request(f"DELETE {COMPUTE}/i/"), "compute"),
    (request(f"GET {COMPUTE}%2Fi"), "compute"),
    (request(f"DELETE {COMPUTE}/i/neverWas"), "compute"),
    (request(f"PURGE {COMPUTE}/i"), "compute"),
    (request(f"HEAD {COMPUTE}/i"), "compute"),
    (request(f"delete {COMPUTE}/i"), "compute"),
    (request("POST https://compute.googleapis.com/"), "compute"),
    (request(f"GET {SECRET}:access"), "secretmanager"),  # the host has the verb, not here
    (request(f"DELETE {SECRET}:access"), "secretmanager"),  # and never a secret of that name
    (request(f"GET {SECRET}/versions/1:access%252F"), "secretmanager"),
    (request(f"GET {SECRET}/versions/1:access.x"), "secretmanager"),
    (request(f"DELETE {SECRET}:obliterate"), "secretmanager"),  # a verb of tomorrow
    (request(f"DELETE {SECRET}:undelete:x"), "secretmanager"),
    (request(f"DELETE {SECRET}.example.com:obliterate"), "secretmanager"),
    (request(f"DELETE {SECRET}%3Ax:obliterate"), "secretmanager"),
    (request(f"POST {SECRET}%3AneverWas"), "secretmanager"),
    (request("DELETE https://secretmanager.googleapis.com/v1/projects/p/secrets"), "secretmanager"),
    (request("GET https://secretmanager.googleapis.com/v3/projects/p/secrets"), "secretmanager"),
    (request("GET https://never-heard-of-it.googleapis.com/v1/projects/p/secrets"), UNKNOWN),
    (request("GET https://www.googleapis.com/neverheard/v1/projects/p"), UNKNOWN),
    (request("DELETE https://www.googleapis.com/compute/v7/projects/p"), "compute"),
    (request("PUT https://www.googleapis.com/upload/drive/v3/files?uploadType=resumable"), "drive"),
    (request("DELETE https://www.googleapis.com/upload/drive/v3/files?upload_id=x"), "drive"),
    (request(f"GET {UPLOAD}?upload_id=x"), "storage"),
    (request("POST https://storage.googleapis.com/upload/other"), "storage"),
    (request("GET https://compute.googleapis.com/batch/compute/v1"), "compute"),
    (request("POST https://compute.googleapis.com/$discovery/rest"), "compute"),
    (request("DELETE https://accounts.google.com/anything"), "oauth2"),
]

REFUSED: list[tuple[HttpRequest, str]] = [
    (request("GET https://example.com/"), "not-google"),
    # the request target
    (request(f"GET {COMPUTE}#x"), "target-form"),
    (request(f"GET {COMPUTE}\\x"), "target-form"),
    (request(f"GET {COMPUTE}/%zz"), "malformed-escape"),
    (request(f"GET {COMPUTE}?a=%4"), "malformed-escape"),
    (request(f"GET {COMPUTE}/%C0%AE"), "malformed-utf8"),
    (request(f"GET {COMPUTE}/a%00"), "control-character"),
    (request(f"DELETE {COMPUTE}/a/../b"), "dot-segment"),
    (request(f"DELETE {COMPUTE}/..%2Fb"), "dot-segment"),
    (request(f"DELETE {COMPUTE}/%2e%2e/b"), "needless-escape"),
    (request(f"DELETE {SECRET}/../t"), "dot-segment"),
    (request(f"DELETE {OBJECT}/a/../b"), "dot-segment"),
    (request(f"DELETE {OBJECT}/%2E%2E"), "dot-segment"),
    (request(f"DELETE {OBJECT}/.."), "dot-segment"),
    (request(f"DELETE {OBJECT.replace('bucket', '%62ucket')}/a"), "needless-escape"),
    (request(f"DELETE {COMPUTE}//i"), "empty-segment"),
    (request("DELETE https://compute.googleapis.com//compute/v1/projects/p"), "empty-segment"),
    (request(f"GET {COMPUTE}/a;b"), "bare-semicolon"),
    (request(f"GET {COMPUTE}/a%5Cb"), "backslash"),
    (request(f"GET {COMPUTE}" + "/a" * 200), "too-many-segments"),
    (request(f"GET {SECRET}%2Fversions"), "escaped-slash"),
    (request(f"GET {SECRET}/versions/1%3Aaccess"), "escaped-colon"),
    (request(f"GET {SECRET}/versions/1:x%3Aaccess"), "escaped-colon"),
    (request(f"GET {SECRET}/versions/1:access%2F"), "escaped-colon"),
    (request(f"GET {SECRET}%2Fversions%2F"), "escaped-slash"),
    (request(f"GET {COMPUTE}?filter=a;alt=media"), "malformed-form"),
    # another method than the line's
    (request(f"POST {COMPUTE}/i", (OVERRIDE, "PURGE")), "method-override"),
    (request(f"POST {COMPUTE}/i", (OVERRIDE, "delete")), "method-override"),
    (request(f"POST {COMPUTE}/i", (OVERRIDE, "")), "method-override"),
    (request(f"POST {COMPUTE}/i", ("X-HTTP-Method", "DELETE")), "method-override"),
    (request(f"POST {COMPUTE}/i", ("X-Method-Override", "DELETE")), "method-override"),
    (request(f"POST {COMPUTE}/i?$httpMethod=DELETE"), "method-override"),
    (request(f"POST {COMPUTE}/i?_method=DELETE"), "method-override"),
    (request(f"POST {COMPUTE}/i?X-HTTP-Method-Override=DELETE"), "method-override"),
    (request(f"POST {COMPUTE}/i", (OVERRIDE, "DELETE"), GRPC), "method-override"),
    (request(f"POST {COMPUTE}", (OVERRIDE, "GET"), FORM, body="filter=%zz"), "malformed-escape"),
    (request(f"POST {COMPUTE}", (OVERRIDE, "GET"), FORM, body="filter=é"), "malformed-form"),
    (request(f"POST {COMPUTE}/i", (OVERRIDE, "DELETE"), (OVERRIDE, "GET")), "duplicate-header"),
    (request(f"POST {COMPUTE}/i", ("content-type", "a/b"), ("Content-Type", "c/d")), "duplicate-header"),
]


@pytest.mark.parametrize(("message", "method", "labels"), ACCEPTED, ids=lambda value: value if isinstance(value, str) else "")
def test_accepted(message: HttpRequest, method: str, labels: dict[str, str]) -> None:
    (call,) = route.calls(message)
    assert (call.method, dict(call.labels)) == (method, labels)


@pytest.mark.parametrize(("message", "service"), UNKNOWNS)
def test_unknown(message: HttpRequest, service: str) -> None:
    found = route.calls(message)
    assert [(call.method, call.service, dict(call.labels)) for call in found] == [(UNKNOWN, service, {})]


@pytest.mark.parametrize(("message", "code"), REFUSED)
def test_refused(message: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        route.calls(message)
    assert caught.value.code == code


def test_every_code_of_routing_has_a_row() -> None:
    """Batches, gRPC and storage's XML API have their own tables."""
    sources = Path(dialect.__file__).parent
    codes = {
        code
        for name in ("head", "route", "../uri")
        for code in re.findall(r'DecodeError\(\s*"([a-z0-9-]+)"', (sources / f"{name}.py").read_text())
    }
    # No two APIs share a legacy path today, nor two uploads one; batches: test_batch.py.
    assert codes - {"two-services", "two-readings", "malformed-batch", "nested-batch"} <= {code for _, code in REFUSED}, (
        "a code without a row"
    )


def test_an_override_is_two_calls() -> None:
    first, second = route.calls(request(f"POST {COMPUTE}/i", (OVERRIDE, "DELETE")))
    assert [(call.method, call.http_method) for call in (first, second)] == [(UNKNOWN, "POST"), ("compute.instances.delete", "DELETE")]
    first, second = route.calls(request(f"POST {COMPUTE}", (OVERRIDE, "GET"), FORM, body="filter=a%20b&alt=json"))
    assert [call.method for call in (first, second)] == ["compute.instances.insert", "compute.instances.list"]
    assert second.query == (("filter", "a b"), ("alt", "json"))


def test_an_override_by_the_same_method_is_one_call() -> None:
    assert len(route.calls(request(f"DELETE {COMPUTE}/i", (OVERRIDE, "DELETE")))) == 1


def test_system_parameters_stay_in_the_query() -> None:
    (call,) = route.calls(request(f"GET {COMPUTE}?callback=f&access_token=t&key=k&key=l"))
    assert call.query == (("callback", "f"), ("access_token", "t"), ("key", "k"), ("key", "l"))


def test_protocol_version_and_service() -> None:
    (call,) = route.calls(request(f"POST {UPLOAD}?uploadType=media"))
    assert (call.protocol, call.version, call.service) == (Protocol.UPLOAD, "v1", "storage")
    (call,) = route.calls(request("GET https://compute.googleapis.com/compute/beta/projects/p/zones/z/instances"))
    assert (call.protocol, call.version, call.service) == (Protocol.REST, "beta", "compute")


def test_bodies_that_routing_needs() -> None:
    assert not route.needs_body(request(f"POST {COMPUTE}"))
    assert not route.needs_body(request(f"POST {UPLOAD}?uploadType=media"))
    assert route.needs_body(request("POST https://compute.googleapis.com/batch/compute/v1"))
    assert route.needs_body(request(f"POST {COMPUTE}", (OVERRIDE, "GET"), FORM))
