"""What the client sends: its placeholders.

A message of WebSocket is a whole, as a body is: in it a placeholder becomes its secret where a binding names the host and its place in a body.
A stream (what is typed into a shell, a forwarded port) has no places that a binding could name: nothing becomes a secret there, and a placeholder
that passes ends the stream, as the request would have been refused that has one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from warden.errors import CredentialError
from warden.redact import content
from warden.redact.content import Place
from warden.redact.outgoing import Filling, Watch

#: Bytes of a message that is read.
MESSAGE = 8 << 20


class Outward:
    """The client's side of one connection. All its methods raise CredentialError."""

    def __init__(self, filling: Filling) -> None:
        self._filling = filling
        self._watches: dict[Hashable, Watch] = {}

    @property
    def fills(self) -> bool:
        """Whether a secret may be put into messages."""
        return self._filling.vault.fills_bodies(self._filling.request.host)

    def watch(self, stream: Hashable, data: bytes) -> None:
        """`data` goes on as it is, in this stream, behind what went before."""
        watch = self._watches.setdefault(stream, Watch(self._filling.vault))
        for seen in watch.passed(data):
            # None: a transcript, or the dummy of a broker that looks after it.
            if self._filling.secret(seen.entry, Place((), "what is sent on a stream", body=True)) is not None:
                raise AssertionError("a place without a name is in no binding")

    def message(self, said: bytes, *, text: bool) -> bytes:
        """A whole message, filled."""
        if not content.holds(said, self._filling.vault):
            return said
        place = replace(content.BODY, where="a message")
        if not text:
            self.watch("messages", said)
            return said
        try:
            made = content.text(said, place, self._filling)
        except content.UnchangeableError as error:
            raise CredentialError("placeholder-encoded", f"A message has the placeholder of a secret in {error}.") from None
        for entry in self._filling.used:
            self._filling.vault.sent(entry, self._filling.request.host)
        return made
