"""Conditions on a request's parameters, as the dialects' tables state them, and the one function that evaluates them.

::

    {"path": P, "exists": true}        a value is there
    {"path": P, "equals": V}           a value is V: text, true or false
    {"path": P, "in": [V, ...]}        a value is one of these
    {"path": P, "below": N}            a value is at most N
    {"path": P, "words": [W, ...]}     a value holds one of these words
    {"path": P, "public": true}        a value is a policy that lets everybody in
    {"any": [...]} {"all": [...]} {"not": ...}

A condition states a *harm*, so every doubt is a yes: member names and texts match in any case, a number may be any enum value, a boolean
that is not cleanly the safe one is the harmful one, a number that is none is low, and a body that was not read holds the worst. Below a
``not`` stands what makes a request harmless, and there every doubt is a no: names and values must match exactly.

"Lower than before" is never on the wire: such rows ask whether the field is there at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from warden.dialects.paths import WirePath, wire_path

type Condition = Mapping[str, Any]


def paths(entry: Any) -> Iterator[str]:
    """Every path that the conditions in `entry` ask for, as often as they do."""
    if isinstance(entry, Mapping):
        for key, value in entry.items():
            if key == "path":
                yield value
            else:
                yield from paths(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from paths(value)


class Parameters(Protocol):
    """A request's parameters as its dialect reads them."""

    def missing(self, path: WirePath) -> bool:
        """Whether `path` is in a body that was not read: nothing is known of what it holds."""
        ...

    def values(self, path: WirePath, *, fold: bool) -> list[Any]:
        """All values at `path`, without nulls; `fold` reads leniently. Raises DecodeError for a body or key with two readings."""
        ...


_TRUE = frozenset({"true"})
_FALSE = frozenset({"false"})
#: How enum values are named, and what may stand for one.
_ENUM = re.compile(r"[A-Z][A-Z0-9_]+")
_NUMBER = re.compile(r"[-+.0-9eExX]+")


def holds(condition: Condition, parameters: Parameters, wire: Mapping[str, WirePath], *, harm: bool = True) -> bool:
    """Whether `condition` holds. `wire` maps its API paths to where they are in this protocol; a path that is not in it cannot be sent.

    Raises DecodeError from `Parameters.values`, and KeyError for a condition that the tables should not hold.
    """
    if "any" in condition:
        return any(holds(one, parameters, wire, harm=harm) for one in condition["any"])
    if "all" in condition:
        return all(holds(one, parameters, wire, harm=harm) for one in condition["all"])
    if "not" in condition:
        return not holds(condition["not"], parameters, wire, harm=not harm)
    path = condition["path"]
    where = wire_path(path) if path.startswith("header:") else wire.get(path)
    if where is None:
        return False
    if parameters.missing(where):
        return harm
    values = parameters.values(where, fold=harm)
    if not values:
        return False
    if "exists" in condition:
        return harm or any(value not in ("", {}, []) for value in values)
    if "equals" in condition:
        wanted = condition["equals"]
        return any(_equals(value, wanted, harm) for value in values)
    if "in" in condition:
        return any(_equals(value, wanted, harm) for value in values for wanted in condition["in"])
    if "below" in condition:
        return any(_below(value, condition["below"], harm) for value in values)
    if "words" in condition:
        pattern = "|".join(map(re.escape, condition["words"]))
        return any(re.search(rf"\b(?:{pattern})\b", _text(value), re.IGNORECASE) for value in values)
    if condition["public"]:
        return any(_public(_text(value), harm) for value in values)
    raise KeyError(f"no predicate in {condition}")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str)
    return str(value)


def _equals(value: Any, wanted: str | bool, harm: bool) -> bool:
    text = _text(value)
    if isinstance(wanted, bool):
        if harm:
            return text.strip().lower() not in (_FALSE if wanted else _TRUE)
        return text in (_TRUE if wanted else _FALSE)
    if not harm:
        return text == wanted
    if _ENUM.fullmatch(wanted):
        return _names(text, wanted)
    return text.strip().casefold() == wanted.casefold()


def _names(text: str, wanted: str) -> bool:
    """Whether `text` may be the enum value `wanted`. protobuf's JSON takes a value's number too, as a number or as text, and its name
    in any case, with hyphens or in camel case. Which number is whose is not known here.
    """
    if any(char.isdigit() for char in text) and _NUMBER.fullmatch(text.strip()):
        return True
    return re.sub("[-_]", "", text.strip()).casefold() == wanted.replace("_", "").casefold()


def _below(value: Any, most: float, harm: bool) -> bool:
    try:
        number = float(_text(value))
    except ValueError:
        return harm
    if not harm:
        return number <= most
    # For whole numbers: some servers cut 0.9 to 0, and what no 32 bits hold (or is no number) may come out as anything.
    return not number < 2**31 or math.floor(number) <= most


def _public(text: str, harm: bool) -> bool:
    """Whether the policy document `text` allows everybody: an Allow whose principal is ``*``, or all but some (NotPrincipal)."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return harm
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict):
            return harm
        if statement.get("Effect") == "Deny":
            continue
        if "NotPrincipal" in statement or _anybody(statement.get("Principal")):
            return True
    return False


def _anybody(principal: Any) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    if isinstance(principal, list):
        return any(_anybody(one) for one in principal)
    return isinstance(principal, dict) and any(_anybody(one) for one in principal.values())
