"""What a shard leaves out of a question changes no answer."""

from __future__ import annotations

import itertools

import pytest

from warden.config import PRESETS
from warden.decide import PolicyDecisionPoint, load
from warden.decide.shard import Shard
from warden.dialects.aws import effects
from warden.model import Action, Flag, Principal, Resource, Verb

AGENT = Principal("agent", "session")
EVERY_40TH = list(itertools.islice(effects.operations(), 0, None, 40))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_answers_for_groups_as_it_does_for_each_operation(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    actions = [
        Action("aws", operation, verb, flags, (Resource("AWS::Resource", f"arn:aws:x:::{operation}"),))
        for operation, verb, flags, _ in EVERY_40TH
    ]
    point = PolicyDecisionPoint(load(preset))
    by_groups = [point.decide(AGENT, [action]) for action in actions]
    monkeypatch.setattr(Shard, "looked_at", lambda _, uids: uids)
    point = PolicyDecisionPoint(load(preset))
    assert by_groups == [point.decide(AGENT, [action]) for action in actions]
    if preset in ("no-destroy", "readonly"):
        assert len({decision.policies for decision in by_groups}) > 1


def test_an_operation_that_a_user_names_is_told_apart(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "mine.cedar"
    path.write_text(
        '@id("no")\n@reason("No.")\n@advice("No.")\nforbid (principal, action == AWS::Action::"ec2:StopInstances", resource);\n'
    )
    point = PolicyDecisionPoint(load("no-destroy", [path]))
    resource = (Resource("AWS::Resource", "arn:aws:ec2:::*"),)
    answers = {
        name: point.decide(AGENT, [Action("aws", name, Verb.UPDATE, frozenset({Flag.DISRUPTIVE}), resource)]).allowed
        for name in ("ec2:RebootInstances", "ec2:StopInstances")
    }
    assert answers == {"ec2:RebootInstances": True, "ec2:StopInstances": False}
