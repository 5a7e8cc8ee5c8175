"""`@overrides`: exactly as if the named preset rule ended in ``unless { <this permit matches> }``, and never more."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.decide.rules import AGENT, DESCRIBE, INSTANCE, TERMINATE, point, rule
from warden.decide import PolicyDecisionPoint, load
from warden.model import Action, Certainty, Flag, Principal, Resource, Verb

ALLOW_TERMINATE = 'permit (principal, action == AWS::Action::"ec2:TerminateInstances", resource)'
OVERFLOW = "9223372036854775807 + (if context.dry_run then 0 else 1) > 0"
BOTH = Action("aws", "ec2:TerminateInstances", Verb.DELETE, frozenset({Flag.DESTRUCTIVE, Flag.AUDIT_OFF}), (INSTANCE,))


def test_a_plain_permit_beats_no_preset_rule(tmp_path: Path) -> None:
    assert point(tmp_path, rule(ALLOW_TERMINATE)).decide(AGENT, [TERMINATE]).policies == ("no-destroy/destructive",)


def test_an_overriding_permit_lets_its_action_through_and_is_named(tmp_path: Path) -> None:
    decision = point(tmp_path, rule(ALLOW_TERMINATE, overrides="no-destroy/destructive")).decide(AGENT, [TERMINATE])
    assert decision.allowed
    assert decision.policies == ("team/mine",)


def test_it_lets_nothing_else_through(tmp_path: Path) -> None:
    pdp = point(tmp_path, rule(ALLOW_TERMINATE, overrides="no-destroy/destructive"))
    for other in (
        replace(TERMINATE, operation="ec2:DeleteVolume"),
        replace(TERMINATE, provider="gcp"),
        BOTH,
        Action("aws", "ec2:unknown", Verb.UNKNOWN, certainty=Certainty.UNKNOWN),
    ):
        assert not pdp.decide(AGENT, [other]).allowed, other
    assert not pdp.decide(AGENT, [TERMINATE, replace(TERMINATE, operation="ec2:DeleteVolume")]).allowed


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ('when { resource.id == "x" }', None),
        ('when { resource has region && resource.region == "us-east-1" }', True),
        ('when { resource has region && resource.region == "eu-west-1" }', False),
        ('unless { resource has region && resource.region == "us-east-1" }', False),
        ('when { principal.user == "ada" }', True),
        ('when { principal.user == "bob" }', False),
    ],
)
def test_only_where_the_permit_itself_matches(tmp_path: Path, condition: str, passes: bool | None) -> None:
    text = rule(f"{ALLOW_TERMINATE} {condition}", overrides="no-destroy/destructive")
    if passes is None:
        with pytest.raises(Exception, match="attribute `id`"):
            point(tmp_path, text)
        return
    assert point(tmp_path, text).decide(AGENT, [TERMINATE]).allowed is passes


def test_each_resource_needs_its_own_hole(tmp_path: Path) -> None:
    scoped = f'permit (principal, action, resource == AWS::Resource::"{INSTANCE.id}")'
    pdp = point(tmp_path, rule(scoped, overrides="no-destroy/destructive"))
    other = Resource("AWS::Resource", "arn:aws:ec2:us-east-1:123456789012:instance/i-0def", {"region": "us-east-1"})
    assert pdp.decide(AGENT, [TERMINATE]).allowed
    for resources in ((INSTANCE, other), (other, INSTANCE), (other,)):
        assert pdp.decide(AGENT, [replace(TERMINATE, resources=resources)]).policies == ("no-destroy/destructive",)


def test_every_rule_that_denies_must_be_named(tmp_path: Path) -> None:
    one = rule(ALLOW_TERMINATE, overrides="no-destroy/destructive")
    assert point(tmp_path, one).decide(AGENT, [BOTH]).policies == ("no-destroy/audit_off",)
    two = rule(ALLOW_TERMINATE, overrides="no-destroy/destructive, no-destroy/audit_off")
    assert point(tmp_path, two).decide(AGENT, [BOTH]).allowed
    apart = rule(ALLOW_TERMINATE, "other", overrides="no-destroy/audit_off")
    decision = point(tmp_path, one, apart).decide(AGENT, [BOTH])
    assert decision.policies == ("team/mine", "team/other")
    assert decision.allowed


def test_a_rule_of_ones_own_is_never_overridden(tmp_path: Path) -> None:
    forbid = rule('forbid (principal, action in AWS::Action::"ec2:*", resource)', "never")
    decision = point(tmp_path, forbid, rule(ALLOW_TERMINATE, overrides="no-destroy/destructive")).decide(AGENT, [TERMINATE])
    assert decision.policies[0] == "team/never"
    assert not decision.allowed


def test_an_override_of_another_preset_is_without_effect(tmp_path: Path) -> None:
    text = rule(ALLOW_TERMINATE, overrides="no-destroy/destructive")
    assert point(tmp_path, text, preset="readonly").decide(AGENT, [TERMINATE]).policies == ("readonly/write", "readonly/effect")
    assert point(tmp_path, text, preset="lockdown").decide(AGENT, [TERMINATE]).allowed  # a permit like any other there
    assert point(tmp_path, text, preset="observe").decide(AGENT, [TERMINATE]).obligations == ()
    assert point(tmp_path, rule(ALLOW_TERMINATE), preset="observe").decide(AGENT, [TERMINATE]).obligations


@pytest.mark.parametrize(
    "body", [f"{ALLOW_TERMINATE} when {{ {OVERFLOW} }}", f"forbid (principal, action, resource) when {{ {OVERFLOW} }}"]
)
def test_an_error_anywhere_closes_the_hole(tmp_path: Path, body: str) -> None:
    broken = rule(body, "broken")
    decision = point(tmp_path, rule(ALLOW_TERMINATE, overrides="no-destroy/destructive"), broken).decide(AGENT, [TERMINATE])
    assert not decision.allowed
    assert decision.errors


def test_an_erroring_override_opens_nothing(tmp_path: Path) -> None:
    text = rule(f"{ALLOW_TERMINATE} when {{ {OVERFLOW} }}", overrides="no-destroy/destructive")
    decision = point(tmp_path, text).decide(AGENT, [TERMINATE])
    assert not decision.allowed
    assert decision.errors


def test_network_rules_can_be_overridden_by_name(tmp_path: Path) -> None:
    host = Resource("Net::Host", "pypi.org", {"name": "pypi.org", "port": 443, "dialect": "http", "egress": False})
    get = Action("http", "GET", Verb.READ, resources=(host,))
    text = rule('permit (principal, action in Warden::Action::"http", resource == Net::Host::"pypi.org")', overrides="network/egress")
    assert point(tmp_path, text).decide(AGENT, [get]).allowed
    elsewhere = replace(get, resources=(Resource("Net::Host", "evil.example", {**host.attributes, "name": "evil.example"}),))
    assert point(tmp_path, text).decide(AGENT, [elsewhere]).policies == ("network/egress",)


def test_it_equals_the_rule_rewritten_in_cedar(tmp_path: Path) -> None:
    """Every combination of flags, agents and regions: `@overrides` against the preset's own forbids with an `unless` for the permit."""
    from warden.decide.location import directory

    match = 'principal == Warden::Agent::"claude" && resource is AWS::Resource && resource has region && resource.region == "us-east-1"'
    permit = f"permit (principal, action, resource) when {{ {match} }}"
    overridden = PolicyDecisionPoint(
        load("no-destroy", [_file(tmp_path, "team", rule(permit, overrides="no-destroy/destructive, no-destroy/grant"))])
    )
    preset = (directory() / "presets" / "no-destroy.cedar").read_text(encoding="utf-8")
    for name in ("destructive", "grant"):
        head, _, tail = preset.partition(f'action in Warden::Action::"{name}", resource)\n')
        preset = f'{head}action in Warden::Action::"{name}", resource) unless {{ {match} }}\n{tail}'
    rewritten = PolicyDecisionPoint(load("lockdown", [_file(tmp_path, "rewritten", preset), _file(tmp_path, "team2", rule(permit))]))
    flags = [Flag.DESTRUCTIVE, Flag.AUDIT_OFF, Flag.DRY_RUN, Flag.CREDENTIAL]
    outcomes = set()
    for verb, count, agent, region in itertools.product(
        (Verb.READ, Verb.UPDATE, Verb.DELETE, Verb.GRANT, Verb.EXECUTE), range(16), ("claude", "mallory"), ("us-east-1", "eu-west-1")
    ):
        chosen = {flag for bit, flag in enumerate(flags) if count >> bit & 1} | ({Flag.DESTRUCTIVE} if verb is Verb.DELETE else set())
        resource = Resource("AWS::Resource", "x", {"region": region})
        action = Action("aws", "ec2:Something", verb, frozenset(chosen), (resource,))
        answers = [pdp.decide(Principal(agent, "s"), [action]).allowed for pdp in (overridden, rewritten)]
        assert answers[0] == answers[1], (verb, chosen, agent, region)
        outcomes.add((agent, region, answers[0]))
    assert ("claude", "us-east-1", True) in outcomes
    assert ("mallory", "us-east-1", False) in outcomes
    assert overridden.decide(Principal("claude", "s"), [DESCRIBE]).allowed


def _file(folder: Path, stem: str, text: str) -> Path:
    path = folder / f"{stem}.cedar"
    path.write_text(text, encoding="utf-8")
    return path
