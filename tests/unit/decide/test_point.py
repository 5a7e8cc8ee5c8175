"""The decision point: what it answers, and that nothing opens it by accident."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import cedarpy
import pytest

from tests.unit.decide.rules import AGENT, DESCRIBE, INSTANCE, TERMINATE, point, rule
from warden.decide import PolicyDecisionPoint, load
from warden.decide import point as point_module
from warden.dialects.egress import parse
from warden.model import Action, Certainty, Decision, Effect, Flag, Principal, Resource, Verb

DENY_EC2 = rule('forbid (principal, action in AWS::Action::"ec2:*", resource)', "no-ec2", advice="Use the other cloud.")
UNKNOWN = Action("aws", "ec2:unknown", Verb.UNKNOWN, certainty=Certainty.UNKNOWN)


def test_a_destructive_action_is_denied_with_rule_reason_and_advice(tmp_path: Path) -> None:
    decision = point(tmp_path).decide(AGENT, [TERMINATE])
    assert decision.effect is Effect.DENY
    assert decision.policies == ("no-destroy/destructive",)
    assert decision.reason == "What loses data is not allowed."
    assert decision.advice == "Terminating is not allowed; stopping is."


def test_a_read_is_allowed_and_names_its_permit(tmp_path: Path) -> None:
    assert point(tmp_path).decide(AGENT, [DESCRIBE]) == Decision(
        Effect.ALLOW, ("no-destroy/changes",), "Reading, listing, creating and changing are allowed."
    )


def test_no_action_is_denied(tmp_path: Path) -> None:
    for preset in ("observe", "no-destroy"):
        assert not point(tmp_path, preset=preset).decide(AGENT, []).allowed


def test_every_action_and_every_resource_must_be_allowed(tmp_path: Path) -> None:
    pdp = point(tmp_path, rule(f'forbid (principal, action, resource == AWS::Resource::"{INSTANCE.id}")', "hands-off"))
    other = Resource("AWS::Resource", "arn:aws:ec2:us-east-1:123456789012:instance/i-0def", {"service": "ec2"})
    stop = Action("aws", "ec2:StopInstances", Verb.UPDATE, frozenset({Flag.DISRUPTIVE}))
    assert pdp.decide(AGENT, [replace(stop, resources=(other,))]).allowed
    for resources in ((other, INSTANCE), (INSTANCE, other)):
        decision = pdp.decide(AGENT, [replace(stop, resources=resources)])
        assert decision.policies == ("team/hands-off",)
    for actions in ([DESCRIBE, TERMINATE], [TERMINATE, DESCRIBE]):
        assert "no-destroy/destructive" in pdp.decide(AGENT, actions).policies


def test_the_first_denial_speaks_and_all_rules_are_listed(tmp_path: Path) -> None:
    pdp = point(tmp_path, DENY_EC2)
    grant = Action("aws", "iam:AttachRolePolicy", Verb.GRANT)
    decision = pdp.decide(AGENT, [grant, TERMINATE])
    assert decision.policies == ("no-destroy/grant", "team/no-ec2", "no-destroy/destructive")
    assert decision.advice.startswith("Attaching")
    assert pdp.decide(AGENT, [TERMINATE]).policies[0] == "team/no-ec2"  # the user's own rule before the preset's
    assert pdp.decide(AGENT, [TERMINATE]).advice == "Use the other cloud."


def test_without_a_permit_the_advice_is_the_policy_that_would_allow_it(tmp_path: Path) -> None:
    decision = point(tmp_path, preset="lockdown").decide(AGENT, [replace(DESCRIBE, resources=(INSTANCE,))])
    assert decision.policies == ()
    assert decision.reason == f"no policy permits ec2:DescribeInstances on {INSTANCE.id}"
    permit = decision.advice.rpartition(": permit")[2]
    allowed = point(tmp_path, rule(f"permit{permit}".rstrip(";")), preset="lockdown").decide(
        AGENT, [replace(DESCRIBE, resources=(INSTANCE,))]
    )
    assert allowed.allowed
    assert allowed.policies == ("team/mine",)


@pytest.mark.parametrize(
    ("name", "port", "entry"),
    [
        ("pypi.org", 443, "read pypi.org"),
        ("pypi.org", 8443, "read pypi.org:8443"),
        ("2001:db8::1", 22, "tcp://[2001:db8::1]:22"),
        ("{resource}", 80, "read {resource}"),
    ],
)
def test_a_host_that_nothing_names_is_told_how_to_be_named(tmp_path: Path, name: str, port: int, entry: str) -> None:
    host = Resource("Net::Host", name, {"name": name, "port": port, "dialect": "http", "egress": False})
    decision = point(tmp_path).decide(AGENT, [Action("tcp", "tcp:connect", Verb.CONNECT, resources=(host,))])
    assert decision.policies == ("network/egress",)
    assert decision.advice.endswith(f'egress: {{allow: ["{entry}"]}}')


@pytest.mark.parametrize(
    ("operation", "verb", "context", "entry"),
    [
        ("GET", Verb.READ, {"method": "GET", "path": "/a"}, "read x.example"),
        ("query:viewer", Verb.READ, {"method": "POST", "path": "/graphql"}, "read x.example"),
        ("POST", Verb.UPDATE, {"method": "POST", "path": "/v1/a-b"}, "POST x.example/v1/a-b"),
        ("POST", Verb.UPDATE, {"method": "POST", "path": "/v1/a%2fb"}, "POST x.example"),
        ("POST", Verb.UPDATE, {"method": "POST", "path": '/"]}, evil: ["'}, "POST x.example"),
        ("POST", Verb.UPDATE, {"method": "POST", "path": "/a/../b"}, "POST x.example"),
        ("mutation:createIssue", Verb.CREATE, {"method": "POST", "path": "/graphql"}, "POST x.example/graphql"),
        (
            "git:push",
            Verb.UPDATE,
            {"method": "GET", "path": "/o/r.git/info/refs", "repository": "/o/r.git"},
            "GET,POST x.example/o/r.git/*",
        ),
    ],
)
def test_a_request_is_told_the_narrowest_line_that_lets_it_go(
    tmp_path: Path, operation: str, verb: Verb, context: dict[str, str], entry: str
) -> None:
    host = Resource("Net::Host", "x.example", {"name": "x.example", "port": 443, "dialect": "http", "egress": False})
    certainty = Certainty.UNKNOWN if verb is Verb.UNKNOWN else Certainty.EXACT
    decision = point(tmp_path).decide(AGENT, [Action("http", operation, verb, resources=(host,), context=context, certainty=certainty)])
    assert "network/egress" in decision.policies
    (shown,) = re.findall(r'egress: \{allow: \["(.*)"\]\}', decision.advice)
    assert shown == entry
    parse(shown)


def test_observe_records_what_no_destroy_would_have_denied(tmp_path: Path) -> None:
    pdp = point(tmp_path, DENY_EC2.replace("ec2:*", "sqs:*"), preset="observe")
    assert pdp.decide(AGENT, [TERMINATE]).obligations == ("would-deny:no-destroy/destructive",)
    assert pdp.decide(AGENT, [DESCRIBE]).obligations == ()
    assert pdp.decide(AGENT, [UNKNOWN]).obligations == ("would-deny:no-destroy/unknown",)
    assert pdp.decide(AGENT, [Action("aws", "sqs:ListQueues", Verb.LIST)]).policies == ("team/no-ec2",)


# --- errors deny -----------------------------------------------------------------------------------------------------------------

# Validates (the schema says that both sides are Long), and overflows at run time: https://docs.cedarpolicy.com/policies/syntax-operators.html
OVERFLOW = "9223372036854775807 + (if context.dry_run then 0 else 1) > 0"


@pytest.mark.parametrize("effect", ["permit", "forbid"])
@pytest.mark.parametrize("preset", ["observe", "no-destroy"])
def test_a_policy_that_fails_to_evaluate_denies(tmp_path: Path, effect: str, preset: str) -> None:
    decision = point(tmp_path, rule(f"{effect} (principal, action, resource) when {{ {OVERFLOW} }}"), preset=preset).decide(
        AGENT, [DESCRIBE]
    )
    assert not decision.allowed
    assert decision.reason == "a policy failed to evaluate"
    assert decision.policies == ("team/mine",)
    assert "`team/mine`" in decision.errors[0]
    assert "overflow" in decision.errors[0]


def test_an_error_beside_a_clean_denial_is_still_reported(tmp_path: Path) -> None:
    broken = rule(f'forbid (principal, action in AWS::Action::"ec2:*", resource) when {{ {OVERFLOW} }}')
    decision = point(tmp_path, broken).decide(AGENT, [Action("aws", "iam:AttachRolePolicy", Verb.GRANT), TERMINATE])
    assert decision.errors
    assert decision.reason == "a policy failed to evaluate"


def test_an_attribute_that_a_dialect_forgot_denies(tmp_path: Path) -> None:
    bare = Resource("Net::Host", "pypi.org", {"name": "pypi.org"})
    decision = point(tmp_path, preset="observe").decide(AGENT, [Action("http", "GET", Verb.READ, resources=(bare,))])
    assert not decision.allowed
    assert decision.errors


@pytest.mark.parametrize(
    "action",
    [
        replace(DESCRIBE, context={"port": "443"}),
        replace(DESCRIBE, context={"iam": "ec2:DescribeInstances"}),
        replace(DESCRIBE, context={"region": 1}),
        replace(DESCRIBE, context={"port": 1 << 70}),
        replace(DESCRIBE, resources=(Resource("AWS::Resource", "x", {"region": True}),)),
        replace(DESCRIBE, resources=(Resource("S3::Bucket", "x"),)),
        replace(DESCRIBE, resources=(Resource("AWS::Resource", "\ud800"),)),
        replace(DESCRIBE, operation="\ud800"),
        replace(DESCRIBE, context={"region": "\udcff"}),
        replace(DESCRIBE, provider="azure"),
        Action("http", "GET", Verb.READ),
    ],
)
def test_values_that_cannot_be_passed_on_deny(tmp_path: Path, action: Action) -> None:
    decision = point(tmp_path, preset="observe").decide(AGENT, [action])
    assert not decision.allowed
    assert decision.errors


def test_unknown_keys_are_left_out_and_odd_names_are_only_names(tmp_path: Path) -> None:
    odd = Resource("AWS::Resource", 'a"\n\\ \x00 é { } "; permit(principal, action, resource);', {"service": "s3", "secret": "x"})
    action = Action("aws", "s3:GetObject", Verb.READ, resources=(odd,), context={"nested": {"a": [None]}, "region": None})
    assert point(tmp_path).decide(AGENT, [action]).allowed
    assert not point(tmp_path).decide(AGENT, [replace(TERMINATE, resources=(odd,))]).allowed


def test_an_operation_of_next_year_is_decided_by_its_groups(tmp_path: Path) -> None:
    assert point(tmp_path).decide(AGENT, [Action("aws", "brandnew:ListThings", Verb.LIST)]).allowed
    assert not point(tmp_path).decide(AGENT, [Action("aws", "brandnew:DropThings", Verb.DELETE, frozenset({Flag.DESTRUCTIVE}))]).allowed
    assert point(tmp_path).decide(AGENT, [UNKNOWN]).policies == ("no-destroy/unknown",)


def test_an_answer_without_a_decision_denies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ({"decision": "NoDecision"}, {"decision": "Allow"}, {"decision": "Allow", "diagnostics": {"reason": ["policy99"]}}):
        monkeypatch.setattr(cedarpy, "is_authorized", lambda *_, answer=given: cedarpy.AuthzResult(answer))
        assert not point(tmp_path, preset="observe").decide(AGENT, [DESCRIBE]).allowed


def test_an_exception_or_a_panic_denies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        """As pyo3_runtime.PanicException: no Exception."""

    def fail(*_: object) -> None:
        raise Panic("stack")

    monkeypatch.setattr(cedarpy, "is_authorized", fail)
    decision = point(tmp_path, preset="observe").decide(AGENT, [DESCRIBE])
    assert not decision.allowed
    assert decision.errors == ("Panic: stack",)


def test_too_many_queries_deny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_module, "MAX_QUERIES", 3)
    batch = replace(DESCRIBE, resources=(INSTANCE, INSTANCE))
    assert point(tmp_path).decide(AGENT, [batch]).allowed
    assert not point(tmp_path).decide(AGENT, [batch, batch]).allowed


def test_a_forbid_by_any_name_of_a_family_denies(tmp_path: Path) -> None:
    stop = Action("aws", "rds:StopDBCluster", Verb.UPDATE, context={"family": ["rds", "neptune", "docdb"]}, certainty=Certainty.FAMILY)
    assert point(tmp_path).decide(AGENT, [stop]).policies == ("no-destroy/changes",)
    for name in ("rds", "neptune", "docdb"):
        pdp = point(tmp_path, rule(f'forbid (principal, action == AWS::Action::"{name}:StopDBCluster", resource)', "no-stop"))
        assert pdp.decide(AGENT, [stop]).policies == ("team/no-stop",)
    other = point(tmp_path, rule('forbid (principal, action == AWS::Action::"ec2:StopInstances", resource)'))
    assert other.decide(AGENT, [stop]).policies == ("no-destroy/changes",)
    permit = rule('permit (principal, action == AWS::Action::"rds:StopDBCluster", resource)')
    forbid = rule('forbid (principal, action in AWS::Action::"neptune:*", resource)', "no-neptune")
    assert point(tmp_path, permit, preset="lockdown").decide(AGENT, [stop]).allowed
    assert not point(tmp_path, permit, forbid, preset="lockdown").decide(AGENT, [stop]).allowed
    broken = rule(f'forbid (principal, action == AWS::Action::"docdb:StopDBCluster", resource) when {{ {OVERFLOW} }}')
    assert point(tmp_path, broken).decide(AGENT, [stop]).errors


# --- determinism and memory --------------------------------------------------------------------------------------------------------


def test_the_same_message_has_the_same_decision_in_any_order_of_asking(tmp_path: Path) -> None:
    rules = [
        rule(f'forbid (principal, action in AWS::Action::"ec2:*", resource) when {{ context.verb != "v{n}" }}', f"r{n}") for n in range(8)
    ]
    queries = [[TERMINATE], [DESCRIBE], [UNKNOWN, TERMINATE], [TERMINATE, DESCRIBE]]
    expected = [point(tmp_path, *rules).decide(AGENT, query) for query in queries]
    assert expected[0].policies[:8] == tuple(f"team/r{n}" for n in range(8))
    pdp = PolicyDecisionPoint(load("no-destroy", [tmp_path / "team.cedar"]))
    for order in itertools.permutations(range(4)):
        for number in order:
            assert pdp.decide(AGENT, queries[number]) == expected[number]


def test_memory_tells_principals_resources_and_contexts_apart(tmp_path: Path) -> None:
    pdp = point(
        tmp_path,
        rule('forbid (principal == Warden::Agent::"mallory", action, resource)', "agent"),
        rule('forbid (principal, action, resource) when { principal.session == "bad" }', "session"),
        rule('forbid (principal, action, resource) when { context has region && context.region == "cn-north-1" }', "context"),
        rule('forbid (principal, action, resource is AWS::Resource) when { resource has account && resource.account == "1" }', "resource"),
    )
    held = replace(DESCRIBE, resources=(Resource("AWS::Resource", "x", {"account": "1"}),))
    asked = {
        "": (AGENT, DESCRIBE),
        "team/agent": (Principal("mallory", "session-1", "default", "ada"), DESCRIBE),
        "team/session": (Principal("claude", "bad", "default", "ada"), DESCRIBE),
        "team/context": (AGENT, replace(DESCRIBE, context={"region": "cn-north-1"})),
        "team/resource": (AGENT, held),
    }
    for _ in range(2):
        for wanted, (principal, action) in asked.items():
            assert pdp.decide(principal, [action]).policies == ((wanted,) if wanted else ("no-destroy/changes",))


def test_memory_is_bounded_and_leaves_out_what_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pdp = point(tmp_path, rule('forbid (principal, action, resource) when { context has path && context.path == "/secret" }'))
    assert pdp.decide(AGENT, [replace(DESCRIBE, context={"path": "/" * 100_000})]).allowed
    assert len(pdp._remembered) == 0
    monkeypatch.setattr(point_module, "MEMORY", 10)
    for number in range(25):
        assert pdp.decide(AGENT, [replace(DESCRIBE, context={"path": f"/{number}"})]).allowed
        assert len(pdp._remembered) <= 10
    assert not pdp.decide(AGENT, [replace(DESCRIBE, context={"path": "/secret"})]).allowed


def test_what_no_rule_looks_at_is_not_part_of_the_question(tmp_path: Path) -> None:
    pdp = point(tmp_path)
    for number in range(5):
        there = Resource("AWS::Resource", f"arn:aws:s3:::bucket-{number}", {"region": "us-east-1"})
        assert pdp.decide(
            Principal("a", f"session-{number}"), [replace(DESCRIBE, resources=(there,), context={"path": f"/{number}"})]
        ).allowed
    assert len(pdp._remembered) == 1


@pytest.mark.parametrize(
    "condition",
    [
        'resource has region && resource.region == "eu-west-3"',
        'AWS::Resource::"x" has region && AWS::Resource::"x".region == "eu-west-3"',
        'resource == AWS::Resource::"y"',
        '[AWS::Resource::"y"].contains(resource)',
        'principal.session == "other"',
        '(if Warden::Agent::"claude" has session then Warden::Agent::"claude".session else "") == "other"',
        'principal == Warden::Agent::"mallory"',
        'principal in Warden::Agent::"mallory"',
        'context has iam && context.iam.contains("s3:Nope")',
        '{a: context}.a.operation == "s3:PutObject"',
        'resource is AWS::Resource && resource in AWS::Resource::"y"',
        'action == AWS::Action::"s3:PutObject"',
    ],
)
def test_memory_never_answers_for_another_question(tmp_path: Path, condition: str) -> None:
    """Each query asked of a point that remembers all the others and of a fresh one."""
    text = rule(f"forbid (principal, action, resource is AWS::Resource) when {{ {condition} }}")
    base = Action("aws", "s3:GetObject", Verb.READ, frozenset(), (Resource("AWS::Resource", "x"),))
    questions = [
        (AGENT, base),
        (AGENT, replace(base, resources=(Resource("AWS::Resource", "x", {"region": "eu-west-3"}),))),
        (AGENT, replace(base, resources=(Resource("AWS::Resource", "y"),))),
        (Principal("claude", "other"), base),
        (Principal("mallory", "session-1"), base),
        (AGENT, replace(base, context={"iam": ["s3:Nope"]})),
        (AGENT, replace(base, operation="s3:PutObject")),
    ]
    warm = point(tmp_path, text)
    expected = [point(tmp_path, text).decide(principal, [action]) for principal, action in questions]
    for _ in range(2):
        assert [warm.decide(principal, [action]) for principal, action in questions] == expected
    assert {decision.allowed for decision in expected} == {True, False}


def test_a_resource_called_star_is_not_the_stand_in_for_all(tmp_path: Path) -> None:
    """`"*"` is what memory files a question under when no rule looks at the resource."""
    star = rule('forbid (principal, action, resource == AWS::Resource::"*")', "star")
    named = Action("aws", "s3:GetObject", Verb.READ, frozenset(), (Resource("AWS::Resource", "x"),))
    starred = replace(named, resources=(Resource("AWS::Resource", "*"),))
    for first, second in ((named, starred), (starred, named)):
        pdp = point(tmp_path, star)
        answers = {action.resources[0].id: pdp.decide(AGENT, [action]).allowed for action in (first, second)}
        assert answers == {"x": True, "*": False}
