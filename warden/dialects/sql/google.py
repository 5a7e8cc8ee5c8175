"""Which of Google's methods carry SQL, and where (``google.jsonl``): for the gcp dialect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from warden.dialects.sql import Statement, statements

_PATH = Path(__file__).parent / "google.jsonl"


@dataclass(frozen=True, slots=True)
class Spec:
    """Where a method's statements are, a wire path, and which `engines` may run them."""

    path: str
    engines: tuple[str, ...]


@cache
def specs() -> Mapping[str, Spec]:
    """Discovery id -> where its statements are."""
    rows = (json.loads(line) for line in _PATH.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {row["method"]: Spec(row["path"], tuple(row["engines"])) for row in rows}


def carried(spec: Spec, values: Iterable[Any]) -> tuple[Statement, ...]:
    """The statements in `values` of the parameter, each once; what is no text is read as opaque."""
    found: dict[Statement, None] = {}
    for value in values:
        found |= dict.fromkeys(statements(value if isinstance(value, str) else "", spec.engines))
    return tuple(found)
