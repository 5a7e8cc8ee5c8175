"""What is allowed instead: ``policies/advice.json`` by rule and operation, else the rule's own ``@advice``.

A row of advice.json is ``{"advice": sentence, "instead": [operations]}``; a test decides each `instead` under the rule's preset, so that no denial
recommends what would be denied as well.
"""

from __future__ import annotations

import functools
import json
import re

from warden.decide.location import directory
from warden.decide.policy import Policy
from warden.errors import PolicyError
from warden.hosts import METHODS
from warden.model import Query, Verb


@functools.cache
def table() -> dict[str, dict[str, dict[str, object]]]:
    """Rule id -> operation -> row. Raises PolicyError when the file is not what the package came with."""
    path = directory() / "advice.json"
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyError(f"The advice in {path} cannot be read: {error}.", "Install warden again.") from error
    rows: dict[str, dict[str, dict[str, object]]] = loaded["rules"]
    return rows


def of(policy: Policy, query: Query) -> str:
    """The advice that goes with a denial of `query` by `policy`. A user's own rule speaks for itself."""
    row = table().get(policy.id, {}).get(query.action[1]) if policy.preset else None
    return fill(str(row["advice"]) if row else policy.advice, query)


def without_permit(query: Query, preset: str) -> str:
    """The advice when nothing permits: the policy that would."""
    kind, operation = query.action
    resource = "resource" if query.resource.id == "*" else f"resource == {query.resource.type}::{_literal(query.resource.id)}"
    rule = f"permit (principal, action == {kind}::{_literal(operation)}, {resource});"
    return f'No policy permits it: the preset "{preset}" leaves it to the policy files, where this would allow it: {rule}'


def fill(text: str, query: Query) -> str:
    """Replaces ``{operation}``, ``{resource}`` and ``{egress}`` (the entry of the egress list that names a host) in an advice or reason."""
    if "{" not in text:
        return text
    filled = text.replace("{operation}", query.action[1]).replace("{egress}", _egress_entry(query))
    return filled.replace("{resource}", query.resource.id)


#: Ports whose protocols are not HTTP: the entry for one of them is for opaque bytes.
_STREAMS = frozenset({21, 22, 25, 110, 143, 389, 465, 587, 636, 993, 995, 1433, 1521, 3306, 5432, 5672, 6379, 9042, 9092, 27017})
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._~@+-]{0,200}")


def _egress_entry(query: Query) -> str:
    """The narrowest entry of the egress list that would let this go."""
    host, port = query.resource.id, query.resource.attributes.get("port")
    shown = f"[{host}]" if ":" in host else host
    where = shown if port in (None, 80, 443) else f"{shown}:{port}"
    if query.action[0] != "HTTP::Action":
        return f"tcp://{where}" if port in _STREAMS else f"read {where}"
    if query.context.get("verb") == Verb.READ.value:
        return f"read {where}"
    path, repository = str(query.context.get("path", "/")), query.context.get("repository")
    if isinstance(repository, str):  # a push asks for refs first
        return f"GET,POST {where}{repository}/*" if _PLAIN_PATH.fullmatch(repository) else where
    method = str(query.context.get("method", ""))
    known = f"{method} {where}" if method in METHODS else where
    return f"{known}{path}" if known != where and _PLAIN_PATH.fullmatch(path) and "//" not in path and "/." not in path else known


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
