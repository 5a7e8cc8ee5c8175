"""Where a parameter is in a request, and the walk to it.

A path is ``source:steps``: ``form:InstanceId[]``, ``body:RequestItems{*}[].DeleteRequest``, ``xml:Rule[].Expiration``, ``header:x-amz-acl``,
``query:versionId``, ``label:Bucket``, ``payload:``.

Steps: ``Name`` a member; ``Name[]`` each entry of a list; ``Name{Key}`` one entry of a map; ``Name{*}`` each value of a map; ``Name{@}`` its
keys; ``Name{@Member}`` the keys whose value holds that member; ``Name[Key=Value]`` the entries of a list whose member Key is Value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

#: Sources of a path that are in the body (form parameters may be in the query string too).
BODY_SOURCES = frozenset({"form", "body", "xml", "payload"})

_STEP = re.compile(r"([^\[\]{}]+)((?:\[[^\]]*\]|\{[^}]*\})*)")
_SELECTOR = re.compile(r"\[[^\]]*\]|\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One member name and what is taken below it: selectors as they are written (``[]``, ``{*}``, ``[Name=Policy]``)."""

    name: str
    folded: str
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WirePath:
    """A compiled path. `steps` is empty for header, query and label, whose `name` is the whole key; `many`: a list is expected there."""

    source: str
    name: str
    steps: tuple[Step, ...]
    many: bool

    @property
    def in_body(self) -> bool:
        return self.source in BODY_SOURCES


def folded(name: str) -> str:
    """`name` as lenient readings compare it: ``updateMask`` and ``update_mask`` are one field in Google's JSON."""
    return name.lower().replace("_", "")


@cache
def wire_path(text: str) -> WirePath:
    """`text` compiled. Raises ValueError when it is no path: the tables are wrong."""
    source, colon, rest = text.partition(":")
    if not colon or source not in BODY_SOURCES | {"header", "query", "label"}:
        raise ValueError(f"no wire path: {text}")
    if source in ("header", "query", "label", "payload"):
        return WirePath(source, rest.removesuffix("[]"), (), rest.endswith("[]"))
    steps = []
    for part in rest.split("."):
        matched = _STEP.fullmatch(part)
        if not matched:
            raise ValueError(f"no step in {text}: {part}")
        steps.append(Step(matched[1], folded(matched[1]), tuple(_SELECTOR.findall(matched[2]))))
    return WirePath(source, "", tuple(steps), any(step.selectors for step in steps))


class Children(list[Any]):
    """All children of one name of an XML element: what `Name` finds, with or without ``[]``."""


def walk(tree: Any, path: WirePath, *, fold: bool) -> list[Any]:
    """All values at the steps of `path` below `tree`, without nulls. `fold`: member names match in any case, and lists under lenient readings,
    for questions whose yes is the harmful answer.
    """
    nodes = [tree]
    for step in path.steps:
        nodes = list(_descend(nodes, step, fold))
        if not nodes:
            return nodes
    return [node[""] if isinstance(node, dict) and "" in node else node for node in nodes]


def _descend(nodes: Iterable[Any], step: Step, fold: bool) -> Iterator[Any]:
    for node in nodes:
        if not isinstance(node, dict):
            if fold and step.folded == "value" and isinstance(node, str):
                yield node  # EC2's AttributeValue structures, sent without their one member
            continue
        if fold:
            found = [value for key, value in node.items() if folded(key) == step.folded]
            if step.selectors[:1] == ("[]",):
                found += _misnamed(node, step)
        else:
            found = [node[step.name]] if step.name in node else []
        for value in found:
            below: Iterable[Any] = value if isinstance(value, Children) else (value,)
            for selector in step.selectors:
                below = _select(below, selector, fold)
            for one in below:
                if one is not None:
                    yield one


def _misnamed(node: dict[str, Any], step: Step) -> list[Any]:
    """Entries of a form's list under another name than the model's: AWS takes ``Ids.member.1`` for ``Ids.Id.1``, and others take ``Ids.1``."""
    numbered = {key: value for key, value in node.items() if key.isdecimal()}
    named = [
        value
        for key, value in node.items()
        if not key.isdecimal() and folded(key) != step.folded and "member" in (key.lower(), step.folded)
    ]
    return [numbered, *named] if numbered else named


def _select(nodes: Iterable[Any], selector: str, fold: bool) -> Iterator[Any]:
    inner = selector[1:-1]
    for node in nodes:
        if selector == "[]":
            yield from _entries(node, fold)
        elif selector[0] == "[":
            key, _, wanted = inner.partition("=")
            for entry in _entries(node, fold):
                if any(_same(value, wanted, fold) for value in _descend([entry], Step(key, folded(key), ()), fold)):
                    yield entry
        elif not isinstance(node, dict):
            continue
        elif inner == "*":
            yield from node.values()
        elif inner.startswith("@"):
            yield from (key for key, value in node.items() if inner == "@" or _holds(value, inner[1:], fold))
        else:
            yield from (value for key, value in node.items() if _same(key, inner, fold))


def _entries(node: Any, fold: bool) -> Iterator[Any]:
    """The entries of a list: a JSON array, numbered form parameters (a lone one without a number too), or repeated XML elements.

    `fold` also finds entries below numbers that are none (``-1``, ``member.1``) and in lists of lists: a server may be that lenient.
    """
    if isinstance(node, list):
        for entry in node:
            yield from _entries(entry, fold) if fold and isinstance(entry, list) else (entry,)
    elif isinstance(node, dict) and node and all(key == "" or key.isdecimal() for key in node):
        for key in sorted(node, key=lambda key: (len(key), key)):
            entry = node[key]
            yield entry
            if fold and isinstance(entry, dict) and all(below.isdecimal() for below in entry):
                yield from _entries(entry, fold)
    elif node is not None:
        yield node
        if fold and isinstance(node, dict):
            for below in node.values():
                if isinstance(below, dict):
                    yield from _entries(below, fold)


def _holds(value: Any, member: str, fold: bool) -> bool:
    return any(True for entry in _entries(value, fold) for _ in _descend([entry], Step(member, folded(member), ()), fold))


def _same(value: Any, wanted: str, fold: bool) -> bool:
    return isinstance(value, str) and (value.lower() == wanted.lower() if fold else value == wanted)
