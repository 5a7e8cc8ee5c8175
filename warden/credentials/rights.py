"""The calling user's rights, where a root process acts for another user: on files, and of the programs it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def as_user(run_as: tuple[int, int] | None) -> Iterator[None]:
    """The rights on files of this user and group id, where we are root and the user is not. The worker has one thread."""
    if run_as is None or os.geteuid() == run_as[0]:
        yield
        return
    user, group = run_as
    groups, old_user, old_group = os.getgroups(), os.geteuid(), os.getegid()
    os.setgroups([group])
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(old_user)
        os.setegid(old_group)
        os.setgroups(groups)


def identity(run_as: tuple[int, int] | None) -> dict[str, Any]:
    """The arguments of `subprocess.Popen` that start a program as this user."""
    if run_as is None or os.geteuid() == run_as[0]:
        return {}
    return {"user": run_as[0], "group": run_as[1], "extra_groups": [run_as[1]]}
