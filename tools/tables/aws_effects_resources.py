"""Which ARNs an operation acts on: IAM's ARN templates filled with the operation's own parameters.

A template is used only when each of its variables has a parameter that certainly holds it: one of the same name, or one that
``data/aws_arn_parameters.json`` names. A parameter that is an ARN itself is used as it is.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tools.tables import aws_effects_iam
from tools.tables.aws_effects_sources import DATA, Model, iam

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = {"Partition", "Region", "Account", "AccountId"}
#: Parameters that hold whatever the operation is about, whole.
_WHOLE = ("resourcearn", "arn", "resource", "resourcearns", "resourcearnlist")


@cache
def _aliases() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "aws_arn_parameters.json").read_text(encoding="utf-8"))
    return found


def specs(service: str, operation: str, model: Model) -> list[dict[str, Any]]:
    """``[{"type", "arn", "paths"}]``: `arn` has ``{0}``, ``{1}`` for the values of the API paths, or is absent when the value is an ARN."""
    aliases = _aliases().get(service, {})
    by_operation = aliases.get("operations", {})
    if operation in by_operation:
        found: list[dict[str, Any]] = by_operation[operation]
        return found
    reference = model["operations"][operation].get("input")
    if reference is None:
        return []
    shape = model["shapes"][reference["shape"]]
    named = [spec for key, row in sorted(aliases.get("parameters", {}).items()) if (spec := _named(key, row, model, shape))]
    if named:
        return _most_specific(named)
    parameters = dict(_parameters(model, shape))
    result = list(_templated(service, operation, model, parameters))
    if not result:
        whole = next((parameters[name] for name in _WHOLE if name in parameters), None)
        if whole:
            result.append({"type": "", "paths": [whole]})
    return _most_specific(result)


def _named(key: str, row: list[str], model: Model, shape: Model) -> dict[str, Any] | None:
    """The spec of one row ``"cluster|default+services[]": [type, template]``, when `shape` has all its parameters."""
    paths = []
    for part in key.split("+"):
        name = re.split(r"[|\[{.]", part)[0]
        member = shape.get("members", {}).get(name)
        if member is None:
            return None
        kind = model["shapes"][member["shape"]]["type"]
        if (kind == "list") != ("[]" in part) or kind not in ("string", "list", "structure"):
            return None
        paths.append(part)
    return {"type": row[0], "paths": paths} | ({"arn": row[1]} if row[1] else {})


def _templated(service: str, operation: str, model: Model, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Specs from the ARN templates of the operation's IAM actions."""
    for kind, template in _templates(service, operation, model):
        norm = _normal(kind)
        arn = next((parameters[name] for name in (f"{norm}arn", f"{norm}arns", f"{norm}resourcearn") if name in parameters), None)
        if arn:
            yield {"type": kind, "paths": [arn]}
        variables = [name for name in _VARIABLE.findall(template) if name not in _PLACES]
        paths = [_find(variable, kind, variables, operation, parameters) for variable in variables]
        if variables and all(paths):
            yield {"type": kind, "arn": _numbered(template), "paths": paths}


def _numbered(template: str) -> str:
    """The template with ``{0}``, ``{1}`` for its own variables; partition, region and account keep their names."""
    numbers = itertools.count()
    return _VARIABLE.sub(lambda found: found[0] if found[1] in _PLACES else f"{{{next(numbers)}}}", template).replace(
        "${AccountId}", "${Account}"
    )


def _most_specific(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the templates whose parameters are a part of another's: an object in a bucket says more than the bucket."""
    kept = [one for one in found if not any(_names(one) < _names(other) for other in found)]
    seen: list[dict[str, Any]] = []
    for one in kept:
        if not any(
            _names(one) == _names(other) for other in seen
        ):  # table and table/index are filled by the same name: the first, required one
            seen.append(one)
    return seen


def _names(spec: dict[str, Any]) -> set[str]:
    return {path.partition("|")[0] for path in spec["paths"]}


def _templates(service: str, operation: str, model: Model) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for action in aws_effects_iam.actions(service, operation, model):
        prefix = action.name.split(":")[0]
        for kind, _required in sorted(action.resource_types, key=lambda one: not one[1]):
            template = iam()[prefix].templates.get(kind)
            if template and kind not in seen:
                seen.add(kind)
                yield kind, template


def _parameters(model: Model, shape: Model) -> Iterator[tuple[str, str]]:
    """Normalized name -> API path of each top-level string or list of strings."""
    for name, member in shape.get("members", {}).items():
        target = model["shapes"][member["shape"]]
        if target["type"] == "string":
            yield _normal(name), name
        elif target["type"] == "list" and model["shapes"][target["member"]["shape"]]["type"] == "string":
            yield _normal(name), f"{name}[]"


def _find(variable: str, kind: str, variables: list[str], operation: str, parameters: dict[str, str]) -> str | None:
    name, what = _normal(variable), _normal(kind)
    stem = re.sub(r"(name|id|identifier)$", "", name)
    candidates = [name, f"{name}s", f"{name}list"]
    if stem == what or variable == variables[-1]:
        for suffix in ("", "id", "name", "identifier", "ids", "names", "identifiers", "idorname", "idorarn"):
            candidates.append(f"{stem}{suffix}")
            candidates.append(f"{what}{suffix}")
    for candidate in candidates:
        if candidate and candidate in parameters:
            return parameters[candidate]
    if variable == variables[-1] and _normal(operation).removesuffix("s").endswith(what):
        for candidate in ("name", "id", "identifier"):
            if candidate in parameters:
                return parameters[candidate]
    return None


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
