"""Secrets in the columns of tables: CSV, TSV, columns between bars or aligned with spaces, under a heading that is a credential's name.

Only a heading's own line is looked for, among the first lines of a text and behind blank ones: a table has nothing else that tells it from prose.
"""

from __future__ import annotations

import csv
import io
import re

from warden.redact.hit import Hit
from warden.redact.naming import Kind, kind_of
from warden.redact.plausible import plausible

#: Bytes of a heading.
LONGEST = 4096
#: Lines of a table that are looked at.
ROWS = 100_000
_STEMS = (b"pass", b"secret", b"token", b"key", b"credential", b"pwd")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]{0,40}")
#: A line that may be one of headings: no log line is.
_HEADINGS = re.compile(rb"[A-Za-z0-9_ .\-\"'|,;\t\r]+")
_GAP = re.compile(rb" {2,}|\t+")
_TABLE_ROW = re.compile(rb"<tr[^>]{0,256}>.{0,16384}?</tr>", re.DOTALL)
_HEADING = re.compile(rb"<th[^>e]{0,256}>(.{0,512}?)</th>", re.DOTALL)
_TABLE_CELL = re.compile(rb"<td[^>]{0,256}>(.{0,4096}?)</td>", re.DOTALL)
_TAG = re.compile(rb"<[^<>]{0,256}>")
_CELL = re.compile(rb"\S+(?: \S+)*")


def find(text: bytes) -> list[Hit]:
    """The cells under credentials' names."""
    if b"<th" in text:
        return _marked(text)
    if text[:1] in (b"{", b"[", b"<") or b"\n" not in text:
        return []
    hits: list[Hit] = []
    done = 0
    for start, end in _headings(text):
        if start < done:
            continue
        line = text[start:end].rstrip(b"\r")
        for separator in (b",", b"\t", b"|", b";"):
            if line.count(separator) and (columns := _credentials(_cells(line, separator))):
                found, done = _separated(text, end + 1, separator, columns, line.count(separator))
                hits += found
                break
        else:
            if _GAP.search(line.strip()) and (aligned := _aligned_columns(line)):
                found, done = _aligned(text, end + 1, aligned)
                hits += found
    return hits


def _marked(text: bytes) -> list[Hit]:
    """The cells of HTML's tables."""
    hits: list[Hit] = []
    columns: dict[int, Kind] = {}
    for row in _TABLE_ROW.finditer(text):
        if headings := _HEADING.findall(row[0]):
            columns = _credentials([_TAG.sub(b"", heading).decode("latin-1") for heading in headings])
            continue
        for index, cell in enumerate(_TABLE_CELL.finditer(text, row.start(), row.end()) if columns else ()):
            kind = columns.get(index)
            if kind is not None and b"<" not in cell[1] and plausible(cell[1], kind, quoted=True):
                value = cell[1].strip()
                start = cell.start(1) + cell[1].find(value)
                hits.append(Hit(start, start + len(value), f"column:{kind.value}", "names"))
    return hits


def _headings(text: bytes) -> list[tuple[int, int]]:
    """The lines with a credential's word in them, without their ends, in order."""
    lower = text.lower()
    found: set[tuple[int, int]] = set()
    for stem in _STEMS:
        at = lower.find(stem)
        while at >= 0:
            start = text.rfind(b"\n", 0, at) + 1
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            if end - start <= LONGEST and _HEADINGS.fullmatch(text, start, end):
                found.add((start, end))
            at = lower.find(stem, end)
    return sorted(found)


def _cells(line: bytes, separator: bytes) -> list[str]:
    text = line.decode("latin-1")
    if separator == b",":
        return next(csv.reader(io.StringIO(text)), [])
    return text.split(separator.decode())


def _credentials(cells: list[str]) -> dict[int, Kind]:
    """Columns with a credential's name, by position. Nothing unless every cell could be a heading."""
    names = [cell.strip(" \"'\r") for cell in cells]
    if len(names) < 2 or not all(not name or _NAME.fullmatch(name) for name in names):
        return {}
    return {index: kind for index, name in enumerate(names) if name and (kind := kind_of(name.replace(" ", "_"))) is not Kind.NONE}


def _separated(text: bytes, start: int, separator: bytes, columns: dict[int, Kind], count: int) -> tuple[list[Hit], int]:
    hits = []
    for _ in range(ROWS):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line.strip(b"-+|= \r") == b"" and line.strip(b"\r"):  # the rule under a heading
            start = end + 1
            continue
        if line.count(separator) < count or not line.strip():
            break
        position = start
        for index, cell in enumerate(_raw(line, separator)):
            if (kind := columns.get(index)) is not None:
                value = cell.strip(b" \r\t")
                low = position + len(cell) - len(cell.lstrip(b" \r\t"))
                if value[:1] == value[-1:] == b'"' and len(value) > 1:
                    value, low = value[1:-1], low + 1
                if plausible(value, kind, quoted=True):
                    hits.append(Hit(low, low + len(value), f"column:{kind.value}", "names"))
            position += len(cell) + 1
        start = end + 1
        if start > len(text):
            break
    return hits, start


def _raw(line: bytes, separator: bytes) -> list[bytes]:
    """The cells as they are written: a separator between quotes is none."""
    if b'"' not in line:
        return line.split(separator)
    cells, cell, quoted = [], bytearray(), False
    for byte in line:
        if byte == 0x22:
            quoted = not quoted
        if byte == separator[0] and not quoted:
            cells.append(bytes(cell))
            cell.clear()
        else:
            cell.append(byte)
    return [*cells, bytes(cell)]


def _aligned_columns(line: bytes) -> list[tuple[int, int, Kind]]:
    """Columns of credentials, from where their heading begins to where the next one does."""
    cells = list(_CELL.finditer(line))
    if (
        len(cells) < 2
        or not all(cell[0][:1].isupper() for cell in cells)
        or not all(_NAME.fullmatch(cell[0].decode("latin-1")) for cell in cells)
    ):
        return []
    edges = [cell.start() for cell in cells[1:]] + [1 << 20]
    found: list[tuple[int, int, Kind]] = []
    for cell, edge in zip(cells, edges, strict=True):
        kind = kind_of(cell[0].decode("latin-1").replace(" ", "_"))
        if kind is not Kind.NONE:
            found.append((cell.start(), edge, kind))
    return found


def _aligned(text: bytes, start: int, columns: list[tuple[int, int, Kind]]) -> tuple[list[Hit], int]:
    hits: list[Hit] = []
    for _ in range(ROWS):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].rstrip(b"\r")
        if not line.strip():
            break
        for low, edge, kind in columns:
            begins = low == 0 or line[low - 1 : low] == b" "
            match = _CELL.match(line, low, min(edge, len(line))) if begins and low < len(line) else None
            if match is not None and plausible(match[0], kind, quoted=True):
                hits.append(Hit(start + match.start(), start + match.end(), f"column:{kind.value}", "names"))
        start = end + 1
        if start > len(text):
            break
    return hits, start
