"""Which byte strings may have begun at the end of a text: of a stream, that much is not let go before what follows is there.

Put in order when it is first asked after a change: streams ask between secrets, not at each.
"""

from __future__ import annotations

from bisect import bisect_left

from ahocorasick_rs import BytesAhoCorasick

#: Bytes of a string that must be there: fewer are the beginning of anything.
LEAST = 4
#: Bytes of an end that are looked at. What of a longer string has gone on by then is known by its part (`vault.PART`).
REACH = 1 << 16


class Beginnings:
    """Byte strings, by how they begin."""

    def __init__(self) -> None:
        self._forms: list[bytes] = []
        self._firsts: BytesAhoCorasick | None = None
        self._longest = 0

    def add(self, form: bytes) -> None:
        """One more."""
        if len(form) > LEAST:
            self._forms.append(form)
            self._firsts = None
            self._longest = min(max(self._longest, len(form)), REACH)

    def at_end(self, text: bytes) -> int:
        """Bytes at the end of `text` that are the beginning, `LEAST` bytes or more and not all, of one of the strings; 0 for none."""
        if not self._forms:
            return 0
        if self._firsts is None:
            self._forms.sort()
            self._firsts = BytesAhoCorasick(list({form[:LEAST] for form in self._forms}))
        end = text[-self._longest :]
        for _, start, _ in self._firsts.find_matches_as_indexes(end, overlapping=True):
            if self._begins(end[start:]):
                return len(end) - start
        return 0

    def _begins(self, end: bytes) -> bool:
        # Those that are there whole come before the longer ones that begin with them.
        at = bisect_left(self._forms, end + b"\x00")
        return at < len(self._forms) and self._forms[at].startswith(end)
