"""`python -m warden.daemon`: how a client starts its private daemon. People use `warden daemon`, which ends up in the same function."""

from __future__ import annotations

import sys

from warden.cli.daemon import main

sys.exit(main(sys.argv[1:]))
