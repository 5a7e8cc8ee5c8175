"""Hand-made requests to AWS hosts, signed with dummies."""

from __future__ import annotations

from warden.model import HttpRequest

FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


def signed(scope: str) -> tuple[str, str]:
    """The Authorization header of scope ``region/service``."""
    return "Authorization", f"AWS4-HMAC-SHA256 Credential=DUMMY/20260101/{scope}/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"


def request(line: str, *headers: tuple[str, str], scope: str = "", body: bytes | str | None = b"") -> HttpRequest:
    """``"POST https://host/target"``, with Host added, signed for `scope` unless it is empty."""
    method, _, url = line.partition(" ")
    scheme, _, rest = url.partition("://")
    host, slash, target = rest.partition("/")
    every = (("Host", host), *headers, *((signed(scope),) if scope else ()))
    raw = body.encode() if isinstance(body, str) else body
    return HttpRequest(method, scheme, host, 443, slash + target or "/", every, raw, None if raw is None else len(raw))
