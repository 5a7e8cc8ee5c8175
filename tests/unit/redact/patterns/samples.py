"""Texts from the samples that rules carry: what looks like a secret is drawn here, so that no file holds it."""

from __future__ import annotations

import random
import re
import string

from warden.redact.patterns.alphabet import SETS, UUID

_TEMPLATE = re.compile(r"\{([a-zA-Z])([0-9]+)\}")
#: The characters of each letter of `SETS`.
CHARACTERS = {letter: "".join(c for c in string.printable if re.fullmatch(f"[{inside}]", c)) for letter, inside in SETS.items()}
HEX = "0123456789abcdef"


def draw(letter: str, length: int, random_: random.Random) -> str:
    """Random characters; those of length 3 and more have a letter and a digit where the alphabet has both, as real tokens do."""
    while True:
        made = "".join(random_.choices(CHARACTERS[letter], k=length))
        if (
            length < 8
            or letter in "dHU"
            or (any(c.isdigit() for c in made) and any(c.isalpha() for c in made) and made[0].isalnum() and made[-1].isalnum())
        ):
            return made


def fill(template: str, random_: random.Random) -> tuple[bytes, bytes]:
    """The text of a sample, and the secret in it: what ``<<`` and ``>>`` mark, or all."""
    text = _TEMPLATE.sub(lambda match: draw(match[1], int(match[2]), random_), template)
    if "<<" not in text:
        return text.encode(), text.encode()
    before, _, rest = text.partition("<<")
    secret, _, after = rest.rpartition(">>")
    return (before + secret + after).encode(), secret.encode()


def of_shape(shape: str, random_: random.Random) -> str | None:
    """A value of a row of the contextual table; None for a regular expression."""
    if shape == "u":
        raw = draw("h", 32, random_)
        made = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
        assert re.fullmatch(UUID, made)
        return made
    if shape[0] == "~":
        return None
    return draw(shape[0], int(shape[1:].partition("-")[0]), random_)
