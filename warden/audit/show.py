"""Records as rows for people. Pure: a record in, plain text cells out; the command line cuts, escapes and colours them.

A record may hold anything that an agent chose (a host, a bucket name), and the file may have been edited: nothing here trusts a type.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = ("time", "effect", "operation", "resource", "policy", "reason")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `warden audit list` and `tail`."""

    time: str
    effect: str
    operation: str
    resource: str
    policy: str
    reason: str

    def cells(self) -> tuple[str, ...]:
        return (self.time, self.effect, self.operation, self.resource, self.policy, self.reason)


def row(record: Mapping[str, Any]) -> Row:
    """How this record reads in one line."""
    time = _text(record.get("time"))[:19].replace("T", " ")
    kind = _text(record.get("kind"))
    if kind == "ruling":
        policy = _text(record.get("code")) or ", ".join(_texts(record.get("policies")))
        return Row(time, _text(record.get("decision")), _operations(record), _resource(record), policy, _reason(record))
    if kind == "outcome":
        said = " ".join(
            f"{key}={_text(value)}" for key, value in record.items() if key not in _FRAME and not isinstance(value, (dict, list))
        )
        return Row(time, "", "outcome", "", "", said)
    said = " ".join(f"{key}={_text(value)}" for key, value in record.items() if key not in _FRAME)
    return Row(time, "", kind, _text(record.get("session")), "", said)


_FRAME = frozenset({"seq", "prev", "hash", "time", "kind", "session", "principal", "id", "torn"})


def matches(record: Mapping[str, Any], *, denied: bool = False, session: str = "", since: str = "", operation: str = "") -> bool:
    """Whether a ruling is among those asked for. `since` is a time as records write it; `operation` a shell pattern, in any case."""
    if record.get("kind") != "ruling":
        return False
    if denied and record.get("decision") == "allow":
        return False
    if session and record.get("session") != session:
        return False
    if since and _text(record.get("time")) < since:
        return False
    return not operation or any(fnmatch.fnmatchcase(name.lower(), operation.lower()) for name in _texts(record.get("operations")))


def _operations(record: Mapping[str, Any]) -> str:
    names = list(dict.fromkeys(_texts(record.get("operations"))))
    if not names:
        return "(none)"
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _resource(record: Mapping[str, Any]) -> str:
    actions = record.get("actions")
    found = [
        _text(resource.get("id"))
        for action in (actions if isinstance(actions, list) else [])
        if isinstance(action, dict) and isinstance(action.get("resources"), list)
        for resource in action["resources"]
        if isinstance(resource, dict)
    ]
    if not found:
        message = record.get("message")
        return _text(message.get("host") or message.get("name")) if isinstance(message, dict) else ""
    return found[0] if len(found) == 1 else f"{found[0]} +{len(found) - 1}"


def _reason(record: Mapping[str, Any]) -> str:
    errors = _texts(record.get("errors"))
    reason = _text(record.get("reason"))
    return f"{reason} [{'; '.join(errors)}]" if errors else reason


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _texts(value: object) -> list[str]:
    return [_text(entry) for entry in value] if isinstance(value, list) else []
