"""Requests to one API server, and what the dialect makes of them."""

from __future__ import annotations

from collections.abc import Sequence

from warden.decoder import Decoder
from warden.dialects.kubernetes import Cluster
from warden.model import Action, HttpRequest

HOST = "k8s.example"
DECODER = Decoder(clusters=(Cluster("prod", HOST, 6443), Cluster("c-1", "rancher.example", 443, "/k8s/clusters/c-1")))

TYPES = {
    "json": "application/json",
    "yaml": "application/yaml",
    "protobuf": "application/vnd.kubernetes.protobuf",
    "cbor": "application/cbor",
    "jsonpatch": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
    "applycbor": "application/apply-patch+cbor",
    "text": "text/plain",
}


def request(
    method: str,
    target: str,
    body: bytes | None = b"",
    *headers: tuple[str, str],
    kind: str = "",
    host: str = HOST,
    port: int = 6443,
    length: int | None = None,
) -> HttpRequest:
    """A request as the proxy hands it on. `kind` is a key of `TYPES`, or empty for no Content-Type."""
    typed = (("Content-Type", TYPES[kind]),) if kind in TYPES else ()
    authority = host if port == 443 else f"{host}:{port}"
    size = len(body) if body is not None else length
    return HttpRequest(method, "https", host, port, target, (("Host", authority), *typed, *headers), body, size)


def decode(method: str, target: str, body: bytes | None = b"", *headers: tuple[str, str], kind: str = "") -> Action:
    """The one Action of such a request."""
    (action,) = DECODER.decode(request(method, target, body, *headers, kind=kind))
    return action


def shown(action: Action) -> tuple[str, str, list[str]]:
    return action.operation, action.verb.value, flags(action)


def flags(action: Action) -> list[str]:
    return sorted(flag.value for flag in action.flags)


def operations(actions: Sequence[Action]) -> list[str]:
    return [action.operation for action in actions]
