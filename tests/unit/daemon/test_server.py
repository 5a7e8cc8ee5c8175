"""The accept loop by itself: what a stop means for a session process that has only just been forked."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from warden.daemon import process
from warden.daemon.server import GRACE, Server


def test_a_stop_reaches_a_session_process_that_cannot_catch_it_yet(tmp_path: Path) -> None:
    """Forked, and told to end before it has a handler: the signal has to wait for it, or the daemon waits out its grace and kills."""
    forked = tmp_path / "forked"

    def session(_name: str, _control: socket.socket) -> int:
        forked.touch()
        time.sleep(0.3)  # where the handlers of the daemon still stand, which do nothing over here
        caught: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _frame: caught.append(number))
        process.let_through(signal.SIGTERM)
        while not caught:
            time.sleep(0.01)
        (tmp_path / "ended").touch()
        return 0

    pid = os.fork()
    if pid == 0:
        try:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(tmp_path / "socket"))
            listener.listen()
            os._exit(Server(str(tmp_path / "socket"), listener, session, sweep=lambda: None).serve())
        finally:
            os._exit(70)
    while not forked.exists():
        time.sleep(0.001)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    _pid, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (tmp_path / "ended").exists()
    assert time.monotonic() - began < GRACE / 2
