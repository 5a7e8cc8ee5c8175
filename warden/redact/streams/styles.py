"""What a terminal's text says without its control sequences (ECMA-48): ``grep --color`` puts them within names, and before values."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

#: Control sequences, operating system commands, character sets.
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,1024}(?:\x07|\x1b\\)|[()][0-9A-Z])")
#: One that has not ended.
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,4}|\][^\x07\x1b]{0,1024}\x1b?|[()])?\Z")


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` is what is said. `_at` and `_shift`: from that byte of it on, how many bytes of sequences were before it."""

    text: bytes
    _at: tuple[int, ...] = ()
    _shift: tuple[int, ...] = ()

    def raw(self, position: int) -> int:
        """Where the byte at `position` is in what was sent; for the end, the end."""
        index = bisect_right(self._at, position) - 1
        return position + (self._shift[index] if index >= 0 else 0)


def plain(sent: bytes) -> Plain:
    """What `sent` says."""
    if b"\x1b" not in sent:
        return Plain(sent)
    parts, at, shift, position, removed, size = [], [], [], 0, 0, 0
    for match in _SEQUENCE.finditer(sent):
        parts.append(sent[position : match.start()])
        size += match.start() - position
        removed += match.end() - match.start()
        at.append(size)
        shift.append(removed)
        position = match.end()
    parts.append(sent[position:])
    return Plain(b"".join(parts), tuple(at), tuple(shift))


def whole(sent: bytes) -> int:
    """Bytes of `sent` up to a sequence that has not ended."""
    begun = _BEGUN.search(sent, max(0, len(sent) - 1100)) if b"\x1b" in sent[-1100:] else None
    return len(sent) if begun is None else begun.start()
