"""Many byte strings found in one pass, and new ones added one at a time.

An automaton cannot grow, and building one over every form of 20,000 secrets takes a third of a second. Two things make adding cheap:

- The automaton knows eight bytes from the middle of each form, its anchor; what is around an anchor is compared with the forms that have it. The
  middle, because secrets of one kind begin alike (a provider's prefix, a token's header) and keys end alike (their armour).
- There are tiers: a new form goes into the smallest, and a tier that is full goes into the next. Each form is so built in a few dozen times at most,
  nearly always in a small automaton.
"""

from __future__ import annotations

from collections.abc import Iterator

from ahocorasick_rs import BytesAhoCorasick, Implementation

#: Bytes of a form that the automaton knows.
ANCHOR = 8
#: Forms that each tier but the last takes before it goes into the next: some 8 secrets, 30, 100, 1,000.
TIERS = (64, 256, 1024, 8192)
#: Forms times bytes of text up to which each form is searched for by itself: an automaton for so little is not worth its making.
SEARCHED = 1 << 17


class _Tier[T]:
    """Forms under one automaton, which is built when it is first asked after a change."""

    def __init__(self) -> None:
        #: By anchor: the forms that have it, each with where the anchor is in it and whose it is.
        self.forms: dict[bytes, list[tuple[bytes, int, T]]] = {}
        self.size = 0
        self._built: tuple[BytesAhoCorasick, list[list[tuple[bytes, int, T]]]] | None = None

    def add(self, form: bytes, owner: T) -> None:
        at = max(0, (len(form) - ANCHOR) // 2)
        anchor = form[at : at + ANCHOR]
        if anchor not in self.forms:
            self.forms[anchor] = []
            self._built = None
        self.forms[anchor].append((form, at, owner))
        self.size += 1

    def take(self, other: _Tier[T]) -> None:
        """All that `other` has."""
        for anchor, forms in other.forms.items():
            self.forms.setdefault(anchor, []).extend(forms)
        self.size += other.size
        self._built = None

    def find(self, text: bytes) -> Iterator[tuple[int, int, T]]:
        if not self.forms:
            return
        if self._built is None and self.size * len(text) < SEARCHED:
            for alike in self.forms.values():
                for form, _, owner in alike:
                    start = text.find(form)
                    while start >= 0:
                        yield start, start + len(form), owner
                        start = text.find(form, start + 1)
            return
        if self._built is None:
            # Built often and asked seldom: the kind that is built fastest of those that are not slow.
            self._built = BytesAhoCorasick(list(self.forms), implementation=Implementation.ContiguousNFA), list(self.forms.values())
        automaton, forms = self._built
        for number, begin, _ in automaton.find_matches_as_indexes(text, overlapping=True):
            for form, at, owner in forms[number]:
                start = begin - at
                if start >= 0 and text.startswith(form, start):
                    yield start, start + len(form), owner


class Index[T]:
    """Byte strings, each with its owner."""

    def __init__(self) -> None:
        self._tiers: tuple[_Tier[T], ...] = tuple(_Tier() for _ in range(len(TIERS) + 1))

    def __len__(self) -> int:
        return sum(tier.size for tier in self._tiers)

    def add(self, form: bytes, owner: T) -> None:
        """`form` is not empty. The same one may be added for several owners."""
        self._tiers[0].add(form, owner)
        for number, limit in enumerate(TIERS):
            if self._tiers[number].size > limit:
                self._tiers[number + 1].take(self._tiers[number])
                self._tiers = (*self._tiers[:number], _Tier(), *self._tiers[number + 1 :])

    def find(self, text: bytes) -> list[tuple[int, int, T]]:
        """Every occurrence of every form: start, end, owner; those that overlap too, in no particular order."""
        return [found for tier in self._tiers for found in tier.find(text)]
