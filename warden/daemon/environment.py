"""Which variables the command sees: the user's, without what the configuration hides; then the broker's dummies, trust, and what was asked for."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from warden.config import EnvironmentConfig
from warden.errors import SessionError

#: Characters of a value that counts as a secret by its variable's name alone.
_SHORTEST = 8


def inside(
    outside: Mapping[str, str],
    config: EnvironmentConfig,
    *,
    dummies: Mapping[str, str],
    trust: Mapping[str, str],
    asked: Iterable[str] = (),
) -> dict[str, str]:
    """The environment of the command. `asked` are the flags ``--env NAME`` (let the user's through) and ``--env NAME=VALUE``.

    Weakest first: the user's, dummies and trust, `environment.set`, `asked`. SessionError for an impossible name.
    """
    hidden = _pattern(config.hide)
    passed = set(config.pass_)
    stated: dict[str, str] = {}
    for item in asked:
        name, equals, value = item.partition("=")
        if not name or "\0" in item:
            raise SessionError(f"--env {item!r} is not NAME or NAME=VALUE.")
        if equals:
            stated[name] = value
        else:
            passed.add(name)
    seen = {name: value for name, value in outside.items() if name in passed or not hidden.match(name)}
    # What the user passes on purpose is not replaced by a dummy; where the CA is, is not the user's to say.
    dummies = {name: value for name, value in dummies.items() if name not in passed or name not in seen}
    return {**seen, **dummies, **trust, **config.set, **stated}


def hidden(outside: Mapping[str, str], config: EnvironmentConfig) -> dict[str, str]:
    """The variables that may hold a secret, those that are passed on purpose too; the longest values first, and none that are words of every day."""
    pattern = _pattern(config.hide)
    found = {name: value for name, value in outside.items() if len(value) >= _SHORTEST and pattern.match(name)}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


@lru_cache(maxsize=8)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)")
