"""DynamoDB's PartiQL, which is small: SELECT, INSERT, UPDATE, DELETE and EXISTS, each on one table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

import re

from warden.dialects.sql.lex import Source, UnreadError
from warden.dialects.sql.statement import Statement, Table
from warden.model import Flag, Verb

_NAME = r'(?P<table>[A-Z0-9_$]+|")'
_WHERE, _RETURNING = "(?: WHERE (?P<where>.*?))?", "(?: RETURNING [A-Z *]+)?$"
_READS = r"SELECT (?!.*\b(?:INSERT|UPDATE|DELETE|UPSERT|REPLACE|REMOVE) )(?:.*? )?FROM " + _NAME
_FORMS = (
    ("select", re.compile(_READS + r'(?: \. (?:[A-Z0-9_$]+|"))?(?: (?:WHERE|ORDER BY) .*)?$')),
    ("select", re.compile(r"EXISTS \( " + _READS + r" WHERE .*\)$")),
    ("insert", re.compile(r"INSERT INTO " + _NAME + r" VALUE \{.*\}(?: IF NOT EXISTS)?$")),
    ("update", re.compile(r"UPDATE " + _NAME + r" (?P<changes>(?:SET|REMOVE) .*?)" + _WHERE + _RETURNING)),
    ("delete", re.compile("".join((r"DELETE FROM ", _NAME, _WHERE, _RETURNING)))),
)
_LOSSY = re.compile(r"\bREMOVE\b|\bSET_DELETE \(")


def statement(source: Source) -> Statement:
    """The one reading of `source`. Raises UnreadError."""
    skeleton = source.skeleton
    for kind, form in _FORMS:
        found = form.match(skeleton)
        if not found:
            continue
        token = source.tokens[skeleton[: found.start("table")].count(" ")]
        tables = (Table(source.text[token.start : token.end] if token.kind == "word" else token.text),)
        if kind == "select":
            return Statement(kind, Verb.READ, tables=tables)
        if kind == "insert":
            return Statement(kind, Verb.CREATE, tables=tables)
        if kind == "delete":
            return Statement(kind, Verb.DELETE, frozenset({Flag.DESTRUCTIVE}), tables)
        flags = {Flag.OVERWRITE}
        if not found["where"] or _LOSSY.search(found["changes"]):
            flags.add(Flag.DESTRUCTIVE)
        return Statement(kind, Verb.UPDATE, frozenset(flags), tables)
    raise UnreadError("PartiQL of another form")
