"""What one AWS request does: from a `Route` to Actions with verb, flags and resources.

::

    effects_table   what each operation does, generated (tools/tables/aws_effects.py), one file a service
    params          the request's parameters, one view over six protocols
    resources       the ARNs that they name
    effects         this: puts them together

A message with parts (``BatchWriteItem``, ``TransactWriteItems``, ``ChangeResourceRecordSets``) is one Action for each kind of part; a copy reads its
source as well; a schedule whose universal target names a call makes that call too, later; SQL that a request carries (:mod:`warden.dialects.sql`) is
an Action for each statement, and the operation does what they do. When the body was not read, every condition counts as its worst, and an operation
whose resources the body names is ``opaque`` besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote

from warden.dialects.aws import effects_table
from warden.dialects.aws.effects_table import Effect, Entry, SqlSpec
from warden.dialects.aws.params import Parameters
from warden.dialects.aws.resources import TYPE, arn_service, of_names, partition, resources, whole
from warden.dialects.aws.route import UNKNOWN, Route
from warden.dialects.conditions import holds
from warden.dialects.gravity import GRAVITY
from warden.dialects.paths import WirePath, wire_path
from warden.dialects.sql import Statement, statements
from warden.dialects.sql import actions as sql
from warden.model import Action, Certainty, Flag, HttpRequest, Resource, Verb

#: S3 operations that read another object, named in this header.
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_COPY_SOURCE = "x-amz-copy-source"

#: A universal target of EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
_UNIVERSAL_TARGET = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<service>[A-Za-z0-9]+):(?P<operation>[A-Za-z0-9]+)")
#: Its service names that are not botocore's without hyphens.
_SDK_NAMES = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "databasemigration": "dms",
    "elasticsearch": "es",
    "directory": "ds",
}

_NO_FLAGS: frozenset[Flag] = frozenset()


def needs_body(route: Route) -> bool:
    """Whether effects or resources of this request read its body. Never for object uploads: all that counts there is in path and headers."""
    return any(route.protocol in entry.body_protocols for entry in _entries(route))


def actions(route: Route, request: HttpRequest) -> tuple[Action, ...]:
    """What `request` does, at least one Action. Raises DecodeError when its parameters have two readings."""
    entries = _entries(route)
    if not entries:
        return (_unknown(route),)
    parameters = Parameters(route, request)
    first = entries[0]
    carried = _statements(first, parameters, route)
    found = list(_of(first, entries, parameters, route, carried))
    if first.sql and carried:
        found.extend(_carried(first.sql, carried, first, parameters, route))
    if first.service == "s3" and first.operation in _COPIES:
        found.extend(_copied(route, request))
    for path in first.deferred:
        found.extend(_deferred(path, first, parameters, route))
    return tuple(found)


def operations() -> Iterator[tuple[str, Verb, frozenset[Flag], frozenset[Verb]]]:
    """Every known operation: its name, its verb without conditions, and all flags and verbs that it can have."""
    for entry in effects_table.entries():
        effects = (entry.base, *entry.when, *entry.parts, *(effect for part in entry.parts for effect in part.when))
        verbs = {effect.verb for effect in effects if effect.verb is not None}
        flags = set().union(*(effect.flags for effect in effects))
        if entry.sql:
            verbs |= sql.VERBS
            flags |= sql.FLAGS
        if Verb.DELETE in verbs:
            flags.add(Flag.DESTRUCTIVE)
        if entry.dry_run:
            flags.add(Flag.DRY_RUN)
        if entry.resources:
            flags.add(Flag.OPAQUE)
        yield f"{entry.service}:{entry.operation}", entry.verb, frozenset(flags), frozenset(verbs)


def _entries(route: Route) -> list[Entry]:
    found = (effects_table.entry(service, route.operation) for service in route.services)
    return [entry for entry in found if entry is not None]


def _unknown(route: Route) -> Action:
    service = route.services[0]
    return Action(
        provider="aws",
        operation=f"{service}:{UNKNOWN}",
        verb=Verb.UNKNOWN,
        resources=(whole(service, route),),
        context=_context(route, ()) | ({"operation": route.operation} if route.operation != UNKNOWN else {}),
        certainty=Certainty.UNKNOWN,
    )


def _context(route: Route, iam: Iterable[str], services: Sequence[str] = ()) -> dict[str, Any]:
    """JSON-like facts for policies and the audit; what is not known is absent. `services` are the members of the family that have the operation."""
    known: dict[str, Any] = {
        "service": services[0] if services else route.services[0],
        "region": route.region,
        "account": route.account,
        "partition": route.partition,
        "protocol": route.protocol,
    }
    found = {key: value for key, value in known.items() if value}
    if names := list(iam):
        found["iam"] = names
    if len(services) > 1:
        found["family"] = list(services)
    return found


def _of(first: Entry, entries: list[Entry], parameters: Parameters, route: Route, carried: Sequence[Statement] = ()) -> Iterator[Action]:
    """The Actions of the operation itself. In a family every member's effects count, and the graver verb.

    What carries statements (`carried`) does what they do.
    """
    verb, flags = first.verb, _NO_FLAGS
    for entry in entries:
        own_verb, own_flags = _effect(entry, parameters, route)
        verb = max(verb, own_verb, key=GRAVITY.__getitem__)
        flags |= own_flags
    if carried:
        effect = sql.applied(verb, flags, carried)
        verb, flags = effect.verb, effect.flags
    flags |= _rehearsal(first, parameters, route)
    if parameters.body_missing and route.protocol in first.body_protocols and first.resources:
        flags |= {Flag.OPAQUE}
    wire = first.wire.get(route.protocol, {})
    parts = [part for part in first.parts if part.condition is not None and holds(part.condition, parameters, wire)]
    # A message that is made of parts and has none that is known may have one that the service knows.
    for part in parts or [Effect(verb, frozenset({Flag.OPAQUE}) if first.parts else _NO_FLAGS)]:
        part_verb, part_flags = _when(part.when, part.verb or verb, part.flags, parameters, wire)
        all_flags = flags | part_flags | ({Flag.DESTRUCTIVE} if part_verb is Verb.DELETE else _NO_FLAGS)
        acted_on, collapsed = resources(first, parameters, route, part.resources)
        if first.sql and first.sql.table and all(one.tables for one in carried):
            names = [table.name for one in carried for table in one.tables]
            acted_on = of_names(first.sql.table, names, route) or acted_on
        yield Action(
            provider="aws",
            operation=f"{first.service}:{first.operation}",
            verb=part_verb,
            flags=all_flags | ({Flag.OPAQUE} if collapsed else _NO_FLAGS),
            resources=acted_on,
            context=_context(route, first.iam, [entry.service for entry in entries]),
            certainty=Certainty.FAMILY if len(entries) > 1 else Certainty.EXACT,
        )


def _statements(entry: Entry, parameters: Parameters, route: Route) -> tuple[Statement, ...]:
    """The SQL statements that the request carries; none when there are none, or the body that holds them was not read."""
    if entry.sql is None:
        return ()
    where = entry.wire.get(route.protocol, {}).get(entry.sql.path)
    if where is None or (where.in_body and parameters.body_missing):
        return ()
    found: dict[Statement, None] = {}
    for text in parameters.values(where, fold=True):
        # What is no text is nothing to the parser either: it is read, as opaque.
        found |= dict.fromkeys(statements(text if isinstance(text, str) else "", entry.sql.engines))
    return tuple(found)


def _carried(spec: SqlSpec, carried: Sequence[Statement], entry: Entry, parameters: Parameters, route: Route) -> Iterator[Action]:
    """The statements as Actions of their own."""
    place = _context(route, ())
    wire = entry.wire.get(route.protocol, {})
    for name, path in (("database", spec.database), ("schema", spec.schema)):
        where = wire.get(path) if path else None
        values = parameters.values(where, fold=False) if where else []
        if len(values) == 1 and isinstance(values[0], str):
            place[name] = values[0]
    yield from sql.actions(carried, engines=spec.engines, service=entry.service, place=place)


def _effect(entry: Entry, parameters: Parameters, route: Route) -> tuple[Verb, frozenset[Flag]]:
    return _when(entry.when, entry.verb, entry.base.flags, parameters, entry.wire.get(route.protocol, {}))


def _when(
    effects: Iterable[Effect], verb: Verb, flags: frozenset[Flag], parameters: Parameters, wire: Mapping[str, WirePath]
) -> tuple[Verb, frozenset[Flag]]:
    """`verb` and `flags` with those of `effects` whose conditions hold: the graver verb, all flags."""
    for effect in effects:
        if effect.condition is not None and holds(effect.condition, parameters, wire):
            flags |= effect.flags
            if effect.verb is not None and GRAVITY[effect.verb] > GRAVITY[verb]:
                verb = effect.verb
    return verb, flags


def _rehearsal(entry: Entry, parameters: Parameters, route: Route) -> frozenset[Flag]:
    """``dry_run`` when the parameter is there, in its exact name and cleanly true, and nothing like it says otherwise."""
    where = entry.wire.get(route.protocol, {}).get(entry.dry_run) if entry.dry_run else None
    if where is None or (where.in_body and parameters.body_missing):
        return _NO_FLAGS
    exact = parameters.values(where, fold=False)
    if len(exact) == 1 and (exact[0] is True or exact[0] == "true") and len(parameters.values(where, fold=True)) == 1:
        return frozenset({Flag.DRY_RUN})
    return _NO_FLAGS


def _copied(route: Route, request: HttpRequest) -> Iterator[Action]:
    """The read of a copy's source: ``bucket/key?versionId=...`` or ``arn:...:accesspoint/name/object/key``, percent-encoded."""
    for value in Parameters(route, request).values(wire_path(f"header:{_COPY_SOURCE}"), fold=True):
        source = unquote(str(value).partition("?")[0]).removeprefix("/")
        name = source if source.startswith("arn:") else f"arn:{partition(route)}:s3:::{source}"
        attributes: dict[str, str | bool | int] = {"service": "s3", "type": "object", "name": source}
        yield Action(
            provider="aws",
            operation="s3:GetObject",
            verb=Verb.READ,
            resources=(Resource(TYPE, name, attributes),),
            context=_context(route, ("s3:GetObject",)),
            certainty=Certainty.EXACT,
        )


def _deferred(path: str, entry: Entry, parameters: Parameters, route: Route) -> Iterator[Action]:
    """The calls that universal targets at `path` make later, each as its worst: its input is not read."""
    where = entry.wire.get(route.protocol, {}).get(path)
    if where is None or (where.in_body and parameters.body_missing):
        return
    for value in dict.fromkeys(str(one) for one in parameters.values(where, fold=True)):
        matched = _UNIVERSAL_TARGET.fullmatch(value)
        target = _named(matched["service"].lower(), matched["operation"].lower()) if matched else None
        if target is None:
            continue
        effects = (target.base, *target.when, *target.parts, *(effect for part in target.parts for effect in part.when))
        verb = max((effect.verb for effect in effects if effect.verb is not None), key=GRAVITY.__getitem__)
        flags = frozenset({Flag.OPAQUE}).union(*(effect.flags for effect in effects))
        yield Action(
            provider="aws",
            operation=f"{target.service}:{target.operation}",
            verb=verb,
            flags=flags | ({Flag.DESTRUCTIVE} if verb is Verb.DELETE else _NO_FLAGS),
            resources=(whole(arn_service(target), route),),
            context=_context(route, target.iam) | {"service": target.service, "deferred": True},
            certainty=Certainty.EXACT,
        )


@cache
def _named(service: str, operation: str) -> Entry | None:
    """The entry of a universal target's names, which are lower case or camel case."""
    service = _SDK_NAMES.get(service, service)
    for name in effects_table.services():
        if name.replace("-", "") == service.replace("-", ""):
            return next((found for found in effects_table.of_service(name) if found.operation.lower() == operation), None)
    return None
