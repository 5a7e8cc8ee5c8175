"""The daemon's own life: who starts it, who may speak to it, when it goes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import WARDEN, Home, alive, berths_of, children, eventually, mentioning
from warden.daemon import api


def serve(home: Home, *options: str) -> subprocess.Popen[str]:
    """`warden daemon` in the foreground, ready."""
    running = subprocess.Popen([WARDEN, "daemon", *options], env=home.environment, stderr=subprocess.PIPE, text=True, cwd="/")
    eventually(lambda: home.status() or running.poll() is not None, seconds=20)
    return running


def test_two_clients_start_one_daemon(home: Home) -> None:
    running = [home.popen("echo", str(number)) for number in range(6)]
    assert [each.communicate(timeout=60)[0] for each in running] == [f"{number}\n" for number in range(6)]
    home.settle()
    daemon = home.daemon()
    waiting = set(children(daemon))  # and the keeper of its berth
    assert set(mentioning(str(home.socket))) - waiting - {keeper for pid in waiting for keeper in children(pid)} == {daemon}


def test_a_stale_socket_is_replaced(home: Home) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(home.socket))
    assert home.exec("echo", "hi").stdout == "hi\n"


def test_a_live_socket_is_not_taken(home: Home) -> None:
    assert home.exec("true").returncode == 0
    second = home.run("daemon")
    assert second.returncode == 125
    assert f"A daemon already listens on {home.socket} (pid {home.daemon()})" in second.stderr
    assert home.exec("true").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_mount_on_the_host_shows_in_the_next_session_and_is_not_held(home: Home) -> None:
    """The session that waits was made before it: it lets its copy of the host's mounts go at once, and makes another when all is quiet."""
    shown = Path(tempfile.mkdtemp(prefix="warden-test-", dir=Path.home()))  # not in /tmp, which is another inside
    assert home.exec("true").returncode == 0
    home.settle()
    (waiting,) = children(home.daemon())
    eventually(lambda: berths_of(waiting))
    (before,) = berths_of(waiting)
    subprocess.run(["mount", "-t", "tmpfs", "none", shown], check=True)
    try:
        (shown / "over").touch()
        assert home.exec("ls", str(shown)).stdout == "over\n"
        home.settle()
        (waiting,) = children(home.daemon())
        eventually(lambda: berths_of(waiting))
    finally:
        subprocess.run(["umount", shown], check=True)
    eventually(lambda: not any(str(shown) in line for pid in children(waiting) for line in mounts(pid)), lambda: "it is still held")
    assert home.exec("ls", str(shown)).stdout == ""
    shown.rmdir()
    home.settle()
    assert not (Path(f"{home.socket}.d/containers") / before).exists()


def mounts(pid: int) -> list[str]:
    """What a process has mounted."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/mounts").read_text().splitlines()
    return []


def test_a_service(home: Home) -> None:
    running = serve(home)
    try:
        assert home.status()["pid"] == running.pid
        assert not home.status()["private"]
        assert (home.socket.stat().st_mode & 0o777, Path(f"{home.socket}.d").stat().st_mode & 0o777) == (0o600, 0o700)
        assert home.shell("exit 5").returncode == 5
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert not home.socket.exists()
    finally:
        running.kill()
        running.communicate()


def test_a_handed_over_listener(home: Home) -> None:
    """systemd's socket activation: LISTEN_FDS."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket))
        listener.listen()
        code = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
        running = subprocess.Popen(
            [sys.executable, "-c", code, str(listener.fileno()), WARDEN, "daemon"],
            env=home.environment,
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
    try:
        assert home.exec("echo", "activated").stdout == "activated\n"
        assert home.daemon() == running.pid
    finally:
        running.terminate()
        running.wait(10)


def test_the_socket_that_the_configuration_names(home: Home) -> None:
    elsewhere = home.path / "run/elsewhere.sock"
    home.configure(daemon={"socket": str(elsewhere)})
    del home.environment["WARDEN_SOCKET"]
    assert home.exec("echo", "hi").stdout == "hi\n"
    assert elsewhere.is_socket()
    assert home.run("daemon", "stop").returncode == 0
    assert not elsewhere.exists()


def test_a_directory_that_was_never_locked_is_swept(home: Home) -> None:
    left = Path(f"{home.socket}.d/sessions/left")
    assert home.exec("true").returncode == 0
    home.stop()
    left.mkdir()
    os.utime(left, (0, 0))
    assert home.exec("true").returncode == 0
    assert not left.exists()


def test_a_private_daemon_goes_when_idle(home: Home) -> None:
    home.configure(daemon={"idle_timeout": 1})
    assert home.shell("sleep 1.5").returncode == 0
    daemon = home.daemon()
    eventually(lambda: not alive(daemon), seconds=5)
    assert not home.socket.exists()
    assert home.exec("echo", "again").stdout == "again\n"


def test_a_client_of_other_code_gets_a_daemon_of_its_own_code(home: Home) -> None:
    ours = Path(api.__file__).with_name("loaded.py")
    if not os.access(ours, os.W_OK):
        pytest.skip("the code is another user's")
    with home.background("sh", "-c", "echo ready; sleep 4; echo done") as running:
        assert running.stdout is not None
        running.stdout.readline()
        old = home.daemon()
        os.utime(ours)
        assert home.exec("echo", "new").stdout == "new\n"
        assert home.daemon() != old
        assert running.wait(20) == 0, "the session of the old daemon goes on"
        eventually(lambda: not alive(old))
    home.settle()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"H\0\xff\xff\xff\xff", b"H\0\0\0\0\x05hello", b"R\0\0\0\0\0", b"\xff" * 64]
)
def test_nonsense_on_the_socket(shared: Home, sent: bytes) -> None:
    assert shared.exec("true").returncode == 0
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(shared.socket))
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            assert client.recv(100) == b""
    assert shared.exec("true").returncode == 0


def test_a_client_that_says_hello_and_nothing_else(shared: Home) -> None:
    assert shared.exec("true").returncode == 0
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(shared.socket))
        client.sendall(api.encode(api.HELLO, [("build", api.build()), ("want", b"run")]))
        assert shared.exec("true").returncode == 0, "others are served meanwhile"
    shared.settle()


def test_another_user_is_turned_away(shared: Home, tmp_path: Path) -> None:
    """Even where the socket's mode has been opened."""
    if os.getuid() != 0:
        pytest.skip("needs another user")
    assert shared.exec("true").returncode == 0
    elsewhere = Path("/tmp") / f"warden-test-{os.getpid()}"
    os.link(shared.socket, elsewhere)
    try:
        shared.socket.chmod(0o666)
        code = "import socket,sys,os; os.setuid(65534); s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.send(b'H'); print(s.recv(10))"
        done = subprocess.run([sys.executable, "-c", code, str(elsewhere)], capture_output=True, text=True, timeout=20)
        turned_away = ("ConnectionResetError", "BrokenPipeError")  # or an end of file: whoever is first
        assert done.stdout == "b''\n" or any(error in done.stderr for error in turned_away)
    finally:
        elsewhere.unlink()
        shared.socket.chmod(0o600)


def test_the_socket_of_another_user_is_not_trusted(home: Home) -> None:
    if os.getuid() != 0:
        pytest.skip("needs another user")
    home.path.chmod(0o755)
    code = """
import os, socket, sys, time
os.setuid(65534)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("up", flush=True)
time.sleep(30)
"""
    theirs = Path("/tmp") / f"warden-theirs-{os.getpid()}"
    with subprocess.Popen([sys.executable, "-c", code, str(theirs)], stdout=subprocess.PIPE, text=True) as impostor:
        try:
            assert impostor.stdout is not None
            impostor.stdout.readline()
            done = home.run("exec", "--socket", str(theirs), "--", "true")
            assert done.returncode == 125
            assert "belongs to another user" in done.stderr
        finally:
            impostor.kill()
            theirs.unlink(missing_ok=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="the worker's memory is nobody's to look at")
def test_an_idle_session_is_light(shared: Home) -> None:
    """At most 25 MB of its own, all its processes together (private pages; what is shared with the daemon counts once, there)."""
    with shared.background("sh", "-c", "echo ready; sleep 30") as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.5)
        session = shared.session()
        processes = [session, *children(session)]
        private = {pid: private_bytes(pid) for pid in processes}
    assert sum(private.values()) <= 25 << 20, private


def private_bytes(pid: int) -> int:
    """Private_Clean and Private_Dirty of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def test_many_connections_at_once(shared: Home) -> None:
    """Sixteen clients, each with its own answer."""
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = shared.exec("echo", str(number)).stdout

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: f"{number}\n" for number in range(16)}
    shared.settle()
