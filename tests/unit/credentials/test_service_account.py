"""Dummy keys, and the tokens that they sign. Google's own signer signs them; keys are made here."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import google.auth.crypt
import google.auth.jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from warden.credentials.service_account import TOKEN_URIS, ServiceAccountKeys
from warden.errors import CredentialError

EMAIL = "robot@shop-prod.iam.gserviceaccount.com"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def real(**fields: Any) -> dict[str, Any]:
    return {
        "type": "service_account",
        "project_id": "shop-prod",
        "private_key_id": "a" * 40,
        "private_key": pem(KEY),
        "client_email": EMAIL,
        "client_id": "1234",
        "token_uri": TOKEN_URIS[0],
        **fields,
    }


def claims(**fields: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": EMAIL, "sub": EMAIL, "iat": now, "exp": now + 3600, "aud": "https://pubsub.googleapis.com/", **fields}


def signed(dummy: dict[str, str], payload: dict[str, Any], **header: str) -> str:
    signer = google.auth.crypt.RSASigner.from_service_account_info(dummy)  # type: ignore[no-untyped-call]
    return str(google.auth.jwt.encode(signer, payload, header=header or None), "ascii")  # type: ignore[no-untyped-call]


def segment(value: Any) -> str:
    return urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_dummy_has_the_shape_of_the_key_and_nothing_of_its_secret() -> None:
    keys = ServiceAccountKeys()
    dummy = keys.adopt(real(token_uri="https://token.internal.example/token", universe_domain="googleapis.com", extra="x"), trusted=True)
    assert {name: dummy[name] for name in ("type", "project_id", "client_email", "client_id", "universe_domain")} == {
        "type": "service_account",
        "project_id": "shop-prod",
        "client_email": EMAIL,
        "client_id": "1234",
        "universe_domain": "googleapis.com",
    }
    assert dummy["token_uri"] == TOKEN_URIS[0]
    assert len(dummy["private_key_id"]) == 40
    assert dummy["private_key_id"] != "a" * 40
    assert "extra" not in dummy
    loaded = serialization.load_pem_private_key(dummy["private_key"].encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    assert loaded.key_size == 2048
    assert loaded.public_key() != KEY.public_key()
    assert "PRIVATE" not in repr(keys)


def test_the_same_key_has_the_same_dummy_and_the_oldest_of_too_many_is_forgotten() -> None:
    keys = ServiceAccountKeys(capacity=2)
    first = keys.adopt(real())
    assert keys.adopt(real()) == first
    for number in range(2):
        keys.adopt(real(client_id=str(number)))
    assert keys.read(signed(first, claims())) is None


NOT_KEYS = {
    "another type": real(type="authorized_user"),
    "no address": real(client_email=""),
    "no key": real(private_key=""),
    "not a key": real(private_key="-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"),
    "an elliptic one": real(private_key=pem(ec.generate_private_key(ec.SECP256R1()))),
    "an attacker's token endpoint": real(token_uri="https://attacker.example/token"),
    "no token endpoint": real(token_uri=None),
}


@pytest.mark.parametrize("name", NOT_KEYS)
def test_what_is_no_key_of_googles_is_not_adopted(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ServiceAccountKeys().adopt(NOT_KEYS[name])


@pytest.mark.parametrize("kid", [True, False], ids=["kid", "no kid"])
def test_what_the_dummy_signs_the_real_key_signs_again_with_the_same_claims(kid: bool) -> None:
    keys = ServiceAccountKeys()
    dummy = keys.adopt(real())
    given = claims(scope="https://www.googleapis.com/auth/pubsub")
    token = signed(dummy, given) if kid else signed({**dummy, "private_key_id": ""}, given)
    read = keys.read(token)
    assert read is not None
    assert read.scope == "https://www.googleapis.com/auth/pubsub"
    resigned = read.resigned()
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert google.auth.jwt.decode(resigned, public, verify=False) == given  # type: ignore[no-untyped-call]
    assert google.auth.crypt.RSAVerifier.from_string(public).verify(  # type: ignore[no-untyped-call]
        resigned.rpartition(".")[0], _signature(resigned)
    )
    assert json.loads(_decoded(resigned.split(".")[0])) == {"alg": "RS256", "typ": "JWT", "kid": "a" * 40}
    assert resigned.split(".")[1] == token.split(".")[1]


def _decoded(part: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signature(token: str) -> bytes:
    return _decoded(token.rpartition(".")[2])


def forged(keys: ServiceAccountKeys) -> dict[str, str]:
    """Tokens that look as if a dummy had signed them."""
    dummy = keys.adopt(real())
    good = signed(dummy, claims())
    head, body, signature = good.split(".")
    public = serialization.load_pem_private_key(dummy["private_key"].encode(), None).public_key()
    shown = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    hs256 = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': dummy['private_key_id']})}.{body}"
    other = {**dummy, "private_key": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))}
    twice = f'{{"iss":"{EMAIL}","iss":"x","iat":1,"exp":2}}'.encode()
    return {
        "alg none without a signature": f"{segment({'alg': 'none'})}.{body}.",
        "alg none with a signature": f"{segment({'alg': 'none', 'kid': dummy['private_key_id']})}.{body}.{signature}",
        "HMAC by the public key": f"{hs256}.{segment(hmac.digest(shown, hs256.encode(), sha256))}",
        "another key": signed(other, claims()),
        "the real key": signed({**real(), "private_key_id": dummy["private_key_id"]}, claims()),
        "another issuer": signed(dummy, claims(iss="admin@shop-prod.iam.gserviceaccount.com")),
        "another key's id": signed({**dummy, "private_key_id": "b" * 40}, claims()),
        "an id that is no text": f"{segment({'alg': 'RS256', 'kid': [1]})}.{body}.{signature}",
        "other claims": f"{head}.{segment(claims(scope='more'))}.{signature}",
        "a critical extension": signed(dummy, claims(), crit="x"),
        "a claim twice": f"{head}.{segment(twice)}.{signature}",
        "padding": f"{head}.{body}.{signature}=",
        "spare bits": f"{head}.{body}.{signature[:-1]}{'B' if signature[-1] == 'A' else chr(ord(signature[-1]) + 1)}",
        "four segments": f"{good}.{signature}",
        "too long": signed(dummy, claims(x="x" * 20_000)),
        "nothing": "",
        "an access token": "ya29.x.y",
    }


SESSION = ServiceAccountKeys()
FORGERIES = forged(SESSION)


@pytest.mark.parametrize("name", FORGERIES)
def test_what_no_dummy_has_signed_is_nothing(name: str) -> None:
    assert SESSION.read(FORGERIES[name]) is None


def test_one_sessions_signature_is_nothing_to_another() -> None:
    token = signed(ServiceAccountKeys().adopt(real()), claims())
    other = ServiceAccountKeys()
    other.adopt(real())
    assert other.read(token) is None


NOW = int(time.time())
UNTIMELY: dict[str, dict[str, Any]] = {
    "over": {"iat": NOW - 7200, "exp": NOW - 3600},
    "not yet": {"iat": NOW + 3600, "exp": NOW + 7200},
    "two hours": {"iat": NOW, "exp": NOW + 7200},
    "a text": {"exp": "9999999999"},
    "true": {"iat": True},
}


@pytest.mark.parametrize("name", UNTIMELY)
def test_a_signature_out_of_its_time_is_not_made_again(name: str) -> None:
    keys = ServiceAccountKeys()
    dummy = keys.adopt(real())
    with pytest.raises(CredentialError) as caught:
        keys.read(signed(dummy, claims(**UNTIMELY[name])))
    assert caught.value.code == "bad-assertion"
