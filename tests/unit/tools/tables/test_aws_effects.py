"""The generator's own rules, on what is checked in: nothing here needs a registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tools.tables import aws_effects_paths, aws_effects_sources, aws_effects_verbs
from tools.tables.aws_effects_sources import IamAction
from warden.dialects.aws import effects_table
from warden.model import Flag, Verb

OVERRIDES = aws_effects_sources.jsonl("aws_overrides.jsonl")


def iam(level: str) -> tuple[IamAction, ...]:
    return (IamAction("x:Y", level, ()),)


@pytest.mark.parametrize(
    ("operation", "level", "verb"),
    [
        ("DescribeThings", "Read", "read"),
        ("DescribeThings", "List", "list"),
        ("ListThings", "Read", "list"),
        ("StartQuery", "Read", "read"),  # IAM is right about words that could be either
        ("StartThing", "Write", "execute"),
        ("DeleteThing", "Read", "delete"),  # and never about words that could not
        ("BatchDeleteThing", "Write", "delete"),
        ("AdminDeleteUser", "Write", "delete"),
        ("PutThing", "Permissions management", "grant"),
        ("DeleteThingPolicy", "Permissions management", "delete"),
        ("RevokeThing", "Write", "grant"),
        ("StopThing", "Write", "update"),
    ],
)
def test_names_and_levels(operation: str, level: str, verb: str) -> None:
    effect = aws_effects_verbs.classify(operation, iam(level))
    assert effect is not None
    assert effect.verb == verb
    assert ("destructive" in effect.flags) == (verb == "delete")


def test_a_word_that_nobody_has_judged_is_refused() -> None:
    assert aws_effects_verbs.classify("ObliterateThing", iam("Write")) is None


def test_turning_off_what_watches_or_protects_is_flagged_by_name() -> None:
    for operation, flag in [("StopLogging", "audit_off"), ("DeleteFlowLogs", "audit_off"), ("DeletePublicAccessBlock", "protection_off")]:
        effect = aws_effects_verbs.classify(operation, iam("Write"))
        assert effect is not None
        assert flag in effect.flags


def _predicates(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "path" in node:
            yield node
        for value in node.values():
            yield from _predicates(value)
    elif isinstance(node, list):
        for value in node:
            yield from _predicates(value)


def test_every_override_has_a_reason_and_known_fields() -> None:
    known = {"ops", "verb", "flags", "when", "parts", "deferred", "sql", "excuse", "optional", "why"}
    for row in OVERRIDES:
        assert set(row) <= known, row
        assert row["why"].strip(), row
        assert set(row.get("sql", ())) <= {"path", "engines", "database", "schema", "table"}, row
        for predicate in _predicates({key: value for key, value in row.items() if key != "sql"}):
            assert len(set(predicate) - {"path"}) == 1, predicate
            assert set(predicate) <= {"path", "exists", "equals", "in", "below", "words", "public"}, predicate


def test_every_condition_path_is_on_the_wire_of_some_protocol() -> None:
    """Without it the condition could never hold: the generator refuses that for a line, this for each operation."""
    lost = []
    for entry in effects_table.entries():
        known = {path for wire in entry.wire.values() for path in wire}
        paths = {
            predicate["path"]
            for effect in (*entry.when, *entry.parts)
            for predicate in _predicates(effect.condition)
            if not predicate["path"].startswith("header:")
        }
        if paths and not paths & known:
            lost.append(f"{entry.service}:{entry.operation} {sorted(paths)}")
    assert not lost


MODEL: dict[str, Any] = {
    "metadata": {"protocol": "query"},
    "operations": {"Op": {"input": {"shape": "In"}}},
    "shapes": {
        "In": {"type": "structure", "members": {"Items": {"shape": "Items", "locationName": "items"}, "Tags": {"shape": "Tags"}}},
        "Items": {"type": "list", "member": {"shape": "Item", "locationName": "Item"}},
        "Item": {"type": "structure", "members": {"Name": {"shape": "Text", "locationName": "name"}}},
        "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
        "Text": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("path", "protocol", "wire"),
    [
        ("Items[].Name", "query", "form:items.Item[].name"),
        ("Items[].Name", "ec2", "form:Items[].Name"),
        ("Items[].Name", "json", "body:items[].name"),
        ("Items[].Name", "rpc-v2-cbor", "body:Items[].Name"),
        ("Items[].Name", "rest-xml", "xml:items.Item[].name"),
        ("Tags{Policy}", "query", "form:Tags.entry[key=Policy].value"),
        ("Tags{Policy}", "json", "body:Tags{Policy}"),
        ("header:If-None-Match", "json", "header:if-none-match"),
    ],
)
def test_wire_paths(path: str, protocol: str, wire: str) -> None:
    assert aws_effects_paths.wire(MODEL, "Op", path, protocol) == wire


@pytest.mark.parametrize("path", ["Item", "Items.Name", "Items[].Nam", "Items{a}", "Tags[]"])
def test_a_path_that_the_model_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(aws_effects_paths.PathError):
        aws_effects_paths.wire(MODEL, "Op", path, "query")


def test_no_update_can_take_protection_off_unseen() -> None:
    """Every update with a parameter like DeletionProtection can be flagged: AWS adds a few with each release, under names of every style."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    current = set(loader.list_available_services("service-2"))
    unseen = set()
    for entry in effects_table.entries():
        if entry.verb is not Verb.UPDATE or entry.service not in current:
            continue
        model = loader.load_service_model(entry.service, "service-2")
        operation = model["operations"].get(entry.operation, {})
        members = _members(model["shapes"], operation["input"]["shape"], 4) if "input" in operation else set()
        if any(re.search(r"(deletion|termination)_?protect", member, re.IGNORECASE) for member in members):
            flags = entry.base.flags.union(*(effect.flags for effect in entry.when))
            if flags.isdisjoint({Flag.PROTECTION_OFF, Flag.DESTRUCTIVE, Flag.AUDIT_OFF}):
                unseen.add(f"{entry.service}:{entry.operation}")
    assert unseen == set()


def _members(shapes: dict[str, Any], name: str, depth: int) -> set[str]:
    """Names of all members below a shape, as deep as `depth`."""
    shape = shapes[name]
    if depth == 0:
        return set()
    if shape["type"] == "structure":
        found: set[str] = set(shape.get("members", {}))
        return found.union(*(_members(shapes, member["shape"], depth - 1) for member in shape.get("members", {}).values()))
    inner = shape.get("member") or shape.get("value")
    return _members(shapes, inner["shape"], depth - 1) if inner else set()
