"""A service account's key that Google's API made is a dummy inside, from `gcloud iam service-accounts keys create` to what Google's tools do with it.

The API that makes it and the token endpoint are a stand-in that checks signatures by the real key; the other servers are those of `test_clients`.
The stand-in is at the token endpoint's own name and port, since the worker has Google's library ask there for the real token: `warden` runs in a
mount namespace whose /etc/hosts says so, which needs root.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import secrets
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from google.auth import jwt

from tests.e2e.conftest import CLIENTS, Warden, require
from tests.e2e.google.conftest import TOKEN
from tests.e2e.google.test_clients import NAMES, new
from tests.e2e.listed import listed_host
from tests.e2e.sweep import Sweep
from tests.unit.credentials.test_service_account import EMAIL, KEY, real
from tools.cloud.google import PROJECT, LocalGoogle

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an /etc/hosts of its own needs root")

ADDRESS = "127.0.0.2"
ACCESS = "ya29." + secrets.token_urlsafe(40)
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Google(http.server.BaseHTTPRequestHandler):
    """Makes one key, and gives a token for what that key has signed."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    claims: list[dict[str, Any]] = []  # noqa: RUF012 - one server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        answer: dict[str, Any] = {}
        if self.path.startswith("/v1/projects/-/serviceAccounts/") and self.path.partition("?")[0].endswith("/keys"):
            key = base64.b64encode(json.dumps(real()).encode()).decode()
            answer = {"name": f"{NAMES}/serviceAccounts/{EMAIL}/keys/{'a' * 40}", "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
                      "privateKeyData": key, "validAfterTime": "2026-01-01T00:00:00Z"}  # fmt: skip
        elif self.path == "/token":
            assertion = parse_qs(body)["assertion"][0]
            Google.claims.append(dict(jwt.decode(assertion, PUBLIC, verify=True)))  # type: ignore[no-untyped-call]
            answer = {"access_token": ACCESS, "expires_in": 3600, "token_type": "Bearer"}
        content = json.dumps(answer).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def keyed(google: LocalGoogle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    home = tmp_path_factory.mktemp("keyed")
    with listed_host(home / "stand-in", ("oauth2.googleapis.com", "iam.googleapis.com"), Google, (ADDRESS, 443)) as server:
        program = Path(sys.executable).parent / "warden"
        hosts, wrapper = home / "hosts", home / "bin/warden"
        hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} oauth2.googleapis.com\n")
        wrapper.parent.mkdir()
        wrapper.write_text(f'#!/bin/sh\nexec unshare -m sh -c \'mount --bind {hosts} /etc/hosts; exec {program} "$@"\' sh "$@"\n')
        wrapper.chmod(0o755)
        config = google.config()
        config["upstream"] = {
            "resolve": {"iam.googleapis.com": server.address, **config["upstream"]["resolve"]},
            "ca": [str(server.ca), *config["upstream"]["ca"]],
        }
        outside = {"CLOUDSDK_AUTH_ACCESS_TOKEN": TOKEN, "CLOUDSDK_CORE_PROJECT": PROJECT, "SSL_CERT_FILE": str(server.ca)}
        warden = Warden(home, home / "work", config, outside)
        warden.environment["PATH"] = f"{wrapper.parent}:{warden.environment['PATH']}:{os.environ['PATH']}"
        yield warden
        warden.run("daemon", "stop")


STORAGE = """
    import json, os
    from google.cloud import storage
    from google.oauth2 import service_account
    credentials = service_account.Credentials.from_service_account_file("key.json", scopes=["https://www.googleapis.com/auth/cloud-platform"])
    client = storage.Client("PROJECT", credentials)
    client.create_bucket("by-created-key")
    print([bucket.name for bucket in client.list_buckets()], credentials.token)
""".replace("PROJECT", PROJECT)

IDENTITY = """
    import google.auth.transport.requests
    from google.oauth2 import service_account
    credentials = service_account.IDTokenCredentials.from_service_account_file("key.json", target_audience="https://app.example")
    credentials.refresh(google.auth.transport.requests.Request())
"""

#: gcloud with what the key gives it alone, and a directory that it can write.
GCLOUD = """set -e
    gcloud iam service-accounts keys create key.json --iam-account=EMAIL >&2
    unset CLOUDSDK_AUTH_ACCESS_TOKEN GOOGLE_OAUTH_ACCESS_TOKEN; export CLOUDSDK_CONFIG=$PWD/gcloud
    gcloud auth activate-service-account --key-file=key.json >&2
    gcloud auth list --format='value(account)'
    gcloud pubsub topics create by-created-key >&2
    gcloud pubsub topics list --format='value(name)'
    gcloud auth print-access-token
""".replace("EMAIL", EMAIL)


def observe(warden: Warden, *command: str) -> Any:
    return warden.run("exec", "--preset", "observe", "--", *command, env={"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"})


def test_a_created_key_is_a_dummy_that_gcloud_and_the_libraries_use(keyed: Warden, google: LocalGoogle) -> None:
    require("gcloud")
    python = CLIENTS / "google/bin/python"
    since, before = time.time(), len(google.requests())
    script = f"{GCLOUD}\n{python} -c '{textwrap.dedent(STORAGE)}'; exec {python} -c '{textwrap.dedent(IDENTITY)}'"
    ran = observe(keyed, "bash", "-c", script)
    lines = ran.stdout.splitlines()
    assert lines[0] == EMAIL, ran
    assert f"{NAMES}/topics/by-created-key" in lines, ran
    assert "by-created-key" in lines[-1], ran
    # What it is not given, in words.
    assert "ID tokens are there for https:// addresses" in ran.stderr, ran
    # Each step outside: signed by the real key, and with the token that was given for it.
    assert {claims["iss"] for claims in Google.claims} == {EMAIL}
    assert {request["authorization"] for request in new(google, before)} == {f"Bearer {ACCESS}"}
    # And inside nothing of it, in no file that was written and nothing that was printed.
    written = json.loads((keyed.work / "key.json").read_text())
    assert (written["client_email"], written["private_key"] == real()["private_key"]) == (EMAIL, False)
    lines = {f"line {number}": line for number, line in enumerate(real()["private_key"].split("\n")[2:-3])}
    values = {"access token": ACCESS, "login": TOKEN, **lines}
    control, sweep = Sweep(values), Sweep(values)
    control.text("what was made", json.dumps(real()))
    assert control.names() == set(lines)
    sweep.files(str(keyed.work), since)
    sweep.text("output", ran.stdout + ran.stderr)
    sweep.text("audit log", keyed.audit_log.read_text())
    assert sweep.found == set()
    assert Path(keyed.work, "gcloud/credentials.db").exists()
