"""Credentials that AWS returns come back as dummies in the answer's own format, stand for the real ones, and end with them."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.parsers import create_parser
from botocore.serialize import CBORSerializer

from warden.config import AwsCredentialsConfig, CredentialsConfig, GcpCredentialsConfig, KubernetesConfig
from warden.credentials import minted
from warden.credentials.aws import AwsBroker
from warden.credentials.brokers import Brokers
from warden.credentials.dummies import KeyPair, double, dummy
from warden.credentials.entries import Entries
from warden.credentials.gcp import GcpBroker
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.credentials.returned import RETURNING, swap
from warden.credentials.sigv4 import read_signature
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse, Verb
from warden.redact.vault import Vault


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: UNTIL - timedelta(seconds=3600))


S3 = (Action("aws", "s3:GetObject", Verb.READ),)
ASSUME = (Action("aws", "sts:AssumeRole", Verb.GRANT),)
REQUEST = HttpRequest("POST", "https", "sts.amazonaws.com", 443, "/")
UNTIL = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)


def real(expires: datetime | None = UNTIL) -> KeyPair:
    """Of the shape that AWS gives out, with every character of its alphabet in the token."""
    made = dummy()
    token = "IQoJb3JpZ2luX2VjE+/" + base64.b64encode(secrets.token_bytes(300)).decode() + "=="
    return KeyPair("ASIA" + made.access_key[4:], made.secret_key, token, expires.timestamp() if expires else None)


def sts(key: KeyPair, operation: str = "AssumeRole") -> HttpResponse:
    body = f"""<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result><AssumedRoleUser>
<Arn>arn:aws:sts::210987654321:assumed-role/deploy/s</Arn><AssumedRoleId>AROAX:s</AssumedRoleId></AssumedRoleUser><Credentials>
<AccessKeyId>{key.access_key}</AccessKeyId><SecretAccessKey>{key.secret_key}</SecretAccessKey><SessionToken>{key.token}</SessionToken>
<Expiration>2031-02-03T04:05:06Z</Expiration></Credentials></{operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
</{operation}Response>"""
    return HttpResponse(200, (("Content-Type", "text/xml"), ("x-amzn-RequestId", "r"), ("Content-Length", str(len(body)))), body.encode())


def parsed(service: str, operation: str, response: HttpResponse, protocol: str = "") -> Any:
    """What botocore reads of it."""
    model = botocore.session.Session().get_service_model(service)
    headers = {name.lower(): value for name, value in response.headers}
    parser = create_parser(protocol or model.resolved_protocol)
    shape = model.operation_model(operation).output_shape
    return parser.parse({"status_code": response.status, "headers": headers, "body": response.body}, shape)


def broker(now: float = UNTIL.timestamp() - 3600) -> AwsBroker:
    own = dummy()
    config = AwsCredentialsConfig(access_key_id=own.access_key, secret_access_key=own.secret_key, account="123456789012")
    return AwsBroker(config, {}, "/nonexistent", now=lambda: now)


def keys_in(answer: dict[str, Any]) -> KeyPair:
    found = {name.lower(): value for name, value in answer.items()}
    return KeyPair(found["accesskeyid"], found.get("secretaccesskey") or found["secretkey"], found.get("sessiontoken"))


def get(keys: KeyPair, *, query: bool = False) -> HttpRequest:
    request = AWSRequest("GET", "https://b.s3.amazonaws.com/k")
    (S3SigV4QueryAuth if query else S3SigV4Auth)(keys, "s3", "us-east-1").add_auth(request)
    target = str(request.url).removeprefix("https://b.s3.amazonaws.com")
    return HttpRequest("GET", "https", "b.s3.amazonaws.com", 443, target, tuple(request.headers.items()))


def refused(one: AwsBroker, request: HttpRequest) -> str:
    with pytest.raises(CredentialError) as caught:
        one.authorize(request, S3)
    return caught.value.code


# --- formats -------------------------------------------------------------------------------------------------------------------

JSON = (("Content-Type", "application/x-amz-json-1.1"),)


def formats(key: KeyPair) -> Iterator[tuple[str, str, str, HttpResponse, tuple[str, ...]]]:
    """service, operation, protocol, answer, and where in what botocore reads the credentials are."""
    seconds = UNTIL.timestamp()
    upper = {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret_key, "SessionToken": key.token}
    lower = {"accessKeyId": key.access_key, "secretAccessKey": key.secret_key, "sessionToken": key.token}
    cognito = {"AccessKeyId": key.access_key, "SecretKey": key.secret_key, "SessionToken": key.token, "Expiration": seconds}
    sso = {"roleCredentials": {**lower, "expiration": int(seconds * 1000)}}
    yield "sts", "AssumeRole", "query", sts(key), ("Credentials",)
    yield "sts", "GetSessionToken", "query", sts(key, "GetSessionToken"), ("Credentials",)
    compressed = HttpResponse(200, (("Content-Type", "text/xml"), ("Content-Encoding", "gzip")), gzip.compress(sts(key).body))
    yield "sts", "AssumeRole", "query", compressed, ("Credentials",)
    session = "".join(f"<{name}>{value}</{name}>" for name, value in {**upper, "Expiration": "2031-02-03T04:05:06Z"}.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<CreateSessionResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Credentials>{session}'
    done = HttpResponse(200, (("Content-Type", "application/xml"),), f"{body}</Credentials></CreateSessionResult>".encode())
    yield "s3", "CreateSession", "rest-xml", done, ("Credentials",)
    yield "cognito-identity", "GetCredentialsForIdentity", "json", HttpResponse(200, JSON, json.dumps({"Credentials": cognito}).encode()), (
        "Credentials",
    )  # fmt: skip
    escaped = json.dumps(sso, indent=1).replace("/", "\\/").encode()
    for content in (json.dumps(sso).encode(), escaped):
        yield (
            "sso",
            "GetRoleCredentials",
            "rest-json",
            HttpResponse(200, (("Content-Type", "application/json"),), content),
            ("roleCredentials",),
        )
    yield "lakeformation", "GetTemporaryGlueTableCredentials", "rest-json", HttpResponse(200, JSON, json.dumps(upper).encode()), ()
    cbor = bytearray()
    model = botocore.session.Session().get_service_model("gamelift").operation_model("GetComputeAccess").output_shape
    CBORSerializer()._serialize_data_item(cbor, {"Credentials": upper, "FleetId": "fleet-1"}, model)
    yield "gamelift", "GetComputeAccess", "smithy-rpc-v2-cbor", HttpResponse(
        200, (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")), bytes(cbor)
    ), ("Credentials",)  # fmt: skip


@pytest.mark.parametrize("index", range(9))
def test_every_format_keeps_its_shape_and_holds_dummies(index: int) -> None:
    key = real()
    service, operation, protocol, answer, path = list(formats(key))[index]
    swapped = swap(answer)
    before, after = (
        parsed(service, operation, answer if index != 2 else sts(key), protocol),
        parsed(service, operation, swapped.response, protocol),
    )
    for name in path:
        before, after = before[name], after[name]
    made = keys_in(after)
    assert keys_in(before) == KeyPair(key.access_key, key.secret_key, key.token)
    assert not {made.access_key, made.secret_key, made.token} & {key.access_key, key.secret_key, key.token}
    assert made.access_key.startswith("ASIA")
    assert [len(str(a)) for a in (made.access_key, made.secret_key, made.token)] == [
        len(str(a)) for a in (key.access_key, key.secret_key, key.token)
    ]
    others = {"AccessKeyId", "SecretAccessKey", "SecretKey", "SessionToken", "accessKeyId", "secretAccessKey", "sessionToken"}
    assert {k: v for k, v in before.items() if k not in others | {"ResponseMetadata"}} == {
        k: v for k, v in after.items() if k not in others | {"ResponseMetadata"}
    }
    for secret in (key.access_key, key.secret_key, str(key.token)):
        assert secret.encode() not in swapped.response.body.replace(b"\\/", b"/")
    [(stands, for_)] = swapped.pairs
    assert (stands.access_key, stands.token, for_.secret_key) == (made.access_key, made.token, key.secret_key)
    assert stands.expires == (UNTIL.timestamp() if "xpiration" in "".join(before) else None)
    if index not in (2, 6):  # compressed; escaped slashes, of which a dummy has its own number
        assert len(swapped.response.body) == len(answer.body)


def test_several_credentials_in_one_answer() -> None:
    one, two = real(None), real(None)
    jobs = [
        {"data": {"artifactCredentials": {"accessKeyId": k.access_key, "secretAccessKey": k.secret_key, "sessionToken": k.token}}}
        for k in (one, two)
    ]
    swapped = swap(HttpResponse(200, JSON, json.dumps({"jobs": [*jobs, {"data": {}}]}).encode()))
    assert [pair[1] for pair in swapped.pairs] == [one, two]
    found = [job["data"]["artifactCredentials"]["accessKeyId"] for job in json.loads(swapped.response.body)["jobs"][:2]]
    assert found == [pair[0].access_key for pair in swapped.pairs]


@pytest.mark.parametrize(
    "body",
    [b"{}", b"", b'{"jobs": []}', b'{"AuthorizationResult": "pending", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}'],
)
def test_an_answer_without_secrets_passes_as_it_is(body: bytes) -> None:
    answer = HttpResponse(200, JSON, body)
    assert swap(answer).response is answer


# A digit's escape ends in that digit, and so would hold the secret as it is.
KEY = next(key for key in iter(real, None) if not key.secret_key[0].isdigit())
#: The secret, its first character written otherwise.
ENTITY, ESCAPED = (f"{form.format(ord(KEY.secret_key[0]))}{KEY.secret_key[1:]}" for form in ("&#{};", "\\u{:04x}"))


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(200, JSON, b"<x/>"),
        HttpResponse(200, (("Content-Type", "text/xml"),), b"{}"),
        HttpResponse(200, (("Content-Type", "text/xml"),), b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + sts(KEY).body),
        HttpResponse(200, (("Content-Type", "text/xml"),), sts(KEY).body.replace(KEY.secret_key.encode(), ENTITY.encode())),
        HttpResponse(200, (("Content-Type", "text/xml"),), sts(KEY).body.replace(b"SecretAccessKey>", b"TheSecretAccessKey>")),
        HttpResponse(200, (("Content-Type", "text/xml"),), sts(KEY).body.replace(KEY.secret_key.encode(), b"short")),
        HttpResponse(200, (("Content-Type", "text/xml"), ("Content-Encoding", "br")), sts(KEY).body),
        HttpResponse(200, (("Content-Type", "text/xml"), ("Content-Encoding", "gzip")), sts(KEY).body),
        HttpResponse(200, (("Content-Type", "text/xml"), ("Content-Encoding", "gzip")), gzip.compress(bytes(17 << 20))),
        HttpResponse(200, JSON, b'{"SecretAccessKey": "1", "SecretAccessKey": "2"}'),
        HttpResponse(200, JSON, f'{{"AccessKeyId": "{KEY.access_key}", "SecretAccessKey": "{ESCAPED}"}}'.encode()),
        HttpResponse(200, JSON, b"[" * 100 + b"]" * 100),
        HttpResponse(200, (("Content-Type", "application/cbor"),), b"\xa1"),
        HttpResponse(200, (("Content-Type", "application/cbor"),), b"\xa0\xa0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_stays_outside(answer: HttpResponse) -> None:
    with pytest.raises(CredentialError) as caught:
        swap(answer)
    assert caught.value.code == "unreadable-credentials"


def test_every_operation_of_botocore_that_returns_keys_is_known() -> None:
    session, found = botocore.session.Session(), set()

    def holds(shape: Any, seen: frozenset[str]) -> bool:
        if shape.name in seen:
            return False
        seen |= {shape.name}
        if shape.type_name == "structure":
            names = {str(member.serialization.get("name", name)).lower() for name, member in shape.members.items()}
            return ("accesskeyid" in names and bool(names & {"secretaccesskey", "secretkey"})) or any(
                holds(m, seen) for m in shape.members.values()
            )
        if shape.type_name in ("list", "map"):
            return holds(shape.member if shape.type_name == "list" else shape.value, seen)
        return False

    for service in session.get_available_services():
        model = session.get_service_model(service)
        for name in model.operation_names:
            shape = model.operation_model(name).output_shape
            if shape is not None and holds(shape, frozenset()):
                found.add(name)
    assert found == RETURNING


# --- on the way back -----------------------------------------------------------------------------------------------------------


def test_a_returned_dummy_stands_for_the_real_session() -> None:
    one, key = broker(UNTIL.timestamp() - 10), real()
    assert one.answers(REQUEST, ASSUME)
    assert not one.answers(REQUEST, S3)
    assert not one.answers(REQUEST, (Action("gcp", "x:AssumeRole", Verb.GRANT),))
    made = keys_in(parsed("sts", "AssumeRole", one.receive(REQUEST, ASSUME, sts(key)))["Credentials"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: UNTIL - timedelta(seconds=20))
        for query in (False, True):
            native, out = get(KeyPair(key.access_key, key.secret_key, key.token), query=query), one.authorize(get(made, query=query), S3)
            assert out.target == native.target
            assert {k.lower(): v for k, v in out.headers} == {k.lower(): v for k, v in native.headers}
        assert one.accounts()[made.access_key] == "210987654321"
        # Each key with its own token and no other's, and no token of AWS's itself.
        other = keys_in(parsed("sts", "AssumeRole", one.receive(REQUEST, ASSUME, sts(real())))["Credentials"])
        for mixed in (
            KeyPair(made.access_key, made.secret_key, other.token),
            KeyPair(made.access_key, made.secret_key, key.token),
            KeyPair(made.access_key, made.secret_key),
            key,
        ):
            assert refused(one, get(mixed)) == "foreign-credentials"
            assert refused(one, get(mixed, query=True)) == "foreign-credentials"
        assert refused(one, get(KeyPair(made.access_key, other.secret_key, made.token))) == "bad-signature"
        assert refused(broker(UNTIL.timestamp()), get(made)) == "foreign-credentials"  # another session's


def test_a_returned_dummy_ends_with_the_real_one() -> None:
    clock = [UNTIL.timestamp() - 1]
    own = dummy()
    one = AwsBroker(
        AwsCredentialsConfig(access_key_id=own.access_key, secret_access_key=own.secret_key), {}, "/nonexistent", now=lambda: clock[0]
    )
    made = keys_in(parsed("sts", "AssumeRole", one.receive(REQUEST, ASSUME, sts(real())))["Credentials"])
    clock[0] += 2
    assert refused(one, get(made)) == "expired-credentials"


def test_a_long_term_key_that_was_made_inside() -> None:
    one, key = broker(), dummy()
    body = (
        '<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult><AccessKey><UserName>u</UserName>'
        f"<AccessKeyId>{key.access_key}</AccessKeyId><Status>Active</Status><SecretAccessKey>{key.secret_key}</SecretAccessKey></AccessKey>"
        "</CreateAccessKeyResult></CreateAccessKeyResponse>"
    )
    caller = get(KeyPair(one.environment()["AWS_ACCESS_KEY_ID"], one.environment()["AWS_SECRET_ACCESS_KEY"]))
    actions = (Action("aws", "iam:CreateAccessKey", Verb.GRANT),)
    answer = one.receive(caller, actions, HttpResponse(200, (("Content-Type", "text/xml"),), body.encode()))
    made = keys_in(parsed("iam", "CreateAccessKey", answer)["AccessKey"])
    assert made.access_key.startswith("AKIA")
    assert made.token is None
    assert read_signature(str(one.authorize(get(made), S3).header("authorization"))).access_key == key.access_key
    assert one.accounts()[made.access_key] == "123456789012"


def test_a_directory_buckets_session_signs_inside() -> None:
    """S3 Express: its own service name, and a token in a header and a parameter of its own."""
    one, key = broker(), real()
    body = (
        '<CreateSessionResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Credentials>'
        f"<SessionToken>{key.token}</SessionToken><SecretAccessKey>{key.secret_key}</SecretAccessKey><AccessKeyId>{key.access_key}</AccessKeyId>"
        f"<Expiration>{UNTIL:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></CreateSessionResult>"
    )
    create = (Action("aws", "s3:CreateSession", Verb.READ),)
    answer = one.receive(REQUEST, create, HttpResponse(200, (("Content-Type", "application/xml"),), body.encode()))
    made = keys_in(parsed("s3", "CreateSession", answer)["Credentials"])
    host = "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com"

    def put(keys: KeyPair, signer: type) -> HttpRequest:
        request = AWSRequest("PUT", f"https://{host}/k")
        signer(keys, "s3express", "us-east-1", identity_cache={}).add_auth(request)
        return HttpRequest("PUT", "https", host, 443, request.url.partition(host)[2], (("Host", host), *request.headers.items()), b"", 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: UNTIL - timedelta(seconds=20))
        one._now = lambda: UNTIL.timestamp() - 20
        for signer in (botocore.auth.S3ExpressAuth, botocore.auth.S3ExpressQueryAuth):
            native = put(KeyPair(key.access_key, key.secret_key, key.token), signer)
            out = one.authorize(put(made, signer), S3)
            assert out.target == native.target
            assert {k.lower(): v for k, v in out.headers} == {k.lower(): v for k, v in native.headers}


def test_errors_pass_as_they_are() -> None:
    denied = HttpResponse(403, (("Content-Type", "text/xml"),), b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
    assert broker().receive(REQUEST, ASSUME, denied) is denied


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minted, "LIMIT", 3)
    one = broker()
    made = [keys_in(parsed("sts", "AssumeRole", one.receive(REQUEST, ASSUME, sts(real())))["Credentials"]) for _ in range(4)]
    assert refused(one, get(made[0])) == "foreign-credentials"
    assert made[0].access_key not in one.accounts()
    for keys in made[1:]:
        one.authorize(get(keys), S3)


def test_a_double_has_the_shape_and_nothing_else_of_its_original() -> None:
    key = real()
    made = {double(key) for _ in range(50)}
    assert len({m.access_key for m in made}) == len({m.token for m in made}) == 50
    assert all(m.access_key[:4] == "ASIA" and m.expires == key.expires and m.access_key[4:8] != key.access_key[4:8] for m in made)


def test_all_brokers_as_one_ask_the_one_whose_answer_it_is(tmp_path: Path) -> None:
    one = broker()
    kubernetes = KubernetesBroker(KubernetesConfig(enabled=False), {}, tmp_path, tmp_path)
    entries = Entries(CredentialsConfig(), {}, tmp_path, Vault())
    brokers = Brokers(one, GcpBroker(GcpCredentialsConfig(), {}, tmp_path), kubernetes, entries, tmp_path)
    assert (brokers.answers(REQUEST, ASSUME), brokers.answers(REQUEST, S3)) == (True, False)
    made = keys_in(parsed("sts", "AssumeRole", brokers.receive(REQUEST, ASSUME, sts(real())))["Credentials"])
    assert brokers.authorize(get(made), S3).header("authorization") != get(made).header("authorization")
    service = HttpRequest("GET", "http", "169.254.170.2", 80, brokers.environment()["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
    assert brokers.local(service) == one.local(service) is not None
    assert brokers.local(HttpRequest("GET", "http", "169.254.169.254", 80, "/")) is None
