"""Where this checkout lies, and what that means for tests that run its environment inside a sandbox."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Directories that are private inside (sandbox/view.py): of the host's, only what is writable shows there.
_PRIVATE = ("/tmp", "/var/tmp", "/run", "/dev")


def sandbox_section() -> dict[str, list[str]]:
    """For the `sandbox` section of a test's configuration: a clone in /tmp has to be shown. Warden's own code in it stays read-only."""
    return {"writable": [str(ROOT)]} if any(ROOT.is_relative_to(private) for private in _PRIVATE) else {}
