"""What the sandboxed command could have made, or could change: nothing of it says which programs run outside, or where credentials go."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache

#: Steps of one resolution: the kernel follows 40 links.
STEPS = 4096


#: What paths in an argument or a variable stand between: ``--config=/x``, ``PYTHONPATH=/a:/b``, ``sh -c "exec '/x'"``.
_BETWEEN = re.compile(r"[\s:;,=|&<>()'\"`]+")


def mentions(text: str, writable: tuple[str, ...]) -> bool:
    """Whether any absolute path in `text` is `within_reach`. An option may stand right before it (``-I/x``)."""
    return any("/" in part and within_reach(part[part.index("/") :], writable) for part in _BETWEEN.split(text))


def environment(given: Mapping[str, str], writable: tuple[str, ...]) -> dict[str, str]:
    """`given` for a program that runs outside: a search path without the directories that the command may fill, and no other variable that names
    one, or a file in one. An interpreter, a library or a configuration from there would be the command's, with all of the user's rights.
    """
    found = {name: value for name, value in given.items() if name != "PATH" and not mentions(value, writable)}
    # An entry that does not start at the root would be looked up from wherever the program goes.
    places = [place for place in given.get("PATH", "").split(os.pathsep) if place.startswith("/") and not within_reach(place, writable)]
    return {**found, "PATH": os.pathsep.join(places)} if "PATH" in given else found


@lru_cache(maxsize=8)
def _starts(writable: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The directories, and what every path below one of them starts with: dozens of both, asked for each step of each path in an environment."""
    bases = tuple(base.rstrip("/") for base in writable)
    return bases, tuple(f"{base}/" for base in bases)


def within_reach(path: str, writable: tuple[str, ...]) -> bool:
    """Whether an absolute `path` is below one of the real directories `writable`, or any link on the way to it is. What does not end is."""
    bases, below = _starts(writable)
    at, todo = "/", path.split("/")[::-1]
    for _ in range(STEPS):
        if not todo:
            return at in bases
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            at = os.path.dirname(at)  # noqa: PTH120 - texts, as readlink gives them
            continue
        step = f"{at.rstrip('/')}/{part}"
        # One of them itself cannot be replaced from below: ``..`` may lead out of it again.
        if step.startswith(below):
            return True
        try:
            link = os.readlink(step)  # noqa: PTH115
        except OSError:
            at = step
            continue
        if link.startswith("/"):
            at = "/"
        todo += link.split("/")[::-1]
    return True
