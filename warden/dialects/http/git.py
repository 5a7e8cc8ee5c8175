"""git's smart HTTP protocol: which requests are a fetch and which a push.

===========================================================  =====================================================================
``GET  REPO/info/refs?service=git-upload-pack``              ``git:fetch``: what refs there are, for a clone or fetch
``POST REPO/git-upload-pack``, ``git-upload-archive``        ``git:fetch``: reads, whatever the body asks for; with git's content type, or
                                                             it is some API's POST about a thing of that name
``GET  REPO/info/refs?service=git-receive-pack``             ``git:push``: the same list, asked for by nobody but who will push
``POST REPO/git-receive-pack``                               the push: its commands (:mod:`.commands`), one action each
any other GET                                                a GET, the dumb protocol's files among them
===========================================================  =====================================================================

The dumb protocol's push is WebDAV: PUT, LOCK, MOVE, ruled on by method. ssh is not HTTP.

https://git-scm.com/docs/gitprotocol-http
"""

from __future__ import annotations

import re
import zlib
from urllib.parse import unquote

from warden.dialects.body.gzip import MAX_INFLATED
from warden.dialects.egress import segments
from warden.dialects.http.commands import Push, read_push
from warden.dialects.http.pack import fast_forwards
from warden.dialects.http.reading import Reading, unread
from warden.errors import DecodeError
from warden.model import Flag, HttpRequest, Verb

_FETCHES = frozenset({"git-upload-pack", "git-upload-archive"})
_PUSH = "git-receive-pack"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_TAGS = "refs/tags/"
#: Options of a push (``git push -o``) that do more than the push: one line each, with whose they are.
OPTIONS = (
    (re.compile(rb"repo\.private=(?:0|f|false)", re.IGNORECASE), Flag.SHARE),  # Gitea, Forgejo: makes the repository public
    (re.compile(rb"secret_(?:push_protection|detection)\.skip_all(?:=.*)?"), Flag.PROTECTION_OFF),  # GitLab: lets secrets be pushed
)


def route(target: str) -> tuple[str, str] | None:
    """``(repository, service)`` of a request target, service being ``info/refs`` or a program's name; None when it is not git's."""
    path = segments(target)
    if path is None:
        return None
    parts = [part.partition(";")[0] for part in path]  # some servers cut parameters off
    while parts and not parts[-1]:
        parts.pop()
    last = [part.lower() for part in parts[-2:]]  # to some, case is nothing
    if last == ["info", "refs"]:
        return "/" + "/".join(parts[:-2]), "info/refs"
    if last and last[-1] in _FETCHES | {_PUSH}:
        return "/" + "/".join(parts[:-1]), last[-1]
    return None


def is_push(request: HttpRequest) -> bool:
    """Whether this is the request of a push that carries its commands. Also for a server that goes by the content type."""
    found = route(request.target)
    return request.method not in _READING and ((found is not None and found[1] == _PUSH) or f"x-{_PUSH}-request" in _kind(request))


def _kind(request: HttpRequest) -> str:
    return ",".join(request.header_values("content-type")).lower()


def needs_body(request: HttpRequest) -> bool:
    return is_push(request)


def announced(request: HttpRequest) -> str:
    """The service that a request for refs names, ``git-receive-pack`` when any of several is; empty when it is no such request."""
    found = route(request.target)
    if found is None or found[1] != "info/refs":
        return ""
    query = unquote(request.target.partition("?")[2])
    return _PUSH if _PUSH in query else "git-upload-pack" if "git-upload-pack" in query else ""


def read(request: HttpRequest) -> tuple[Reading, ...]:
    """What a request of git's asks for; nothing when it is none. Raises DecodeError."""
    found = route(request.target)
    context = {"repository": found[0][:1024]} if found else {}
    if is_push(request):
        return _push(request, context)
    if found is None:
        return ()
    if service := announced(request):
        if request.method not in _READING:
            return ()
        if service == _PUSH:
            return (Reading("git:push", Verb.UPDATE, context=context),)
        return (Reading("git:fetch", Verb.READ, context=context),)
    if found[1] in _FETCHES and request.method == "POST" and _kind(request) == f"application/x-{found[1]}-request":
        return (Reading("git:fetch", Verb.READ, context=context),)
    return ()


def push_of(request: HttpRequest) -> Push | None:
    """The commands of a push, from its body or the first bytes of it; None when there are none to read. Raises DecodeError."""
    data = request.body if request.body is not None else request.prefix
    return read_push(_plain(request, data)) if data else None


def _push(request: HttpRequest, context: dict[str, str]) -> tuple[Reading, ...]:
    push = push_of(request)
    if push is None:
        return (unread("git:push", **context),)
    if push.unreadable:
        return (unread("git:push", **context, reason=push.unreadable),)
    if not push.commands:  # what git sends first, to be told whether it must log in
        return (Reading("git:push", Verb.UPDATE, context=context),)
    moved = [command for command in push.commands if command.moves and not command.ref.startswith(_TAGS)]
    moves = [(command.old, command.new) for command in moved]
    shown = fast_forwards(push.pack, push.algorithm, moves, push.shallow) if moved else frozenset()
    asked = frozenset(flag for option in push.options for pattern, flag in OPTIONS if pattern.fullmatch(option))
    readings = []
    for command in push.commands:
        said = {**context, "ref": command.ref}
        if command.deletes:
            readings.append(Reading("git:delete-ref", Verb.DELETE, asked | {Flag.DESTRUCTIVE}, context=said))
        elif command.creates:
            readings.append(Reading("git:create-ref", Verb.CREATE, asked, context=said))
        elif command.moves and (command.ref.startswith(_TAGS) or (command.old, command.new) not in shown):
            # A tag that moves loses what it named; a branch loses commits unless the new ones are seen to build on the old.
            readings.append(Reading("git:update-ref", Verb.UPDATE, asked | {Flag.DESTRUCTIVE, Flag.OVERWRITE}, context=said))
        else:
            readings.append(Reading("git:update-ref", Verb.UPDATE, asked, context=said))
    return tuple(readings)


def _plain(request: HttpRequest, data: bytes) -> bytes:
    """The first bytes of the body as the server reads them: inflated as far as they go."""
    codings = [value.strip().lower() for header in request.header_values("content-encoding") for value in header.split(",")]
    if codings in ([], [""], ["identity"]):
        return data
    if codings not in (["gzip"], ["x-gzip"]):
        raise DecodeError("compressed-body", "The push is encoded in a way that cannot be read here.", "Send it uncompressed.")
    try:
        return zlib.decompressobj(wbits=31).decompress(data, MAX_INFLATED)
    except zlib.error:
        raise DecodeError("compressed-body", "The compressed push is damaged.", "Send it uncompressed.") from None
