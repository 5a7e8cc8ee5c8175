"""Action, Principal and Resource as Cedar's query and the three entities that it needs.

Only what the vocabulary knows is passed, so that a policy which validates meets the same types when it runs. A value of another type than the
vocabulary says is an error of a dialect, and raises: leaving it out could silence a ``forbid``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from warden.decide.vocabulary import CONTEXT, ENTITIES, GROUP_TYPE, GROUPED, NAMESPACES, PRINCIPAL_TYPE, RESOURCE_TYPES, Attribute
from warden.model import Action, Flag, Principal, Query, Resource, Verb


def queries(principal: Principal, action: Action) -> list[Query]:
    """One query for each resource. An action that names none (a list call) acts on ``"*"`` of its provider's resource type."""
    namespace = NAMESPACES.get(action.provider)
    if namespace is None:
        raise ValueError(f"no Cedar namespace for provider {action.provider!r}")
    uid = (f"{namespace}::Action", action.operation)
    groups = _groups(action)
    context = _context(action)
    resources = action.resources or (_everything(namespace, action),)
    return [Query(principal, uid, groups, resource, context) for resource in resources]


def other_names(principal: Principal, action: Action) -> list[Query]:
    """The same action under the names of the other services of its family (rds, neptune, docdb), which the wire cannot tell apart."""
    family = action.context.get("family")
    first, _, operation = action.operation.partition(":")
    if not family or not operation:
        return []
    others = [service for service in family if service != first]
    renamed = (replace(action, operation=f"{name}:{operation}", context={**action.context, "service": name}) for name in others)
    return [query for other in renamed for query in queries(principal, other)]


def _groups(action: Action) -> tuple[str, ...]:
    names = {action.verb.value, action.provider, *(flag.value for flag in action.flags)}
    if action.verb is Verb.DELETE:
        names.add(Flag.DESTRUCTIVE.value)
    return tuple(sorted(names))


def _everything(namespace: str, action: Action) -> Resource:
    kind = RESOURCE_TYPES[namespace]
    if kind == "Net::Host":
        raise ValueError(f"{action.operation} names no host")
    service, colon, _ = action.operation.partition(":")
    attributes: dict[str, str] = {"service": service} if colon else {}
    attributes |= {name: value for name in ("region", "account", "partition") if isinstance(value := action.context.get(name), str)}
    return Resource(kind, "*", attributes)


def _context(action: Action) -> dict[str, Any]:
    known = _typed(action.context, CONTEXT, f"context of {action.operation}")
    return {
        **known,
        "provider": action.provider,
        "operation": action.operation,
        "verb": action.verb.value,
        "flags": sorted(flag.value for flag in action.flags),
        "certainty": action.certainty.value,
        "dry_run": Flag.DRY_RUN in action.flags,
    }


def _typed(values: Mapping[str, Any], attributes: Mapping[str, Attribute], owner: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        attribute = attributes.get(name)
        if attribute is None or value is None:
            continue
        if not attribute.fits(value):
            raise ValueError(f"{name} in the {owner} is not {attribute.cedar}")
        for text in (value,) if isinstance(value, str) else value if attribute.cedar == "Set<String>" else ():
            text.encode()  # half a surrogate pair has no place in JSON: refused here, whether or not a policy looks at it
        kept[name] = sorted(value) if attribute.cedar == "Set<String>" else value
    return kept


def action_parents(query: Query) -> list[tuple[str, str]]:
    """The groups that the query's action is in: those of ``Warden::Action``, and its service's (``AWS::Action::"ec2:*"``)."""
    kind, name = query.action
    if kind == "GCP::Action":
        own = [(kind, group) for group in gcp_services(name, query.context.get("service", ""))]
    else:
        service, colon, _ = name.partition(":")
        own = [(kind, f"{service}:*")] if colon and kind.removesuffix("::Action") in GROUPED else []
    return [*((GROUP_TYPE, group) for group in query.groups), *own]


def gcp_services(operation: str, service: str) -> list[str]:
    """The service groups of a Google operation: of its API, and of the first part of its id where that differs (``sqladmin.*`` and ``sql.*``)."""
    prefix = "" if "/" in operation else operation.rpartition(".")[0].partition(".")[0]
    return sorted(f"{name}.*" for name in {prefix, service} if name)


@functools.lru_cache(maxsize=64)
def principal_entity(principal: Principal) -> str:
    """``Warden::Agent::"name"`` with session, profile and user, as a JSON object."""
    attributes = {"session": principal.session, "profile": principal.profile, "user": principal.user}
    return json.dumps({"uid": {"type": PRINCIPAL_TYPE, "id": principal.agent}, "attrs": attributes, "parents": []})


def resource_entity(resource: Resource) -> str:
    """The resource with its typed attributes, as a JSON list of one."""
    attributes = _typed(resource.attributes, ENTITIES[resource.type], f"resource {resource.type}")
    return json.dumps([{"uid": {"type": resource.type, "id": resource.id}, "attrs": attributes, "parents": []}])


@functools.cache
def bare(kind: str, name: str) -> str:
    """A resource without attributes, for policies that look at its type only."""
    return json.dumps([{"uid": {"type": kind, "id": name}, "attrs": {}, "parents": []}])


def check(query: Query) -> None:
    """Raises for a resource that could not be passed to Cedar, so that the answer does not depend on whether a policy looks at it."""
    _typed(query.resource.attributes, ENTITIES[query.resource.type], f"resource {query.resource.type}")
    query.resource.id.encode()
    query.action[1].encode()
