"""Whether the files that this daemon was loaded from are still the same: an upgrade, or an edit, makes a private daemon step aside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from warden.decide.location import directory

_OURS = ("warden", "sandbox")


class Loaded:
    """What was loaded, as files and their modification times. Made when all is loaded; asked before each session (a third of a millisecond)."""

    def __init__(self) -> None:
        files = [getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if name.partition(".")[0] in _OURS]
        policies = [str(path) for path in directory().rglob("*") if path.is_file()]
        # The decoding tables are five hundred files: their directories tell of an upgrade, which makes the files anew.
        tables = [str(path) for path in Path(__file__).parents[1].rglob("*") if path.is_dir() and path.name != "__pycache__"]
        self._seen = [(path, _modified(path)) for path in (*files, *policies, *tables) if path]

    def changed(self) -> bool:
        """Whether any of them is not what it was."""
        return any(_modified(path) != modified for path, modified in self._seen)


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - a hundred of them on every start
    except OSError:
        return 0
