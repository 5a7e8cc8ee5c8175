"""Every rule finds its own samples, exactly, and leaves its own look-alikes."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from tests.unit.redact.patterns.samples import fill, of_shape
from warden.redact.patterns import Patterns
from warden.redact.patterns.own import Own
from warden.redact.patterns.rule import Rule
from warden.redact.patterns.rules import RULES
from warden.redact.patterns.rules.context import CONTEXT

PATTERNS = Patterns()


def test_names_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_finds_its_samples_exactly(rule: Rule) -> None:
    alone = Own([rule])
    assert rule.yes
    for template in rule.yes:
        for seed in range(20):
            text, secret = fill(template, random.Random(seed))
            for around in (b"%s", b'{"a": "%s"}', b"x\n%s\ny"):
                if b'"' in text and b'"a"' in around:
                    continue  # a sample with quotes of its own is not put into others
                whole = around % text
                spans = [whole[start:end] for start, end, name in alone.find(whole) if name == rule.name]
                assert spans == [secret], (template, seed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_leaves_its_look_alikes(rule: Rule) -> None:
    alone = Own([rule])
    assert rule.no
    for template in rule.no:
        for seed in range(20):
            text, _ = fill(template, random.Random(seed))
            assert [span for span in alone.find(text) if span[2] == rule.name] == [], (template, seed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_bounded_and_its_keywords_are_lower_case(rule: Rule) -> None:
    assert all(keyword and keyword == keyword.lower() for keyword in rule.keywords)
    # Outside a class or an escape, a star, a plus or an open interval would make a rule's work depend on the text.
    bare = re.sub(r"\[[^\]]*\]", "C", re.sub(r"\\.", "E", rule.pattern))
    assert not re.search(r"[*+]|\{\d+,\}", bare), bare


@pytest.mark.parametrize("keyword", CONTEXT)
def test_the_vendors_name_betrays_its_values(keyword: str) -> None:
    for shape in CONTEXT[keyword]:
        for seed in range(5):
            value = of_shape(shape, random.Random(seed))
            if value is None:
                continue
            for form in (
                f'{keyword}Token = "{value}"',
                f"{keyword.upper()}_TOKEN={value}",
                f'{{"{keyword}_api_key": "{value}"}}',
                f"{keyword}-secret: {value}\n",
            ):
                assert [form[hit.start : hit.end] for hit in PATTERNS.find(form.encode())] == [value], form


@pytest.mark.parametrize("keyword", CONTEXT)
def test_a_vendors_pages_and_digests_are_left(keyword: str) -> None:
    for shape in CONTEXT[keyword]:
        value = of_shape(shape, random.Random(1))
        if value is None or not value.isalnum():
            continue
        for form in (f'{{"{keyword}NextToken": "{value}"}}', f'{{"{keyword}-digest": "{value}"}}'):
            assert PATTERNS.find(form.encode()) == [], form


def test_hits_are_sorted_and_do_not_overlap() -> None:
    text = b"".join(fill(rule.yes[0], random.Random(3))[0] + b"\n" for rule in RULES)
    hits = PATTERNS.find(text)
    assert len(hits) > len(RULES) * 0.8
    assert all(one.end <= two.start for one, two in itertools.pairwise(hits))
    assert all(hit.start < hit.end and hit.layer == "patterns" for hit in hits)
