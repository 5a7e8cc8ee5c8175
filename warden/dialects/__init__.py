"""Dialects read wire messages as Actions and write Decisions as native denials.

A dialect is pure: bytes in, values out, no I/O, no clock. It never guesses: a message with two readings raises `DecodeError`,
and an operation that the tables do not know is an Action whose verb is ``unknown``.

What they share:

- `framing`     what must hold of any request before a dialect reads it
- `uri`         request targets: segments and pairs, decoded once
- `trie`        path patterns: literal segments, labels, greedy labels
- `body`        strict readers of bodies
- `paths`       where a parameter is in a request, and the walk to it
- `conditions`  what depends on parameters: the harms that are not in an operation's name
- `gravity`     which of two verbs counts
- `answer`      what denials of all dialects have in common
- `sql`         statements that travel in API calls

`warden.decoder.Decoder` holds them in order: the first that claims a host reads its requests, and `http`, last, claims the rest.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from warden.model import Action, HttpRequest, HttpResponse, Ruling


class Dialect(Protocol):
    """What one provider's HTTP dialect does. Implementations are stateless but for lazily loaded tables."""

    #: The provider's name: ``aws``, ``gcp``, ``kubernetes``, ``http``.
    name: str
    #: Whether `decode` reads ``X-HTTP-Method-Override`` itself, as both methods. Any other dialect never sees a request that has one.
    method_override: bool

    def claims(self, host: str, port: int) -> bool:
        """Whether requests to this host (lower case, no trailing dot) are this dialect's to read, known operation or not."""
        ...

    def needs_body(self, request: HttpRequest) -> bool:
        """Whether `decode` must have the body, judged from everything but the body. May raise DecodeError."""
        ...

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        """The actions that this request asks for: at least one. Raises DecodeError when there is no single certain reading.

        With `request.body` None, a body-dependent operation is read as its worst effect.
        """
        ...

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        """The denial in the service's own error format: 403, a code that no SDK retries, the request id header, `sentence` as message.

        Must work for any request, also one that `decode` refused: then in the format that the host's clients most likely parse.
        """
        ...


@runtime_checkable
class ReadsPrefix(Protocol):
    """A dialect to which the first bytes of a body tell something, when the whole is too large to be read."""

    def needs_prefix(self, request: HttpRequest) -> bool:
        """Whether `decode` can use `request.prefix`, judged from everything but the body. Asked when `needs_body` said yes. May raise DecodeError."""
        ...
