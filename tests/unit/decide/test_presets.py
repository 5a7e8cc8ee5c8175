"""The presets against their decision tables, and what every preset rule must say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.decide.rules import AGENT
from warden.config import PRESETS
from warden.decide import PolicyDecisionPoint, advice, bundle, cases, load, schema
from warden.decide.location import directory
from warden.decide.vocabulary import GROUP_TYPE, NAMESPACES
from warden.errors import PolicyError
from warden.model import Action, Certainty, Flag, Resource, Verb

POINTS = {preset: PolicyDecisionPoint(load(preset)) for preset in PRESETS}
LISTED = Resource("Net::Host", "x.example", {"name": "x.example", "port": 443, "dialect": "http", "egress": True})
TABLES = sorted((directory() / "tests").glob("*.yaml"))


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_decision_tables(table: Path) -> None:
    rows = cases.load(table)
    failures = [case.failure(preset, POINTS[preset].decide(AGENT, [case.action])) for case in rows for preset in case.expect]
    assert not [failure for failure in failures if failure]
    assert failures


def test_every_preset_rule_is_determining_in_some_row() -> None:
    """A rule that no row needs could be removed without a test noticing."""
    met = {
        policy
        for table in TABLES
        for case in cases.load(table)
        for preset in case.expect
        for policy in POINTS[preset].decide(AGENT, [case.action]).policies
    }
    assert {policy.id for preset in PRESETS for policy in bundle.load_preset(preset)} - met == set()


def test_every_verb_and_flag_has_a_ruling_under_no_destroy() -> None:
    """The rulings by group that the design names, for any provider's action that is in that group alone."""
    passing = {Verb.READ, Verb.LIST, Verb.CREATE, Verb.UPDATE}
    for verb in Verb:
        certainty = Certainty.UNKNOWN if verb is Verb.UNKNOWN else Certainty.EXACT
        flags = frozenset({Flag.DESTRUCTIVE}) if verb is Verb.DELETE else frozenset()
        decision = POINTS["no-destroy"].decide(AGENT, [Action("aws", "x:Y", verb, flags, certainty=certainty)])
        assert decision.allowed is (verb in passing), verb
        assert bool(decision.policies) or decision.allowed
    for flag in Flag:
        decision = POINTS["no-destroy"].decide(AGENT, [Action("aws", "x:Y", Verb.UPDATE, frozenset({flag}))])
        assert decision.allowed is (flag in {Flag.OVERWRITE, Flag.DISRUPTIVE, Flag.DRY_RUN}), flag


def test_readonly_lets_nothing_through_that_no_destroy_denies() -> None:
    for verb in Verb:
        for number in range(1 << len(Flag)):
            flags = frozenset(flag for bit, flag in enumerate(Flag) if number >> bit & 1)
            if verb is Verb.DELETE and Flag.DESTRUCTIVE not in flags:
                continue
            certainty = Certainty.UNKNOWN if verb is Verb.UNKNOWN else Certainty.EXACT
            action = Action("aws", "x:Y", verb, flags, certainty=certainty)
            if POINTS["readonly"].decide(AGENT, [action]).allowed:
                assert POINTS["no-destroy"].decide(AGENT, [action]).allowed, action
                assert verb in (Verb.READ, Verb.LIST) or Flag.DRY_RUN in flags


def _owner(operation: str) -> tuple[str, str]:
    """Provider and type of the action of this name."""
    owners = [(provider, f"{namespace}::Action") for provider, namespace in NAMESPACES.items()]
    return next(owner for owner in owners if schema.index().known((owner[1], operation)))


def test_each_recommended_operation_is_known_and_is_allowed_itself() -> None:
    rows = advice.table()
    assert sum(len(operations) for operations in rows.values()) >= 40
    forbids = {policy.id for preset in PRESETS for policy in bundle.load_preset(preset) if not policy.permit}
    for rule, operations in rows.items():
        assert rule in forbids
        preset = rule.partition("/")[0]
        for operation, row in operations.items():
            provider, kind = _owner(operation)
            assert schema.index().known((kind, operation)), operation
            assert str(row["advice"]).endswith(".")
            effects = {"no-destroy/secret": {"credential"}, "no-destroy/execute": {"execute", "connect"}}.get(
                rule, {rule.partition("/")[2]}
            )
            block = schema.index().block((kind, operation))
            assert block is not None
            assert block.groups & {(GROUP_TYPE, effect) for effect in effects}, f"{rule} never denies {operation}"
            for instead in row.get("instead", []):  # type: ignore[attr-defined]
                block = schema.index().block((kind, instead))
                assert block, f"{operation} recommends {instead}, which does not exist"
                names = {name for group, name in block.groups if group == GROUP_TYPE}
                verbs = [verb for verb in Verb if verb.value in names]
                passing = [
                    POINTS[preset]
                    .decide(AGENT, [Action(provider, instead, verb, resources=(LISTED,) if provider == "http" else ())])
                    .allowed
                    for verb in verbs
                    if verb not in (Verb.DELETE, Verb.UNKNOWN)
                ]
                assert any(passing), f"{operation} recommends {instead}, which {preset} denies"


@pytest.mark.parametrize(
    "row",
    [
        {"action": "ec2:RunInstances"},
        {"action": "nope:Nope", "expect": "allow"},
        {"action": "ec2:RunInstances", "expect": "allow", "flgas": []},
        {"action": "ec2:RunInstances", "expect": {"nodestroy": "allow"}},
        {"action": "ec2:RunInstances", "provider": "azure", "expect": "allow"},
        {"action": "ec2:RunInstances", "verb": "destroy", "expect": "allow"},
        {"action": "ec2:RunInstances", "resource": "arn:x", "expect": "allow"},
        "ec2:RunInstances",
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: object) -> None:
    table = tmp_path / "t.yaml"
    table.write_text(json.dumps([row]))
    with pytest.raises(PolicyError, match=r"t\.yaml: row 1"):
        cases.load(table)


def test_a_failing_row_is_reported(tmp_path: Path) -> None:
    table = tmp_path / "t.yaml"
    table.write_text("- {action: ec2:TerminateInstances, verb: delete, expect: {no-destroy: allow}}")
    (case,) = cases.load(table)
    assert "expected allow, got deny by no-destroy/destructive" in case.failure(
        "no-destroy", POINTS["no-destroy"].decide(AGENT, [case.action])
    )
