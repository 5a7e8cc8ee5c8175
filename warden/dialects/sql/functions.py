"""Functions in a query: those that only compute, those that do more, and the rest, which somebody wrote: what they do is not seen.

``functions.json`` names the pure ones that sqlglot has no node for, by engine, and the ones that do more with what they do.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warden.dialects.sql.statement import READ, Effect
from warden.model import Flag, Verb

if TYPE_CHECKING:
    from sqlglot import exp

UNSEEN = Effect(Verb.EXECUTE, frozenset({Flag.OPAQUE}))


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "functions.json").read_text(encoding="utf-8"))
    return found


@cache
def _pure(engine: str) -> frozenset[str]:
    pure = _table()["pure"]
    return frozenset(" ".join(pure[name] for name in ("all", *_table()["engines"][engine])).split())


@cache
def _more() -> tuple[tuple[re.Pattern[str], Effect], ...]:
    return tuple(
        (re.compile(row["name"]), Effect(Verb(row["verb"]), frozenset(map(Flag, row.get("flags", ()))))) for row in _table()["more"]
    )


@cache
def of(name: str, schema: str, engine: str, *, typed: bool = False) -> Effect:
    """What the function does. `schema` is what stands before its name, lower case; `typed`: sqlglot knows it as a part of SQL."""
    name = name.lower()
    full = f"{schema}.{name}" if schema else name
    effect = READ
    for pattern, more in _more():
        if pattern.fullmatch(name) or pattern.fullmatch(full):
            effect |= more
    if effect is not READ:
        return effect
    if schema and schema not in _table()["schemas"]:
        return UNSEEN
    return READ if typed or name in _pure(engine) else UNSEEN


def effect(node: exp.Expr, engine: str) -> Effect:
    """What calling the function `node` does; READ for a dot that calls nothing."""
    from sqlglot import exp

    if isinstance(node, exp.Dot):
        called = node.expression
        if isinstance(called, exp.Func):
            return of(_name(called), _last(node.this), engine, typed=not isinstance(called, exp.Anonymous | exp.AnonymousAggFunc))
        return READ
    if not isinstance(node, exp.Func) or (isinstance(node.parent, exp.Dot) and node.arg_key == "expression"):
        return READ
    schema = ""
    if isinstance(node.parent, exp.Table) and node.arg_key == "this":
        schema = node.parent.text("db").lower()
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        if not isinstance(node.this, str):
            return (
                UNSEEN if isinstance(node.this, exp.Expr) and not isinstance(node.this, exp.Identifier) else of(node.name, schema, engine)
            )
        return of(node.this, schema, engine)
    return of(_name(node), schema, engine, typed=True)


def _name(node: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return node.name
    return node.sql_name() if isinstance(node, exp.Func) else ""


def _last(node: exp.Expr) -> str:
    from sqlglot import exp

    while isinstance(node, exp.Dot):
        node = node.expression
    return node.name.lower() or "?"
