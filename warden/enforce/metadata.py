"""The clouds' metadata services as the sandbox meets them: one small HTTP/1 request on a connection, answered here and never forwarded."""

from __future__ import annotations

import asyncio
import contextlib
import re
from http import HTTPStatus

from warden.model import HttpRequest, HttpResponse

#: Addresses of the services: AWS EC2 (v4, v6), ECS, EKS Pod Identity (v4, v6); Google and Azure share the first.
ADDRESSES = frozenset({"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"})
#: Seconds for a request to come, and bytes of its head.
_PATIENCE, _HEAD_BYTES = 5.0, 16 << 10

_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]*) HTTP/1\.[01]")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*")


async def read(reader: asyncio.StreamReader, address: str) -> HttpRequest | None:
    """The request of a connection to `address`; None for one that does not come, that has a body, or is not HTTP to the letter."""
    try:
        async with asyncio.timeout(_PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    return parse(head, address)


def parse(head: bytes, address: str) -> HttpRequest | None:
    """A request's head, with the blank line that ends it."""
    if len(head) > _HEAD_BYTES:
        return None
    first, *lines = head[:-4].split(b"\r\n")
    line, fields = _REQUEST_LINE.fullmatch(first), [_FIELD.fullmatch(each) for each in lines]
    if line is None:
        return None
    headers = tuple((field[1].decode("ascii"), field[2].decode("ascii")) for field in fields if field is not None)
    request = HttpRequest(line[1].decode(), "http", address, 80, line[2].decode(), headers, b"", 0)
    bodies = request.header_values("transfer-encoding") or [n for n in request.header_values("content-length") if n != "0"]
    return None if len(headers) != len(lines) or bodies else request


async def write(writer: asyncio.StreamWriter, response: HttpResponse, *, head_only: bool = False) -> None:
    """Sends `response`; the connection is to be closed after it."""
    status = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"
    fields = [
        status,
        *(f"{name}: {value}" for name, value in response.headers),
        "Connection: close",
        f"Content-Length: {len(response.body)}",
    ]
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            writer.write("\r\n".join([*fields, "", ""]).encode("latin-1") + (b"" if head_only else response.body))
            await writer.drain()
