"""What a rule is: one line of data."""

from __future__ import annotations

from dataclasses import dataclass

#: What may stand before a token that begins with a distinctive prefix: nothing of its own alphabet, or an escape (``\\n`` in JSON, ``%3D`` in a URL).
LEFT = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
#: What may not follow a token whose length is fixed.
RIGHT = r"(?![A-Za-z0-9])"


@dataclass(frozen=True, slots=True)
class Rule:
    """A secret that is known by how it is written.

    `keywords` are what any text with such a secret contains, in lower case: a pattern is tried only around them. `pattern` is matched where the
    keyword begins, or searched for from `back` bytes before; every repetition in it is bounded. Its first group, or all of it, is the secret.
    `entropy` is the least Shannon entropy in bits per byte. `yes` and `no` are made into texts by the tests: ``{a36}`` there is 36 random characters
    (see `alphabet.SETS`), so that no file holds anything that looks like a secret; `yes` may mark the secret with ``<<`` and ``>>``.
    """

    name: str
    keywords: tuple[str, ...]
    pattern: str
    back: int = 0
    entropy: float = 0.0
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
