"""The alphabets of tokens, by one letter each, and how evenly a token uses its own."""

from __future__ import annotations

import math
from collections import Counter

#: Letter -> the characters, as the inside of a regular expression's class. The tables of rules and the samples of the tests use the letters.
SETS = {
    "d": "0-9",
    "h": "0-9a-f",
    "H": "0-9A-F",
    "x": "0-9A-Fa-f",
    "l": "0-9a-z",
    "U": "0-9A-Z",
    "b": "2-7A-Z",
    "a": "0-9A-Za-z",
    "w": "0-9A-Za-z_-",
    "e": "0-9A-Za-z=_-",
    "B": "0-9A-Za-z+/",
    "k": "0-9A-Za-z/=_+-",
}
#: The shape of a UUID, for which tables write ``u``.
UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"


def expand(shape: str) -> str:
    """The regular expression of a shape such as ``l32``, ``h40-64`` or ``u``. KeyError or ValueError: not a shape."""
    if shape == "u":
        return UUID
    least, _, most = shape[1:].partition("-")
    return f"[{SETS[shape[0]]}]{{{int(least)},{int(most or least)}}}"


def entropy(value: bytes) -> float:
    """Shannon entropy in bits per byte."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0
