"""Credentials of any API through `warden exec`: placeholders inside, the real values on the wire, and nowhere that the command can look.

The API is a stand-in: a TLS server that answers with what it was sent.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.listed import ListedHost, listed_host

API, OTHER = "api.example.net", "other.example.net"
VALUES = {name: secrets.token_hex(20) for name in ("env", "file", "command", "tool")}
#: What the command inside does: asks the API with the placeholder, as a client would, and prints status and body.
ASK = """
import json, os, sys, urllib.error, urllib.request
host, header, value = sys.argv[1:4]
value = os.path.expandvars(value)
try:
    answer = urllib.request.urlopen(urllib.request.Request(f"https://{host}/", headers={header: value}))
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Keeps the headers of each request; says nothing of them."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    headers_seen: list[dict[str, str]] = []  # noqa: RUF012 - one server

    def do_GET(self) -> None:
        self.headers_seen.append({name.lower(): value for name, value in self.headers.items()})
        body = b"fine"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    with listed_host(tmp_path_factory.mktemp("api"), (API, OTHER, "api.github.com"), Echo) as running:
        yield running


@pytest.fixture
def configured(session_warden: Warden, api: ListedHost, tmp_path: Path) -> Iterator[Warden]:
    home = session_warden.home
    (home / "secret-file").write_text(VALUES["file"] + "\n")
    (home / "print-secret").write_text(f"#!/bin/sh\necho {VALUES['command']}\n")
    (home / "print-secret").chmod(0o755)
    entries = [
        {"name": "one", "from": {"env": "ORDINARY_NAME"}, "hosts": [API], "field": "bearer", "variable": "ONE"},
        {"name": "two", "from": {"file": str(home / "secret-file")}, "hosts": [API], "field": "header:X-Key", "variable": "TWO"},
        {"name": "three", "from": {"command": str(home / "print-secret")}, "hosts": [API], "field": "header:X-Key", "variable": "THREE"},
    ]
    session_warden.configure(
        credentials={"entries": entries},
        egress={"allow": [API, OTHER]},
        upstream={"resolve": dict.fromkeys((API, OTHER, "api.github.com"), api.address), "ca": [str(api.ca)]},
    )
    Echo.headers_seen.clear()
    yield session_warden
    session_warden.configure()
    for name in ("secret-file", "print-secret"):
        with contextlib.suppress(OSError):
            (home / name).unlink()


GIVEN = {"ORDINARY_NAME": VALUES["env"], "GITHUB_TOKEN": VALUES["tool"], "A_COPY": f"prefix-{VALUES['tool']}"}


@pytest.mark.parametrize(
    ("host", "header", "value", "arrives"),
    [
        (API, "Authorization", "Bearer $ONE", f"Bearer {VALUES['env']}"),
        (API, "X-Key", "$TWO", VALUES["file"]),
        (API, "X-Key", "$THREE", VALUES["command"]),
        ("api.github.com", "Authorization", "token $GITHUB_TOKEN", f"token {VALUES['tool']}"),
    ],
)
def test_the_real_value_arrives(configured: Warden, host: str, header: str, value: str, arrives: str) -> None:
    done = configured.python(ASK, host, header, value, env=GIVEN)
    assert (done.returncode, done.stdout.split()) == (0, ["200", "fine"]), done
    assert Echo.headers_seen[-1][header.lower()] == arrives


@pytest.mark.parametrize(
    ("host", "header", "value"),
    [
        (OTHER, "Authorization", "Bearer $ONE"),
        (API, "X-Note", "$ONE"),
        (API, "Authorization", "Bearer $GITHUB_TOKEN"),
        (API, "X-Key", "a$TWO"),
    ],
)
def test_anywhere_else_it_is_denied_in_words(configured: Warden, host: str, header: str, value: str) -> None:
    before = len(Echo.headers_seen)
    done = configured.python(ASK, host, header, value, env=GIVEN)
    assert done.stdout.startswith("403 "), done
    message = json.loads(done.stdout.partition(" ")[2])["error"]["message"]
    assert "placeholder-elsewhere" in message
    assert "It may go to " in message
    assert len(Echo.headers_seen) == before
    assert configured.rulings()[-1]["code"] == "placeholder-elsewhere"


def test_nothing_inside_has_a_real_value(configured: Warden) -> None:
    search = """
import os, sys
found = {name: value for name, value in os.environ.items()}
for process in [entry for entry in os.listdir("/proc") if entry.isdigit()]:
    for part in ("environ", "cmdline"):
        try:
            found[f"{process}/{part}"] = open(f"/proc/{process}/{part}", "rb").read().decode("latin-1")
        except OSError:
            pass
for path in sys.argv[1:]:
    try:
        found[path] = open(path).read()
    except OSError as error:
        found[path] = str(error)
print(repr(found))
"""
    paths = [str(configured.home / "secret-file"), str(configured.home / ".config/warden/warden.yaml")]
    done = configured.python(search, *paths, env=GIVEN)
    assert done.returncode == 0, done
    assert "'ONE'" in done.stdout
    assert "'GITHUB_TOKEN'" in done.stdout
    assert not [name for name, value in VALUES.items() if value in done.stdout]
    assert "ORDINARY_NAME" not in done.stdout
    assert "A_COPY" not in done.stdout
    assert not [name for name, value in VALUES.items() if value in configured.audit_log.read_text()]


def test_what_the_user_passes_is_real(configured: Warden) -> None:
    done = configured.run("exec", "--env", "GITHUB_TOKEN", "--", "sh", "-c", "echo $GITHUB_TOKEN", env=GIVEN)
    assert done.stdout.strip() == VALUES["tool"]


def test_a_command_that_fails_says_so_and_the_rest_works(configured: Warden, api: ListedHost) -> None:
    (configured.home / "print-secret").write_text("#!/bin/sh\nexit 4\n")
    done = configured.python(ASK, API, "X-Key", "$THREE", env=GIVEN)
    assert "credentials-unavailable" in done.stdout, done
    assert "ended with status 4" in done.stdout
    done = configured.python(ASK, API, "X-Key", "$TWO", env=GIVEN)
    assert done.stdout.startswith("200 "), done


def test_config_show_prints_the_entries_and_no_value(configured: Warden) -> None:
    for form in ("table", "json", "yaml"):
        done: Any = configured.run("config", "show", "--output", form, env=GIVEN)
        assert done.returncode == 0, done
        assert "ORDINARY_NAME" in done.stdout
        assert VALUES["env"] not in done.stdout


#: Writes the placeholder to AWS, as an agent would that was told to store a key. Prints the answer's code.
STORE = """
import boto3, os, sys
from botocore.exceptions import ClientError
try:
    if sys.argv[1] == "secretsmanager":
        boto3.client("secretsmanager").create_secret(Name=sys.argv[2], SecretString='{"key": "%s"}' % os.environ["ONE"])
    elif sys.argv[1] == "description":
        boto3.client("secretsmanager").create_secret(Name=sys.argv[2], SecretString="x", Description=os.environ["ONE"])
    else:
        boto3.client("s3").put_object(Bucket="shelf", Key=sys.argv[2], Body=b"key: " + os.environ["ONE"].encode())
    print("stored")
except ClientError as error:
    print(error.response["Error"]["Message"])
"""


def test_a_signed_aws_request_stores_the_real_value(session_warden: Warden, owner: Any) -> None:
    """moto, an emulator, does not check signatures; tests/unit/credentials/test_aws.py does, against botocore's."""
    owner("s3").create_bucket(Bucket="shelf")
    entries = [
        {
            "name": "one",
            "from": {"env": "ORDINARY_NAME"},
            "hosts": ["secretsmanager.us-east-1.amazonaws.com", "shelf.s3.amazonaws.com"],
            "field": ["json:SecretString", "body"],
            "variable": "ONE",
        }
    ]
    credentials = {**session_warden.config.get("credentials", {}), "entries": entries}
    session_warden.configure(credentials=credentials)
    try:
        done = session_warden.python(STORE, "secretsmanager", "e2e-placeholder", env=GIVEN)
        assert done.stdout.strip() == "stored", (done, session_warden.rulings()[-1])
        assert json.loads(owner("secretsmanager").get_secret_value(SecretId="e2e-placeholder")["SecretString"]) == {"key": VALUES["env"]}
        # In chunks with a checksum behind them, as boto3 does by itself, and at once.
        unchunked = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
        for key, more in (("chunks", {}), ("at-once", unchunked)):
            done = session_warden.python(STORE, "s3", key, env={**GIVEN, **more})
            assert done.stdout.strip() == "stored", (done, session_warden.rulings()[-1])
            assert owner("s3").get_object(Bucket="shelf", Key=key)["Body"].read() == b"key: " + VALUES["env"].encode()
        entries[0]["field"] = ["json:SecretString"]
        session_warden.configure(credentials=credentials)
        for kind in ("description", "s3"):
            done = session_warden.python(STORE, kind, "e2e-elsewhere", env={**GIVEN, **unchunked})
            assert "placeholder-elsewhere" in done.stdout, done
    finally:
        session_warden.configure()
