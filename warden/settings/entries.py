"""One entry of `credentials.entries`: a mapping, read key by key, with the place of each mistake."""

from __future__ import annotations

import re
import shlex
from typing import Any

from warden.config import CredentialEntry
from warden.errors import ConfigError
from warden.settings.nodes import Node
from warden.settings.values import VARIABLE, Place, host_pattern, path

#: Where a value may come from, and what is said behind it.
SOURCES = {
    "env": "the name of a variable of yours",
    "file": "a path",
    "command": "a command that prints it; no shell",
    "keyring": "service/user",
}
#: What a field may be, as in `warden.redact.vault.Binding`.
FIELD = r"bearer|basic|authorization|body|path|header:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}|(?:query|form):[^\s&=]{1,64}|json:\S{1,256}"
NAME = r"[A-Za-z0-9._-]{1,64}"
KEYS = ("name", "from", "hosts", "field", "variable")

_FIELDS = {"type": "string", "pattern": f"^(?:{FIELD})$"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "from", "hosts", "field"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": f"^{NAME}$"},
        "from": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {source: {"type": "string", "description": what} for source, what in SOURCES.items()},
        },
        "hosts": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "field": {"oneOf": [_FIELDS, {"type": "array", "minItems": 1, "items": _FIELDS}]},
        "variable": {"type": "string", "pattern": f"^{VARIABLE}$"},
    },
}


def read_all(key: str, node: Node, place: Place) -> list[tuple[CredentialEntry, str]]:
    """The entries of the list under `key`, each with where it stands. Raises ConfigError."""
    if node.value is not None and not isinstance(node.value, list):
        raise ConfigError(f"{node.where}: {key} must be a list.")
    found: dict[str, tuple[CredentialEntry, str]] = {}
    for below in node.value or ():
        entry = read(below, place)
        if entry.name in found:
            raise ConfigError(f"{below.where}: {key} has {entry.name} twice.")
        found[entry.name] = entry, below.where
    return list(found.values())


def read(node: Node, place: Place) -> CredentialEntry:
    """Raises ConfigError, with file and line."""
    if not isinstance(node.value, dict):
        raise ConfigError(f"{node.where}: a credential is a mapping of {', '.join(KEYS)}.")
    for key, (where, _) in node.value.items():
        if key not in KEYS:
            raise ConfigError(f"{where}: a credential has no key {key}.", f"It has {', '.join(KEYS)}.")
    parts = {key: below for key, (_, below) in node.value.items()}
    for key in KEYS[:4]:
        if key not in parts:
            raise ConfigError(f"{node.where}: the credential has no {key}.", f"It has {', '.join(KEYS)}.")
    name = _text(parts["name"], NAME, "name", "letters, digits and . _ -")
    source, reference = _source(parts["from"], place)
    hosts = tuple(_host(each) for each in _several(parts["hosts"], "hosts"))
    fields = tuple(_text(each, FIELD, "field", "bearer, basic, authorization, header:NAME, query:NAME, form:NAME, json:PATH, path or body")
                   for each in _several(parts["field"], "field"))  # fmt: skip
    variable = _text(parts["variable"], VARIABLE, "variable", "the name of a variable") if "variable" in parts else ""
    return CredentialEntry(name, source, reference, hosts, fields, variable)


def _source(node: Node, place: Place) -> tuple[str, str]:
    if not isinstance(node.value, dict) or len(node.value) != 1 or next(iter(node.value)) not in SOURCES:
        raise ConfigError(f"{node.where}: from must be one of {', '.join(f'{{{name}: ...}}' for name in SOURCES)}.")
    ((source, (where, below)),) = node.value.items()
    text = below.value
    if not isinstance(text, str) or not text or not text.isprintable():
        raise ConfigError(f"{where}: from.{source} must be {SOURCES[source]}.")
    if source == "env" and not re.fullmatch(VARIABLE, text):
        raise ConfigError(f"{where}: from.env must be {SOURCES['env']}, not {text!r}.")
    if source == "keyring" and not re.fullmatch(r"[^/\s-][^/]*/.+", text):
        raise ConfigError(f"{where}: from.keyring must be service/user, not {text!r}.")
    try:
        if source == "command":
            _program(shlex.split(text))
        return source, path(text, place) if source == "file" else text
    except ValueError as error:
        raise ConfigError(f"{where}: from.{source} must be {SOURCES[source]}.", str(error)) from error


def _program(argv: list[str]) -> None:
    if not argv or ("/" in argv[0] and not argv[0].startswith("/")):
        raise ValueError("It begins with a program on your search path, or with its absolute path.")


def _several(node: Node, key: str) -> list[Node]:
    found = node.value if isinstance(node.value, list) else [node]
    if not found:
        raise ConfigError(f"{node.where}: {key} must name at least one.")
    return found


def _host(node: Node) -> str:
    try:
        if isinstance(node.value, str):
            return host_pattern(node.value)
        raise ValueError("")
    except ValueError as error:
        raise ConfigError(f"{node.where}: hosts must be names such as api.example.com or *.example.com.", str(error)) from error


def _text(node: Node, pattern: str, key: str, expected: str) -> str:
    if not isinstance(node.value, str) or not re.fullmatch(pattern, node.value):
        said = "that" if isinstance(node.value, list | dict) else repr(node.value)
        raise ConfigError(f"{node.where}: {key} must be {expected}, not {said}.")
    return node.value
