"""SigV4A: the derived key is the one of AWS's own test vector, a dummy's signature is proven, and the one made anew verifies by the real key."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from warden.config import AwsCredentialsConfig
from warden.credentials.aws import AwsBroker
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.sigv4 import read_signature
from warden.credentials.sigv4a import ALGORITHM_A, private_key
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

AWS = (Action("aws", "s3:PutObject", Verb.CREATE),)
HOST = "mine.accesspoint.s3-global.amazonaws.com"
REAL = KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "token/+=" * 40)


def test_the_key_is_that_of_aws_s_own_vector() -> None:
    """aws-c-auth, tests/key_derivation_tests.c: its fixed access key, and the point that is its public key."""
    numbers = private_key(KeyPair("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4" + "rlRandom")).public_key().public_numbers()
    assert numbers.x == 0x15D242CEEBF8D8169FD6A8B5A746C41140414C3B07579038DA06AF89190FFFCB
    assert numbers.y == 0x0515242CEDD82E94799482E4C0514B505AFCCF2C0C98D6A553BF539F424C5EC0


def text(request: HttpRequest, service: str) -> bytes:
    """What is signed, with botocore's own canonical request."""
    signature = read_signature(str(request.header("authorization")))
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(None, service, "*")
    same = AWSRequest(request.method, f"https://{HOST}{request.target}", data=request.body)
    for name, value in request.headers:
        if name.lower() in signature.signed_headers:
            same.headers[name] = value
    canonical = signer.canonical_request(same)
    time = request.header("x-amz-date")
    return f"{ALGORITHM_A}\n{time}\n{signature.date}/{service}/aws4_request\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode()


def signed(keys: KeyPair, service: str, path: str = "/a%20b//%E2%82%AC?x=%2F", **headers: str) -> HttpRequest:
    """As AWS's common runtime signs: the canonical request of SigV4, a scope without a region, the regions in a header."""
    body, time = b"data", datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    fields = {"host": HOST, "x-amz-date": time, "x-amz-region-set": "*", **{k.replace("_", "-"): v for k, v in headers.items()}}
    if service == "s3":
        fields.setdefault("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
    names = ";".join(sorted(fields))
    head = f"{ALGORITHM_A} Credential={keys.access_key}/{time[:8]}/{service}/aws4_request, SignedHeaders={names}, Signature="
    request = HttpRequest("PUT", "https", HOST, 443, path, (*fields.items(), ("Authorization", head + "0" * 140)), body, len(body))
    value = private_key(keys).sign(text(request, service), ec.ECDSA(hashes.SHA256())).hex()
    return replace(request, headers=(*fields.items(), ("Authorization", head + value)))


@pytest.fixture
def broker() -> AwsBroker:
    config = AwsCredentialsConfig(access_key_id=REAL.access_key, secret_access_key=REAL.secret_key, session_token=str(REAL.token))
    return AwsBroker(config, {}, "/nonexistent")


def inside(broker: AwsBroker) -> KeyPair:
    return KeyPair(broker.environment()["AWS_ACCESS_KEY_ID"], broker.environment()["AWS_SECRET_ACCESS_KEY"])


@pytest.mark.parametrize("service", ["s3", "events"])
def test_signed_again_it_verifies_by_the_real_key_alone(broker: AwsBroker, service: str) -> None:
    sent = signed(inside(broker), service, "/a%20b" if service == "events" else "/a%20b//%E2%82%AC?x=%2F")
    out = broker.authorize(sent, AWS)
    found = read_signature(str(out.header("authorization")))
    assert (found.access_key, found.algorithm, found.region) == (REAL.access_key, ALGORITHM_A, "")
    assert set(found.signed_headers) == {*read_signature(str(sent.header("authorization"))).signed_headers, "x-amz-security-token"}
    assert out.header("x-amz-security-token") == REAL.token
    public = private_key(REAL).public_key()
    public.verify(bytes.fromhex(found.value), text(out, service), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "changed",
    [
        lambda r: replace(r, target="/other"),
        lambda r: replace(r, method="DELETE"),
        lambda r: replace(r, headers=tuple((k, "us-east-1" if k == "x-amz-region-set" else v) for k, v in r.headers)),
        lambda r: replace(r, headers=tuple((k, v[:-2] + "00" if k == "Authorization" else v) for k, v in r.headers)),
        lambda r: replace(r, headers=tuple((k, v[: v.index("Signature=") + 10] + "30" * 20 if k == "Authorization" else v) for k, v in r.headers)),
    ],
)  # fmt: skip
def test_what_was_changed_is_refused(broker: AwsBroker, changed) -> None:  # type: ignore[no-untyped-def]
    sent = signed(inside(broker), "s3")
    broker.authorize(sent, AWS)
    with pytest.raises(CredentialError) as caught:
        broker.authorize(changed(sent), AWS)
    assert caught.value.code == "bad-signature"


def test_other_keys_and_shapes(broker: AwsBroker) -> None:
    mine, sent = inside(broker), signed(inside(broker), "s3")

    def refused(request: HttpRequest) -> str:
        with pytest.raises(CredentialError) as caught:
            broker.authorize(request, AWS)
        return caught.value.code

    assert refused(signed(dummy(), "s3")) == "foreign-credentials"
    assert refused(signed(KeyPair(mine.access_key, dummy().secret_key), "s3")) == "bad-signature"
    assert refused(signed(mine, "s3", x_amz_security_token="t")) == "foreign-credentials"
    assert refused(signed(mine, "s3", x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) == "chunk-signatures"
    assert refused(signed(mine, "s3", x_amz_content_sha256="STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) == "chunk-signatures"
    with_region = str(sent.header("authorization")).replace("/s3/", "/us-east-1/s3/")
    assert refused(replace(sent, headers=(*sent.headers[:-1], ("Authorization", with_region)))) == "bad-authorization"
    symmetric = str(sent.header("authorization")).replace(ALGORITHM_A, "AWS4-HMAC-SHA256")
    assert refused(replace(sent, headers=(*sent.headers[:-1], ("Authorization", symmetric)))) == "bad-authorization"
