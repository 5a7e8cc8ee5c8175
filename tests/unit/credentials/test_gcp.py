"""Dummy tokens inside, real ones outside. The token endpoint is a real HTTP server on loopback; keys are made here."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.unit.credentials.test_service_account import real as service_account_key
from warden.config import GcpCredentialsConfig
from warden.credentials.gcp import GCLOUD, LIBRARIES, GcpBroker
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

LIST = (Action("gcp", "compute.instances.list", Verb.LIST),)
REAL = {GCLOUD: "real-gcloud", LIBRARIES: "real-adc"}


def request(*headers: tuple[str, str], target: str = "/compute/v1/projects/p/zones/z/instances", body: bytes | None = b"") -> HttpRequest:
    host = "compute.googleapis.com"
    return HttpRequest("GET", "https", host, 443, target, (("Host", host), *headers), body)


def broker(tmp_path: Path, environment: dict[str, str] | None = None, **config: bool) -> GcpBroker:
    return GcpBroker(GcpCredentialsConfig(**config), environment if environment is not None else REAL, tmp_path)


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


@pytest.mark.parametrize("variable", REAL)
def test_a_dummy_becomes_the_real_token_of_its_kind(tmp_path: Path, variable: str) -> None:
    swaps = broker(tmp_path)
    dummy = swaps.environment()[variable]
    assert dummy.startswith("ya29.")
    assert dummy not in REAL.values()
    sent = swaps.authorize(request(bearer(dummy), ("X-A", "b")), LIST)
    assert sent.headers == (("Host", "compute.googleapis.com"), bearer(REAL[variable]), ("X-A", "b"))


def test_what_asks_for_no_credential_passes_as_it_is(tmp_path: Path) -> None:
    assert broker(tmp_path).authorize(request(), LIST) == request()


def test_another_providers_request_is_not_ours(tmp_path: Path) -> None:
    other = (Action("aws", "ec2:DescribeInstances", Verb.LIST),)
    assert broker(tmp_path).authorize(request(bearer("x")), other) == request(bearer("x"))


FOREIGN = {
    "a token": request(bearer("ya29.found-somewhere")),
    "a prefix of nothing": request(bearer("")),
    "basic": request(("Authorization", "Basic eDp5")),
    "a signature of Cloud Storage": request(("Authorization", "GOOG4-RSA-SHA256 Credential=x")),
    "an AWS signature": request(("Authorization", "AWS4-HMAC-SHA256 Credential=x")),
    "an API key": request(("X-Goog-Api-Key", "AIza")),
    "a cookie": request(("Cookie", "SID=x")),
    "a token in the query": request(target="/x?alt=json&access_token=ya29.x"),
    "an escaped token in the query": request(target="/x?%61ccess_token=ya29.x"),
    "a key in the query": request(target="/x?KEY=AIza"),
    "an old signed URL": request(target="/b/o?GoogleAccessId=x&Signature=y"),
    "a batch with a token": request(target="/batch/compute/v1", body=b"--b\r\n\r\nGET /x\r\nauthorization : Bearer x"),
    "a batch with a key": request(target="/batch", body=b"--b\r\n\r\nGET /x?key=AIza HTTP/1.1\r\n"),
    "a batch that was not read": request(target="/batch", body=None),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_credentials_that_are_not_the_sessions_are_denied(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialError) as caught:
        broker(tmp_path).authorize(FOREIGN[name], LIST)
    assert caught.value.code == "foreign-credentials"
    assert GCLOUD in caught.value.advice


@pytest.mark.parametrize("sent", [request(("X-Goog-Api-Key", "k")), request(target="/v1beta/models/m:generateContent?key=k")])
def test_a_key_that_the_user_passed_in_may_ask_gemini(tmp_path: Path, sent: HttpRequest) -> None:
    gemini = replace(sent, host="generativelanguage.googleapis.com")
    assert broker(tmp_path).authorize(gemini, LIST) == gemini
    with pytest.raises(CredentialError):
        broker(tmp_path).authorize(replace(gemini, headers=(*gemini.headers, ("Cookie", "SID=x"))), LIST)


def test_two_authorizations_are_denied(tmp_path: Path) -> None:
    swaps = broker(tmp_path)
    dummy = bearer(swaps.environment()[GCLOUD])
    with pytest.raises(CredentialError) as caught:
        swaps.authorize(request(dummy, dummy), LIST)
    assert caught.value.code == "two-credentials"


def test_one_sessions_dummy_is_nothing_to_another(tmp_path: Path) -> None:
    dummy = bearer(broker(tmp_path).environment()[GCLOUD])
    with pytest.raises(CredentialError):
        broker(tmp_path).authorize(request(dummy), LIST)


def test_turned_off_gives_no_dummy(tmp_path: Path) -> None:
    assert GCLOUD not in broker(tmp_path, enabled=False).environment()


def test_without_any_source_it_says_what_to_do(tmp_path: Path) -> None:
    swaps = broker(tmp_path, {"PATH": str(tmp_path), "NO_GCE_CHECK": "true"})
    with pytest.raises(CredentialError) as caught:
        swaps.authorize(request(bearer(swaps.environment()[GCLOUD])), LIST)
    assert caught.value.code == "no-credentials"
    assert "gcloud auth login" in caught.value.advice


def test_gclouds_own_login_is_asked_of_gcloud(tmp_path: Path) -> None:
    answer = {"credential": {"access_token": "from-gcloud", "token_expiry": "2099-01-01T00:00:00Z"}}
    (tmp_path / "gcloud").write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\necho '{json.dumps(answer)}'\n")
    (tmp_path / "gcloud").chmod(0o755)
    swaps = broker(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin", "NO_GCE_CHECK": "true"})
    for _ in range(3):
        sent = swaps.authorize(request(bearer(swaps.environment()[GCLOUD])), LIST)
        assert sent.header("authorization") == "Bearer from-gcloud"
    assert (tmp_path / "runs").read_text() == "run\n", "a token is kept until it nears its expiry"


def test_no_program_is_run_from_where_the_command_may_write(tmp_path: Path) -> None:
    (tmp_path / "gcloud").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "gcloud").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NO_GCE_CHECK": "true"}
    swaps = GcpBroker(GcpCredentialsConfig(), environment, tmp_path, writable=(str(tmp_path),))
    with pytest.raises(CredentialError):
        swaps.authorize(request(bearer(swaps.environment()[GCLOUD])), LIST)
    assert not (tmp_path / "ran").exists()


def test_the_active_configurations_project_is_seen_inside(tmp_path: Path) -> None:
    gcloud = tmp_path / ".config/gcloud/configurations"
    gcloud.mkdir(parents=True)
    (gcloud.parent / "active_config").write_text("work\n")
    (gcloud / "config_work").write_text(
        "[core]\nproject = shop-prod\naccount = a@example.com\n[compute]\nzone = europe-west1-b\n[auth]\nx = secret\n"
    )
    inside = broker(tmp_path).environment()
    assert inside["CLOUDSDK_CORE_PROJECT"] == "shop-prod"
    assert inside["CLOUDSDK_COMPUTE_ZONE"] == "europe-west1-b"
    assert "secret" not in inside.values()
    assert broker(tmp_path, {"CLOUDSDK_CORE_PROJECT": "mine"}).environment()["CLOUDSDK_CORE_PROJECT"] == "mine"


@pytest.fixture
def token_endpoint() -> Iterator[tuple[str, list[str]]]:
    """Where Google's library exchanges a service account's signature for a token; what it was sent."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body = json.dumps({"access_token": f"from-endpoint-{len(seen)}", "expires_in": 3600, "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing on standard error."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token", seen
        server.shutdown()


def test_a_service_accounts_key_outside_gives_tokens_that_are_renewed(tmp_path: Path, token_endpoint: tuple[str, list[str]]) -> None:
    endpoint, seen = token_endpoint
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    account = {
        "type": "service_account",
        "client_email": "a@p.iam.gserviceaccount.com",
        "private_key": pem,
        "token_uri": endpoint,
        "project_id": "p",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    moment = [time.time()]
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "PATH": "/usr/bin:/bin"}
    swaps = GcpBroker(GcpCredentialsConfig(), environment, tmp_path, now=lambda: moment[0])
    dummy = bearer(swaps.environment()[LIBRARIES])
    tokens = []
    for seconds in (0, 60, 3400):
        moment[0] += seconds
        tokens.append(swaps.authorize(request(dummy), LIST).header("authorization"))
    assert tokens == ["Bearer from-endpoint-1", "Bearer from-endpoint-1", "Bearer from-endpoint-2"]
    assert len(seen) == 2
    assert pem not in str(swaps.environment())


METADATA = HttpRequest(
    "GET",
    "http",
    "169.254.169.254",
    80,
    "/computeMetadata/v1/instance/service-accounts/default/token",
    (("Host", "metadata.google.internal"), ("Metadata-Flavor", "Google")),
)


def test_the_metadata_servers_token_is_swapped_like_the_other(tmp_path: Path) -> None:
    swaps = broker(tmp_path)
    answer = swaps.local(METADATA)
    assert answer is not None
    token = json.loads(answer.body)
    assert token["access_token"] not in REAL.values()
    assert token["expires_in"] > 300
    assert swaps.authorize(request(bearer(token["access_token"])), LIST).header("authorization") == "Bearer real-adc"
    assert "NO_GCE_CHECK" not in swaps.environment()


@pytest.mark.parametrize(("environment", "enabled"), [({"NO_GCE_CHECK": "true"}, True), (REAL, False)], ids=["no source", "turned off"])
def test_without_an_identity_there_is_no_metadata_server(tmp_path: Path, environment: dict[str, str], enabled: bool) -> None:
    swaps = broker(tmp_path, environment, enabled=enabled)
    assert swaps.local(METADATA) is None
    assert swaps.environment()["NO_GCE_CHECK"] == "true"


#: Files outside -> what the metadata server says of them.
SOURCES = {
    "gcloud's login": (".config/gcloud/credentials.db", "not read", "default", None),
    "a user's default credentials": (
        ".config/gcloud/application_default_credentials.json",
        {"type": "authorized_user", "refresh_token": "1//secret", "client_secret": "secret", "quota_project_id": "billing"},
        "default",
        "billing",
    ),
    "a service account's key": (
        ".config/gcloud/application_default_credentials.json",
        {"type": "service_account", "private_key": "secret", "client_email": "a@p.iam.gserviceaccount.com", "project_id": "p"},
        "a@p.iam.gserviceaccount.com",
        "p",
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_whose_identity_it_is_comes_from_the_files_outside(tmp_path: Path, name: str) -> None:
    path, content, email, project = SOURCES[name]
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    swaps = broker(tmp_path, {"NO_GCE_CHECK": "true"})
    told = {}
    for key in ("instance/service-accounts/default/email", "project/project-id"):
        answer = swaps.local(replace(METADATA, target=f"/computeMetadata/v1/{key}"))
        assert answer is not None
        told[key] = answer.body.decode() if answer.status == 200 else None
    assert list(told.values()) == [email, project]
    assert "secret" not in str(swaps.environment())
    assert swaps.environment().get("GOOGLE_CLOUD_QUOTA_PROJECT") == (project if project == "billing" else None)


def test_a_federated_identity_outside_gives_tokens(tmp_path: Path, token_endpoint: tuple[str, list[str]]) -> None:
    """An external account: a token of somebody else's, from a file, exchanged at the endpoint. A workforce's, of which Google's library does not ask
    for the project as well.
    """
    endpoint, seen = token_endpoint
    (tmp_path / "subject").write_text("token-of-the-workload")
    account = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": endpoint,
        "credential_source": {"file": str(tmp_path / "subject")},
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    swaps = broker(tmp_path, {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "account.json"), "PATH": "/usr/bin:/bin"})
    answer = swaps.local(METADATA)
    assert answer is not None
    sent = swaps.authorize(request(bearer(json.loads(answer.body)["access_token"])), LIST)
    assert sent.header("authorization") == "Bearer from-endpoint-1"
    assert "token-of-the-workload" in seen[0]
    assert swaps.files() == {}, "only a service account's key is a file inside"
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in swaps.environment()


@pytest.mark.parametrize(
    ("email", "stated", "number"),
    [
        ("123456789012-compute@developer.gserviceaccount.com", {}, "123456789012"),
        ("123456789012-compute@developer.gserviceaccount.com", {"GOOGLE_CLOUD_PROJECT": "another"}, ""),
        ("robot@shop-prod.iam.gserviceaccount.com", {}, ""),
    ],
)
def test_the_projects_number_is_told_where_the_account_says_it(tmp_path: Path, email: str, stated: dict[str, str], number: str) -> None:
    (tmp_path / "key.json").write_text(json.dumps(service_account_key(client_email=email)))
    swaps = broker(tmp_path, {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), **stated})
    path = "/computeMetadata/v1/project/numeric-project-id"
    answer = swaps.local(HttpRequest("GET", "http", "metadata.google.internal", 80, path, (("Metadata-Flavor", "Google"),)))
    assert answer is not None
    assert (answer.status, answer.body.decode()) == ((200, number) if number else (404, "There is no such metadata.\n"))
