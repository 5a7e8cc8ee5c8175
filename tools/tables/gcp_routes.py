"""``gcp/tables/``: which host serves which Google API, and one file a host with its REST routes and gRPC methods.

A route is ``"GET /v1/{name=projects/*/secrets/*}:access": "secretmanager.projects.secrets.versions.access"``: the path template syntax of
google.api.http, https://github.com/googleapis/googleapis/blob/master/google/api/http.proto. Discovery documents say the same with a
path and a regular expression for each ``{+parameter}``.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from tools.tables import gcp_grpc, gcp_sources, layout

FOLDER = "warden/dialects/gcp/tables"

#: Path prefixes of media, in front of a method's own path or of the version in it.
MEDIA = ("upload/", "resumable/upload/", "download/")

LEGACY = "www.googleapis.com"

#: Other names of a host: what the client libraries' interface definitions call it.
ALIASES = {
    "commondatastorage.googleapis.com": "storage.googleapis.com",
    "translate.googleapis.com": "translation.googleapis.com",
}

_PARAMETER = re.compile(r"\{(\+?)([^}]+)\}")
_LITERAL = re.compile(r"[A-Za-z0-9_.~$@-]+")
_VERSION = re.compile(r"v\d")


def tables() -> dict[str, str]:
    """Repository path -> text of each file that this generator writes."""
    made = {}
    found = files()
    for host, sections in found.items():
        made[f"{FOLDER}/routes/{host}.json"] = layout.document(f"Google APIs at {host}", gcp_sources.versions(), sections)
    made[f"{FOLDER}/hosts.json"] = layout.document("Google API hosts", gcp_sources.versions(), _hosts(found))
    return made


def files() -> dict[str, dict[str, dict[str, Any]]]:
    """Host -> sections of its file: ``NAME VERSION`` -> route -> method id, and ``grpc`` -> service -> method -> id."""
    found: dict[str, dict[str, dict[str, Any]]] = {
        host: {title: dict(rows) for title, rows in sections.items()} for host, sections in rest().items()
    }
    for host, services in gcp_grpc.services().items():
        sections = found.setdefault(host, {})
        taken = {collapsed(route) for rows in sections.values() for route in rows}
        annotated: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        owners = {title.partition(" ")[0] for title in sections}
        owner = owners.pop() if len(owners) == 1 else host.partition(".")[0]
        for title, route, name in gcp_grpc.annotated(host, owner):
            annotated[collapsed(route)].setdefault(name, (title, route))
        for wire, names in annotated.items():
            if wire not in taken and len(names) == 1:  # A few annotations share a route (BigQuery storage's, which has no REST): unknown.
                ((name, (title, route)),) = names.items()
                sections.setdefault(title, {})[route] = name
        sections["grpc"] = services
    return {host: found[host] for host in sorted(found)}


@functools.cache
def rest() -> dict[str, dict[str, dict[str, str]]]:
    """Host -> ``NAME VERSION`` -> route -> method id.

    Where two documents have the same route on one host, the first keeps it, by `_rank`; `twins` are those that thereby lose an id.
    """
    taken: dict[tuple[str, str], str] = {}
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for document in sorted([*gcp_sources.discovery(), *_extras()], key=_rank):
        host = str(urlsplit(document["rootUrl"]).hostname)
        section = found[host].setdefault(f"{document['name']} {document['version']}", {})  # Three documents are there under two names.
        for method in document["methods"]:
            for path in paths(document, method):
                route = f"{method['httpMethod']} {path}"
                if (host, shape(route)) not in taken:
                    taken[host, shape(route)] = method["id"]
                    section[route] = method["id"]
    return {host: {title: rows for title, rows in sections.items() if rows} for host, sections in found.items()}


def twins() -> dict[str, set[str]]:
    """Method id -> other ids of the same wire form, which decode to it."""
    named: dict[tuple[str, str], str] = {}
    for host, sections in rest().items():
        for section in sections.values():
            named |= {(host, shape(route)): name for route, name in section.items()}
    found: dict[str, set[str]] = defaultdict(set)
    for document in gcp_sources.discovery():
        host = str(urlsplit(document["rootUrl"]).hostname)
        for method in document["methods"]:
            for path in paths(document, method):
                kept = named[host, shape(f"{method['httpMethod']} {path}")]
                if kept != method["id"]:
                    found[kept].add(method["id"])
    return found


def paths(document: dict[str, Any], method: dict[str, Any]) -> list[str]:
    """All path templates of `method`, its media paths included."""
    base = urlsplit(document["rootUrl"]).path + document["servicePath"]
    own = template(base + method["path"], method["patterns"])
    found = [own]
    found += [template(path, method["patterns"]) for path in method.get("upload", ())]
    if method.get("download"):
        found.append(f"/download{own}")
    return found


def template(path: str, patterns: dict[str, str]) -> str:
    """A discovery path in the syntax of google.api.http. Raises ValueError for what that syntax cannot say."""

    def variable(match: re.Match[str]) -> str:
        plus, name = match.groups()
        if not plus:
            return f"{{{name}}}"
        return f"{{{name}={_segments(patterns[name]) if name in patterns else '**'}}}"

    made = _PARAMETER.sub(variable, path)
    shape(f"GET {made}")
    return made


def _segments(pattern: str) -> str:
    """``^projects/[^/]+/x/.*$`` -> ``projects/*/x/**``. Any other expression for one segment is ``*``: it only narrows values."""
    parts, depth, start = [], 0, 0
    text = pattern.removeprefix("^").removesuffix("$")
    for at, character in enumerate(text):
        depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
        if character == "/" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return "/".join(
        part if _LITERAL.fullmatch(part) else "**" if part in (".*", ".+") or "/" in part.replace("[^/]", "") else "*" for part in parts
    )


def shape(route: str) -> str:
    """`route` without the names of its variables: what two templates share when they match the same requests."""
    method, path = route.split(" ", 1)
    path, colon, verb = _verb(path)
    plain = re.sub(r"\{[^=}]+=([^}]+)\}", r"\1", path)
    plain = re.sub(r"\{[^}]+\}", "*", plain)
    for segment in plain.split("/")[1:]:
        if segment not in ("*", "**") and not _LITERAL.fullmatch(segment):
            raise ValueError(f"no template: {route}")
    return f"{method} {plain}{colon}{verb}"


def collapsed(route: str) -> str:
    """`shape`, with one segment and many alike: a document and an annotation of one method may differ in that."""
    return shape(route).replace("**", "*")


def _verb(path: str) -> tuple[str, str, str]:
    head, colon, verb = path.rpartition(":")
    return (head, colon, verb) if colon and re.fullmatch(r"[A-Za-z0-9_.-]+", verb) else (path, "", "")


def _rank(document: dict[str, Any]) -> tuple[bool, str, str]:
    """Stable versions first, so that the id of a general release wins."""
    version = document["version"]
    return any(word in version for word in ("alpha", "beta", "preview")), document["name"], version


def _extras() -> list[dict[str, Any]]:
    """What no discovery document has: see ``data/gcp_extra.jsonl``."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in gcp_sources.jsonl("gcp_extra.jsonl"):
        document = found.setdefault(
            (row["host"], row["service"], row["version"]),
            {"name": row["service"], "version": row["version"], "rootUrl": f"https://{row['host']}/", "servicePath": "", "methods": []},
        )
        document["methods"].append({"id": row["id"], "httpMethod": row["method"], "path": row["path"].removeprefix("/"), "patterns": {}})
    return list(found.values())


def _hosts(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """``hosts``: host -> discovery names there. ``legacy``: the first path segment at www.googleapis.com -> hosts whose files have it."""
    legacy: dict[str, set[str]] = defaultdict(set)
    for host, sections in rest().items():
        for title, section in sections.items():
            for route in section:
                parts = [part for part in route.partition(" /")[2].split("/") if part not in ("resumable", "upload", "download")]
                named = title.startswith(parts[0]) or host == LEGACY or parts[0] in ("sql", "language", "webmasters", "content")
                if named and any(_VERSION.match(part) or part in ("alpha", "beta") for part in parts[1:3]):
                    legacy[parts[0]].add(host)
    names = {host: sorted({key.partition(" ")[0] for key in sections if key != "grpc"}) for host, sections in found.items()}
    return {
        "hosts": names,
        "aliases": ALIASES,
        "legacy": {segment: sorted(hosts, key=lambda host: (host != LEGACY, host)) for segment, hosts in legacy.items()},
        "mixins": gcp_grpc.mixins(),
    }
