"""The generated Cedar schema, and validation against it in milliseconds instead of minutes.

Parsing the whole schema of some 20,000 actions takes Cedar seconds and 200 MB, and validating one policy against it a second more. But a policy
can tell two actions apart only by naming one, or by a group that one is in and the other is not. So each policy is validated against a slice:
the actions that it names, and one more for each combination of namespace and of the groups that it names. The verdict is the same; a test
compares the two.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cedarpy

from warden.decide.location import directory
from warden.decide.policy import Policy, Uid
from warden.decide.vocabulary import CONTEXT, ENTITIES, GROUP_TYPE, GROUPS, OPEN_ENDED, PRINCIPAL_TYPE, RESOURCE_TYPES, Attribute
from warden.errors import PolicyError
from warden.model import Flag, Verb

DELETE_IS_DESTRUCTIVE = f' in ["{Flag.DESTRUCTIVE.value}"]'
#: An operation on a custom resource, or of an aggregated API, of which no table can have all: ``group/resource[/subresource]:verb``, and the
#: group has a dot. The schema has them as ``*/*:get``, ``*/*/scale:patch``, ``*/*/*:create``.
_CUSTOM = re.compile(
    r"(?P<group>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/[A-Za-z0-9_][A-Za-z0-9_.|-]*(?:/(?P<subresource>[A-Za-z0-9_][A-Za-z0-9_.*|-]*))?:(?P<verb>[a-z]+)"
)
_ANY = "*/*"
_ALREADY_SAID = "unable to find an applicable action given the policy scope constraints"


@dataclass(frozen=True, slots=True)
class Block:
    """Actions of one namespace that are in the same groups."""

    namespace: str
    names: tuple[str, ...]
    groups: frozenset[Uid]


def render(blocks: Iterable[Block], groups: Iterable[Uid]) -> str:
    """Schema text: the entity types and the context, then `groups` and `blocks` by namespace, sorted. `Index` reads this layout back."""
    blocks, groups = list(blocks), sorted(groups)
    lines = ["namespace Warden {"]
    lines += _entities("Warden")
    lines += ["  type Context = {", *_record(CONTEXT), "  };"]
    lines += [f'  action "{name}"{DELETE_IS_DESTRUCTIVE if name == Verb.DELETE else ""};' for name in GROUPS]
    lines += ["}", ""]
    namespaces = {kind.partition("::")[0] for kind in ENTITIES} | set(RESOURCE_TYPES)
    for namespace in sorted(namespaces - {"Warden"}):
        lines += [f"namespace {namespace} {{", *_entities(namespace)]
        lines += [f'  action "{name}";' for kind, name in groups if kind == f"{namespace}::Action"]
        for block in sorted((b for b in blocks if b.namespace == namespace), key=lambda b: min(b.names)):
            parents = ", ".join(f'{kind}::"{name}"' for kind, name in sorted(block.groups))
            lines += ["  action", ",\n".join(f'    "{name}"' for name in sorted(block.names))]
            applies = f"principal: {PRINCIPAL_TYPE}, resource: {RESOURCE_TYPES[namespace]}, context: Warden::Context"
            lines.append(f"  {f'in [{parents}] ' if parents else ''}appliesTo {{ {applies} }};")
        lines += ["}", ""]
    return "\n".join(lines)


def _entities(namespace: str) -> list[str]:
    lines: list[str] = []
    for kind, attributes in ENTITIES.items():
        owner, _, name = kind.partition("::")
        if owner == namespace:
            lines += [f"  entity {name} {{", *_record(attributes), "  };"]
    return lines


def _record(attributes: Mapping[str, Attribute]) -> list[str]:
    return [f"    {name}{'' if attribute.required else '?'}: {attribute.cedar}," for name, attribute in attributes.items()]


class Index:
    """The generated schema's actions: which there are, and in which groups each can be."""

    def __init__(self, text: str) -> None:
        """Reads back what `render` wrote, whole blocks at a time: with 60,000 lines, what is done for each line is what takes the time."""
        self.blocks: list[Block] = []
        self.groups: set[Uid] = {(GROUP_TYPE, name) for name in GROUPS}
        self._blocks_of: dict[str, dict[str, Block]] = {}
        uids: dict[str, Uid] = {}  # one value for each group, however many blocks name it
        for section in text.split("\nnamespace ")[1:]:
            namespace = section.partition(" ")[0]
            if namespace == "Warden":
                continue
            head, *actions = section.split("\n  action\n")
            found = self._blocks_of.setdefault(f"{namespace}::Action", {})
            self.groups.update((f"{namespace}::Action", line.split('"')[1]) for line in head.splitlines() if line.startswith('  action "'))
            for action in actions:
                listed, _, parents = action.partition("\n  in [")
                names = tuple(listed.split('"')[1::2])
                named = parents.partition("] appliesTo")[0].split(", ") if parents else ()
                groups = frozenset([uids.get(text) or uids.setdefault(text, _uid(text)) for text in named])
                block = Block(namespace, names, groups)
                self.blocks.append(block)
                found.update(dict.fromkeys(names, block))
        # Of other groups only what a row names is listed, and their other resources are custom ones like any.
        listed_groups = {name.partition("/")[0] for name in self._blocks_of.get("K8s::Action", ())}
        self._api_groups = {group for group in listed_groups if group.endswith(".k8s.io")}

    def block(self, uid: Uid) -> Block | None:
        """The actions that are in the same groups as `uid`; None when it is unknown or a group. A name that is not listed has those of its kind."""
        named = self._blocks_of.get(uid[0], {})
        if (found := named.get(uid[1])) is not None:
            return found
        if uid[0] == "K8s::Action":
            return self._custom(uid[1])
        kinds = OPEN_ENDED.get(uid[0].removesuffix("::Action"), {})
        return next((named.get(kind) for pattern, kind in kinds.items() if pattern.fullmatch(uid[1])), None)

    def _custom(self, name: str) -> Block | None:
        matched = _CUSTOM.fullmatch(name)
        if matched is None or matched["group"] in self._api_groups:
            return None  # in a group that is listed, all resources are
        subresource = matched["subresource"]
        for pattern in (f"*/*/{subresource}", "*/*/*") if subresource else ("*/*",):
            found = self._blocks_of["K8s::Action"].get(f"{pattern}:{matched['verb']}")
            if found is not None:
                return Block("K8s", (name,), found.groups)
        return None

    def known(self, uid: Uid) -> bool:
        return uid in self.groups or (self.block(uid) is not None and not uid[1].startswith(_ANY))

    def nearest(self, uid: Uid) -> list[str]:
        """Known uids that someone who wrote `uid` may have meant: another case or service first, then like spelling in the same service."""
        kind, name = uid
        wanted = name.lower()
        service, _, operation = wanted.rpartition(":")
        listed = ((k, n) for k, found in self._blocks_of.items() for n in found)
        names = [(k, n) for k, n in (*listed, *sorted(self.groups)) if not n.startswith(_ANY)]
        # Kubernetes' operations are verbs, and every resource has them.
        same = [(k, n) for k, n in names if n.lower() == wanted] or [
            (k, n) for k, n in names if operation and kind == k != "K8s::Action" and n.lower().endswith(f":{operation}")
        ]
        if not same:
            near = {n.lower(): (k, n) for k, n in names if k == kind and (not service or n.lower().startswith(f"{service}:"))}
            near = near or {n.lower(): (k, n) for k, n in names if k == kind} or {n.lower(): (k, n) for k, n in names}
            same = [near[close] for close in difflib.get_close_matches(wanted, near, 3, 0.6)]
        return [f'{k}::"{n}"' for k, n in same[:3]]

    @functools.lru_cache(maxsize=256)  # noqa: B019 - there is one Index a process
    def slice(self, named: frozenset[Uid]) -> cedarpy.Schema:
        """The schema that a policy which names `named` cannot tell from the whole."""
        mentioned = {uid for uid in named if uid in self.groups}
        blocks: dict[tuple[str, frozenset[Uid]], list[str]] = {}
        for block in self.blocks:
            key = (block.namespace, block.groups & mentioned)
            names = blocks.setdefault(key, [])
            if not names:
                names.append(block.names[0])
        for uid in named - self.groups:
            found = self.block(uid)
            if found is None:
                raise KeyError(uid)  # whoever asks for a slice has asked `known`
            names = blocks.setdefault((found.namespace, found.groups & mentioned), [])
            if uid[1] not in names:
                names.append(uid[1])
        sliced = [Block(namespace, tuple(names), groups) for (namespace, groups), names in blocks.items()]
        return cedarpy.Schema.from_str(render(sliced, (g for g in mentioned if g[0] != GROUP_TYPE)))

    def check(self, policy: Policy) -> None:
        """Raises PolicyError, with its place, when `policy` names or uses something that the schema does not have."""
        for uid in sorted(policy.actions):
            if not self.known(uid):
                close = self.nearest(uid)
                advice = f"Did you mean {' or '.join(close)}?" if close else "`warden policy show --actions` lists them."
                raise policy.error(f'there is no action {uid[0]}::"{uid[1]}".', policy.piece.find(f"`{uid[0]}::{uid[1]}`"), advice)
        result = cedarpy.validate_policies(policy.text, self.slice(policy.actions))
        if not result.validation_passed:
            messages = sorted({_plain(error.error) for error in result.errors}, key=lambda m: (_ALREADY_SAID in m, m))
            message = messages[0] if messages else "it does not validate"
            at = policy.piece.find("`action`" if _ALREADY_SAID in message else message)
            raise policy.error(f"{message}.", at, _advice(message))


def _uid(text: str) -> Uid:
    """``Warden::Action::"delete"`` -> its type and its name."""
    kind, _, name = text.removesuffix('"').partition('::"')
    return kind, name


def _plain(message: str) -> str:
    """Cedar's message without its name for the policy and without the one action of many that it chose to mention."""
    return re.sub(r"^for policy `[^`]*`, ", "", re.sub(r' in context for [A-Za-z0-9]+::Action::"[^"]*"', " in context", message))


def _advice(message: str) -> str:
    if _ALREADY_SAID in message:
        return "A group of actions is matched with `in`, not `==`, and the actions must apply to resources of the type that is named."
    if re.search(r"the types \w+::Action and \w+::Action", message):
        return "The actions of one list must be of one namespace: make it two rules."
    if found := re.search(r"access to optional attribute `(\w+)` (in context|on entity type)", message):
        owner = "context" if found[2] == "in context" else "resource"
        return f"It is not always there: write {owner} has {found[1]} && {owner}.{found[1]} ..."
    if found := re.search(r"attribute `(\w+)` (?:in context|on entity type `([^`]+)`) not found", message):
        known = ENTITIES.get(found[2], CONTEXT) if found[2] else CONTEXT
        close = difflib.get_close_matches(found[1], known, 1, 0.6)
        return f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
    if found := re.search(r"unrecognized entity type `([^`]+)`", message):
        close = difflib.get_close_matches(found[1], ENTITIES, 1, 0.5)
        return f"Did you mean {close[0]}?" if close else f"There are {', '.join(ENTITIES)}."
    return ""


@functools.cache
def index() -> Index:
    """The schema that comes with warden, read at first use."""
    path: Path = directory() / "schema" / "warden.cedarschema"
    try:
        return Index(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"The policy schema {path} cannot be read: {error.strerror}.", "Install warden again.") from error
