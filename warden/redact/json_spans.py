"""A strict reader of JSON (RFC 8259) that says where each text is.

Ours and not the library's, because `json` gives values and no offsets. One regular expression takes a whole member (key, colon, scalar), so that most
of the work is in C. Refused are duplicate keys, nesting beyond `MAX_DEPTH`, bytes that are not UTF-8, control characters in texts, and anything
behind the document.

``{"a": [1, "b"]}`` yields ``(("a", 1), 11, 12)``: the offsets are those of the text between its quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from warden.redact.spans import MAX_DEPTH, Path, Span, SpanError, Spans

_TEXT = rb'"([^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*+)"'
_SPACE = rb"[ \t\n\r]*+"
_OTHER = rb"(?:-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![0-9.eE+-])|true|false|null)"
#: A value: a text (one group), a number or word, or the bracket that opens something (one group).
_VALUE = _SPACE + rb"(?:" + _TEXT + rb"|" + _OTHER + rb"|([{\[]))" + _SPACE
_value = re.compile(_VALUE).match
_member = re.compile(_SPACE + _TEXT + _SPACE + rb":" + _VALUE).match
_space = re.compile(_SPACE).match

_OBJECT_END, _ARRAY_END, _COMMA = b"}"[0], b"]"[0], b","[0]


def texts(body: bytes, start: int = 0, end: int | None = None, *, duplicates: bool = False) -> Spans:
    """Every text that is a value in the document ``body[start:end]``, in order. Raises SpanError ``malformed-json``, ``duplicate-json-key``
    or ``too-deep``, maybe after the first spans were yielded: take none before all are there.

    With `duplicates`, a key may be there twice, and the values of both are yielded: for a document that is a value in another.
    """
    end = len(body) if end is None else end
    try:
        body[start:end].decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8", start) from None
    found = _value(body, start, end)
    if found is None:
        raise _malformed("no value where one belongs", start)
    if found[2] is None:
        if found[1] is not None:
            yield (), *found.span(1)
    else:
        at = yield from _nested(body, found.end(), end, found[2] == b"{", duplicates)
        found = _space(body, at, end)
    if found is None or found.end() != end:
        raise _malformed("there are bytes behind it", found.end() if found else end)


def lines(body: bytes) -> Spans:
    """`texts` of every document of a body that has one after another, as watches send them; the position of the document comes first in paths."""
    at, count = 0, 0
    while True:
        at = _space(body, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at == len(body):
            return
        end = document_end(body, at)
        for path, first, last in texts(body, at, end):
            yield (count, *path), first, last
        at, count = end, count + 1


def document_end(body: bytes, start: int) -> int:
    """The offset behind the document at `start`. Raises SpanError."""
    found = _value(body, start)
    if found is None:
        raise _malformed("no value where one belongs", start)
    if found[2] is None:
        return found.end()
    walk = _nested(body, found.end(), len(body), found[2] == b"{", duplicates=False)
    try:
        while True:
            next(walk)
    except StopIteration as stop:
        behind: int = stop.value
        return behind


def decode(raw: bytes) -> str:
    """The text that `raw`, what is between two quotes, stands for."""
    if b"\\" not in raw:
        return raw.decode("utf-8")
    text: str = json.loads(b'"' + raw + b'"')
    return text


def encode(text: str) -> bytes:
    """`text` as it is written between two quotes, in ASCII."""
    return json.dumps(text)[1:-1].encode("ascii")


def _nested(body: bytes, at: int, end: int, is_object: bool, duplicates: bool) -> Generator[Span, None, int]:
    """The texts in an object or array of which the bracket is before `at`; returns the offset behind its end."""
    stack: list[tuple[bool, Path, set[bytes | str], int]] = []
    prefix: Path = ()
    keys: set[bytes | str] = set()
    index, fresh = 0, True  # fresh: nothing in it yet, so that its end may come
    closing = False
    while True:
        if fresh:
            at = _space(body, at, end).end()  # type: ignore[union-attr]  # it matches nothing, too
            closing = at < end and body[at] == (_OBJECT_END if is_object else _ARRAY_END)
        if not closing:
            key: str | int
            if is_object:
                found = _member(body, at, end)
                if found is None:
                    raise _malformed("no member where one belongs", at)
                raw, first, opened = found[1], 2, found[3]
                name: bytes | str = raw if b"\\" not in raw else decode(raw).encode("utf-8", "surrogatepass")
                if name in keys and not duplicates:
                    raise SpanError("duplicate-json-key", "The JSON body has a key twice in one object.")
                keys.add(name)
                key = decode(raw)
            else:
                found = _value(body, at, end)
                if found is None:
                    raise _malformed("no value where one belongs", at)
                first, opened, key = 1, found[2], index
                index += 1
            at = found.end()
            if opened is not None:
                if len(stack) >= MAX_DEPTH - 1:
                    raise SpanError("too-deep", f"The JSON body nests deeper than {MAX_DEPTH} levels.")
                stack.append((is_object, prefix, keys, index))
                prefix, is_object, keys, index, fresh = (*prefix, key), opened == b"{", set(), 0, True
                continue
            start = found.start(first)
            if start >= 0:
                yield (*prefix, key), start, found.end(first)
        # Behind a value, or at the end of something empty: commas go on, brackets close.
        fresh = False
        while True:
            mark = body[at] if at < end else -1
            at += 1
            if mark == _COMMA:
                closing = False
                break
            if mark != (_OBJECT_END if is_object else _ARRAY_END):
                raise _malformed("neither a comma nor an end", at - 1)
            if not stack:
                return at
            is_object, prefix, keys, index = stack.pop()
            at = _space(body, at, end).end()  # type: ignore[union-attr]  # it matches nothing, too


def _malformed(what: str, at: int) -> SpanError:
    return SpanError("malformed-json", f"The JSON body cannot be read: {what} (byte {at}).")
