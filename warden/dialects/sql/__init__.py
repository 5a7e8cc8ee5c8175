"""SQL that travels in API calls, read as statements with a verb, flags and tables.

Its parts, in the order in which a text passes them:

- `lex`       the text's statements and tokens, or why servers could split it differently
- `words`     what a statement's words say (``words.jsonl``), for everything but queries and changes of rows
- `tree`      those, parsed with sqlglot, which is trusted in nothing that `lex` and `words` can check
- `truth`     whether a WHERE leaves anything out
- `functions` what functions in a query do (``functions.json``)
- `partiql`   DynamoDB's own, small language
- `actions`   statements -> Actions of provider ``sql``, and what they make of the API call that carries them
- `google`    which of Google's methods carry SQL (AWS's are in its tables of effects)

A text that one server reads as this and another as that (a request does not say whether its cluster is MySQL or PostgreSQL) is read as each; the
gravest counts, and where they differ in kind, or one cannot be read with certainty, the result is ``opaque``. Values of parameters are data:
they are sent beside the text and never become a part of it; a statement that executes one (``EXECUTE IMMEDIATE @p``) is ``execute``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from warden.dialects.sql import lex, partiql, tree, words
from warden.dialects.sql.lex import Source, UnreadError
from warden.dialects.sql.statement import KINDS, READ, Effect, Statement, Table
from warden.model import Flag, Verb

__all__ = ["KINDS", "Effect", "Statement", "Table", "statements"]

_UNSEEN = frozenset({Flag.OPAQUE})

_EXPLAIN = re.compile(
    r"(?:EXPLAIN|DESCRIBE|DESC)(?P<options> \( [^()]* \))?"
    r"(?P<words>(?: (?:ANALYZE|ANALYSE|VERBOSE|EXTENDED|PARTITIONS|PLAN FOR|PLAN|FORMAT = (?:[A-Z_]+|')))*)"
    r" (?=\(|(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|REPLACE|TABLE|VALUES|CREATE|EXECUTE|CALL|DECLARE)\b)"
)
_AS = re.compile(r"EXPORT DATA\b.*? AS (?=\(|SELECT\b|WITH\b)")
_RETURN = re.compile(r"\bTHEN RETURN\b(?=(?: [A-Z0-9_*,.]+)+$)")
_OR = re.compile(r"INSERT OR (?P<what>UPDATE|IGNORE)\b")


def statements(text: str, engines: str | Sequence[str]) -> tuple[Statement, ...]:
    """The statements of `text` on a server that is one of `engines`, at least one. Never raises for any text: what is not read is ``opaque``."""
    names = (engines,) if isinstance(engines, str) else tuple(engines)
    return _remembered(text, names) if len(text) <= _REMEMBERED else _statements(text, names)


def _statements(text: str, engines: tuple[str, ...]) -> tuple[Statement, ...]:
    readings = [_reading(text, engine) for engine in engines]
    if len({len(reading) for reading in readings}) > 1:
        return (*(one for reading in readings for one in reading), _opaque("engines split it differently"))
    return tuple(_gravest(each) for each in zip(*readings, strict=True))


#: The same text comes again and again, with other parameters. Longest text that is remembered, in characters.
_REMEMBERED = 4096
_remembered = lru_cache(maxsize=256)(_statements)


def _reading(text: str, engine: str) -> list[Statement]:
    try:
        sources = lex.split(text, engine)
    except UnreadError as error:
        return [_opaque(f"{engine}: {error}")]
    found = []
    for source in sources:
        try:
            found.append(_statement(source, engine))
        except UnreadError as error:
            found.append(_opaque(f"{engine}: {error}"))
    return found


def _opaque(why: str) -> Statement:
    """What counts for a text that no certain reading was found for."""
    return Statement("other", Verb.EXECUTE, _UNSEEN, unread=why)


def _gravest(readings: Sequence[Statement]) -> Statement:
    """The same statement as several engines read it."""
    effect = READ
    for one in readings:
        effect |= Effect(one.verb, one.flags)
    kinds = {one.kind for one in readings}
    why = next((one.unread for one in readings if one.unread), "")
    if len(kinds) > 1:
        effect |= Effect(Verb.EXECUTE, _UNSEEN)
        why = why or "engines read it differently"
    tables = tuple(dict.fromkeys(table for one in readings for table in one.tables))
    return Statement(kinds.pop() if len(kinds) == 1 else "other", effect.verb, effect.flags, tables, why)


def _statement(source: Source, engine: str) -> Statement:
    """One statement as `engine` reads it. Raises UnreadError."""
    if engine == "partiql":
        return partiql.statement(source)
    skeleton = source.skeleton
    if explained := _EXPLAIN.match(skeleton):
        inner = _statement(_without(source, explained[0].count(" ")), engine)
        executes = "ANALY" in f"{explained['options']}{explained['words']}" or inner.verb is Verb.EXECUTE
        if executes or inner.unread:
            return Statement("explain", inner.verb, inner.flags, inner.tables, inner.unread)
        return Statement("explain", Verb.READ, tables=inner.tables)
    line = words.line(skeleton, engine)
    kind = words.kind(line, skeleton)
    effect, why = line.effect, ""
    tables: tuple[Table, ...] = words.names(source) if line.tables else ()
    try:
        if line.tree:
            parsed, effect = _plain(source, kind, effect)
            kind, found, tables = tree.read(parsed, engine, kind)
            effect |= found
        elif line.items:
            matched = line.pattern.match(skeleton)
            effect |= words.items(skeleton[matched.end() + 1 :] if matched else "", engine)
        elif kind in ("copy", "unload", "export") and (inside := _query(source, engine, kind)) is not None:
            effect |= Effect(inside.verb, inside.flags)
            tables, why = inside.tables, inside.unread
    except UnreadError as error:
        effect, why = effect | Effect(Verb.EXECUTE, _UNSEEN), f"{engine}: {error}"
    effect = words.added(source, kind, effect)
    flags = effect.flags | ({Flag.DESTRUCTIVE} if effect.verb is Verb.DELETE else frozenset())
    return Statement(kind, effect.verb, flags, tables, why or ("what it does is not in the text" if Flag.OPAQUE in flags else ""))


def _query(source: Source, engine: str, kind: str) -> Statement | None:
    """The query whose result a COPY, an UNLOAD or an EXPORT writes; None for a table's name. Raises UnreadError."""
    if kind == "export":
        found = _AS.search(source.skeleton)
        if not found:
            raise UnreadError("an export of nothing that is seen")
        return _statement(_without(source, found[0].count(" ")), engine)
    if len(source.tokens) < 3 or source.tokens[1].text != "(":
        if kind == "unload":
            raise UnreadError("an unload of nothing that is seen")
        return None
    first = source.tokens[2]
    if kind == "unload" and first.kind == "string":  # Redshift's: the query is a string
        quoted = source.text[first.start : first.end]
        text = quoted.split("$", 2)[2].rpartition("$")[0].rpartition("$")[0] if quoted.startswith("$") else quoted[1:-1].replace("''", "'")
        (found_one, *more) = lex.split(text, engine)
        if more:
            raise UnreadError("several statements in a string")
        return _statement(found_one, engine)
    depth = 0
    for index, token in enumerate(source.tokens):
        depth += (token.text in "([{" and token.kind == "mark") - (token.text in ")]}" and token.kind == "mark")
        if index and depth == 0:
            inner = Source(source.text[: source.tokens[index].start], source.tokens[:index])
            return _statement(_without(inner, 2), engine)
    raise UnreadError("brackets that do not close")


def _without(source: Source, count: int) -> Source:
    """`source` without its first `count` tokens."""
    rest = source.tokens[count:]
    start = rest[0].start
    return Source(source.text[start:], tuple(lex.Token(one.kind, one.text, one.start - start, one.end - start) for one in rest))


def _plain(source: Source, kind: str, effect: Effect) -> tuple[Source, Effect]:
    """Forms that the parser does not know, as the same in words that it does."""
    if kind == "replace":
        text = "INSERT " + source.text[len("REPLACE") :]
        tokens = (lex.Token("word", "INSERT", 0, len("INSERT")), *source.tokens[1:])
        return Source(text, tokens), effect
    if len(source.tokens) > 2 and (found := _RETURN.search(source.skeleton)):
        at = source.skeleton[: found.start()].count(" ")
        then, last = source.tokens[at], source.tokens[at + 1]
        text = source.text[: then.start] + "RETURNING".ljust(last.end - then.start) + source.text[last.end :]
        returning = lex.Token("word", "RETURNING", then.start, then.start + len("RETURNING"))
        source = Source(text, (*source.tokens[:at], returning, *source.tokens[at + 2 :]))
    if (found := _OR.match(source.skeleton)) and kind == "insert":
        start, end = source.tokens[1].start, source.tokens[2].end
        text = source.text[:start] + " " * (end - start) + source.text[end:]
        replaces = found["what"] == "UPDATE"
        return Source(text, (source.tokens[0], *source.tokens[3:])), effect | Effect(
            effect.verb, frozenset({Flag.OVERWRITE} if replaces else ())
        )
    return source, effect
