"""gRPC: the method is the path, what it acts on is in the message. Also ``/$rpc/``, the same methods without gRPC's framing.

Accepted::

    POST /package.Service/Method          Content-Type: application/grpc, application/grpc+proto, application/grpc-web, ...
    POST /$rpc/package.Service/Method     Content-Type: application/json, application/json+protobuf, application/x-protobuf

https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
"""

from __future__ import annotations

import re

from warden.dialects import uri
from warden.dialects.gcp import index
from warden.dialects.gcp.head import Head
from warden.dialects.gcp.noun import UNKNOWN, Call, Protocol
from warden.errors import DecodeError
from warden.model import HttpRequest

_PATH = re.compile(r"(?:/\$rpc)?/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)/([A-Za-z_]\w*)", re.ASCII)
_VERSION = re.compile(r"v\d+[a-z0-9]*")


def speaks(head: Head) -> bool:
    """Whether the content type says gRPC."""
    return head.content_type.startswith("application/grpc")


def call(request: HttpRequest, head: Head, api: index.Api | None, service: str) -> Call:
    """The method that the path names, by its discovery id where it has one. Raises DecodeError for what no gRPC client sends.

    `labels` are ``x-goog-request-params``, which Google routes by; the message itself says what is acted on.
    """
    if head.query and speaks(head):
        raise DecodeError("grpc-query", "A gRPC call has no query.")
    protocol = Protocol.GRPC if speaks(head) else Protocol.RPC
    matched = _PATH.fullmatch(head.path)
    if matched is None or head.path.startswith("/$rpc/") is not (protocol is Protocol.RPC) or head.method != "POST":
        return Call(UNKNOWN, service, protocol, "", {}, head.query, head.method, request.headers, request.body)
    name, method = matched.groups()
    return Call(
        _method(api, name, method), service, protocol, _version(name), _labels(head), head.query, head.method, request.headers, request.body
    )


def _method(api: index.Api | None, name: str, method: str) -> str:
    if api is None:
        return UNKNOWN
    own = api.grpc.get(name)
    if own is not None and method in own:
        return own[method] or f"{name}/{method}"
    if method in index.hosts()["mixins"].get(name, ()):
        return f"{name}/{method}"
    return UNKNOWN


def _version(name: str) -> str:
    return next((part for part in reversed(name.split(".")[:-1]) if _VERSION.fullmatch(part)), "")


def _labels(head: Head) -> dict[str, str]:
    raw = head.headers.get("x-goog-request-params", "")
    if uri.bad_escape(raw):
        raise DecodeError("malformed-escape", "The header x-goog-request-params holds a malformed percent escape.")
    found: dict[str, str] = {}
    for key, value in uri.pairs(raw):
        if found.setdefault(key, value) != value:
            raise DecodeError("duplicate-parameter", f"The header x-goog-request-params has {key[:64]} twice with different values.")
    return found
