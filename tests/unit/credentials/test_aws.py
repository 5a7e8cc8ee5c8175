"""Who gets a dummy, what the sandbox sees, and what is denied instead of being signed."""

from __future__ import annotations

import base64
import hashlib
import re
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.auth
import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest

from warden.config import AwsCredentialsConfig
from warden.credentials.aws import AwsBroker
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.sigv4 import read_signature
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

AWS = (Action("aws", "s3:GetObject", Verb.READ),)
NOW = datetime.now(UTC)
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def real() -> KeyPair:
    return KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "session-token-" + dummy().secret_key)


@pytest.fixture
def broker(real: KeyPair) -> AwsBroker:
    environment = {"AWS_ACCESS_KEY_ID": real.access_key, "AWS_SECRET_ACCESS_KEY": real.secret_key, "AWS_SESSION_TOKEN": str(real.token)}
    return AwsBroker(AwsCredentialsConfig(), environment, "/nonexistent")


def keys_of(broker: AwsBroker) -> KeyPair:
    environment = broker.environment()
    return KeyPair(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def signed(keys: KeyPair, *, body: bytes = b"", service: str = "s3", signer: type = S3SigV4Auth, **headers: str) -> HttpRequest:
    request = AWSRequest("PUT", "https://bucket.s3.amazonaws.com/key", {k.replace("_", "-"): v for k, v in headers.items()}, body)
    signer(keys, service, "us-east-1").add_auth(request)
    return HttpRequest("PUT", "https", "bucket.s3.amazonaws.com", 443, "/key", tuple(request.headers.items()), body, len(body))


def refused(broker: AwsBroker, request: HttpRequest) -> str:
    with pytest.raises(CredentialError) as caught:
        broker.authorize(request, AWS)
    assert caught.value.message.endswith(".")
    return caught.value.code


def change(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    kept = [(k, v) for k, v in request.headers if k.lower() != name.lower()]
    return replace(request, headers=tuple(kept if value is None else [*kept, (name, value)]))


# --- what is signed anew -------------------------------------------------------------------------------------------------------


def test_only_the_authorization_and_the_token_change(broker: AwsBroker, real: KeyPair) -> None:
    sent = signed(keys_of(broker), body=b"data", x_amz_meta_a="1")
    out = broker.authorize(sent, AWS)
    assert replace(out, headers=()) == replace(sent, headers=())
    changed = set(out.headers) ^ set(sent.headers)
    assert {name.lower() for name, _ in changed} == {"authorization", "x-amz-security-token"}
    assert out.header("x-amz-security-token") == real.token
    assert read_signature(str(out.header("authorization"))).access_key == real.access_key


def test_a_streamed_body_is_signed_by_its_stated_hash(broker: AwsBroker) -> None:
    sent = replace(signed(keys_of(broker), body=b"data"), body=None)
    assert broker.authorize(sent, AWS).body is None


@pytest.mark.parametrize("stated", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
@pytest.mark.parametrize("body", [None, b"data"])
def test_an_unsigned_payload_stays_unsigned(broker: AwsBroker, stated: str, body: bytes | None) -> None:
    sent = replace(signed(keys_of(broker), signer=SigV4Auth, x_amz_content_sha256=stated), body=body)
    assert broker.authorize(sent, AWS).header("x-amz-content-sha256") == stated


def test_the_date_header_serves_where_there_is_no_amz_date(broker: AwsBroker) -> None:
    sent = signed(keys_of(broker), Date="Thu, 01 Jan 1970 00:00:00 GMT")
    assert sent.header("x-amz-date") is None
    assert broker.authorize(sent, AWS).header("date") == sent.header("date")


def test_other_providers_and_unsigned_requests_pass_as_they_are(broker: AwsBroker) -> None:
    foreign = signed(dummy())
    assert broker.authorize(foreign, (Action("http", "GET", Verb.READ),)) is foreign
    anonymous = HttpRequest("GET", "https", "bucket.s3.amazonaws.com", 443, "/key?versionId=1&response-expires=x")
    assert broker.authorize(anonymous, AWS) is anonymous
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    web = HttpRequest("POST", "https", "sts.amazonaws.com", 443, "/", form, b"Action=AssumeRoleWithWebIdentity&WebIdentityToken=x")
    assert broker.authorize(web, AWS) is web


def test_keys_of_others_pass_where_the_user_lets_them(real: KeyPair) -> None:
    config = AwsCredentialsConfig(access_key_id=real.access_key, secret_access_key=real.secret_key, allow_foreign=True)
    broker = AwsBroker(config, {}, "/nonexistent")
    for foreign in (dummy(), real):
        sent = signed(foreign)
        assert broker.authorize(sent, AWS) is sent
    presigned = AWSRequest("GET", "https://bucket.s3.amazonaws.com/key")
    S3SigV4QueryAuth(real, "s3", "us-east-1").add_auth(presigned)
    target = presigned.url.removeprefix("https://bucket.s3.amazonaws.com")
    sent = HttpRequest("GET", "https", "bucket.s3.amazonaws.com", 443, target)
    assert broker.authorize(sent, AWS) is sent
    mine = keys_of(broker)
    assert refused(broker, signed(KeyPair(mine.access_key, dummy().secret_key))) == "bad-signature"
    assert refused(broker, signed(KeyPair(mine.access_key, mine.secret_key, "token"))) == "foreign-credentials"
    assert refused(AwsBroker(AwsCredentialsConfig(), {}, "/nonexistent"), signed(real)) == "foreign-credentials"


def test_the_body_is_needed_when_only_the_signature_has_its_hash(broker: AwsBroker) -> None:
    keys = keys_of(broker)
    assert broker.needs_body(signed(keys, service="ec2", signer=SigV4Auth))
    assert not broker.needs_body(signed(keys))
    assert not broker.needs_body(HttpRequest("POST", "https", "example.com", 443, "/"))


# --- secrets in what was signed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["secretsmanager", "s3"])
@pytest.mark.parametrize("checksum", ["", "crc32", "sha256", "crc64nvme"])
def test_a_body_with_secrets_in_it_is_proven_as_it_was_and_signed_as_it_is(
    broker: AwsBroker, real: KeyPair, service: str, checksum: str
) -> None:
    placeholder, secret = b"wrdnplaceholder", b"the secret itself"
    old, new = b'{"SecretString": "' + placeholder + b'"}', b'{"SecretString": "' + secret + b'"}'
    extra = {f"x_amz_checksum_{checksum}": "b2xk", "x_amz_sdk_checksum_algorithm": checksum.upper()} if checksum else {}
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    asked = signed(keys_of(broker), body=old, service=service, signer=signer, **extra)
    filled = replace(asked, body=new, body_length=len(new))
    out = broker.authorize(filled, AWS, asked)
    assert out.body == new
    names = read_signature(str(out.header("authorization"))).signed_headers
    if checksum == "sha256":
        assert out.header("x-amz-checksum-sha256") == base64.b64encode(hashlib.sha256(new).digest()).decode()
    if checksum == "crc64nvme":
        assert not {"x-amz-checksum-crc64nvme", "x-amz-sdk-checksum-algorithm"} & {*out.fields, *names}
    # What AWS does: the same signature from botocore, over what arrives, with the real key.
    again = AWSRequest("PUT", "https://bucket.s3.amazonaws.com/key", {n: v for n, v in out.headers if n.lower() in names}, new)
    again.context["timestamp"] = str(out.header("x-amz-date"))
    check = signer(real, service, "us-east-1")
    text = check.string_to_sign(again, check.canonical_request(again))
    assert check.signature(text, again) == read_signature(str(out.header("authorization"))).value


@pytest.mark.parametrize("body", [b"data", None])
def test_the_etag_of_a_redacted_answer_is_the_servers_own_in_a_condition(broker: AwsBroker, real: KeyPair, body: bytes | None) -> None:
    """The agent signs what it was told; what is sent is signed by the real key as it is."""
    sent = replace(signed(keys_of(broker), body=b"data", if_match=f'W/"{"0f" * 16}-redacted"'), body=body)
    out = broker.authorize(sent, AWS)
    assert out.header("if-match") == f'"{"0f" * 16}"'
    names = read_signature(str(out.header("authorization"))).signed_headers
    assert "if-match" in names
    again = AWSRequest("PUT", "https://bucket.s3.amazonaws.com/key", {n: v for n, v in out.headers if n.lower() in names}, b"data")
    again.context["timestamp"] = str(out.header("x-amz-date"))
    check = S3SigV4Auth(real, "s3", "us-east-1")
    text = check.string_to_sign(again, check.canonical_request(again))
    assert check.signature(text, again) == read_signature(str(out.header("authorization"))).value


def test_a_body_that_was_not_signed_as_it_was_asked_is_refused(broker: AwsBroker) -> None:
    asked = signed(keys_of(broker), body=b"one")
    other = replace(asked, body=b"two", body_length=3)
    with pytest.raises(CredentialError) as caught:
        broker.authorize(replace(asked, body=b"with a secret"), AWS, other)
    assert caught.value.code == "payload-hash"
    with pytest.raises(CredentialError) as caught:
        broker.authorize(replace(asked, target="/with/a/secret"), AWS, asked)
    assert caught.value.code == "signed-placeholder"


# --- what is denied ------------------------------------------------------------------------------------------------------------


def test_credentials_of_another_origin(broker: AwsBroker, real: KeyPair) -> None:
    mine = keys_of(broker)
    assert refused(broker, signed(dummy())) == "foreign-credentials"
    assert refused(broker, signed(real)) == "foreign-credentials"
    assert refused(broker, signed(KeyPair(mine.access_key, dummy().secret_key))) == "bad-signature"
    assert refused(broker, signed(KeyPair(mine.access_key, mine.secret_key, "token"))) == "foreign-credentials"


@pytest.mark.parametrize(
    "changed",
    [
        lambda r: replace(r, method="DELETE"),
        lambda r: replace(r, target="/other"),
        lambda r: replace(r, target="/key?acl"),
        lambda r: change(r, "host", "other.s3.amazonaws.com"),
        lambda r: change(r, "x-amz-meta-a", "2"),
        lambda r: change(r, "x-amz-meta-a", None),
        lambda r: change(r, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        lambda r: replace(r, host="other.s3.amazonaws.com"),
    ],
)
def test_a_message_changed_after_it_was_signed(broker: AwsBroker, changed) -> None:  # type: ignore[no-untyped-def]
    sent = signed(keys_of(broker), body=b"data", x_amz_meta_a="1")
    broker.authorize(sent, AWS)
    assert refused(broker, changed(sent)) == "bad-signature"


def test_a_body_that_is_not_the_hashed_one(broker: AwsBroker) -> None:
    keys = keys_of(broker)
    assert refused(broker, replace(signed(keys, body=b"data"), body=b"other")) == "payload-hash"
    assert refused(broker, replace(signed(keys, service="ec2", signer=SigV4Auth, body=b"data"), body=b"other")) == "bad-signature"
    assert refused(broker, signed(keys, signer=SigV4Auth, x_amz_content_sha256="required")) == "payload-hash"
    assert refused(broker, replace(signed(keys, body=b"data"), body=None, body_length=0)) == "payload-hash"
    assert refused(broker, replace(signed(keys, service="ec2", signer=SigV4Auth), body=None)) == "body-unread"


@pytest.mark.parametrize("stated", ["STREAMING-AWS4-HMAC-SHA256-EVENTS", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
def test_chunks_that_are_signed_otherwise(broker: AwsBroker, stated: str) -> None:
    assert refused(broker, signed(keys_of(broker), signer=SigV4Auth, x_amz_content_sha256=stated)) == "chunk-signatures"


def test_a_signature_of_another_time(broker: AwsBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    for minutes, code in ((-14, None), (14, None), (-16, "clock-skew"), (16, "clock-skew"), (3000, "clock-skew")):
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda m=minutes: datetime.now(UTC) + timedelta(minutes=m))
        sent = signed(keys_of(broker))
        if code is None:
            broker.authorize(sent, AWS)
        else:
            assert refused(broker, sent) == code
    assert refused(broker, change(sent, "x-amz-date", "yesterday")) == "bad-date"
    assert refused(broker, change(sent, "x-amz-date", "20261399T000000Z")) == "bad-date"
    assert refused(broker, change(sent, "x-amz-date", "20200101T000000Z")) == "bad-date"
    assert refused(broker, change(sent, "x-amz-date", None)) == "bad-date"


def test_a_header_beside_the_signature(broker: AwsBroker) -> None:
    assert refused(broker, change(signed(keys_of(broker)), "X-Amz-Acl", "public-read")) == "unsigned-header"


def test_headers_that_are_there_twice(broker: AwsBroker) -> None:
    sent = signed(keys_of(broker))
    for name in ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256"):
        assert refused(broker, replace(sent, headers=(*sent.headers, (name, str(sent.header(name)))))) == "bad-authorization"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("AWS4-ECDSA-P256-SHA256 Credential=A/20260314/s3/aws4_request, SignedHeaders=host, Signature=00", "bad-authorization"),
        ("Bearer abc", "bearer-token"),
        ("AWS AKIA:sig=", "sigv2"),
        ("AWS3-HTTPS AWSAccessKeyId=A", "sigv2"),
        ("Basic abc", "unknown-authorization"),
        ("", "unknown-authorization"),
        ("AWS4-HMAC-SHA256", "bad-authorization"),
    ],
)
def test_other_kinds_of_authorization(broker: AwsBroker, authorization: str, code: str) -> None:
    request = HttpRequest("GET", "https", "s3.amazonaws.com", 443, "/", (("authorization", authorization),))
    assert refused(broker, request) == code


@pytest.mark.parametrize("header", ["X-Amz-Security-Token", "x-amz-sso_bearer_token", "x-amz-s3session-token", "X-Amzn-Authorization"])
def test_tokens_of_other_origin(broker: AwsBroker, header: str) -> None:
    assert (
        refused(broker, HttpRequest("GET", "https", "portal.sso.us-east-1.amazonaws.com", 443, "/", ((header, "x"),)))
        == "foreign-credentials"
    )


def test_signatures_in_forms(broker: AwsBroker) -> None:
    base = HttpRequest(
        "POST", "https", "ec2.amazonaws.com", 443, "/", (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
    )
    assert refused(broker, replace(base, body=b"Action=A&AWSAccessKeyId=x&Signature=y&SignatureVersion=2")) == "sigv2"
    assert refused(broker, replace(base, body=b"Action=A&%41WSAccessKeyId=x")) == "sigv2"
    assert refused(broker, replace(base, body=None)) == "body-unread"
    assert refused(broker, replace(base, headers=(("Content-Type", "multipart/form-data; boundary=x"),), body=None)) == "post-form"


def test_no_query_parameter_of_an_operation_is_taken_for_a_signature() -> None:
    from warden.credentials.aws_request import QUERY_SIGNATURES

    session = botocore.session.Session()
    for service in ("s3", "s3control", "glacier", "lambda", "cloudfront", "mediastore-data", "cognito-identity"):
        model = session.get_service_model(service)
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            for member in shape.members.values() if shape else ():
                if member.serialization.get("location") == "querystring":
                    assert member.serialization["name"].lower() not in QUERY_SIGNATURES


# --- identities ----------------------------------------------------------------------------------------------------------------


def write(home: Path, config: str = "", credentials: str = "") -> None:
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text(config)
    (home / ".aws/credentials").write_text(credentials)


def stated(keys: KeyPair) -> str:
    return f"aws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"


def inside(broker: AwsBroker, home: Path, profile: str | None, monkeypatch: pytest.MonkeyPatch) -> KeyPair:
    """What botocore finds in the sandbox: the synthetic files and variables, nothing else."""
    home.mkdir(exist_ok=True)
    (home / ".aws").mkdir(exist_ok=True)
    for name, content in broker.files().items():
        (home / ".aws" / name).write_bytes(content)
    import os

    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in {**broker.environment(), "HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    found = botocore.session.Session(profile=profile).get_credentials().get_frozen_credentials()
    return KeyPair(found.access_key, found.secret_key, found.token)


def signer_of(broker: AwsBroker, keys: KeyPair) -> str:
    return read_signature(str(broker.authorize(signed(keys), AWS).header("authorization"))).access_key


def test_each_profile_has_a_dummy_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, prod = dummy(), dummy()
    write(
        tmp_path,
        "[default]\nregion = eu-west-1\noutput = text\n[profile prod]\nregion = us-west-2\ns3 =\n    addressing_style = path\n"
        '[profile "two words"]\nsso_session = corp\nsso_account_id = 1\nrole_arn = arn:aws:iam::1:role/x\n'
        "[sso-session corp]\nsso_start_url = https://x\n",
        f"[default]\n{stated(mine)}[prod]\n{stated(prod)}",
    )
    broker = AwsBroker(AwsCredentialsConfig(), {}, tmp_path)
    assert "AWS_ACCESS_KEY_ID" not in broker.environment()  # `AWS_PROFILE=prod tool` works inside
    text = b"".join(broker.files().values()).decode()
    assert "sso" not in text
    assert "role_arn" not in text
    assert "addressing_style = path" in text
    for secret in (mine.access_key, mine.secret_key, prod.access_key, prod.secret_key):
        assert secret not in text
    home = tmp_path / "inside"
    assert signer_of(broker, inside(broker, home, None, monkeypatch)) == mine.access_key
    assert signer_of(broker, inside(broker, home, "prod", monkeypatch)) == prod.access_key
    assert inside(broker, home, "two words", monkeypatch).access_key.startswith("AKIA")
    assert botocore.session.Session(profile="prod").get_config_variable("region") == "us-west-2"
    assert botocore.session.Session().get_config_variable("region") == "eu-west-1"


def test_the_selected_profile_is_selected_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, prod = dummy(), dummy()
    write(tmp_path, "", f"[default]\n{stated(mine)}[prod]\n{stated(prod)}")
    broker = AwsBroker(AwsCredentialsConfig(), {"AWS_PROFILE": "prod"}, tmp_path)
    assert broker.environment()["AWS_PROFILE"] == "prod"
    assert signer_of(broker, inside(broker, tmp_path / "inside", None, monkeypatch)) == prod.access_key
    assert signer_of(broker, inside(broker, tmp_path / "inside", "default", monkeypatch)) == mine.access_key


def test_keys_in_the_environment_come_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, prod, env = dummy(), dummy(), dummy()
    write(tmp_path, "", f"[default]\n{stated(mine)}[prod]\n{stated(prod)}")
    environment = {"AWS_ACCESS_KEY_ID": env.access_key, "AWS_SECRET_ACCESS_KEY": env.secret_key, "AWS_DEFAULT_REGION": "ap-south-1"}
    broker = AwsBroker(AwsCredentialsConfig(), environment, tmp_path)
    assert broker.environment()["AWS_REGION"] == "ap-south-1"
    assert signer_of(broker, inside(broker, tmp_path / "inside", None, monkeypatch)) == env.access_key
    assert signer_of(broker, inside(broker, tmp_path / "inside", "prod", monkeypatch)) == prod.access_key


def test_a_configured_profile_is_the_only_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, prod = dummy(), dummy()
    write(tmp_path, "[profile prod]\nregion = us-west-2\n", f"[default]\n{stated(mine)}[prod]\n{stated(prod)}")
    broker = AwsBroker(AwsCredentialsConfig(profile="prod"), {"AWS_PROFILE": "default"}, tmp_path)
    home = tmp_path / "inside"
    for profile in (None, "default", "prod"):
        assert signer_of(broker, inside(broker, home, profile, monkeypatch)) == prod.access_key
    assert botocore.session.Session().get_config_variable("region") == "us-west-2"


def test_configured_keys_are_the_only_identity(tmp_path: Path, real: KeyPair) -> None:
    write(tmp_path, "", f"[default]\n{stated(dummy())}")
    config = AwsCredentialsConfig(
        access_key_id=real.access_key, secret_access_key=real.secret_key, session_token=str(real.token), region="eu-north-1"
    )
    broker = AwsBroker(config, {"AWS_REGION": "us-east-1"}, tmp_path)
    assert broker.files() == {}
    environment = broker.environment()
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-north-1"
    assert signer_of(broker, keys_of(broker)) == real.access_key


def test_half_a_configured_key_is_refused_at_the_start() -> None:
    with pytest.raises(CredentialError, match="secret_access_key is not"):
        AwsBroker(AwsCredentialsConfig(access_key_id="A"), {}, "/nonexistent")


def test_disabled(tmp_path: Path) -> None:
    write(tmp_path, "", f"[default]\n{stated(dummy())}")
    broker = AwsBroker(AwsCredentialsConfig(enabled=False), {}, tmp_path)
    assert broker.files() == {}
    assert "AWS_ACCESS_KEY_ID" not in broker.environment()
    assert refused(broker, signed(dummy())) == "credentials-disabled"


def test_without_real_credentials_there_are_dummies_and_a_denial_that_says_what_to_do(tmp_path: Path) -> None:
    broker = AwsBroker(AwsCredentialsConfig(), {"AWS_EC2_METADATA_DISABLED": "true"}, tmp_path)
    with pytest.raises(CredentialError) as caught:
        broker.authorize(signed(keys_of(broker)), AWS)
    assert caught.value.code == "no-credentials"
    assert "aws configure" in caught.value.advice
    assert broker.environment()["AWS_EC2_METADATA_DISABLED"] == "true"


def test_dummies_have_the_shape_and_are_new_each_session(real: KeyPair) -> None:
    config = AwsCredentialsConfig(access_key_id=real.access_key, secret_access_key=real.secret_key)
    made = [keys_of(AwsBroker(config, {}, "/nonexistent")) for _ in range(50)]
    assert len({k.access_key for k in made}) == len({k.secret_key for k in made}) == 50
    for keys in made:
        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", keys.access_key)
        assert re.fullmatch(r"[A-Za-z0-9/+]{40}", keys.secret_key)


def test_nothing_shows_the_real_keys(broker: AwsBroker, real: KeyPair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    out = broker.authorize(signed(keys_of(broker)), AWS)
    shown = [repr(broker), str(broker), repr(real), f"{real}", repr(broker._outside), repr(broker._sources), repr(out), caplog.text]
    try:
        broker.authorize(signed(dummy()), AWS)
    except CredentialError:
        shown.append(traceback.format_exc())
    for text in shown:
        assert real.secret_key not in text
        assert str(real.token) not in text


def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    write(tmp_path, "", "[default\naws_secret_access_key = hunter2hunter2\n")
    with pytest.raises(CredentialError) as caught:
        AwsBroker(AwsCredentialsConfig(), {}, tmp_path)
    assert caught.value.code == "bad-profile-file"
    assert ".aws/credentials" in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_the_account_is_what_configuration_profile_or_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = "1" * 12, "2" * 12
    keys = "aws_access_key_id = AKIA{0}\naws_secret_access_key = {0}\n"
    write(
        tmp_path,
        f"[default]\naws_account_id = {one}\n[profile b]\nregion = eu-west-1\n",
        f"[default]\n{keys.format('X')}[b]\n{keys.format('Y')}",
    )
    found = AwsBroker(AwsCredentialsConfig(), {}, tmp_path)
    assert sorted(found.accounts().values()) == [one]  # nobody says b's
    stated = AwsCredentialsConfig(access_key_id="A", secret_access_key="B", account=two)
    broker = AwsBroker(stated, {}, tmp_path)
    assert broker.accounts() == {broker.environment()["AWS_ACCESS_KEY_ID"]: two}
    environment = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_ACCOUNT_ID": two}
    broker = AwsBroker(AwsCredentialsConfig(), environment, tmp_path)
    assert broker.accounts()[broker.environment()["AWS_ACCESS_KEY_ID"]] == two
