"""``python -m tests.fuzz DIALECT [SECONDS] [DIRECTORY]``: coverage-guided fuzzing of one dialect (atheris, libFuzzer underneath).

DIRECTORY keeps the corpus between runs. A finding ends the run with status 77 and leaves ``crash-...`` there; give its name as an argument of
``python -m tests.fuzz DIALECT --replay FILE`` to see it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["warden"]):
    from tests.fuzz.property import check
    from tests.fuzz.seeds import FAMILIES


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in FAMILIES:
        print(f"{__doc__}\nThere are {', '.join(FAMILIES)}.", file=sys.stderr)
        return 2
    dialect, *rest = arguments
    if rest[:1] == ["--replay"]:
        print(check(dialect, Path(rest[1]).read_bytes()))
        return 0
    seconds, directory = rest[0] if rest else "60", Path(rest[1] if len(rest) > 1 else f".cache/fuzz/{dialect}")
    directory.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=256", f"-artifact_prefix={directory}/", "-print_final_stats=1", "-timeout=10"]
    atheris.Setup([sys.argv[0], *options, str(directory)], lambda data: check(dialect, data) and None)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
