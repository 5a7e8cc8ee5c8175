"""The generated tables in memory: loaded at first use, tries compiled when a service is first seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from warden.dialects.aws.trie import Trie


@dataclass(frozen=True, slots=True)
class Service:
    """How one service speaks. `targets` are prefixes of ``X-Amz-Target`` and names in rpc-v2-cbor paths; `versions` are API versions of its query
    protocol; `gzip` are the operations whose bodies its SDKs compress."""

    name: str
    protocols: frozenset[str]
    signing: frozenset[str]
    targets: frozenset[str]
    versions: frozenset[str]
    operations: frozenset[str]
    gzip: frozenset[str]
    trie: Trie | None


def _table(name: str) -> dict[str, Any]:
    text = files("warden.dialects.aws").joinpath("tables", name).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = _table("routes.json")["services"]
    return found


@cache
def endpoints() -> dict[str, Any]:
    """``endpoints.json``: hosts, dynamic, customers, pages, suffixes (see the generator)."""
    return _table("endpoints.json")


@cache
def service(name: str) -> Service:
    """The service that botocore calls `name`. Raises KeyError for any other."""
    row = _services()[name]
    return Service(
        name=name,
        protocols=frozenset(row["protocols"]),
        signing=frozenset(row["signing"]),
        targets=frozenset(row.get("targets", ())),
        versions=frozenset(row.get("versions", ())),
        operations=frozenset(row.get("operations", "").split()),
        gzip=frozenset(row.get("gzip", ())),
        trie=Trie.of(row["rest"]) if "rest" in row else None,
    )


def names() -> tuple[str, ...]:
    """All service names, sorted."""
    return tuple(_services())
