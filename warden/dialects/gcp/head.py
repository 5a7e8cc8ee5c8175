"""What is read of a request before anything else: raw path, query pairs, headers by lower-case name, and the methods that it may act by.

A method override is a header only: ``X-HTTP-Method-Override``, with one of five methods. Google's clients send it on POST where a GET's target
would be too long, and then the query is the body. Whatever else asks for another method is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from warden.dialects import uri
from warden.errors import DecodeError
from warden.model import HttpRequest

FORM = "application/x-www-form-urlencoded"

#: Headers that choose the reading: none may be there twice.
_SINGLE = frozenset(
    {
        "content-encoding",
        "content-type",
        "host",
        "x-amz-copy-source",
        "x-goog-copy-source",
        "x-goog-request-params",
        "x-goog-resumable",
        "x-http-method-override",
    }
)
_METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
#: Other ways to ask for another method, which some frameworks take. Google's system parameters (https://cloud.google.com/apis/docs/system-parameters)
#: have none, so that a request with one of these has no certain reading. ``$httpHeaders`` is how Google's own web clients put headers, overrides and
#: credentials among them, where no preflight is asked for them.
_FOREIGN_HEADERS = frozenset({"x-http-method", "x-method-override"})
_FOREIGN_KEYS = frozenset(
    {"$httpheaders", "$httpmethod", "$method", "_method", "x-http-method", "x-http-method-override", "x-method-override"}
)


@dataclass(frozen=True, slots=True)
class Head:
    """`override` is the method that the header asks for, if it is another than the request line's."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    override: str | None = None

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(key for key, _ in self.query)


def read(request: HttpRequest) -> Head:
    """Raises DecodeError for a malformed target, for headers that may not be repeated, and for overrides that Google does not document."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower not in headers:
            headers[lower] = value
        elif lower in _SINGLE:
            raise DecodeError("duplicate-header", f"The header {lower} is there twice.")
    path, raw = uri.split(request.target)
    if ";" in raw and any(";" in part and not part.lower().startswith(("x-goog-", "x-amz-")) for part in raw.split("&")):
        raise DecodeError(
            "malformed-form", "The query holds a bare semicolon, which some readers separate parameters at.", "Percent-encode it."
        )
    query = uri.pairs(raw) if raw else ()
    if any(_foreign(name) for name in headers):
        raise _undocumented()
    check_keys(query)
    override = headers.get("x-http-method-override")
    if override is not None and override not in _METHODS:
        raise DecodeError("method-override", "The header X-HTTP-Method-Override names no method of a Google API.")
    return Head(request.method, path, query, headers, override if override != request.method else None)


def check_keys(query: tuple[tuple[str, str], ...]) -> None:
    """Raises DecodeError for parameters that ask for another method, or for headers."""
    if any(key.lower() in _FOREIGN_KEYS for key, _ in query):
        raise _undocumented()


def _undocumented() -> DecodeError:
    return DecodeError("method-override", "The request asks for another method, or for headers, in a way that Google does not document.")


def _foreign(name: str) -> bool:
    """Whether some readers take the header `name` for an override: CGI's names do not tell an underscore from a hyphen."""
    plain = name.replace("_", "-")
    return plain in _FOREIGN_HEADERS or (plain != name and plain in _SINGLE)
