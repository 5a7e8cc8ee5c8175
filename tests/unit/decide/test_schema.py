"""The generated schema, and that a policy's verdict on its slice is its verdict on the whole."""

from __future__ import annotations

from pathlib import Path

import cedarpy
import pytest

from tests.unit.decide.rules import rule
from warden.decide import bundle, schema
from warden.decide.location import directory
from warden.decide.policy import read
from warden.decide.source import split
from warden.decide.vocabulary import GROUPS
from warden.errors import PolicyError

# Each asks the validator something else: groups alone, groups against groups, named actions, both, types of one namespace, optional keys.
BODIES = [
    'forbid (principal, action in Warden::Action::"destructive", resource) unless { action in Warden::Action::"dry_run" }',
    'permit (principal, action in AWS::Action::"s3:*", resource) when { resource.service == "s3" }',
    'permit (principal, action == AWS::Action::"ec2:RunInstances", resource) when { resource is Net::Host && resource.nope }',
    'permit (principal, action in [AWS::Action::"s3:*", HTTP::Action::"GET"], resource) when { resource.name == "x" }',
    'permit (principal, action in Warden::Action::"http", resource is AWS::Resource)',
    'permit (principal, action, resource) when { action in Warden::Action::"delete" && context.port == "x" }',
    'forbid (principal, action == K8s::Action::"pods/exec:create", resource is K8s::Resource) when { context has cluster }',
]


def test_the_slice_says_what_the_whole_says() -> None:
    whole = cedarpy.Schema.from_str((directory() / "schema" / "warden.cedarschema").read_text(encoding="utf-8"))
    verdicts = []
    for body in BODIES:
        policy = read(split("f.cedar", rule(body))[0], "f", preset=False)
        full = cedarpy.validate_policies(policy.text, whole)
        sliced = cedarpy.validate_policies(policy.text, schema.index().slice(policy.actions))
        assert full.validation_passed == sliced.validation_passed, body
        said = {schema._plain(error.error) for error in full.errors}
        assert {schema._plain(error.error) for error in sliced.errors} == said, body
        verdicts.append(full.validation_passed)
    assert verdicts == [True, False, True, False, False, False, True]


def test_the_schema_lists_every_group_and_real_operations() -> None:
    index = schema.index()
    for group in GROUPS:
        assert index.known(("Warden::Action", group))
    for name in ("ec2:TerminateInstances", "s3:GetObject", "ec2:unknown", "ec2:*"):
        assert index.known(("AWS::Action", name))
    assert index.known(("HTTP::Action", "other"))
    assert not index.known(("AWS::Action", "ec2:Terminate"))
    assert len([name for block in index.blocks for name in block.names if block.namespace == "AWS"]) > 19_000


def test_the_index_reads_back_what_was_rendered() -> None:
    delete, service, other = ("Warden::Action", "delete"), ("AWS::Action", "ec2:*"), ("GCP::Action", "storage.*")
    blocks = [
        schema.Block("AWS", ("ec2:A", "ec2:B"), frozenset({delete, service})),
        schema.Block("AWS", ("ec2:C",), frozenset()),
        schema.Block("GCP", ("google.x.Y/Z", "storage.objects.delete"), frozenset({delete, other})),
    ]
    index = schema.Index("// a comment\n" + schema.render(blocks, {service, other}))
    assert index.blocks == blocks
    assert {service, other} < index.groups
    assert index.groups == {service, other} | {("Warden::Action", name) for name in GROUPS}
    assert [index.block((f"{block.namespace}::Action", name)) for block in blocks for name in block.names] == [
        block for block in blocks for _ in block.names
    ]


def test_an_operation_is_in_its_service_and_its_provider() -> None:
    block = schema.index().block(("AWS::Action", "ec2:TerminateInstances"))
    assert block is not None
    wanted = {("AWS::Action", "ec2:*"), ("Warden::Action", "aws"), ("Warden::Action", "delete"), ("Warden::Action", "destructive")}
    assert wanted <= block.groups


def test_a_slice_is_small() -> None:
    sliced = str(schema.index().slice(frozenset({("AWS::Action", "ec2:TerminateInstances"), ("Warden::Action", "destructive")})))
    assert sliced.count("appliesTo") < 20


@pytest.mark.parametrize("preset", ["observe", "readonly", "no-destroy", "lockdown"])
def test_the_presets_validate(preset: str) -> None:
    for policy in bundle.load_preset(preset):
        schema.index().check(policy)


def test_a_missing_schema_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "directory", lambda: tmp_path)
    with pytest.raises(PolicyError, match="cannot be read"):
        schema.index.__wrapped__()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('forbid (principal, action == HTTP::Action::"mutation:deleteRepository", resource)', ""),
        ('forbid (principal, action in [HTTP::Action::"mutation:a", HTTP::Action::"query:__schema"], resource is Net::Host)', ""),
        (
            'forbid (principal, action in HTTP::Action::"mutation:*", resource) unless { action == HTTP::Action::"mutation:createIssue" }',
            "",
        ),
        ('forbid (principal, action in HTTP::Action::"git:*", resource) when { context has ref && context.ref like "refs/tags/*" }', ""),
        (
            'forbid (principal, action == HTTP::Action::"git:delete-ref", resource) when { context.repository == "/x" }',
            "optional attribute",
        ),
        ('forbid (principal, action == HTTP::Action::"mutation:a-b", resource)', 'no action HTTP::Action::"mutation:a-b"'),
        ('forbid (principal, action == HTTP::Action::"mutations:a", resource)', "no action"),
        ('forbid (principal, action == HTTP::Action::"git:delete", resource)', 'Did you mean HTTP::Action::"git:delete-ref"'),
        ('forbid (principal, action == AWS::Action::"mutation:a", resource)', "no action"),
        ('forbid (principal, action == HTTP::Action::"mutation:a", resource is AWS::Resource)', "action"),
    ],
)
def test_names_that_no_table_lists(body: str, wrong: str) -> None:
    """A GraphQL field is an action of its kind, in the groups that its kind can be in."""
    policy = read(split("f.cedar", rule(body))[0], "f", preset=False)
    if not wrong:
        schema.index().check(policy)
        return
    with pytest.raises(PolicyError) as caught:
        schema.index().check(policy)
    assert wrong in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "pods/exec:create",
        "argoproj.io/rollouts:patch",
        "velero.io/restores:create",
        "karmada.io/clusters/proxy:get",
        "example.com/things/status:update",
        "users:impersonate",
    ],
)
def test_kubernetes_operations_validate_and_custom_resources_need_no_declaration(name: str) -> None:
    body = f'forbid (principal, action == K8s::Action::"{name}", resource is K8s::Resource) when {{ context has namespace }}'
    schema.index().check(read(split("f.cedar", rule(body))[0], "f", preset=False))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("apps/deployment:delete", "apps/deployments:delete"),
        ("pods/exce:create", "pods/exec:create"),
        ("pod:list", "pods:list"),
        ("argoproj.io/rollouts:remove", ""),
        ("*/*:get", ""),
        ("things/rollouts:get", ""),
    ],
)
def test_a_misspelt_kubernetes_operation_is_refused(name: str, meant: str) -> None:
    body = f'forbid (principal, action == K8s::Action::"{name}", resource is K8s::Resource)'
    with pytest.raises(PolicyError, match="there is no action") as caught:
        schema.index().check(read(split("f.cedar", rule(body))[0], "f", preset=False))
    assert meant in caught.value.advice


def test_a_custom_resource_is_in_the_groups_that_its_verb_can_be_in() -> None:
    block = schema.index().block(("K8s::Action", "argoproj.io/rollouts:delete"))
    assert block is not None
    assert {("Warden::Action", "delete"), ("Warden::Action", "destructive"), ("Warden::Action", "kubernetes")} <= block.groups
    assert ("Warden::Action", "read") not in block.groups
