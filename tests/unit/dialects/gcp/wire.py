"""Hand-made requests to Google hosts."""

from __future__ import annotations

from warden.model import HttpRequest

GRPC = ("content-type", "application/grpc")


def request(line: str, *headers: tuple[str, str], body: bytes | str | None = b"") -> HttpRequest:
    """``"POST https://host/target"``, with Host added."""
    method, _, url = line.partition(" ")
    host, slash, target = url.removeprefix("https://").partition("/")
    raw = body.encode() if isinstance(body, str) else body
    return HttpRequest(
        method, "https", host, 443, slash + target or "/", (("Host", host), *headers), raw, None if raw is None else len(raw)
    )


def grpc(host: str, method: str, *headers: tuple[str, str]) -> HttpRequest:
    """A gRPC call of ``package.Service/Method`` with an empty message."""
    return request(f"POST https://{host}/{method}", GRPC, ("te", "trailers"), *headers, body=b"\0\0\0\0\0")
