"""`warden scan --mask`: files that have secrets in them are empty in the next session, and stay what they are outside."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.sweep import Sweep

SECRETS = {
    ".env": ("GITHUB_TOKEN={}\n", "gh" + "p_" + secrets.token_hex(18)),
    "deploy/values [prod].yaml": ("db:\n  password: {}\n", secrets.token_urlsafe(18)),
    "a*b/'c' \"d\".json": ('{{"api_key": "{}"}}', secrets.token_hex(20)),
    "notes.txt": ("psql postgres://app:{}@db/shop\n", secrets.token_hex(12)),
}
HARMLESS = {"main.py": "print('hello')\n", "deploy/values.yaml": "replicas: 3\n", "a*b/c.json": '{"colour": "blue"}'}


@pytest.fixture
def project(session_warden: Warden) -> Iterator[Path]:
    """A directory of its own in the working directory, from which `warden` is run."""
    session_warden.configure()
    work = session_warden.work
    session_warden.work = work / f"project-{secrets.token_hex(4)}"
    for name, (text, secret) in SECRETS.items():
        path = session_warden.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(secret))
    for name, text in HARMLESS.items():
        (session_warden.work / name).write_text(text)
    yield session_warden.work
    session_warden.work = work


def test_masked_files_are_empty_inside_and_whole_outside(session_warden: Warden, project: Path) -> None:
    values = {name: secret for name, (_, secret) in SECRETS.items()}

    def shown() -> tuple[set[str], str]:
        done = session_warden.exec("sh", "-c", "find . -type f -print -exec cat {} +")
        sweep = Sweep(values)
        sweep.text("output", done.stdout + done.stderr)
        return sweep.names(), done.stdout

    assert shown()[0] == set(SECRETS)  # the control: unmasked
    listed = session_warden.run("scan", "--mask", "--output", "json")
    assert listed.returncode == 1, listed
    assert {json.loads(line)["path"] for line in listed.stdout.splitlines()} == set(SECRETS)
    assert not [name for name, secret in values.items() if secret in listed.stdout + listed.stderr]

    found, output = shown()
    assert found == set()
    assert all(name in output for name in (*SECRETS, *HARMLESS))
    assert all(text.strip() in output for text in HARMLESS.values())
    # Nor can they be written, moved, removed, or unmasked for the next session.
    script = 'for f in "$@"; do echo more >> "$f" && echo wrote; mv "$f" moved && echo moved; rm -f "$f" && echo removed; done'
    tried = session_warden.exec("bash", "-c", script, "bash", *SECRETS, "warden.yaml")
    assert (tried.stdout, len(tried.stderr.splitlines())) == ("", 3 * (len(SECRETS) + 1)), tried
    assert shown()[0] == set()
    for name, (text, secret) in SECRETS.items():
        assert (project / name).read_text() == text.format(secret)


def test_a_second_run_prints_what_to_add(session_warden: Warden, project: Path) -> None:
    session_warden.run("scan", "--mask")
    written = (project / "warden.yaml").read_text()
    (project / "later.env").write_text(f"API_TOKEN={secrets.token_hex(20)}\n")
    again = session_warden.run("scan", "--mask")
    assert str(project / "later.env") in again.stderr
    assert (project / "warden.yaml").read_text() == written
