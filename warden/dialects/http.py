"""The last dialect: HTTP to hosts that no cloud dialect claims.

An Action here is the method on a host: ``GET`` on ``Net::Host::"pypi.org"``. The method of an unknown API says little about what it does,
so the certainty is never exact; what decides is whether the egress list names the host.
"""

from __future__ import annotations

import json

from warden.dialects.egress import Egress
from warden.model import Action, Certainty, Flag, HttpRequest, HttpResponse, Resource, Ruling, Verb

# RFC 9110 section 9.3, and RFC 5789 for PATCH.
VERBS = {
    "GET": Verb.READ, "HEAD": Verb.READ, "OPTIONS": Verb.READ, "POST": Verb.UPDATE, "PUT": Verb.UPDATE, "PATCH": Verb.UPDATE, "DELETE": Verb.DELETE,
}  # fmt: skip


class HttpDialect:
    """Reads any request as method and host."""

    name = "http"
    method_override = False

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def claims(self, host: str, port: int) -> bool:
        return True

    def needs_body(self, request: HttpRequest) -> bool:
        return False

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        verb = VERBS.get(request.method, Verb.UNKNOWN)
        host = Resource(
            "Net::Host",
            request.host,
            {"name": request.host, "port": request.port, "dialect": self.name, "egress": self._egress.http(request.host, request.port)},
        )
        path = request.target.partition("?")[0]
        return (
            Action(
                provider="http",
                operation=request.method if verb is not Verb.UNKNOWN else "other",
                verb=verb,
                flags=frozenset({Flag.DESTRUCTIVE}) if verb is Verb.DELETE else frozenset(),
                resources=(host,),
                context={"host": request.host, "path": path[:1024], "method": request.method, "scheme": request.scheme},
                certainty=Certainty.UNKNOWN,
            ),
        )

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        body = json.dumps({"error": {"code": "AccessDenied", "message": sentence, "ruling": ruling.id}}).encode() + b"\n"
        return HttpResponse(403, (("Content-Type", "application/json"), ("X-Request-Id", ruling.id)), body)
