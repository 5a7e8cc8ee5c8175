"""Decision tables: YAML rows of an action, a resource and what each preset must answer. `warden policy test` and the tests run them.

A row::

    - action: ec2:TerminateInstances
      resource: {type: "AWS::Resource", id: "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc", region: us-east-1}
      expect: {observe: allow, readonly: readonly/write, no-destroy: no-destroy/destructive, lockdown: deny}

`expect` is ``allow``, ``deny`` (by whatever rule, or none), or the id of a rule that must be among those that deny; one for all presets or one for
each. `provider` is aws when left out. `verb`, where the schema leaves no choice, and `flags` come from the schema when left out: every flag that the
operation can have, but for ``dry_run`` and ``opaque``. `resource` and `context` may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from warden.config import PRESETS
from warden.decide import schema
from warden.decide.vocabulary import GROUP_TYPE, NAMESPACES
from warden.errors import PolicyError
from warden.model import Action, Certainty, Decision, Flag, Resource, Verb

_KEYS = {"action", "provider", "verb", "flags", "resource", "context", "expect"}
_VERBS = {verb.value for verb in Verb}
_FLAGS = {flag.value for flag in Flag}


@dataclass(frozen=True, slots=True)
class Case:
    """One row. `where` is ``file: row number`` for messages; `expect` has an outcome for each preset that the row speaks of."""

    where: str
    action: Action
    expect: Mapping[str, str]

    def failure(self, preset: str, decision: Decision) -> str:
        """What is wrong with `decision`, or the empty string."""
        wanted = self.expect[preset]
        met = decision.allowed if wanted == "allow" else not decision.allowed and (wanted == "deny" or wanted in decision.policies)
        if met:
            return ""
        by = f" by {', '.join(decision.policies)}" if decision.policies else ""
        errors = f" ({'; '.join(decision.errors)})" if decision.errors else ""
        return f"{self.where}: {self.action.operation} under {preset}: expected {wanted}, got {decision.effect.value}{by}{errors}"


def load(path: Path) -> list[Case]:
    """Reads one table. Raises PolicyError that names the file and row."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyError(f"{path}: this table cannot be read: {error}.") from error
    if not isinstance(rows, list) or not rows:
        raise PolicyError(f"{path}: a decision table is a list of rows.", "See the tables in policies/tests of warden.")
    return [_case(f"{path}: row {number}", row) for number, row in enumerate(rows, 1)]


def _case(where: str, row: object) -> Case:
    if not isinstance(row, dict) or not isinstance(row.get("action"), str) or "expect" not in row or row.keys() - _KEYS:
        raise PolicyError(f"{where}: a row has action, expect, and no keys but {', '.join(sorted(_KEYS))}.")
    try:
        return Case(where, _action(row), _expect(row["expect"]))
    except (ValueError, TypeError, KeyError) as error:
        raise PolicyError(f"{where}: {error}.") from error


def _expect(given: object) -> dict[str, str]:
    if isinstance(given, str):
        return dict.fromkeys(PRESETS, given)
    if isinstance(given, dict) and given and given.keys() <= set(PRESETS) and all(isinstance(value, str) for value in given.values()):
        return dict(given)
    raise ValueError(f"expect is an outcome, or one for each of {', '.join(PRESETS)}")


def _action(row: Mapping[str, Any]) -> Action:
    provider, operation = row.get("provider", "aws"), row["action"]
    verbs, flags = _known(provider, operation)
    if "verb" in row:
        verbs = {row["verb"]}
    if len(verbs) != 1:
        raise ValueError(f"{operation} needs a verb here: it can be {', '.join(sorted(verbs)) or 'anything, the schema does not know it'}")
    verb = Verb(verbs.pop())
    named = {Flag(flag) for flag in row.get("flags", flags)} | ({Flag.DESTRUCTIVE} if verb is Verb.DELETE else set())
    certainty = Certainty.UNKNOWN if verb is Verb.UNKNOWN else Certainty.EXACT
    return Action(provider, operation, verb, frozenset(named), _resources(row.get("resource")), row.get("context", {}), certainty)


def _known(provider: str, operation: str) -> tuple[set[str], set[str]]:
    """The verbs and flags that the schema lists for an operation, without those that depend on how the message was sent."""
    block = schema.index().block((f"{NAMESPACES[provider]}::Action", operation))
    groups = {name for kind, name in block.groups if kind == GROUP_TYPE} if block else set()
    return groups & _VERBS, (groups & _FLAGS) - {Flag.DRY_RUN.value, Flag.OPAQUE.value}


def _resources(given: Any) -> tuple[Resource, ...]:
    if given is None:
        return ()
    if not isinstance(given, dict):
        raise ValueError("resource is a mapping with type, id and attributes")
    attributes = {key: value for key, value in given.items() if key not in ("type", "id")}
    return (Resource(given["type"], given["id"], attributes),)
