"""The generated tables of effects, one file a service, read when the service is first asked for.

One line a method: ``verb`` and ``flags``; ``when``, a list of ``{"if": condition, "verb", "flags"}``; ``at``, templates of its resource of which the
first that the request fills counts; ``also``, further resources with the verb and operation that they suffer; ``mask``, the parameter that says which
fields a PATCH changes; ``dry_run``, the one that asks for a rehearsal; ``media``: the body is content; ``iam``, permissions; ``host``, where it is
not the service's name; ``grpc``, API versions -> how the gRPC request says the same; ``why``, for people.

Beside ``methods`` a file has ``grpc``: service -> method -> discovery id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from warden.dialects.body.protobuf import Schema
from warden.dialects.conditions import paths
from warden.dialects.paths import WirePath, wire_path
from warden.model import Flag, Verb

DIRECTORY = Path(__file__).parent / "tables" / "effects"

_VARIABLE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a method does when `condition` holds (always, when it is None)."""

    verb: Verb | None
    flags: frozenset[Flag]
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a resource template: `text`, or the first of `paths` that has a value."""

    text: str
    paths: tuple[WirePath, ...] = ()


@dataclass(frozen=True, slots=True)
class Also:
    """A further resource of a method: what happens to it is `operation`."""

    template: tuple[Part, ...]
    verb: Verb
    operation: str


@dataclass(frozen=True, slots=True)
class Variant:
    """How a gRPC request carries what REST does: the field that is REST's body, and where path parameters are."""

    body: str
    labels: Mapping[str, str]
    fields: Schema


@dataclass(frozen=True, slots=True)
class Entry:
    """One method of one service."""

    service: str
    method: str
    verb: Verb
    flags: frozenset[Flag]
    when: tuple[Effect, ...]
    templates: tuple[tuple[Part, ...], ...]
    also: tuple[Also, ...]
    mask: WirePath | None
    dry_run: WirePath | None
    media: bool
    iam: tuple[str, ...]
    host: str
    variants: Mapping[str, Variant]
    #: Paths of conditions as `holds` looks them up.
    wire: Mapping[str, WirePath]
    #: Whether anything here is in REST's body.
    reads_body: bool

    def variant(self, version: str) -> Variant | None:
        """The gRPC variant of `version`: that of any version when all are the same; None when it is not known."""
        if len(self.variants) == 1:
            return next(iter(self.variants.values()))
        return next((variant for versions, variant in self.variants.items() if version in versions.split(" ")), None)


def entry(service: str, method: str) -> Entry | None:
    """The entry of `method`, a discovery id or a gRPC name; None when the tables do not know it."""
    services = [service]
    if "/" in method:
        package = method.partition("/")[0].rpartition(".")[0]
        services += [name for name in _packages().get(package, ()) if name != service]
    for name in services:
        table = _raw(name)
        found = _resolved(table, method)
        if found in table["methods"]:
            return _entry(name, found) if name == service or not known(service) else _mixed_in(service, name, found)
    return None


def _resolved(table: Mapping[str, Any], method: str) -> str:
    """The discovery id of a gRPC name, or `method` itself."""
    if "/" not in method:
        return method
    service, _, name = method.partition("/")
    found: str = table["grpc"].get(service, {}).get(name, method)
    return found


def known(service: str) -> bool:
    """Whether there is a table for `service`."""
    return bool(_raw(service)["methods"])


def services() -> Iterator[str]:
    """All services that there are tables for, sorted."""
    yield from sorted(path.stem for path in DIRECTORY.glob("[!_]*.json"))


def entries() -> Iterator[Entry]:
    """All entries of all services, sorted. Nothing is kept: for generators."""
    for service in services():
        for method, row in sorted(_read(service)["methods"].items()):
            yield _compiled(service, method, row)


def _read(service: str) -> dict[str, Any]:
    path = DIRECTORY / f"{service}.json"
    if not service or service.startswith((".", "_")) or "/" in service or not path.is_file():
        return {"methods": {}, "grpc": {}}
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@cache
def _packages() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((DIRECTORY / "_packages.json").read_bytes())["packages"]
    return found


@cache
def _raw(service: str) -> dict[str, Any]:
    return _read(service)


@cache
def _entry(service: str, method: str) -> Entry:
    return _compiled(service, method, _raw(service)["methods"][method])


@cache
def _mixed_in(service: str, name: str, method: str) -> Entry:
    """A method that every API serves on its own host (``google.iam.v1.IAMPolicy``, ``google.longrunning.Operations``): here it is `service`'s."""
    return replace(_entry(name, method), service=service, host=f"{service}.googleapis.com")


def _flags(row: Mapping[str, Any]) -> frozenset[Flag]:
    return frozenset(Flag(flag) for flag in row.get("flags", ()))


def _compiled(service: str, method: str, row: Mapping[str, Any]) -> Entry:
    when = tuple(Effect(Verb(one["verb"]) if "verb" in one else None, _flags(one), one["if"]) for one in row.get("when", ()))
    templates = tuple(_template(text) for text in row.get("at", ()))
    also = tuple(Also(_template(one["at"]), Verb(one["verb"]), one["operation"]) for one in row.get("also", ()))
    wire = {path: wire_path(path) for effect in when for path in paths(effect.condition)}
    mask, dry_run = (wire_path(row[key]) if key in row else None for key in ("mask", "dry_run"))
    asked = [*wire.values(), *(path for template in templates for part in template for path in part.paths), *filter(None, (dry_run,))]
    variants = {
        versions: Variant(one.get("body", ""), one.get("labels", {}), one["fields"]) for versions, one in row.get("grpc", {}).items()
    }
    return Entry(
        service=service,
        method=method,
        verb=Verb(row["verb"]),
        flags=_flags(row),
        when=when,
        templates=templates,
        also=also,
        mask=mask,
        dry_run=dry_run,
        media=row.get("media", False),
        iam=tuple(row.get("iam", ())),
        host=row.get("host") or f"{service}.googleapis.com",
        variants=variants,
        wire=wire,
        reads_body=any(path.in_body for path in asked),
    )


def _template(text: str) -> tuple[Part, ...]:
    parts = []
    for part in text.split("/"):
        matched = _VARIABLE.fullmatch(part)
        if matched:
            names = matched[1].split("|")
            parts.append(Part("", tuple(wire_path(name if ":" in name else f"label:{name}") for name in names)))
        else:
            parts.append(Part(part))
    return tuple(parts)
