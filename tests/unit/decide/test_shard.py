"""Leaving out the policies that cannot match changes no answer."""

from __future__ import annotations

import random
from pathlib import Path

import cedarpy

from tests.unit.decide.rules import AGENT, point, rule, write
from warden.decide import Bundle, PolicyDecisionPoint, load
from warden.decide.policy import read
from warden.decide.shard import Shard
from warden.decide.source import split
from warden.model import Action, Flag, Resource, Verb

SCOPES = [
    "action",
    'action == AWS::Action::"s3:GetObject"',
    'action in [AWS::Action::"s3:PutObject", Warden::Action::"read"]',
    'action in AWS::Action::"s3:*"',
    'action in Warden::Action::"destructive"',
    'action == HTTP::Action::"GET"',
]
RESOURCES = [
    "resource",
    "resource is AWS::Resource",
    "resource is Net::Host",
    'resource == AWS::Resource::"a"',
    'resource == Net::Host::"a"',
    'resource in AWS::Resource::"a"',
    'resource is AWS::Resource in AWS::Resource::"a"',
]


def test_sharded_and_whole_agree_on_random_rules() -> None:
    chance = random.Random(7)
    hosts: dict[str, str | bool | int] = {"dialect": "http", "egress": True, "name": "a"}
    actions = [
        Action("aws", operation, verb, frozenset(flags), (Resource("AWS::Resource", name),))
        for operation in ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
        for verb, flags in ((Verb.READ, ()), (Verb.UPDATE, (Flag.DESTRUCTIVE,)))
        for name in ("a", "b")
    ] + [Action("http", "GET", Verb.READ, frozenset(), (Resource("Net::Host", "a", hosts),))]
    seen = set()
    for _ in range(30):
        rules = []
        for number in range(chance.randrange(1, 12)):
            scope = f"(principal, {chance.choice(SCOPES)}, {chance.choice(RESOURCES)})"
            rules.append(rule(f"{chance.choice(['permit', 'permit', 'forbid'])} {scope}", f"r{number}"))
        # Not validated: some scopes can never match, and that must not matter here.
        bundle = Bundle("lockdown", tuple(read(piece, "team", preset=False) for piece in split("team.cedar", "".join(rules))))
        pdp, whole = PolicyDecisionPoint(bundle), PolicyDecisionPoint(bundle)
        everything = Shard(bundle.policies)
        whole._shards.matching = lambda *_, shard=everything: shard  # type: ignore[method-assign]
        for action in actions:
            decision = pdp.decide(AGENT, [action])
            assert decision == whole.decide(AGENT, [action]), (rules, action)
            seen.add((decision.allowed, bool(decision.policies)))
    assert seen == {(True, True), (False, True), (False, False)}


def test_only_what_can_match_is_asked(tmp_path: Path) -> None:
    rules = [rule(f'permit (principal, action in AWS::Action::"s3:*", resource == AWS::Resource::"b{n}")', f"r{n}") for n in range(50)]
    pdp = point(tmp_path, *rules)
    uids = (("AWS::Action", "s3:GetObject"), ("Warden::Action", "read"), ("AWS::Action", "s3:*"))
    shard = pdp._shards.matching(uids, "AWS::Resource", "b7")
    assert "team/r7" in {policy.id for policy in shard.by_number.values()}
    assert len([policy for policy in shard.by_number.values() if not policy.preset]) == 1
    assert pdp._shards.matching(uids, "AWS::Resource", "none") is pdp._shards.matching(uids, "AWS::Resource", "neither")


def test_cedar_numbers_policies_as_they_stand(tmp_path: Path) -> None:
    rules = [rule("forbid (principal, action, resource)", f"r{n}") for n in range(12)]
    shard = Shard(load("lockdown", [write(tmp_path, *rules)]).policies[:12])
    request = {"principal": 'A::"a"', "action": 'Action::"b"', "resource": 'C::"c"', "context": {}}
    result = cedarpy.is_authorized(request, shard.handle, [])
    for number, annotation in result.diagnostics.id_annotations_by_reason.items():
        assert shard.by_number[number].id == f"team/{annotation}"
    assert [policy.id for policy in shard.ordered(result.diagnostics.reasons)] == [f"team/r{n}" for n in range(12)]


def test_a_read_meets_only_the_rules_that_speak_of_reads(tmp_path: Path) -> None:
    shards = point(tmp_path)._shards
    assert len(shards.matching((("AWS::Action", "x"), ("Warden::Action", "read")), "AWS::Resource", "*").by_number) == 1
    assert len(shards.matching((("AWS::Action", "x"), ("Warden::Action", "delete")), "AWS::Resource", "*").by_number) == 0
