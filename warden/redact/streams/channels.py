"""Kubernetes' streams over WebSocket: each message is a piece of one, behind the number of its channel.

https://pkg.go.dev/k8s.io/streaming/pkg/httpstream/wsstream: ``channel.k8s.io`` has a byte in front of each binary message, ``base64.channel.k8s.io``
a digit in front of each text message, the rest of which is base64; v4 and v5 end with a Status on the error channel. Of exec and attach, 0 is what is
typed, 1 and 2 what is printed, 3 the error, 4 the terminal's size, 255 says (v5) that a channel has ended. Of port-forward, each port has two, of
which the second is for errors, and each of them begins with the port's number in two bytes. ``binary.k8s.io`` has no channels.

A message is a piece of a stream and no unit: what goes on is framed anew.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from warden.redact.redactor import BlockedError
from warden.redact.streams.across import Across
from warden.redact.streams.forward import Forward
from warden.redact.streams.live import Live
from warden.redact.streams.look import Sight
from warden.redact.streams.messages import Control
from warden.redact.streams.outward import MESSAGE, Outward
from warden.redact.streams.switch import Unit, taken
from warden.redact.streams.websocket import BINARY, CLOSE, NORMAL, TEXT, Frames, closing, frame

STDIN, STDOUT, STDERR, ERROR, RESIZE, ENDED = 0, 1, 2, 3, 4, 255
#: Bytes in front of each stream of a forwarded port.
_PORT = 2


class Channels:
    """`Switch` for one of these protocols. `forwards`: ports, where the streams of a container would be. `status`: errors are told as a Status."""

    def __init__(
        self,
        sight: Sight,
        outward: Outward,
        *,
        coded: bool = False,
        forwards: Callable[[], Forward] | None = None,
        single: bool = False,
        status: bool = True,
    ) -> None:
        self._sight = sight
        self._outward = outward
        self._coded = coded
        self._single = single
        self._status = status
        self._make_forward = forwards
        self._server, self._client = Frames(masked=False), Frames(masked=True)
        self._control = Control(sight)
        self._across = Across(sight)
        #: What goes on although something behind it, in the same piece, may not.
        self._made: list[bytes] = []
        self._streams: dict[int, Unit] = {}
        self._forwards: dict[int, Forward] = {}
        #: Bytes of the port's number that are to come, by channel.
        self._ports: dict[int, int] = {}
        #: Whether the message that is under way has said nothing yet.
        self._bare = True
        self._channel: dict[bool, int | None] = {True: None, False: None}
        self._text: dict[bool, bytearray] = {True: bytearray(), False: bytearray()}

    # --- from the server ---------------------------------------------------------------------------------------------------------

    def from_server(self, data: bytes) -> bytes:
        """See `Switch`."""
        parts = self._made
        for piece in self._server.feed(data):
            if piece.opcode == CLOSE:
                parts.append(self.finish())
            if piece.opcode >= CLOSE:
                parts.append(self._control.frame(piece.opcode, piece.payload))
                continue
            if (piece.opcode == TEXT) is not self._coded:
                raise BlockedError("one of its messages is not of the protocol that was agreed on")
            channel, payload = self._said(piece.payload, piece.first, piece.last, server=True)
            self._bare = (self._bare or piece.first) and not payload
            if channel is not None and payload:
                parts += self._on(channel, payload)
            elif channel is not None and piece.last and self._bare:  # a stream that is there, and says nothing yet
                parts.append(self._frame(channel, b""))
        return taken(parts)

    def _on(self, channel: int, payload: bytes) -> list[bytes]:
        parts = []
        if channel == ENDED and not self._single:
            if len(payload) > 1:
                raise BlockedError("one of its messages is not of the protocol that was agreed on")
            ended = payload[0]
            return [*self._frames(ended, self._stream(ended).finish()), self._frame(channel, payload)]
        if self._make_forward is not None and (left := self._ports.setdefault(channel, _PORT)):
            port, payload = payload[:left], payload[left:]
            self._ports[channel] = left - len(port)
            parts.append(self._frame(channel, port))
        if channel in (STDOUT, STDERR) and self._make_forward is None:
            self._across.feed(channel, payload)
        if channel == ERROR and self._make_forward is None:
            parts.append(self.flush())  # a command has not succeeded before what it printed may go on
        return parts + self._frames(channel, self._stream(channel).feed(payload))

    def _said(self, payload: bytes, first: bool, last: bool, *, server: bool) -> tuple[int | None, bytes]:
        """The channel of a piece, None when it is not there yet, and what it says."""
        if self._coded:
            text = self._text[server]
            text += payload
            if len(text) > MESSAGE:
                raise BlockedError(f"one of its messages is larger than {MESSAGE >> 20} MiB")
            if not last:
                return None, b""
            message = bytes(text)
            text.clear()
            if not message and not self._single:
                return None, b""
            try:
                channel = 0 if self._single else int(message[:1])
                return channel, base64.b64decode(message if self._single else message[1:], validate=True)
            except (ValueError, binascii.Error):
                raise BlockedError("one of its messages is not of the protocol that was agreed on") from None
        if self._single:
            return 0, payload
        if first:
            self._channel[server] = None
        channel_ = self._channel[server]
        if channel_ is None and payload:
            channel_ = self._channel[server] = payload[0]
            payload = payload[1:]
        return channel_, payload

    def _stream(self, channel: int) -> Unit:
        if channel not in self._streams:
            ported = self._make_forward is not None and channel % 2 == 0
            self._streams[channel] = self._forward(channel) if ported else Live(self._sight)
        return self._streams[channel]

    def _forward(self, channel: int) -> Forward:
        if channel not in self._forwards:
            assert self._make_forward is not None
            self._forwards[channel] = self._make_forward()
        return self._forwards[channel]

    def _frames(self, channel: int, made: bytes) -> list[bytes]:
        return [self._frame(channel, made)] if made else []

    def _frame(self, channel: int, made: bytes) -> bytes:
        if self._coded:
            number = b"" if self._single else str(channel).encode()
            return frame(TEXT, number + base64.b64encode(made))
        return frame(BINARY, (b"" if self._single else bytes([channel])) + made)

    @property
    def waiting(self) -> bool:
        """See `Switch`."""
        return any(stream.waiting for stream in self._streams.values())

    def flush(self) -> bytes:
        """See `Switch`."""
        return b"".join(part for channel in sorted(self._streams) for part in self._frames(channel, self._streams[channel].flush()))

    def finish(self) -> bytes:
        """See `Switch`."""
        return b"".join(part for channel in sorted(self._streams) for part in self._frames(channel, self._streams[channel].finish()))

    def farewell(self, words: bytes, sentence: str) -> bytes:
        """See `Switch`."""
        before = taken(self._made)
        if self._single:
            return before + closing(sentence)
        # Closed as a server that has said all: of any other end, clients show nothing else, and not what the error channel said before it.
        if self._make_forward is None:
            return before + self._frame(ERROR, words if self._status else sentence.encode()) + closing(sentence, NORMAL)
        errors = [channel + 1 for channel in self._forwards]
        return before + b"".join(self._frame(channel, sentence.encode()) for channel in errors) + closing(sentence, NORMAL)

    # --- from the client ---------------------------------------------------------------------------------------------------------

    def from_client(self, data: bytes) -> bytes:
        """See `Switch`: all of it as it is."""
        for piece in self._client.feed(data):
            if piece.opcode >= CLOSE:
                self._outward.watch("control", piece.payload)
                continue
            channel, payload = self._said(piece.payload, piece.first, piece.last, server=False)
            if channel is None or not payload:
                continue
            self._outward.watch(channel, payload)
            if self._make_forward is not None and channel % 2 == 0:
                self._forward(channel).asked(payload)
        return data
