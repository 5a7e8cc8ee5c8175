"""Mutations of denied requests, by hypothesis: `make fuzz` looks further, with the same property."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import Choices
from tests.fuzz.property import allowed, check
from tests.fuzz.seeds import FAMILIES, Seed
from warden.model import HttpRequest

SEEDS = [
    pytest.param(dialect, seed, id=f"{dialect} {seed.operation} {seed.request.method}")
    for dialect in FAMILIES
    for seed in FAMILIES[dialect].seeds
]


@pytest.mark.parametrize(("dialect", "seed"), SEEDS)
def test_each_seed_is_denied_and_its_reader_knows_it(dialect: str, seed: Seed) -> None:
    assert not allowed(seed.request)
    assert seed.operation in FAMILIES[dialect].reader(seed.request)


@pytest.mark.parametrize("dialect", FAMILIES)
@given(data=st.binary(min_size=4, max_size=120))
@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_no_mutation_of_a_denied_request_is_allowed(dialect: str, data: bytes) -> None:
    check(dialect, data)


def test_a_careless_reader_is_found_out() -> None:
    def careless(request: HttpRequest) -> bool:
        return b"Terminate" not in (request.body or b"") and "X-Amz-Target" not in dict(request.headers) and request.method != "DELETE"

    def many() -> None:
        chance = random.Random(1)
        for _ in range(2000):
            check("aws", chance.randbytes(40), careless)

    with pytest.raises(AssertionError, match="is denied, and this is allowed"):
        many()


def test_choices_end() -> None:
    choices = Choices(b"\x05")
    assert choices.below(4) == 1
    assert not choices
    assert choices.below(4) == 0
