"""The second held-out part. Whoever tunes rules does not read it."""

from __future__ import annotations

from tests.corpus.redaction.mint import Mint

_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"


def spoken(m: Mint) -> str:
    """A password that can be said aloud, as pwgen makes it."""
    syllables = [
        m.random.choice(_CONSONANTS) + m.random.choice(_VOWELS) + m.random.choice(("", m.random.choice(_CONSONANTS))) for _ in range(4)
    ]
    syllables[1] = syllables[1].capitalize()
    return "".join(syllables) + m.digits(2)


def grouped(m: Mint) -> str:
    """Groups with dashes between, as phones and browsers propose."""
    return "-".join(m.chars(6) for _ in range(3))


def dotted(m: Mint) -> str:
    """A word, a number, a word."""
    return f"{m.word()}.{m.digits(4)}.{m.word()}"


def marked(m: Mint) -> str:
    """A strong one with the marks that policies ask for, of those that no file has to escape."""
    return m.chars(3) + "$" + m.chars(4) + "@" + m.chars(3) + "!" + m.chars(3)


def corporate(m: Mint) -> str:
    """The company, the year, a mark and the system, as whole departments share it."""
    return f"Acme{m.random.randint(2018, 2026)}{m.random.choice('!#+')}{m.word()}{m.digits(2)}"
