"""The metadata services, asked by botocore's own fetchers: dummies that stand for the default identity, and end before anybody waits for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher, InstanceMetadataRegionFetcher

from warden.config import AwsCredentialsConfig
from warden.credentials.aws import ROLE_LIFE, AwsBroker
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.sigv4 import read_signature
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse, Verb

S3 = (Action("aws", "s3:GetObject", Verb.READ),)
REAL = dummy()
MOMENT = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
TOKEN = "/latest/api/token"
ROLE = "/latest/meta-data/iam/security-credentials/warden"


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = MOMENT
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_a, **_k: self.at)

    def __call__(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def broker(clock: Clock) -> AwsBroker:
    config = AwsCredentialsConfig(
        access_key_id=REAL.access_key, secret_access_key=REAL.secret_key, region="eu-west-1", account="123456789012"
    )
    return AwsBroker(config, {}, "/nonexistent", now=clock)


def ask(broker: AwsBroker, method: str, target: str, host: str = "169.254.169.254", **headers: str) -> HttpResponse | None:
    return broker.local(HttpRequest(method, "http", host, 80, target, tuple((k.replace("_", "-"), v) for k, v in headers.items())))


def status(answer: HttpResponse | None) -> int:
    return 0 if answer is None else answer.status


def signer(broker: AwsBroker, keys: KeyPair) -> str:
    request = AWSRequest("GET", "https://b.s3.amazonaws.com/k")
    S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    out = broker.authorize(HttpRequest("GET", "https", "b.s3.amazonaws.com", 443, "/k", tuple(request.headers.items())), S3)
    assert out.header("x-amz-security-token") is None
    return read_signature(str(out.header("authorization"))).access_key


class Wire:
    """What botocore sends with, which asks the broker instead of a socket."""

    def __init__(self, broker: AwsBroker) -> None:
        self.broker = broker

    def send(self, request: Any) -> Any:
        parts = urlsplit(request.url)
        headers = tuple((k, v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items())
        answer = self.broker.local(HttpRequest(request.method, "http", str(parts.hostname), 80, parts.path, headers))

        class Response:
            url = request.url
            status_code = status(answer) or 404
            content = answer.body if answer else b""
            text = content.decode()

        return Response()


def test_botocore_fetches_the_instance_s_role(broker: AwsBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    fetcher = InstanceMetadataFetcher(num_attempts=1)
    fetcher._session = Wire(broker)
    found = fetcher.retrieve_iam_role_credentials()
    assert found["role_name"] == "warden"
    keys = KeyPair(found["access_key"], found["secret_key"], found["token"])
    assert keys.access_key.startswith("ASIA")
    assert signer(broker, keys) == REAL.access_key
    assert broker.accounts()[keys.access_key] == "123456789012"
    with pytest.raises(CredentialError, match="not this session's"):
        signer(broker, KeyPair(keys.access_key, keys.secret_key))


def test_botocore_fetches_the_container_s_role(broker: AwsBroker) -> None:
    path = broker.environment()["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    found = ContainerMetadataFetcher(Wire(broker)).retrieve_uri(path)
    assert signer(broker, KeyPair(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])) == REAL.access_key
    assert datetime.fromisoformat(found["Expiration"]) == MOMENT + timedelta(seconds=ROLE_LIFE)
    token = path.rpartition("/")[2]
    for host in ("169.254.170.2", "169.254.170.23", "fd00:ec2::23"):
        assert status(ask(broker, "GET", "/v1/credentials", host, Authorization=token)) == 200
        assert status(ask(broker, "GET", "/v1/credentials", host, Authorization="x")) == 0
        assert status(ask(broker, "GET", "/v1/credentials", host)) == 0
        assert status(ask(broker, "GET", "/v2/credentials/x", host)) == 0
        assert status(ask(broker, "POST", path, host)) == 405
        assert status(ask(broker, "GET", ROLE, host)) == 0
    assert ask(broker, "GET", path) is None


def test_botocore_reads_no_region_that_is_not_there(broker: AwsBroker, clock: Clock) -> None:
    fetcher = InstanceMetadataRegionFetcher(num_attempts=1)
    fetcher._session = Wire(broker)
    assert fetcher.retrieve_region() is None  # it asks for the availability zone, which nobody knows
    region = ask(broker, "GET", "/latest/meta-data/placement/region")
    assert region is not None
    assert region.body == b"eu-west-1"
    document = ask(broker, "GET", "/latest/dynamic/instance-identity/document")
    assert document is not None
    assert json.loads(document.body) == {"region": "eu-west-1", "accountId": "123456789012"}
    bare = AwsBroker(AwsCredentialsConfig(access_key_id="A", secret_access_key="B"), {}, "/nonexistent", now=clock)
    assert status(ask(bare, "GET", "/latest/meta-data/placement/region")) == 404
    assert status(ask(bare, "GET", "/latest/dynamic/instance-identity/document")) == 404


def test_dummies_are_renewed_before_they_end_and_the_old_ones_stay_good(broker: AwsBroker, clock: Clock) -> None:
    def keys() -> KeyPair:
        answer = ask(broker, "GET", ROLE)
        assert answer is not None
        found = json.loads(answer.body)
        return KeyPair(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])

    first = keys()
    clock.at += timedelta(hours=4)
    assert keys() == first
    clock.at += timedelta(hours=1.5)
    second = keys()
    assert second.access_key != first.access_key
    assert signer(broker, first) == signer(broker, second) == REAL.access_key
    clock.at += timedelta(hours=1)
    with pytest.raises(CredentialError, match="have expired"):
        signer(broker, first)


def test_tokens(broker: AwsBroker, clock: Clock) -> None:
    made = ask(broker, "PUT", TOKEN, X_aws_ec2_metadata_token_ttl_seconds="60")
    assert made is not None
    token = made.body.decode()
    assert dict(made.headers)["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == "60"
    assert status(ask(broker, "GET", ROLE, X_aws_ec2_metadata_token=token)) == 200
    assert status(ask(broker, "GET", ROLE)) == 200  # version 1
    for wrong in ("", "x", token[:-1], token + "0", f"{int(token.partition('.')[0], 16) + 1:x}.{token.partition('.')[2]}", f"0{token}"):
        assert status(ask(broker, "GET", ROLE, X_aws_ec2_metadata_token=wrong)) == 401
    other = AwsBroker(AwsCredentialsConfig(access_key_id="A", secret_access_key="B"), {}, "/nonexistent", now=clock)
    assert status(ask(other, "GET", ROLE, X_aws_ec2_metadata_token=token)) == 401
    clock.at += timedelta(seconds=61)
    assert status(ask(broker, "GET", ROLE, X_aws_ec2_metadata_token=token)) == 401
    for ttl in ("", "0", "-1", "21601", "1.5", "1e3", "99999999"):
        assert status(ask(broker, "PUT", TOKEN, X_aws_ec2_metadata_token_ttl_seconds=ttl)) == 400
    assert status(ask(broker, "PUT", TOKEN)) == 400
    assert status(ask(broker, "PUT", TOKEN, X_aws_ec2_metadata_token_ttl_seconds="60", X_Forwarded_For="1.2.3.4")) == 403
    assert status(ask(broker, "GET", TOKEN, X_aws_ec2_metadata_token_ttl_seconds="60")) == 405


def test_what_is_not_there(broker: AwsBroker) -> None:
    for target in ("/latest/user-data", "/latest/meta-data/iam/security-credentials/other", "/latest/meta-data/../api/token", "/latest/"):
        assert status(ask(broker, "GET", target)) == 404
    assert status(ask(broker, "DELETE", ROLE)) == 405
    assert status(ask(broker, "GET", "/computeMetadata/v1/", Metadata_Flavor="Google")) == 0  # another's
    assert status(ask(broker, "GET", ROLE, "metadata.example")) == 0
    disabled = AwsBroker(AwsCredentialsConfig(enabled=False), {}, "/nonexistent")
    assert status(ask(disabled, "GET", ROLE)) == 0
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in disabled.environment()


def test_the_role_is_the_default_profile_where_that_is_in_the_files(tmp_path: Path) -> None:
    keys = dummy()
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("[profile prod]\nregion = us-west-2\n")
    (tmp_path / ".aws/credentials").write_text(
        f"[prod]\naws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"
    )
    broker = AwsBroker(AwsCredentialsConfig(), {"AWS_PROFILE": "prod"}, tmp_path, now=lambda: datetime.now(UTC).timestamp())
    answer, region = ask(broker, "GET", ROLE), ask(broker, "GET", "/latest/meta-data/placement/region")
    assert answer is not None
    assert region is not None
    assert region.body == b"us-west-2"
    found = json.loads(answer.body)
    assert signer(broker, KeyPair(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])) == keys.access_key
