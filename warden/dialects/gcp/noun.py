"""`Call`: one Google API method call as the wire names it, before anyone says what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

UNKNOWN = "unknown"

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Protocol(StrEnum):
    """How a call travels, which says how its body is read and its denial is written."""

    REST = "rest"
    UPLOAD = "upload"  # media: the body is content, or multipart/related whose first part is JSON
    GRPC = "grpc"  # application/grpc and gRPC-Web: length-prefixed protobuf
    RPC = "rpc"  # ``/$rpc/package.Service/Method`` with JSON or protobuf
    STORAGE_XML = "storage-xml"  # the S3-like API of storage.googleapis.com


@dataclass(frozen=True, slots=True)
class Call:
    """One method call. A `/batch` message holds several; a method override makes two of one.

    `method` is the discovery document's id (``compute.instances.delete``), for gRPC the same id where one exists, else
    ``package.Service/Method``; `UNKNOWN` when the tables do not know it. `service` is the API's discovery name (``compute``), known from host
    or path; `UNKNOWN` when not. `labels` are the path parameters by their discovery names, percent-decoded (``{"project": "p", "zone": "z",
    "instance": "i"}``, or ``{"name": "projects/p/secrets/s"}``); for gRPC what ``x-goog-request-params`` says. `query` keeps order and duplicates.
    `http_method` is the method that acts. `body` is the call's own body (a batch part's), None when it was not read; `headers` likewise.
    """

    method: str
    service: str
    protocol: Protocol
    version: str = ""
    labels: Mapping[str, str] = _NOTHING
    query: tuple[tuple[str, str], ...] = ()
    http_method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = b""

    @property
    def known(self) -> bool:
        return self.method != UNKNOWN
