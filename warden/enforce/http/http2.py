"""HTTP/2 on both sides, at the pace of the slower one.

mitmproxy 12.2.3 acknowledges all that it receives at once, in windows of 2 GiB, and keeps what it cannot send yet in memory: a slow reader of a
large download would cost as much memory as the download has bytes. Here a window is small, and what was received of a stream is
acknowledged when the other side has sent it on (`PacedConnection.owed`; :class:`warden.enforce.http.layers.Http` settles it).

A GOAWAY without an error asks for no more streams; those that there are go on (RFC 9113 section 6.8). h2 4.3 and mitmproxy end them all. API servers
send one with every 401, before the answer, and now and then to spread their load.
"""

from __future__ import annotations

from dataclasses import dataclass

import mitmproxy.proxy.layers.http as mitm_http
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, Event
from hyperframe.frame import Frame, GoAwayFrame
from mitmproxy.proxy import commands
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError
from mitmproxy.proxy.layers.http._http2 import Http2Client as MitmHttp2Client
from mitmproxy.proxy.layers.http._http2 import Http2Server as MitmHttp2Server
from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection

#: Bytes of one stream that may be on their way to us: 40 MB/s over a round trip of 100 ms.
WINDOW = 4 << 20
#: Bytes of one stream that may wait to be sent on before more is asked for.
WAITING = 1 << 20


class PacedConnection(BufferedH2Connection):
    """Acknowledges received data only when `settle` is called."""

    def __init__(self, config: H2Configuration) -> None:
        super().__init__(config)
        self.local_settings.initial_window_size = WINDOW
        self.local_settings.acknowledge()  # or the old settings are sent
        #: Bytes received and not acknowledged, by stream.
        self.owed: dict[int, int] = {}

    def acknowledge_received_data(self, acknowledged_size: int, stream_id: int) -> None:
        self.owed[stream_id] = self.owed.get(stream_id, 0) + acknowledged_size

    def settle(self, stream_id: int) -> None:
        """Acknowledges what is owed of this stream."""
        if size := self.owed.pop(stream_id, 0):
            super().acknowledge_received_data(size, stream_id)

    def waiting(self, stream_id: int) -> int:
        """Bytes of this stream that wait for the peer's window."""
        return sum(len(piece.data) for piece in self.stream_buffers.get(stream_id, ()))


@dataclass
class Http2ErrorHook(commands.StartHook):
    """What came from the sandbox is not HTTP/2 as RFC 9113 says it, so no request could be made of it: the connection ends."""

    reason: str
    blocking = False


class Http2Server(MitmHttp2Server):
    """HTTP/2 towards the sandbox."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.h2_conn: PacedConnection = PacedConnection(self.h2_conf)

    def protocol_error(self, message: str, error_code: int = ErrorCodes.PROTOCOL_ERROR) -> CommandGenerator[None]:
        yield Http2ErrorHook(message)
        yield from super().protocol_error(message, error_code)


class _ClientConnection(PacedConnection):
    """Goes on after a GOAWAY that is no error."""

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        if frame.error_code != ErrorCodes.NO_ERROR:
            return super()._receive_goaway_frame(frame)
        event = ConnectionTerminated()
        event.error_code, event.last_stream_id = ErrorCodes.NO_ERROR, frame.last_stream_id
        return [], [event]


class Http2Client(MitmHttp2Client):
    """HTTP/2 towards the upstream. `retired` once the upstream wants no more streams on this connection."""

    retired = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.h2_conn: PacedConnection = _ClientConnection(self.h2_conf)
        self.h2_conn.local_settings.enable_push = 0
        self.h2_conn.local_settings.acknowledge()

    def handle_h2_event(self, event: Event) -> CommandGenerator[bool]:
        if not isinstance(event, ConnectionTerminated) or event.error_code != ErrorCodes.NO_ERROR:
            return (yield from super().handle_h2_event(event))
        self.retired = True
        for waiting in list(self.stream_queue):
            del self.stream_queue[waiting]
            ours = self.our_stream_id[waiting] = self.h2_conn.get_next_available_stream_id()
            self.their_stream_id[ours] = waiting
            yield from self._unserved(ours)
        for ours in [stream_id for stream_id in self.streams if stream_id > (event.last_stream_id or 0)]:
            del self.streams[ours]
            yield from self._unserved(ours)
        if not self.streams:
            yield from self.close_connection("the upstream closes the connection")
            return True
        return False

    def _unserved(self, stream_id: int) -> CommandGenerator[None]:
        yield ReceiveHttp(ResponseProtocolError(stream_id, "the upstream closes the connection", ErrorCode.GENERIC_SERVER_ERROR))


# HttpClient (one per upstream connection) names this class through its module, and has no other seam.
mitm_http.Http2Client = Http2Client  # type: ignore[attr-defined]
