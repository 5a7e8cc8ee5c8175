"""WebSocket whose messages are a service's own: text is looked through as one, all else passes or does not.

A message goes on when it is whole, in one frame. JSON is a text for itself; any other is looked through behind what was sent before it, because a
terminal's output comes in many messages. A message that is no text passes as it is, unless it has something in it that would be replaced in a text:
its lengths and sums are nobody's here, and the connection ends.
"""

from __future__ import annotations

from warden.redact.kind import HEAD, Kind, kind_of
from warden.redact.redactor import BlockedError
from warden.redact.streams.look import Sight, pieces, tail
from warden.redact.streams.outward import MESSAGE, Outward
from warden.redact.streams.switch import taken
from warden.redact.streams.websocket import BINARY, CLOSE, TEXT, Frames, closing, frame
from warden.redact.units import is_document

#: Bytes of messages before one that are looked at with it.
CONTEXT = 1 << 12


class Control:
    """Control frames of the server: they pass, and carry nothing that would be replaced in a text."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._kept = b""

    def frame(self, opcode: int, payload: bytes) -> bytes:
        """The frame to send on. Raises BlockedError."""
        self._kept = (self._kept + payload[2:] if opcode == CLOSE else self._kept + payload)[-CONTEXT:]
        if self._sight.suspects(self._kept):
            raise BlockedError("one of its control frames holds a secret")
        return frame(opcode, payload)


class Messages:
    """`Switch` for WebSocket of any kind."""

    def __init__(self, sight: Sight, outward: Outward) -> None:
        self._sight = sight
        self._outward = outward
        self._server, self._client = Frames(masked=False), Frames(masked=True)
        self._control = Control(sight)
        #: What goes on although something behind it, in the same piece, may not.
        self._made: list[bytes] = []
        self._message = bytearray()
        self._asked = bytearray()
        self._before = b""
        self._raw = b""

    waiting = False

    def from_server(self, data: bytes) -> bytes:
        """See `Switch`."""
        parts = self._made
        for piece in self._server.feed(data):
            if piece.opcode >= CLOSE:
                parts.append(self._control.frame(piece.opcode, piece.payload))
                continue
            self._message += piece.payload
            if len(self._message) > MESSAGE:
                raise BlockedError(f"one of its messages is larger than {MESSAGE >> 20} MiB")
            if piece.last:
                message = bytes(self._message)
                self._message.clear()
                parts.append(frame(piece.opcode, self._through(message, text=piece.opcode == TEXT)))
        return taken(parts)

    def _through(self, message: bytes, *, text: bool) -> bytes:
        kind = Kind.DOCUMENT if text else kind_of("", message[:HEAD])
        if not text and (kind is not Kind.DOCUMENT or kind_of("", message) is not Kind.DOCUMENT):
            if self._sight.declared is not None:
                raise BlockedError("it holds secrets by its API, in a form that is not read here; ask for JSON")
            if self._sight.known(self._raw + message, len(self._raw)) or self._sight.suspects(message):
                raise BlockedError("one of its messages is no text and holds a secret")
            self._raw = (self._raw + message)[-CONTEXT:]
            return message
        if self._sight.declared is not None or is_document(message):
            if self._sight.known(self._raw + message, len(self._raw)) and not self._sight.known(message):
                raise BlockedError("it has a secret that was seen before, a part of it in one message and a part in another")
            self._raw = (self._raw + message)[-CONTEXT:]
            return self._sight.document(message, "application/json")
        text_ = self._before + message
        made, found = self._sight.look(text_)
        new = [one for one in found if one.end > len(self._before)]
        self._sight.findings += new
        shown = [one for one in pieces(text_, made, found) if one.end > len(self._before)]
        result = tail(text_, shown, len(self._before), len(text_))
        self._before = (self._before + result)[-CONTEXT:]
        return result

    def from_client(self, data: bytes) -> bytes:
        """See `Switch`."""
        if not self._outward.fills:
            for piece in self._client.feed(data):
                self._outward.watch("messages", piece.payload)
            return data
        parts = []
        for piece in self._client.feed(data):
            # Masked anew with zeros: a mask keeps scripts from writing bytes of their choice (RFC 6455 section 10.3), and TLS does that here.
            if piece.opcode >= CLOSE:
                self._outward.watch("control", piece.payload)
                parts.append(frame(piece.opcode, piece.payload, bytes(4)))
                continue
            self._asked += piece.payload
            if len(self._asked) > MESSAGE:
                raise BlockedError(f"a message to it is larger than {MESSAGE >> 20} MiB")
            if piece.last:
                message = bytes(self._asked)
                self._asked.clear()
                parts.append(frame(piece.opcode, self._outward.message(message, text=piece.opcode != BINARY), bytes(4)))
        return b"".join(parts)

    def flush(self) -> bytes:
        """See `Switch`: nothing waits here."""
        return b""

    def finish(self) -> bytes:
        """See `Switch`. A message that has not ended is none."""
        return b""

    def farewell(self, words: bytes, sentence: str) -> bytes:
        """See `Switch`."""
        return taken(self._made) + closing(sentence)
