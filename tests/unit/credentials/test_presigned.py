"""Presigned URLs made with a dummy come out as those that botocore presigns with the real key, to the byte; any other is refused by name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.session
import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.config import AwsCredentialsConfig
from warden.credentials.aws import AwsBroker
from warden.credentials.dummies import KeyPair, dummy
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

AWS = (Action("aws", "s3:GetObject", Verb.READ),)
MOMENT = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
HOST = "bucket.s3.amazonaws.com"
REAL = [KeyPair(dummy().access_key, dummy().secret_key), KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "token/+= *~" * 40)]
both = pytest.mark.parametrize("real", REAL, ids=["long-term", "temporary"])


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: MOMENT)


def broker(real: KeyPair = REAL[0], after: float = 0.0) -> AwsBroker:
    config = AwsCredentialsConfig(access_key_id=real.access_key, secret_access_key=real.secret_key, session_token=real.token or "")
    return AwsBroker(config, {}, "/nonexistent", now=lambda: MOMENT.timestamp() + after)


def inside(one: AwsBroker) -> KeyPair:
    environment = one.environment()
    return KeyPair(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def got(url: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = (), body: bytes | None = b"") -> HttpRequest:
    host, _, rest = url.removeprefix("https://").partition("/")
    return HttpRequest(method, "https", host, 443, "/" + rest, (("Host", host), *headers), body)


def presigned(
    keys: KeyPair, path: str = "/key", method: str = "GET", service: str = "s3", expires: int = 3600, headers: dict[str, str] | None = None
) -> str:
    request = AWSRequest(method, f"https://{HOST}{path}", headers or {})
    (S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth)(keys, service, "us-east-1", expires).add_auth(request)
    return str(request.url)


def refused(one: AwsBroker, request: HttpRequest) -> str:
    with pytest.raises(CredentialError) as caught:
        one.authorize(request, AWS)
    assert caught.value.message.endswith(".")
    return caught.value.code


# --- what is signed anew -------------------------------------------------------------------------------------------------------

PATHS = [
    "/", "/key", "/a%20b", "/%E2%82%AC", "/a%2Fb", "/a+b", "/a//b", "//", "/~t/", "/a/../b", "/%2E%2E/x", "/a%25b", "/(x)!*'", "/=&:@,;$",
]  # fmt: skip
QUERIES = [
    "",
    "?versionId=a%2Bb",
    "?response-content-disposition=attachment%3B%20filename%3D%22%E2%82%AC.txt%22&x=",
    "?acl",
    "?a=1&uploadId=%7E",
]


@both
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("service", ["s3", "execute-api"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_a_url_signed_again_is_what_botocore_presigns(path: str, query: str, service: str, method: str, real: KeyPair) -> None:
    one = broker(real)
    sent, native = (presigned(keys, path + query, method, service) for keys in (inside(one), real))
    out = one.authorize(got(sent, method), AWS)
    assert f"https://{HOST}{out.target}" == native
    assert out.headers == got(sent).headers


CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a b/\u20ac+%2F//~'()*!", "VersionId": "v+/="}, "GET"),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "k", "ContentType": "text/plain", "Metadata": {"a": "b"}, "ACL": "private"}, "PUT"),
    ("s3", "upload_part", {"Bucket": "bucket", "Key": "k", "UploadId": "u", "PartNumber": 1}, "PUT"),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b/+"}, "GET"),
    ("s3", "get_object", {"Bucket": "arn:aws:s3:us-west-2:123456789012:accesspoint/ap", "Key": "k"}, "GET"),
    ("sts", "get_caller_identity", {}, "GET"),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"}, "GET"),
    ("dynamodb", "list_tables", {}, "GET"),
    ("ec2", "describe_instances", {"InstanceIds": ["i-0abc"]}, "GET"),
    ("lambda", "get_function", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"}, "GET"),
    ("polly", "synthesize_speech", {"OutputFormat": "mp3", "Text": "a b", "VoiceId": "Joanna"}, "GET"),
    ("sqs", "receive_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}, "GET"),
]


@both
@pytest.mark.parametrize(("service", "operation", "arguments", "method"), CALLS)
def test_what_clients_presign_is_signed_again_as_they_would(
    service: str, operation: str, arguments: dict[str, Any], method: str, real: KeyPair
) -> None:
    one = broker(real)

    def url(keys: KeyPair) -> str:
        client = botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=Config(signature_version="s3v4" if service == "s3" else None),
        )
        return str(client.generate_presigned_url(operation, arguments, 900, method))

    sent, native = url(inside(one)), url(real)
    headers = {
        "content-type": arguments.get("ContentType"), "x-amz-acl": arguments.get("ACL"),
        "x-amz-meta-a": "b" if "Metadata" in arguments else None,
        "x-amz-target": {"dynamodb": "DynamoDB_20120810.ListTables", "sqs": "AmazonSQS.ReceiveMessage"}.get(service),
        "x-amzn-query-mode": "true",
    }  # fmt: skip
    signed = [(name, value) for name, value in headers.items() if value and name in sent]
    if "content-type" in sent and service in ("dynamodb", "sqs"):
        signed.append(("content-type", "application/x-amz-json-1.0"))
    request = got(sent, method, tuple(signed), body=None if service == "s3" and method == "PUT" else b"")
    out = one.authorize(request, AWS)
    assert f"https://{out.host}{out.target}" == native


def test_the_body_is_signed_by_all_but_s3() -> None:
    one = broker()
    keys = inside(one)

    class Posted(SigV4QueryAuth):  # type: ignore[misc]
        def payload(self, request: AWSRequest) -> str:
            return hashlib.sha256(b"body").hexdigest()

    request = AWSRequest("POST", f"https://{HOST}/x")
    Posted(keys, "execute-api", "us-east-1").add_auth(request)
    sent = got(str(request.url), "POST", body=None)
    assert one.needs_body(sent)
    assert not one.needs_body(got(presigned(keys), "PUT", body=None))
    assert refused(one, sent) == "body-unread"
    assert refused(one, sent.with_body(b"other")) == "bad-signature"
    assert "X-Amz-Signature=" in one.authorize(sent.with_body(b"body"), AWS).target


_NAMES = st.text("abX-~", min_size=1, max_size=6).filter(lambda name: not name.lower().startswith("x-amz"))
_VALUES = st.text("aB 0+/=&%~\u20ac*'()", max_size=8)


@given(
    pairs=st.dictionaries(_NAMES, _VALUES, max_size=4),
    path=st.text("aB0/.~+ %\u20ac=&;", max_size=12).map(lambda text: "/" + quote(text, safe="/+=&;~.")),
    method=st.sampled_from(["GET", "PUT", "HEAD"]),
    service=st.sampled_from(["s3", "execute-api"]),
    region=st.sampled_from(["us-east-1", "eu-west-1"]),
    token=st.text("ab/+= %", max_size=8),
    expires=st.integers(1, 604_800),
)
@settings(max_examples=300, deadline=None)
def test_any_url_signed_again_is_what_botocore_presigns(
    pairs: dict[str, str], path: str, method: str, service: str, region: str, token: str, expires: int
) -> None:
    real = KeyPair("AKIA" + "R" * 16, "r" * 40, token or None)
    one = broker(real)
    query = "&".join(f"{quote(name, safe='-~')}={quote(value, safe='-~')}" for name, value in pairs.items())

    def url(keys: KeyPair) -> str:
        request = AWSRequest(method, f"https://{HOST}{path}" + (f"?{query}" if query else ""))
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=MOMENT):
            (S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth)(keys, service, region, expires).add_auth(request)
        return str(request.url)

    assert f"https://{HOST}{one.authorize(got(url(inside(one)), method), AWS).target}" == url(real)


@both
def test_a_javascript_url_whose_signature_stands_in_the_middle(real: KeyPair) -> None:
    """The SDK for JavaScript sorts all parameters, states the payload among them and adds some of its own."""
    one = broker(real)

    def url(keys: KeyPair) -> str:
        sent = presigned(replace(keys, token=None), "/key?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&x-amz-checksum-mode=ENABLED&x-id=GetObject")
        path, _, query = sent.partition("?")
        return f"{path}?{'&'.join(sorted(query.split('&')))}"

    sent = url(inside(one))
    assert "&x-id=GetObject" in sent.partition("X-Amz-Signature=")[2]
    out = one.authorize(got(sent), AWS)
    names = [pair.partition("=")[0] for pair in out.target.partition("?")[2].split("&")]
    assert [name for name in names if name != "X-Amz-Security-Token"] == [p.partition("=")[0] for p in sent.partition("?")[2].split("&")]
    if not real.token:
        assert f"https://{HOST}{out.target}" == url(real)


def test_parameters_in_slashes_as_they_came() -> None:
    """A credential whose slashes are not encoded is the same to AWS, and stays as it is."""
    one = broker()
    sent = presigned(inside(one)).replace("%2F", "/")
    assert one.authorize(got(sent), AWS).target == presigned(REAL[0]).replace("%2F", "/").removeprefix(f"https://{HOST}").rpartition("=")[
        0
    ] + ("=" + presigned(REAL[0]).rpartition("=")[2])


# --- what is refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "expires", "code"),
    [
        (-899, 60, None), (-901, 60, "clock-skew"), (60, 60, None), (61, 60, "expired-signature"), (604_800, 604_800, None),
        (604_801, 604_800, "expired-signature"), (0, 604_801, "bad-presigned"), (0, 0, "bad-presigned"), (0, -1, "bad-presigned"),
    ],
)  # fmt: skip
def test_a_url_is_good_for_its_time_and_no_longer(after: float, expires: int, code: str | None) -> None:
    one = broker(after=after)
    sent = got(presigned(inside(one), expires=expires))
    if code is None:
        one.authorize(sent, AWS)
    else:
        assert refused(one, sent) == code


def test_a_changed_date_or_life_is_not_what_was_signed() -> None:
    one = broker(after=7200)
    sent = presigned(inside(one))
    assert refused(one, got(sent)) == "expired-signature"
    assert refused(one, got(sent.replace("X-Amz-Expires=3600", "X-Amz-Expires=9000"))) == "bad-signature"
    assert refused(one, got(sent.replace("X-Amz-Date=20260314T15", "X-Amz-Date=20260314T17"))) == "bad-signature"
    assert refused(one, got(sent.replace("X-Amz-Date=20260314", "X-Amz-Date=20260315"))) == "bad-date"
    assert refused(one, got(sent.replace("X-Amz-Date=20260314T15", "X-Amz-Date=20260314T99"))) == "bad-date"


@pytest.mark.parametrize(
    "changed",
    [
        lambda r: replace(r, method="PUT"),
        lambda r: replace(r, target=r.target.replace("/key?", "/other?")),
        lambda r: replace(r, target=r.target.replace("/key?", "/key?versionId=1&")),
        lambda r: replace(r, target=r.target + "&acl"),
        lambda r: replace(r, host="other.s3.amazonaws.com", headers=(("Host", "other.s3.amazonaws.com"),)),
        lambda r: replace(r, target=r.target.replace("us-east-1", "us-west-2")),
    ],
)
def test_a_url_changed_after_it_was_signed(changed: Any) -> None:
    one = broker()
    assert refused(one, changed(got(presigned(inside(one))))) == "bad-signature"


@pytest.mark.parametrize(
    "changed",
    [
        lambda url: url.replace("X-Amz-Date", "x-amz-date"),
        lambda url: url.replace("X-Amz-Signature", "X-Amz-signature"),
        lambda url: url.replace("X-Amz-Expires", "X%2DAmz-Expires"),
        lambda url: url + "&X-Amz-Expires=604800",
        lambda url: url + "&x-amz-expires=604800",
        lambda url: url + "&X-Amz-Signature=" + "0" * 64,
        lambda url: url + "&X-Amz-Credential=" + quote("AKIA/20260314/us-east-1/s3/aws4_request", safe=""),
        lambda url: url.replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=x-amz-acl"),
        lambda url: url.replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
        lambda url: url.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        lambda url: url.replace("aws4_request", "aws5_request"),
        lambda url: url.replace("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""),
        lambda url: url.replace("X-Amz-Expires=3600", "X-Amz-Expires=+3600"),
        lambda url: url.replace("X-Amz-Expires=3600", "X-Amz-Expires=3600.0"),
        lambda url: url + "&X-Amz-Security-Token=a&X-Amz-S3session-Token=b",
        lambda url: url[: url.index("&X-Amz-Signature")],
    ],
)
def test_two_readings_of_one_url(changed: Any) -> None:
    one = broker()
    assert refused(one, got(changed(presigned(inside(one))))) == "bad-presigned"


def test_credentials_of_another_origin() -> None:
    one = broker(REAL[1])
    mine = inside(one)
    assert refused(one, got(presigned(dummy()))) == "foreign-credentials"
    assert refused(one, got(presigned(REAL[1]))) == "foreign-credentials"
    assert refused(one, got(presigned(replace(mine, token="token")))) == "foreign-credentials"
    assert refused(one, got(presigned(replace(mine, token="")))) == "foreign-credentials"
    assert refused(one, got(presigned(KeyPair(mine.access_key, dummy().secret_key)))) == "bad-signature"
    assert refused(one, got(presigned(mine), headers=(("x-amz-security-token", "t"),))) == "foreign-credentials"
    disabled = AwsBroker(AwsCredentialsConfig(enabled=False), {}, "/nonexistent", now=MOMENT.timestamp)
    assert refused(disabled, got(presigned(mine))) == "credentials-disabled"


def test_what_stands_beside_the_url() -> None:
    one = broker()
    url = presigned(inside(one))
    assert refused(one, got(url, headers=(("Authorization", "Bearer x"),))) == "bearer-token"
    signature = "AWS4-HMAC-SHA256 Credential=A/20260314/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64
    assert refused(one, got(url, headers=(("Authorization", signature),))) == "two-signatures"
    assert refused(one, got(url, headers=(("x-amz-acl", "public-read"),))) == "unsigned-header"
    assert refused(one, got(url, headers=(("X-Amz-Date", "20260314T150926Z"),))) == "unsigned-header"
    dated = presigned(inside(one), headers={"X-Amz-Date": "20260314T150926Z"})
    if "x-amz-date" in dated.partition("X-Amz-SignedHeaders=")[2]:
        assert refused(one, got(dated, headers=(("X-Amz-Date", "20260314T150926Z"),))) == "two-signatures"


def test_a_stated_hash_is_the_body_s() -> None:
    one = broker()
    stated = hashlib.sha256(b"data").hexdigest()

    class Stating(S3SigV4QueryAuth):  # type: ignore[misc]
        def payload(self, request: AWSRequest) -> str:
            return stated

    request = AWSRequest("PUT", f"https://{HOST}/key", {"X-Amz-Content-Sha256": stated})
    Stating(inside(one), "s3", "us-east-1").add_auth(request)
    sent = got(str(request.url), "PUT", (("X-Amz-Content-Sha256", stated),), body=None)
    assert one.authorize(sent, AWS).target != sent.target
    assert refused(one, sent.with_body(b"other")) == "payload-hash"
    twice = got(presigned(inside(one), "/key?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"), headers=(("X-Amz-Content-Sha256", stated),))
    assert refused(one, twice) in ("payload-hash", "unsigned-header")


def test_signatures_before_version_4() -> None:
    assert refused(broker(), got(f"https://{HOST}/key?AWSAccessKeyId=A&Signature=b&Expires=1")) == "sigv2"


def test_a_url_of_the_day_before_is_signed_with_that_day_s_key() -> None:
    real = REAL[0]
    one = broker(real, after=86_400)
    sent, native = presigned(inside(one), expires=100_000), presigned(real, expires=100_000)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=MOMENT + timedelta(days=1)):
        assert f"https://{HOST}{one.authorize(got(sent), AWS).target}" == native
