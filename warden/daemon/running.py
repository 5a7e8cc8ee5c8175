"""The daemon as a process: loads what sessions need, then serves. Importing this module is the slow part of a start."""

from __future__ import annotations

import os
import socket

from warden.daemon import ground, server, session


def serve(path: str, listener: socket.socket, *, private: bool, idle_timeout: float) -> int:
    """Runs until stopped. Returns the exit status."""
    os.umask(0o077)
    ground.sweep()
    return server.Server(
        path=path,
        listener=listener,
        session=session.main,
        sweep=ground.sweep,
        private=private,
        idle_timeout=idle_timeout,
    ).serve()
