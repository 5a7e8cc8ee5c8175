"""What each statement is, written by hand: ``statements/*.txt``, whose first lines say how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from warden.dialects.sql import statements
from warden.model import Flag

_FLAGS = {
    "D": Flag.DESTRUCTIVE, "O": Flag.OVERWRITE, "P": Flag.PROTECTION_OFF, "A": Flag.AUDIT_OFF, "X": Flag.DISRUPTIVE,
    "C": Flag.CREDENTIAL, "S": Flag.SHARE, "Q": Flag.OPAQUE,
}  # fmt: skip


def rows() -> Iterator[tuple[str, str, str]]:
    """Engine, expectation and text of every line, once for each engine of its section."""
    for path in sorted((Path(__file__).parent / "statements").glob("*.txt")):
        engines: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                engines = line.strip("[]").split()
            elif line and not line.startswith("#"):
                expected, _, text = line.partition("| ")
                for engine in engines:
                    yield engine, expected.strip(), text.encode("ascii").decode("unicode_escape")


ROWS = tuple(rows())


def _read(engine: str, text: str) -> str:
    (found,) = statements(text, engine)
    letters = "".join(letter for letter, flag in _FLAGS.items() if flag in found.flags)
    return f"{found.kind} {found.verb.value}{'+' + letters if letters else ''} {','.join(map(str, found.tables)) or '-'}"


def _sorted(expected: str) -> str:
    kind, effect, tables = expected.split()
    verb, plus, letters = effect.partition("+")
    return f"{kind} {verb}{plus}{''.join(letter for letter in _FLAGS if letter in letters)} {tables}"


@pytest.mark.parametrize("engine", sorted({engine for engine, _, _ in ROWS}))
def test_every_statement_is_what_a_person_says_it_is(engine: str) -> None:
    wrong = [
        f"{text!r}: {found}, not {_sorted(expected)}"
        for name, expected, text in ROWS
        if name == engine and (found := _read(engine, text)) != _sorted(expected)
    ]
    assert not wrong, "\n".join(wrong)


def test_there_are_enough_of_them() -> None:
    counts = Counter(engine for engine, _, _ in ROWS)
    assert all(counts[engine] >= 200 for engine in ("mysql", "postgres", "redshift", "athena", "bigquery", "spanner")), counts
