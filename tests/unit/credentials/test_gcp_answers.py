"""Credentials in Google's answers become dummies that work like them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.unit.credentials.test_gcp import LIST, bearer, broker, request
from tests.unit.credentials.test_gcp_exchange import TOKEN, form
from tests.unit.credentials.test_service_account import claims, real, signed
from warden.credentials.gcp_tokens import BOUND
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse, Verb

LOGIN = form(grant_type="authorization_code", code="4/x", client_id="c", client_secret="s")
GENERATE = (Action("gcp", "iamcredentials.projects.serviceAccounts.generateAccessToken", Verb.CREATE),)


def answer(content: Any, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status, (("Content-Type", "application/json"), *headers), json.dumps(content).encode())


def test_a_logins_tokens_become_dummies_and_back(tmp_path: Path) -> None:
    session = broker(tmp_path)
    assert session.answers(LOGIN, TOKEN)
    assert session.authorize(LOGIN, TOKEN) == LOGIN
    told = {
        "access_token": "ya29.real",
        "refresh_token": "1//real",
        "id_token": "eyJ.claims.signature",
        "expires_in": 1799,
        "token_type": "Bearer",
    }
    shown = json.loads(session.receive(LOGIN, TOKEN, answer(told)).body)
    assert (shown["expires_in"], shown["token_type"]) == (1799, "Bearer")
    assert shown["id_token"].startswith("eyJ.claims.")
    for secret in ("ya29.real", "1//real", "signature"):
        assert secret not in json.dumps(shown)
    assert session.authorize(request(bearer(shown["access_token"])), LIST).header("authorization") == "Bearer ya29.real"
    renewed = session.authorize(form(grant_type="refresh_token", refresh_token=shown["refresh_token"], client_id="c"), TOKEN)
    assert parse_qs((renewed.body or b"").decode())["refresh_token"] == ["1//real"]
    assert renewed.body_length == len(renewed.body or b"")


def test_a_refresh_tokens_dummy_is_no_access_token_and_the_other_way_round(tmp_path: Path) -> None:
    session = broker(tmp_path)
    shown = json.loads(session.receive(LOGIN, TOKEN, answer({"access_token": "ya29.real", "refresh_token": "1//real"})).body)
    with pytest.raises(CredentialError):
        session.authorize(request(bearer(shown["refresh_token"])), LIST)
    with pytest.raises(CredentialError):
        session.authorize(form(grant_type="refresh_token", refresh_token=shown["access_token"]), TOKEN)


def test_an_impersonated_accounts_token(tmp_path: Path) -> None:
    session = broker(tmp_path)
    response = answer({"accessToken": "ya29.impersonated", "expireTime": "2099-01-01T00:00:00Z"})
    shown = json.loads(session.receive(request(), GENERATE, response).body)
    assert shown["expireTime"] == "2099-01-01T00:00:00Z"
    assert session.authorize(request(bearer(shown["accessToken"])), LIST).header("authorization") == "Bearer ya29.impersonated"


def test_a_new_key_becomes_a_dummy_key_that_signs(tmp_path: Path) -> None:
    session = broker(tmp_path)
    created = (Action("gcp", "iam.projects.serviceAccounts.keys.create", Verb.CREATE),)
    response = answer({"name": "keys/1", "privateKeyData": b64encode(json.dumps(real()).encode()).decode()})
    shown = json.loads(session.receive(request(), created, response).body)
    dummy = json.loads(b64decode(shown["privateKeyData"]))
    assert dummy["private_key"] != real()["private_key"]
    token = signed(dummy, claims(aud="https://compute.googleapis.com/"))
    sent = session.authorize(request(bearer(token)), LIST).header("authorization") or ""
    assert sent.split(".")[1] == token.split(".")[1]
    assert sent != f"Bearer {token}"


UNREADABLE = {
    "not JSON": HttpResponse(200, (), b"access_token=ya29.real"),
    "a list": answer([{"access_token": "ya29.real"}]),
    "a token that is no text": answer({"access_token": {"x": "ya29.real"}}),
    "a member twice": HttpResponse(200, (), b'{"access_token": "a", "access_token": "b"}'),
    "compressed": answer({"access_token": "ya29.real"}, ("Content-Encoding", "gzip")),
    "another key file": answer({"privateKeyData": b64encode(b"p12").decode()}),
    "a key that names another endpoint": answer(
        {"privateKeyData": b64encode(json.dumps(real(token_uri="https://attacker.example/")).encode()).decode()}
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_answer_that_cannot_be_read_is_not_handed_on(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialError) as caught:
        broker(tmp_path).receive(LOGIN, TOKEN, UNREADABLE[name])
    assert caught.value.code == "unreadable-answer"


def test_over_grpc_it_is_not_even_asked(tmp_path: Path) -> None:
    session = broker(tmp_path)
    dummy = bearer(session.environment()["GOOGLE_OAUTH_ACCESS_TOKEN"])
    with pytest.raises(CredentialError) as caught:
        session.authorize(request(dummy, ("Content-Type", "application/grpc")), GENERATE)
    assert caught.value.code == "unreadable-answer"


def test_errors_and_other_answers_stay_as_they_are(tmp_path: Path) -> None:
    session = broker(tmp_path)
    error = answer({"error": "invalid_grant"}, status=400)
    assert session.receive(LOGIN, TOKEN, error) == error
    assert not session.answers(request(), LIST)
    assert not session.answers(HttpRequest("GET", "https", "x.example", 443, "/"), (Action("http", "oauth2.token", Verb.READ),))


def test_the_oldest_of_too_many_is_forgotten(tmp_path: Path) -> None:
    session = broker(tmp_path)
    shown = [json.loads(session.receive(LOGIN, TOKEN, answer({"access_token": f"t{n}"})).body)["access_token"] for n in range(BOUND + 1)]
    with pytest.raises(CredentialError):
        session.authorize(request(bearer(shown[0])), LIST)
    assert session.authorize(request(bearer(shown[1])), LIST).header("authorization") == "Bearer t1"
