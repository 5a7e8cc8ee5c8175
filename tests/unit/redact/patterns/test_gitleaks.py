"""gitleaks' own rule tests: what its rules say is a secret and what is none.

`tests/vectors/gitleaks.jsonl.gz` holds the positives and negatives of gitleaks' rules (https://github.com/gitleaks/gitleaks, MIT), one line
each: rule, text, expected. Left out: ``generic-api-key``, whose values nothing but chance betrays, and ``pkcs12-file``, which looks at file names.

The figures of each rule: ``python -m tests.unit.redact.patterns.test_gitleaks``.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

from warden.redact.patterns import Patterns

VECTORS = Path(__file__).parents[3] / "vectors" / "gitleaks.jsonl.gz"
LEFT_OUT = {"generic-api-key", "pkcs12-file"}


def counts() -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """By rule: positives, those found, negatives, those flagged."""
    positives, found, negatives, flagged = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    patterns = Patterns()
    with gzip.open(VECTORS, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            if row["rule"] in LEFT_OUT:
                continue
            hit = bool(patterns.find(row["text"].encode()))
            (positives if row["expected"] else negatives)[row["rule"]] += 1
            if hit:
                (found if row["expected"] else flagged)[row["rule"]] += 1
    return positives, found, negatives, flagged


def test_the_positives_are_found() -> None:
    positives, found, negatives, flagged = counts()
    assert positives.total() > 5900
    assert found.total() >= 0.995 * positives.total()
    assert all(found[rule] >= 0.75 * total for rule, total in positives.items())
    # The rest are published example keys and near misses of another length, which a redactor may hide.
    assert flagged.total() <= 0.25 * negatives.total()


if __name__ == "__main__":
    positives, found, negatives, flagged = counts()
    for rule, total in sorted(positives.items()):
        print(f"{rule:50} {found[rule]:4} of {total:4}   flagged {flagged[rule]:3} of {negatives[rule]:3}")
    print(f"{'all':50} {found.total():4} of {positives.total():4}   flagged {flagged.total():3} of {negatives.total():3}")
