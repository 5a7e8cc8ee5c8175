"""The generated tables in memory: hosts at first use, a host's routes when it is first seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from warden.dialects.trie import Trie

_VARIABLE = re.compile(r"\{([^=}]+)(?:=([^}]+))?\}")


class Form(NamedTuple):
    """One method at one path template of google.api.http. `service` is the API's discovery name."""

    method: str
    service: str
    version: str
    template: str

    @property
    def media(self) -> bool:
        """Whether the path is one for content: simple and resumable uploads."""
        return self.template.startswith(("/upload/", "/resumable/upload/"))

    def labels(self, values: tuple[str, ...]) -> dict[str, str]:
        """The path parameters by name; `values` are what the template's wildcards matched, in order."""
        return {
            name: "/".join(part if isinstance(part, str) else values[part] for part in parts) for name, parts in _variables(self.template)
        }


@dataclass(frozen=True, slots=True)
class Api:
    """What one host serves. `names` are discovery names; `verbs` are all that follow a colon; `grpc` is service -> method -> id or ``""``."""

    host: str
    names: tuple[str, ...]
    trie: Trie[Form]
    verbs: frozenset[str]
    grpc: Mapping[str, Mapping[str, str]]


def _table(*path: str) -> dict[str, Any]:
    text = files("warden.dialects.gcp").joinpath("tables", *path).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def hosts() -> dict[str, Any]:
    """``hosts.json``: hosts, aliases, legacy, mixins (see the generator)."""
    return _table("hosts.json")


@cache
def api(host: str) -> Api:
    """The routes of `host`, one of `hosts`. Raises KeyError for any other."""
    names = tuple(hosts()["hosts"][host])
    rows = _table("routes", f"{host}.json")
    trie: Trie[Form] = Trie()
    verbs = set()
    for section, routes in rows.items():
        if section in ("_", "grpc"):
            continue
        service, _, version = section.partition(" ")
        for route, method in routes.items():
            http_method, _, template = route.partition(" ")
            path, verb = split_verb(template)
            pattern = _VARIABLE.sub(lambda match: match[2] or "*", path) if "{" in path else path
            if verb:
                verbs.add(verb)
                http_method = f"{http_method}:{verb}"
            trie.add(http_method, pattern[1:].split("/"), Form(method, service, version, template))
    return Api(host, names, trie, frozenset(verbs), rows.get("grpc", {}))


def split_verb(path: str) -> tuple[str, str]:
    """``/v1/{name=x/*}:undelete`` -> ``/v1/{name=x/*}`` and ``undelete``: what follows the last colon of the last segment."""
    head, colon, verb = path.rpartition(":")
    return (head, verb) if colon and "/" not in verb and "}" not in verb else (path, "")


def methods() -> Iterable[tuple[str, str]]:
    """Every discovery name and method id that `route` can say, with repetitions; the name is ``""`` where several APIs have the method.

    Reads all files: for tests and generators.
    """
    yield from (("", f"{service}/{method}") for service, found in hosts()["mixins"].items() for method in found)
    for host in hosts()["hosts"]:
        for section, routes in _table("routes", f"{host}.json").items():
            if section == "grpc":
                owner = hosts()["hosts"][host]
                for service, found in routes.items():
                    yield from ((owner[0] if len(owner) == 1 else "", name or f"{service}/{method}") for method, name in found.items())
            elif section != "_":
                yield from ((section.partition(" ")[0], name) for name in routes.values())


@lru_cache(maxsize=4096)
def _variables(template: str) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
    """Each variable of `template`: literal segments, and places among the wildcards' values."""
    found = []
    at = 0
    for match in _VARIABLE.finditer(template):
        parts: list[str | int] = []
        for segment in (match[2] or "*").split("/"):
            wild = segment in ("*", "**")
            parts.append(at if wild else segment)
            at += wild
        found.append((match[1], tuple(parts)))
    return tuple(found)
