"""Real paths, and what lies within what. Asked of the kernel in a few system calls instead of one for each component: a start asks for hundreds."""

from __future__ import annotations

import os
from collections.abc import Collection


def there(path: str) -> bool:
    """Whether `path` leads to something that we can reach: ``os.path.exists``, without an exception for each that does not."""
    return "\0" not in path and os.access(path, os.F_OK)


def real(path: str) -> str:
    """What `path` leads to, without symbolic links; `path` itself where it leads nowhere (or nowhere that we may look)."""
    if not there(path):
        return os.path.normpath(path)
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it went a moment ago, or there are no descriptors left: component by component, then
        return os.path.realpath(path)
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - a Path is what this is faster than
    finally:
        os.close(descriptor)


def within(path: str, directories: Collection[str]) -> bool:
    """Whether `path` is one of `directories` or below one; all real. Make it a set where there are many."""
    if path in directories or "/" in directories:
        return True
    end = path.rfind("/")
    while end > 0:
        if path[:end] in directories:
            return True
        end = path.rfind("/", 0, end)
    return False
