"""Requests that say something dangerous where a reader may not look: the query instead of the body, a mask in another form, null above a
setting, the headers of another storage service. And the content of an upload session, which says nothing.
"""

from __future__ import annotations

import pytest

from tests.unit.dialects.gcp.wire import request
from warden.dialects.gcp import GcpDialect
from warden.errors import DecodeError
from warden.model import Action, Flag, Verb

GCP = GcpDialect()
JSON = (("Content-Type", "application/json"),)
DATABASE = "https://spanner.googleapis.com/v1/projects/p/instances/i/databases/d"
OBJECT = "https://bkt.storage.googleapis.com/o"
UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b/bkt/o"


def decode(method: str, url: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = JSON) -> Action:
    return GCP.decode(request(f"{method} {url}", *headers, body=body))[0]


@pytest.mark.parametrize(
    ("method", "url", "flag"),
    [
        ("PUT", "https://pubsub.googleapis.com/v1/projects/p/subscriptions/s?pushConfig.pushEndpoint=https://x", Flag.SHARE),
        ("PUT", "https://pubsub.googleapis.com/v1/projects/p/subscriptions/s?push_config.push_endpoint=https://x", Flag.SHARE),
        ("POST", "https://secretmanager.googleapis.com/v1/projects/p/secrets?secretId=s&secret.ttl=60s", Flag.DESTRUCTIVE),
        ("PATCH", f"{DATABASE}?database.enableDropProtection=false", Flag.PROTECTION_OFF),
    ],
)
def test_the_query_binds_fields_of_the_body(method: str, url: str, flag: Flag) -> None:
    assert flag not in decode(method, url.partition("?")[0], b"{}").flags
    assert flag in decode(method, url, b"{}").flags


def test_system_parameters_are_no_fields() -> None:
    url = "https://secretmanager.googleapis.com/v1/projects/p/secrets?secretId=s&alt=json&prettyPrint=false"
    assert decode("POST", url, b"{}").flags == frozenset()


@pytest.mark.parametrize(
    "query",
    [
        "updateMask.paths=enableDropProtection",
        "updateMask=name&updateMask.paths=enableDropProtection",
        "updateMask.paths=name&updateMask.paths=enableDropProtection",
        "updateMask=%60enable_drop_protection%60",
        "update_mask=enable_drop_protection",
    ],
)
def test_a_mask_in_another_form_is_read(query: str) -> None:
    assert Flag.PROTECTION_OFF in decode("PATCH", f"{DATABASE}?{query}", b"{}").flags


@pytest.mark.parametrize("query", ["updatemask=name", "UpdateMask=name", "updateMask=database(enableDropProtection)"])
def test_a_mask_that_may_be_none_is_refused(query: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode("PATCH", f"{DATABASE}?{query}", b'{"enableDropProtection": false}')
    assert caught.value.code == "malformed-mask"


def test_a_mask_still_says_what_does_not_change() -> None:
    assert decode("PATCH", f"{DATABASE}?updateMask=name", b'{"enableDropProtection": false}').flags == frozenset()


@pytest.mark.parametrize(
    ("body", "taken"),
    [(b'{"settings": null}', True), (b'{"settings": {"deletionProtectionEnabled": null}}', True), (b'{"settings": {}}', False)],
)
def test_null_above_a_setting_takes_it_away(body: bytes, taken: bool) -> None:
    found = decode("PATCH", "https://sqladmin.googleapis.com/v1/projects/p/instances/i", body)
    assert (Flag.PROTECTION_OFF in found.flags) is taken


@pytest.mark.parametrize("value", ["public-read", "Public-Read", " public-read "])
def test_a_canned_list_in_any_spelling(value: str) -> None:
    assert Flag.SHARE in decode("PUT", OBJECT, b"x", (("x-goog-acl", value),)).flags


@pytest.mark.parametrize(
    ("url", "headers", "code"),
    [
        (f"{OBJECT}?x-goog-acl=public-read", (), "header-in-query"),
        (f"{OBJECT}?X-Amz-Acl=public-read", (), "header-in-query"),
        (OBJECT, (("x-amz-grant-read", "uri=all"),), "grant-header"),
        (OBJECT, (("X_HTTP_Method_Override", "DELETE"),), "method-override"),
    ],
)
def test_headers_in_another_place_are_refused(url: str, headers: tuple[tuple[str, str], ...], code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode("PUT", url, b"x", headers)
    assert caught.value.code == code


def test_a_signed_url_is_read() -> None:
    query = "X-Goog-Algorithm=a&X-Goog-Credential=c&X-Goog-Date=d&X-Goog-Expires=60&X-Goog-SignedHeaders=host&X-Goog-Signature=s"
    assert decode("GET", f"{OBJECT}?{query}", b"", ()).operation == "storage.objects.get"


@pytest.mark.parametrize("setting", ["encryption", "lifecycle", "publicAccessBlock", "soft-delete", "versioning"])
def test_deleting_a_setting_of_a_bucket_counts_as_its_worst(setting: str) -> None:
    assert Flag.PROTECTION_OFF in decode("DELETE", f"https://bkt.storage.googleapis.com/?{setting}", b"", ()).flags


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/json", "multipart/related; boundary=B"])
def test_what_an_upload_session_gets_is_content(kind: str) -> None:
    sent = request(f"PUT {UPLOAD}?uploadType=resumable&upload_id=ABC", ("Content-Type", kind), body=b'{"acl": [1]}')
    found = GCP.decode(sent)[0]
    assert (found.verb, found.flags) == (Verb.CREATE, frozenset({Flag.OVERWRITE}))
    assert not GCP.needs_body(sent)


def test_the_start_of_a_session_is_read_whatever_id_it_has() -> None:
    found = decode("POST", f"{UPLOAD}?uploadType=resumable&upload_id=ABC&name=o", b'{"acl": [{"entity": "allUsers"}]}')
    assert Flag.SHARE in found.flags


@pytest.mark.parametrize("state", ["2", '"2"', "2.0", '"disabled"', '"destroy-scheduled"', '"destroyScheduled"'])
def test_an_enum_value_by_number_or_another_spelling(state: str) -> None:
    url = "https://cloudkms.googleapis.com/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1?updateMask=state"
    assert Flag.DESTRUCTIVE in decode("PATCH", url, b'{"state": %s}' % state.encode()).flags


def test_an_enum_value_that_does_no_harm() -> None:
    url = "https://cloudkms.googleapis.com/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1?updateMask=state"
    assert decode("PATCH", url, b'{"state": "ENABLED"}').flags == frozenset()


@pytest.mark.parametrize(("service", "off"), [("logging", True), ("translate", False)])
def test_disabling_what_records_is_said(service: str, off: bool) -> None:
    url = f"https://serviceusage.googleapis.com/v1/projects/p/services/{service}.googleapis.com:disable"
    assert (Flag.AUDIT_OFF in decode("POST", url, b"{}").flags) is off
