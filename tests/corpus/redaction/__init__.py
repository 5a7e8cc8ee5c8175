"""The response corpus: what measures redaction. README.md says who reads which part and how it is counted.

- `mint`      one seeded generator of every provider's formats; no secret stands in a file
- `keys`      private keys and certificates, real and the same every time
- `draft`     a response while it is written, and `Record`, what comes of it
- `services`  how each kind of server frames a request and its answer
- `tuning` `second` `third` `unseen` `held_out` `fresh`  the parts: a module a family, a function a response
- `views` `score`      what can be read from an answer, and so what was missed and what was damaged
- `__main__`  prints a part as JSON lines for ``warden redact``, or the counts
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

from tests.corpus.redaction.draft import Record, record

#: Rules are tuned on these.
TUNING = ("tuning", "second", "third", "unseen")
#: And measured on these, which nobody who tunes has read: `held_out` at every change, `fresh` once (docs/redaction.md says what came of it).
HELD_OUT = "held_out"
FRESH = "fresh"
PARTS = (*TUNING, HELD_OUT, FRESH)


@functools.cache
def half(name: str) -> tuple[Record, ...]:
    """The records of one part, by family and then as they stand in the family's module."""
    return build(name)


def build(name: str) -> tuple[Record, ...]:
    """The same, drawn anew."""
    package = importlib.import_module(f"{__name__}.{name}")
    records = []
    for family in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{family}")
        # Every public function of the module writes one response.
        for title, write in vars(module).items():
            if inspect.isfunction(write) and write.__module__ == module.__name__ and not title.startswith("_"):
                records.append(record(name, family, title, write))
    return tuple(records)
