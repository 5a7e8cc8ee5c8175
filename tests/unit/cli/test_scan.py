"""`warden scan`: what it names, what it leaves out, and what it hides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from warden import cli


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.txt").write_text("nothing here\n")
    (tmp_path / ".env").write_text("A=1\nDB_PASSWORD=Winter2026!x\n")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n password=Winter2026!x\n" + bytes(range(256)))
    for skipped in (".git", "node_modules"):
        (tmp_path / skipped).mkdir()
        (tmp_path / skipped / "config").write_text("password=Winter2026!x\n")
    (tmp_path / "link").symlink_to(".env")
    return tmp_path


def test_secrets_are_named_by_line_and_never_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(".env:2: ")
    assert out.count("\n") == 1
    assert "Winter" not in out


def test_nothing_found_is_fine(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "fine.txt"]) == 0
    assert capsys.readouterr().out == ""


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "--output", "json", str(project)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["path"], found["line"]) == (str(project / ".env"), 2)


def test_masked_files_are_hidden_by_the_configuration(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "--mask"]) == 1
    assert yaml.safe_load((project / "warden.yaml").read_text()) == {"sandbox": {"hide": [str(project / ".env")]}}
    before = (project / "warden.yaml").read_text()
    assert cli.main(["scan", "--mask"]) == 1
    assert (project / "warden.yaml").read_text() == before
    assert "add to it" in capsys.readouterr().err


def test_what_is_too_large_or_not_there_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "large.log").write_bytes(b"x" * (9 << 20))
    assert cli.main(["scan", "large.log"]) == 0
    assert "larger than 8 MiB" in capsys.readouterr().err
    assert cli.main(["scan", "missing"]) == 125
