"""The generated tables of effects, one file a service, read when the service is first asked for.

One line an operation: ``verb`` and ``flags``; ``when``, a list of ``{"if": condition, "verb", "flags"}``; ``parts``, effects of which
each whose condition holds is an Action of its own (``resources``: the API path of its part's names; ``when``, as above, for that part);
``deferred``, parameters that name a call made later; ``sql``, the parameter that holds statements and the engines that may run them; ``iam``,
the IAM actions; ``resources``, ``[{"type", "arn", "paths"}]``; ``dry_run``, the parameter that asks for a rehearsal; ``wire``, protocol ->
API path -> wire path; ``why``, for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from warden.dialects.paths import WirePath, wire_path
from warden.model import Flag, Verb

DIRECTORY = Path(__file__).parent / "tables" / "effects"


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """One kind of resource: `template` with ``{0}`` for the first path's value, or None when that value is an ARN itself. A path may
    have a default (``cluster|default``).
    """

    type: str
    template: str | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SqlSpec:
    """Where the statements are (`path`, an API path), and which `engines` may run them; the paths of `database` and `schema`, if any.

    `table`: what a table of a statement is to the service, where that is a resource with an ARN (DynamoDB).
    """

    path: str
    engines: tuple[str, ...]
    database: str | None
    schema: str | None
    table: ResourceSpec | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an operation, or a part of one, does when `condition` holds (always, when it is None). `resources` is the API path of a part's names.

    `when`: what a part does besides, under conditions of its own.
    """

    verb: Verb | None
    flags: frozenset[Flag]
    condition: Mapping[str, Any] | None = None
    resources: str | None = None
    when: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of one service."""

    service: str
    operation: str
    base: Effect
    when: tuple[Effect, ...]
    parts: tuple[Effect, ...]
    deferred: tuple[str, ...]
    sql: SqlSpec | None
    iam: tuple[str, ...]
    resources: tuple[ResourceSpec, ...]
    dry_run: str | None
    wire: Mapping[str, Mapping[str, WirePath]]
    #: Protocols under which anything here is in the body.
    body_protocols: frozenset[str]

    @property
    def verb(self) -> Verb:
        if self.base.verb is None:
            raise ValueError(f"{self.service}:{self.operation} has no verb")
        return self.base.verb


def entry(service: str, operation: str) -> Entry | None:
    """The entry of `operation`, or None when the tables do not know it."""
    return _entry(service, operation) if operation in _raw(service) else None


def services() -> Iterator[str]:
    """All services that there are tables for, sorted."""
    yield from sorted(path.stem for path in DIRECTORY.glob("*.json"))


def of_service(service: str) -> Iterator[Entry]:
    """All entries of `service`, sorted."""
    for operation in sorted(_raw(service)):
        yield _entry(service, operation)


def entries() -> Iterator[Entry]:
    """All entries of all services, sorted. Nothing is kept: for generators."""
    for service in services():
        for operation, row in sorted(_read(service).items()):
            yield _compiled(service, operation, row)


def _read(service: str) -> dict[str, Any]:
    path = DIRECTORY / f"{service}.json"
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_bytes())["operations"]
    return found


@cache
def _raw(service: str) -> dict[str, Any]:
    return _read(service)


@cache
def _entry(service: str, operation: str) -> Entry:
    return _compiled(service, operation, _raw(service)[operation])


def _effect(row: Mapping[str, Any]) -> Effect:
    verb = Verb(row["verb"]) if "verb" in row else None
    flags = frozenset(Flag(flag) for flag in row.get("flags", ()))
    return Effect(verb, flags, row.get("if"), row.get("resources"), tuple(_effect(one) for one in row.get("when", ())))


def _sql(row: Mapping[str, Any]) -> SqlSpec:
    table = ResourceSpec(row["table"]["type"], row["table"]["arn"], ()) if "table" in row else None
    return SqlSpec(row["path"], tuple(row["engines"]), row.get("database"), row.get("schema"), table)


def _compiled(service: str, operation: str, row: Mapping[str, Any]) -> Entry:
    wire = {protocol: {api: wire_path(text) for api, text in paths.items()} for protocol, paths in row.get("wire", {}).items()}
    return Entry(
        service=service,
        operation=operation,
        base=Effect(Verb(row["verb"]), frozenset(Flag(flag) for flag in row.get("flags", ()))),
        when=tuple(_effect(one) for one in row.get("when", ())),
        parts=tuple(_effect(one) for one in row.get("parts", ())),
        deferred=tuple(row.get("deferred", ())),
        sql=_sql(row["sql"]) if "sql" in row else None,
        iam=tuple(row.get("iam", ())),
        resources=tuple(ResourceSpec(one["type"], one.get("arn"), tuple(one["paths"])) for one in row.get("resources", ())),
        dry_run=row.get("dry_run"),
        wire=wire,
        body_protocols=frozenset(protocol for protocol, paths in wire.items() if any(path.in_body for path in paths.values())),
    )
