"""Placeholders in a request become secrets, each where its binding says and nowhere else.

Two different things, and which one is the lock:

- A placeholder is *replaced* only in a place that is read exactly (a whole header value, a query parameter, a string of a JSON body, ...) and
  that its binding names, on a host that its binding names, over TLS. Nothing else ever turns into a secret: what is not recognized leaves as
  the placeholder that it is.
- A placeholder anywhere else that is recognized (raw, percent-encoded, in base64, compressed) makes the request be refused: the agent meant the
  secret, and a server that stored the placeholder would break something later. This is for the agent's sake. A placeholder alone tells nothing.

Order: the policy has decided on the request with placeholders in it; what this returns is given its other credentials, and sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote_to_bytes

from warden.errors import CredentialError
from warden.model import HttpRequest
from warden.redact import chunks, content
from warden.redact.content import Place
from warden.redact.transcripts import HOSTS as TRANSCRIPTS
from warden.redact.vault import Entry, Seen, Vault

#: Bytes of a body that is read although nothing may go into it.
READ = 1 << 20
#: RFC 9110 section 11.4, and what some APIs put behind the scheme (``Token token=...``).
_SCHEME = re.compile(r"(([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(?:token=)?)(.*)", re.DOTALL)


@dataclass(slots=True, eq=False)
class Filling:
    """The walk of one request: whose placeholders may become secrets in which place, and which have."""

    request: HttpRequest
    vault: Vault
    transcript: bool
    used: list[Entry]

    def secret(self, entry: Entry, place: Place) -> bytes | None:
        """The secret to write in `place`; None to leave the placeholder as it is. Raises CredentialError where it must not be."""
        path = self.request.target.partition("?")[0]
        here = [binding for binding in entry.bindings if binding.covers(self.request.host)]
        if any(binding.admits(path) and any(place.is_named(name) for name in binding.fields) for binding in here):
            if self.request.scheme != "https":
                raise CredentialError("secret-over-http", f"No secret is sent to {self.request.host} over plain HTTP.", "Use https://.")
            secret = self.vault.secret_of(entry)
            if place.line and re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", secret):
                raise CredentialError("secret-unsendable", f"The secret cannot be sent as {place.where}: it has control characters.")
            self.used.append(entry)
            return secret
        # A binding without fields: a broker looks after that dummy by itself.
        if any(not binding.fields for binding in here) or (self.transcript and place.body):
            return None
        raise CredentialError(
            "placeholder-elsewhere",
            f"The request has the placeholder of a secret in {place.where}, where that secret may not go.",
            _where(entry),
        )


def filling(request: HttpRequest, vault: Vault, transcripts: tuple[str, ...] = ()) -> Filling:
    """The walk of `request`, or of what is sent on a connection that it has switched to another protocol."""
    return Filling(request, vault, is_transcript(request.host, transcripts), [])


def substitute(request: HttpRequest, vault: Vault, transcripts: tuple[str, ...] = ()) -> HttpRequest:
    """`request` with the secrets of the placeholders in it. A body that was not read (None) stays: `Watch` looks at it as it passes.

    `transcripts` are more shell patterns of hosts like those of :mod:`warden.redact.transcripts`. Raises CredentialError ``placeholder-elsewhere``,
    ``placeholder-encoded``, ``secret-unsendable``, ``secret-over-http``, or what fetching a secret raises.
    """
    if not vault:
        return request
    walk = filling(request, vault, transcripts)
    target = _target(request.target, walk)
    headers = tuple((name, _header(name, value, walk)) for name, value in request.headers)
    body = request.body
    if body and not (walk.transcript and not vault.fills_bodies(request.host)):
        try:
            body = content.fill(body, request.header_values("content-type"), request.header_values("content-encoding"), walk)
        except content.UnchangeableError as error:
            if not walk.transcript:
                raise CredentialError(
                    "placeholder-encoded",
                    f"The request has the placeholder of a secret in its body, in {error}, where none can be replaced.",
                    "Send it in a body of text, JSON, YAML, XML or a form, at once (AWS: AWS_REQUEST_CHECKSUM_CALCULATION=when_required).",
                ) from None
    for entry in walk.used:
        vault.sent(entry, request.host)
    if not walk.used:
        return request
    if body is not request.body and body is not None:
        headers = tuple((name, _of_body(name.lower(), value, body)) for name, value in headers)
        return replace(request, target=target, headers=headers, body=body, body_length=len(body))
    return replace(request, target=target, headers=headers)


def wants_body(request: HttpRequest, vault: Vault) -> bool:
    """Whether the body should be read before `substitute`: a secret may go into bodies of that host, or a placeholder is to be refused in words.

    A stream of messages (gRPC) goes on while it is answered, and cannot be changed: it is never waited for. Nor is a body of unknown or great length
    that nothing may go into; `Watch` sees it pass.
    """
    if not vault or any(content.is_framed(kind) for kind in request.header_values("content-type")):
        return False
    small = request.body_length is not None and request.body_length <= READ
    return vault.fills_bodies(request.host) or (small and not is_transcript(request.host))


def is_transcript(host: str, more: tuple[str, ...] = ()) -> bool:
    """Whether bodies to `host` are transcripts."""
    return any(fnmatchcase(host, pattern) for pattern in (*TRANSCRIPTS, *more))


class Watch:
    """A body that is not read, looked at as it passes: the raw placeholder and its usual encodings, across pieces too."""

    #: Bytes kept of what has passed: no placeholder's form but an RSA key's is longer.
    KEPT = 8192

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._kept = b""

    def feed(self, piece: bytes) -> bool:
        """Whether a placeholder has passed with this piece, whole."""
        return bool(self.passed(piece))

    def passed(self, piece: bytes) -> list[Seen]:
        """The placeholders that have passed with this piece, whole."""
        text = self._kept + piece
        self._kept = text[-self.KEPT :]
        return [seen for seen in self._vault.placeholders_in(text) if seen.end > len(text) - len(piece)]


def _where(entry: Entry) -> str:
    """In words, where the secret may go."""
    places = [f"{', '.join(one.hosts)} ({', '.join(one.fields)})" for one in entry.bindings if one.fields]
    if not places:
        return "It stands for a secret that was seen in an answer, and may not be sent on."
    more = " and other places" if len(places) > 3 else ""
    return f"It may go to {'; '.join(dict.fromkeys(places[:3]))}{more}."


def _target(target: str, filling: Filling) -> str:
    if not content.holds(target.encode("latin-1", "replace"), filling.vault):
        return target
    path, mark, query = target.partition("?")
    segments = [_percent(segment, Place(("path",), "its path", line=True), filling) for segment in path.split("/")]
    pairs = []
    for pair in query.split("&") if mark else ():
        name, equals, value = pair.partition("=")
        _percent(name, Place((), "the name of a query parameter", line=True), filling)
        named = unquote_to_bytes(name.replace("+", " ")).decode("utf-8", "replace")
        place = Place((f"query:{named}",), f"the query parameter {named[:64]}", line=True, whole=True)
        pairs.append(name + equals + _percent(value.replace("+", "%20"), place, filling, else_=value))
    return "/".join(segments) + mark + "&".join(pairs)


def _percent(text: str, place: Place, filling: Filling, else_: str | None = None) -> str:
    """Percent-encoded text, decoded, filled, and encoded anew where it has changed; as it was (`else_`) where it has not."""
    made = _line(decoded := unquote_to_bytes(text), place, filling)
    if made == decoded:
        return text if else_ is None else else_
    return quote(made, safe="")


def _line(raw: bytes, place: Place, filling: Filling) -> bytes:
    """A value of the head, filled. One that hides a placeholder in some encoding is refused."""
    made = content.text(raw, place, filling)
    if made == raw:
        for text in (unquote_to_bytes(raw), *content.decoded_runs(raw)):
            for seen in filling.vault.placeholders_in(text) if text != raw else ():
                filling.secret(seen.entry, Place((), f"{place.where}, encoded"))
    return made


def _header(name: str, value: str, filling: Filling) -> str:
    lower = name.lower()
    _line(name.encode("latin-1", "replace"), Place((), "the name of a header", line=True), filling)
    if lower == "authorization" and (match := _SCHEME.fullmatch(value)):
        front, scheme = match[1], match[2].lower()
        if scheme == "basic" and (pair := _basic(match[3])) is not None:
            return _filled_basic(value, front, pair, filling)
        fields: tuple[str, ...] = ("authorization", "header:authorization", *(("bearer",) if scheme == "bearer" else ()))
        return front + _value(match[3], Place(fields, f"the Authorization header ({scheme[:32]})", line=True, whole=True), filling)
    place = Place(
        (f"header:{lower}", *(("authorization",) if lower == "authorization" else ())), f"the header {lower[:64]}", line=True, whole=True
    )
    if lower == "cookie":
        pairs = [pair.partition("=") for pair in value.split(";")]
        return ";".join(
            [name + equals + _value(one, place, filling) if equals else _value(name, place, filling) for name, equals, one in pairs]
        )
    return _value(value, place, filling)


def _value(value: str, place: Place, filling: Filling) -> str:
    raw = value.encode("latin-1", "replace")
    return _line(raw, place, filling).decode("latin-1") if content.holds(raw, filling.vault) else value


def _filled_basic(value: str, front: str, pair: bytes, filling: Filling) -> str:
    place = Place(("authorization", "header:authorization", "basic"), "the Authorization header (Basic)", line=True, whole=True)
    user, colon, password = pair.partition(b":")
    made_user, made_password = _line(user, place, filling), _line(password, place, filling)
    if made_user != user and b":" in made_user and colon:
        raise CredentialError("secret-unsendable", "The secret cannot be the user name of Basic: it has a colon.")
    made = made_user + colon + made_password
    return value if made == pair else front + base64.b64encode(made).decode()


def _basic(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _of_body(name: str, value: str, body: bytes) -> str:
    """A header that says something of the body, for the body as it is now."""
    if name == "content-length":
        return str(len(body))
    if name == "x-amz-decoded-content-length" and (found := chunks.payload(body)) is not None:
        return str(len(found[0]))
    if name == "content-md5":
        return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return value
