"""Whether a WHERE leaves anything out: ``1 = 1``, ``TRUE``, ``id = id`` and ``x OR 1 = 1`` do not, and count as none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def filters(where: exp.Expr | None) -> bool:
    """Whether `where` may leave rows out. A condition that looks at no column is the same for every row: it does not filter."""
    return where is not None and not _always(where.this)


def _always(node: exp.Expr) -> bool:
    """Whether `node` is true for all rows or does not depend on the row."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _always(node.this)
    if isinstance(node, exp.Or):
        return _always(node.this) or _always(node.expression)
    if isinstance(node, exp.And):
        return _always(node.this) and _always(node.expression)
    if not any(True for _ in node.find_all(exp.Column, exp.Identifier, exp.Table, exp.Dot)):
        return True
    if isinstance(node, exp.EQ | exp.GTE | exp.LTE | exp.NullSafeEQ | exp.Like | exp.ILike):
        pattern = node.expression
        everything = isinstance(node, exp.Like | exp.ILike) and isinstance(pattern, exp.Literal) and not pattern.name.strip("%")
        return everything or node.this == node.expression
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return isinstance(inner, exp.NEQ | exp.LT | exp.GT | exp.NullSafeNEQ) and inner.this == inner.expression
    if isinstance(node, exp.In):
        return any(one == node.this for one in node.expressions)
    if isinstance(node, exp.Between):
        return bool(node.this == node.args["low"] and node.this == node.args["high"])
    return False
