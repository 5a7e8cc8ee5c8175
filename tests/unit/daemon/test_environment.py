"""Which variables the command sees."""

from __future__ import annotations

import pytest

from warden.config import EnvironmentConfig
from warden.daemon.environment import hidden, inside
from warden.errors import SessionError

OUTSIDE = {
    "PATH": "/bin",
    "AWS_SECRET_ACCESS_KEY": "real",
    "MY_TOKEN": "real",
    "EDITOR": "vi",
    "aws_profile": "kept: patterns are exact about case",
}


def test_hidden_variables_stay_outside() -> None:
    seen = inside(OUTSIDE, EnvironmentConfig(), dummies={}, trust={})
    assert seen == {"PATH": "/bin", "EDITOR": "vi", "aws_profile": OUTSIDE["aws_profile"]}


def test_the_order_of_strength() -> None:
    config = EnvironmentConfig(set={"B": "set", "C": "set"})
    outside = dict.fromkeys("ABCD", "outside")
    seen = inside(outside, config, dummies={"A": "dummy"}, trust={"D": "trust"}, asked=["C=asked"])
    assert seen == {"A": "dummy", "B": "set", "C": "asked", "D": "trust"}


def test_what_is_passed_on_purpose_is_no_dummy() -> None:
    dummies = {"AWS_SECRET_ACCESS_KEY": "dummy", "AWS_ACCESS_KEY_ID": "dummy"}
    seen = inside(OUTSIDE, EnvironmentConfig(pass_=("AWS_SECRET_ACCESS_KEY",)), dummies=dummies, trust={}, asked=["MY_TOKEN"])
    assert (seen["AWS_SECRET_ACCESS_KEY"], seen["AWS_ACCESS_KEY_ID"], seen["MY_TOKEN"]) == ("real", "dummy", "real")


def test_passing_what_is_not_there() -> None:
    assert inside({}, EnvironmentConfig(pass_=("X",)), dummies={"X": "dummy"}, trust={}, asked=["Y"]) == {"X": "dummy"}


def test_no_pattern_hides_nothing() -> None:
    assert inside(OUTSIDE, EnvironmentConfig(hide=()), dummies={}, trust={}) == OUTSIDE


@pytest.mark.parametrize("item", ["", "=value", "A=\0"])
def test_impossible_names(item: str) -> None:
    with pytest.raises(SessionError):
        inside({}, EnvironmentConfig(), dummies={}, trust={}, asked=[item])


def test_what_may_hold_a_secret_is_named_by_its_variable() -> None:
    outside = {"A_TOKEN": "t" * 20, "B_TOKEN": "t" * 30, "C_TOKEN": "x", "EDITOR": "v" * 20}
    assert list(hidden(outside, EnvironmentConfig())) == ["B_TOKEN", "A_TOKEN"], "the longer one first, and no everyday word"
    assert "A_TOKEN" in hidden(outside, EnvironmentConfig(pass_=("A_TOKEN",))), "that it is passed in is no reason to record it"
