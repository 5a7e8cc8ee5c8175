"""The session's map between secrets and the placeholders that stand for them. In the worker's memory only.

Two questions, both asked of every message: which of the secrets that were seen are in these bytes (coming in), and which placeholders are (going
out). Each is one pass of an automaton over all of them, in every encoding that they are looked for in.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from warden.redact import placeholder

#: Secrets that one session remembers. Beyond it nothing new is let in: forgetting one would let it through (`VaultFullError`).
CAPACITY = 20_000
#: Bytes of a secret that is looked for in all its encodings, and of what of a longer one is looked for.
WHOLE, PART = 4096, 64
#: Bits, estimated from length and kinds of characters, below which a secret counts as guessable.
STRONG_BITS = 56.0


class VaultFullError(Exception):
    """The session has seen more secrets than can be remembered."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a placeholder becomes its secret again.

    `hosts` are names or ``*.suffix`` patterns (lower case). `fields` are ``authorization`` (any scheme, Basic's inside included), ``header:NAME``,
    ``query:NAME``, ``body`` (anywhere in it), ``json:a.b.0`` (that value), ``path``.
    """

    hosts: tuple[str, ...]
    fields: tuple[str, ...]

    def covers(self, host: str) -> bool:
        """Whether requests to `host` may carry the secret at all."""
        return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in self.hosts)


@dataclass(slots=True)
class Entry:
    """One secret. `bindings` grows as the secret is met in other places; `receivers` are the hosts that have been sent it."""

    secret: bytes = field(repr=False)
    placeholder: bytes
    strong: bool
    bindings: list[Binding] = field(default_factory=list)
    receivers: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Seen:
    """A known secret, or a placeholder, in some bytes: where, whose, and in which encoding."""

    start: int
    end: int
    entry: Entry
    encoding: str


class Vault:
    """One session's secrets."""

    def __init__(self) -> None:
        self._by_secret: dict[tuple[bytes, str], Entry] = {}
        self._by_placeholder: dict[bytes, Entry] = {}
        self._secrets: tuple[BytesAhoCorasick, list[tuple[Entry, str]]] | None = None
        self._placeholders: tuple[BytesAhoCorasick, list[tuple[Entry, str]]] | None = None

    def __repr__(self) -> str:
        return f"Vault({len(self._by_placeholder)} secrets)"

    def entries(self) -> Iterable[Entry]:
        """All of them, in the order in which they were met."""
        return self._by_placeholder.values()

    def admit(
        self, secret: bytes, *, place: str = "", shape: str = "", stand_in: bytes | None = None, binding: Binding | None = None
    ) -> Entry:
        """The entry of `secret`, made when it is new.

        The same secret has the same placeholder all session long. A guessable one has it per `place` (where it was found), or an agent could write its guesses
        somewhere, read them back, and compare placeholders. `stand_in` is the placeholder to use for a new one (a dummy that a broker made). Raises VaultFullError.
        """
        strong = is_strong(secret)
        key = (secret, "" if strong else place)
        entry = self._by_secret.get(key)
        if entry is None:
            if len(self._by_placeholder) >= CAPACITY:
                raise VaultFullError
            made = stand_in or placeholder.make(secret.decode("utf-8", "surrogateescape"), shape).encode("utf-8", "surrogateescape")
            entry = self._by_secret[key] = self._by_placeholder[made] = Entry(secret, made, strong)
            self._secrets = self._placeholders = None
        if binding is not None and binding not in entry.bindings:
            entry.bindings.append(binding)
        return entry

    def entry_of(self, stand_in: bytes) -> Entry | None:
        """Whose placeholder this is."""
        return self._by_placeholder.get(stand_in)

    def sent(self, entry: Entry, host: str) -> None:
        """Remembers that `host` was sent the secret: its answers are watched for it, guessable or not."""
        if host not in entry.receivers:
            entry.receivers.add(host)
            self._secrets = None

    def secrets_in(self, text: bytes, host: str = "") -> list[Seen]:
        """Which known secrets are in `text`, left to right, none overlapping: strong ones anywhere, guessable ones where `host` was sent them."""
        if self._secrets is None:
            entries = [entry for entry in self._by_placeholder.values() if entry.strong or entry.receivers]
            self._secrets = _automaton([(found, entry, name) for entry in entries for name, found in encodings(entry.secret)])
        return [seen for seen in _matches(self._secrets, text) if seen.entry.strong or host in seen.entry.receivers]

    def placeholders_in(self, text: bytes) -> list[Seen]:
        """Which placeholders are in `text`, left to right, none overlapping."""
        if self._placeholders is None:
            self._placeholders = _automaton(
                [(found, entry, name) for made, entry in self._by_placeholder.items() for name, found in encodings(made)]
            )
        return _matches(self._placeholders, text)


def is_strong(secret: bytes) -> bool:
    """Whether nobody arrives at `secret` by trying: only such are looked for everywhere, since finding one confirms a guess."""
    if len(secret) < 10 or len(set(secret)) < 6:
        return False
    kinds = sum(
        size
        for size, test in ((26, bytes.islower), (26, bytes.isupper), (10, bytes.isdigit))
        if any(test(secret[i : i + 1]) for i in range(min(len(secret), 256)))
    )
    others = 33 if any(not secret[i : i + 1].isalnum() for i in range(min(len(secret), 256))) else 0
    return len(secret) * math.log2(max(kinds + others, 2)) >= STRONG_BITS


def encodings(secret: bytes) -> list[tuple[str, bytes]]:
    """The forms in which `secret` is looked for, by name. Base64 has three, by where in the encoded text the secret begins; its ends, which depend on
    the neighbours, are left out.
    """
    found: dict[bytes, str] = {secret: "raw"}
    part = secret if len(secret) <= WHOLE else secret[:PART]
    if part is not secret:
        found[part] = "part"
    for shift in range(3):
        for altchars in (b"+/", b"-_"):
            text = base64.b64encode(bytes(shift) + part, altchars).rstrip(b"=")
            start = -(-shift * 8 // 6)
            end = (shift + len(part)) * 8 // 6
            if end - start >= 12:
                found.setdefault(text[start:end], f"base64:{shift}")
    if len(part) >= 8:
        found.setdefault(part.hex().encode(), "hex")
        found.setdefault(part.hex().upper().encode(), "hex")
    try:
        text_form = part.decode()
    except UnicodeDecodeError:
        return [(name, form) for form, name in found.items()]
    for name, form in (
        ("json", json.dumps(text_form)[1:-1]),
        ("json", json.dumps(text_form, ensure_ascii=False)[1:-1]),
        ("json", json.dumps(text_form)[1:-1].replace("/", "\\/").replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        ("json", json.dumps(text_form)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        ("xml", text_form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
        ("xml", text_form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")),
        ("url", quote(text_form, safe="")),
        ("url", quote_plus(text_form, safe="")),
        ("url", quote(text_form, safe="/")),
    ):
        found.setdefault(form.encode(), name)
    for name in ("utf-16-le", "utf-16-be"):
        found.setdefault(text_form.encode(name), name)
    return [(name, form) for form, name in found.items()]


def _automaton(forms: list[tuple[bytes, Entry, str]]) -> tuple[BytesAhoCorasick, list[tuple[Entry, str]]]:
    distinct: dict[bytes, tuple[Entry, str]] = {}
    for form, entry, name in forms:
        if form:
            distinct.setdefault(form, (entry, name))
    return BytesAhoCorasick(list(distinct), matchkind=MatchKind.LeftmostLongest), list(distinct.values())


def _matches(automaton: tuple[BytesAhoCorasick, list[tuple[Entry, str]]], text: bytes) -> list[Seen]:
    matcher, owners = automaton
    return [Seen(start, end, *owners[index]) for index, start, end in matcher.find_matches_as_indexes(text)]
