"""The tables: operation -> what in its output is secret. Read once a provider, when first asked for; a miss is one look into a dictionary.

An entry of a table has only what is not its default::

    {"n": "Credentials.SessionToken",   the name, and the path of keys in JSON and CBOR; arrays are not in it; ``*`` is any key of a map
     "j": "...",                        the path, where it is not the name
     "x": "AssumeRoleResult...",        the path of elements below the root, in XML; ``*`` is any element
     "t": "blob",                       ``blob``: base64 in JSON and XML, bytes in CBOR; ``base64``: a text that is base64, everywhere
     "s": "aws-session-token",          the shape (see `field`)
     "p": "name",                       the name of the pair is beside the value, under this key
     "w": ["Type", "SecureString"]}     secret if what is beside it under this key is this, or is not there

An entry that is a text names entries in ``shared``: those of everything that a long-running operation of that API may answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PROVIDERS = frozenset({"aws", "gcp"})


@dataclass(frozen=True, slots=True)
class Row:
    """One entry, for one operation. `path` and `xml` are split; `xml` is empty for outputs that never are XML."""

    rule: str
    path: tuple[str, ...]
    xml: tuple[str, ...] = ()
    transform: str = ""
    shape: str = ""
    pair: str = ""
    when: tuple[str, str] | None = None


def of(provider: str, operation: str) -> tuple[Row, ...]:
    """The rows of `operation`; none for nearly all."""
    return _rows(provider, operation) if operation in _table(provider) else ()


def operations(provider: str) -> list[str]:
    """Every operation in the table, sorted."""
    return sorted(_table(provider))


@cache
def _document(provider: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / f"{provider}.json").read_bytes())
    return found


def _table(provider: str) -> dict[str, list[dict[str, Any] | str]]:
    found: dict[str, list[dict[str, Any] | str]] = _document(provider)["operations"]
    return found


@cache
def _rows(provider: str, operation: str) -> tuple[Row, ...]:
    made: list[Row] = []
    for entry in _table(provider)[operation]:
        if isinstance(entry, str):
            made += _shared(provider, entry)
        else:
            made.append(_row(f"{provider}:{operation.replace(':', '.')}", entry))
    return tuple(made)


@cache
def _shared(provider: str, api: str) -> tuple[Row, ...]:
    return tuple(_row(f"{provider}:{api}.operations", entry) for entry in _document(provider)["shared"][api])


def _row(prefix: str, entry: dict[str, Any]) -> Row:
    when = entry.get("w")
    return Row(
        rule=f"{prefix}.{entry['n']}",
        path=tuple(entry.get("j", entry["n"]).split(".")),
        xml=tuple(entry["x"].split(".")) if "x" in entry else (),
        transform=entry.get("t", ""),
        shape=entry.get("s", ""),
        pair=entry.get("p", ""),
        when=(when[0], when[1]) if when else None,
    )
