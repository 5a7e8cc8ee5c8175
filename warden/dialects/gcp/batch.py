"""``/batch``: one multipart/mixed message with many HTTP requests to the same host, each a call of its own.

Accepted::

    POST /batch...                              Content-Type: multipart/mixed; boundary=B
    --B                                         nothing but white space before the first and after the last
    Content-Type: application/http              and other part headers; no transfer encoding that changes bytes
                                                (an empty line)
    DELETE /compute/v1/projects/p/... HTTP/1.1  origin-form, or absolute for the same host; the version may be missing
    Host: the same host                         headers, not folded; then an empty line and a body, or the end
    --B--

Lines end in CRLF or LF (Python's client sends LF). The outer request's headers hold for each inner one that lacks them, but for ``Content-*``:
https://developers.google.com/workspace/drive/api/guides/performance#batch-requests
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from warden.dialects import framing
from warden.dialects.body import ADVICE, gzip
from warden.errors import DecodeError
from warden.model import HttpRequest

#: Google's own limits are 100 for most APIs and 1,000 for the largest.
PARTS_LIMIT = 1000

_BOUNDARY = re.compile(
    r"""multipart/mixed\s*;\s*boundary=(?:"([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])"|([0-9A-Za-z'+_.-]{1,70}))\s*""",
    re.IGNORECASE | re.ASCII,  # or a long s (U+017F) is an s
)
_BLANK = re.compile(rb"\r?\n\r?\n")
_EOL = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_LINE = re.compile(r"([A-Z]+) ([!-~]+)(?: HTTP/1\.[01])?")
_ANOTHER = re.compile(rb"\s*[A-Za-z]+ \S+ HTTP/")
_FIELD = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\U0010ffff]*?)[ \t]*")
_ABSOLUTE = re.compile(r"https://([^/?#]*)(/.*)")
#: Outer headers that say something about the outer message alone.
_OUTER = frozenset({"accept-encoding", "connection", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding"})


def at(path: str) -> bool:
    """Whether `path` is one of a batch endpoint."""
    return path == "/batch" or path.startswith("/batch/")


def requests(request: HttpRequest) -> Iterator[HttpRequest]:
    """The inner requests, in order. Raises DecodeError for a message that is not exactly of the form above, or whose body was not read."""
    if request.body is None:
        raise DecodeError("batch-unread", "The batch is too large to be ruled on.", "Send smaller batches.")
    if request.header("x-http-method-override") is not None:
        raise DecodeError("method-override", "A batch as a whole has no other method.", "Put the header into its parts.")
    matched = _BOUNDARY.fullmatch(request.header("content-type") or "")
    if matched is None:
        raise DecodeError("malformed-batch", "The batch is not multipart/mixed with one boundary.", ADVICE)
    body = gzip.plain(request.body, request.header_values("content-encoding"))
    outer = tuple(
        (name, value) for name, value in request.headers if name.lower() not in _OUTER and not name.lower().startswith("content-")
    )
    for part in _parts(body, (matched[1] or matched[2]).encode("ascii")):
        yield _request(part, request, outer)


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts between delimiter lines. A line that only starts like a delimiter is refused: some readers take it for one."""
    mark = b"--" + boundary
    delimiters = list(re.finditer(rb"(?:\A|\r?\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r?\n|\Z)", body))
    if body.count(b"\n" + mark) + body.startswith(mark) != len(delimiters) or b"\r" in re.sub(rb"\r\n", b"", body):
        raise _malformed("a line in it is not quite a delimiter, or not quite a line")
    if len(delimiters) < 2 or delimiters[-1][1] is None or any(found[1] for found in delimiters[:-1]):
        raise _malformed("it does not end with its last delimiter")
    if body[: delimiters[0].start()].strip() or body[delimiters[-1].end() :].strip():
        raise _malformed("there is text outside its parts")
    if len(delimiters) - 1 > PARTS_LIMIT:
        raise DecodeError("batch-too-long", f"The batch has more than {PARTS_LIMIT} parts.", "Send smaller batches.")
    return [body[before.end() : after.start()] for before, after in pairwise(delimiters)]


def _request(part: bytes, request: HttpRequest, outer: tuple[tuple[str, str], ...]) -> HttpRequest:
    head, _, inner = _cut(part.partition(b"\n")[2])
    _check_part(_fields(_EOL.split(_FOLD.sub(" ", head))))
    head, blank, body = _cut(inner)
    lines = _EOL.split(head)
    matched = _LINE.fullmatch(lines[0])
    if matched is None:
        raise _malformed("a part is no HTTP request")
    method, target = matched.groups()
    if absolute := _ABSOLUTE.fullmatch(target):
        _check_host(absolute[1], request)
        target = absolute[2]
    own = _fields(lines[1:])
    names = [name.lower() for name, _ in own]
    for name, value in own:
        if name.lower() == "host":
            _check_host(value, request)
    if len(set(names)) != len(names) or "transfer-encoding" in names or "content-encoding" in names:
        raise _malformed("a part has a header twice, or an encoded body")
    body = body if blank else b""
    if _ANOTHER.match(body) or (body.strip() and method in ("DELETE", "GET", "HEAD") and "content-length" not in names):
        raise _malformed("a part is more than one HTTP request")
    stated = next((value for name, value in own if name.lower() == "content-length"), None)
    if stated is not None and (not re.fullmatch(r"\d{1,9}", stated) or body[int(stated) :].strip(b"\r\n") or len(body) < int(stated)):
        raise _malformed("a part's body is not as long as it says")
    body = body[: int(stated)] if stated is not None else body
    headers = (*own, *((name, value) for name, value in outer if name.lower() not in names))
    found = replace(request, method=method, target=target, headers=headers, body=body, body_length=len(body), authority=None)
    if at(target.partition("?")[0]) or "multipart/" in (found.header("content-type") or "").lower():
        raise DecodeError("nested-batch", "A part of the batch is a batch or an upload itself.", "Send it by itself.")
    return found


def _cut(text: bytes) -> tuple[str, bool, bytes]:
    """A header block, whether a blank line ends it, and what follows."""
    matched = _BLANK.search(text)
    head, rest = (text[: matched.start()], text[matched.end() :]) if matched else (text, b"")
    try:
        return head.decode("utf-8"), matched is not None, rest
    except UnicodeDecodeError:
        raise _malformed("its headers are not UTF-8") from None


def _fields(lines: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for line in lines:
        if not line and line is lines[-1]:
            continue
        matched = _FIELD.fullmatch(line)
        if matched is None:
            raise _malformed("a part's headers are malformed")
        found.append((matched[1], matched[2]))
    return tuple(found)


def _check_part(fields: tuple[tuple[str, str], ...]) -> None:
    values = {name.lower(): value.lower() for name, value in fields}
    if len(values) != len(fields) or values.get("content-type", "").partition(";")[0].strip() != "application/http":
        raise _malformed("a part is not application/http")
    if values.get("content-transfer-encoding", "binary") not in ("7bit", "8bit", "binary"):
        raise _malformed("a part's bytes are encoded")


def _check_host(authority: str, request: HttpRequest) -> None:
    if not framing.same_authority(authority, request):
        raise DecodeError("batch-host", f"A part of the batch goes to {authority[:256]!r}, another host.", "Send it there by itself.")


def _malformed(what: str) -> DecodeError:
    return DecodeError("malformed-batch", f"The batch cannot be read: {what}.", ADVICE)
