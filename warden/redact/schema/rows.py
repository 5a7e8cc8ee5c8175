"""The tables: operation -> what in its output is secret. Read once a provider, when first asked for; a miss is one look into a dictionary.

An entry of a table has only what is not its default::

    {"n": "Credentials.SessionToken",   the name, and the path of keys in JSON and CBOR; arrays are not in it; ``*`` is any key of a map
     "j": "...",                        the path, where it is not the name
     "x": "AssumeRoleResult...",        the path of elements below the root, in XML; ``*`` is any element
     "t": "blob",                       ``blob``: base64 in JSON and XML, bytes in CBOR; ``base64``: a text that is base64, everywhere
     "s": "aws-session-token",          the shape (see `field`)
     "p": "name",                       the name of the pair is beside the value, under this key
     "w": ["Type", "SecureString"]}     secret if what is beside it under this key is this, or is not there
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
    entries = _table(provider).get(operation)
    return _rows(provider, operation) if entries is not None else ()


def operations(provider: str) -> list[str]:
    """Every operation in the table, sorted."""
    return sorted(_table(provider))


@cache
def _table(provider: str) -> dict[str, list[dict[str, Any]]]:
    document = json.loads((Path(__file__).parent / f"{provider}.json").read_bytes())
    found: dict[str, list[dict[str, Any]]] = document["operations"]
    return found


@cache
def _rows(provider: str, operation: str) -> tuple[Row, ...]:
    made = []
    name = operation.replace(":", ".")
    for entry in _table(provider)[operation]:
        path = entry.get("j", entry["n"])
        when = entry.get("w")
        made.append(
            Row(
                rule=f"{provider}:{name}.{entry['n']}",
                path=tuple(path.split(".")),
                xml=tuple(entry["x"].split(".")) if "x" in entry else (),
                transform=entry.get("t", ""),
                shape=entry.get("s", ""),
                pair=entry.get("p", ""),
                when=(when[0], when[1]) if when else None,
            )
        )
    return tuple(made)
