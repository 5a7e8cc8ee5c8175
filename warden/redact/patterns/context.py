"""The contextual form: an identifier that names a vendor, a sign of assignment, a value of exactly the vendor's alphabet and length."""

from __future__ import annotations

import re

from warden.redact.patterns.alphabet import entropy, expand
from warden.redact.patterns.rules.context import CONTEXT

# From the vendor's name to the value: the rest of the identifier, a type (Go), quotes, the sign, quotes and white space.
_BRIDGE = re.compile(rb"([\w.-]{0,24})(?:[ \t]string)?[\"'\\ \t]{0,3}(?::{1,3}=|=>|[?.]=|[=:,>])[\"'`\\ \t\r\n]{0,24}")
# A value and what would make it longer than itself.
_VALUE = re.compile(rb"[A-Za-z0-9_=/+.:@%|~-]{8,200}")
# The identifier says that it is secret ...
_SECRET = re.compile(rb"token|key|secret|pass|pwd|auth|cred|bearer|login|access_?id")
# ... and not that it is a place in a list, a digest or a label.
_PUBLIC = re.compile(rb"next|continuation|page|marker|cursor|digest|sha\d|hash|checksum|etag|arn$|version|key_?id$|keyname|key_?name")
# Shapes that identifiers and digests have as well: only where the identifier says that it is a secret.
_BOTH = re.compile(rb"(?=.*[A-Za-z])(?=.*[0-9])|[0-9]{16,32}$", re.DOTALL)


class Context:
    """Finds contextual values. Built once; immutable."""

    __slots__ = ("_shapes", "keywords")

    def __init__(self) -> None:
        self.keywords = tuple(CONTEXT)
        self._shapes = tuple(
            re.compile("|".join(shape[1:] if shape[0] == "~" else expand(shape) for shape in shapes).encode())
            for shapes in CONTEXT.values()
        )

    def at(self, text: bytes, lower: bytes, index: int, start: int, end: int) -> tuple[int, int, str] | None:
        """The value that keyword `index`, found at `start` to `end`, introduces, with its rule's name; None without one."""
        bridge = _BRIDGE.match(text, end)
        if bridge is None:
            return None
        value = _VALUE.match(text, bridge.end())
        if value is None:
            return None
        found = value[0].rstrip(b".:")
        if not self._shapes[index].fullmatch(found):
            found = found.rstrip(b"=%")
            if not self._shapes[index].fullmatch(found):
                return None
        head = start
        while head > 0 and start - head < 24 and (lower[head - 1 : head].isalnum() or lower[head - 1] in b"_-."):
            head -= 1
        name = lower[head : bridge.end(1)]
        mixed = any(65 <= c <= 90 for c in found) and any(97 <= c <= 122 for c in found) and len(found) >= 32
        if _PUBLIC.search(name) or not (_SECRET.search(name) or mixed) or not _BOTH.match(found) or entropy(found) < 2.2:
            return None
        return bridge.end(), bridge.end() + len(found), "context-" + self.keywords[index].replace("_", "-")
