"""Text inside text: what is said, where it is written, and what is written back."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.redact import escapes

WRITERS: dict[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps(text)[1:-1],
    "xml": escape,
    "url": lambda text: quote(text, safe=""),
}


@pytest.mark.parametrize("name", WRITERS)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_is_written_says_what_was_meant(name: str, text: str) -> None:
    escaping = escapes.BY_NAME[name]
    raw = WRITERS[name](text).encode()
    assert escaping.read(raw).text == text.encode()
    assert escaping.read(escaping.write(text.encode())).text == text.encode()


@pytest.mark.parametrize("name", WRITERS)
@given(
    before=st.text('ab"\\&<\n%é', max_size=8),
    secret=st.text('xy"\\&<\n%é', min_size=1, max_size=8),
    after=st.text('cd"\\&<\n%é', max_size=8),
)
def test_a_replaced_part_changes_nothing_else(name: str, before: str, secret: str, after: str) -> None:
    escaping = escapes.BY_NAME[name]
    raw = WRITERS[name](before + secret + after).encode()
    plain = escaping.read(raw)
    start = len(before.encode())
    end = start + len(secret.encode())
    made = raw[: plain.written(start)] + b"STAND-IN" + raw[plain.written(end) :]
    assert escaping.read(made).text == (before + "STAND-IN" + after).encode()
    assert made.startswith(raw[: plain.written(start)])


def test_containers_are_the_literals_with_escapes() -> None:
    text = b'{"a":"plain","b":"x\\"y","c":"' + b"z" * 10 + b'","d":"\\u0041"} https://h/?q=%22x%22&r=1 <a>b&amp;c</a>'
    found = [(text[start:end], how.name) for start, end, how in escapes.containers(text)]
    assert found == [(b'x\\"y', "json"), (b"\\u0041", "json"), (b"https://h/?q=%22x%22&r=1", "url"), (b"b&amp;c", "xml")]


@pytest.mark.parametrize(
    "text", [b"\\" * 300_000, b'"\\' * 150_000, b"%41" * 200_000, b"a%4" * 200_000, b"&amp;" * 200_000 + b"<", b"<a>&amp;" * 80_000]
)
def test_no_text_takes_long(text: bytes) -> None:
    for start, end, how in escapes.containers(text):
        how.read(text[start:end])
