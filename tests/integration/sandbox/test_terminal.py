"""An interactive program in a terminal of its own."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from sandbox.runtime import Container

Begin = Callable[..., Container]


def _read(container: Container, until: str, seconds: float = 5.0) -> str:
    """What the terminal shows until `until` appears, or it hangs up."""
    assert container.console is not None
    seen = b""
    deadline = time.monotonic() + seconds
    while until.encode() not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([container.console], [], [], 0.05)[0]:
            try:
                seen += os.read(container.console, 4096)
            except OSError:  # EIO: nobody has the other side open.
                break
    return seen.decode()


def _type(container: Container, text: str) -> None:
    assert container.console is not None
    os.write(container.console, text.encode())


def _shell(begin: Begin) -> Container:
    container = begin(
        "bash",
        "--norc",
        "--noprofile",
        "-i",
        terminal=True,
        rows=33,
        columns=101,
        env={"PATH": "/usr/bin:/bin", "PS1": "> ", "TERM": "dumb"},
    )
    _read(container, "> ")
    return container


def test_the_size_is_there_from_the_start_and_changes(begin: Begin) -> None:
    container = _shell(begin)
    _type(container, "stty size\n")
    assert "33 101" in _read(container, "33 101")
    # A script: in a shell with job control the signal goes to whatever is in the foreground. It asks for the size when its `sleep` is over, because
    # Linux sends the signal a moment before the new size is there to be seen.
    _type(container, "exec bash -c 'trap \"stty size\" WINCH; echo armed-$((40+2)); while :; do sleep 0.05; done'\n")
    _read(container, "armed-42")
    container.resize(50, 60)
    assert "50 60" in _read(container, "50 60")


def test_it_is_a_controlling_terminal(begin: Begin) -> None:
    container = _shell(begin)
    _type(container, "tty; test -t 0 && test -t 1 && test -t 2 && : < /dev/tty && echo all-$((40+2))\n")
    shown = _read(container, "all-42")
    assert "/dev/pts/0" in shown


def test_ctrl_c_reaches_the_foreground_only(begin: Begin) -> None:
    container = _shell(begin)
    _type(container, "echo begun; sleep 60\n")
    _read(container, "begun\r\n")
    time.sleep(0.1)
    _type(container, "\x03")
    _type(container, "echo status-$?\n")
    assert "status-130" in _read(container, "status-130")


def test_job_control(begin: Begin) -> None:
    container = _shell(begin)
    _type(container, "echo begun; sleep 60\n")
    _read(container, "begun\r\n")
    time.sleep(0.1)
    _type(container, "\x1a")
    assert "Stopped" in _read(container, "Stopped")
    _type(container, "bg; kill %1; wait %1; echo status-$?\n")
    assert "status-143" in _read(container, "status-143")


def test_the_exit_status_and_the_hangup(begin: Begin) -> None:
    container = _shell(begin)
    _type(container, "exit 9\n")
    _read(container, "never shown")
    assert container.wait() == 9


def test_closing_the_terminal_hangs_up(begin: Begin) -> None:
    container = _shell(begin)
    assert container.console is not None
    os.close(container.console)
    container.console = None
    assert container.wait() in (0, 1, 129)  # Bash ends, on SIGHUP or on the end of its input, whichever it sees first.


def test_output_of_a_program_that_ends_at_once_is_not_lost(begin: Begin) -> None:
    container = begin("sh", "-c", "echo last words", terminal=True)
    assert "last words" in _read(container, "last words")
    assert container.wait() == 0
