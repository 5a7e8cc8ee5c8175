"""Where presets, schema, advice and decision tables are: the only place that knows."""

from __future__ import annotations

from pathlib import Path

from warden.errors import PolicyError


def directory() -> Path:
    """The ``policies`` directory: inside the package in a wheel, beside it in a checkout. Raises PolicyError when it is in neither."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "policies", package.parent / "policies"):
        if (candidate / "presets").is_dir():
            return candidate
    raise PolicyError(f"The policies that come with warden are missing beside {package}.", "Install warden again.")
