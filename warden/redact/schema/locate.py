"""Rows of the tables -> fields of a body: the spans of its texts, matched by the keys that lead to them.

A path must match whole. What an API may put around an output is taken off first: the ``...Response`` and ``...Result`` of AWS's query services
when they answer in JSON, API Gateway's ``_embedded``, the ``response`` of Google's operations.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from warden.redact import cbor_spans, json_spans, xml_spans
from warden.redact.schema import media
from warden.redact.schema.field import Field, Replace, SchemaError, read, spliced
from warden.redact.schema.rows import Row
from warden.redact.spans import Path, Span, SpanError

_AROUND = re.compile(r"[A-Za-z0-9]+(?:Response|Result)|_embedded|response")


@dataclass(frozen=True, slots=True)
class Located:
    """`warden.redact.schema.Secrets` of rows."""

    rows: tuple[Row, ...]

    @property
    def certain(self) -> bool:
        """See `Secrets.certain`."""
        return any(row.shape != "env" for row in self.rows)

    def find(self, body: bytes, content_type: str) -> list[Field]:
        """See `Secrets.find`."""
        try:
            form = media.form(body, content_type)
        except SchemaError:
            if any(row.path == ("*",) for row in self.rows) and (lines := media.settings(body)):
                return _Matches(self.rows, "lines", body, lines).fields(0)
            raise
        if not form:
            return []
        try:
            if form == "multipart":
                return self._parts(body, content_type)
            return self._fields(form, body)
        except SpanError as error:
            raise SchemaError(error.code, error.message) from None

    def rewrite(self, body: bytes, content_type: str, replace: Replace) -> bytes:
        """See `Secrets.rewrite`."""
        fields = self.find(body, content_type)
        if not fields:
            return body
        if media.form(body, content_type) == "cbor":
            new = {(field.start, field.end): replace(body[field.start : field.end], field) for field in fields}
            return cbor_spans.replaced(body, new)
        if media.form(body, content_type) == "multipart":
            return media.fitted(body, content_type, fields, replace)
        return spliced(body, fields, replace)

    def _parts(self, body: bytes, content_type: str) -> list[Field]:
        """The fields of every answer in a batch, which do not say which call they answer: rows of all calls count in each."""
        found = []
        for start, end in media.parts(body, content_type):
            inner = body[start:end]
            if form := media.form(inner, ""):
                found += self._fields(form, inner, start)
        return found

    def _fields(self, form: str, body: bytes, offset: int = 0) -> list[Field]:
        matched = _Matches(self.rows, form, body)
        return sorted(matched.fields(offset), key=lambda field: field.start)


class _Matches:
    """One body's fields."""

    def __init__(self, rows: Iterable[Row], form: str, body: bytes, spans: Iterable[Span] = ()) -> None:
        self._body = body
        self._given = spans
        self._form = form
        self._encoding = {"json": "json", "xml": "xml", "cbor": "raw", "lines": "raw"}[form]
        self._by_key: dict[str, list[tuple[Row, tuple[str, ...]]]] = defaultdict(list)
        self._beside: set[str] = set()
        for row in rows:
            path = row.xml if form == "xml" else row.path
            if path:
                self._by_key[path[-1]].append((row, path))
                self._beside |= {row.pair} if row.pair else set()
                self._beside |= {row.when[0]} if row.when else set()

    def fields(self, offset: int) -> list[Field]:
        seen: dict[tuple[Path, str], tuple[int, int]] = {}
        hits: dict[tuple[int, int], tuple[Row, Path, str]] = {}
        anything = self._by_key.get("*", [])
        for path, start, end in self._spans():
            keys = tuple(key for key in path if type(key) is str)
            if not keys:
                continue
            last = keys[-1]
            if last in self._beside:
                seen[self._around(path), last] = start, end
            for row, wanted in (*self._by_key.get(last, ()), *anything) if anything else self._by_key.get(last, ()):
                if self._matches(keys, wanted):
                    hits.setdefault((start, end), (row, path, last))
        found = []
        for (start, end), (row, path, last) in hits.items():
            if row.when and not self._holds(row.when, path, seen):
                continue
            name = ""
            if row.shape in ("env", "variable", "setting") and self._form != "xml" and row.path[-1] == "*":
                name = last  # a map's key; in XML, it is beside the value
            elif row.pair:
                where = seen.get((self._around(path), row.pair))
                name = self._text(*where) if where else ""
            transform = "base64" if row.transform == "base64" or (row.transform == "blob" and self._form != "cbor") else ""
            found.append(Field(start + offset, end + offset, row.rule, self._encoding, transform, row.shape, name))
        return found

    def _spans(self) -> Iterable[Span]:
        if self._form == "lines":
            return self._given
        reader: Callable[[bytes], Iterable[Span]] = {"json": json_spans.texts, "xml": xml_spans.texts, "cbor": cbor_spans.texts}[self._form]
        return reader(self._body)

    def _around(self, path: Path) -> Path:
        """What is equal for values that stand beside each other."""
        while path and type(path[-1]) is int:
            path = path[:-1]
        return path[:-1]

    def _matches(self, keys: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
        around = len(keys) - len(wanted)
        if around < 0 or not all(one in (key, "*") for key, one in zip(keys[around:], wanted, strict=True)):
            return False
        if self._form == "xml":
            return around == 1  # the root
        return around == 0 or all(_AROUND.fullmatch(key) for key in keys[:around])

    def _holds(self, when: tuple[str, str], path: Path, seen: dict[tuple[Path, str], tuple[int, int]]) -> bool:
        where = seen.get((self._around(path), when[0]))
        return where is None or self._text(*where) == when[1]

    def _text(self, start: int, end: int) -> str:
        return read(self._body[start:end], self._encoding).decode("utf-8", "replace")
