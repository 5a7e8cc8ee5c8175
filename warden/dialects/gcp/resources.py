"""From a call's parameters to full resource names: ``//compute.googleapis.com/projects/p/zones/z/instances/i``.

https://cloud.google.com/iam/docs/full-resource-names. `type` is the collection as the name has it (``instances``), `name` the last part. A create or
a list acts on a collection, unless the request says what the new thing is called. When nothing names a resource, or the body that names it was not
read, there is one for the whole service: ``//compute.googleapis.com/*``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from warden.dialects.gcp.effects_table import Entry, Part
from warden.dialects.gcp.noun import Call, Protocol
from warden.dialects.gcp.params import Parameters
from warden.model import Resource

TYPE = "GCP::Resource"

#: More names than these in one message are ruled on as the whole service, and the Action is opaque.
MAX_RESOURCES = 1000

_PLACES = frozenset({"locations", "zones", "regions"})


def whole(service: str, host: str) -> Resource:
    """The resource that stands for everything of `service`."""
    return Resource(TYPE, f"//{host}/*", {"service": service})


def resources(entry: Entry, parameters: Parameters) -> tuple[tuple[Resource, ...], bool]:
    """What the call acts on, at least one, and whether it could not be told: too many, two names for one, or in a body that was not read.

    Raises DecodeError from `Parameters.values`.
    """
    if parameters.call.protocol is Protocol.STORAGE_XML:
        return _stored(entry, parameters.call)
    for template in entry.templates:
        found = list(named(entry, template, parameters))
        if len(found) > MAX_RESOURCES:
            return (whole(entry.service, entry.host),), True
        if found:
            return tuple(found), False
    return (whole(entry.service, entry.host),), any(part.paths for template in entry.templates for part in template)


def named(entry: Entry, template: Sequence[Part], parameters: Parameters) -> Iterator[Resource]:
    """The resources of one template; none when a part but the last has no value."""
    parts: list[str] = []
    for place, part in enumerate(template):
        if not part.paths:
            parts.append(part.text)
            continue
        values = next((found for path in part.paths if (found := _texts(parameters.values(path, fold=False)))), [])
        if len(template) == 1:
            yield from (_resource(entry, value.strip("/").split("/")) for value in dict.fromkeys(values))
            return
        if not values and place == len(template) - 1 and place > 0 and part.paths[0].source != "label":
            break  # what is made has no name yet: the collection
        if len(set(values)) != 1:
            return
        parts += values[0].strip("/").split("/") if place == 0 else values[:1]
    if parts:
        yield _resource(entry, parts)


def _stored(entry: Entry, call: Call) -> tuple[tuple[Resource, ...], bool]:
    """What the storage XML API's path names. Several objects in one body, or a form's object, are not told apart."""
    if "bucket" not in call.labels:
        return (whole(entry.service, entry.host),), False
    parts = ["projects", "_", "buckets", call.labels["bucket"]]
    if "object" in call.labels:
        parts += ["objects", call.labels["object"]]
    return (_resource(entry, parts),), "object" not in call.labels and call.method in ("storage.objects.delete", "storage.objects.insert")


def _texts(values: Sequence[object]) -> list[str]:
    return [str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool) and value != ""]


def _resource(entry: Entry, parts: Sequence[str]) -> Resource:
    parts = _usual(entry, parts)
    attributes: dict[str, str | bool | int] = {"service": entry.service}
    pairs: list[str] = []
    for part in parts:
        if part == "global" and len(pairs) % 2 == 0:
            attributes["location"] = "global"
        else:
            pairs.append(part)
    for at in range(0, len(pairs) - 1, 2):
        kind, name = pairs[at], pairs[at + 1]
        if kind == "projects" and name not in ("_", "-"):
            attributes["project"] = name
        elif kind in _PLACES and name != "-":
            attributes["location"] = name
        attributes["type"], attributes["name"] = kind, name
    if len(pairs) % 2:
        attributes["type"] = pairs[-1]
        attributes.pop("name", None)
    return Resource(TYPE, f"//{entry.host}/{'/'.join(parts)}", attributes)


def _usual(entry: Entry, parts: Sequence[str]) -> Sequence[str]:
    """GKE's old paths say zones where the new ones say locations, and mean the same cluster."""
    if entry.service == "container":
        return ["locations" if part == "zones" and at == 2 else part for at, part in enumerate(parts)]
    if entry.service == "storage" and "objects" in parts[4:5]:
        return [*parts[:5], "/".join(parts[5:])] if len(parts) > 6 else parts
    return parts
