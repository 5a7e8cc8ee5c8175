"""Which of the formats a body has, and the answers in a batch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from warden.redact.schema.field import Field, Replace, SchemaError
from warden.redact.spans import Span

_SPACE = b" \t\r\n"
_BOUNDARY = re.compile(r";\s*boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_BLANK = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^(content-length:[ \t]*)(\d+)[ \t]*\r?$")
_LINE = re.compile(rb"[^\n]+")
_SETTING = re.compile(rb"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=(?:\"([^\n\"]*)\"|([^\n\"\r]*))\r?")
_CODING = re.compile(rb"(?im)^content-(?:transfer-encoding|encoding):[ \t]*(?!binary|8bit|7bit|identity)")


def form(body: bytes, content_type: str) -> str:
    """``json``, ``xml``, ``cbor``, ``multipart``; empty for an empty body. Raises SchemaError ``unread-format`` for any other."""
    first = body.lstrip(_SPACE)[:1]
    if not first:
        return ""
    essence = content_type.partition(";")[0].strip().lower()
    if essence.startswith("multipart/"):
        return "multipart"
    if essence == "application/cbor":
        return "cbor"
    if essence.endswith(("/json", "+json")) or essence.startswith("application/x-amz-json-"):
        return "json"
    if essence.endswith(("/xml", "+xml")):
        return "xml"
    if essence in ("", "text/plain", "application/octet-stream", "binary/octet-stream", "text/html"):  # what servers say that do not care
        if first in (b"{", b"["):
            return "json"
        if first in (b"<", b"\xef"):
            return "xml"
    raise SchemaError("unread-format", "The answer holds secrets by its API, and is in a format that is not read.")


def settings(body: bytes) -> list[Span]:
    """The values in lines of ``NAME=value``, without their quotes; nothing where a line is anything else."""
    found: list[Span] = []
    for match in _LINE.finditer(body):
        if not match[0].strip() or match[0].lstrip().startswith(b"#"):
            continue
        setting = _SETTING.fullmatch(body, match.start(), match.end())
        if setting is None:
            return []
        quoted = 2 if setting[2] is not None else 3
        found.append(((setting[1].decode(),), setting.start(quoted), setting.end(quoted)))
    return found


def parts(body: bytes, content_type: str) -> Iterator[tuple[int, int]]:
    """Offsets of the body of each HTTP answer in a ``multipart/mixed`` one, without the line end before the next boundary. Raises SchemaError."""
    for start, end in _bounded(body, content_type):
        outer = _BLANK.search(body, start, end)
        inner = _BLANK.search(body, outer.end(), end) if outer else None
        if inner is None:
            raise _unread()
        if _CODING.search(body, start, inner.end()):
            raise _unread()
        yield inner.end(), end


def fitted(body: bytes, content_type: str, fields: list[Field], replace: Replace) -> bytes:
    """`body`, a batch, with what `replace` makes of `fields`, and the lengths that its parts state made to fit. Raises SchemaError."""
    made: list[bytes] = []
    at = 0
    for (start, end), (low, high) in zip(_bounded(body, content_type), list(parts(body, content_type)), strict=True):
        content: list[bytes] = []
        inside = low
        for field in fields:
            if low <= field.start and field.end <= high:
                content += (body[inside : field.start], replace(body[field.start : field.end], field))
                inside = field.end
        new = b"".join((*content, body[inside:high]))
        grown = len(new) - (high - low)
        head = body[start:low]
        if grown and (stated := _LENGTH.search(head)) is not None:
            head = head[: stated.start(2)] + b"%d" % (int(stated[2]) + grown) + head[stated.end(2) :]
        made += (body[at:start], head, new)
        at = end
    return b"".join((*made, body[at:]))


def _bounded(body: bytes, content_type: str) -> Iterator[tuple[int, int]]:
    named = _BOUNDARY.search(content_type)
    if named is None:
        raise _unread()
    mark = b"--" + (named[1] or named[2]).encode("utf-8")
    at = body.find(mark)
    if at not in (0, 1, 2):
        raise _unread()
    while True:
        start = at + len(mark)
        if body[start : start + 2] == b"--":
            return
        end = body.find(b"\n" + mark, start)
        if end < 0:
            raise _unread()
        yield start, end - 1 if body[end - 1 : end] == b"\r" else end
        at = end + 1


def _unread() -> SchemaError:
    return SchemaError("malformed-multipart", "The answer is a batch that cannot be read.")
