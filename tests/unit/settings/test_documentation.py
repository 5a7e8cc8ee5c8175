"""docs/credentials.md says what is so: its examples are read as configuration, its fields and codes exist, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warden.credentials.known import KNOWN
from warden.settings import files
from warden.settings.entries import FIELD, SOURCES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/credentials.md").read_text()


def test_its_example_is_a_configuration(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / ".config/warden").mkdir(parents=True)
    (tmp_path / ".config/warden/warden.yaml").write_text(example)
    config = files.load(tmp_path, tmp_path, environ={}, system=tmp_path / "none").config
    assert {entry.source for entry in config.credentials.entries} == set(SOURCES)
    assert all(host in config.egress.allow for entry in config.credentials.entries for host in entry.hosts)


def test_every_kind_of_field_has_its_row() -> None:
    rows = re.findall(r"^\| `([a-z]+)(?::[^`]+)?` \| ", PAGE, re.MULTILINE)
    kinds = set(re.findall(r"[a-z]{4,}(?=\||:|$|\))", FIELD))
    assert set(rows) - {"field"} == kinds  # the table's own head


@pytest.mark.parametrize("code", sorted(set(re.findall(r"`((?:placeholder|credential|credentials)-[a-z-]+)`", PAGE))))
def test_every_code_is_one_of_the_programs(code: str) -> None:
    assert any(f'"{code}"' in path.read_text() for path in (ROOT / "warden").rglob("*.py"))


def test_links_lead_to_headings() -> None:
    for target, anchor in re.findall(r"\]\(([a-z-]+\.md)(?:#([a-z0-9-]+))?\)", PAGE):
        text = (ROOT / "docs" / target).read_text()
        headings = {
            re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line[:1] == "#"
        }
        assert not anchor or anchor in headings, (target, anchor)


def test_the_variables_that_it_names_are_on_the_list() -> None:
    sentence = PAGE[PAGE.index("## Tools that are known") : PAGE.index("## Your own")]
    variables = {known.variable for known in KNOWN} | {known.base for known in KNOWN}
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", sentence)) <= variables
    assert len(KNOWN) > 100
