"""Requests as google-api-python-client builds them, from the discovery documents that it bundles. Nothing is sent."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from googleapiclient.discovery import build_from_document, createMethod, fix_method_name, key2param
from googleapiclient.http import HttpMock, MediaInMemoryUpload

from warden.model import HttpRequest

_DOCUMENTS = files("googleapiclient.discovery_cache").joinpath("documents")

#: One of these fits each expression that a segment or a query parameter has.
_VALUES = (
    "x1",
    "a" * 12,
    "1",
    "-1",
    "2026-01-01",
    "UA-1-1",
    "all",
    "abc123def",
    "aa",
    "ABC",
    "1234567890",
    "a.b",
    "0.1",
    "1d",
    "me",
    "1/a",
    "ga:x",
    "ga:1",
    "mcf:x",
    "today",
    "http://x1",
    "1:1",
    "a" * 22,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One request of the method with this discovery id. `kind` is ``plain``, ``media`` or ``resumable``."""

    method: str
    version: str
    kind: str
    request: HttpRequest
    labels: dict[str, str]
    client: Any


@functools.cache
def names() -> list[str]:
    """File names of all documents."""
    return sorted(path.name for path in _DOCUMENTS.iterdir() if path.name.endswith(".json") and path.name != "index.json")


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_DOCUMENTS.joinpath(name).read_bytes())
    return found


def count(name: str) -> int:
    """How many methods one document has."""
    return _count(document(name))


def _count(node: dict[str, Any]) -> int:
    return len(node.get("methods", {})) + sum(_count(below) for below in node.get("resources", {}).values())


def samples(name: str) -> Iterator[Sample]:
    """A request of every method in one document; for uploads, one with each protocol too."""
    found = document(name)
    service = build_from_document(found, http=HttpMock(headers={"status": "200"}))
    yield from _resource(service, found, found)


def _resource(client: Any, node: dict[str, Any], root: dict[str, Any]) -> Iterator[Sample]:
    for name, method in node.get("methods", {}).items():
        _, call = createMethod(name, method, root, client._schema)  # A few are hidden on the client by a resource of the same name.
        values = {key: _value(row) for key, row in method.get("parameters", {}).items() if row.get("required")}
        arguments = {key2param(key): value for key, value in values.items()}
        if "request" in method:
            arguments["body"] = {}
        labels = {key: str(values[key]) for key, row in method.get("parameters", {}).items() if row.get("location") == "path"}
        yield _sample(method, root, "plain", call(client, **arguments), labels)
        if "mediaUpload" in method:
            for kind in ("media", "resumable"):
                media = MediaInMemoryUpload(b"content", "application/octet-stream", resumable=kind == "resumable")
                yield _sample(method, root, kind, call(client, **arguments, media_body=media), labels)
    for name, below in node.get("resources", {}).items():
        yield from _resource(getattr(client, fix_method_name(name))(), below, root)


def _sample(method: dict[str, Any], root: dict[str, Any], kind: str, made: Any, labels: dict[str, str]) -> Sample:
    return Sample(method["id"], root["version"], kind, http(made), labels, made)


def http(made: Any, **changes: Any) -> HttpRequest:
    """A client's request as it would arrive."""
    url = urlsplit(made.uri)
    body = made.body or b""
    raw = body.encode() if isinstance(body, str) else body
    headers = (("host", str(url.hostname)), *made.headers.items())
    target = url.path + (f"?{url.query}" if url.query else "")
    return HttpRequest(made.method, "https", str(url.hostname), 443, target, headers, raw, len(raw))


def _value(row: dict[str, Any]) -> Any:
    """A value that the client's own check takes: it matches patterns, and knows enumerations."""
    found = _single(row)
    return [found] if row.get("repeated") else found


def _single(row: dict[str, Any]) -> Any:
    if "enum" in row:
        return row["enum"][0]
    if row["type"] in ("integer", "number"):
        return "1"
    if row["type"] == "boolean":
        return True
    pattern = row.get("pattern")
    if pattern is None:
        return "x1"
    whole = re.compile(pattern.removeprefix("^").removesuffix("$"))
    text = "/".join(_segment(part) for part in _split(whole.pattern))
    if whole.fullmatch(text) is None:
        text = next(value for value in _VALUES if whole.fullmatch(value))
    return text


def _segment(pattern: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_.@-]+", pattern):
        return pattern
    compiled = re.compile(pattern)
    return next((value for value in _VALUES if compiled.fullmatch(value)), "x1")


def _split(pattern: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, character in enumerate(pattern):
        depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
        if character == "/" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
    return [*parts, pattern[start:]]
