"""One SQL statement as values."""

from __future__ import annotations

from dataclasses import dataclass

from warden.dialects.gravity import GRAVITY
from warden.model import Flag, Verb

#: Every kind there is, and Cedar's action names: ``SQL::Action::"delete"``. ``other`` is what no single engine's reading names.
KINDS = (
    "alter", "analyze", "begin", "call", "comment", "commit", "copy", "create", "deallocate", "declare", "delete", "describe", "do",
    "drop", "execute", "explain", "export", "flush", "grant", "insert", "kill", "load", "lock", "merge", "msck", "notify", "other",
    "prepare", "refresh", "rename", "replace", "reset", "revoke", "rollback", "savepoint", "select", "set", "show", "truncate", "unload",
    "unlock", "update", "use", "vacuum",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """What something in a statement does."""

    verb: Verb
    flags: frozenset[Flag] = frozenset()

    def __or__(self, other: Effect) -> Effect:
        """Both: the graver verb and all flags."""
        return Effect(max(self.verb, other.verb, key=GRAVITY.__getitem__), self.flags | other.flags)


READ = Effect(Verb.READ)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view or other relation that a statement names. `schema` and `catalog` are empty where the text does not say them."""

    name: str
    schema: str = ""
    catalog: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.schema, self.name) if part)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that was read with certainty, unless its flags hold ``opaque``: then its effect is at least what is stated here, and
    `unread` says why, for people.
    """

    kind: str
    verb: Verb
    flags: frozenset[Flag] = frozenset()
    tables: tuple[Table, ...] = ()
    unread: str = ""
