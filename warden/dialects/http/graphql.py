"""GraphQL over HTTP: which requests are GraphQL, and where the document is in them.

A request is GraphQL when it goes to an endpoint (`is_endpoint`) as POST, or as GET with ``query`` in its URL, or when its content type says so
anywhere. Where the path only holds such a name (`/repos/o/graphql-js/issues`), it is GraphQL when it has a document. PUT and PATCH are read as
POST: some servers do not look at the method. Where host and path do not say that GraphQL is spoken, or the request holds more than GraphQL asks
for, it is read as what its method says besides: another API may take it for its own. The forms, and what each is read as:

==========================================================  ======================================================================
POST, JSON object with ``query``                            the document's operation (``operationName`` chooses)
POST, JSON list of such objects                             every one of them
POST ``application/graphql``                                the body is the document; ``operationName`` in the URL
POST form with ``query``                                    as JSON
GET ``?query=...&operationName=...``                        as JSON
JSON with a hash or id in place of ``query`` (persisted)    ``graphql:unread``: only the server knows the document
multipart (uploads), a body that was not read               ``graphql:unread``
a document in the URL and another in the body, ``query``    DecodeError: servers differ in which one runs
beside an id, a key in two spellings, a batch in a batch,
a body that is JSON for one server and a form for another,
a body in another charset, a GET with a body
==========================================================  ======================================================================

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from warden.dialects.body import gzip, json
from warden.dialects.egress import segments
from warden.dialects.http.document import operations
from warden.dialects.http.reading import Reading, by_method, unread
from warden.errors import DecodeError
from warden.model import Certainty, HttpRequest

#: Operations in one batch.
MAX_BATCH = 100
#: A path segment that names an endpoint: graphql, gql, graphql.json, my-graphql, graphql_v2.
_SEGMENT = re.compile(r"(?:[a-z0-9]+[-_])*(?:graphql|gql)(?:[-_.][a-z0-9]+)*")
#: Last segments where other protocols are spoken as well (gqlgen's own examples serve ``/query``; so do Prometheus and InfluxDB): there it is
#: GraphQL when it has a document, and what cannot be read is some other query.
_QUIET = frozenset({"query", "queries", "graph"})
#: What may follow it there: a version or a part of the API.
_BELOW = re.compile(r"(?:v?[0-9]+(?:[.-][0-9]+)*|internal|public|private|admin|stable|unstable|query|batch|execute|console)?")
_LABELS = frozenset({"graphql", "gql"})
#: Endpoints whose host and path do not say it: one line each.
ENDPOINTS = frozenset(
    {
        ("api.monday.com", "v2"),  # monday.com's whole API
        ("countries.trevorblades.com", ""),  # a public example API
    }
)
#: Keys beside which a ``query`` would be a second reading: names under which servers know documents that they keep.
_IDS = frozenset({"id", "documentid", "doc_id", "queryid", "query_id", "hash", "sha256hash"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_WRITING = frozenset({"POST", "PUT", "PATCH"})
#: All that GraphQL over HTTP knows in a request, in lower case.
_KEYS = frozenset({"query", "operationname", "variables", "extensions"})
#: Content types that every server takes for JSON alone.
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json")
_FORM = "application/x-www-form-urlencoded"
_CHARSET = re.compile(r";[ \t]*charset[ \t]*=[ \t]*\"?([^\";, \t]*)")
_TYPES = ("application/graphql",)


def is_endpoint(request: HttpRequest) -> bool:
    """Whether the host or path says that GraphQL is spoken there, or the content type that it is here."""
    return _content_type(request).strip().startswith(_TYPES) or _spoken(request)


def _content_type(request: HttpRequest) -> str:
    return ",".join(request.header_values("content-type")).lower()


def _spoken(request: HttpRequest) -> bool:
    """Whether the host or path says that GraphQL is spoken there."""
    if _LABELS & set(request.host.split(".")[:-1]):
        return True
    path = _path(request)
    while path and _BELOW.fullmatch(path[-1]):
        path.pop()
    return bool(path and _SEGMENT.fullmatch(path[-1])) or (request.host, "/".join(_path(request)).rstrip("/")) in ENDPOINTS


def may_be(request: HttpRequest) -> bool:
    """Whether it is an endpoint, or its path holds the name of one."""
    return _named(request) or _quiet(request)


def _named(request: HttpRequest) -> bool:
    return any(_SEGMENT.fullmatch(part) for part in _path(request)) or is_endpoint(request)


def _quiet(request: HttpRequest) -> bool:
    return bool(_QUIET & set([part for part in _path(request) if part][-1:]))


def _path(request: HttpRequest) -> list[str]:
    return [part.partition(";")[0].lower() for part in segments(request.target) or ()]


def needs_body(request: HttpRequest) -> bool:
    return request.method in _WRITING and may_be(request)


def read(request: HttpRequest) -> tuple[Reading, ...]:
    """The operations' fields; nothing when the request is not GraphQL. Raises DecodeError."""
    if request.method not in _WRITING | _READING or not may_be(request):
        return ()
    try:
        found = _read(request)
    except DecodeError:
        if is_endpoint(request) or _hints(request):
            raise
        return ()
    # Elsewhere a body without a document is some other API's.
    if not (is_endpoint(request) or any(one.certainty is Certainty.EXACT for one in found) or (request.body is None and _named(request))):
        return ()
    return found if not found or _spoken(request) else _distinct((*found, by_method(request.method)))


def _hints(request: HttpRequest) -> bool:
    """Whether what could not be read may hold a document to a more lenient reader. A GET's matters only when it may change something."""
    if request.method in _READING:
        return "mutation" in unquote(request.target).lower() or bool(request.body)
    body = (request.body or b"").lower()
    if not _named(request):
        return b"mutation" in body or b"\\u" in body
    return b"query" in body or b"\\u" in body or bool(request.header_values("content-encoding"))


def _read(request: HttpRequest) -> tuple[Reading, ...]:
    asked = request.target.partition("?")[2]
    url = _form(asked)
    if ";" in asked and (_KEYS | _IDS) & _form(asked.replace(";", "&")).keys():
        raise _two_separators()
    if request.method in _READING:
        asks = bool({"query", "extensions", *_IDS} & url.keys())
        if (asks or _named(request)) and (request.body is None or request.body):
            raise DecodeError("graphql-get-body", "The GET has a body; servers differ in whether they read it.", "Send it as POST.")
        if not asks:
            return ()
        return _distinct(_one(url))
    if request.body is None:
        return (unread("graphql:unread"),)
    said = _content_type(request)
    kind = said.partition(";")[0].strip()
    if kind.startswith("multipart/"):
        return (unread("graphql:unread"),)
    if any(charset not in ("utf-8", "utf8", "us-ascii") for charset in _CHARSET.findall(said)):
        raise DecodeError("graphql-charset", "The body is in a charset that servers read in different ways.", "Send it as UTF-8.")
    body = gzip.plain(request.body, request.header_values("content-encoding"))
    if {"query", "extensions", "variables", *_IDS} & url.keys():
        raise DecodeError(
            "graphql-two-documents", "The URL and the body both hold parts of a GraphQL request.", "Put all of it in the body."
        )
    if kind in ("application/graphql",):
        return _distinct(_one({"query": _text(body), **{key: url[key] for key in _KEYS & url.keys()}}))
    if "operationname" in url:
        raise DecodeError(
            "graphql-two-documents", "The URL and the body both hold parts of a GraphQL request.", "Put all of it in the body."
        )
    if kind == _FORM:
        if body.lstrip()[:1] in (b"{", b"["):
            raise _json_or_form()
        if b";" in body:
            raise _two_separators()
        return _alone(request, [_form(_text(body))])
    found = _batch(json.loads(body))
    if not _JSON.fullmatch(kind) and (_KEYS | _IDS) & _form(_text(body).replace(";", "&")).keys():
        raise _json_or_form()
    return _alone(request, found)


def _alone(request: HttpRequest, entries: list[dict[str, Any]]) -> tuple[Reading, ...]:
    """The readings of `entries`, and of the request's method where they hold what GraphQL does not know: some other API may."""
    readings = [reading for one in entries for reading in _one(one)]
    if any(one[key] not in (None, "") for one in entries for key in one.keys() - _KEYS - _IDS):
        readings.append(by_method(request.method))
    return _distinct(readings)


def _form(text: str) -> dict[str, Any]:
    """The fields of a form, by what PHP and Rack make of their names: ``query[]`` and `` query`` are query."""
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=None)
    return _fields((re.split(r"[\0\[]", key.strip())[0], value) for key, value in pairs)


def _two_separators() -> DecodeError:
    """Rack 2 and others begin another field at a semicolon."""
    return DecodeError("graphql-two-documents", "A semicolon ends a field for some servers only.", "Write it as %3B.")


def _json_or_form() -> DecodeError:
    return DecodeError(
        "graphql-two-documents",
        "The body is JSON for one server and a form for another.",
        "Send it as JSON, with Content-Type application/json.",
    )


def _batch(value: Any) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    if not 0 < len(entries) <= MAX_BATCH or not all(isinstance(entry, dict) for entry in entries):
        raise DecodeError("graphql-body", f"The body is neither a GraphQL request nor a list of 1 to {MAX_BATCH} of them.")
    return [_fields(entry.items()) for entry in entries]


def _fields(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Keys in lower case: servers in Go take them in any, and then the last one counts."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key.lower() in found:
            raise DecodeError("graphql-two-documents", f"The request holds {key[:32]!r} twice.", "Send each key once.")
        found[key.lower()] = value
    return found


def _one(request: Mapping[str, Any]) -> tuple[Reading, ...]:
    document, name = request.get("query"), request.get("operationname")
    ids = [key for key in _IDS & request.keys() if request[key] not in (None, "")]
    if document in (None, ""):
        return (unread("graphql:unread"),)
    if not isinstance(document, str) or not isinstance(name, str | None):
        raise DecodeError("graphql-body", "query and operationName are not text.")
    if ids:
        raise DecodeError("graphql-two-documents", f"The request holds a document and, in {min(ids)!r}, the name of another.")
    _check_hash(request.get("extensions"), document)
    return operations(document, name or None, _value(request.get("variables")))


def _value(said: Any) -> Any:
    """Variables and extensions: forms and URLs write them as JSON; some servers take that in JSON as well."""
    return json.loads(said.encode("utf-8", "surrogatepass")) if isinstance(said, str) else said


def _check_hash(extensions: Any, document: str) -> None:
    """A document that comes with the hash of a persisted one must be that one."""
    extensions = _value(extensions)
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if persisted is None:
        return
    said = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if said != hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest():
        raise DecodeError("graphql-two-documents", "The request holds a document and the hash of another.")


def _distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    return tuple({(one.operation, one.verb, one.flags): one for one in readings}.values())


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The body is not UTF-8.") from None
