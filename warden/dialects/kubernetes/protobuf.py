"""Kubernetes' protobuf bodies, as far as rulings read them: the envelope, and of each message the fields in `tables/protobuf.json`.

A body is ``k8s\\0`` and a ``runtime.Unknown`` (type, raw object). Fields that no ruling reads are skipped; one that is there twice, or of
another wire type than its message says, is an error. What is empty is absent, as it is to the API server.

The wire format is read by :mod:`warden.dialects.body.protobuf`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.dialects.body import json as body_json
from warden.dialects.body import protobuf as wire_format
from warden.errors import DecodeError

MAGIC = b"k8s\x00"

_WIRE = {"text": wire_format.LEN, "int": wire_format.VARINT, "bool": wire_format.VARINT}


def kind(body: bytes) -> tuple[str, str, bytes]:
    """apiVersion, kind and raw object of the envelope. Raises DecodeError ``malformed-protobuf`` or ``duplicate-protobuf-field``."""
    if not body.startswith(MAGIC):
        raise _malformed("its first four bytes are not Kubernetes'")
    found = _message(body[len(MAGIC) :], "Unknown", 0)
    if "contentEncoding" in found or found.get("contentType", "") not in ("", "application/vnd.kubernetes.protobuf"):
        raise _malformed("its envelope holds another encoding")
    about = found.get("typeMeta", {})
    return about.get("apiVersion", ""), about.get("kind", ""), found.get("raw", b"")


def known(name: str) -> bool:
    """Whether rulings can read messages of kind `name`."""
    return name in _messages()


def loads(raw: bytes, name: str) -> dict[str, Any]:
    """The fields of `raw`, a message of kind `name`, under their JSON names. Raises DecodeError."""
    return _message(raw, name, 0)


def _malformed(what: str) -> DecodeError:
    return DecodeError("malformed-protobuf", f"The protobuf body cannot be read: {what}.", ADVICE)


@cache
def _messages() -> dict[str, dict[int, tuple[str, str, str]]]:
    """Message -> field number -> JSON name, type, and ``one``, ``many`` or ``map``."""
    document = json.loads((Path(__file__).parent / "tables" / "protobuf.json").read_bytes())
    return {
        message: {int(number): (name, *_typed(kind)) for number, (name, kind) in fields.items()}
        for message, fields in document["messages"].items()
    }


def _typed(kind: str) -> tuple[str, str]:
    if kind.endswith("[]"):
        return kind[:-2], "many"
    return ("text", "map") if kind == "map" else (kind, "one")


def _message(data: bytes, name: str, depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise DecodeError("too-deep", f"The protobuf body nests deeper than {MAX_DEPTH} levels.", ADVICE)
    fields = _messages()[name]
    made: dict[str, Any] = {}
    seen: set[int] = set()
    for number, wire, value in wire_format.fields(data):
        if number not in fields:
            continue
        field, kind, many = fields[number]
        if wire != _WIRE.get(kind, wire_format.LEN):
            raise _malformed(f"{name}.{field} is not of its type")
        if many == "one" and number in seen:
            raise DecodeError("duplicate-protobuf-field", f"The protobuf body has {name}.{field} twice.", "Send each field once.")
        seen.add(number)
        if many == "map":
            key, entry = _entry(value)
            if key in made.setdefault(field, {}):
                raise DecodeError("duplicate-protobuf-field", f"The protobuf body has {key!r} twice in {name}.{field}.", "Send it once.")
            made[field][key] = entry
            continue
        read = _value(value, kind, depth)
        if many == "many":
            made.setdefault(field, []).append(read)
        elif field == "":  # a structure that JSON writes into the one around it
            made.update(read)
        elif read not in ("", b""):
            made[field] = read
    if name == "IntOrString":
        return {"": made.get("strVal", "") if made.get("type") else made.get("intVal", 0)}
    return made


def _value(value: Any, kind: str, depth: int) -> Any:
    if kind == "int":
        return value - (1 << 64) if value >= 1 << 63 else value
    if kind == "bool":
        return value != 0
    if kind == "bytes":
        return value
    if kind == "text":
        return _text(value)
    if kind == "json":  # meta/v1's FieldsV1
        found = body_json.loads(value)
        return found if isinstance(found, dict) else {}
    read = _message(value, kind, depth + 1)
    return read[""] if kind == "IntOrString" else read


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("a text is not UTF-8") from None


def _entry(data: bytes) -> tuple[str, str]:
    """One entry of a map of texts: key in field 1, value in field 2."""
    found = {1: b"", 2: b""}
    for number, wire, value in wire_format.fields(data):
        if number in found:
            if wire != wire_format.LEN:
                raise _malformed("an entry of a map is not text")
            found[number] = value
    return _text(found[1]), _text(found[2])
