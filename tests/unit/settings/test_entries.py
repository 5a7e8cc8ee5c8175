"""`credentials.entries`: what one may say, how files add to each other, and that each mistake names its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warden.config import CredentialEntry
from warden.errors import ConfigError
from warden.settings import files
from warden.settings.files import Loaded

GOOD = """\
credentials:
  entries:
    - name: forge
      from: {env: FORGE_TOKEN}
      hosts: [Git.Example.com, "*.cdn.example.com"]
      field: bearer
      variable: FORGE_TOKEN
    - name: pager
      from: {file: token}
      hosts: [pager.example.com]
      field: [header:X-Token, "json:auth.key"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config/warden").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    return tmp_path


def load(home: Path, text: str, **more: str) -> Loaded:
    (home / ".config/warden/warden.yaml").write_text(text)
    for name, content in more.items():
        (home / "project" / name).write_text(content)
    return files.load(home / "project", home, environ={}, system=home / "etc.yaml")


def test_what_an_entry_says(home: Path) -> None:
    loaded = load(home, GOOD)
    token = str(home / ".config/warden/token")
    assert loaded.config.credentials.entries == (
        CredentialEntry("forge", "env", "FORGE_TOKEN", ("git.example.com", "*.cdn.example.com"), ("bearer",), "FORGE_TOKEN"),
        CredentialEntry("pager", "file", token, ("pager.example.com",), ("header:X-Token", "json:auth.key")),
    )
    assert loaded.sources["credentials.entries[1]"] == f"{home}/.config/warden/warden.yaml:8"


def test_the_file_of_a_credential_is_hidden(home: Path) -> None:
    loaded = load(home, GOOD.replace("file: token", "file: ~/elsewhere/token"))
    assert f"{home}/elsewhere/token" in loaded.config.sandbox.hide


def test_a_later_file_replaces_by_name_and_adds(home: Path) -> None:
    (home / "etc.yaml").write_text(GOOD)
    text = "credentials: {entries: [{name: forge, from: {env: OTHER}, hosts: [h.example], field: basic}]}"
    loaded = load(home, text)
    assert [(one.name, one.reference) for one in loaded.config.credentials.entries] == [("forge", "OTHER"), ("pager", str(home / "token"))]
    assert loaded.sources["credentials.entries[0]"].endswith("warden/warden.yaml:1")
    assert loaded.sources["credentials.entries[1]"].endswith("etc.yaml:8")


ENTRY = "{name: a, from: {env: A}, hosts: [h.example], field: bearer}"
MISTAKES = {
    "entries: 1": "must be a list",
    "entries: [1]": "a credential is a mapping",
    "entries: [{name: a}]": "has no from",
    f"entries: [{ENTRY}, {ENTRY}]": "has a twice",
    f"entries: [{ENTRY.replace('field', 'feild')}]": "has no key feild",
    f"entries: [{ENTRY.replace('bearer', 'Bearer')}]": "field must be bearer, basic",
    f"entries: [{ENTRY.replace('bearer', "'header:'")}]": "field must be bearer, basic",
    f"entries: [{ENTRY.replace('bearer', '[]')}]": "field must name at least one",
    f"entries: [{ENTRY.replace('[h.example]', '[]')}]": "hosts must name at least one",
    f"entries: [{ENTRY.replace('h.example', 'https://h.example')}]": "hosts must be names",
    f"entries: [{ENTRY.replace('[h.example]', '[1]')}]": "hosts must be names",
    f"entries: [{ENTRY.replace('{env: A}', 'A')}]": "from must be one of",
    f"entries: [{ENTRY.replace('{env: A}', '{env: A, file: b}')}]": "from must be one of",
    f"entries: [{ENTRY.replace('{env: A}', '{vault: A}')}]": "from must be one of",
    f"entries: [{ENTRY.replace('{env: A}', '{env: a b}')}]": "from.env must be the name",
    f"entries: [{ENTRY.replace('{env: A}', '{keyring: alone}')}]": "from.keyring must be service/user",
    f"entries: [{ENTRY.replace('{env: A}', '{keyring: --help/x}')}]": "from.keyring must be service/user",
    f"entries: [{ENTRY.replace('{env: A}', '{command: ./here}')}]": "on your search path",
    f"entries: [{ENTRY.replace('env: A', 'command: a "b')}]": "warden.yaml",
    f"entries: [{ENTRY.replace('env: A', 'file: ~other/x')}]": "absolute path",
    f"entries: [{ENTRY.replace('name: a', 'name: a b')}]": "name must be letters",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_names_its_line(home: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(home, f"credentials:\n  {text}\n")
    assert MISTAKES[text] in str(caught.value)
    assert "warden.yaml:2" in str(caught.value)


@pytest.mark.parametrize("source", ["env: HOME", "file: /etc/passwd", "command: id", "keyring: a/b"])
def test_a_projects_file_needs_trust_for_any(home: Path, source: str) -> None:
    text = f"credentials: {{entries: [{{name: a, from: {{{source}}}, hosts: [evil.example], field: bearer}}]}}"
    with pytest.raises(ConfigError, match="only you may set it"):
        load(home, "", **{"warden.yaml": text})


def test_builtin_is_the_users_to_turn_on(home: Path) -> None:
    assert load(home, "", **{"warden.yaml": "credentials: {builtin: false}"}).config.credentials.builtin is False
    with pytest.raises(ConfigError, match="gives the agent credentials"):
        load(home, "credentials: {builtin: false}", **{"warden.yaml": "credentials: {builtin: true}"})


def test_it_is_shown_as_it_is_written(home: Path) -> None:
    (entry, _) = load(home, GOOD).config.credentials.entries
    again = load(home, "credentials: " + json.dumps({"entries": [entry.as_dict()]}))
    assert again.config.credentials.entries == (entry,)
