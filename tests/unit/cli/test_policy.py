"""`warden policy`, through the console entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warden import cli

RULE = '@id("a")\n@reason("because")\npermit (principal, action, resource);\n'


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration but what a test writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "0")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("WARDEN_CONFIG", raising=False)


def test_validate_lists_every_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.cedar").write_text(RULE)
    (tmp_path / "bad.cedar").write_text(RULE + RULE + "permit (principal, action, resource);\npermit (principal")
    assert cli.main(["policy", "validate", "good.cedar", "bad.cedar", "gone.cedar"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:4]] == ["bad.cedar:4:5", "bad.cedar:7:1", "bad.cedar:8:9", "gone.cedar"]
    assert lines[4] == "2 rules fine, 4 mistakes."


def test_validate_fine_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.cedar").write_text(RULE)
    assert cli.main(["policy", "validate", "good.cedar"]) == 0
    assert capsys.readouterr().out == "1 rule fine, 0 mistakes.\n"
    assert cli.main(["policy", "validate", "good.cedar", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rules": ["good/a"], "mistakes": []}
    assert cli.main(["policy", "validate"]) == 0
    assert "the preset alone holds" in capsys.readouterr().out


def test_the_tables_that_come_with_warden_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "test"]) == 0
    assert capsys.readouterr().out.endswith(" 0 not as expected.\n")


def test_a_table_of_ones_own_is_run_with_ones_own_policies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "team.cedar").write_text(
        '@id("a") @reason("r") @advice("x") forbid (principal, action == AWS::Action::"ec2:RunInstances", resource);'
    )
    table = tmp_path / "mine.yaml"
    table.write_text("- {action: ec2:RunInstances, verb: create, expect: {no-destroy: team/a}}\n")
    assert cli.main(["policy", "test", "mine.yaml", "--policy", "team.cedar"]) == 0
    capsys.readouterr()
    assert cli.main(["policy", "test", "mine.yaml"]) == 1
    assert (
        "mine.yaml: row 1: ec2:RunInstances under no-destroy: expected team/a, got allow by no-destroy/changes" in capsys.readouterr().out
    )
    assert cli.main(["policy", "test", "mine.yaml", "--preset", "readonly"]) == 1  # a table that decides nothing proves nothing
    table.write_text("- {action: ec2:RunInstances}\n")
    assert cli.main(["policy", "test", "mine.yaml"]) == 125
    assert "mine.yaml: row 1" in capsys.readouterr().err


def test_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "team.cedar").write_text(RULE)
    assert cli.main(["policy", "show", "--policy", "team.cedar", "--output", "json"]) == 0
    rules = json.loads(capsys.readouterr().out)
    assert (rules[0]["rule"], rules[0]["line"]) == ("team/a", 1)
    assert cli.main(["policy", "show", "no-destroy/grant"]) == 0
    assert '@id("grant")' in capsys.readouterr().out
    assert cli.main(["policy", "show", "no-destroy/grnt"]) == 125
    assert cli.main(["policy", "show", "--preset", "lockdown"]) == 0
    assert "no-destroy" not in capsys.readouterr().out


def test_show_actions(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "show", "--actions", "ec2:terminateinst*"]) == 0
    assert 'AWS::Action::"ec2:TerminateInstances"' in capsys.readouterr().out
    assert cli.main(["policy", "show", "--actions", "ec2:nothinglikethis"]) == 1
