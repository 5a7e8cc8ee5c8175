"""Text for people: tables that fit the terminal, no control character of anyone's, colour only on a terminal.

Agents choose names of buckets, hosts and files, and names can hold terminal escape sequences: every cell is escaped before it is cut and padded.
"""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

#: Words that get a colour when they are a whole cell.
_COLOURS = {"deny": "31", "allow": "32", "ok": "32", "missing": "31", "warning": "33"}


def escape(text: str, *, lines: bool = False) -> str:
    """`text` with control, format (bidirectional marks too), private and unassigned characters as ``\\xNN``; `lines` keeps newlines."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _harmless(char) or (lines and char == "\n") else _code(char) for char in text)


def _harmless(char: str) -> bool:
    return char.isprintable() or char == " "


def _code(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def width_of(text: str) -> int:
    """Columns that (escaped) text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with ``…`` where something is missing."""
    if width_of(text) <= width:
        return text
    kept, used = [], 1
    for char in text:
        used += width_of(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept) + "…"


def terminal_width(stream: TextIO | None = None) -> int:
    """Columns of the terminal behind `stream` (standard output), or COLUMNS; 0, no limit, when it is none."""
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    return shutil.get_terminal_size().columns if _is_terminal(stream or sys.stdout) else 0


def colours(stream: TextIO | None = None) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb says otherwise."""
    return _is_terminal(stream or sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def render(
    rows: Sequence[Sequence[str]],
    header: Sequence[str] = (),
    *,
    width: int | None = None,
    natural: Sequence[int] = (),
    colour: bool | None = None,
) -> str:
    """The rows as aligned lines, no wider than `width` (None: the terminal's; 0: as wide as it takes).

    `natural` are the columns' widths before they are made to fit; without it they are measured.
    """
    width = terminal_width() if width is None else width
    colour = colours() if colour is None else colour
    cells = [[escape(cell) for cell in row] for row in ([[name.upper() for name in header], *rows] if header else rows)]
    if not cells:
        return ""
    widths = fit(natural or [max(width_of(row[column]) for row in cells) for column in range(len(cells[0]))], width)
    lines = []
    for row in cells:
        line = []
        for cell, room in zip(row, widths, strict=True):
            text = cut(cell, room)
            padded = text + " " * (room - width_of(text))
            line.append(f"\x1b[{_COLOURS[cell]}m{padded}\x1b[0m" if colour and cell in _COLOURS else padded)
        lines.append("  ".join(line).rstrip())
    return "\n".join(lines) + "\n"


def fit(natural: Sequence[int], width: int) -> list[int]:
    """Column widths that sum, with two spaces between, to at most `width` (0: no limit): the widest give way first."""
    if width <= 0:
        return list(natural)
    room = max(len(natural), width - 2 * (len(natural) - 1))
    widths = [min(size, room) for size in natural]
    while sum(widths) > room:
        widths[max(range(len(widths)), key=widths.__getitem__)] -= 1
    return widths
