"""How a generated table looks: sorted JSON, compact, one entry a line so that diffs are readable, with its sources on top."""

from __future__ import annotations

import json
from typing import Any


def document(title: str, sources: list[str], sections: dict[str, Any]) -> str:
    """The text of one table: a header, then each section's entries, one a line, sorted by key."""
    header = {
        "title": title,
        "sources": sources,
        "generator": "make tables",
        "edit": "never by hand: correct the generator's override files",
    }
    lines = [f'"_": {_compact(header)}']
    for name, entries in sorted(sections.items()):
        body = ",\n".join(f"{json.dumps(key)}: {_compact(value)}" for key, value in sorted(entries.items()))
        lines.append(f"{json.dumps(name)}: {{\n{body}\n}}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
