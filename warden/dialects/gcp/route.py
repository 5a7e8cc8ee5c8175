"""Which API methods one request to Google calls, before anybody says what they do.

The forms of a request, in the order in which they are told apart::

    POST /batch...                                    many requests in one          batch.py
    POST /package.Service/Method, application/grpc    gRPC                          grpc.py
    POST /$rpc/package.Service/Method                 the same without its framing
    anything else at storage.googleapis.com that is
      no path of its JSON API                         storage's XML API             storage_xml.py
    METHOD /upload/..., /resumable/upload/...         REST with content             here
    PUT, DELETE /upload/...?upload_id=ID              a resumable upload goes on, or is cancelled
    GET /$discovery/rest                              a host's own description
    METHOD /v1/{name=projects/*/...}:verb             REST

A path is split at its slashes and its last colon first, and percent-decoded after. A colon with a verb that the host has picks the verb, never
a name that holds a colon; a colon with a word that the host does not have is unknown, since it may be a verb of tomorrow. At www.googleapis.com
the first segment says whose path it is. System parameters (``alt``, ``fields``, ``key``, ``access_token``, ``callback``, ...) change no method
and stay in `Call.query`.

With ``X-HTTP-Method-Override`` there are two calls, one by each method: both must be allowed.

An upload session's id, not its path, says what is written to; it comes from an earlier request that was ruled on, or from whoever gave it to the
agent.
"""

from __future__ import annotations

import re
from dataclasses import replace

from warden.dialects import uri
from warden.dialects.gcp import batch, grpc, hosts, index, storage_xml
from warden.dialects.gcp.head import FORM, Head, check_keys, read
from warden.dialects.gcp.noun import UNKNOWN, Call, Protocol
from warden.errors import DecodeError
from warden.model import HttpRequest

_DISCOVERY = "/$discovery/rest"
_LEGACY = "www.googleapis.com"
_MEDIA = frozenset({"download", "resumable", "upload"})

#: What follows a colon and could be a verb, whole or (where the host has it) before something that a reader could take off.
_VERB = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: What precedes a colon that is part of a name for certain: digests, and the domain of a project (``projects/example.com:project``).
_DIGEST = re.compile(r"(?:.*@)?(?:md5|sha1|sha256|sha512)", re.DOTALL)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def claims(host: str) -> bool:
    """Whether `host` (lower case, no trailing dot) is a Google API endpoint, known service or not."""
    return hosts.find(host) is not None


def needs_body(request: HttpRequest) -> bool:
    """Whether `calls` must have the body: a batch's parts, or the query of an overridden GET. May raise DecodeError."""
    head = read(request)
    return batch.at(head.path) or (head.override is not None and head.content_type == FORM)


def calls(request: HttpRequest) -> tuple[Call, ...]:
    """The calls that `request` makes, at least one. Raises DecodeError when there is no single certain reading, or when the host is no Google API."""
    host = hosts.find(request.host)
    if host is None:
        raise DecodeError("not-google", "The request does not go to a Google API.")
    head = read(request)
    if batch.at(head.path) and head.method == "POST" and not grpc.speaks(head):
        found = tuple(call for inner in batch.requests(request) for call in _calls(inner, read(inner), host, inside=True))
        if found:
            return found
        raise DecodeError("malformed-batch", "The batch has no parts.")
    return _calls(request, head, host)


def _calls(request: HttpRequest, head: Head, host: hosts.Host, *, inside: bool = False) -> tuple[Call, ...]:
    if head.override is None:
        call = _call(request, head, host)
        found: tuple[Call, ...] = (call,)
    else:
        found = (_call(request, replace(head, override=None), host), _overridden(request, head, host))
    if inside and any(call.protocol is not Protocol.REST for call in found):
        raise DecodeError("nested-batch", "A part of the batch is an upload, gRPC or of another API.", "Send it by itself.")
    return found


def _overridden(request: HttpRequest, head: Head, host: hosts.Host) -> Call:
    assert head.override is not None
    if grpc.speaks(head) or head.path.startswith("/$rpc/"):
        raise DecodeError("method-override", "A gRPC call has no other method.")
    query = head.query
    if head.override == "GET" and head.content_type == FORM and request.body:
        query = (*query, *uri.pairs(_form(request.body)))
        check_keys(query)
    return _call(request, replace(head, method=head.override, override=None, query=query), host)


def _form(body: bytes) -> str:
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise DecodeError("malformed-form", "The form body is not ASCII.", "Percent-encode it.") from None
    if uri.bad_escape(text):
        raise DecodeError("malformed-escape", "The form body holds a malformed percent escape.")
    return text


def _call(request: HttpRequest, head: Head, host: hosts.Host) -> Call:
    path = head.path
    apis = _apis(path, host)
    if grpc.speaks(head) or path.startswith("/$rpc/"):
        api = apis[0] if len(apis) == 1 else None
        return grpc.call(request, head, api, _service(apis, path))
    first = path[1:].partition("/")[0]
    if host.bucket is not None or (host.storage and first not in storage_xml.OTHER):
        found = storage_xml.call(request, head, host.bucket)
        if first in storage_xml.OTHER and _find(apis, head, uri.segments(path, names=_object_names(path))) is not None:
            raise DecodeError("two-readings", "The host names a bucket, and the path is one of storage's JSON API.", "Use one of them.")
        return found
    if path == _DISCOVERY:
        if head.method != "GET":
            return _made(request, head, UNKNOWN, _service(apis, path))
        return _made(request, head, "discovery.apis.getRest", "discovery", labels={"api": _service(apis, path)})
    segments = uri.segments(path, names=_object_names(path) if host.storage or host.api == _LEGACY else ())
    hit = _find(apis, head, segments)
    if hit is None:
        protocol = Protocol.UPLOAD if first in ("upload", "resumable") else Protocol.REST
        return _made(request, head, UNKNOWN, _service(apis, path), protocol=protocol)
    form, values = hit
    if "%2" in path and "%2f" in path.lower():
        _check_slashes(apis, head, segments, form.method)
    protocol = Protocol.UPLOAD if form.media else Protocol.REST
    method = form.method
    if form.media and head.method == "DELETE" and "upload_id" in head.keys:
        method = storage_xml.CANCEL
    return _made(request, head, method, form.service, version=form.version, labels=form.labels(values), protocol=protocol)


def _made(
    request: HttpRequest,
    head: Head,
    method: str,
    service: str,
    *,
    version: str = "",
    labels: dict[str, str] | None = None,
    protocol: Protocol = Protocol.REST,
) -> Call:
    return Call(method, service, protocol, version, labels or {}, head.query, head.method, request.headers, request.body)


def _apis(path: str, host: hosts.Host) -> tuple[index.Api, ...]:
    """The tables that the path may be in: the host's own, and at www.googleapis.com those of the API that the path names."""
    if host.api is None:
        return ()
    if host.api != _LEGACY:
        return (index.api(host.api),)
    return tuple(index.api(name) for name in index.hosts()["legacy"].get(_first(path), ())) or (index.api(host.api),)


def _first(path: str) -> str:
    """The first segment behind media prefixes: an API's name in old paths."""
    return next((part for part in path[1:].split("/", 3) if part not in _MEDIA), "")


def _service(apis: tuple[index.Api, ...], path: str) -> str:
    """The API of an unknown path, where the host has only one or the path names it."""
    names = {name for api in apis for name in api.names}
    if len(names) > 1:
        names &= {_first(path)}
    return names.pop() if names else UNKNOWN


def _find(apis: tuple[index.Api, ...], head: Head, segments: tuple[str, ...]) -> tuple[index.Form, tuple[str, ...]] | None:
    """The one form at a path. Raises DecodeError when two of a legacy path's APIs have it."""
    if segments[-1] == "":
        return None
    found = [hit for api in apis if (hit := _at_path(api, head, segments)) is not None]
    if len({form.method for form, _ in found}) > 1:
        raise DecodeError("two-services", "The path is one of two APIs.", "Send the request to the API's own host.")
    return found[0] if found else None


def _at_path(api: index.Api, head: Head, segments: tuple[str, ...]) -> tuple[index.Form, tuple[str, ...]] | None:
    method = head.method
    tail = head.path.rpartition("/")[2]
    if api.verbs and (":" in tail or "%3" in tail) and not (api.host == hosts.STORAGE and len(segments) - 1 in _object_names(head.path)):
        start, colon, verb = segments[-1].rpartition(":")
        _, plain, raw = tail.rpartition(":")
        if colon and not (plain and uri.text(raw, "path") == verb):
            if verb in api.verbs:  # The last colon is an escaped one: part of a name, unless a reader decodes before it looks.
                raise DecodeError("escaped-colon", "The path holds an escaped colon, and reads as another method with a plain one.")
        elif colon:
            if verb in api.verbs and start:
                segments, method = (*segments[:-1], start), f"{method}:{verb}"
            elif (word := _VERB.match(verb)) and (word[0] == verb or word[0] in api.verbs) and not _names(segments, start):
                return None
    hit = api.trie.find(method, segments)
    if hit is None and method in ("PUT", "DELETE") and "upload_id" in head.keys and segments[0] in ("upload", "resumable"):
        hit = _session(api, method, segments)
    return hit


def _names(segments: tuple[str, ...], start: str) -> bool:
    """Whether `start` and a colon begin a name, and no verb follows."""
    return _DIGEST.fullmatch(start) is not None or (segments[-2:-1] == ("projects",) and _DOMAIN.fullmatch(start) is not None)


def _session(api: index.Api, method: str, segments: tuple[str, ...]) -> tuple[index.Form, tuple[str, ...]] | None:
    """The upload that a resumable session belongs to. Only storage documents how one is cancelled."""
    if method == "DELETE" and api.host != hosts.STORAGE:
        return None
    found = [hit for start in ("POST", "PATCH") if (hit := api.trie.find(start, segments)) is not None]
    if len(found) > 1:
        raise DecodeError("two-readings", "The upload session may be one of two methods'.")
    return found[0] if found else None


def _check_slashes(apis: tuple[index.Api, ...], head: Head, segments: tuple[str, ...], method: str) -> None:
    """An escaped slash is part of a name. It may not make another method for whoever decodes before splitting, but in names of storage's objects,
    whose slashes its documentation says to escape."""
    names = _object_names(head.path)
    other = tuple(part for at, segment in enumerate(segments) for part in ([segment] if at in names else segment.split("/")))
    while other[-1:] == ("",):  # a trailing slash, which some readers drop
        other = other[:-1]
    if other in (segments, ()):
        return
    hit = _find(apis, head, other)
    if hit is not None and hit[0].method != method:
        raise DecodeError("escaped-slash", "The path holds an escaped slash, and reads as another method with a plain one.")


def _object_names(path: str) -> frozenset[int]:
    """Places of object names among the segments of a path of storage's JSON API: ``.../b/BUCKET/o/OBJECT``, maybe twice."""
    raw = path[1:].split("/")
    if "storage" not in raw[:3]:
        return frozenset()
    return frozenset(at for at in range(5, len(raw)) if raw[at - 1] == "o" and raw[at - 3] == "b")
