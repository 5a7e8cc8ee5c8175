"""A service account's dummy key inside: Google's own library signs with it, and what it gets and sends is swapped. The token endpoint outside, where
the real key's signature must arrive, is a stand-in on loopback.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import google.auth.crypt
import google.auth.jwt
import pytest
from cryptography.hazmat.primitives import serialization
from google.oauth2 import service_account

from tests.unit.credentials.test_gcp import LIST, bearer, request, token_endpoint
from tests.unit.credentials.test_service_account import EMAIL, KEY, claims, real, signed
from warden.config import GcpCredentialsConfig
from warden.credentials.gcp import GcpBroker
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

__all__ = ["token_endpoint"]

SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN = (Action("gcp", "oauth2.token", Verb.CREATE),)
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def form(host: str = "oauth2.googleapis.com", path: str = "/token", **fields: str) -> HttpRequest:
    body = urlencode(fields).encode()
    headers = (("Host", host), ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body))))
    return HttpRequest("POST", "https", host, 443, path, headers, body, len(body))


@pytest.fixture
def session(tmp_path: Path, token_endpoint: tuple[str, list[str]]) -> tuple[GcpBroker, dict[str, Any], list[str]]:
    """A broker whose user has a key, the dummy of that inside, and what reached the endpoint outside."""
    endpoint, seen = token_endpoint
    (tmp_path / "key.json").write_text(json.dumps(real(token_uri=endpoint)))
    broker = GcpBroker(
        GcpCredentialsConfig(), {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "PATH": "/usr/bin:/bin"}, tmp_path
    )
    ((directory, files),) = broker.files().items()
    ((name, content),) = files.items()
    assert broker.environment()["GOOGLE_APPLICATION_CREDENTIALS"] == f"{directory}/{name}"
    return broker, json.loads(content), seen


def grant(dummy: dict[str, Any], **fields: Any) -> HttpRequest:
    given = claims(**{"aud": "https://oauth2.googleapis.com/token", "scope": SCOPE, **fields})
    return form(grant_type=JWT, assertion=signed(dummy, {name: value for name, value in given.items() if value is not None}))


def test_an_exchange_is_answered_with_a_dummy_and_the_real_key_is_used_when_that_is(
    session: tuple[GcpBroker, dict[str, Any], list[str]],
) -> None:
    broker, dummy, seen = session
    library = service_account.Credentials.from_service_account_info(dummy, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    assertion = library._make_authorization_grant_assertion()
    asked = form(grant_type=JWT, assertion=assertion.decode() if isinstance(assertion, bytes) else assertion)
    assert broker.needs_body(asked)
    first, second = broker.local(asked), broker.local(grant(dummy))
    assert first is not None
    assert second is not None
    token = json.loads(first.body)
    assert json.loads(second.body)["access_token"] == token["access_token"], "one dummy for one key and scope"
    assert 300 < token["expires_in"] <= 3600
    assert seen == [], "nothing leaves before the dummy is used"
    sent = broker.authorize(request(bearer(token["access_token"])), LIST)
    assert sent.header("authorization") == "Bearer from-endpoint-1"
    (arrived,) = seen
    signed_outside = google.auth.jwt.decode(parse_qs(arrived)["assertion"][0], PUBLIC, verify=False)  # type: ignore[no-untyped-call]
    assert (signed_outside["iss"], signed_outside["scope"]) == (EMAIL, SCOPE)


def test_a_self_signed_token_is_signed_again_with_the_real_key(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    """What google-auth's `with_always_use_jwt_access` and the gapic clients send."""
    broker, dummy, seen = session
    library = service_account.Credentials.from_service_account_info(dummy)  # type: ignore[no-untyped-call]
    library = library.with_always_use_jwt_access(True)
    library._create_self_signed_jwt("https://compute.googleapis.com/")
    headers: dict[str, str] = {}
    library.before_request(None, "GET", "https://compute.googleapis.com/", headers)
    sent = broker.authorize(request(("Authorization", headers["authorization"])), LIST)
    token = (sent.header("authorization") or "").removeprefix("Bearer ")
    message, _, signature = token.rpartition(".")
    verifier = google.auth.crypt.RSAVerifier.from_string(PUBLIC)  # type: ignore[no-untyped-call]
    assert verifier.verify(message.encode(), urlsafe_b64decode(signature + "=="))
    assert message.split(".")[1] == headers["authorization"].split(".")[1]
    assert seen == []


def test_the_real_key_is_nowhere_inside(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    broker, _, _ = session
    secret = real()["private_key"].splitlines()[5]
    assert secret not in str(broker.files()) + str(broker.environment()) + repr(broker)


DENIED: dict[str, tuple[dict[str, Any], str]] = {
    "an ID token for no address": ({"target_audience": "x", "scope": None}, "id-token"),
    "an ID token for Google's own API": ({"target_audience": "https://iap.googleapis.com", "scope": None}, "id-token"),
    "an ID token of another subject": ({"target_audience": "https://x.run.app", "scope": None, "sub": "boss@example.com"}, "delegation"),
    "delegation": ({"sub": "boss@example.com"}, "delegation"),
    "an attacker's audience": ({"aud": "https://attacker.example/token"}, "bad-assertion"),
    "no audience": ({"aud": None}, "bad-assertion"),
    "two audiences": ({"aud": ["https://oauth2.googleapis.com/token", "https://x"]}, "bad-assertion"),
}


@pytest.mark.parametrize("name", DENIED)
def test_what_the_sandbox_is_not_given(session: tuple[GcpBroker, dict[str, Any], list[str]], name: str) -> None:
    broker, dummy, _ = session
    fields, code = DENIED[name]
    with pytest.raises(CredentialError) as caught:
        broker.local(grant(dummy, **fields))
    assert caught.value.code == code


def test_what_google_would_not_take_gets_its_error(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    broker, dummy, _ = session
    over = broker.local(grant(dummy, iat=int(time.time()) - 7200, exp=int(time.time()) - 3600))
    assert over is not None
    assert (over.status, json.loads(over.body)["error"]) == (400, "invalid_grant")
    bare = broker.local(grant(dummy, scope=None))
    assert bare is not None
    assert json.loads(bare.body)["error"] == "invalid_scope"


SELF_SIGNED: dict[str, dict[str, Any]] = {
    "an attacker's audience": {"aud": "https://attacker.example/"},
    "an audience that looks like Google's": {"aud": "https://compute.googleapis.com.attacker.example/"},
    "an audience with a user": {"aud": "https://x@compute.googleapis.com/"},
    "an ID token's": {"target_audience": "x"},
    "scopes as well": {"scope": SCOPE},
    "neither": {"aud": None},
}


@pytest.mark.parametrize("name", SELF_SIGNED)
def test_a_self_signed_token_for_elsewhere_is_denied(session: tuple[GcpBroker, dict[str, Any], list[str]], name: str) -> None:
    broker, dummy, _ = session
    given = {key: value for key, value in claims(**SELF_SIGNED[name]).items() if value is not None}
    with pytest.raises(CredentialError) as caught:
        broker.authorize(request(bearer(signed(dummy, given))), LIST)
    assert caught.value.code == "bad-assertion"


def test_a_delegated_self_signed_token_is_denied(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    broker, dummy, _ = session
    with pytest.raises(CredentialError) as caught:
        broker.authorize(request(bearer(signed(dummy, claims(sub="boss@example.com")))), LIST)
    assert caught.value.code == "delegation"


EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
#: What goes the way of all requests, and is then denied.
FOREIGN = {
    "another key's assertion": form(
        grant_type=JWT, assertion=signed(real(), claims(aud="https://oauth2.googleapis.com/token", scope=SCOPE))
    ),
    "a refresh token": form(grant_type="refresh_token", refresh_token="1//found", client_id="x", client_secret="y"),
    "a token to exchange": form("sts.googleapis.com", "/v1/token", grant_type=EXCHANGE, subject_token="ya29.found"),
    "one at a regional endpoint": form("sts.us-east1.rep.googleapis.com", "/v1/token", grant_type=EXCHANGE, subject_token="ya29.x"),
    "one at an older version": form("sts.googleapis.com", "/v1beta/token", grant_type=EXCHANGE, subject_token="ya29.found"),
    "an actor's": form("sts.googleapis.com", "/v1/token", grant_type=EXCHANGE, subject_token="x", actor_token="y"),
    "a password": form(grant_type="password", username="x", password="y"),
    "no grant": form(x="y"),
    "parameters in the query": form(path="/token?grant_type=refresh_token&refresh_token=1//found", grant_type="authorization_code"),
    "a parameter twice": HttpRequest(
        "POST",
        "https",
        "oauth2.googleapis.com",
        443,
        "/token",
        (("Content-Type", "application/x-www-form-urlencoded"),),
        b"grant_type=authorization_code&grant_type=refresh_token&refresh_token=1//found",
    ),
    "a body of another type": HttpRequest(
        "POST", "https", "oauth2.googleapis.com", 443, "/token", (("Content-Type", "text/plain"),), b"grant_type=authorization_code"
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_the_sessions_is_not_exchanged(session: tuple[GcpBroker, dict[str, Any], list[str]], name: str) -> None:
    broker, _, _ = session
    assert broker.local(FOREIGN[name]) is None
    with pytest.raises(CredentialError) as caught:
        broker.authorize(FOREIGN[name], TOKEN)
    assert caught.value.code == "foreign-credentials"


def test_the_sessions_token_may_be_exchanged_for_a_narrower_one(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    broker, dummy, _ = session
    answer = broker.local(grant(dummy))
    assert answer is not None
    token = json.loads(answer.body)["access_token"]
    sent = broker.authorize(form("sts.googleapis.com", "/v1/token", grant_type=EXCHANGE, subject_token=token, options="{}"), TOKEN)
    assert parse_qs((sent.body or b"").decode()) == {"grant_type": [EXCHANGE], "subject_token": ["from-endpoint-1"], "options": ["{}"]}


@pytest.mark.parametrize("method", ["signBlob", "signJwt"])
def test_no_signature_is_asked_for(session: tuple[GcpBroker, dict[str, Any], list[str]], method: str) -> None:
    broker, _, _ = session
    dummy = bearer(broker.environment()["GOOGLE_OAUTH_ACCESS_TOKEN"])
    with pytest.raises(CredentialError) as caught:
        broker.authorize(request(dummy), (Action("gcp", f"iamcredentials.projects.serviceAccounts.{method}", Verb.EXECUTE),))
    assert caught.value.code == "signature"


def test_at_another_host_a_dummy_stays_a_dummy(session: tuple[GcpBroker, dict[str, Any], list[str]]) -> None:
    broker, dummy, seen = session
    token = json.loads((broker.local(grant(dummy)) or pytest.fail("no answer")).body)["access_token"]
    elsewhere = HttpRequest("GET", "https", "attacker.example", 443, "/", (bearer(token), ("X-Jwt", signed(dummy, claims()))))
    assert broker.authorize(elsewhere, (Action("http", "GET", Verb.READ),)) == elsewhere
    assert broker.local(form("attacker.example", grant_type=JWT, assertion=signed(dummy, claims()))) is None
    assert seen == []
