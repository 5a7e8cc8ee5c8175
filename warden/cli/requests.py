"""Requests as JSON lines: what `warden decode` and `warden decide` read.

A line is an object with ``method``, ``url``, ``headers`` (an object, whose values are strings or lists of strings, or a list of pairs), and ``body``
(text, sent as UTF-8) or ``body_b64``. The url's path and query are taken as they are written. Without a Host header and without ``:authority`` the
request gets the Host that the url names, as any client would send. Other keys (a number, a note, what is expected) are left alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from warden.model import HttpRequest

#: Most bytes of one line.
MAX_LINE = 64 << 20
# RFC 3986 section 3, without user information: nobody's password belongs into a test file, and no client sends one.
URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^/?#:@\[\]\s]+)(?::([0-9]{1,5}))?([/?#].*)?", re.IGNORECASE | re.DOTALL)
PORTS = {"https": 443, "http": 80}


class BadLineError(Exception):
    """A line is not a request; the text says why."""


def lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a stream that are not blank. None stands for one that is too long; its rest is skipped."""
    while line := stream.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif not line.isspace():
            yield line


def read(line: bytes | None, body_limit: int) -> HttpRequest:
    """One line as the request that the proxy would rule on: a body beyond `body_limit` is not read. Raises BadLineError."""
    if line is None:
        raise BadLineError(f"the line is longer than {MAX_LINE} bytes")
    try:
        given = json.loads(line, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"the line is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadLineError("the line is not a JSON object")
    method, url = given.get("method"), given.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise BadLineError("method and url must be there and be strings")
    match = URL.fullmatch(url)
    if match is None or not 0 < int(match[3] or 1) < 65536:
        raise BadLineError("the url is not http(s)://host[:port]/path")
    scheme = match[1].lower()
    host, port, target = match[2].strip("[]").lower().removesuffix("."), int(match[3] or PORTS[scheme]), match[4] or "/"
    found = list(pairs(given.get("headers")))
    pseudo = [pair for pair in found if pair[0].startswith(":")]
    if len(pseudo) > 1 or any(name != ":authority" for name, _ in pseudo):
        raise BadLineError("of HTTP/2's pseudo-headers only :authority can be given, once")
    authority = pseudo[0][1] if pseudo else None
    headers = tuple(pair for pair in found if not pair[0].startswith(":"))
    if authority is None and not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", match[2] + (f":{port}" if match[3] else "")), *headers)
    body = _body(given)
    return HttpRequest(
        method=method,
        scheme=scheme,
        host=host,
        port=port,
        target=target if target.startswith("/") else f"/{target}",
        headers=headers,
        body=body if len(body) <= body_limit else None,
        body_length=len(body),
        prefix=body[:body_limit] if len(body) > body_limit else b"",
        authority=authority,
    )


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def pairs(given: Any) -> Iterator[tuple[str, str]]:
    """Headers, given as an object or a list of pairs. Raises BadLineError."""
    items: Any = given.items() if isinstance(given, dict) else [] if given is None else given
    if not isinstance(given, dict | list | None):
        raise BadLineError("headers is neither an object nor a list of pairs")
    for item in items:
        match item:
            case [str(name), str(value)]:
                yield name, value
            case [str(name), [*values]] if isinstance(given, dict) and all(isinstance(value, str) for value in values):
                yield from ((name, value) for value in values)
            case _:
                raise BadLineError("a header is not a name and a string")


def _body(given: dict[str, Any]) -> bytes:
    text, encoded = given.get("body"), given.get("body_b64")
    if text is not None and encoded is not None:
        raise BadLineError("body and body_b64 are both there")
    try:
        if isinstance(text, str):
            return text.encode()
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise BadLineError(f"the body cannot be read: {error}") from error
    if text is None and encoded is None:
        return b""
    raise BadLineError("body and body_b64 are strings")
