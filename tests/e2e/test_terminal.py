"""A person at a real terminal: tmux is the emulator, and what its screen shows is what the person sees.

tests/integration/daemon/test_terminal.py drives a bare pty in more ways; here programs that draw, an alternate screen and key sequences
go through an emulator that interprets them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden, require


class Screen:
    """A tmux server of its own with one window, in which the user's shell runs outside the sandbox."""

    def __init__(self, warden: Warden) -> None:
        self._work = warden.work
        self._name = f"warden-{uuid.uuid4().hex[:8]}"
        shell = {**warden.environment, "TERM": "tmux-256color", "PS1": "out> "}
        shell.pop("TMUX", None)
        command = shlex.join(["env", "-i", *(f"{name}={value}" for name, value in shell.items()), "bash", "--norc", "-i"])
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "-c", str(warden.work), command)
        self.expect("out>")

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(["tmux", "-u", "-L", self._name, *arguments], check=True, capture_output=True, text=True, timeout=20).stdout

    def keys(self, *keys: str) -> None:
        """Keys by tmux's names (`C-c`, `Enter`, `Up`); anything else is typed as it is."""
        self._tmux("send-keys", *keys)

    def line(self, text: str) -> None:
        self.keys(text, "Enter")

    def run(self, script: str) -> None:
        """Runs shell text on an empty screen, on which it is not seen itself."""
        (self._work / "typed.sh").write_text(f"clear\n{script}\n")
        self.line(". ./typed.sh")

    def shows(self) -> str:
        """The lines on the screen that are not empty."""
        return "\n".join(line.rstrip() for line in self._tmux("capture-pane", "-p").splitlines() if line.strip())

    def expect(self, text: str, seconds: float = 15) -> str:
        end = time.monotonic() + seconds
        while text not in (shown := self.shows()):
            assert time.monotonic() < end, f"{text!r} did not appear; the screen shows:\n{shown}"
            time.sleep(0.05)
        return shown

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def enter(self) -> None:
        """Starts an interactive shell inside."""
        self.line("clear; warden exec --env PS1='in> ' -- bash --norc -i")
        end = time.monotonic() + 15
        while (shown := self.shows()) != "in>":
            assert time.monotonic() < end, shown
            time.sleep(0.05)

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")


@pytest.fixture
def screen(warden: Warden) -> Iterator[Screen]:
    require("tmux")
    made = Screen(warden)
    try:
        yield made
    finally:
        made.close()


def test_shell_with_jobs_history_and_completion(screen: Screen) -> None:
    screen.enter()
    screen.line("sleep 1001")
    time.sleep(0.3)
    screen.keys("C-z")
    screen.expect("Stopped")
    screen.line("jobs; fg")
    screen.expect("Stopped                 sleep 1001\nsleep 1001")
    screen.keys("C-c")
    screen.expect("^C\nin>")
    screen.line("echo status=$?")
    screen.expect("status=130")
    screen.keys("Up")
    screen.keys("BSpace")
    screen.line("?-again")
    screen.expect("status=0-again")  # the line before, fetched and edited
    screen.line("touch completed-by-tab.txt")
    screen.keys("ls completed-by", "Tab", "Enter")
    screen.expect("ls completed-by-tab.txt\ncompleted-by-tab.txt")
    screen.line("exit 7")
    screen.expect("out>")
    screen.line("echo over=$?")
    screen.expect("over=7")


def test_editor_draws_follows_the_size_and_gives_the_screen_back(screen: Screen, warden: Warden) -> None:
    vim = shutil.which("vim") or shutil.which("vim.tiny") or require("vim")
    screen.enter()
    screen.line(f"{vim} -u NONE -c 'set laststatus=2' drawn.txt")
    screen.expect('"drawn.txt" [New')
    assert "in>" not in screen.shows()  # the alternate screen
    screen.keys("i", "written inside: ä→本")
    screen.keys("Escape")
    screen.resize(70, 12)
    end = time.monotonic() + 10
    while not (shown := screen.shows().splitlines())[10:] or not shown[10].startswith("drawn.txt [+]"):
        assert time.monotonic() < end, shown  # the status line, at the window's new bottom
        time.sleep(0.05)
    assert shown[:2] == ["written inside: ä→本", "~"]
    screen.line(":wq")
    screen.expect(f"in> {vim} -u NONE")
    screen.line("stty size")
    screen.expect("12 70")
    assert (warden.work / "drawn.txt").read_text() == "written inside: ä→本\n"


def test_pager(screen: Screen) -> None:
    require("less")
    screen.enter()
    screen.line("seq -f 'row %g' 900 | less")
    screen.expect("row 29\n")
    screen.keys("Space")
    screen.expect("row 58\n")
    screen.line("/row 777")
    screen.expect("row 777\nrow 778")
    screen.keys("q")
    screen.expect("in> seq -f 'row %g' 900 | less\nin>")


def test_terminal_after_the_client_is_killed(screen: Screen, warden: Warden) -> None:
    """SIGTERM goes to the command, and the terminal is as it was. After SIGKILL nobody can restore it, but nothing runs on inside."""
    screen.run("stty -a | md5sum > before; echo noted")
    screen.expect("noted\nout>")
    for number in (signal.SIGTERM, signal.SIGKILL):
        screen.run(f"warden exec -- sh -c 'echo started-{number}; exec sleep 1002'; echo over=$?")
        screen.expect(f"started-{number}")
        (client,) = _clients("exec sleep 1002")
        os.kill(client, number)
        screen.expect(f"over={128 + number}")
        if number is signal.SIGTERM:
            screen.run("stty -a | md5sum | diff - before && echo same")
            screen.expect("same\nout>")
        end = time.monotonic() + 10
        while json.loads(warden.run("daemon", "status", "--output", "json").stdout)["sessions"] and time.monotonic() < end:
            time.sleep(0.05)
        assert not json.loads(warden.run("daemon", "status", "--output", "json").stdout)["sessions"]


def _clients(mark: str) -> list[int]:
    """Processes that are `warden exec` with this in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text(errors="replace").split("\0")
            if "exec" in words[:3] and mark in "\0".join(words) and any(word.endswith("/warden") for word in words[:2]):
                found.append(int(process.name))
    return found


@pytest.mark.parametrize(
    "command", ["warden exec -- seq 100000 | head -1", "echo 1 | warden exec -- cat", "warden exec -- echo 1 2>&1 | cat"]
)
def test_pipes_at_a_terminal(screen: Screen, command: str) -> None:
    """One end is the terminal and the other is not: the shell's own pipeline, and the terminal stays cooked."""
    screen.run(f"{command}; echo over=${{PIPESTATUS[*]}}; stty -a | grep -o ' icanon'")
    shown = screen.expect(" icanon\n").splitlines()
    assert shown[:3] in (["1", "over=0 0", " icanon"], ["1", "over=141 0", " icanon"]), shown
