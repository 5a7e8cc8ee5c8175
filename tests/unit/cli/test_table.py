"""Tables fit, and nothing that an agent named reaches the terminal as a control character."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.cli.table import colours, cut, escape, render, terminal_width, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢", "plain ü 漢"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\x7f\x9b31m", "\\x7f\\x9b31m"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("\u200b\ufeff\u2028", "\\u200b\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text())
def test_nothing_escaped_controls_a_terminal(text: str) -> None:
    assert escape(text).isprintable()
    escape(text).encode("utf-8")


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1), st.integers(7, 200))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = render(rows, ("a", "b", "c"), width=width, colour=False).splitlines()
    assert len(lines) == len(rows) + 1
    assert all(width_of(line) <= width for line in lines)


def test_columns_align_by_width_and_the_widest_gives_way() -> None:
    rows = [("漢字", "x" * 50, "1"), ("ab", "y", "2")]
    assert render(rows, ("k", "value", "n"), width=20, colour=False) == (
        "K     VALUE        N\n"
        "漢字  xxxxxxxxxx…  1\n"
        "ab    y            2\n"
    )  # fmt: skip


def test_without_a_terminal_nothing_is_cut() -> None:
    assert render([("x" * 500, "y")], width=0, colour=False) == "x" * 500 + "  y\n"
    assert terminal_width(io.StringIO()) == 0


def test_only_whole_cells_are_coloured() -> None:
    text = render([("deny", "deny that")], width=0, colour=True)
    assert text == "\x1b[31mdeny\x1b[0m  deny that\n"


def test_an_agent_cannot_name_a_colour() -> None:
    assert "\x1b" not in render([("\x1b[32mallow",)], width=0, colour=True)


def test_no_colour_without_a_terminal() -> None:
    assert not colours(io.StringIO())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_when_asked(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours(Terminal())
    monkeypatch.setenv(name, value)
    assert not colours(Terminal())


@pytest.mark.parametrize(("width", "shown"), [(3, "abc"), (2, "a…"), (1, "…")])
def test_cut(width: int, shown: str) -> None:
    assert cut("abc", width) == shown
    assert cut("漢字", 3) == "漢…"
