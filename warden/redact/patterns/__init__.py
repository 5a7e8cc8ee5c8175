"""Secrets that are known by how they are written: prefixes, checkable forms, and what the text around them says.

In order:

1. `own` finds the keywords of all rules in one pass (`ahocorasick_rs`) and tries, only there,
   - the rules of `rules/`, one line of data each (`rule.Rule`),
   - the contextual form (`context`): a vendor's name, a sign of assignment, a value of the vendor's alphabet and length (`rules/context.py`),
   - blocks (`block`, `jwt`): armoured private keys, Kubernetes Secrets in YAML, JSON Web Tokens.
2. The spans are put in order and overlapping ones joined.

Pure: bytes in, spans out. No threads, no files; built once and shared by forked processes. Every repetition is bounded, so the time is linear in
the text.
"""

from __future__ import annotations

from warden.redact.hit import Hit
from warden.redact.patterns.own import Own
from warden.redact.patterns.rules import RULES

#: The name of this layer in `Hit`.
LAYER = "patterns"


class Patterns:
    """The layer. Built once a process, before it forks."""

    __slots__ = ("_own",)

    def __init__(self) -> None:
        self._own = Own(RULES)

    def find(self, text: bytes) -> list[Hit]:
        """Every secret in `text`, in order, not overlapping: where two rules overlap, the joined span under the name of the longer one."""
        hits: list[Hit] = []
        for start, end, rule in sorted(self._own.find(text), key=lambda span: (span[0], -span[1])):
            if hits and start < hits[-1].end:
                last = hits[-1]
                if end > last.end:
                    hits[-1] = Hit(last.start, end, rule if end - start > last.end - last.start else last.rule, LAYER)
            else:
                hits.append(Hit(start, end, rule, LAYER))
        return hits
