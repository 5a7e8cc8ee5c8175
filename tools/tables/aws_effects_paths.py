"""From a parameter's API name to where it is on the wire, for each protocol that a service speaks.

API paths are what overrides are written in::

    DisableApiTermination.Value     members of structures
    Changes[].Action                of every entry of a list
    Attributes{Policy}              the value of one key of a map
    RequestItems{*}[].DeleteRequest of every value of a map
    RequestItems{@DeleteRequest}    the keys of a map whose values hold that member
    header:if-none-match            a header that the model does not name
    @payload                        the raw body

Wire paths are what :mod:`warden.dialects.paths` walks: ``source:steps``, where source is ``form`` (query and ec2 parameters), ``body`` (JSON or
CBOR), ``xml``, ``header``, ``query``, ``label`` or ``payload``.
"""

from __future__ import annotations

import re

from tools.tables.aws_effects_sources import Model

_SEGMENT = re.compile(r"^([A-Za-z0-9_-]+)((?:\[\]|\{[^}]*\})*)$")
_SUFFIX = re.compile(r"\[\]|\{([^}]*)\}")
FORM = ("query", "ec2")


class PathError(ValueError):
    """A path names a member that the model does not have: the override is wrong, or outdated."""


def wire(model: Model, operation: str, path: str, protocol: str) -> str:
    """The wire path of API path `path` in `operation` under `protocol`. Raises PathError."""
    if path.startswith("header:"):
        return path.lower()
    if path == "@payload":
        return "payload:"
    reference = model["operations"][operation].get("input")
    if reference is None:
        raise PathError(f"{operation} has no input")
    shape = model["shapes"][reference["shape"]]
    segments = [_segment(part, path) for part in path.split(".")]
    first, suffixes = segments[0]
    member = _member(shape, first, path)
    if protocol.startswith("rest-"):
        location = {"header": "header", "uri": "label", "querystring": "query"}.get(member.get("location", ""))
        if location:
            name = member.get("locationName", first)
            return f"{location}:{name.lower() if location == 'header' else name}"
        if shape.get("payload") == first:
            if model["shapes"][member["shape"]]["type"] != "structure":
                return "payload:"
            return _walk(model, model["shapes"][member["shape"]], segments[1:], protocol, path)
    del suffixes
    return _walk(model, shape, segments, protocol, path)


def _segment(part: str, path: str) -> tuple[str, list[str]]:
    matched = _SEGMENT.match(part)
    if not matched:
        raise PathError(f"{path}: {part!r} is no step")
    return matched[1], [found[0] for found in _SUFFIX.finditer(matched[2])]


def _member(shape: Model, name: str, path: str) -> Model:
    member: Model | None = shape.get("members", {}).get(name)
    if member is None:
        raise PathError(f"{path}: no member {name}; there are {', '.join(sorted(shape.get('members', {})))[:300]}")
    return member


def _walk(model: Model, shape: Model, segments: list[tuple[str, list[str]]], protocol: str, path: str) -> str:
    source = "form" if protocol in FORM else "xml" if protocol == "rest-xml" else "body"
    steps: list[str] = []
    for name, suffixes in segments:
        member = _member(shape, name, path)
        shape = model["shapes"][member["shape"]] | {key: member[key] for key in ("flattened",) if key in member}
        steps.append(_name(name, member, protocol))
        for suffix in suffixes:
            shape = _descend(model, shape, suffix, steps, protocol, path)
    return f"{source}:{'.'.join(steps)}"


def _name(name: str, member: Model, protocol: str) -> str:
    """How the serializer of `protocol` writes a member's name (botocore/serialize.py, `_get_serialized_name` of each serializer)."""
    if protocol == "rpc-v2-cbor":
        return name
    if protocol == "ec2":
        located: str = member.get("locationName", name)
        return str(member.get("queryName", located[0].upper() + located[1:] if "locationName" in member else name))
    return str(member.get("locationName", name))


def _descend(model: Model, shape: Model, suffix: str, steps: list[str], protocol: str, path: str) -> Model:
    """Adds one ``[]`` or ``{...}`` to `steps` and returns the shape below it."""
    if suffix == "[]":
        if shape["type"] != "list":
            raise PathError(f"{path}: [] on a {shape['type']}")
        member = shape["member"]
        if protocol == "query" and shape.get("flattened"):
            if "locationName" in member:
                steps[-1] = member["locationName"]
            steps[-1] += "[]"
        elif protocol == "query" or (protocol == "rest-xml" and not shape.get("flattened")):
            steps.append(f"{member.get('locationName', 'member')}[]")
        else:
            steps[-1] += "[]"
        found: Model = model["shapes"][member["shape"]]
        return found
    if shape["type"] != "map":
        raise PathError(f"{path}: {suffix} on a {shape['type']}")
    value: Model = model["shapes"][shape["value"]["shape"]]
    if protocol in ("query", "rest-xml"):
        key, held = shape["key"].get("locationName", "key"), shape["value"].get("locationName", "value")
        if not shape.get("flattened"):
            steps.append("entry")
        wanted = suffix[1:-1]
        if wanted.startswith("@") and wanted != "@":
            raise PathError(f"{path}: {suffix} is for JSON only")
        steps[-1] += "[]" if wanted in ("*", "@") else f"[{key}={wanted}]"
        steps.append(key if wanted == "@" else held)
    else:
        steps[-1] += suffix
    return value
