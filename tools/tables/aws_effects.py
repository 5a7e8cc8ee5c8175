"""``tables/effects/SERVICE.json``: what each AWS operation does, one reviewable line an operation.

For each operation of every supported botocore release, in this order, the later correcting the earlier:

1. the first word of its name (:mod:`~tools.tables.aws_effects_words`) and the access level that IAM gives it
(:mod:`~tools.tables.aws_effects_verbs`);
2. ``data/aws_destructive.jsonl``: 187 operations whose danger is not in their name;
3. ``data/aws_overrides.jsonl``: our own corrections and all conditions, a reason on each line.

`tables` refuses (`TableError`) what nobody has judged: an unknown first word, an override that matches nothing or names a parameter that does not
exist, an operation that sounds like removal and is no delete, or that IAM calls Write and we call a read, without a line that excuses it.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tools.tables import aws_effects_iam, aws_effects_paths, aws_effects_resources, aws_effects_sources, aws_effects_verbs, layout
from tools.tables.aws_effects_sources import Model
from tools.tables.dangers import DANGERS, Effect, TableError

DIRECTORY = "warden/dialects/aws/tables/effects"

#: What the effects of ``aws_destructive.jsonl`` are in our words: a verb, and flags.
_DANGERS: dict[str, Effect] = {**DANGERS, "exfil": (None, ("share",))}


@dataclass(slots=True)
class Row:
    """One operation while it is being put together."""

    service: str
    operation: str
    models: list[Model]
    actions: tuple[aws_effects_sources.IamAction, ...]
    verb: str = ""
    flags: set[str] = field(default_factory=set)
    why: list[str] = field(default_factory=list)
    when: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    sql: dict[str, Any] = field(default_factory=dict)
    excused: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def tables() -> dict[str, str]:
    """Repository path -> text of each table. Raises TableError."""
    rows = list(_rows())
    problems = [*_correct(rows), *_unjudged(rows)]
    files: dict[str, str] = {}
    for service, found in itertools.groupby(rows, key=lambda row: row.service):
        operations = {row.operation: _entry(row) for row in found}
        files[f"{DIRECTORY}/{service}.json"] = layout.document(
            f"Effects of {service}", aws_effects_sources.versions(), {"operations": operations}
        )
    if problems:
        raise TableError("\n".join(problems))
    return files


def _rows() -> Iterator[Row]:
    dangers = {f"{row['service']}:{row['operation']}": row for row in aws_effects_sources.jsonl("aws_destructive.jsonl")}
    for service in aws_effects_sources.services():
        models = aws_effects_sources.models(service)
        for operation in sorted({name for model in models for name in model["operations"]}):
            having = [model for model in models if operation in model["operations"]]
            row = Row(service, operation, having, aws_effects_iam.actions(service, operation, having[0]))
            effect = aws_effects_verbs.classify(operation, row.actions)
            if effect:
                row.verb, row.flags, row.why = effect.verb, set(effect.flags), [effect.why]
            if row.verb == "read" and aws_effects_verbs.enumerates(operation, having[0]):
                row.verb = "list"
                row.why.append("model: needs no parameter and returns pages or a plural")
            danger = dangers.get(row.name)
            if danger and not danger["body_dependent"]:
                verb, flags = _DANGERS[danger["effect"]]
                row.verb = verb or row.verb
                row.flags.update(flags)
                row.why.append(f"danger not in its name: {danger['effect']}")
            yield row


@cache
def _pattern(operations: str) -> re.Pattern[str]:
    """One pattern of an override's ``ops``: ``rds|neptune|docdb:Reboot* sqs:PurgeQueue``."""
    found = []
    for one in operations.split():
        services, _, operation = one.partition(":")
        names = "|".join(fnmatch.translate(service).removesuffix(r"\z").removesuffix(r"\Z") for service in services.split("|"))
        found.append(f"(?:{names}):{fnmatch.translate(operation).removesuffix(r'\z').removesuffix(r'\Z')}")
    return re.compile("|".join(f"(?:{one})" for one in found))


def _correct(rows: list[Row]) -> Iterator[str]:
    """Applies the overrides in order; yields what is wrong with them."""
    for override in aws_effects_sources.jsonl("aws_overrides.jsonl"):
        pattern = _pattern(override["ops"])
        matched = [row for row in rows if pattern.fullmatch(row.name)]
        optional = override.get("optional", False)
        if not override.get("why"):
            yield f"override without a reason: {override['ops'][:100]}"
        for one in override["ops"].split():
            if not optional and "*:" not in one and not any(_pattern(one).fullmatch(row.name) for row in matched):
                yield f"override matches nothing: {one}"
        for path in _paths(override):
            if not optional and matched and not any(_wires(row, path) for row in matched):
                yield f"no such parameter in {override['ops'][:60]}: {path}"
        for row in matched:
            _apply(row, override)


def _apply(row: Row, override: dict[str, Any]) -> None:
    if "verb" in override and not ("excuse" in override and row.verb in ("read", "list") and "*:" in override["ops"]):
        row.verb = override["verb"]
        if row.verb != "delete" and "destructive" not in override.get("flags", ()):
            row.flags.discard("destructive")
    for flag in override.get("flags", ()):
        if flag.startswith("-"):
            row.flags.discard(flag[1:])
        else:
            row.flags.add(flag)
    row.when += [one for one in override.get("when", ()) if one.get("flags") or one.get("verb")]
    row.parts += override.get("parts", ())
    row.deferred += override.get("deferred", ())
    row.sql = override.get("sql", row.sql)
    row.excused = row.excused or override.get("excuse", False)
    if set(override) & {"verb", "flags", "when", "parts", "deferred", "sql"}:
        row.why.append(override["why"])


def _unjudged(rows: list[Row]) -> Iterator[str]:
    dangers = {f"{row['service']}:{row['operation']}": row for row in aws_effects_sources.jsonl("aws_destructive.jsonl")}
    for row in rows:
        levels = {action.level for action in row.actions}
        if not row.verb:
            yield f"{row.name}: nothing says what {aws_effects_verbs.leading(row.operation)[0]} does"
        if row.verb in ("read", "list") and levels & {"Write", "Permissions management"} and not row.excused:
            yield f"{row.name}: IAM says {'/'.join(sorted(levels))}, we say {row.verb}, and no line excuses it"
        if aws_effects_verbs.has_removal_word(row.operation) and row.verb != "delete" and not row.excused:
            yield f"{row.name}: sounds like removal, is {row.verb}, and no line excuses it"
        danger = dangers.pop(row.name, None)
        if danger and danger["body_dependent"] and not (row.when or row.parts or row.verb == "execute" or row.flags):
            yield f"{row.name}: aws_destructive.jsonl has a condition ({danger['when']}) that no override states"
    for name in dangers:
        yield f"aws_destructive.jsonl: no operation {name}"


def _paths(entry: Any) -> Iterator[str]:
    """All API paths in conditions, parts and deferred parameters."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("path", "resources", "database", "schema") and isinstance(value, str):
                yield value
            elif key == "deferred":
                yield from value
            else:
                yield from _paths(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from _paths(value)


def _wires(row: Row, path: str) -> dict[str, str]:
    """Protocol -> wire path, for every protocol that any release speaks for this operation; newest first."""
    found: dict[str, str] = {}
    for model in row.models:
        for protocol in aws_effects_sources.protocols(model):
            if protocol not in found:
                try:
                    found[protocol] = aws_effects_paths.wire(model, row.operation, path.split("|")[0], protocol)
                except aws_effects_paths.PathError:
                    continue
    return found


def _entry(row: Row) -> dict[str, Any]:
    """The line of one operation. Keys: see :mod:`warden.dialects.aws.effects_table`."""
    entry: dict[str, Any] = {"verb": row.verb, "why": "; ".join(row.why)}
    if row.verb == "delete":
        row.flags.add("destructive")
    resources = aws_effects_resources.specs(row.service, row.operation, row.models[0])
    dry_run = _dry_run(row)
    optional: dict[str, Any] = {
        "flags": sorted(row.flags),
        "iam": sorted(action.name for action in row.actions),
        "when": [
            one for one in row.when if any(_wires(row, path) for path in _paths(one))
        ],  # docdb's DeleteDBInstance cannot skip a snapshot
        "parts": row.parts,
        "deferred": row.deferred,
        "sql": row.sql,
        "resources": resources,
        "dry_run": dry_run,
    }
    entry |= {key: value for key, value in optional.items() if value}
    paths = sorted(
        {
            *_paths(row.when),
            *_paths(row.parts),
            *row.deferred,
            *_paths(row.sql),
            *itertools.chain.from_iterable(one["paths"] for one in resources),
            *([dry_run] if dry_run else []),
        }
    )
    wire: dict[str, dict[str, str]] = {}
    for path in paths:
        for protocol, where in _wires(row, path).items():
            wire.setdefault(protocol, {})[path] = where
    if wire:
        entry["wire"] = wire
    return entry


def _dry_run(row: Row) -> str | None:
    """The boolean parameter that asks for a rehearsal, when there is one."""
    model = row.models[0]
    reference = model["operations"][row.operation].get("input")
    members = model["shapes"][reference["shape"]].get("members", {}) if reference else {}
    return next(
        (name for name, member in members.items() if name.lower() == "dryrun" and model["shapes"][member["shape"]]["type"] == "boolean"),
        None,
    )
