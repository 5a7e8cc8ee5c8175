"""What docs/credentials.md and docs/redaction.md say to type, typed: the examples are taken from the pages as they are.

The hosts of the example are a stand-in that keeps what it was sent; ``op`` and ``secret-tool`` are scripts that print a value, as the real ones do.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.checkout import ROOT
from tests.e2e.conftest import Warden
from tests.e2e.listed import ListedHost, listed_host

CREDENTIALS, REDACTION = ((ROOT / "docs" / name).read_text() for name in ("credentials.md", "redaction.md"))
TICKETS, DEPLOYS, BILLING, PAGER, OTHER = (
    "tickets.example.com", "eu.deploys.example.com", "billing.example.com", "pager.example.com", "other.example.com",
)  # fmt: skip
VALUES = {host: secrets.token_hex(20) for host in (TICKETS, DEPLOYS, BILLING, PAGER)}


class Kept(http.server.BaseHTTPRequestHandler):
    """Keeps each request: host, target, headers by small names, body."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    seen: list[tuple[str, str, dict[str, str], str]] = []  # noqa: RUF012 - one server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        Kept.seen.append((headers["host"], self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"fine\n")

    do_POST = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    with listed_host(tmp_path_factory.mktemp("hosts"), (*VALUES, OTHER), Kept) as running:
        yield running


@pytest.fixture
def documented(session_warden: Warden, hosts: ListedHost) -> Iterator[Warden]:
    """The page's example as the user's configuration, with the sources that it names."""
    (example,) = re.findall(r"```yaml\n(.*?)```", CREDENTIALS, re.DOTALL)
    sections = yaml.safe_load(example)
    home = session_warden.home
    token = home / ".config/deploys/token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text(VALUES[DEPLOYS] + "\n")
    programs = home / "programs"
    programs.mkdir(exist_ok=True)
    for name, value in (("op", VALUES[BILLING]), ("secret-tool", VALUES[PAGER])):
        (programs / name).write_text(f"#!/bin/sh\necho {value}\n")
        (programs / name).chmod(0o755)
    session_warden.configure(**sections, upstream={"resolve": dict.fromkeys((*VALUES, OTHER), hosts.address), "ca": [str(hosts.ca)]})
    Kept.seen.clear()
    yield session_warden
    with contextlib.suppress(OSError):
        token.unlink()
    session_warden.configure()


def typed(warden: Warden, script: str) -> str:
    """What a script in the sandbox prints, from where the user has the example's variables and programs."""
    path = f"{warden.home}/programs:{warden.environment['PATH']}"
    done = warden.exec("bash", "-c", script, env={"TICKETS_TOKEN": VALUES[TICKETS], "PATH": path})
    assert done.returncode == 0, done
    return done.stdout


def test_each_entry_of_the_example_arrives_in_its_field(documented: Warden) -> None:
    out = typed(
        documented,
        f'set -e; curl -sS -H "Authorization: Bearer $TICKETS_TOKEN" https://{TICKETS}/\n'
        f'curl -sS -H "X-Deploy-Token: $DEPLOY_TOKEN" https://{DEPLOYS}/\n'
        f'curl -sS -u "me:$BILLING_KEY" https://{BILLING}/; curl -sS "https://{BILLING}/?api_key=$BILLING_KEY"\n'
        f'curl -sS -H "Content-Type: application/json" -d "{{\\"auth\\": {{\\"token\\": \\"$PAGER_TOKEN\\"}}}}" https://{PAGER}/\n'
        "env",
    )
    assert out.startswith("fine\n" * 5), (out, documented.rulings()[-1])
    assert not [host for host, value in VALUES.items() if value in out]
    tickets, deploys, basic, query, pager = Kept.seen
    assert tickets[2]["authorization"] == f"Bearer {VALUES[TICKETS]}"
    assert deploys[2]["x-deploy-token"] == VALUES[DEPLOYS]
    assert base64.b64decode(basic[2]["authorization"].removeprefix("Basic ")).decode() == f"me:{VALUES[BILLING]}"
    assert parse_qs(urlsplit(query[1]).query) == {"api_key": [VALUES[BILLING]]}
    assert json.loads(pager[3]) == {"auth": {"token": VALUES[PAGER]}}


def test_elsewhere_it_is_refused_in_the_pages_words(documented: Warden) -> None:
    ((command, answer),) = re.findall(r"```console\n\$ (curl .*)\n((?:.*\n)*?)```", CREDENTIALS)
    documented.configure(**{
        **yaml.safe_load((documented.home / ".config/warden/warden.yaml").read_text()), "egress": {"allow": [OTHER]},
    })  # fmt: skip
    message = json.loads(typed(documented, command.replace("curl", "curl -sS", 1)))["error"]["message"]
    said = re.search(r'"message": "(.*?)", \.\.\.', answer.replace("\n", " "))
    assert said
    assert message == said[1]
    assert Kept.seen == []


def test_a_known_variable_is_a_placeholder(session_warden: Warden) -> None:
    session_warden.configure()
    commands = re.findall(r"^\$ (warden exec -- sh .*)$", CREDENTIALS, re.MULTILINE)
    assert commands
    for command in commands:
        environment = {**session_warden.environment, "GITHUB_TOKEN": "gh" + "p_" + secrets.token_hex(18)}
        done = subprocess.run(["bash", "-c", command], env=environment, cwd=session_warden.work, capture_output=True, text=True, timeout=60)
        assert re.fullmatch(r"ghp_wrdn\w{32}\n", done.stdout), done


def test_what_the_page_on_redaction_says_to_try(session_warden: Warden) -> None:
    (block,) = re.findall(r"## Try it\n\n```sh\n(.*?)```", REDACTION, re.DOTALL)
    done = subprocess.run(["bash", "-c", block], env=session_warden.environment, cwd=Path("/"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    response, line = done.stdout.splitlines()
    body = json.loads(base64.b64decode(json.loads(response)["body_b64"]))
    assert body["db_password"].startswith("wrdn")
    assert json.loads(response)["headers"]["Content-Length"] == str(len(base64.b64decode(json.loads(response)["body_b64"])))
    assert re.fullmatch(r"export API_TOKEN=wrdn\w+", line)
    assert json.loads(done.stderr)["rule"]
