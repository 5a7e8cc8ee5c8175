"""What the lists of dangerous operations call an effect, in our words. Each provider's list has a few words of its own besides."""

from __future__ import annotations

#: A verb, or None where the name's own stays, and flags.
type Effect = tuple[str | None, tuple[str, ...]]

DANGERS: dict[str, Effect] = {
    "delete": ("delete", ("destructive",)),
    "perm": ("grant", ()),
    "exec": ("execute", ("opaque",)),
    "overwrite": (None, ("overwrite",)),
    "disrupt": (None, ("disruptive",)),
    "data-loss": (None, ("destructive",)),
    "takeover": ("grant", ("credential",)),
    "audit-off": (None, ("audit_off",)),
    "protection-off": (None, ("protection_off",)),
    "credential": (None, ("credential",)),
}


class TableError(ValueError):
    """The sources leave something unjudged; the message lists all of it."""
