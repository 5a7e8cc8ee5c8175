"""`warden config`: sources shown, secrets not, files checked and trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from warden.cli import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home/.config/warden").mkdir(parents=True)
    (tmp_path / "home/project").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("WARDEN_CONFIG", raising=False)
    monkeypatch.setattr("warden.settings.files.SYSTEM", tmp_path / "none")
    monkeypatch.chdir(tmp_path / "home/project")
    return tmp_path / "home/project"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "home/.config/warden/warden.yaml"


def out(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["config", *words]) == code
    return capsys.readouterr().out


def test_show_says_where_each_value_came_from(user: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user.write_text('egress: {allow: [pypi.org]}\nupstream:\n  resolve: {"*.a": "127.0.0.1:1"}\nsandbox: {hide: [~/x]}\n')
    (project / "warden.yaml").write_text("policy: {preset: lockdown}\n")
    rows = [line.split() for line in out(capsys, "show").splitlines()]
    assert ["policy.preset", "lockdown", f"{project}/warden.yaml:1"] in rows
    assert ["egress.allow", "pypi.org", f"{user}:1"] in rows
    assert ["upstream.resolve.*.a", "127.0.0.1:1", f"{user}:3"] in rows
    assert ["sandbox.hide", f"{user.parents[2]}/x", f"{user}:4"] in rows
    assert ["profile", "default", "default"] in rows


def test_show_as_json(user: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user.write_text("egress: {allow: [pypi.org], defaults: false}\n")
    document = json.loads(out(capsys, "show", "--output", "json"))
    values = {entry["key"]: entry for entry in document["values"]}
    assert values["egress.allow"] == {"key": "egress.allow", "value": ["pypi.org"], "source": f"{user}:1", "sources": [f"{user}:1"]}
    assert document["files"] == [{"path": str(user), "role": "user"}]


def test_show_as_yaml_can_be_loaded_again(user: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user.write_text(
        'agent: x\nenvironment: {set: {A: "ü \U0001f525 \\x1b # \\"", B: "*"}}\nsandbox: {limits: {memory: 1GiB}}\n', encoding="utf-8"
    )
    text = out(capsys, "show", "--output", "yaml")
    assert "\x1b" not in text
    assert f'agent: "x"  # {user}:1' in text
    assert yaml.safe_load(text)["environment"]["set"] == {"A": 'ü \U0001f525 \x1b # "', "B": "*"}
    user.write_text(text, encoding="utf-8")
    again = yaml.safe_load(out(capsys, "show", "--output", "yaml"))
    assert again == yaml.safe_load(text)


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_secrets_are_never_shown(user: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    user.write_text("credentials: {aws: {access_key_id: madeupid, secret_access_key: madeupsecret, session_token: madeuptoken}}\n")
    text = out(capsys, "show", "--output", output)
    assert "madeup" not in text
    assert text.count("***") == 3


def test_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "other.yaml"
    file.write_text("policy: {preset: readonly}\n")
    assert out(capsys, "check", str(file)) == f"{file}: fine.\n"
    file.write_text("egress: {allow: [a.example]}\n")
    assert "line 1, egress.allow" in out(capsys, "check", str(file))
    file.write_text("egres: {}\n")
    assert out(capsys, "check", str(file), code=1) == f"{file}:1: there is no key egres. Did you mean egress?\n"
    assert out(capsys, "check", str(project / "none"), code=1)


def test_trust_and_revoke(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "warden.yaml"
    file.write_text("egress: {allow: [a.example]}\n")
    assert main(["config", "show"]) == 125
    assert f"warden config trust {file}" in capsys.readouterr().err
    assert "egress.allow" in out(capsys, "trust")
    assert "a.example" in out(capsys, "show")
    assert "not trusted any more" in out(capsys, "trust", "--revoke", "warden.yaml")
    assert main(["config", "show"]) == 125


def test_trust_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "trust"]) == 125
    assert "There is no warden.yaml here" in capsys.readouterr().err


def test_a_file_with_a_mistake_is_not_trusted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "warden.yaml").write_text("egres: {}\n")
    assert main(["config", "trust"]) == 125
    assert "Did you mean egress?" in capsys.readouterr().err


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(out(capsys, "schema"))["properties"]["policy"]["properties"]["preset"]["enum"][0] == "observe"
