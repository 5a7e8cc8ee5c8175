"""The parser's part: queries and changes of rows, read with sqlglot into effects, tables and functions.

sqlglot is lenient: what it does not know it keeps as a ``Command``, and it reads past much that a server would refuse. So nothing here is
taken on trust: strings and quoted names must end where our own lexer says they do, a ``Command`` is not read, a word that changes things must
be accounted for by a node of the tree, and the parser stops after a number of steps that grows with the text (its backtracking is exponential
in the worst case).

The import takes a tenth of a second and 13 MB: it is made when the first text is parsed, and by the daemon before it forks (`warm`).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from warden.dialects.sql import functions, truth, words
from warden.dialects.sql.lex import Source, UnreadError
from warden.dialects.sql.statement import READ, Effect, Table
from warden.model import Flag, Verb

if TYPE_CHECKING:
    from sqlglot import exp

#: sqlglot's dialect for each engine. Spanner's GoogleSQL is BigQuery's but for its DDL; Athena's and Timestream's queries are Trino's.
_DIALECTS = {
    "mysql": "mysql",
    "postgres": "postgres",
    "redshift": "redshift",
    "athena": "trino",
    "timestream": "trino",
    "bigquery": "bigquery",
    "spanner": "bigquery",
}
#: Frames that parsing may use: `lex.MAX_DEPTH` brackets need some 40 each.
_FRAMES = 4000
_STEPS_EACH, _STEPS = 8, 1000

#: Words that change things. In a query each must be a name (behind a dot, or before what ends one) or stand for a node of the tree.
_CHANGING = re.compile(
    r"(?<!\. )(?<!FOR )(?<!FOR NO KEY )"
    r"\b(INSERT|UPDATE|DELETE|MERGE|REPLACE|DROP|TRUNCATE|ALTER|CREATE|GRANT|REVOKE|CALL|EXECUTE|COPY|UNLOAD|INTO)\b"
    r"(?! \(| ,| \.|$|(?<!DELETE) FROM\b| =| \)| AS\b| <| >| IS\b)"
)


def warm() -> None:
    """Imports the parser and its dialects: for the process that others are forked from."""
    for engine in _DIALECTS:
        parse(Source("SELECT 1", ()), engine)


@cache
def _parser(engine: str) -> tuple[Any, type[Any]]:
    """sqlglot's dialect and our parser class for `engine`: sqlglot's own, with a bound on its steps."""
    import sqlglot

    logging.getLogger("sqlglot").disabled = True  # its warnings quote the text; what they are about is reported as unread here
    dialect = sqlglot.Dialect.get_or_raise(_DIALECTS[engine])

    class Bounded(type(dialect).parser_class):  # type: ignore[misc]
        steps = 0

        def _advance(self, times: int = 1) -> None:
            self.steps -= 1
            if self.steps < 0:
                raise UnreadError("reading it takes too many steps")
            super()._advance(times)

    return dialect, Bounded


def parse(source: Source, engine: str) -> exp.Expr:
    """The one tree of `source`. Raises UnreadError."""
    from sqlglot.errors import SqlglotError

    dialect, parser = _parser(engine)
    if sys.getrecursionlimit() < _FRAMES:
        sys.setrecursionlimit(_FRAMES)
    text = source.text
    try:
        tokens = dialect.tokenize(text)
        ours = {token.end for token in source.tokens if token.kind in ("string", "name")}
        theirs = {token.end + 1 for token in tokens if text[token.end : token.end + 1] in ("'", '"', "`") or _dollar(text, token)}
        if ours != theirs:
            raise UnreadError("strings end in different places for different readers")
        if any(text[one.end + 1 : two.start].strip() for one, two in pairwise(tokens)) or text[tokens[-1].end + 1 :].strip():
            raise UnreadError("the parser takes a part of it for a comment")
        bounded = parser(dialect=dialect)
        bounded.steps = _STEPS_EACH * len(tokens) + _STEPS
        trees = bounded.parse(tokens, text)
    except SqlglotError as error:
        raise UnreadError("the parser does not know it") from error
    except RecursionError as error:
        raise UnreadError("it is nested too deeply") from error
    if len(trees) != 1 or trees[0] is None:
        raise UnreadError("the parser finds another number of statements")
    found: exp.Expr = trees[0]
    return found


def _dollar(text: str, token: Any) -> bool:
    return text[token.start : token.start + 1] == "$" and text[token.end : token.end + 1] == "$" and token.end > token.start


def read(source: Source, engine: str, kind: str) -> tuple[str, Effect, tuple[Table, ...]]:
    """`kind`, or for a query that changes something that change's; what `source` does and the tables it names. Raises UnreadError."""
    from sqlglot import exp

    root = parse(source, engine)
    if not isinstance(root, _roots()):
        raise UnreadError("the parser reads it as something else")
    effect, tables, changes = READ, dict[Table, None](), dict[str, None]()
    common = {cte.alias.lower() for cte in root.find_all(exp.CTE)}
    aliases = {table.alias.lower() for table in root.find_all(exp.Table) if table.alias}
    for node in root.walk():
        if isinstance(node, exp.Command):
            raise UnreadError("a part of it is not known to the parser")
        own = _node(node, engine)
        if own is not None:
            effect |= own
            changes[type(node).__name__.lower()] = None
        if isinstance(node, exp.Func | exp.Dot):
            effect |= functions.effect(node, engine)
        elif isinstance(node, exp.Table):
            table = _table(node, engine)
            if table is None:
                continue
            if node.arg_key == "tables" and not table.schema and table.name.lower() in aliases:
                continue  # DELETE u FROM users u
            written = isinstance(node.parent, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Schema) and node.arg_key in (
                "this",
                "tables",
            )
            if table.schema or table.name.lower() not in common or written:
                tables[table] = None
                effect |= words.of_table(table, written=written)
    for word in _CHANGING.finditer(source.skeleton):
        if not _accounted(word[1], root):
            raise UnreadError(f"{word[1]} in a place where the parser does not see it")
    if kind == "select":
        named = type(root).__name__.lower()
        kind = next((one for one in (named, "delete", "update", "merge", "insert") if one in changes), kind)
    return kind, effect, tuple(tables)


@cache
def _roots() -> tuple[type[Any], ...]:
    from sqlglot import exp

    return (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Values)


def _accounted(word: str, root: exp.Expr) -> bool:
    from sqlglot import exp

    kinds: dict[str, tuple[type[exp.Expr], ...]] = {
        "INSERT": (exp.Insert, exp.Merge),
        "REPLACE": (exp.Create,),
        "UPDATE": (exp.Update, exp.Merge, exp.OnConflict, exp.ForeignKey, exp.OnUpdateColumnConstraint, exp.Reference),
        "DELETE": (exp.Delete, exp.Merge, exp.ForeignKey, exp.Reference),
        "MERGE": (exp.Merge,),
        "CREATE": (exp.Create,),
        "INTO": (exp.Insert, exp.Merge, exp.Into),
    }
    return any(True for _ in root.find_all(*kinds[word])) if word in kinds else False


def _node(node: exp.Expr, engine: str) -> Effect | None:
    """What a node that changes something does; None for any other."""
    from sqlglot import exp

    if isinstance(node.parent, exp.When):
        return None  # what its branches do is asked of them
    if isinstance(node, exp.Delete):
        return Effect(Verb.DELETE, frozenset({Flag.DESTRUCTIVE}))
    if isinstance(node, exp.Update):
        flags = {Flag.OVERWRITE}
        if not truth.filters(node.args.get("where")):
            flags.add(Flag.DESTRUCTIVE)
        return Effect(Verb.UPDATE, frozenset(flags))
    if isinstance(node, exp.Insert):
        flags = {Flag.DESTRUCTIVE} if node.args.get("overwrite") else set()
        conflict = node.args.get("conflict")
        if conflict is not None and "UPDATE" in conflict.sql().upper():
            flags.add(Flag.OVERWRITE)
        return Effect(Verb.CREATE, frozenset(flags))
    if isinstance(node, exp.When):
        return _branch(node)
    if isinstance(node, exp.Into):
        return Effect(Verb.CREATE)
    if isinstance(node, exp.Create):
        if (node.kind or "").upper() not in ("TABLE", "VIEW", "INDEX"):
            raise UnreadError("it creates something that is not read here")
        return Effect(Verb.CREATE)
    return None


def _branch(node: exp.When) -> Effect:
    from sqlglot import exp

    then = node.args.get("then")
    if isinstance(then, exp.Update):
        return Effect(Verb.UPDATE, frozenset({Flag.OVERWRITE}))
    if isinstance(then, exp.Insert) or (isinstance(then, exp.Var) and then.name.upper() in ("DO NOTHING", "NOTHING")):
        return Effect(Verb.CREATE)
    return Effect(Verb.DELETE, frozenset({Flag.DESTRUCTIVE}))


def _table(node: exp.Table, engine: str) -> Table | None:
    from sqlglot import exp

    parts = list(_parts(node))
    if not parts or not all(isinstance(part, exp.Identifier) for part in parts):
        return None
    return words.named([part.name for part in parts])


def _parts(node: exp.Table) -> Iterator[exp.Expr]:
    for part in (node.args.get("catalog"), node.args.get("db"), node.this):
        if part is not None:
            yield part
