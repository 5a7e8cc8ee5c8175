"""`python -m warden`: the same as `warden`. A client starts its private daemon this way, with its own interpreter."""

from __future__ import annotations

from warden.cli import run

run()
