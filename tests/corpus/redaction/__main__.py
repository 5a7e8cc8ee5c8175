"""``python -m tests.corpus.redaction tuning`` prints that part for ``warden redact``; without an argument, the counts of all."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from tests.corpus.redaction import PARTS, half
from tests.corpus.redaction.draft import Record


def _row(title: str, records: Sequence[Record]) -> str:
    schema = sum(secret.layer == "schema" for record in records for secret in record.secrets)
    secrets, lookalikes = (sum(len(getattr(record, of)) for record in records) for of in ("secrets", "lookalikes"))
    return f"{title:<32}{len(records):>9}{secrets:>9}{schema:>9}{lookalikes:>12}"


def main(names: Sequence[str]) -> int:
    for name in names:
        for record in half(name):
            print(json.dumps(record.line()))
    if not names:
        print(f"{'':<32}{'responses':>9}{'secrets':>9}{'schema':>9}{'look-alikes':>12}")
        for name in PARTS:
            for family in sorted({record.family for record in half(name)}):
                print(_row(f"{name} {family}", [record for record in half(name) if record.family == family]))
            print(_row(f"{name}, all", half(name)))
        print(_row("all", [record for name in PARTS for record in half(name)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
