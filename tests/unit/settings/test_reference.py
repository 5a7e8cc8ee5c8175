"""The schema written down agrees with what is read, and the checked-in page is current."""

from __future__ import annotations

import json
import re
from pathlib import Path

from warden.settings import reference
from warden.settings.values import KINDS

PAGE = Path(__file__).parents[3] / "docs/configuration.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == reference.markdown(), "run: python -m warden.settings.reference > docs/configuration.md"


def test_the_page_has_every_key() -> None:
    page = PAGE.read_text()
    assert [key for key in KINDS if f"| `{key}` |" not in page] == []


def test_the_schema_has_every_key_and_no_other() -> None:
    def keys(schema: dict[str, object], prefix: str = "") -> list[str]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return [prefix.rstrip(".")]
        assert schema["additionalProperties"] is False
        return [key for name, below in properties.items() for key in keys(below, f"{prefix}{name}.")]

    assert keys(reference.json_schema()) == list(KINDS)


def test_the_schema_is_json_with_valid_patterns() -> None:
    text = json.dumps(reference.json_schema())
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        re.compile(json.loads(pattern))
