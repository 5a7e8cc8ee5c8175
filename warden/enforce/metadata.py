"""The clouds' metadata services, answered by the session's brokers: one small HTTP/1.1 request on each connection, read strictly.

No proxy library reads it and nothing is ever opened for it: whatever the brokers do not answer is refused, at once and in words, so that SDKs go on
instead of waiting for a service that never answers.

RFC 9112 (HTTP/1.1): https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import re

from warden.credentials import gcp_metadata
from warden.errors import DecodeError
from warden.model import HttpRequest, HttpResponse, TcpConnect
from warden.pipeline import Pipeline

#: Addresses of the clouds' metadata services: AWS EC2 (v4, v6), ECS, EKS Pod Identity (v4, v6); Google and Azure share the first.
ADDRESSES = frozenset({"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"})
#: The names that Google's has, and the address that they lead to.
NAMES, NAMED = gcp_metadata.NAMES, gcp_metadata.ADDRESS

#: The most bytes of a request's head, and seconds that reading one and answering it may take.
HEAD_BYTES, SECONDS = 16 * 1024, 5.0

_LINE = re.compile(r"([A-Z]{1,16}) (/[!-~]{0,4096}) (HTTP/1\.[01])")
#: RFC 9110 section 5.1 and 5.5: a token, and visible characters, spaces and tabs. No folding.
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*?)[ \t]*")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, pipeline: Pipeline) -> None:
    """Reads the one request of a connection to the metadata service at `host`, and answers it."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):  # TimeoutError is an OSError
        async with asyncio.timeout(SECONDS):
            try:
                request = await read(reader, host)
                response = pipeline.local(request) or _refusal(pipeline, host)
                writer.write(write(response, body=request.method != "HEAD"))
            except DecodeError as error:
                ruling = pipeline.refuse(TcpConnect(host, 80), error)
                writer.write(write(_plain(400, ruling.decision.reason)))
            await writer.drain()


async def read(reader: asyncio.StreamReader, host: str) -> HttpRequest:
    """The request that comes first on `reader`, of a connection to `host` at port 80.

    Raises DecodeError ``metadata-request`` for what is not one of the small requests that these services take: a head of more than `HEAD_BYTES`,
    a body, another form of target than a path, a line or field that is not as the RFC has it. Raises IncompleteReadError when the client ends
    before.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _bad("is too long") from None
    if len(head) > HEAD_BYTES:
        raise _bad("is too long")
    try:
        first, *lines = head[:-4].decode("ascii").split("\r\n")
    except UnicodeDecodeError:
        raise _bad("is not ASCII") from None
    line = _LINE.fullmatch(first)
    if line is None:
        raise _bad("does not begin with a method, a path and a version")
    fields = [_FIELD.fullmatch(text) for text in lines]
    headers = tuple((found[1], found[2]) for found in fields if found is not None)
    if len(headers) != len(lines):
        raise _bad("has a line that is no header field")
    names = [name.lower() for name, _ in headers]
    if names.count("host") > 1 or (line[3] == "HTTP/1.1" and "host" not in names):
        raise _bad("does not have one Host")
    if "transfer-encoding" in names or any(value != "0" for name, value in headers if name.lower() == "content-length"):
        raise _bad("has a body")
    return HttpRequest(line[1], "http", host, 80, line[2], headers, b"", 0, line[3])


def write(response: HttpResponse, *, body: bool = True) -> bytes:
    """`response` on the wire; the connection ends behind it. Without `body` for HEAD."""
    headers = (*response.headers, ("Content-Length", str(len(response.body))), ("Connection", "close"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {response.status} {http.HTTPStatus(response.status).phrase}\r\n{lines}\r\n"
    return head.encode("latin-1") + (response.body if body else b"")


def _refusal(pipeline: Pipeline, host: str) -> HttpResponse:
    error = DecodeError("metadata", "Cloud metadata services are not reachable from inside.", "The environment has the credentials to use.")
    return _plain(403, pipeline.refuse(TcpConnect(host, 80), error).decision.reason)


def _plain(status: int, reason: str) -> HttpResponse:
    return HttpResponse(status, (("Content-Type", "text/plain"),), f"warden: {reason}\n".encode())


def _bad(what: str) -> DecodeError:
    return DecodeError("metadata-request", f"A request to a metadata service {what}.")
