"""A user at a terminal: interactive programs behave, and the terminal is as it was afterwards."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.integration.daemon.conftest import WARDEN, Home, child, children, eventually, kill, named


class Screen:
    """A terminal with a process in its foreground, whose keyboard and screen are ours."""

    def __init__(self, master: int, pid: int) -> None:
        self.master = master
        self.pid = pid
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read(self, seconds: float = 0.2) -> str:
        """What appears within so many seconds."""
        deadline = time.monotonic() + seconds
        while select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            try:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError:
                break
        return self.seen

    def expect(self, pattern: str, seconds: float = 10) -> str:
        """Waits until the screen shows `pattern` (a regular expression), and forgets what came up to it."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > deadline:
                pytest.fail(f"{pattern!r} did not appear; the screen shows {self.seen!r}")
            self.read(0.05)
        self.seen = self.seen[found.end() :]
        return found.group()

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self.master)

    def wait(self, seconds: float = 10) -> int:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        pytest.fail(f"it did not end; the screen shows {self.seen!r}")


@contextmanager
def screen(home: Home, *command: str) -> Iterator[Screen]:
    """Runs a command on a new terminal of 30 x 100."""
    pid, master = pty.fork()
    if pid == 0:
        try:
            os.chdir(home.work)
            os.execve(command[0], command, {**home.environment, "PS1": "prompt> ", "TERM": "xterm"})
        finally:
            os._exit(127)
    shown = Screen(master, pid)
    shown.resize(30, 100)
    try:
        yield shown
    finally:
        if shown.pid:
            with suppress(ProcessLookupError):
                os.kill(shown.pid, signal.SIGKILL)
            os.waitpid(shown.pid, 0)
        os.close(master)


@contextmanager
def inside(home: Home, *command: str) -> Iterator[Screen]:
    """`warden exec -- COMMAND` on a terminal."""
    with screen(home, WARDEN, "exec", "--env", "PS1", "--", *command) as shown:
        yield shown


def test_an_interactive_shell(shared: Home) -> None:
    with inside(shared, "bash", "--norc") as shell:
        shell.expect("prompt> ")
        shell.type("tty; stty size\n")
        shell.expect(r"/dev/pts/\d+\r\n30 100\r\n")
        shell.type("exit 7\n")
        assert shell.wait() == 7


def test_ctrl_c_reaches_the_foreground_job_only(shared: Home) -> None:
    with inside(shared, "bash", "--norc") as shell:
        shell.expect("prompt> ")
        shell.type("sleep 100\n")
        time.sleep(0.3)
        shell.type("\x03")
        shell.expect("prompt> ")
        shell.type("echo status=$?\n")
        shell.expect("status=130")


def test_job_control_inside(shared: Home) -> None:
    with inside(shared, "bash", "--norc") as shell:
        shell.expect("prompt> ")
        shell.type("sleep 100\n")
        time.sleep(0.3)
        shell.type("\x1a")
        shell.expect("Stopped")
        shell.type("fg\n")
        shell.expect("sleep 100")
        shell.type("\x03")
        shell.expect("prompt> ")


def test_the_size_follows(shared: Home) -> None:
    with inside(shared, "bash", "--norc", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done") as shown:
        shown.expect("ready")
        shown.resize(40, 90)
        shown.expect("40 90")


def test_the_terminal_is_restored(shared: Home) -> None:
    with screen(shared, "/bin/sh", "-i") as shell:
        shell.expect("prompt> ")
        before = shell.attributes()
        for command in ("true", "sh -c 'stty raw -echo; exit 3'", "no-such-command"):
            shell.type(f"{WARDEN} exec -- {command}; echo over=$?\n")
            shell.expect(r"over=\d")
            assert shell.attributes() == before


def test_the_terminal_is_restored_when_the_session_dies(shared: Home) -> None:
    with screen(shared, "/bin/sh", "-i") as shell:
        shell.expect("prompt> ")
        before = shell.attributes()
        shell.type(f"{WARDEN} exec -- sh -c 'echo rea''dy; sleep 100'; echo over=$?\n")
        shell.expect("ready")
        assert shell.attributes() != before
        kill(shared.session())
        shell.expect("over=125")
        assert shell.attributes() == before
    shared.settle()


def test_stopped_from_outside_and_continued(shared: Home) -> None:
    """`kill -TSTP` to the client, then `fg`: the shell has its terminal back meanwhile, and the command goes on afterwards."""
    with screen(shared, "/bin/bash", "--norc", "-i") as shell:
        shell.expect("prompt> ")
        before = shell.attributes()[:4]
        shell.type(f"{WARDEN} exec -- cat\n")
        eventually(lambda: any(named(pid) == "warden" for pid in children(shell.pid)))
        shell.type("one\n")
        shell.expect("one\r\none\r\n")
        os.kill(child(shell.pid, "warden"), signal.SIGTSTP)
        shell.expect("Stopped")
        shell.expect("prompt> ")
        assert shell.attributes()[:1] == before[:1]
        shell.type("fg\n")
        shell.expect("exec -- cat")
        time.sleep(0.3)
        shell.type("two\n")
        shell.expect("two\r\ntwo\r\n")
        shell.type("\x04")
        shell.expect("prompt> ")


@pytest.mark.skipif(not shutil.which("vim"), reason="vim is not installed")
def test_vim(shared: Home) -> None:
    with inside(shared, "vim", "-u", "NONE", "note.txt") as editor:
        editor.expect("note.txt")
        time.sleep(0.3)
        editor.type("iwritten inside\x1b:wq\r")
        assert editor.wait() == 0
    assert (shared.work / "note.txt").read_text() == "written inside\n"


@pytest.mark.skipif(not shutil.which("less"), reason="less is not installed")
def test_less_and_a_pager_outside(shared: Home) -> None:
    (shared.work / "long.txt").write_text("".join(f"line {number}\n" for number in range(500)))
    with inside(shared, "less", "long.txt") as pager:
        pager.expect("line 20")
        pager.type("G")
        pager.expect("line 499")
        pager.type("q")
        assert pager.wait() == 0
    with screen(shared, "/bin/sh", "-c", f"{WARDEN} exec -- cat long.txt | less") as pager:
        pager.expect("line 20")
        pager.type("G")
        pager.expect("line 499")
        pager.type("q")
        assert pager.wait() == 0


def test_ctrl_c_without_a_terminal_of_its_own(shared: Home) -> None:
    """Output to a pipe: the command has no terminal, but Ctrl-C on ours still ends it."""
    with screen(
        shared, "/bin/bash", "-c", f"{WARDEN} exec -- sh -c 'echo ready; exec sleep 100' | cat; echo over=${{PIPESTATUS[0]}}; :"
    ) as shown:
        shown.expect("ready")
        shown.type("\x03")
        shown.read(1)
    shared.settle()


def test_standard_error_redirected(shared: Home) -> None:
    with screen(shared, "/bin/sh", "-c", f"{WARDEN} exec -- sh -c 'echo shown; echo hidden >&2' 2> err.txt") as shown:
        shown.expect("shown")
        assert shown.wait() == 0
        assert "hidden" not in shown.seen
    assert (shared.work / "err.txt").read_text() == "hidden\n"


def test_large_paste_and_large_output(shared: Home) -> None:
    with inside(shared, "sh", "-c", "stty -echo raw; echo ready; head -c 200000 | wc -c; seq 100000 | tail -c 700000 | wc -l") as shown:
        shown.expect("ready")
        data = "x" * 200_000
        while data:
            sent = os.write(shown.master, data[:4096].encode())
            data = data[sent:]
            shown.read(0)
        shown.expect("200000")
        shown.expect(r"\d+")
        assert shown.wait() == 0


def test_a_background_job_writes_and_does_not_read(shared: Home) -> None:
    with screen(shared, "/bin/bash", "--norc", "-i") as shell:
        shell.expect("prompt> ")
        shell.type(f"{WARDEN} exec -- sh -c 'echo from-behind; sleep 1' > out.txt &\n")
        eventually(lambda: (shared.work / "out.txt").exists() and "from-behind" in (shared.work / "out.txt").read_text())
        shell.type("echo typed-$((1+1))\n")
        shell.expect("typed-2")


def test_hang_up(shared: Home) -> None:
    with inside(shared, "sh", "-c", "echo ready; sleep 100") as shown:
        shown.expect("ready")
        os.close(shown.master)
        shown.master = os.open(os.devnull, os.O_RDWR)
        eventually(lambda: os.waitpid(shown.pid, os.WNOHANG)[0])
        shown.pid = 0
    shared.settle()


def test_no_terminal_where_there_is_none(shared: Home) -> None:
    done = shared.shell(
        "test -t 0 || test -t 1 || test -t 2 || echo none", stderr=subprocess.STDOUT, capture_output=False, stdout=subprocess.PIPE
    )
    assert done.stdout == "none\n"
