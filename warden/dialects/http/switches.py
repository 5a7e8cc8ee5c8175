"""Arguments by which a mutation that sounds harmless loses data: ``updateRef(force: true)``, ``variableCollectionUpsert(replace: true)``.

Looked for in the arguments that the document writes and in the variables they name, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graphql.language import (
    ArgumentNode,
    BooleanValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from warden.dialects.http.words import Effect
from warden.model import Flag, Verb

#: Names that, when they are true, mean that something is lost which the mutation alone would keep.
_NAMES = frozenset({"force", "overwrite", "replace", "purge", "delete", "destroy", "wipe", "prune", "truncate"})
#: Names under which an update removes what hangs on the thing: the nested writes of Prisma and Hygraph. ``deleteMany: {}`` is all of them.
_NESTED = frozenset({"delete", "deletemany"})
#: GitHub's updateRefs deletes a ref when its new id is zeros. https://docs.github.com/en/graphql/reference/input-objects#refupdate
_IDS = frozenset({"afteroid"})
_ZEROS = re.compile(r"0{40}(?:0{24})?")

_NONE = Effect(Verb.UPDATE)
_LOSES = Effect(Verb.UPDATE, frozenset({Flag.DESTRUCTIVE}))
_DELETES = Effect(Verb.DELETE, frozenset({Flag.DESTRUCTIVE}))


class Variables:
    """What a request gives for its operation's variables, and the defaults of those that it does not give."""

    def __init__(self, given: Any, defined: Iterable[VariableDefinitionNode]) -> None:
        self._given: Mapping[str, Any] = given if isinstance(given, dict) else {}
        self._defaults = {one.variable.name.value: one.default_value for one in defined if one.default_value is not None}
        self._known: dict[tuple[str, str], Effect] = {}

    def effect(self, arguments: Iterable[ArgumentNode]) -> Effect:
        """What switches in `arguments` add to a mutation."""
        return self._written([(one.name.value, one.value) for one in arguments])

    def _written(self, waiting: list[tuple[str, Any]]) -> Effect:
        found = _NONE
        while waiting:
            name, node = waiting.pop()
            if isinstance(node, ObjectValueNode):
                found = _graver(found, _DELETES if name.lower() in _NESTED else _NONE)
                waiting += [(field.name.value, field.value) for field in node.fields]
            elif isinstance(node, ListValueNode):
                waiting += [(name, one) for one in node.values]
            elif isinstance(node, BooleanValueNode | StringValueNode):
                found = _graver(found, _one(name, node.value))
            elif isinstance(node, VariableNode):
                found = _graver(found, self._variable(name, node.name.value))
        return found

    def _variable(self, name: str, variable: str) -> Effect:
        if (name, variable) not in self._known:
            self._known[name, variable] = _NONE
            if variable in self._given:
                self._known[name, variable] = _value(name, self._given[variable])
            elif (default := self._defaults.get(variable)) is not None:
                self._known[name, variable] = self._written([(name, default)])
        return self._known[name, variable]


def _value(name: str, value: Any) -> Effect:
    found, waiting = _NONE, [(name, value)]
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, dict):
            found = _graver(found, _DELETES if key.lower() in _NESTED else _NONE)
            waiting += one.items()
        elif isinstance(one, list):
            waiting += [(key, each) for each in one]
        else:
            found = _graver(found, _one(key, one))
    return found


def _one(name: str, value: Any) -> Effect:
    lower = name.lower()
    if value is True and lower in _NAMES:
        return _LOSES
    return _DELETES if lower in _IDS and isinstance(value, str) and _ZEROS.fullmatch(value) else _NONE


def _graver(one: Effect, other: Effect) -> Effect:
    return max(one, other, key=(_NONE, _LOSES, _DELETES).index)
