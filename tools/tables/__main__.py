"""``python -m tools.tables`` writes every generated table; ``--check`` compares instead, prints what differs and exits 1.

Each generator module has ``tables() -> {path in the repository: text}``. Adding one is one line in `GENERATORS`.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATORS = (
    "tools.tables.aws_routes",
    "tools.tables.aws_endpoints",
    "tools.tables.aws_effects",
    "tools.tables.gcp_routes",
    "tools.tables.gcp_effects",
    "tools.tables.cedar_schema",
    "tools.tables.redact_aws",
    "tools.tables.redact_gcp",
)


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    differing = 0
    for generator in GENERATORS:
        made: dict[str, str] = importlib.import_module(generator).tables()
        for name, text in made.items():
            path = ROOT / name
            current = path.read_text(encoding="utf-8") if path.exists() else ""
            if current == text:
                continue
            if arguments:
                differing += 1
                print(f"{name} differs from what {generator} makes:")
                print("\n".join(_summary(current, text)))
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                print(f"wrote {name}")
    if differing:
        print("Run `make tables` and commit the result.")
    return 1 if differing else 0


def _summary(current: str, text: str) -> list[str]:
    lines = [
        line[:160] for line in difflib.unified_diff(current.splitlines(), text.splitlines(), "checked in", "generated", n=0, lineterm="")
    ]
    return lines[:40] + ([f"... {len(lines) - 40} more lines"] if len(lines) > 40 else [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
