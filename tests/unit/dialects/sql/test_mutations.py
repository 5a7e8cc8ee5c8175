"""However a statement is written, it is never less grave than it is plainly: white space, comments, case, stacking, and time that stays bounded."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dialects.sql.test_statements import ROWS
from warden.dialects.gravity import GRAVITY
from warden.dialects.sql import lex, statements, tree
from warden.dialects.sql.actions import effect
from warden.model import Flag, Verb

tree.warm()  # raises the recursion limit before hypothesis looks at it

_GAPS = [
    " ",
    "\n",
    "\t",
    "  ",
    "/**/",
    " /* x */ ",
    "/* ' */",
    "-- x\n",
    " -- '\n ",
    "\r\n",
    "\f",
    "/*!*/",
    "/*+ x */",
    "# x\n",
    "\u00a0",
    "\v",
    "/* /* */",
    ";",
]
_EXPECTED = [(engine, text) for engine, _, text in ROWS if "unterminated" not in text and text.strip("; ") and text != "-- nothing"]


def _grave(text: str, engine: str) -> tuple[Verb, frozenset[Flag]]:
    found = effect(statements(text, engine))
    return found.verb, found.flags


def _not_less(text: str, plain: str, engine: str) -> bool:
    """Whether `text` is at least as grave as `plain`, or is refused by what denies whatever is not seen."""
    verb, flags = _grave(plain, engine)
    now, now_flags = _grave(text, engine)
    return Flag.OPAQUE in now_flags or (GRAVITY[now] >= GRAVITY[verb] and flags <= now_flags)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(_EXPECTED), st.integers(0, 2**32), st.sampled_from(_GAPS))
def test_writing_it_differently_does_not_make_it_harmless(row: tuple[str, str], seed: int, gap: str) -> None:
    engine, plain = row
    rng = random.Random(seed)
    try:
        tokens, _ = lex._tokens(plain, engine)
    except lex.UnreadError:
        return
    parts, at = [], 0
    for token in tokens:
        between = plain[at : token.start]
        parts.append(gap if between.isspace() and rng.random() < 0.5 else between)
        raw = plain[token.start : token.end]
        parts.append("".join(rng.choice((c.lower(), c.upper())) for c in raw) if token.kind == "word" and engine != "partiql" else raw)
        at = token.end
    text = "".join(parts) + plain[at:]
    assert _not_less(text, plain, engine), text


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_EXPECTED),
    st.sampled_from(["SELECT 1; {}", "{}; SELECT 1", ";;{};;", "SELECT 1;\n-- x\n{}", "{} ;", "EXPLAIN ANALYZE {}"]),
)
def test_company_does_not_make_it_harmless(row: tuple[str, str], form: str) -> None:
    engine, plain = row
    assert _not_less(form.format(plain), plain, engine), form.format(plain)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([row for row in _EXPECTED if row[0] in ("mysql", "postgres")]))
def test_two_engines_are_never_less_than_each(row: tuple[str, str]) -> None:
    _, plain = row
    both = effect(statements(plain, ("mysql", "postgres")))
    for engine in ("mysql", "postgres"):
        verb, flags = _grave(plain, engine)
        assert Flag.OPAQUE in both.flags or (GRAVITY[both.verb] >= GRAVITY[verb] and flags <= both.flags)


@settings(max_examples=400, deadline=None)
@given(
    st.text(st.sampled_from("SELECT DROP FROM('\"`;-*/#$\\[]{}@:.,=x1\n"), max_size=60),
    st.sampled_from(sorted({engine for engine, _, _ in ROWS})),
)
def test_no_text_raises(text: str, engine: str) -> None:
    assert statements(text, engine)


_SLOW = {
    "arrays": "select " + ",".join(["array[" * 20 + "1" + "]" * 20] * 90),
    "brackets": "select " + ",".join(["(" * 30 + "1" + ")" * 30] * 60),
    "subqueries": "select * from " + ",".join(["(" * 30 + "select 1" + ")" * 30] * 50),
    "calls": "select " + ",".join(["lower(" * 30 + "1" + ")" * 30] * 40),
    "not": "select " + "not " * 4000 + "1",
    "or": "delete from t where " + " or ".join(["a=1"] * 1000),
    "union": " union all ".join(["select 1"] * 1000),
    "rows": "insert into t values " + ",".join(["(1,2,3)"] * 500),
    "changes": "alter table t " + ",".join(["add column a int"] * 700),
    "set": "set " + "a " * 4000,
    "string": "select '" + "x" * 60_000 + "'",
    "quotes": "select " + "''" * 30_000,
    "comment": "select 1 /*" + "x*" * 30_000 + "*/",
    "types": "select cast(a as " + "struct<a " * 30 + "int" + ">" * 30 + ")",
    "too long": "select 1" + " " * lex.MAX_LENGTH,
    "too many": "select " + "1," * lex.MAX_TOKENS + "1",
    "partiql": "update t set " + "remove set " * 2000,
}


@pytest.mark.parametrize("engine", ["mysql", "postgres", "athena", "bigquery", "partiql"])
def test_no_text_takes_long(engine: str) -> None:
    """A bound of 5 seconds each, where the slowest take half a second on a busy machine: what it would catch is exponential."""
    for name, text in _SLOW.items():
        started = time.process_time()
        statements(text, engine)
        assert time.process_time() - started < 5, name


def test_limits_are_refusals() -> None:
    for name in ("too long", "too many", "arrays"):
        (found,) = statements(_SLOW[name], "mysql")
        assert found.unread
        assert Flag.OPAQUE in found.flags
