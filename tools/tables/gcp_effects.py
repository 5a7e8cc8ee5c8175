"""``tables/effects/SERVICE.json``: what each Google API method does, one reviewable line a method.

For each method of every discovery document, and each gRPC method that has no discovery id, in this order, the later correcting the earlier:

1. the first word of its name (:mod:`~tools.tables.gcp_effects_words`); the HTTP method only speaks for names that are a noun;
2. ``data/gcp_destructive.jsonl``: 118 methods whose danger is not in their name;
3. ``data/gcp_overrides.jsonl``: our own corrections and all conditions, a reason on each line.

No package of a registry carries Google's IAM permissions by method; the permissions that a method's own description names are kept as its ``iam``.

`tables` refuses (`TableError`) what nobody has judged: an unknown first word, an override that matches nothing or names a parameter that does not
exist, a method that says removal and is no delete, a POST, PUT, PATCH or DELETE that reads by an HTTP method's word alone, a row of the danger list
that nothing states.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from tools.tables import gcp_effects_protos, gcp_effects_resources, gcp_effects_rows, gcp_sources, layout
from tools.tables.dangers import DANGERS, Effect, TableError
from tools.tables.gcp_effects_rows import Row, Rpc
from tools.tables.gcp_effects_words import NOUN, leading, says_removal
from tools.tables.gcp_sources import jsonl
from warden.dialects.conditions import paths
from warden.dialects.gravity import GRAVITY
from warden.dialects.sql import google
from warden.model import Verb

DIRECTORY = "warden/dialects/gcp/tables/effects"
SOURCES = gcp_sources.PACKAGES

#: What the effects of ``gcp_destructive.jsonl`` are in our words: a verb, and flags.
_DANGERS: dict[str, Effect] = {
    **DANGERS,
    # What cannot be undone is denied where what can be undone is allowed: the flag for that is destructive.
    "irreversible": (None, ("destructive",)),
    "restore": (None, ()),
    "create": ("create", ()),
}

_BY_HTTP = {"GET": "read", "DELETE": "delete", "PUT": "update", "PATCH": "update", "POST": "update"}

#: Parameters that ask for a rehearsal, by their JSON names.
_REHEARSALS = ("validateOnly", "dryRun")

_PERMISSION = re.compile(r"`?\b([a-z][a-z0-9]+(?:\.[a-zA-Z0-9]+){2,})\b`?")


def tables() -> dict[str, str]:
    """Repository path -> text of each table. Raises TableError."""
    rows = gcp_effects_rows.rows()
    problems = [*_judge(rows), *_correct(rows), *_unjudged(rows)]
    if problems:
        raise TableError("\n".join(problems))
    files: dict[str, str] = {}
    packages: dict[str, set[str]] = defaultdict(set)
    for service, found in itertools.groupby(rows, key=lambda row: row.service):
        methods: dict[str, Any] = {}
        aliases: dict[str, dict[str, str]] = defaultdict(dict)
        for row in found:
            methods[row.id] = _entry(row)
            for rpc in row.rpcs:
                full, _, name = rpc.name.partition("/")
                packages[full.rpartition(".")[0]].add(service)
                if rpc.primary and rpc.name != row.id:
                    aliases[full][name] = row.id
        files[f"{DIRECTORY}/{service}.json"] = layout.document(f"Effects of {service}", SOURCES, {"grpc": aliases, "methods": methods})
    files[f"{DIRECTORY}/_packages.json"] = layout.document(
        "Tables that know a gRPC package", SOURCES, {"packages": {name: sorted(services) for name, services in packages.items()}}
    )
    return files


# --- judging ---------------------------------------------------------------------------------------------------------------------


def _judge(rows: list[Row]) -> Iterator[str]:
    """Verb and flags by name, then the danger list."""
    dangers = {row["id"]: row for row in jsonl("gcp_destructive.jsonl")}
    for row in rows:
        word, meaning = leading(row.method)
        if meaning is None:
            yield f"{row.id}: nothing says what {word} does"
            continue
        if meaning.verb == NOUN:
            used = [method["httpMethod"] for _, method in row.methods] or ["POST"]
            row.verb = max((_BY_HTTP[one] for one in used), key=lambda verb: GRAVITY[Verb(verb)])
            row.why.append(f"a noun, by {'/'.join(sorted(set(used)))}")
        else:
            row.verb, row.flags = meaning.verb, set(meaning.flags)
            row.why.append(f"name: {word}")
        danger = dangers.get(row.id)
        if danger and (danger["when"] is None or "GET!" in danger["when"]):
            verb, flags = _DANGERS[danger["effect"]]
            row.verb = verb or row.verb
            row.flags.update(flags)
            row.why.append(f"danger not in its name: {danger['effect']}")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """The patterns of an override's ``ops``, by space: ``compute.*.setIamPolicy``, ``secretmanager|cloudkms.**.destroy``."""
    return re.compile("|".join(fnmatch.translate(one).replace(r"\|", "|") for one in _expanded(text)))


def _expanded(text: str) -> Iterator[str]:
    for one in text.split():
        first, dot, rest = one.partition(".")
        yield from (f"{service}{dot}{rest}" for service in first.split("|"))


def _correct(rows: list[Row]) -> Iterator[str]:
    """Applies the overrides in order; yields what is wrong with them."""
    names = [(row.pattern_name, row) for row in rows]
    for override in jsonl("gcp_overrides.jsonl"):
        if not override.get("why"):
            yield f"override without a reason: {override['ops'][:100]}"
        pattern = _pattern(override["ops"])
        matched = [row for name, row in names if pattern.match(name)]
        for one in _expanded(override["ops"]):
            single = re.compile(fnmatch.translate(one))
            if not any(single.match(row.pattern_name) for row in matched):
                yield f"override matches nothing: {one}"
        for path in sorted({*paths(override.get("when", []))}):
            if matched and not any(_has(row, path) for row in matched):
                yield f"no such parameter in {override['ops'][:80]}: {path}"
        for row in matched:
            _apply(row, override)


def _apply(row: Row, override: dict[str, Any]) -> None:
    unless = override.get("unless_verb", ())
    if row.verb in unless:
        return
    if "verb" in override:
        if row.verb == "delete" != override["verb"]:
            row.flags.discard("destructive")  # which the delete brought
        row.verb = override["verb"]
    for flag in override.get("flags", ()):
        if flag.startswith("-"):
            row.flags.discard(flag[1:])
        else:
            row.flags.add(flag)
    row.when += [one for one in override.get("when", ()) if not (asked := set(paths(one))) or any(_has(row, path) for path in asked)]
    row.at = override.get("at", row.at)
    row.also += override.get("also", ())
    row.media = override.get("media", row.media)
    row.excused = row.excused or override.get("excuse", False)
    if set(override) & {"verb", "flags", "when"}:
        row.why.append(override["why"])


def _unjudged(rows: list[Row]) -> Iterator[str]:
    dangers = {row["id"]: row for row in jsonl("gcp_destructive.jsonl")}
    for row in rows:
        if says_removal(row.method) and row.verb != "delete" and not row.excused:
            yield f"{row.id}: says removal, is {row.verb}, and no line excuses it"
        danger = dangers.pop(row.id, None)
        if (
            danger
            and not (row.when or row.flags or row.verb in ("execute", "grant", "delete"))
            and danger["effect"] not in ("create", "restore")
        ):
            yield f"{row.id}: gcp_destructive.jsonl says {danger['effect']} ({danger['when']}), and no override does"
    for name in dangers:
        yield f"gcp_destructive.jsonl: no method {name}"


def _has(row: Row, path: str) -> bool:
    """Whether any version of `row` has the parameter `path`."""
    source, _, rest = path.partition(":")
    if source == "header":
        return True
    if source == "label":
        return any(rest in gcp_effects_protos.variables(method["path"]) for _, method in row.methods)
    for document, method in row.methods:
        if source == "body" and gcp_effects_resources.has_path(document, method, rest):
            return True
        if source == "query" and rest in {**method.get("parameters", {}), **document.get("parameters", {})}:
            return True
    digest = gcp_sources.definitions()
    return any(gcp_effects_protos.has_path(digest, rpc.request, path, _root(rpc)) for rpc in row.rpcs)


def _root(rpc: Rpc) -> str:
    return "" if rpc.body in ("", "*") else rpc.body


# --- writing ---------------------------------------------------------------------------------------------------------------------


def _entry(row: Row) -> dict[str, Any]:
    """The line of one method. Keys: see :mod:`warden.dialects.gcp.effects_table`."""
    if row.verb == "delete":
        row.flags.add("destructive")
    at = row.at or list(dict.fromkeys(gcp_effects_resources.template(*one) for one in row.methods)) or _grpc_template(row)
    mask = _parameter(row, "updateMask")
    if mask and not mask.startswith("query:"):
        mask = None  # beside the resource in the body: its paths start elsewhere than ours, so nothing is left out for it
    rehearsal = next((path for name in _REHEARSALS if (path := _parameter(row, name))), None)
    optional: dict[str, Any] = {
        "flags": sorted(row.flags),
        "iam": _permissions(row),
        "when": row.when,
        "at": at,
        "also": row.also,
        "mask": mask,
        "dry_run": rehearsal,
        "media": row.media,
    }
    entry: dict[str, Any] = {"verb": row.verb, "why": "; ".join(row.why)}
    entry |= {key: value for key, value in optional.items() if value}
    host = _host(row)
    if host:
        entry["host"] = host
    if row.rpcs:
        entry["grpc"] = _variants(row, entry)
    return entry


def _host(row: Row) -> str:
    """The host that full resource names start with, where it is not the service's name."""
    if row.methods:
        host: str = row.methods[0][0]["rootUrl"].split("/")[2]
        usual = f"{row.service}.googleapis.com"
        return "" if host in (usual, "www.googleapis.com") else host
    return ""


def _parameter(row: Row, name: str) -> str | None:
    """Where every version of the method takes the parameter `name`: in the query, or at the top of the body."""
    if not row.methods:
        source = "query" if _root(row.rpcs[0]) else "body"
        return f"{source}:{name}" if _has(row, f"{source}:{name}") else None
    found = set()
    for document, method in row.methods:
        if name in method.get("parameters", {}):
            found.add(f"query:{name}")
        elif gcp_effects_resources.has_path(document, method, name):
            found.add(f"body:{name}")
        else:
            return None
    return found.pop() if len(found) == 1 else None


def _permissions(row: Row) -> list[str]:
    """IAM permissions that the method's description names."""
    found: set[str] = set()
    for _, method in row.methods:
        for sentence in re.split(r"(?<=[.!])\s", method.get("description", "")):
            if "permission" in sentence.lower():
                found.update(
                    name
                    for name in _PERMISSION.findall(sentence)
                    if "googleapis" not in name and not name.startswith(("www", "cloud.google"))
                )
    return sorted(found)


def _grpc_template(row: Row) -> list[str]:
    """The templates of a gRPC method without a discovery id: what its HTTP paths or its usual fields name."""
    rpc = row.rpcs[0]
    found = []
    for path in (rpc.path, *rpc.others):
        bare = re.sub(r"^(?:\w+/)?v\d\w*/", "", re.sub(r":\w+$", "", path.lstrip("/")))
        found.append(re.sub(r"\{([\w.]+)[^}]*\}", lambda match: f"{{{_label(match[1])}}}", bare))
    if any(found):
        return list(dict.fromkeys(found))
    digest = gcp_sources.definitions()
    return [
        f"{{{name}}}" for name in ("name", "resource", "parent") if gcp_effects_protos.has_path(digest, rpc.request, f"query:{name}", "")
    ][:1]


def _label(variable: str) -> str:
    """The path parameter that discovery would make of a gRPC path's variable: ``secret.name`` is name."""
    return gcp_effects_protos.camel(variable.rpartition(".")[2])


def _variants(row: Row, entry: dict[str, Any]) -> dict[str, Any]:
    """API versions, joined by space -> variant of the gRPC request."""
    digest = gcp_sources.definitions()
    carried = google.specs().get(row.id)
    asked = {*paths(entry.get("when", [])), *([carried.path] if carried else []), *filter(None, (entry.get("mask"), entry.get("dry_run")))}
    for template in [*entry.get("at", []), *(one["at"] for one in row.also)]:
        for variable in re.findall(r"\{([^}]*)\}", template):
            asked.update(variable.split("|") if ":" in variable else [f"label:{variable}"])
    found: dict[str, list[str]] = {}
    for rpc in row.rpcs:
        rpc_names = gcp_effects_protos.variables(rpc.path)
        labels: dict[str, str] = {}
        for _, method in row.methods:
            ours = gcp_effects_protos.variables(method["path"])
            if len(ours) == len(rpc_names):
                for one, theirs in zip(ours, rpc_names, strict=True):
                    labels.setdefault(one, theirs)
        if not row.methods:
            labels = {_label(one): one for path in (*reversed(rpc.others), rpc.path) for one in gcp_effects_protos.variables(path)}
        made = gcp_effects_protos.variant(digest, rpc.request, rpc.body, labels, sorted(asked))
        versions = found.setdefault(json.dumps(made, sort_keys=True), [])
        if rpc.version not in versions:
            versions.append(rpc.version)
    return {" ".join(sorted(versions)): json.loads(text) for text, versions in found.items()}
