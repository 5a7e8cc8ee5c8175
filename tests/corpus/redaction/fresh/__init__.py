"""A held-out part, written by someone who read neither the rules nor any other held-out part: what a DevOps agent reads in a day.

The functions here make passwords in the ways people make them, which are more than `mint` has.
"""

from __future__ import annotations

import string

from tests.corpus.redaction.mint import Mint

_NAMES = ("mara", "Jonas", "petra", "Diego", "yuki", "Samir", "ines", "Kofi", "lotte", "Bruno")
_NOUNS = ("chaton", "regenbogen", "sardina", "kiwi", "fjord", "paprika", "tornado", "bretzel", "canela", "mammut", "quokka", "tulpe")
_TEAMS = ("dbteam", "platform", "infra", "backend", "warehouse", "crm", "shopdb", "sre")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
_LEET = str.maketrans("aeiost", "4310$7")


def leet(m: Mint) -> str:
    """A word with letters turned to digits, and a year's end."""
    return f"{m.random.choice(_NOUNS).capitalize().translate(_LEET)}{m.random.choice('_.-')}{m.digits(3)}"


def named(m: Mint) -> str:
    """Somebody's name, a sign and a year."""
    return f"{m.random.choice(_NAMES)}{m.random.choice('_.@#')}{m.random.choice(_NOUNS)}{m.random.randint(60, 99)}"


def team(m: Mint) -> str:
    """A team, a purpose and a count, as an administrator makes it for a service."""
    return f"{m.random.choice(_TEAMS)}-{m.random.choice(('rw', 'svc', 'app'))}-{m.chars(4, string.ascii_lowercase)}{m.digits(2)}$"


def dated(m: Mint) -> str:
    """A day somebody remembers."""
    return f"{m.random.randint(10, 28)}.{m.random.choice(_MONTHS)}.{m.random.randint(1961, 1999)}{m.random.choice('abcdxyz')}"


def initials(m: Mint) -> str:
    """The first letters of a sentence with its numbers and marks."""
    return m.chars(6, string.ascii_letters) + m.digits(2) + m.random.choice("&%+=") + m.chars(3, string.ascii_letters)


def dotted(m: Mint) -> str:
    """Words in lower case only, with dots."""
    return ".".join(m.random.sample(_NOUNS, 4))


def plain(m: Mint) -> str:
    """Words without any digit or mark."""
    return "".join(m.random.sample(_NOUNS, 3))


def shouted(m: Mint) -> str:
    """Capitals and underlines, easily taken for a constant's name."""
    return "_".join(word.upper() for word in m.random.sample(_NOUNS, 2)) + f"_{m.digits(2)}"


def walk(m: Mint) -> str:
    """A walk on the keyboard, with a turn of its own."""
    return (
        m.random.choice(("qwe", "asd", "yxc", "zaq", "wsx"))
        + m.digits(3)
        + m.random.choice(("RTZ", "FGH", "VBN", "EDC", "RFV"))
        + m.digits(3)
    )
