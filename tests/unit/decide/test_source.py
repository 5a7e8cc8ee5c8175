"""Cutting Cedar text, and finding the token that is wrong."""

from __future__ import annotations

import pytest

from warden.decide.source import MAX_NESTING, parse, position, split
from warden.errors import PolicyError


def test_semicolons_in_strings_and_comments_end_nothing() -> None:
    text = (
        "// one; two\npermit (principal, action, resource) // three;\n"
        'when { context.operation like "a;\\";b*" };\nforbid (principal, action, resource);'
    )
    pieces = split("f.cedar", text)
    assert [piece.text.split()[0] for piece in pieces] == ["permit", "forbid"]
    assert [piece.line for piece in pieces] == [2, 4]
    for piece in pieces:
        parse(piece)


def test_a_carriage_return_ends_a_comment_as_in_cedar() -> None:
    (piece,) = split("f.cedar", "// hidden?\rpermit (principal, action, resource);")
    assert piece.text.startswith("permit")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("permit (principal, action, resource", "1:28"),  # ends too early: the last token
        ("permit (principal, action, resource)\nwhen { context.operation.foo( };", "2:31"),
        ("permit (principal, action resource);", "1:27"),
        ("permitt (principal, action, resource);", "1:1"),
        ("permit (subject, action, resource);", "1:9"),
        ("permit (principal, action = foo, resource);", "1:27"),
        ("permit (principal, action == foo, resource);", "1:30"),
        ("permit (principal, action, resource) whenever { true };", "1:38"),
        ("permit (principal, action, resource;", "1:36"),
        ("permit (principal, action, resource) when { true && };", "1:53"),
        ('\n\n@id("a") @id("b") permit (principal, action, resource);', "3:2"),
        ("permit (principal, action, resource) when { 99999999999999999999 == 1 };", "1:66"),
    ],
)
def test_a_syntax_error_has_its_place(text: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        [parse(piece) for piece in split("f.cedar", text)]
    assert caught.value.message.startswith(f"f.cedar:{place}: "), caught.value.message


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('permit (principal, action, resource) when { "abc };', "1:45", "never closed"),
        ("permit (principal, action, resource) when { 'abc' };", "1:45", "not a character of Cedar"),
        ("permit (principal, action, resource);\n\x00", "2:1", "not a character of Cedar"),
        (f"permit (principal, action, resource) when {{ {'(' * 5000}true{')' * 5000} }};", f"1:{45 + MAX_NESTING - 1}", "too deeply"),
        (f"permit (principal, action, resource) when {{ {'if true then ' * 5000} }};", "1:877", "too deeply"),
        (f"permit (principal, action, resource) when {{ context{'.a' * 6000} }};", "1:2052", "too deeply"),
        (f"permit (principal, action, resource) when {{ {'[' * 70} }};", "1:108", "too deeply"),
    ],
)
def test_text_that_cannot_be_parsed_safely_is_refused_before_cedar_sees_it(text: str, place: str, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        split("f.cedar", text)
    assert caught.value.message.startswith(f"f.cedar:{place}: ")
    assert words in caught.value.message


def test_a_long_list_of_names_is_no_nesting() -> None:
    names = ", ".join(f'"host-{number}.example"' for number in range(5000))
    (piece,) = split("f.cedar", f"permit (principal, action, resource) when {{ [{names}].contains(context.operation) }};")
    parse(piece)


def test_position_counts_from_one() -> None:
    assert position("a\nbc", 0) == (1, 1)
    assert position("a\nbc", 3) == (2, 2)
