"""Statements -> Actions of provider ``sql``, and the effect of the API call that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from warden.dialects.sql.statement import READ, Effect, Statement, Table
from warden.model import Action, Flag, Resource, Verb

TYPE = "SQL::Object"

#: Verbs and flags that a statement can have: for the schema.
VERBS = frozenset({Verb.READ, Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.GRANT, Verb.EXECUTE})
FLAGS = frozenset(Flag)


def effect(found: Iterable[Statement]) -> Effect:
    """What a call that carries these statements does: the gravest verb and all flags; at least ``execute`` when one is opaque."""
    whole = READ
    for one in found:
        whole |= Effect(one.verb, one.flags)
    return whole | Effect(Verb.EXECUTE) if Flag.OPAQUE in whole.flags else whole


def applied(verb: Verb, flags: frozenset[Flag], found: Iterable[Statement]) -> Effect:
    """A call's own `verb` and `flags`, with what its statements do in the place of ``execute`` and ``opaque``."""
    does = effect(found)
    return Effect(READ.verb if verb is Verb.EXECUTE else verb, flags - {Flag.OPAQUE}) | does


def actions(
    found: Iterable[Statement], *, engines: Sequence[str], service: str, place: Mapping[str, Any], flags: frozenset[Flag] = frozenset()
) -> tuple[Action, ...]:
    """One Action for each different statement.

    `place`: context of the call that carries them, and ``database`` and ``schema`` where it says them; `flags`: what holds of all (``dry_run``).
    """
    context = {name: place[name] for name in ("service", "region", "account", "partition", "project", "location") if place.get(name)}
    known = {"service": service, "engine": engines[0] if len(engines) == 1 else ""}
    return tuple(
        Action("sql", one.kind, one.verb, one.flags | flags, _objects(one.tables, known, place), context) for one in dict.fromkeys(found)
    )


def _objects(tables: Iterable[Table], known: Mapping[str, str], place: Mapping[str, Any]) -> tuple[Resource, ...]:
    resources = []
    for table in tables:
        database = table.catalog or place.get("database")
        attributes = {**known, "database": database, "schema": table.schema or place.get("schema"), "name": table.name}
        resources.append(Resource(TYPE, str(table), {key: value for key, value in attributes.items() if value}))
    attributes = {**known, "database": place.get("database")}
    return tuple(resources) or (Resource(TYPE, "*", {key: value for key, value in attributes.items() if value}),)
