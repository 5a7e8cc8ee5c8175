"""`python -m warden`: the same as `warden`. A client starts its private daemon this way, with its own interpreter."""

from __future__ import annotations

import sys

from warden.cli import main

sys.exit(main())
