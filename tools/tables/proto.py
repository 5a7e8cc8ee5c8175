"""What ``.proto`` files define: services with their hosts, methods and HTTP annotations, messages with their field numbers, enumerations.

Read with the small reader below: no protoc, no imports. https://protobuf.dev/reference/protobuf/proto3-spec/ and
https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_][\w.]*|\.[A-Za-z_][\w.]*|-?\d[\w.+-]*|[^\s\w]')
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


@dataclass(slots=True)
class Definitions:
    """``services``: full name -> {host, rpcs: {name: {in, streams, http: [[method, path, body]]}}}; ``messages``: full name -> {field: [number, type,
    label]} with label ``""``, ``repeated`` or ``map`` (type is then the value's); ``enums``: full name -> {number: name}.
    """

    services: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)
    enums: dict[str, Any] = field(default_factory=dict)


def read(texts: Iterable[str]) -> Definitions:
    """What the files `texts` define together; names of types are full where the type is in one of them."""
    found = Definitions()
    for text in texts:
        _File(text, found).read()
    for service in found.services.values():
        for rpc in service["rpcs"].values():
            rpc["in"] = _resolved(rpc["in"], rpc.pop("scope"), found)
    for name, fields in found.messages.items():
        for one in fields.values():
            if one[1] not in SCALARS:
                one[1] = _resolved(one[1], name, found)
    return found


SCALARS = frozenset(
    {
        *("double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64"),
        *("fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"),
    }
)


def _resolved(name: str, scope: str, found: Definitions) -> str:
    """The full name of the type `name` as seen from `scope`: the innermost that exists."""
    if name.startswith("."):
        return name[1:]
    parts = scope.split(".")
    for size in range(len(parts), -1, -1):
        full = ".".join([*parts[:size], name])
        if full in found.messages or full in found.enums:
            return full
    return name


class _File:
    """One ``.proto`` file's tokens, read from left to right into a digest."""

    def __init__(self, text: str, found: Definitions) -> None:
        self._tokens: list[str] = _TOKEN.findall(_COMMENT.sub(lambda match: match[1] or " ", text))
        self._at = 0
        self._found = found
        self._package = ""

    def read(self) -> None:
        while self._at < len(self._tokens):
            word = self._next()
            if word == "package":
                self._package = self._next()
                self._skip()
            elif word == "message":
                self._message(self._package)
            elif word == "enum":
                self._enum(self._package)
            elif word == "service":
                self._service()
            elif word != ";":
                self._skip()

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _skip(self) -> None:
        """To behind the statement's ``;``, or behind its block when it is no assignment (``extend Foo { ... }``)."""
        depth = 0
        assigned = self._tokens[self._at - 2] == "="
        while True:
            token = self._next()
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if depth == 0 and not assigned:
                    return
            elif token == "=" and depth == 0:
                assigned = True
            elif token == ";" and depth == 0:
                return

    def _message(self, scope: str) -> None:
        name = f"{scope}.{self._next()}"
        fields: dict[str, list[Any]] = {}
        self._found.messages[name] = fields
        self._next()
        self._body(name, fields)

    def _body(self, name: str, fields: dict[str, list[Any]]) -> None:
        while (word := self._next()) != "}":
            if word == "message":
                self._message(name)
            elif word == "enum" and self._tokens[self._at + 1] == "{":
                self._enum(name)
            elif word == "oneof" and self._tokens[self._at + 1] == "{":
                self._at += 2
                self._body(name, fields)
            elif word in ("option", "reserved", "extensions", "extend"):
                self._skip()
            elif word != ";":
                self._field(word, fields)

    def _field(self, word: str, fields: dict[str, list[Any]]) -> None:
        label = ""
        if word in ("repeated", "optional", "required"):
            label = "repeated" if word == "repeated" else ""
            word = self._next()
        if word == "map" and self._peek() == "<":
            self._at += 3  # < key ,
            word, label = self._next(), "map"
            self._at += 1  # >
        while self._peek().startswith("."):  # a name that goes on in the next line
            word += self._next()
        field_name = self._next()
        self._next()  # =
        fields[field_name] = [int(self._next(), 0), word, label]
        self._skip()

    def _enum(self, scope: str) -> None:
        name = f"{scope}.{self._next()}"
        values: dict[str, str] = {}
        self._found.enums[name] = values
        self._next()
        while (word := self._next()) != "}":
            if word in ("option", "reserved"):
                self._skip()
            elif word != ";":
                self._next()  # =
                values.setdefault(str(int(self._next(), 0)), word)
                self._skip()

    def _service(self) -> None:
        name = f"{self._package}.{self._next()}"
        service: dict[str, Any] = {"host": "", "rpcs": {}}
        self._found.services[name] = service
        self._next()
        while (word := self._next()) != "}":
            if word == "rpc":
                rpc_name, rpc = self._rpc()
                service["rpcs"][rpc_name] = rpc
            elif word == "option":
                if self._tokens[self._at : self._at + 3] == ["(", "google.api.default_host", ")"]:
                    service["host"] = self._tokens[self._at + 4].strip("\"'")
                self._skip()

    def _rpc(self) -> tuple[str, dict[str, Any]]:
        name = self._next()
        streams = False
        self._next()  # (
        kind = self._next()
        if kind == "stream" and self._peek() != ")":
            streams, kind = True, self._next()
        while self._next() != ")":
            pass
        while self._next() != ")":  # returns (...)
            pass
        rpc: dict[str, Any] = {"in": kind, "scope": self._package, "streams": streams, "http": []}
        if self._next() == "{":
            while (word := self._next()) != "}":
                if word != "option":
                    continue
                if self._tokens[self._at : self._at + 4] == ["(", "google.api.http", ")", "="]:
                    self._at += 4
                    rpc["http"] = list(self._bindings())
                    self._at += 1  # ;
                else:
                    self._skip()
        return name, rpc

    def _bindings(self) -> Iterator[list[str]]:
        """The bindings of one ``google.api.http`` value, up to but without its ``;``."""
        self._next()  # {
        method = path = body = ""
        more: list[list[str]] = []
        while (word := self._next()) != "}":
            if word in (",", ";", ":"):
                continue
            if word == "additional_bindings":
                if self._peek() == ":":
                    self._at += 1
                more += list(self._bindings())
            elif word == "custom":
                if self._peek() == ":":
                    self._at += 1
                while self._next() != "}":
                    pass
            else:
                self._at += self._peek() == ":"
                value = self._text()
                if word == "body":
                    body = value
                elif word != "response_body":
                    method, path = word.upper(), value
        if path:
            yield [method, path, body]
        yield from more

    def _text(self) -> str:
        """A string, or several that stand side by side."""
        parts = []
        while self._peek()[:1] in ("'", '"'):
            parts.append(self._next()[1:-1])
        return "".join(parts)
