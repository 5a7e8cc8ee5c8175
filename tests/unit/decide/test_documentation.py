"""docs/policy.md says what holds: its policies load, its rules exist, its tables and commands run."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from warden import cli
from warden.config import PRESETS
from warden.decide import bundle, load
from warden.decide.policy import ANNOTATIONS
from warden.decide.vocabulary import ENTITIES, GROUPS

TEXT = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)


def test_the_policies_load(tmp_path: Path) -> None:
    policies = [text for language, text in BLOCKS if language == "cedar"]
    for number, text in enumerate(policies):
        (tmp_path / f"doc{number}.cedar").write_text(text)
    assert len(load("no-destroy", [tmp_path]).policies) > len(policies) >= 2


def test_every_rule_of_the_default_and_every_word_is_explained() -> None:
    for policy in bundle.load_preset("no-destroy"):
        if not policy.permit and policy.id.startswith("no-destroy/"):
            assert f"| `{policy.id}` |" in TEXT
    named = set(re.findall(r"(?:no-destroy|readonly|network|observe|lockdown)/[a-z_-]+", TEXT))
    assert named <= {policy.id for preset in PRESETS for policy in bundle.load_preset(preset)}
    for preset in PRESETS:
        assert f"| `{preset}`" in TEXT
    for annotation in ANNOTATIONS:
        assert f"| `@{annotation}` |" in TEXT
    for word in (*GROUPS, *ENTITIES):
        assert re.search(rf"\b{word}\b", TEXT), word


def test_the_table_and_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (override,) = (text for language, text in BLOCKS if language == "cedar" and "@overrides" in text)
    (table,) = (text for language, text in BLOCKS if language == "yaml" and "expect:" in text)
    (tmp_path / "team.cedar").write_text(override)
    (tmp_path / "tables.yaml").write_text(table)
    assert cli.main(["policy", "test", "tables.yaml", "--policy", "team.cedar"]) == 0
    (line,) = (text for _, text in BLOCKS if "| warden decide" in text)
    request, _, command = line.strip().partition(" | ")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(shlex.split(request)[1].encode())))
    capsys.readouterr()
    assert cli.main(shlex.split(command)[1:]) == 0
    assert json.loads(capsys.readouterr().out)["decision"]["effect"] == "allow"
