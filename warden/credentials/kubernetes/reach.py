"""What the sandboxed command could have made, or could change: nothing of it says which programs run outside, or where credentials go."""

from __future__ import annotations

import os
from collections.abc import Iterable

#: Steps of one resolution: the kernel follows 40 links.
STEPS = 4096


def within_reach(path: str, writable: Iterable[str]) -> bool:
    """Whether an absolute `path` is below one of the real directories `writable`, or any link on the way to it is. What does not end is."""
    bases = tuple(base.rstrip("/") for base in writable)
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
        if any(step.startswith(f"{base}/") for base in bases):
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
