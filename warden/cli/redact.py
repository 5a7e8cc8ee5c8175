"""`warden redact`: responses as JSON lines on standard input, each as the sandbox would get it on standard output.

A line has request ({"method", "url"}, and headers and body_b64 where they say more), status, headers (an object or a list of pairs), body_b64, and
chunks: a list of sizes in which the body comes in (default: at once). Printed is {"headers", "body_b64", "findings", "blocked"}: findings have rule,
layer, and start and end as offsets in the body (its content coding undone), or header where they are in one; blocked is null, or why nothing of the
response would be let through. A line that is no response gets {"error"}.

The lines of one run are one session, in order: a secret keeps its placeholder, and is known from the first line that showed it. --text takes plain
text instead, prints it redacted, and what was found on standard error with --findings. A host is a Kubernetes API server's where the path is one's.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from typing import Any

from warden.answers import Answers
from warden.cli import requests
from warden.decoder import Decoder
from warden.dialects.aws import hosts
from warden.dialects.kubernetes import Cluster
from warden.errors import DecodeError
from warden.model import Action, Certainty, HttpRequest, Verb
from warden.redact.answer import Answer, Mode
from warden.redact.headers import Fields
from warden.redact.redactor import BlockedError, Finding, Place
from warden.redact.schema import rows

_KUBERNETES = re.compile(r"((?:/[^/?]+)*?)/(?:api/v1|apis/[a-z0-9.-]+/v[0-9][a-z0-9]*)/")
#: Bytes of a request's body that is read for what it asks.
_BODY = 8 << 20


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "redact", help="show responses as the sandbox would get them", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--text", action="store_true", help="standard input is plain text")
    parser.add_argument("--findings", action="store_true", help="with --text: print what was found, as JSON lines on standard error")


def run(args: argparse.Namespace) -> int:
    if args.text:
        return _plain(findings=args.findings)
    session = Session()
    for line in requests.lines(sys.stdin.buffer):
        sys.stdout.write(json.dumps(answer(line, session)) + "\n")
        sys.stdout.flush()
    return 0


def _plain(*, findings: bool) -> int:
    session = Session()
    made, found = session.answers.redactor.redact(sys.stdin.buffer.read(), Place())
    sys.stdout.buffer.write(made)
    if findings:
        for one in found:
            print(json.dumps(_finding(one)), file=sys.stderr)
    return 0


class Session:
    """What the responses of one run have in common."""

    def __init__(self) -> None:
        self.answers = Answers()
        self._decoders: dict[str, Decoder] = {}

    def actions(self, request: HttpRequest) -> tuple[Action, ...]:
        """What `request` asks for; nothing where it cannot be read.

        Of an AWS request that does not say (its headers or body are not in the record): everything that its service can do, so that nothing is let
        through which one of them declares secret.
        """
        clusters: tuple[Cluster, ...] = ()
        if match := _KUBERNETES.match(request.target):
            clusters = (Cluster(request.host, request.host, request.port, match[1]),)
        decoder = self._decoders.setdefault(f"{clusters}", Decoder(clusters=clusters))
        try:
            return decoder.decode(request)
        except DecodeError:
            services = place.services if (place := hosts.find(request.host)) is not None else ()
            return tuple(
                Action("aws", operation, Verb.UNKNOWN, certainty=Certainty.UNKNOWN)
                for operation in rows.operations("aws")
                if operation.partition(":")[0] in services
            )


def answer(line: bytes | None, session: Session) -> dict[str, Any]:
    """What is printed for one line. Never raises."""
    try:
        if line is None:
            raise ValueError(f"the line is longer than {requests.MAX_LINE} bytes")
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError("the line is not a JSON object")
        return redact_record(record, session)
    except (ValueError, RecursionError, requests.BadLineError, binascii.Error) as error:
        return {"error": f"This line is not a response: {error}."}
    except Exception as error:  # noqa: BLE001 - one line must not stop the next; the proxy lets nothing through here as well
        return _blocked(f"it could not be looked through ({type(error).__name__})", "list")


def redact_record(record: dict[str, Any], session: Session) -> dict[str, Any]:
    """One response, as the proxy does it. Raises ValueError for a record that is none."""
    given = record.get("request") or {}
    request = requests.read(
        json.dumps(
            {"method": "GET", **{key: given[key] for key in ("method", "url", "headers", "body", "body_b64") if key in given}}
        ).encode(),
        _BODY,
    )
    headers, status = record.get("headers") or {}, record.get("status", 200)
    if not isinstance(status, int) or isinstance(status, bool):
        raise ValueError("status is not a number")
    kind = "object" if isinstance(headers, dict) else "list"
    fields = tuple(requests.pairs(headers))
    body = base64.b64decode(record.get("body_b64") or "", validate=True)
    try:
        redacting = session.answers.answer(request, session.actions(request), status, fields)
        made = b"".join(_passed(redacting, _pieces(body, record.get("chunks"))))
    except BlockedError as error:
        return _blocked(error.reason, kind)
    shown = [{**_finding(one), "header": name} for name, one in redacting.header_findings]
    return {
        "headers": _headers(redacting.fields, kind),
        "body_b64": base64.b64encode(made).decode(),
        "findings": [*(_finding(one) for one in redacting.findings), *shown],
        "blocked": None,
    }


def _pieces(body: bytes, chunks: Any) -> list[bytes]:
    if chunks is None:
        return [body]
    if not isinstance(chunks, list) or not all(isinstance(size, int) and size >= 0 for size in chunks):
        raise ValueError("chunks is not a list of sizes")
    pieces, position = [], 0
    for size in chunks:
        pieces.append(body[position : position + size])
        position += size
    return [*pieces, body[position:]]


def _passed(redacting: Answer, pieces: list[bytes]) -> list[bytes]:
    """The pieces through `redacting`, as the proxy hands them over."""
    if redacting.mode is Mode.EMPTY:
        return pieces
    held = b""
    made: list[bytes] = []
    for piece in pieces:
        if redacting.mode is Mode.STREAM:
            made.append(redacting.feed(piece))
            continue
        held += piece
        if len(held) > redacting.limit or redacting.flows(held):
            redacting.stream()
            made.append(redacting.feed(held))
    made.append(redacting.finish() if redacting.mode is Mode.STREAM else redacting.whole(held))
    return made


def _headers(fields: Fields, kind: str) -> Any:
    if kind == "list":
        return [list(pair) for pair in fields]
    found: dict[str, Any] = {}
    for name, value in fields:
        found[name] = value if name not in found else [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
    return found


def _finding(one: Finding) -> dict[str, Any]:
    return {"rule": one.rule, "layer": one.layer, "start": one.start, "end": one.end}


def _blocked(reason: str, kind: str) -> dict[str, Any]:
    return {"headers": [] if kind == "list" else {}, "body_b64": "", "findings": [], "blocked": reason}
