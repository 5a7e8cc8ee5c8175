"""Denials in the words of whoever asked: git, a GraphQL client, or anything that reads JSON.

- **git, a push's commands**: 200 with git's own report, every ref refused (``! [remote rejected] main -> main (warden denied ...)``) and the whole
  sentence as ``remote:`` lines. git shows nothing of the body of a 403 there.
  (When the push is too large to be read whole, git still prints the lines, then fails at sending the rest.)
- **git, anything else**: 403 ``text/plain``, which git prints as ``remote:`` lines when it asks for refs.
- **GraphQL**: ``errors`` with ``extensions.code`` FORBIDDEN. As ``application/json`` with 200, as the specification has it for that type, because
  clients raise the errors of a 200 and only the status of a 403; as ``application/graphql-response+json`` with 403 where the client accepts that.
- **all else**: 403 with ``{"error": {"code": "AccessDenied", ...}}``.

None of these is retried by the clients.
"""

from __future__ import annotations

import json

from warden.dialects import answer
from warden.dialects.http import git, graphql
from warden.errors import DecodeError
from warden.model import HttpRequest, HttpResponse, Ruling

#: Bytes of text in one packet; the most that git's side band takes is 999 or 65515.
_BAND = 900


def denial(request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
    """Works for any request, also one that could not be read."""
    text = answer.encodable(sentence)
    if git.is_push(request) and (report := _report(request, text)):
        return HttpResponse(200, _headers("application/x-git-receive-pack-result", ruling), report)
    if git.route(request.target) is not None or git.is_push(request):
        return HttpResponse(403, _headers("text/plain; charset=utf-8", ruling), f"{text}\n".encode())
    if request.method in ("GET", "POST") and graphql.is_endpoint(request) and (request.method == "POST" or "query=" in request.target):
        return _graphql(request, ruling, text)
    return plain(ruling, text)


def plain(ruling: Ruling, text: str) -> HttpResponse:
    """The denial that needs nothing of the request."""
    body = json.dumps({"error": {"code": "AccessDenied", "message": text, "ruling": ruling.id}}).encode() + b"\n"
    return HttpResponse(403, _headers("application/json", ruling), body)


def _headers(kind: str, ruling: Ruling) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", kind), ("Cache-Control", "no-store"), ("X-Request-Id", ruling.id))


def _graphql(request: HttpRequest, ruling: Ruling, text: str) -> HttpResponse:
    body = {"errors": [{"message": text, "extensions": {"code": "FORBIDDEN", "ruling": ruling.id}}]}
    new = "application/graphql-response+json"
    if new in ",".join(request.header_values("accept")).lower():
        return HttpResponse(403, _headers(new, ruling), json.dumps(body).encode() + b"\n")
    # A batch is answered with as many answers, or its client would not find its own: one for all is what servers send for a refused batch.
    return HttpResponse(200, _headers("application/json", ruling), json.dumps({"data": None, **body}).encode() + b"\n")


def _report(request: HttpRequest, text: str) -> bytes:
    """git's report-status for a push of which nothing is done; empty when the client did not ask for one, or its commands cannot be read.

    https://git-scm.com/docs/gitprotocol-pack#_report_status
    """
    try:
        push = git.push_of(request)
    except DecodeError:
        return b""
    if push is None or not push.commands or not {"report-status", "report-status-v2"} & push.capabilities:
        return b""
    reason = " ".join(text.split())
    lines = [b"unpack ok\n", *(f"ng {command.ref} {reason[:200]}\n".encode() for command in push.commands)]
    report = b"".join(_packet(line) for line in lines) + b"0000"
    if not {"side-band", "side-band-64k"} & push.capabilities:
        return report
    told = f"{reason}\n".encode()
    pieces = [_packet(b"\2" + told[start : start + _BAND]) for start in range(0, len(told), _BAND)]
    pieces += [_packet(b"\1" + report[start : start + _BAND]) for start in range(0, len(report), _BAND)]
    return b"".join(pieces) + b"0000"


def _packet(data: bytes) -> bytes:
    return f"{len(data) + 4:04x}".encode() + data
