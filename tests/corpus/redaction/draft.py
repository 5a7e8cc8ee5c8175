"""A response while it is written: what is hidden in it, what must be kept, and the bytes."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.corpus.redaction.mint import Mint

#: Changing it changes every secret and so every result: there is one corpus.
SEED = "warden-redaction-1"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not come out."""

    #: Decoded: as whoever uses it types it, not as the response writes it.
    value: str
    #: "schema" where the API itself declares it secret; a miss there is a bug, not a statistic. Else empty.
    layer: str


@dataclass(frozen=True, slots=True)
class Record:
    """One response with its request, its secrets and its look-alikes."""

    id: str
    family: str
    half: str
    request: Mapping[str, object]
    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: tuple[Secret, ...]
    #: Exact texts of the decoded body or of a header.
    lookalikes: tuple[str, ...]

    def line(self, chunks: list[int] | None = None) -> dict[str, object]:
        """As `warden redact` reads it. `chunks` are sizes in bytes whose sum is the body's."""
        line: dict[str, object] = {
            "request": self.request,
            "status": self.status,
            "headers": dict(self.headers),
            "body_b64": base64.b64encode(self.body).decode(),
        }
        return line if chunks is None else {**line, "chunks": chunks}


@dataclass(slots=True)
class Draft:
    """Filled by one function of a family's module. The last of `json`, `text` and `raw` that is called gives the body."""

    mint: Mint
    method: str = "GET"
    url: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    request_body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    secrets: dict[str, str] = field(default_factory=dict)
    lookalikes: dict[str, None] = field(default_factory=dict)

    def hide(self, value: str, *, schema: bool = False) -> str:
        """Notes a secret and gives it back."""
        self.secrets.setdefault(value, "schema" if schema else "")
        return value

    def keep(self, text: str) -> str:
        """Notes a look-alike and gives it back."""
        self.lookalikes[text] = None
        return text

    def kept(self, *texts: str) -> None:
        """Notes look-alikes that the body has anyway."""
        for text in texts:
            self.keep(text)

    def ask(self, method: str, url: str, body: bytes = b"", **headers: str) -> None:
        """The request; a header's name is written with underscores."""
        self.method, self.url, self.request_body = method, url, body
        self.request_headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def json(self, answer: object, *, indent: int | None = None, kind: str = "application/json", tight: bool = False) -> None:
        separators = (",", ":") if tight else None
        self.text(json.dumps(answer, indent=indent, separators=separators, ensure_ascii=False), kind)

    def text(self, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        self.raw(text.encode(), kind)

    def raw(self, body: bytes, kind: str) -> None:
        self.body = body
        self.headers["content-type"] = kind

    def packed(self, coding: str, pack: Callable[[bytes], bytes]) -> None:
        """Puts a content coding around the body."""
        self.body = pack(self.body)
        self.headers["content-encoding"] = coding


def record(half: str, family: str, name: str, write: Callable[[Draft], None]) -> Record:
    """Runs one function of a family's module."""
    identity = f"{half}/{family}/{name}"
    draft = Draft(Mint(f"{SEED}:{identity}"))
    write(draft)
    headers = {**draft.headers, "content-length": str(len(draft.body))}
    request: dict[str, object] = {"method": draft.method, "url": draft.url}
    if draft.request_headers:
        request["headers"] = draft.request_headers
    if draft.request_body:
        request["body_b64"] = base64.b64encode(draft.request_body).decode()
    secrets = tuple(Secret(value, layer) for value, layer in draft.secrets.items())
    return Record(identity, family, half, request, draft.status, headers, draft.body, secrets, tuple(draft.lookalikes))


def b64(text: str | bytes) -> str:
    """Standard base64 of a text or bytes."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def packed(text: str | bytes) -> bytes:
    """gzip, without the time that would make it another every time."""
    return gzip.compress(text.encode() if isinstance(text, str) else text, mtime=0)
