"""``words.jsonl`` read: what a statement does as far as its words say it, and which statements the parser must read too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from warden.dialects.sql import functions
from warden.dialects.sql.lex import Source, Token, UnreadError
from warden.dialects.sql.statement import Effect, Table
from warden.model import Flag, Verb

_PATH = Path(__file__).parent / "words.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `tree`: the parser reads the statement too; `items`: it is a list of changes, each judged by its own words."""

    pattern: re.Pattern[str]
    kind: str
    effect: Effect
    engines: frozenset[str]
    tree: bool
    tables: bool
    items: bool
    of: frozenset[str]
    only_with: str
    written: bool
    text: bool


@cache
def _lines(key: str) -> tuple[Line, ...]:
    rows = (json.loads(row) for row in _PATH.read_text(encoding="utf-8").splitlines() if row.strip() and not row.startswith("#"))
    return tuple(_line(key, row) for row in rows if key in row)


def _line(key: str, row: dict[str, Any]) -> Line:
    pattern = re.compile(row[key] if key in ("is", "all") else f"(?:{row[key]})", 0 if key != "table" else re.IGNORECASE)
    return Line(
        pattern,
        row.get("kind", ""),
        Effect(Verb(row.get("verb", "read" if key == "table" else "update")), frozenset(map(Flag, row.get("flags", ())))),
        frozenset(row.get("engines", ())),
        row.get("tree", False),
        row.get("tables", False),
        row.get("items", False),
        frozenset(row.get("of", ())),
        row.get("with", ""),
        row.get("written", False),
        row.get("text", False),
    )


def line(skeleton: str, engine: str) -> Line:
    """The line that counts for a statement. Raises UnreadError when none does."""
    for one in _lines("is"):
        if (not one.engines or engine in one.engines) and one.pattern.match(skeleton):
            return one
    raise UnreadError("the first words are not those of a statement that is known")


def kind(found: Line, skeleton: str) -> str:
    """The statement's kind: the line's, or its own first word."""
    return found.kind or skeleton.partition(" ")[0].lower()


def added(source: Source, of: str, effect: Effect) -> Effect:
    """`effect` of a statement of kind `of`, and what its words (or the whole text, strings included, for ``text`` lines) add anywhere."""
    skeleton = source.skeleton
    for one in _lines("all"):
        if (
            (not one.of or of in one.of)
            and (not one.only_with or effect.verb == one.only_with)
            and one.pattern.search(source.text if one.text else skeleton)
        ):
            effect |= Effect(one.effect.verb if one.effect.verb is not Verb.UPDATE else effect.verb, one.effect.flags)
    return effect


#: What an expression of a change follows, and calls in it that are no functions of somebody's.
_EXPRESSION = re.compile(r"\b(?:DEFAULT|USING|CHECK|AS)\b(?P<text>.*)")
_CALLS = re.compile(r'(?P<dot>\. )?(?P<name>[A-Z0-9_$]+|") \(')
_NO_CALLS = frozenset(
    {
        "CHECK",
        "AS",
        "IN",
        "AND",
        "OR",
        "NOT",
        "BTREE",
        "HASH",
        "DEFAULT",
        "USING",
        "VALUES",
        "ANY",
        "ALL",
        "REFERENCES",
        "VARCHAR",
        "NUMERIC",
    }
)


def _calls(item: str, engine: str) -> Effect:
    """What functions do that a change calls on rows that are there: in a default, a check or a conversion."""
    effect = Effect(Verb.READ)
    if found := _EXPRESSION.search(item):
        for call in _CALLS.finditer(found["text"]):
            if call["dot"] or call["name"] not in _NO_CALLS:
                effect |= functions.UNSEEN if call["dot"] or call["name"] == '"' else functions.of(call["name"], "", engine)
    return effect


def items(rest: str, engine: str) -> Effect:
    """What the comma-separated changes of an ALTER TABLE do, behind the table's name. Raises UnreadError for one that is not known."""
    effect = Effect(Verb.UPDATE)
    for item in _at_commas(rest):
        found = next((one for one in _lines("item") if one.pattern.match(item)), None)
        if found is None:
            raise UnreadError("a change of a table that is not known")
        effect |= found.effect | _calls(item, engine)
    return effect


def _at_commas(text: str) -> Iterator[str]:
    depth, part = 0, list[str]()
    for word in text.split(" "):
        depth += (word in "([{") - (word in ")]}")
        if word == "," and depth == 0:
            yield " ".join(part)
            part = []
        else:
            part.append(word)
    yield " ".join(part)


def of_table(table: Table, *, written: bool) -> Effect:
    """What reading or writing `table` does besides."""
    effect = Effect(Verb.READ)
    for one in _lines("table"):
        if (written or not one.written) and one.pattern.match(str(table)):
            effect |= one.effect
    return effect


#: What stands before the names of DROP, TRUNCATE, ALTER TABLE and the like, and what ends them.
_FRONT = re.compile(
    r"(?:DROP(?: (?:MATERIALIZED|FOREIGN|EXTERNAL|TEMPORARY|TEMP|SNAPSHOT|CHANGE|EVENT|SEARCH|VECTOR|OWNED|USER|ROW ACCESS|ROW))*"
    r"(?: (?:TABLE|VIEW|SCHEMA|DATABASE|INDEX|SEQUENCE|TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|EVENT|STREAM|MODEL|EXTENSION|SERVER|RULE|"
    r"POLICY|PUBLICATION|SUBSCRIPTION|LANGUAGE|COLLATION|USER|ROLE|GROUP|MAPPING|WRAPPER|TABLESPACE|DATASHARE|BY))"
    r"|[A-Z]+(?:(?: (?:MATERIALIZED|FOREIGN|EXTERNAL|REPAIR))* (?:TABLE|VIEW))?)"
    r"(?: CONCURRENTLY)?(?: IF (?:NOT )?EXISTS)?(?: ONLY)?(?= (?:[A-Z0-9_$]+|\")(?: |$))"
)
_ENDS = re.compile(
    "ON|CASCADE|RESTRICT|RESTART|CONTINUE|TO|FROM|ADD|DROP|ALTER|RENAME|SET|OWNER|MODIFY|CHANGE|ENABLE|DISABLE|WITH|USING|AS|REWRITE|ALL"
)


def names(source: Source) -> tuple[Table, ...]:
    """The names behind a statement's first words, as far as words tell: for DROP, TRUNCATE, ALTER and the like."""
    front = _FRONT.match(source.skeleton)
    tokens = source.tokens[front[0].count(" ") + 1 :] if front else ()
    found: list[Table] = []
    parts: list[str] = []
    dotted = True
    for token in [*tokens, Token("mark", ";", 0, 0)]:
        if token.is_name and dotted and (parts or found or token.kind == "name" or not _ENDS.fullmatch(token.text)):
            parts.append(source.text[token.start : token.end] if token.kind == "word" else token.text)
            dotted = False
        elif token.kind == "mark" and token.text == "." and parts:
            dotted = True
        else:
            if parts:
                found.append(named(parts))
            parts, dotted = [], True
            if token.text != ",":
                break
    return tuple(found)


def named(parts: list[str]) -> Table:
    """``[catalog, schema, name]`` or less as a Table."""
    if len(parts) == 1 and "." in parts[0]:
        parts = parts[0].split(".")  # BigQuery quotes a whole path
    *rest, name = parts[-3:]
    return Table(name, rest[-1] if rest else "", rest[0] if len(rest) > 1 else "")
