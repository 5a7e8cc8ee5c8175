"""HTTP to hosts that no cloud dialect claims: the order in which a request is read, and its actions."""

from __future__ import annotations

import re
from urllib.parse import unquote

from warden.dialects.egress import Egress, segments
from warden.dialects.http import git, graphql, lfs, override, refs
from warden.dialects.http.denial import denial
from warden.dialects.http.reading import Reading, by_method, unread
from warden.errors import DecodeError
from warden.model import Action, Certainty, Flag, HttpRequest, HttpResponse, Resource, Ruling, Verb

#: What a path may not hide: a server that decodes twice, or removes dots, would find one of these protocols there.
_HIDDEN = re.compile(r"git-receive-pack|info/lfs|graphql|gql", re.IGNORECASE)


class HttpDialect:
    """Reads any request as what its protocol shows, or as method and host."""

    name = "http"
    method_override = False

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def claims(self, host: str, port: int) -> bool:
        return True

    def needs_body(self, request: HttpRequest) -> bool:
        return any(protocol.needs_body(request) for protocol in (git, lfs, graphql, override, refs))

    def needs_prefix(self, request: HttpRequest) -> bool:
        """Whether the first bytes of a body that is too large to be read tell enough: a push's commands come first, its commits next."""
        return git.needs_body(request)

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        return tuple(self._action(request, reading) for reading in _read(request))

    def _action(self, request: HttpRequest, reading: Reading) -> Action:
        lets = self._egress.lets(
            request.host, request.port, scheme=request.scheme, method=request.method, verb=reading.verb, target=request.target
        )
        attributes: dict[str, str | bool | int] = {"name": request.host, "port": request.port, "dialect": self.name, "egress": lets}
        path = request.target.partition("?")[0]
        return Action(
            provider="http",
            operation=reading.operation,
            verb=reading.verb,
            flags=reading.flags,
            resources=(Resource("Net::Host", request.host, attributes),),
            context={"host": request.host, "path": path[:1024], "method": request.method, "scheme": request.scheme, **reading.context},
            certainty=reading.certainty,
        )

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        return denial(request, ruling, sentence)


def _read(request: HttpRequest) -> tuple[Reading, ...]:
    if "websocket" in ",".join(request.header_values("upgrade")).lower():
        # GraphQL's mutations go over WebSocket as well (graphql-ws): there, bytes that nobody rules on may be the worst of them.
        if graphql.may_be(request):
            return (unread("upgrade"),)
        upgrade = Reading("upgrade", Verb.CONNECT, frozenset({Flag.OPAQUE}), Certainty.EXACT)
        # RFC 9110 section 7.8: "A server MAY ignore a received Upgrade header field". What it then does counts as well; a plain GET does nothing.
        besides = _plainly(request)
        return (upgrade,) if besides == (by_method("GET"),) else (upgrade, *besides)
    return _plainly(request)


def _plainly(request: HttpRequest) -> tuple[Reading, ...]:
    if segments(request.target) is None and _HIDDEN.search(unquote(unquote(request.target.partition("?")[0]))):
        raise DecodeError(
            "path", "The path could be read in two ways, and one of them is that of git or GraphQL.", "Send it without dots and escapes."
        )
    found = git.read(request) or lfs.read(request) or graphql.read(request) or override.read(request)
    return found or refs.read(request) or (by_method(request.method),)
