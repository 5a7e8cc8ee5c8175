"""Which byte strings may have begun at the end of a text: of a stream, that much is not let go before what follows is there.

In tiers, as in `index`: a new string goes into the smallest, and a tier that is full into the next, so that one more is cheap however many there are.
"""

from __future__ import annotations

from bisect import bisect_left

from ahocorasick_rs import BytesAhoCorasick

from warden.redact.index import TIERS

#: Bytes of a string that must be there: fewer are the beginning of anything.
LEAST = 4
#: Bytes of an end that are looked at. What of a longer string has gone on by then is known by its part (`vault.PART`).
REACH = 1 << 16


class _Tier:
    """Strings, put in order when they are first asked after a change."""

    def __init__(self) -> None:
        self.forms: list[bytes] = []
        self._firsts: BytesAhoCorasick | None = None
        self._longest = 0

    def extend(self, forms: list[bytes]) -> None:
        self.forms += forms
        self._firsts = None
        self._longest = min(max(self._longest, *map(len, forms)), REACH)

    def at_end(self, text: bytes) -> int:
        if not self.forms:
            return 0
        if self._firsts is None:
            self.forms.sort()
            self._firsts = BytesAhoCorasick(list({form[:LEAST] for form in self.forms}))
        end = text[-self._longest :]
        for _, start, _ in self._firsts.find_matches_as_indexes(end, overlapping=True):
            if self._begins(end[start:]):
                return len(end) - start
        return 0

    def _begins(self, end: bytes) -> bool:
        # Those that are there whole come before the longer ones that begin with them.
        at = bisect_left(self.forms, end + b"\x00")
        return at < len(self.forms) and self.forms[at].startswith(end)


class Beginnings:
    """Byte strings, by how they begin."""

    def __init__(self) -> None:
        self._tiers = [_Tier() for _ in range(len(TIERS) + 1)]

    def add(self, form: bytes) -> None:
        """One more."""
        if len(form) <= LEAST:
            return
        self._tiers[0].extend([form])
        for number, limit in enumerate(TIERS):
            if len(self._tiers[number].forms) > limit:
                self._tiers[number + 1].extend(self._tiers[number].forms)
                self._tiers[number] = _Tier()

    def at_end(self, text: bytes) -> int:
        """Bytes at the end of `text` that are the beginning, `LEAST` bytes or more and not all, of one of the strings; 0 for none."""
        return max(tier.at_end(text) for tier in self._tiers)
