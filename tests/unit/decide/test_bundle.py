"""Loading user files: every mistake is a PolicyError with file, line, column, rule and the next step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.decide.rules import rule, write
from warden.config import PRESETS
from warden.decide import bundle, load
from warden.errors import PolicyError

GOOD = rule("permit (principal, action, resource)")


def failure(files: list[Path], preset: str = "no-destroy") -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load(preset, files)
    return caught.value


def test_user_rules_come_first_and_are_named_after_their_file(tmp_path: Path) -> None:
    loaded = load("no-destroy", [write(tmp_path, GOOD)])
    assert loaded.policies[0].id == "team/mine"
    assert loaded.policies[1].id.startswith("no-destroy/")
    assert loaded.policies[-1].id.startswith("network/")
    assert not loaded.policies[0].preset


def test_a_directory_is_its_cedar_files_in_order(tmp_path: Path) -> None:
    for name in ("b.cedar", "a.cedar"):
        write(tmp_path, GOOD, name=name)
    (tmp_path / "notes.txt").write_text("not a policy")
    (tmp_path / ".hidden.cedar").write_text("not a policy")
    assert [policy.id for policy in load("no-destroy", [tmp_path]).policies[:2]] == ["a/mine", "b/mine"]


@pytest.mark.parametrize(
    ("text", "place", "words", "advice"),
    [
        ("permit (principal, action, resource);", "1:1", "has no name", "@id"),
        ('@id("") permit (principal, action, resource);', "1:1", "has no name", "@id"),
        ("@id permit (principal, action, resource);", "1:1", "has no name", "@id"),
        ('@id("a b") permit (principal, action, resource);', "1:2", "'a b' cannot be a rule's name", "letters"),
        ('@id("x/y") permit (principal, action, resource);', "1:2", "cannot be a rule's name", "letters"),
        ('@id("a") permit (principal, action, resource);', "1:1", 'rule "team/a": it has no @reason', "@reason"),
        ('@id("a") @reason(" ") permit (principal, action, resource);', "1:1", "it has no @reason", "@reason"),
        ('@id("a") @reason("two\\nlines") permit (principal, action, resource);', "1:11", "not one short line", "500"),
        ('@id("a") @reason("r") forbid (principal, action, resource);', "1:1", "it has no @advice", "@advice"),
        ('@id("a") @reason("r") @advise("x") forbid (principal, action, resource);', "1:24", "@advise is not an annotation", "@advice?"),
        ('@id("a") @reason("r") @override("x") permit (principal, action, resource);', "1:24", "not an annotation", "@overrides?"),
        ('@id("a") @reason("r") permit (principal == ?principal, action, resource);', "1:44", "template", "Name the principal"),
        ("// nothing but words\n", "", "holds no rule", "Remove it"),
        ("", "", "holds no rule", "Remove it"),
    ],
)
def test_annotations(tmp_path: Path, text: str, place: str, words: str, advice: str) -> None:
    path = write(tmp_path, text)
    error = failure([path])
    assert error.message.startswith(f"{path}:{place}")
    assert words in error.message
    assert advice in error.advice


@pytest.mark.parametrize(
    ("body", "place", "words", "advice"),
    [
        ('permit (principal, action == AWS::Action::"ec2:TerminateInstance", resource)', "3:43", "no action", 'ec2:TerminateInstances"'),
        ('permit (principal, action == AWS::Action::"ec2:terminateinstances", resource)', "3:43", "no action", 'ec2:TerminateInstances"'),
        ('permit (principal, action == AWS::Action::"elasticloadbalancing:DeleteLoadBalancer", resource)', "3:43", "no action", "elb"),
        ('permit (principal, action in Warden::Action::"destructiv", resource)', "3:46", "no action", 'Warden::Action::"destructive"'),
        ('permit (principal, action == Warden::Action::"delete", resource)', "3:20", "applicable action", "with `in`"),
        ("permit (principal, action, resource is AWS::Bucket)", "3:45", "unrecognized entity type", "AWS::Resource"),
        ('permit (principal, action, resource is Net::Host) when { resource.nam == "x" }', "3:67", "attribute `nam`", "Did you mean name?"),
        ('permit (principal, action, resource) when { context.regoin == "x" }', "3:53", "attribute `regoin`", "Did you mean region?"),
        ('permit (principal, action, resource) when { context.region == "x" }', "3:53", "optional attribute", "context has region &&"),
        ("permit (principal, action, resource) when { context.operation == 5 }", "3:38", "not compatible", ""),
        ("permit (principal, action, resource) when { action in AWS::Action::\"ec2:Nope\" }", "3:68", "no action", ""),
    ],
)  # fmt: skip
def test_validation_names_the_place_and_the_nearest_name(tmp_path: Path, body: str, place: str, words: str, advice: str) -> None:
    path = write(tmp_path, rule(body))
    error = failure([path])
    assert error.message.startswith(f'{path}:{place}: rule "team/mine": '), error.message
    assert words in error.message
    assert advice in error.advice


def test_the_second_mistake_of_a_file_has_its_own_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, rule('permit (principal, action == AWS::Action::"s3:GetObjekt", resource)', "second"))
    error = failure([path])
    assert f'{path}:7:43: rule "team/second"' in error.message
    assert 'AWS::Action::"s3:GetObject"' in error.advice


def test_duplicate_names_are_refused_within_and_across_files(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD)
    error = failure([path])
    assert 'rule "team/mine": this name is taken.' in error.message
    assert f"{path}:1." in error.advice
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", GOOD)
    assert "this name is taken" in failure([write(tmp_path, GOOD), other]).message


@pytest.mark.parametrize("stem", [*PRESETS, "network"])
def test_a_user_file_cannot_speak_in_the_name_of_a_preset(tmp_path: Path, stem: str) -> None:
    assert "is the name of a preset" in failure([write(tmp_path, GOOD, name=f"{stem}.cedar")]).message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in failure([tmp_path / "gone.cedar"]).message
    (tmp_path / "empty").mkdir()
    assert "holds no *.cedar file" in failure([tmp_path / "empty"]).message
    binary = tmp_path / "latin.cedar"
    binary.write_bytes('// fine\n@id("gr\xfcn")'.encode("latin-1"))
    assert failure([binary]).message == f"{binary}:2: byte 15 is not UTF-8."
    os.mkfifo(tmp_path / "pipe.cedar")
    assert "neither a file nor a directory" in failure([tmp_path / "pipe.cedar"]).message
    with (tmp_path / "giant.cedar").open("wb") as giant:
        giant.truncate(bundle.MAX_BYTES + 1)
    assert "too large" in failure([tmp_path / "giant.cedar"]).message


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "team.cedar").write_text(GOOD, encoding="utf-8-sig")
    assert load("no-destroy", [tmp_path / "team.cedar"]).policies[0].id == "team/mine"


def test_an_unknown_preset_has_a_nearest_name() -> None:
    assert failure([], "no-destory").advice == "Did you mean no-destroy?"


@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        (
            rule("permit (principal, action, resource)", overrides="no-destroy/destructve"),
            "not a rule of a preset",
            "no-destroy/destructive?",
        ),
        (rule("permit (principal, action, resource)", overrides="team/other"), "not a rule of a preset", ""),
        (rule("permit (principal, action, resource)", overrides="no-destroy/changes"), "only a forbid can be overridden", ""),
        (rule("permit (principal, action, resource)", overrides="no-destroy/grant,,no-destroy/share"), "names no rule", "commas"),
        (rule("permit (principal, action, resource)").replace("permit", '@overrides("")\npermit'), "names no rule", "commas"),
        (rule("forbid (principal, action, resource)", overrides="no-destroy/destructive"), "only a permit", ""),
    ],
)
def test_overrides_must_name_a_forbid_of_a_preset(tmp_path: Path, text: str, words: str, advice: str) -> None:
    error = failure([write(tmp_path, text)])
    assert words in error.message
    assert 'rule "team/mine"' in error.message
    assert advice in error.advice


def test_a_thousand_rules_load(tmp_path: Path) -> None:
    rules = [
        rule(f'permit (principal, action in AWS::Action::"s3:*", resource == AWS::Resource::"arn:aws:s3:::b{n}")', f"r{n}")
        for n in range(1000)
    ]
    assert len(load("lockdown", [write(tmp_path, *rules)]).policies) > 1000
