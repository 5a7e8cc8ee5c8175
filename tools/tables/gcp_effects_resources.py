"""From a method's path to the template of the full resource name that it acts on.

::

    compute  projects/{project}/zones/{zone}/instances/{instance}/stop   projects/{project}/zones/{zone}/instances/{instance}
    others   v1/{+name}:destroy                                           {name}
    lists    v1/{+parent}/secrets                                         {parent}/secrets
    creates  v1/{+parent}/secrets?secretId=                               {parent}/secrets/{query:secretId}
    batches  v1/{+parent}/things:batchDelete, body names                  {body:names[]}

A template's ``{name}`` is a path parameter, ``{query:name}`` and ``{body:path}`` are what they say. A last part that the request leaves out
falls away.
"""

from __future__ import annotations

import re
from typing import Any

_VARIABLE = re.compile(r"\{\+?(\w+)\*?\}")
_VERSION = re.compile(r"v\d+\w*|beta|alpha")

#: Query parameters that end in Id and name no resource.
_NOT_NAMES = frozenset({"requestId", "clientOperationId", "trackingId", "profileId"})

#: Names of methods that make a thing in the collection that their path ends in.
_CREATES = frozenset({"create", "insert"})


def template(document: dict[str, Any], method: dict[str, Any]) -> str:
    """The template of `method`'s main resource."""
    path = _without_version(method["path"])
    path = re.sub(r":[A-Za-z0-9]+$", "", path)
    path = _VARIABLE.sub(r"{\1}", path)
    if document["name"] == "storage":
        path = _storage(path)
    parts = [part for part in path.split("/") if part]
    name = method["id"].rsplit(".", 1)[1]
    if len(parts) > 1 and parts[-1] == name and "{" not in parts[-1]:
        parts.pop()
    if name in _CREATES and parts and "{" not in parts[-1]:
        made = _made(document, method, parts[-1])
        if made:
            parts.append(made)
    elif name.startswith("batch") and _property(document, method, "names"):
        return "{body:names[]}"
    return "/".join(parts)


def _without_version(path: str) -> str:
    parts = path.split("/")
    for at in range(min(3, len(parts))):
        if _VERSION.fullmatch(parts[at]):
            return "/".join(parts[at + 1 :])
    return path


def _storage(path: str) -> str:
    """``b/{bucket}/o/{object}`` is what IAM and the audit log call ``projects/_/buckets/{bucket}/objects/{object}``."""
    path = path.partition("/copyTo/")[2] or path.partition("/rewriteTo/")[2] or path
    path = re.sub(r"^b(?=/|$)", "projects/_/buckets", path)
    return re.sub(r"(?<=\})/o(?=/|$)", "/objects", path)


def singular(collection: str) -> str:
    """``policies`` -> ``policy``, ``addresses`` -> ``address``, ``secrets`` -> ``secret``."""
    if collection.endswith("ies"):
        return collection[:-3] + "y"
    if re.search(r"(ss|x|ch)es$", collection):
        return collection[:-2]
    return collection.removesuffix("s")


def _made(document: dict[str, Any], method: dict[str, Any], collection: str) -> str:
    """Where the request names what it makes: an id in the query, or a name in the body."""
    parameters = method.get("parameters", {})
    one = singular(collection)
    ids = [name for name, given in parameters.items() if name.endswith("Id") and given["location"] == "query" and name not in _NOT_NAMES]
    for name in (f"{one}Id", *(ids if len(ids) == 1 else ())):
        if name in ids:
            return f"{{query:{name}}}"
    for path in (f"{one}Reference.{one}Id", f"{one}Id", f"{one}.name", "name", "metadata.name"):
        if has_path(document, method, path):
            return f"{{body:{path}}}"
    return ""


def _property(document: dict[str, Any], method: dict[str, Any], name: str) -> dict[str, Any] | None:
    schema = document.get("schemas", {}).get(method.get("request", {}).get("$ref"), {})
    found: dict[str, Any] | None = schema.get("properties", {}).get(name)
    return found


def has_path(document: dict[str, Any], method: dict[str, Any], path: str) -> bool:
    """Whether the request's schema has the member `path` (``settings.backupConfiguration.enabled``, ``bindings[].members[]``, ``labels{*}``)."""
    schemas = document.get("schemas", {})
    node = schemas.get(method.get("request", {}).get("$ref"))
    for step in path.split("."):
        name = re.split(r"[\[{]", step)[0]
        if node is None:
            return False
        node = node.get("properties", {}).get(name)
        for selector in re.findall(r"\[[^\]]*\]|\{[^}]*\}", step):
            if node is None:
                return False
            node = node.get("items") if selector[0] == "[" else node.get("additionalProperties")
        if node is not None and "$ref" in node:
            node = schemas.get(node["$ref"])
    return node is not None
