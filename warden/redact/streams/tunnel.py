"""SPDY inside WebSocket: how kubectl forwards a port since Kubernetes 1.30. The binary messages, one behind the other, are its bytes.

https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

from warden.redact.redactor import BlockedError
from warden.redact.streams.look import Sight
from warden.redact.streams.messages import Control
from warden.redact.streams.outward import Outward
from warden.redact.streams.spdy import Spdy
from warden.redact.streams.switch import taken
from warden.redact.streams.websocket import BINARY, CLOSE, Frames, frame


class Tunnel:
    """`Switch` for what is in it, in messages."""

    def __init__(self, sight: Sight, outward: Outward, inner: Spdy) -> None:
        self._inner = inner
        self._outward = outward
        self._server, self._client = Frames(masked=False), Frames(masked=True)
        self._control = Control(sight)
        self._made: list[bytes] = []

    def from_server(self, data: bytes) -> bytes:
        """See `Switch`."""
        parts = self._made
        for piece in self._server.feed(data):
            if piece.opcode == CLOSE:
                parts.append(self.finish())
            if piece.opcode >= CLOSE:
                parts.append(self._control.frame(piece.opcode, piece.payload))
                continue
            if piece.opcode != BINARY:
                raise BlockedError("one of its messages is not of the protocol that was agreed on")
            parts.append(self._framed(self._inner.from_server(piece.payload)))
        return taken(parts)

    def from_client(self, data: bytes) -> bytes:
        """See `Switch`: all of it as it is."""
        for piece in self._client.feed(data):
            if piece.opcode >= CLOSE:
                self._outward.watch("control", piece.payload)
            else:
                self._inner.from_client(piece.payload)
        return data

    @property
    def waiting(self) -> bool:
        """See `Switch`."""
        return self._inner.waiting

    def flush(self) -> bytes:
        """See `Switch`."""
        return self._framed(self._inner.flush())

    def finish(self) -> bytes:
        """See `Switch`."""
        return self._framed(self._inner.finish())

    def farewell(self, words: bytes, sentence: str) -> bytes:
        """See `Switch`. Without a closing frame, before which kubectl may not have read it."""
        return taken(self._made) + self._framed(self._inner.farewell(words, sentence))

    @staticmethod
    def _framed(made: bytes) -> bytes:
        return frame(BINARY, made) if made else b""
