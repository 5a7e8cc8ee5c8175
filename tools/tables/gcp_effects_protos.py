"""How a gRPC request says what the tables ask for: the few fields that conditions and resources read, by number.

A method's variant is ``{"body": the request's field that REST sends as body, "labels": {path parameter: its place in the request},
"fields": {number: [JSON name, kind]}}``, with the kinds of :mod:`warden.dialects.body.protobuf`. It belongs to the API versions whose requests it
fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tools.tables.proto import Definitions

_SCALARS = {
    "string": "text", "bytes": "bytes", "bool": "bool",
    "int32": "int", "int64": "int", "uint32": "uint", "uint64": "uint", "sint32": "zigzag", "sint64": "zigzag",
    "fixed32": "fixed32", "fixed64": "fixed64", "sfixed32": "sfixed32", "sfixed64": "sfixed64", "float": "float", "double": "double",
}  # fmt: skip
_WELL_KNOWN = {
    "google.protobuf.Duration": "duration", "google.protobuf.Timestamp": "timestamp", "google.protobuf.FieldMask": "mask",
    "google.protobuf.BoolValue": "wrapped bool", "google.protobuf.StringValue": "wrapped text",
    "google.protobuf.Int32Value": "wrapped int", "google.protobuf.Int64Value": "wrapped int",
    "google.protobuf.UInt32Value": "wrapped uint", "google.protobuf.UInt64Value": "wrapped uint",
}  # fmt: skip
_VARIABLE = re.compile(r"\{\+?([\w.]+)[^}]*\}")


def variables(path: str) -> list[str]:
    """The variables of a path or template in order: ``/v1/{secret.name=projects/*}:x`` has ``secret.name``."""
    return _VARIABLE.findall(path)


def camel(name: str) -> str:
    """A field's JSON name: ``update_mask`` is ``updateMask`` (https://protobuf.dev/programming-guides/json/)."""
    return re.sub(r"_([a-zA-Z0-9])", lambda match: match[1].upper(), name)


def variant(defined: Definitions, request: str, body: str, labels: dict[str, str], paths: Iterable[str]) -> dict[str, Any]:
    """The variant of one method: `request` is its message, `labels` where path parameters are, `paths` what is asked for."""
    root = "" if body in ("", "*") else camel(body)
    fields: dict[str, Any] = {}
    for path in paths:
        place = _place(path, root, labels)
        if place is not None:
            _add(defined, request, place.split("."), fields)
    found: dict[str, Any] = {"fields": fields}
    if root:
        found["body"] = root
    moved = {name: ".".join(map(camel, place.split("."))) for name, place in labels.items() if camel(place) != name}
    if moved:
        found["labels"] = moved
    return found


def _place(path: str, root: str, labels: dict[str, str]) -> str | None:
    source, _, rest = path.partition(":")
    if source == "body":
        return f"{root}.{rest}" if root else rest
    if source == "query":
        return rest
    return labels.get(rest, rest) if source == "label" else None


def _add(defined: Definitions, message: str, steps: list[str], fields: dict[str, Any]) -> bool:
    """Adds what `steps` name below `message` to `fields`; False, and nothing added, when there is no such field."""
    name = re.split(r"[\[{]", steps[0])[0]
    found = next(((key, one) for key, one in defined.messages.get(message, {}).items() if camel(key) == camel(name)), None)
    if found is None:
        return False
    key, (number, kind, label) = found
    below: Any
    if kind in _SCALARS:
        below = _SCALARS[kind]
    elif kind in _WELL_KNOWN:
        below = _WELL_KNOWN[kind]
    elif kind in defined.enums:
        below = {"enum": defined.enums[kind]}
    else:
        below = {}
        if str(number) in fields:
            below = fields[str(number)][1]
        if len(steps) > 1 and not _add(defined, kind, steps[1:], below):
            return False
    entry = [camel(key), below]
    fields[str(number)] = [*entry, label] if label else entry
    return True


def has_path(defined: Definitions, message: str, path: str, root: str) -> bool:
    """Whether the request `message` has what `path` asks for."""
    place = _place(path, root, {})
    return place is not None and _add(defined, message, place.split("."), {})
