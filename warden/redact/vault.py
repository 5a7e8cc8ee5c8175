"""The session's map between secrets and the placeholders that stand for them. In the worker's memory only.

Two questions, both asked of every message: which of the secrets that were seen are in these bytes (coming in), and which placeholders are (going
out). Each is one pass over the bytes for all of them, in every encoding that they are looked for in (`index`).
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, quote_plus

from warden.redact import placeholder
from warden.redact.beginnings import Beginnings
from warden.redact.index import Index

#: Secrets that one session remembers. Beyond it nothing new is let in: forgetting one would let it through (`VaultFullError`).
CAPACITY = 20_000
#: Private keys of one session whose placeholders are keys themselves. A file of a thousand would keep the session waiting for a minute.
KEYS = 64
#: Bytes of a secret that is looked for in all its encodings, and of what of a longer one is looked for.
WHOLE, PART = 4096, 64
#: Bits, estimated from length and kinds of characters, below which a secret counts as guessable.
STRONG_BITS = 56.0


class VaultFullError(Exception):
    """The session has seen more secrets than can be remembered."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a placeholder becomes its secret again.

    `hosts` are names, ``*.suffix`` patterns, or built-in ones with a label that may be any (``bedrock.*.amazonaws.com``), in lower case. `fields` are
    ``authorization`` (any scheme, Basic's inside included), ``bearer``, ``basic``, ``header:NAME``, ``query:NAME``, ``form:NAME``, ``body`` (anywhere
    in it), ``json:a.b.0`` (that value, and what is below it; a dot in a key is ``\\.``), ``path`` (a whole segment). `paths`, where there are any,
    are the paths (without the query) that requests must have, where ``*`` is anything within one segment. A binding without fields says that a broker
    looks after that dummy on those hosts: it passes as it is.
    """

    hosts: tuple[str, ...]
    fields: tuple[str, ...]
    paths: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """Whether requests to `host` may carry the secret at all."""
        return any(
            host == one or (one.startswith("*.") and host.endswith(one[1:])) or (".*." in one and _fits(one, host)) for one in self.hosts
        )

    def admits(self, path: str) -> bool:
        """Whether requests for `path` may."""
        return not self.paths or any(_segments(pattern).fullmatch(path) for pattern in self.paths)


@dataclass(slots=True, eq=False)
class Entry:
    """One secret. `bindings` grows as the secret is met in other places; `receivers` are the hosts that have been sent it.

    `resolve` fetches the secret of a placeholder that was made before it was known (`Vault.reserve`); until then `secret` is empty.
    """

    secret: bytes = field(repr=False)
    placeholder: bytes
    strong: bool
    bindings: list[Binding] = field(default_factory=list)
    receivers: set[str] = field(default_factory=set)
    resolve: Callable[[], bytes] | None = field(default=None, repr=False)


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
        self._secrets: Index[tuple[Entry, str]] = Index()
        self._placeholders: Index[tuple[Entry, str]] = Index()
        self._beginnings = Beginnings()
        #: Patterns of hosts into whose bodies a secret may go.
        self._bodies: set[str] = set()
        #: Private keys that have been met.
        self._keys = 0
        #: Entries whose secrets are in the index.
        self._watched: set[int] = set()

    def __repr__(self) -> str:
        return f"Vault({len(self._by_placeholder)} secrets)"

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._by_placeholder)

    def entries(self) -> Iterable[Entry]:
        """All of them, in the order in which they were met."""
        return self._by_placeholder.values()

    def admit(
        self,
        secret: bytes,
        *,
        place: str = "",
        shape: str = "",
        stand_in: bytes | None = None,
        binding: Binding | tuple[Binding, ...] = (),
    ) -> Entry:
        """The entry of `secret`, made when it is new.

        The same secret has the same placeholder all session long. A guessable one has it per `place` (where it was found), or an agent could write
        its guesses somewhere, read them back, and compare placeholders. What is a placeholder already is no secret: it has its entry, and gets no
        other binding. `stand_in` is the placeholder to use for a new one (a dummy that a broker made); ValueError when it stands for another secret.
        Raises VaultFullError.
        """
        if (already := self._by_placeholder.get(secret)) is not None:
            return already
        strong = is_strong(secret)
        key = (secret, "" if strong else place)
        entry = self._by_secret.get(key)
        if entry is None:
            made = stand_in or self._made(secret.decode("utf-8", "surrogateescape"), shape)
            entry = self._by_secret[key] = self._enter(Entry(secret, made, strong))
            if strong:
                self._watch(entry)
        for one in (binding,) if isinstance(binding, Binding) else binding:
            self._bind(entry, one)
        return entry

    def _made(self, secret: str, shape: str) -> bytes:
        if placeholder.is_key(secret):
            self._keys += 1
            if self._keys > KEYS:
                return placeholder.armoured(secret).encode()
        return placeholder.make(secret, shape).encode("utf-8", "surrogateescape")

    def reserve(self, stand_in: bytes, binding: Binding, resolve: Callable[[], bytes]) -> Entry:
        """An entry whose secret is fetched when it is first sent: `resolve` is asked each time, and may raise CredentialError. Raises as `admit`."""
        entry = self._enter(Entry(b"", stand_in, strong=False, resolve=resolve))
        self._bind(entry, binding)
        return entry

    def secret_of(self, entry: Entry) -> bytes:
        """The secret, fetched where it must be. One that has changed is looked for as well as those before it."""
        if entry.resolve is not None and (secret := entry.resolve()) != entry.secret:
            entry.secret, entry.strong = secret, is_strong(secret)
            self._watched.discard(id(entry))
            # Seen in an answer from now on, it is this entry's. One that was seen there before keeps its placeholder as well.
            self._by_secret.setdefault((secret, "") if entry.strong else (secret, f"entry {entry.placeholder!r}"), entry)
            if entry.strong or entry.receivers:
                self._watch(entry)
        return entry.secret

    def entry_of(self, stand_in: bytes) -> Entry | None:
        """Whose placeholder this is."""
        return self._by_placeholder.get(stand_in)

    def fills_bodies(self, host: str) -> bool:
        """Whether any secret may go into the body of a request to `host`."""
        return host in self._bodies or any(one.startswith("*.") and host.endswith(one[1:]) for one in self._bodies)

    def sent(self, entry: Entry, host: str) -> None:
        """Remembers that `host` was sent the secret: its answers are watched for it, guessable or not."""
        entry.receivers.add(host)
        self._watch(entry)

    def secrets_in(self, text: bytes, host: str = "") -> list[Seen]:
        """Which known secrets are in `text`, left to right, none overlapping: strong ones anywhere, guessable ones where `host` was sent them."""
        found = [Seen(start, end, *owner) for start, end, owner in self._secrets.find(text)]
        return _apart([seen for seen in found if seen.entry.strong or host in seen.entry.receivers])

    def begun(self, text: bytes) -> int:
        """How many bytes at the end of `text` may be the beginning of a known secret, in whichever encoding (see `Beginnings.at_end`)."""
        return self._beginnings.at_end(text)

    def placeholders_in(self, text: bytes) -> list[Seen]:
        """Which placeholders are in `text`, left to right, none overlapping."""
        return _apart([Seen(start, end, *owner) for start, end, owner in self._placeholders.find(text)])

    def _bind(self, entry: Entry, binding: Binding) -> None:
        if binding not in entry.bindings:
            entry.bindings.append(binding)
            if any(name == "body" or name.startswith(("json:", "form:")) for name in binding.fields):
                self._bodies.update(binding.hosts)

    def _enter(self, entry: Entry) -> Entry:
        if len(self._by_placeholder) >= CAPACITY:
            raise VaultFullError
        if entry.placeholder in self._by_placeholder:
            raise ValueError("a placeholder stands for one secret")
        self._by_placeholder[entry.placeholder] = entry
        for name, form in encodings(entry.placeholder):
            self._placeholders.add(form, (entry, name))
        return entry

    def _watch(self, entry: Entry) -> None:
        if entry.secret and id(entry) not in self._watched:
            self._watched.add(id(entry))
            for name, form in encodings(entry.secret):
                self._secrets.add(form, (entry, name))
                self._beginnings.add(form)


def _apart(found: list[Seen]) -> list[Seen]:
    """Leftmost first, of those that begin together the longest. What reaches beyond the one before it is kept from there on, so that no end stays."""
    kept: list[Seen] = []
    end = 0
    for seen in sorted(found, key=lambda one: (one.start, -one.end)):
        if seen.start >= end:
            kept.append(seen)
        elif seen.end > end:
            kept.append(Seen(end, seen.end, seen.entry, "raw"))
        else:
            continue
        end = seen.end
    return kept


def _fits(pattern: str, host: str) -> bool:
    labels, own = pattern.split("."), host.split(".")
    return len(labels) == len(own) and all(label in ("*", one) for label, one in zip(labels, own, strict=True))


@lru_cache(maxsize=4096)
def _segments(pattern: str) -> re.Pattern[str]:
    return re.compile("[^/]*".join(re.escape(part) for part in pattern.split("*")))


#: How many characters there are of a kind, and one of them.
_KINDS = tuple((size, re.compile(kind)) for size, kind in ((26, rb"[a-z]"), (26, rb"[A-Z]"), (10, rb"[0-9]"), (33, rb"[^A-Za-z0-9]")))


def is_strong(secret: bytes) -> bool:
    """Whether nobody arrives at `secret` by trying: only such are looked for everywhere, since finding one confirms a guess."""
    if len(secret) < 10 or len(set(secret)) < 6:
        return False
    kinds = sum(size for size, kind in _KINDS if kind.search(secret, 0, 256))
    return len(secret) * math.log2(max(kinds, 2)) >= STRONG_BITS


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
#: What no serializer escapes.
_UNESCAPED = re.compile(r"[A-Za-z0-9._-]*")


def encodings(secret: bytes) -> list[tuple[str, bytes]]:
    """The forms in which `secret` is looked for, by name. Base64 has three, by where in the encoded text the secret begins; its ends, which depend on
    the neighbours, are left out.
    """
    found: dict[bytes, str] = {secret: "raw"}
    part = secret if len(secret) <= WHOLE else secret[:PART]
    if part is not secret:
        found[part] = "part"
    for shift in range(3):
        start = -(-shift * 8 // 6)
        end = (shift + len(part)) * 8 // 6
        if end - start >= 12:
            text = base64.b64encode(bytes(shift) + part)[start:end]
            found.setdefault(text, f"base64:{shift}")
            found.setdefault(text.translate(_URL_SAFE), f"base64:{shift}")
    if len(part) >= 8:
        found.setdefault(part.hex().encode(), "hex")
        found.setdefault(part.hex().upper().encode(), "hex")
        found.setdefault(part.hex(" ").encode(), "hex spaced")  # S3's CanonicalRequestBytes, and dumps
        found.setdefault(part.hex(" ").upper().encode(), "hex spaced")
    try:
        text_form = part.decode()
    except UnicodeDecodeError:
        return [(name, form) for form, name in found.items()]
    # Nearly every token has no other spelling: a third of the work that a secret makes.
    for name, form in (
        ()
        if _UNESCAPED.fullmatch(text_form)
        else (
            *_json(text_form),
            ("json:2", json.dumps(json.dumps(text_form)[1:-1])[1:-1]),  # JSON inside a string of JSON
            ("xml", text_form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
            ("xml", text_form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#39;")),
            ("xml", text_form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")),
            *_url(text_form),
        )
    ):
        found.setdefault(form.encode(), name)
    for name in ("utf-16-le", "utf-16-be"):
        found.setdefault(text_form.encode(name), name)
    return [(name, form) for form, name in found.items()]


def _json(text: str) -> list[tuple[str, str]]:
    """The spellings of common serializers: Python's, JavaScript's, PHP's (slashes), Go's (what HTML minds), .NET's (that, quotes and plus)."""
    ascii_only, html = json.dumps(text)[1:-1], str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
    dotnet = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "'": "\\u0027", "+": "\\u002B", "`": "\\u0060"})
    forms = (
        ascii_only,
        json.dumps(text, ensure_ascii=False)[1:-1],
        ascii_only.replace("/", "\\/"),
        ascii_only.translate(html),
        ascii_only.replace("/", "\\/").translate(html),
        ascii_only.replace('\\"', "\\u0022").translate(dotnet),
    )
    return [("json", form) for form in forms]


def _url(text: str) -> list[tuple[str, str]]:
    forms = [quote(text, safe=""), quote_plus(text, safe=""), quote(text, safe="/"), quote(text, safe="!'()*")]
    return [("url", form) for one in forms for form in (one, re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), one))]
