"""A token that was read from Secrets Manager is used by a client of the API that it is for: there it is the real one, inside a placeholder.

Secrets Manager is moto behind nginx, an emulator; GitHub's API is a stand-in that knows the token.
"""

from __future__ import annotations

import http.server
import json
import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Warden, require
from tests.e2e.listed import ListedHost, listed_host
from tests.e2e.sweep import Sweep
from tools.cloud import LocalAws

API, OTHER = "api.github.com", "api.example.net"
TOKEN = "gh" + "p_" + secrets.token_hex(18)


class GitHub(http.server.BaseHTTPRequestHandler):
    """Says who has the token."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    seen: list[tuple[str, str]] = []  # noqa: RUF012 - one server

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "")
        GitHub.seen.append((self.headers["Host"], sent))
        known = sent.split(" ")[-1] == TOKEN
        body = json.dumps({"login": "octo", "id": 1} if known else {"message": "Bad credentials"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    with listed_host(tmp_path_factory.mktemp("github"), (API, OTHER), GitHub) as running:
        yield running


def test_a_token_of_secrets_manager_is_good_at_its_api_alone(warden: Warden, cloud: LocalAws, github: ListedHost, owner: Any) -> None:
    aws, gh, name = require("aws"), require("gh"), f"token-{uuid.uuid4().hex[:8]}"
    owner("secretsmanager").create_secret(Name=name, SecretString=json.dumps({"user": "octo", "token": TOKEN}))
    upstream = cloud.config()["upstream"]
    resolve = {**upstream["resolve"], API: github.address, OTHER: github.address}
    warden.configure(egress={"allow": [OTHER]}, upstream={"resolve": resolve, "ca": [*upstream["ca"], str(github.ca)]})
    script = (
        f"set -eo pipefail; secret=$({aws} secretsmanager get-secret-value --secret-id {name} --query SecretString --output text)\n"
        'export GH_TOKEN=$(printf %s "$secret" | sed -E \'s/.*"token": "([^"]*)".*/\\1/\'); echo "$GH_TOKEN"\n'
        f'{gh} api user --jq .login; curl -sS -H "Authorization: token $GH_TOKEN" https://{API}/user; echo\n'
        f'curl -sS -H "Authorization: token $GH_TOKEN" https://{OTHER}/user'
    )
    done = warden.run("exec", "--preset", "observe", "--", "bash", "-c", script)
    placeholder, *answers = done.stdout.splitlines()
    assert placeholder.startswith("ghp_wrdn"), done
    assert answers[0] == "octo", done
    assert json.loads(answers[1])["login"] == "octo"
    assert "placeholder-elsewhere" in answers[2]
    assert "It may go to" in answers[2]
    assert {host for host, _ in GitHub.seen} == {API}
    assert {sent.split(" ")[-1] for _, sent in GitHub.seen} == {TOKEN}
    sweep = Sweep({"token": TOKEN})
    sweep.text("output", done.stdout + done.stderr)
    sweep.text("audit log", warden.audit_log.read_text())
    assert sweep.found == set()
