"""Fetched when needed, kept, and fetched again before it ends."""

from __future__ import annotations

import pytest

from warden.credentials.renewed import FAILURE_LIFE, REFRESH_MARGIN, UNDATED_LIFE, Renewed
from warden.errors import CredentialError


class Source:
    """Gives the number of the time that it is asked, or fails."""

    def __init__(self, life: float | None) -> None:
        self.time = 1_000_000.0
        self.life = life
        self.asked = 0
        self.fails = False
        self.renewed = Renewed(self.fetch, lambda: self.time)

    def fetch(self) -> tuple[int, float | None]:
        self.asked += 1
        if self.fails:
            raise CredentialError("credentials-unavailable", "No.")
        return self.asked, None if self.life is None else self.time + self.life

    def after(self, seconds: float) -> int:
        self.time += seconds
        return self.renewed.get()


@pytest.mark.parametrize(("life", "kept"), [(None, UNDATED_LIFE), (3600.0, 3600 - REFRESH_MARGIN), (60.0, 48.0)])
def test_it_is_kept_until_it_nears_its_end(life: float | None, kept: float) -> None:
    source = Source(life)
    assert [source.after(0), source.after(kept - 1), source.after(2), source.after(0)] == [1, 1, 2, 2]


def test_a_failure_is_not_asked_for_again_at_once_and_the_last_one_is_used_while_it_lasts() -> None:
    source = Source(3600)
    assert source.after(0) == 1
    source.fails = True
    assert [source.after(3400), source.after(1)] == [1, 1]
    assert source.asked == 2
    with pytest.raises(CredentialError, match="No"):
        source.after(300)
    source.fails = False
    assert source.after(FAILURE_LIFE + 1) == source.asked


def test_one_that_names_no_expiry_is_not_used_beyond_its_time() -> None:
    source = Source(None)
    assert source.after(0) == 1
    source.fails = True
    for _ in range(3):
        with pytest.raises(CredentialError):
            source.after(UNDATED_LIFE if source.asked == 1 else 1)
    assert source.asked == 2


def test_one_that_is_over_when_it_comes_is_none() -> None:
    source = Source(-1)
    with pytest.raises(CredentialError) as caught:
        source.after(0)
    assert caught.value.code == "expired-credentials"
    assert source.renewed.left == 0
    assert "1" not in repr(source.renewed)
