"""The policies directory is found in a wheel and in a checkout, and its absence is a clear error."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from warden.decide import location
from warden.errors import PolicyError


@pytest.mark.parametrize("place", ["warden/policies", "policies"])
def test_beside_or_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / place / "presets").mkdir(parents=True)
    monkeypatch.setattr(location, "__file__", str(tmp_path / "warden" / "decide" / "location.py"))
    assert location.directory() == tmp_path / place


def test_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "__file__", str(tmp_path / "warden" / "decide" / "location.py"))
    with pytest.raises(PolicyError, match="are missing"):
        location.directory()


def test_the_wheel_carries_them_where_they_are_looked_for() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"policies": "warden/policies"}
