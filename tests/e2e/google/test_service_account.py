"""A service account's key outside is a dummy key inside, and Google's libraries work with that.

The servers are those of `test_clients`; the token endpoint outside, where only the real key's signature may arrive, is a stand-in on loopback.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from google.auth import jwt

from tests.e2e.conftest import Warden
from tests.e2e.google.test_clients import NAMES, new
from tests.e2e.google.test_default_credentials import WITHOUT
from tests.unit.credentials.test_gcp import token_endpoint
from tests.unit.credentials.test_service_account import EMAIL, KEY, real
from tools.cloud.google import PROJECT, LocalGoogle

__all__ = ["token_endpoint"]

STORAGE = """
    import json, os
    from google.cloud import storage
    from google.oauth2 import service_account
    path = os.environ["GOOGLE_APPLICATION_CREDENTIALS"]
    credentials = service_account.Credentials.from_service_account_file(path, scopes=["https://www.googleapis.com/auth/cloud-platform"])
    client = storage.Client("PROJECT", credentials)
    client.create_bucket("by-key")
    print(json.dumps([credentials.service_account_email, credentials.token, open(path).read(), [b.name for b in client.list_buckets()]]))
""".replace("PROJECT", PROJECT)

PUBSUB = """
    import google.auth
    from google.cloud import pubsub_v1
    publisher = pubsub_v1.PublisherClient()
    print(type(google.auth.default()[0]).__module__)
    print(publisher.create_topic(name=publisher.topic_path("PROJECT", "by-key")).name)
""".replace("PROJECT", PROJECT)


def key_outside(warden: Warden, endpoint: str) -> dict[str, str]:
    path = Path(warden.home, "keys/key.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(real(token_uri=endpoint)))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}


def test_the_storage_client_exchanges_the_dummy_keys_signature(
    warden: Warden, google: LocalGoogle, python: str, token_endpoint: tuple[str, list[str]]
) -> None:
    endpoint, seen = token_endpoint
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(STORAGE), env=key_outside(warden, endpoint))
    assert ran.returncode == 0, ran
    email, token, shown, buckets = json.loads(ran.stdout)
    assert email == EMAIL
    assert "by-key" in buckets
    assert token.startswith("ya29.warden-")
    assert json.loads(shown)["private_key"] != real()["private_key"]
    assert {request["authorization"] for request in new(google, before)} == {"Bearer from-endpoint-1"}
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert google_claims(seen[0], public)["iss"] == EMAIL
    minted = [ruling for ruling in warden.rulings()[-30:] if "oauth2.token" in ruling["operations"]]
    assert [ruling["decision"] for ruling in minted][-1:] == ["allow"]


def google_claims(body: str, public: bytes) -> dict[str, str]:
    found = jwt.decode(parse_qs(body)["assertion"][0], public, verify=True, audience=None)  # type: ignore[no-untyped-call]
    return dict(found)


def test_the_pubsub_client_finds_the_dummy_key_and_signs_for_itself(
    warden: Warden, google: LocalGoogle, python: str, token_endpoint: tuple[str, list[str]]
) -> None:
    """A gapic client sends the token that it has signed; what arrives is signed by the real key."""
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(PUBSUB), env=key_outside(warden, token_endpoint[0]))
    assert ran.stdout == f"google.oauth2.service_account\n{NAMES}/topics/by-key\n", ran
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for request in new(google, before):
        token = request["authorization"].removeprefix("Bearer ")
        if token.startswith("eyJ"):
            jwt.decode(token, public, verify=True)  # type: ignore[no-untyped-call]
        else:
            assert token.startswith("from-endpoint-")
