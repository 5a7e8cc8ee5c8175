"""One policy: its annotations checked, its scope and the actions it names read from Cedar's own JSON form."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from warden.decide.source import Piece, Token, parse
from warden.errors import PolicyError

#: What each annotation is for. Any other is an error, or a misspelt one would be silently without effect.
ANNOTATIONS = {
    "id": "the rule's name, unique in its file",
    "reason": "one sentence for the agent: why this rule is there",
    "advice": "one or two sentences for the agent: what is allowed instead",
    "overrides": "preset rules that do not count where this permit matches",
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SENTENCE = 500

type Uid = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule. `id` is ``<file stem>/<@id>``; `actions` are the action uids that it names anywhere (operations and groups).

    `action_keys` and `resource_key` are what its scope can match, for sharding: None matches everything; an action key is a uid, a resource
    key is ``("==", type, id)`` or ``("is", type, "")``. `reads` are those of principal, resource (beyond its type) and context that can make a
    difference to it; the action always can.
    """

    id: str
    permit: bool
    reason: str
    advice: str
    overrides: tuple[str, ...]
    text: str
    preset: bool
    piece: Piece
    actions: frozenset[Uid]
    action_keys: frozenset[Uid] | None
    resource_key: tuple[str, str, str] | None
    reads: frozenset[str]

    def error(self, message: str, at: Token | None = None, advice: str = "") -> PolicyError:
        """A PolicyError about this rule, at token `at` or at its start."""
        return self.piece.error(message, at, advice, rule=self.id)


def read(piece: Piece, stem: str, *, preset: bool) -> Policy:
    """Parses one policy and checks its annotations. Raises PolicyError."""
    try:
        document = json.loads(parse(piece))
    except RecursionError:
        raise piece.error("this policy is nested too deeply.") from None
    if document["templates"]:
        slot = next((token for token in piece.tokens if token.text == "?"), None)
        raise piece.error("a template (?principal, ?resource) would never match anything.", slot, "Name the principal or resource itself.")
    (est,) = document["staticPolicies"].values()
    annotations: dict[str, str | None] = est.get("annotations", {})
    name = _identity(piece, annotations)
    rule = f"{stem}/{name}"
    permit = est["effect"] == "permit"
    for annotation in annotations:
        if annotation not in ANNOTATIONS:
            raise piece.error(f"@{annotation} is not an annotation.", _mark(piece, annotation), _did_you_mean(annotation), rule)
    reason = _sentence(piece, annotations, "reason", rule)
    advice = _sentence(piece, annotations, "advice", rule) if not permit or "advice" in annotations else ""
    return Policy(
        id=rule,
        permit=permit,
        reason=reason,
        advice=advice,
        overrides=_overrides(piece, annotations, rule, permit=permit, preset=preset),
        text=piece.text,
        preset=preset,
        piece=piece,
        actions=frozenset(_action_uids(est)),
        action_keys=_action_keys(est["action"]),
        resource_key=_resource_key(est["resource"]),
        reads=frozenset(_reads(est)) - {"action"},
    )


def _identity(piece: Piece, annotations: dict[str, str | None]) -> str:
    name = annotations.get("id")
    if not name:
        raise piece.error("this rule has no name.", None, 'Put @id("short-name") before it; denials and the audit log show it.')
    if not _ID.fullmatch(name):
        at = _mark(piece, "id")
        raise piece.error(f"{name!r} cannot be a rule's name.", at, "Use letters, digits, '.', '_' and '-', at most 100.", name)
    return name


def _sentence(piece: Piece, annotations: dict[str, str | None], key: str, rule: str) -> str:
    text = annotations.get(key)
    if not text or not text.strip():
        raise piece.error(f"it has no @{key}.", None, f"Put @{key}(...) before it: {ANNOTATIONS[key]}.", rule)
    if len(text) > _SENTENCE or not text.isprintable():
        raise piece.error(f"its @{key} is not one short line.", _mark(piece, key), f"At most {_SENTENCE} printable characters.", rule)
    return text.strip()


def _overrides(piece: Piece, annotations: dict[str, str | None], rule: str, *, permit: bool, preset: bool) -> tuple[str, ...]:
    if "overrides" not in annotations:
        return ()
    at = _mark(piece, "overrides")
    if preset or not permit:
        raise piece.error("only a permit in a file of yours can override a preset's rule.", at, "", rule)
    names = tuple(name.strip() for name in (annotations["overrides"] or "").split(","))
    if not all(names):
        raise piece.error("@overrides names no rule.", at, 'Write @overrides("no-destroy/destructive"), several separated by commas.', rule)
    return names


def _mark(piece: Piece, annotation: str) -> Token | None:
    pairs = zip(piece.tokens, piece.tokens[1:], strict=False)
    return next((name for at, name in pairs if at.text == "@" and name.text == annotation), None)


def _did_you_mean(annotation: str) -> str:
    close = difflib.get_close_matches(annotation, ANNOTATIONS, 1, 0.5)
    known = ", ".join(f"@{name}" for name in ANNOTATIONS)
    return f"Did you mean @{close[0]}?" if close else f"There are {known}."


def _action_uids(node: Any) -> Iterator[Uid]:
    """Every entity of a type named Action in Cedar's JSON form: ``{"__entity": {...}}`` in conditions, plain pairs in the scope."""
    if isinstance(node, dict):
        kind, name = node.get("type"), node.get("id")
        if isinstance(kind, str) and isinstance(name, str) and kind.rpartition("::")[2] == "Action":
            yield (kind, name)
        for child in node.values():
            yield from _action_uids(child)
    elif isinstance(node, list):
        for child in node:
            yield from _action_uids(child)


def _action_keys(scope: dict[str, Any]) -> frozenset[Uid] | None:
    match scope:
        case {"op": "All"}:
            return None
        case {"op": "==" | "in", "entity": {"type": kind, "id": name}}:
            return frozenset({(kind, name)})
        case {"op": "in", "entities": list(entities)}:
            return frozenset((entity["type"], entity["id"]) for entity in entities)
    raise ValueError(f"an action scope that this version does not know: {scope}")


def _resource_key(scope: dict[str, Any]) -> tuple[str, str, str] | None:
    match scope:
        case {"op": "==", "entity": {"type": kind, "id": name}}:
            return ("==", kind, name)
        case {"op": "is", "entity_type": kind}:
            return ("is", kind, "")
        case _:
            return None  # anything, or `in`: always a candidate, and Cedar decides


def _reads(est: dict[str, Any]) -> Iterator[str]:
    """See `Policy.reads`. A literal of any entity but an action can be the principal or resource by another name, so it counts as all."""
    if est["principal"]["op"] != "All":
        yield "principal"
    if est["resource"]["op"] not in ("All", "is") or "in" in est["resource"]:
        yield "resource"
    stack: list[Any] = [est["conditions"]]
    while stack:
        match stack.pop():
            case {"is": {"left": {"Var": "resource"}, **rest}} if "in" not in rest:
                pass  # its type, which is always part of the question
            case {"Var": str(name)}:
                yield name
            case {"__entity": {"type": str(kind)}} if kind.rpartition("::")[2] != "Action":
                yield from ("principal", "resource", "context")
            case dict(node):
                stack.extend(node.values())
            case list(nodes):
                stack.extend(nodes)
