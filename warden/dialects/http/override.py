"""A POST that says in a parameter that it is another method: ``_method=delete``, as Rails, Laravel, Symfony and Express have it for HTML forms.

Looked for in the query and in a form; of a multipart form that is too large to be read, in the query alone.

https://guides.rubyonrails.org/form_helpers.html#how-do-forms-with-patch-put-or-delete-methods-work
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from warden.dialects.http.reading import Reading
from warden.errors import DecodeError
from warden.model import Certainty, HttpRequest, Verb

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_PARAMETER = re.compile(r"\s*_method\s*(?:[\0\[].*)?", re.DOTALL)  # PHP trims names and cuts them off
_PART = re.compile(rb"name\s*=\s*\"?\s*_method\b", re.IGNORECASE)


def _kind(request: HttpRequest) -> str:
    # Rack takes a type to end at a comma as well, and a POST without one for a form.
    return re.split("[;,]", ",".join(request.header_values("content-type")).lower())[0].strip() or _FORM


def needs_body(request: HttpRequest) -> bool:
    return request.method == "POST" and _kind(request) in (_FORM, _MULTIPART)


def read(request: HttpRequest) -> tuple[Reading, ...]:
    """The worst for a form that was not read, else nothing. Raises DecodeError for a POST that is to be another method."""
    if request.method != "POST":
        return ()
    kind, body = _kind(request), request.body
    found = _named(request.target.partition("?")[2])
    if body and kind == _FORM:
        found = found or _named(body.decode("latin-1"))
    elif body and kind == _MULTIPART:
        found = found or bool(_PART.search(body))
    if found:
        raise DecodeError(
            "method-override", "The parameter _method asks for another method than the request line does.", "Use that method."
        )
    return (Reading("other", Verb.UNKNOWN, certainty=Certainty.UNKNOWN),) if body is None and kind == _FORM else ()


def _named(text: str) -> bool:
    return "method" in unquote_plus(text).lower() and any(
        _PARAMETER.fullmatch(unquote_plus(field.partition("=")[0])) for field in re.split("[&;]", text)
    )
