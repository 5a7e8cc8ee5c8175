"""A command that takes what it can get: the machine, the daemon and other sessions go on."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import Home, children, named

#: Fills the worker with bodies that a ruling waits for: connections that send all of a large body but its last byte.
FLOOD = """
import socket, ssl, sys, threading
host, count, size = "ec2.us-east-1.amazonaws.com", int(sys.argv[1]), 8_388_000
context = ssl.create_default_context()
held = []
def hold():
    try:
        connection = context.wrap_socket(socket.create_connection((host, 443), 20), server_hostname=host)
        connection.sendall(b"POST / HTTP/1.1\\r\\nHost: %s\\r\\n" % host.encode())
        connection.sendall(b"Content-Type: application/x-www-form-urlencoded\\r\\nContent-Length: %d\\r\\n\\r\\n" % size)
        connection.sendall(b"a" * (size - 1))
        held.append(connection)
    except OSError:
        pass
threads = [threading.Thread(target=hold) for _ in range(count)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("held", len(held), flush=True)
sys.stdin.read()
"""


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_the_worker_s_memory_is_bounded(home: Home) -> None:
    with home.background("/usr/bin/python3", "-c", FLOOD, "220", stdin=subprocess.PIPE) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line.startswith("held"), running.stderr
        workers = [pid for pid in children(home.session()) if named(pid) == "warden-worker"]
        largest = max((_resident(pid) for pid in workers), default=0)
        assert largest < (1 << 30) + (300 << 20)
        assert int(line.split()[1]) < 220, "the attempt does not come near the limit"
        assert home.exec("true").returncode == 0, "another session starts"


def test_ten_thousand_connections_and_questions_leave_other_sessions_alone(home: Home) -> None:
    source = """
import socket, time
connections = []
for number in range(10_000):
    connection = socket.socket()
    connection.setblocking(False)
    try:
        connection.connect(("198.18.0.1" if number % 2 else "127.0.0.1", 443 if number % 2 else 15001))
    except OSError:
        pass
    connections.append(connection) if number < 900 else connection.close()
question = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(10_000):
    question.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\x08%08d\\4evil\\4test\\0\\0\\1\\0\\1" % number, ("192.0.2.53", 53))
print("done", flush=True)
time.sleep(60)
"""
    with home.background("/usr/bin/python3", "-c", source) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "done\n"
        started = time.monotonic()
        assert home.exec("true").returncode == 0
        assert time.monotonic() - started < 10
    home.settle()


def test_what_ignores_every_signal_ends_with_the_command(home: Home) -> None:
    script = """
trap '' HUP INT TERM QUIT PIPE; (setsid sh -c 'trap "" HUP INT TERM; while :; do date +%s%N > beat; sleep 0.05; done' >/dev/null 2>&1 &); sleep 0.3"""
    home.shell(script)
    beat = home.work / "beat"
    last = beat.read_text()
    assert last
    time.sleep(0.3)
    assert beat.read_text() == last
    home.settle()


def test_the_private_directories_cannot_take_all_memory(home: Home) -> None:
    done = home.shell("df --output=size,target -B1 /tmp /var/tmp /dev/shm /run | tail -n +2")
    sizes = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert len(sizes) == 4
    assert sum(sizes) < 0.7 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
