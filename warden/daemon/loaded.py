"""Whether the files that this daemon was loaded from are still the same: an upgrade, or an edit, makes a private daemon step aside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from warden.decide.location import directory

_OURS = ("warden", "sandbox")


class Loaded:
    """What was loaded, as files and their modification times. Made when all is loaded; asked before each session (a tenth of a millisecond)."""

    def __init__(self) -> None:
        modules = [
            module.__file__
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in _OURS and getattr(module, "__file__", None)
        ]
        data = [
            str(path)
            for root in (Path(__file__).parents[1], directory())
            for path in root.rglob("*")
            if path.suffix in (".json", ".cedar", ".cedarschema")
        ]
        self._seen = [(path, _modified(path)) for path in (*(path for path in modules if path), *data)]

    def changed(self) -> bool:
        """Whether any of them is not what it was."""
        return any(_modified(path) != modified for path, modified in self._seen)


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - a hundred of them on every start
    except OSError:
        return 0
