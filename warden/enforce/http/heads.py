"""Heads of HTTP/1 messages as mitmproxy's values, made from what was read by the letter.

mitmproxy's constructors check the type of every field of every message at run time (12.2.3, ``MessageData.__post_init__``), which takes longer
than reading the head does; and a look-up in its `Headers` passes several functions for each field.
"""

from __future__ import annotations

import re
from time import time
from typing import Any

from mitmproxy import http

type Fields = tuple[tuple[bytes, bytes], ...]

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELD = _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n"
# RFC 9112 section 3: request-line = method SP request-target SP HTTP-version; section 5: no white space before the colon, no folding.
REQUEST = re.compile(
    rb"(?P<method>" + _TOKEN + rb") (?P<target>[\x21-\x7e\x80-\xff]+) (?P<version>HTTP/1\.[01])\r\n(?:" + _FIELD + rb")*\r\n"
)
# RFC 9112 section 4: status-line = HTTP-version SP status-code SP [ reason-phrase ]
RESPONSE = re.compile(
    rb"(?P<version>HTTP/1\.[01]) (?P<status>[1-9][0-9]{2}) (?P<reason>[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*)?\r\n(?:"
    + _FIELD
    + rb")*\r\n"
)


class Headers(http.Headers):
    """mitmproxy's, looked up by an index. `fields` is only ever replaced as a whole, and a new one is indexed anew."""

    _indexed: Fields | None = None
    _index: dict[bytes, list[str]]

    def get_all(self, name: str | bytes) -> list[str]:
        wanted = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
        return list(self._values(wanted.lower()))

    def get(self, key: str | bytes, default: Any = None) -> Any:
        wanted = key if isinstance(key, bytes) else key.encode("utf-8", "surrogateescape")
        values = self._values(wanted.lower())
        return ", ".join(values) if values else default

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | bytes) and self.get(key) is not None

    def _values(self, wanted: bytes) -> list[str]:
        if self._indexed is not self.fields:
            self._index = {}
            for name, value in self.fields:
                self._index.setdefault(name.lower(), []).append(value.decode("utf-8", "surrogateescape"))
            self._indexed = self.fields
        return self._index.get(wanted, [])


class _RequestData(http.RequestData):
    def __post_init__(self) -> None:
        """Nothing is checked: `request` says the types."""


class _ResponseData(http.ResponseData):
    def __post_init__(self) -> None:
        """Nothing is checked: `response` says the types."""


def fields(head: bytes) -> Fields:
    """The fields of a head that `REQUEST` or `RESPONSE` has matched."""
    lines = head[:-4].split(b"\r\n")
    return tuple([(name, value.strip(b"\t ")) for name, _, value in [line.partition(b":") for line in lines[1:]]])


def request(method: bytes, scheme: bytes, authority: bytes, path: bytes, version: bytes, found: Fields) -> http.Request:
    """A request without its body."""
    made = http.Request.__new__(http.Request)
    made.data = _RequestData(version, _headers(found), None, None, time(), None, "", 0, method, scheme, authority, path)
    return made


def response(head: bytes) -> http.Response | None:
    """The response that begins with `head`, without its body; None when it is not by the letter."""
    match = RESPONSE.fullmatch(head)
    if match is None:
        return None
    made = http.Response.__new__(http.Response)
    made.data = _ResponseData(
        match["version"], _headers(fields(head)), None, None, time(), None, int(match["status"]), match["reason"] or b""
    )
    return made


def _headers(found: Fields) -> Headers:
    made = Headers.__new__(Headers)
    made.fields = found
    return made
