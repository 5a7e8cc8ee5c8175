"""ID tokens by Google's own tools inside: they get a dummy for the audience that they ask for, with claims that they can read."""

from __future__ import annotations

import json
import textwrap

from google.auth import jwt

from tests.e2e.conftest import Warden, require
from tests.e2e.google.test_default_credentials import WITHOUT
from tests.e2e.google.test_service_account import key_outside
from tests.unit.credentials.test_gcp import token_endpoint
from tests.unit.credentials.test_service_account import EMAIL

__all__ = ["token_endpoint"]

FETCH = """
    import json, sys
    import google.auth.jwt, google.auth.transport.requests
    from google.auth import compute_engine
    from google.oauth2 import id_token
    request, audience = google.auth.transport.requests.Request(), "https://shop.a.run.app"
    by_machine = compute_engine.IDTokenCredentials(request, audience, use_metadata_identity_endpoint=True)
    by_machine.refresh(request)
    for token in (id_token.fetch_id_token(request, audience), by_machine.token):
        print(json.dumps(google.auth.jwt.decode(token, verify=False)))
"""


def test_the_library_gets_one_by_the_key_and_from_the_metadata_server(
    warden: Warden, python: str, token_endpoint: tuple[str, list[str]]
) -> None:
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(FETCH), env=key_outside(warden, token_endpoint[0]))
    assert ran.returncode == 0, ran
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(one["aud"], one["email"]) for one in told] == [("https://shop.a.run.app", EMAIL)] * 2
    assert token_endpoint[1] == [], "nothing is fetched until it is sent"


def test_gcloud_prints_one_for_a_service_account(warden: Warden, token_endpoint: tuple[str, list[str]]) -> None:
    """The token that it is handed in has none, which it says itself; a dummy key that it is told to use has."""
    gcloud = require("gcloud")
    environment = {**key_outside(warden, token_endpoint[0]), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    wanted = f"{gcloud} auth print-identity-token --audiences=https://shop.a.run.app"
    ran = warden.exec("bash", "-c", wanted, env=environment)
    assert "Requires valid service account" in ran.stderr, ran
    script = f'export CLOUDSDK_CONFIG=$(mktemp -d); {gcloud} auth activate-service-account --key-file="$GOOGLE_APPLICATION_CREDENTIALS" && {wanted}'
    ran = warden.exec(*WITHOUT, "-u", "CLOUDSDK_CORE_ACCOUNT", "bash", "-c", script, env=environment)
    assert ran.returncode == 0, ran
    told = jwt.decode(ran.stdout.strip(), verify=False)  # type: ignore[no-untyped-call]
    assert (told["aud"], told["email"]) == ("https://shop.a.run.app", EMAIL)
    assert token_endpoint[1] == []
