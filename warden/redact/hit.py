"""What a detector finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a secret is in the bytes that were looked at.

    `start` and `end` are byte offsets, `end` exclusive: the value alone, without its name or quotes. `rule` is the stable name of what found it,
    `layer` one of ``schema``, ``names``, ``patterns``, ``decoding``, ``known``. `shape` says what a client needs to
    go on parsing (see `placeholder`).
    """

    start: int
    end: int
    rule: str
    layer: str
    shape: str = ""
