"""Refs moved by the REST API of a forge, which may lose commits as a forced push does.

========================================================  ================================================================
``PATCH /repos/O/R/git/refs/REF``                         GitHub: ``git:update-ref``; forced with ``"force": true``
``POST /api/v4/projects/P/repository/commits``            GitLab: ``git:update-ref``; forced with ``force``, in JSON, a form or the URL
========================================================  ================================================================

https://docs.github.com/en/rest/git/refs#update-a-reference
https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

from warden.dialects.body import gzip, json
from warden.dialects.http.reading import Reading
from warden.model import Certainty, Flag, HttpRequest, Verb

# A project's name stands in GitLab's path with an encoded slash.
_ROUTES = {"PATCH": re.compile(r".*/git/refs/.+", re.IGNORECASE), "POST": re.compile(r".*/repository/commits/?", re.IGNORECASE)}
_OFF = (None, False, "", "false", "0")


def needs_body(request: HttpRequest) -> bool:
    route = _ROUTES.get(request.method)
    return route is not None and route.fullmatch(unquote(request.target.partition("?")[0])) is not None


def read(request: HttpRequest) -> tuple[Reading, ...]:
    """What moves a ref; nothing when the request moves none. One that was not read counts as forced. Raises DecodeError."""
    if not needs_body(request):
        return ()
    flags = frozenset({Flag.DESTRUCTIVE, Flag.OVERWRITE}) if _forced(request) else frozenset[Flag]()
    return (Reading("git:update-ref", Verb.UPDATE, flags, Certainty.FAMILY),)


def _forced(request: HttpRequest) -> bool:
    asked = parse_qs(request.target.partition("?")[2])
    if request.body is None or any(value not in _OFF for value in asked.get("force", ())):
        return True
    body = gzip.plain(request.body, request.header_values("content-encoding"))
    if body.lstrip()[:1] not in (b"{", b"["):
        return any(value not in _OFF for value in parse_qs(body.decode("latin-1")).get("force", ())) or b'"force"' in body
    document = json.loads(body)
    return not isinstance(document, dict) or document.get("force") not in _OFF
