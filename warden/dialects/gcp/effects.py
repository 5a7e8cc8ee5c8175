"""What one Google API call does: from a `Call` to Actions with verb, flags and resources.

::

    effects_table   what each method does, generated (tools/tables/gcp_effects.py), one file a service
    params          the call's parameters, one view over REST, uploads, gRPC and the storage XML API
    resources       the full names that they say
    effects         this: puts them together

SQL that a call carries (:mod:`warden.dialects.sql`) is an Action for each statement, and the method does what they do. A copy reads its source as
well, and a move deletes it: each is an Action of its own. When the body was not read, every condition counts as its worst, and a method whose
resource the body names is ``opaque`` besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from warden.dialects.conditions import holds
from warden.dialects.gcp import effects_table
from warden.dialects.gcp.effects_table import Entry
from warden.dialects.gcp.noun import UNKNOWN, Call, Protocol
from warden.dialects.gcp.params import Parameters, in_session
from warden.dialects.gcp.resources import TYPE, named, resources, whole
from warden.dialects.gravity import GRAVITY
from warden.dialects.paths import wire_path
from warden.dialects.sql import Statement, google
from warden.dialects.sql import actions as sql
from warden.model import Action, Certainty, Flag, Resource, Verb

#: Methods of the storage XML API that may read another object, and the headers that name it.
_XML_COPIES = frozenset({"storage.objects.copy", "storage.objects.insert"})
_COPY_SOURCES = frozenset({"x-goog-copy-source", "x-amz-copy-source"})

_NO_FLAGS: frozenset[Flag] = frozenset()
_DESTRUCTIVE = frozenset({Flag.DESTRUCTIVE})
_OPAQUE = frozenset({Flag.OPAQUE})


def needs_body(call: Call) -> bool:
    """Whether effects or resources of this call read its body. Never for content alone."""
    entry = effects_table.entry(call.service, call.method)
    if entry is None:
        return False
    if call.protocol is Protocol.GRPC:
        return not entry.media and bool(entry.variants)
    if entry.method in google.specs():
        return True
    if call.protocol is Protocol.UPLOAD:
        return entry.reads_body and ("uploadType", "media") not in call.query and not in_session(call)
    return entry.reads_body and call.protocol is not Protocol.STORAGE_XML


def actions(call: Call, host: str) -> tuple[Action, ...]:
    """What `call` does, at least one Action. `host` names the resource of a call that is not known.

    Raises DecodeError when its parameters have two readings.
    """
    entry = effects_table.entry(call.service, call.method)
    if entry is None:
        return (_unknown(call, host),)
    parameters = Parameters(call, entry)
    spec = google.specs().get(entry.method)
    carried = _statements(spec, parameters) if spec else ()
    verb, flags = _effect(entry, parameters, spec.path if spec and carried else "")
    if carried:
        does = sql.applied(verb, flags, carried)
        verb, flags = does.verb, does.flags
    acted_on, hidden = resources(entry, parameters)
    rehearsal = _rehearsal(entry, parameters)
    flags |= rehearsal | (_OPAQUE if hidden else _NO_FLAGS)
    first = _action(entry.method, verb, flags, acted_on, call, entry)
    found = (first, *_also(entry, parameters, call, bool(rehearsal)), *_copied(entry, call))
    if spec is None or not carried:
        return found
    return (*found, *sql.actions(carried, engines=spec.engines, service=entry.service, place=first.context, flags=rehearsal))


def _statements(spec: google.Spec, parameters: Parameters) -> tuple[Statement, ...]:
    """The SQL statements that the call carries; none when there are none, or the body that holds them was not read."""
    where = wire_path(spec.path)
    return () if parameters.missing(where) else google.carried(spec, parameters.values(where, fold=True))


def operations() -> Iterator[tuple[str, str, Verb, frozenset[Flag], frozenset[Verb]]]:
    """Every known method: its service, its name, its verb without conditions, and all flags and verbs that it can have."""
    for entry in effects_table.entries():
        verbs = {entry.verb, *(effect.verb for effect in entry.when if effect.verb is not None)}
        flags = set(entry.flags).union(*(effect.flags for effect in entry.when))
        if Verb.DELETE in verbs:
            flags.add(Flag.DESTRUCTIVE)
        if entry.method in google.specs():
            verbs |= sql.VERBS
            flags |= sql.FLAGS
        if entry.dry_run is not None:
            flags.add(Flag.DRY_RUN)
        if entry.templates and (entry.reads_body or entry.variants):
            flags.add(Flag.OPAQUE)
        yield entry.service, entry.method, entry.verb, frozenset(flags), frozenset(verbs)


def _action(operation: str, verb: Verb, flags: frozenset[Flag], acted_on: tuple[Resource, ...], call: Call, entry: Entry) -> Action:
    return Action(
        provider="gcp",
        operation=operation,
        verb=verb,
        flags=flags | _DESTRUCTIVE if verb is Verb.DELETE else flags,
        resources=acted_on,
        context=_context(call, entry.service, entry.iam, acted_on),
        certainty=Certainty.EXACT,
    )


def _unknown(call: Call, host: str) -> Action:
    service = call.service if call.service != UNKNOWN else ""
    return Action(
        provider="gcp",
        operation=f"{service}.{UNKNOWN}" if effects_table.known(service) else UNKNOWN,
        verb=Verb.UNKNOWN,
        resources=(whole(service, f"{service}.googleapis.com") if service else Resource(TYPE, f"//{host}/*"),),
        context=_context(call, service, (), ()) | ({"operation": call.method} if call.known else {}),
        certainty=Certainty.UNKNOWN,
    )


def _context(call: Call, service: str, iam: tuple[str, ...], acted_on: tuple[Resource, ...]) -> dict[str, Any]:
    """JSON-like facts for policies and the audit; what is not known is absent."""
    found: dict[str, Any] = {"protocol": call.protocol.value, "method": call.http_method}
    if service:
        found["service"] = service
    if call.version:
        found["version"] = call.version
    if acted_on:
        for name in ("project", "location"):
            if value := acted_on[0].attributes.get(name):
                found[name] = value
    if iam:
        found["iam"] = list(iam)
    return found


def _effect(entry: Entry, parameters: Parameters, read: str) -> tuple[Verb, frozenset[Flag]]:
    """Verb and flags by the tables. What they say about words at the path `read` does not count, nor does ``execute``: those statements were read."""
    verb, flags = entry.verb, entry.flags
    for effect in entry.when:
        if effect.condition is not None and "words" in effect.condition and effect.condition["path"] == read:
            continue
        if effect.condition is not None and holds(effect.condition, parameters, entry.wire):
            flags |= effect.flags
            if effect.verb is not None and not (read and effect.verb is Verb.EXECUTE) and GRAVITY[effect.verb] > GRAVITY[verb]:
                verb = effect.verb
    return verb, flags


def _rehearsal(entry: Entry, parameters: Parameters) -> frozenset[Flag]:
    """``dry_run`` when the parameter is there, in its exact name and cleanly true, and nothing like it says otherwise."""
    if entry.dry_run is None or parameters.missing(entry.dry_run):
        return _NO_FLAGS
    exact = parameters.values(entry.dry_run, fold=False)
    if len(exact) == 1 and (exact[0] is True or exact[0] == "true") and len(parameters.values(entry.dry_run, fold=True)) == 1:
        return frozenset({Flag.DRY_RUN})
    return _NO_FLAGS


def _also(entry: Entry, parameters: Parameters, call: Call, rehearsal: bool) -> Iterator[Action]:
    if call.protocol is Protocol.STORAGE_XML:
        return
    for one in entry.also:
        found = tuple(named(entry, one.template, parameters)) or (whole(entry.service, entry.host),)
        flags = frozenset({Flag.DRY_RUN}) if rehearsal else _NO_FLAGS
        yield _action(one.operation, one.verb, flags, found, call, entry)


def _copied(entry: Entry, call: Call) -> Iterator[Action]:
    """The read of a copy's source in the storage XML API: ``bucket/object`` in a header, percent-encoded."""
    if call.protocol is not Protocol.STORAGE_XML or call.method not in _XML_COPIES:
        return
    for name, value in call.headers:
        if name.lower() in _COPY_SOURCES:
            bucket, _, key = unquote(value.partition("?")[0]).removeprefix("/").partition("/")
            resource = Resource(
                TYPE,
                f"//{entry.host}/projects/_/buckets/{bucket}/objects/{key}",
                {"service": entry.service, "type": "objects", "name": key},
            )
            yield _action("storage.objects.get", Verb.READ, _NO_FLAGS, (resource,), call, entry)
