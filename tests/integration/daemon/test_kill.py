"""Whoever is killed, at whatever moment: nothing leaves, the user reads a sentence, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import Home, alive, child, children, eventually, kill, named

#: Asks for a name again and again, and says what it gets.
PROBE = """
import socket, time
while True:
    try: socket.create_connection(("sts.amazonaws.com", 443), 2).close(); print("connected", flush=True)
    except OSError as error: print("no:", error.strerror or error, flush=True)
    time.sleep(0.02)
"""


def descendants(pid: int) -> list[int]:
    return [each for one in children(pid) for each in (one, *descendants(one))]


def test_the_worker(home: Home) -> None:
    """The agent may have a moment left; what it tries in it is refused, because nobody listens any more."""
    with home.background("python3", "-c", PROBE) as running:
        assert running.stdout is not None
        while running.stdout.readline() != "connected\n":
            pass
        kill(child(home.session(), "warden-worker"))
        assert running.wait(10) == 125
        out, err = running.communicate()
        assert "warden: the session's worker died; the session was ended." in err
        after = [line for line in out.splitlines() if line != "connected"]
        assert all(line.startswith("no:") for line in after)
    home.settle()


def test_the_worker_with_the_session_held(home: Home) -> None:
    """The same, with all the time in the world for the agent: the session process is stopped, so nobody ends the container."""
    with home.background("python3", "-c", PROBE) as running:
        assert running.stdout is not None
        while running.stdout.readline() != "connected\n":
            pass
        session = home.session()
        worker = child(session, "warden-worker")
        os.kill(session, signal.SIGSTOP)
        try:
            kill(worker)
            eventually(lambda: not alive(worker))
            while (line := running.stdout.readline()) == "connected\n":
                pass  # from before
            assert line.startswith("no:")
            # Refused, and not left waiting: the listeners were the worker's alone.
            started = time.monotonic()
            assert all(running.stdout.readline().startswith("no:") for _ in range(5))
            assert time.monotonic() - started < 2
        finally:
            os.kill(session, signal.SIGCONT)
        assert running.wait(10) == 125
    home.settle()


def test_the_session(home: Home) -> None:
    with home.background("sh", "-c", "echo ready; sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        session = home.session()
        below = descendants(session)
        kill(session)
        assert running.wait(10) == 125
        assert "the session ended without a result" in running.communicate()[1]
        eventually(lambda: not any(map(alive, below)))
    home.settle()
    assert home.exec("true").returncode == 0


def test_the_daemon(home: Home) -> None:
    with home.background("sh", "-c", "trap 'echo asked; exit 9' TERM; echo ready; sleep 60 & wait") as running:
        assert running.stdout is not None
        running.stdout.readline()
        daemon = home.daemon()
        below = descendants(daemon)
        kill(daemon)
        assert running.wait(15) == 125
        out, err = running.communicate()
        assert "asked" in out, "the command was not asked to end"
        assert "warden: the daemon ended this session." in err
        eventually(lambda: not any(map(alive, below)))
    files = Path(f"{home.socket}.d")
    eventually(lambda: not list(files.glob("*/*")), lambda: f"left behind: {list(files.glob('*/*'))}")
    assert home.exec("echo", "again").stdout == "again\n"
    home.settle()


def test_the_daemon_and_its_session_at_once(home: Home) -> None:
    """Nobody is left to clean up: the container dies with its parent, and the next daemon sweeps."""
    with home.background("sh", "-c", "echo ready; sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        daemon, session = home.daemon(), home.session()
        below = descendants(daemon)
        os.kill(session, signal.SIGSTOP)
        kill(daemon)
        kill(session)
        assert running.wait(10) == 125
        eventually(lambda: not any(map(alive, below)))
    assert list(Path(f"{home.socket}.d").glob("containers/*")), "nothing to sweep: this test tests nothing"
    assert home.exec("true").returncode == 0
    home.settle()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_client(home: Home, number: signal.Signals) -> None:
    with home.background("sh", "-c", "echo ready; sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        below = descendants(home.session())
        running.send_signal(number)
        assert running.wait(10) in (-signal.SIGKILL, 128 + signal.SIGTERM)
        eventually(lambda: not any(map(alive, below)))
    home.settle()


def test_the_runtime(home: Home) -> None:
    with home.background("sh", "-c", "echo ready; sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        kill(child(home.session(), "crun"))
        assert running.wait(10) == 128 + signal.SIGKILL
    home.settle()


@pytest.mark.parametrize("whom", ["client", "session", "worker", "crun"])
def test_at_any_moment_of_a_start(home: Home, whom: str) -> None:
    """A sweep over the phases of a start: whatever was half-made is gone afterwards, and the next session works."""
    killed = 0
    for step in range(12):
        assert home.exec("true").returncode == 0  # also: somebody waits for the next session again
        home.settle()
        daemon = home.daemon()
        eventually(lambda daemon=daemon: any(named(pid) == "warden-session" for pid in children(daemon)))  # type: ignore[misc]
        with home.background("sh", "-c", "sleep 30") as running:
            time.sleep(0.02 + 0.012 * step)
            started = [each["pid"] for each in home.status()["sessions"]] if whom != "client" else [running.pid]
            victims = started
            if whom in ("worker", "crun"):
                victims = [pid for session in started for pid in descendants(session) if named(pid) in (whom, f"warden-{whom}")]
            for victim in victims:
                kill(victim)
                running.wait(10)
                killed += 1
    assert killed, "nobody was killed: this test tests nothing"
    home.settle()
    assert home.exec("echo", "fine").stdout == "fine\n"


def test_stopping_the_daemon_ends_its_sessions(home: Home) -> None:
    with home.background("sh", "-c", "echo ready; sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert home.run("daemon", "stop").returncode == 0
        assert running.wait(5) == 125
        assert "warden: the daemon ended this session." in running.communicate()[1]
    assert not home.socket.exists()
    assert not list(Path(f"{home.socket}.d").glob("*/*"))


def test_a_grandchild_does_not_outlive_its_session(home: Home) -> None:
    done = home.shell("setsid sleep 41.5 > /dev/null 2>&1 & exit 0")
    assert done.returncode == 0
    assert subprocess.run(["pgrep", "-f", "^sleep 41.5$"], capture_output=True).returncode == 1
    home.settle()
