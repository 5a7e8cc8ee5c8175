"""One view of a request's parameters, whichever protocol carries them.

The tables say where each parameter is (:mod:`warden.dialects.paths`); `Parameters.values` walks there and returns all values found.

A message with two readings raises DecodeError: equal JSON or CBOR keys, a form parameter or query key with two values, a document type in XML.
A body that was not read (`HttpRequest.body` is None) has no values, and `body_missing` says so: conditions then count as their worst.
"""

from __future__ import annotations

from typing import Any

from warden.dialects.aws.route import Route
from warden.dialects.body import ADVICE, cbor, form, gzip, json, xml
from warden.dialects.paths import WirePath, walk
from warden.errors import DecodeError
from warden.model import HttpRequest


class Parameters:
    """The parameters of one request. Each body is parsed once, when the first path asks for it."""

    __slots__ = ("_request", "_route", "_tree", "body_missing")

    def __init__(self, route: Route, request: HttpRequest) -> None:
        self._route = route
        self._request = request
        self._tree: Any = None
        #: The body was not read: nothing is known of what it holds.
        self.body_missing = request.body is None

    def missing(self, path: WirePath) -> bool:
        """Whether `path` is in a body that was not read."""
        return self.body_missing and path.in_body

    def values(self, path: WirePath, *, fold: bool) -> list[Any]:
        """All values at `path`, without nulls. `fold`: member names match in any case, for questions whose yes is the harmful answer.

        Raises DecodeError when the body, or a key that may be there once, has two readings.
        """
        if path.source == "label":
            found = self._route.labels.get(path.name)
            return [] if found is None else [found]
        if path.source == "header":
            return _single(self._request.header_values(path.name), path, "duplicate-header")
        if path.source == "query":
            return _single([value for key, value in self._route.query if key == path.name], path, "duplicate-query-key")
        if path.source == "payload":
            return [] if self.body_missing else [self._body()]
        if self._tree is None:
            self._tree = self._parse(path.source)
        return walk(self._tree, path, fold=fold)

    def _parse(self, source: str) -> dict[str, Any]:
        if source == "form":
            return form.tree(self._route.query, b"" if self.body_missing else self._body())
        if self.body_missing:
            return {}
        body = self._body()
        if source == "xml":
            return xml.tree(body)
        if self._route.protocol == "rpc-v2-cbor":
            return _object(cbor.loads(body) if body else {}, "malformed-cbor", "CBOR")
        return _object(json.loads(body), "malformed-json", "JSON")

    def _body(self) -> bytes:
        return gzip.plain(self._request.body or b"", self._request.header_values("content-encoding"))


def _single(values: list[str], path: WirePath, code: str) -> list[Any]:
    if len(values) > 1 and not path.many and len(set(values)) > 1:
        raise DecodeError(
            code, f"{path.source.capitalize()} {path.name} is there {len(values)} times with different values.", "Send it once."
        )
    return list(values)


def _object(value: Any, code: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DecodeError(code, f"The {what} body is not an object.", ADVICE)
    return value
