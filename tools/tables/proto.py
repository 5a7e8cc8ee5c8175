"""What the tables need of a .proto file: its services, their hosts, methods and HTTP annotations. Messages are skipped.

https://protobuf.dev/reference/protobuf/proto3-spec/ and https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_][\w.]*|[^\s]', re.DOTALL)
_VERBS = {"get": "GET", "put": "PUT", "post": "POST", "delete": "DELETE", "patch": "PATCH"}


def services(text: str) -> Iterator[dict[str, Any]]:
    """``{"name": "package.Service", "host": default host or "", "methods": {name: [[HTTP method, template], ...]}}`` of each service."""
    if "service" not in text:
        return
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith(("//", "/*"))]
    package, depth, at = "", 0, 0
    while at < len(tokens):
        token = tokens[at]
        if depth == 0 and token == "package":
            package = tokens[at + 1]
        elif depth == 0 and token == "service" and tokens[at + 2] == "{":
            end = _close(tokens, at + 2)
            yield _service(f"{package}.{tokens[at + 1]}", tokens[at + 3 : end])
            at = end
        elif token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
        at += 1


def _service(name: str, body: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "host": "", "methods": {}}
    at = 0
    while at < len(body):
        if body[at] == "rpc":
            end = next(place for place in range(at, len(body)) if body[place] in "{;")
            block: list[str] = []
            if body[end] == "{":
                start, end = end, _close(body, end)
                block = body[start:end]
            found["methods"][body[at + 1]] = _bindings(block)
            at = end
        elif body[at] == "google.api.default_host":
            found["host"] = _text(body, at + 3)
        at += 1
    return found


def _bindings(block: list[str]) -> list[list[str]]:
    """The primary binding first, then the additional ones."""
    found = []
    for at, token in enumerate(block):
        if token in ("google.api.http", "google.api.http.get") and block[at - 1] == "(":
            depth = 0
            for place in range(at, len(block)):
                depth += {"{": 1, "}": -1}.get(block[place], 0)
                if block[place] in _VERBS and block[place + 1] in ":=" and block[place + 2][:1] in "\"'":
                    found.append([_VERBS[block[place]], _text(block, place + 2)])
                if block[place] == ";" and depth == 0:
                    break
    return found


def _text(tokens: list[str], at: int) -> str:
    """Adjacent string literals are one."""
    parts = []
    while tokens[at][:1] in ("'", '"'):
        parts.append(tokens[at][1:-1])
        at += 1
    return "".join(parts)


def _close(tokens: list[str], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[place], 0)
        if depth == 0:
            return place
    raise ValueError("a brace is not closed")
