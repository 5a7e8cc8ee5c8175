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
        return _always(node.this) or _always(node.expression) or _opposite(node.this, node.expression)
    if isinstance(node, exp.And):
        return _always(node.this) and _always(node.expression)
    if not any(True for _ in node.find_all(exp.Column, exp.Identifier, exp.Table, exp.Dot)):
        return True
    if isinstance(node, exp.EQ | exp.GTE | exp.LTE | exp.NullSafeEQ | exp.Like | exp.ILike):
        pattern = node.expression
        everything = isinstance(node, exp.Like | exp.ILike) and isinstance(pattern, exp.Literal) and not pattern.name.strip("%")
        return everything or _same(node.this, pattern)
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return isinstance(inner, exp.NEQ | exp.LT | exp.GT | exp.NullSafeNEQ) and _same(inner.this, inner.expression)
    if isinstance(node, exp.In):
        return any(_same(one, node.this) for one in node.expressions)
    if isinstance(node, exp.Between):
        return _same(node.this, node.args["low"]) and _same(node.this, node.args["high"])
    return False


def _same(one: exp.Expr, other: exp.Expr) -> bool:
    """Whether both are the same thing. A name with its table and without is: two tables that have it would make the latter an error."""
    from sqlglot import exp

    one, other = one.unnest(), other.unnest()
    if isinstance(one, exp.Column) and isinstance(other, exp.Column) and one.name.lower() == other.name.lower():
        return not (one.table and other.table) or one.table.lower() == other.table.lower()
    return one.sql().lower() == other.sql().lower()  # names have no case, mostly; what differs in a string's case only counts as the same


def _opposite(one: exp.Expr, other: exp.Expr) -> bool:
    """``x OR NOT x``."""
    (first, positive), (second, sign) = _signed(one), _signed(other)
    return _same(first, second) and positive is not sign


def _signed(node: exp.Expr) -> tuple[exp.Expr, bool]:
    """`node` without its NOT, and whether it had none: sqlglot writes ``IS NOT NULL`` as either a Not or a mark on the node."""
    from sqlglot import exp

    node, positive = node.unnest(), True
    if isinstance(node, exp.Not):
        node, positive = node.this.unnest(), False
    if node.args.get("negate"):
        node = node.copy()
        node.set("negate", None)
        positive = not positive
    return node, positive
