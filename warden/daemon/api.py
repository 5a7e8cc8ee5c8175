"""The frames that client and daemon exchange over the Unix socket.

A frame is a kind (one byte), the number of its descriptors (one byte), the payload's length (four bytes, big-endian) and the payload: fields
``name=value``, each ended by a NUL. Arguments, variables and paths are bytes that cannot hold a NUL, so they pass exactly, in whatever encoding;
a name may come many times. Descriptors travel beside the bytes (``SCM_RIGHTS``) and in order; the kernel may hand them out with an earlier
frame's bytes, hence the number.

==========  ===================  =========================================================================================
kind        direction            fields
==========  ===================  =========================================================================================
``HELLO``   client -> daemon     ``build``, ``want`` (``run``, ``status``, ``stop``)
``RUN``     client -> session    ``arg``*, ``env``*, ``cwd``, ``umask``, ``terminal``, ``size``, options; descriptors 0, 1, 2
``SIGNAL``  client -> session    ``number``
``TERMINAL`` session -> client   the master of the sandbox's terminal, as a descriptor
``BEGUN``   session -> client    the command runs
``EXIT``    session -> client    ``code``; with ``message`` and ``advice`` when Warden itself ended or refused it
``STATUS``  daemon -> client     ``pid``, ``build``, ``sessions``, ``private``
``OUTDATED`` daemon -> client    this daemon runs other code than the client and goes; ``message`` when it is a service and stays
==========  ===================  =========================================================================================

The client imports this on every start: `_socket` instead of `socket`, and no `array`, save it ten milliseconds.
"""

from __future__ import annotations

import os
import sys
from _socket import AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_RIGHTS, SO_PEERCRED, SOCK_STREAM, SOL_SOCKET, socket

from warden import __version__
from warden.errors import SessionError

HELLO, RUN, SIGNAL = b"H", b"R", b"S"
TERMINAL, BEGUN, EXIT, STATUS, OUTDATED = b"T", b"B", b"E", b"I", b"O"

#: The kernel allows arguments and environment of at most 6 MiB together (three quarters of an 8 MiB stack), so no honest frame is larger.
LIMIT = 8 << 20
HEADER = 6
_MAX_DESCRIPTORS = 8
_INT = 4  # bytes of a C int

type Fields = list[tuple[str, bytes]]


def build() -> bytes:
    """Names the code that runs: version and place. Client and daemon must agree, or the client would speak to code that is gone."""
    return os.fsencode(f"{__version__} {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}")


class Frame:
    """One received frame. `descriptors` belong to the receiver, who closes them."""

    __slots__ = ("descriptors", "fields", "kind")

    def __init__(self, kind: bytes, fields: Fields, descriptors: list[int]) -> None:
        self.kind = kind
        self.fields = fields
        self.descriptors = descriptors

    def one(self, name: str, default: bytes = b"") -> bytes:
        """The last value of `name`."""
        return next((value for key, value in reversed(self.fields) if key == name), default)

    def all(self, name: str) -> list[bytes]:
        """Every value of `name`, in order."""
        return [value for key, value in self.fields if key == name]

    def text(self, name: str, default: str = "") -> str:
        """`one` as text; bytes that are not UTF-8 stay reversible, as in `os.fsdecode`."""
        return os.fsdecode(self.one(name, os.fsencode(default)))


def encode(kind: bytes, fields: Fields, descriptors: int = 0) -> bytes:
    """The bytes of a frame. SessionError when it is too large or a value holds a NUL."""
    for name, value in fields:
        if b"\0" in value:
            raise SessionError(f"{name} holds a NUL byte.")
    payload = b"".join(name.encode() + b"=" + value + b"\0" for name, value in fields)
    if len(payload) > LIMIT:
        raise SessionError("The arguments and the environment are too large together.", "Pass less, or in a file.")
    return kind + descriptors.to_bytes() + len(payload).to_bytes(4, "big") + payload


def payload_length(header: bytes | bytearray) -> int:
    """The payload's length that the first `HEADER` bytes of a frame state."""
    return int.from_bytes(header[2:HEADER], "big")


def decode(payload: bytes) -> Fields:
    """The fields of a payload. SessionError when it is not made of fields."""
    fields: Fields = []
    if payload and not payload.endswith(b"\0"):
        raise SessionError("A frame on the daemon's socket is cut off.")
    for part in payload.split(b"\0")[:-1]:
        name, equals, value = part.partition(b"=")
        if not equals:
            raise SessionError("A frame on the daemon's socket has a field without a name.")
        fields.append((name.decode("ascii", "replace"), value))
    return fields


class Channel:
    """One end of a connection: whole frames out, whole frames in, descriptors beside them."""

    def __init__(self, sock: socket) -> None:
        self._socket = sock
        self._buffer = bytearray()
        self._descriptors: list[int] = []
        self._ready: list[Frame] = []
        self.closed = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def peer(self) -> int:
        """The user id of the other end; of a listening daemon, who made the socket."""
        credentials = self._socket.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)
        return int.from_bytes(credentials[4:8], sys.byteorder)

    def peer_pid(self) -> int:
        """The process id of the other end when it connected."""
        return int.from_bytes(self._socket.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)[:4], sys.byteorder)

    def send(self, kind: bytes, fields: Fields | None = None, descriptors: list[int] | None = None) -> None:
        """Sends a whole frame. OSError when the other end is gone."""
        data = memoryview(encode(kind, fields or [], len(descriptors or [])))
        if descriptors:
            rights = [(SOL_SOCKET, SCM_RIGHTS, b"".join(number.to_bytes(_INT, sys.byteorder) for number in descriptors))]
            data = data[self._socket.sendmsg([data], rights) :]
        while data:
            data = data[self._socket.send(data) :]

    def read(self) -> list[Frame]:
        """Receives once (blocking if nothing is there) and returns the frames that are complete now. Sets `closed` at the end of the stream."""
        try:
            data, ancillary, flags, _address = self._socket.recvmsg(65536, _INT * _MAX_DESCRIPTORS + 64, MSG_CMSG_CLOEXEC)
        except (ConnectionResetError, BrokenPipeError):
            data, ancillary, flags = b"", [], 0
        for level, kind, rights in ancillary:
            if level == SOL_SOCKET and kind == SCM_RIGHTS:
                self._descriptors += [
                    int.from_bytes(rights[at : at + _INT], sys.byteorder) for at in range(0, len(rights) - _INT + 1, _INT)
                ]
        if flags & MSG_CTRUNC:
            raise SessionError("Too many descriptors came over the daemon's socket.")
        if not data:
            self.closed = True
        self._buffer += data
        self._complete()
        frames, self._ready = self._ready, []
        return frames

    def receive(self) -> Frame | None:
        """The next frame, waiting for it; None at the end of the stream. Frames behind it stay for the next call of either reader."""
        while not self._ready and not self.closed:
            self._ready = self.read()
        return self._ready.pop(0) if self._ready else None

    def close(self) -> None:
        for number in self._descriptors:
            os.close(number)
        self._descriptors.clear()
        self.closed = True
        self._socket.close()

    def _complete(self) -> None:
        while len(self._buffer) >= HEADER:
            length = payload_length(self._buffer)
            if length > LIMIT:
                raise SessionError("A frame on the daemon's socket is too large.")
            count, end = self._buffer[1], HEADER + length
            if len(self._buffer) < end:
                break
            if count > len(self._descriptors):
                raise SessionError("A frame on the daemon's socket came without its descriptors.")
            descriptors, self._descriptors = self._descriptors[:count], self._descriptors[count:]
            self._ready.append(Frame(bytes(self._buffer[:1]), decode(bytes(self._buffer[HEADER:end])), descriptors))
            del self._buffer[:end]


def connect(path: str) -> Channel:
    """Connects to the daemon. OSError when nobody listens there."""
    sock = socket(AF_UNIX, SOCK_STREAM)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return Channel(sock)
