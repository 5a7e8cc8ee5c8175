"""The tables of resources and effects, read at first use: what a verb on a resource does, and under which condition on the body.

`tables/resources.json` lists the Kubernetes API's own resources, `tables/effects.json` what is in no verb's name, one row each with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from warden.dialects.gravity import GRAVITY
from warden.model import Flag, Verb

DIRECTORY = Path(__file__).parent / "tables"

#: The API server's verb -> ours, before any row.
VERBS: Mapping[str, Verb] = {
    "get": Verb.READ, "list": Verb.LIST, "watch": Verb.LIST, "create": Verb.CREATE, "update": Verb.UPDATE, "patch": Verb.UPDATE,
    "delete": Verb.DELETE, "deletecollection": Verb.DELETE, "proxy": Verb.CONNECT,
}  # fmt: skip
_SETS = {
    "read": ("get", "list", "watch"),
    "write": ("create", "update", "patch"),
    "change": ("update", "patch"),
    "delete": ("delete", "deletecollection"),
    "create": ("create",),
    "update": ("update",),
    "patch": ("patch",),
}
_OBJECT = tuple(VERBS)[:8]

#: Groups of the Kubernetes API whose names have no dot: in the tables, what stands before the first slash is a group or a core resource.
_PLAIN_GROUPS = frozenset({"apps", "batch", "autoscaling", "policy", "extensions"})

#: Subresources that honour ``dryRun`` in the query. Not: token and the reviews (their handlers do not look), streams, rollback, and whatever an
#: aggregated API invents.
_REHEARSED = frozenset({"", "status", "scale", "eviction", "binding", "ephemeralcontainers", "resize", "finalize", "approval"})
#: Subresources that a custom resource can have: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
_CUSTOM_SUBRESOURCES = frozenset({"", "status", "scale"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What counts in addition when `condition` holds."""

    verb: Verb | None
    flags: frozenset[Flag]
    condition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One verb on one resource. `when` are the effects that depend on the request; `body` whether any reads its body; `rehearsed` whether
    ``dryRun`` is honoured; `cascade` whether what is inside goes with it; `known` whether the verb says what it does.
    """

    verb: Verb
    flags: frozenset[Flag]
    when: tuple[Effect, ...]
    body: bool
    rehearsed: bool
    cascade: bool
    known: bool


@dataclass(frozen=True, slots=True)
class _Row:
    on: tuple[tuple[str, str, str], ...]
    verbs: frozenset[str] | None
    verb: Verb | None
    fixed: bool
    flags: frozenset[Flag]
    condition: Mapping[str, Any] | None
    cascade: bool


@cache
def resources() -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    """(group, resource, subresource) of the Kubernetes API -> the verbs that it is served with."""
    found = {}
    for group, names in json.loads((DIRECTORY / "resources.json").read_bytes())["groups"].items():
        for name, verbs in names.items():
            resource, _, subresource = name.partition("/")
            found[group, resource, subresource] = _OBJECT if verbs == "*" else tuple(verbs.split())
    return found


@cache
def _document() -> tuple[list[_Row], dict[tuple[str, str, str], str]]:
    """The rows, and where each workload holds its pods' specification."""
    document = json.loads((DIRECTORY / "effects.json").read_bytes())
    pods = {_target(name): path for name, path in document["pods"].items()}
    aliases = {name: tuple(map(_target, names)) for name, names in document["aliases"].items()}
    aliases["@workload"] = tuple(pods)
    rows = []
    for row in document["rows"]:
        on = tuple(target for name in row["on"] for target in aliases.get(name, (_target(name),)))
        verbs = row["verbs"]
        listed = None if verbs == "any" else frozenset(_SETS[verbs] if isinstance(verbs, str) else verbs)
        verb = Verb(row["verb"]) if "verb" in row else None
        flags = frozenset(map(Flag, row.get("flags", ())))
        rows.append(_Row(on, listed, verb, row.get("set", False), flags, row.get("if"), row.get("cascade", False)))
    return rows, pods


def _target(name: str) -> tuple[str, str, str]:
    """``[group/]resource[/subresource]`` of the tables as a triple; ``*`` and ``custom`` stand as they are."""
    first, *rest = name.split("/")
    if rest and ("." in first or first in _PLAIN_GROUPS):
        return first, rest[0], rest[1] if len(rest) > 1 else ""
    return "", first, rest[0] if rest else ""


# Bounded: whoever asks for a thousand invented resources makes a thousand entries.
@lru_cache(maxsize=2048)
def entry(verb: str, group: str, resource: str, subresource: str) -> Entry:
    """What API server verb `verb` on this resource does."""
    rows, pods = _document()
    known = (group, resource, subresource) in resources()
    custom = (group, resource, "") not in resources() and not known
    names = {(group, resource, subresource), ("", "*", subresource)} | ({("", "*", "*")} if subresource else set())
    if custom:
        names.add(("", "custom", subresource))
    own, flags, when, cascade, said, streams = VERBS.get(verb, Verb.UNKNOWN), set[Flag](), list[Effect](), False, False, False
    for row in rows:
        if (row.verbs is not None and verb not in row.verbs) or names.isdisjoint(row.on):
            continue
        cascade |= row.cascade
        if row.condition is not None:
            pod = pods.get((group, resource, subresource)) or (pods[("", "custom", "")] if custom else "")
            when.append(Effect(row.verb, row.flags, _substituted(row.condition, pod)))
            continue
        flags |= row.flags
        if row.fixed and not said:  # Rows on a name come before those on any: the first that fixes a verb is the one.
            own, said, streams = row.verb or own, True, row.verbs is None
        elif row.verb is not None and not row.fixed:
            own = max(own, row.verb, key=GRAVITY.__getitem__)
    if streams:
        when.clear()  # whatever the method, there is no object in the body
    unsure = not known and subresource not in _CUSTOM_SUBRESOURCES and not said and own not in (Verb.READ, Verb.LIST)
    if unsure or own is Verb.UNKNOWN:
        own = Verb.UNKNOWN
    if own is Verb.DELETE:
        flags.add(Flag.DESTRUCTIVE)
    writes = own not in (Verb.READ, Verb.LIST, Verb.UNKNOWN) and verb in _OBJECT[3:]
    rehearsed = writes and subresource in _REHEARSED and (known or subresource in _CUSTOM_SUBRESOURCES)
    reads_body = bool(when) or (rehearsed and (verb in _SETS["delete"] or subresource == "eviction"))
    return Entry(own, frozenset(flags), tuple(when), reads_body, rehearsed, cascade, own is not Verb.UNKNOWN)


def _substituted(condition: Mapping[str, Any], pod: str) -> Mapping[str, Any]:
    text = json.dumps(condition).replace("{pod}", pod)
    found: dict[str, Any] = json.loads(text)
    return found


def operations() -> Iterator[tuple[str, set[Verb], set[Flag]]]:
    """Every operation by name, with all verbs and flags that it can have: of the Kubernetes API, of other resources that rows name, and of any
    other (``*/*:get``, ``*/*/scale:patch``, ``*/*/*:create``).
    """
    rows, _ = _document()
    targets = {target for row in rows for target in row.on}
    for target in sorted(targets | resources().keys()):
        if target in resources():
            verbs = resources()[target]
        elif target[0]:
            verbs = _OBJECT
        else:
            continue  # a subresource of any, below
        for verb in verbs:
            yield f"{'/'.join(part for part in target if part)}:{verb}", *possible(verb, *target)
    for subresource in sorted({"", "status", "scale", "*", *(target[2] for target in targets if target[:2] == ("", "*"))}):
        for verb in (*_OBJECT, "options"):
            named = f"*/*/{subresource}" if subresource else "*/*"
            yield f"{named}:{verb}", *possible(verb, "example.com", "examples", subresource)


def possible(verb: str, group: str, resource: str, subresource: str) -> tuple[set[Verb], set[Flag]]:
    """All verbs and flags that this operation can have."""
    found = entry(verb, group, resource, subresource)
    verbs = {found.verb, *(effect.verb for effect in found.when if effect.verb is not None)}
    flags = set(found.flags).union(*(effect.flags for effect in found.when))
    if Verb.DELETE in verbs:
        flags.add(Flag.DESTRUCTIVE)
    if found.rehearsed:
        flags.add(Flag.DRY_RUN)
    return verbs, flags
