"""The terminal of a container: the runtime makes it in the container's own devpts and sends its master over a Unix socket."""

from __future__ import annotations

import array
import os
import select
import socket
import time
from pathlib import Path

from sandbox.errors import SandboxError

#: The socket's name in the bundle.
SOCKET = "console"
_TIMEOUT = 15.0  # seconds until the runtime must have sent the terminal


def listen(bundle: Path) -> socket.socket:
    """The socket that the runtime will connect to. Bound through the directory's descriptor: a path may be longer than a socket's name."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory = os.open(bundle, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{directory}/{SOCKET}")
        listener.listen(1)
    finally:
        os.close(directory)
    return listener


def receive(listener: socket.socket, ended: int) -> int:
    """The master, waited for. Raises SandboxError when the runtime ends first (the pidfd `ended` becomes readable) or is late."""
    deadline = time.monotonic() + _TIMEOUT
    channel: socket.socket = listener
    try:
        while True:
            waited_on: list[socket.socket | int] = [channel, ended]
            ready, _, _ = select.select(waited_on, [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SandboxError("The sandbox runtime did not send a terminal.")
            if channel not in ready:
                raise SandboxError("The sandbox ended before it had a terminal.")
            if channel is listener:
                channel, _ = listener.accept()
                continue
            received = array.array("i")
            _, ancillary, _, _ = channel.recvmsg(4096, socket.CMSG_SPACE(received.itemsize), socket.MSG_CMSG_CLOEXEC)
            for level, kind, data in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    received.frombytes(data[: received.itemsize])
            if not received:
                raise SandboxError("The sandbox runtime sent no terminal.")
            return received[0]
    finally:
        if channel is not listener:
            channel.close()
