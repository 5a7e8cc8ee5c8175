"""What may have begun at the end of a text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.redact.beginnings import LEAST, Beginnings
from warden.redact.index import TIERS


def of(*forms: bytes) -> Beginnings:
    made = Beginnings()
    for form in forms:
        made.add(form)
    return made


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (b"say swor", 4),
        (b"say swo", 0),
        (b"swordfis", 8),
        (b"swordfish", 9),
        (b"swordfishe", 10),
        (b"swordfishes", 0),
        (b"sword ", 0),
        (b"", 0),
    ],
)
def test_the_longest_counts(text: bytes, size: int) -> None:
    """One that is there whole may be the beginning of another."""
    assert of(b"swordfish", b"swordfishes", b"swor", b"ab").at_end(text) == size


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=12), st.binary(max_size=30))
def test_as_the_definition_says(forms: list[bytes], text: bytes) -> None:
    text += forms[0][: len(forms[0]) // 2 + 3] if forms else b""
    expected = max(
        (size for size in range(LEAST, len(text) + 1) if any(len(one) > size and one.startswith(text[-size:]) for one in forms)), default=0
    )
    assert of(*forms).at_end(text) == expected


def test_many() -> None:
    drawn = random.Random(1)
    forms = [drawn.randbytes(20) for _ in range(TIERS[1] + TIERS[0] + 10)]
    made = of(*forms)
    for form in (forms[0], forms[TIERS[1]], forms[-1]):
        assert made.at_end(b"x" + form[:11]) == 11
        assert made.at_end(form) == 0
