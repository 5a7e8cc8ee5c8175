"""The worker as a process: forked from a warm parent, small, flat whatever passes through it, and gone without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MIB = 1 << 20


class Forked:
    """A forked worker."""

    def __init__(self, target: str, folder: Path) -> None:
        self.ca_file = folder / "forked.pem"
        program = Path(__file__).with_name("forked.py")
        command = [sys.executable, str(program), target, str(folder / "world.pem"), str(self.ca_file)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker did not start"
        self.facts: dict[str, Any] = json.loads(line)

    def memory(self) -> dict[str, int]:
        """KiB: VmHWM and VmRSS of the process, and what it does not share with its parent."""
        status = Path(f"/proc/{self.facts['pid']}/status").read_text()
        rollup = Path(f"/proc/{self.facts['pid']}/smaps_rollup").read_text()
        found = {name: int(value) for name, value in re.findall(r"(Vm(?:HWM|RSS)):\s+(\d+)", status)}
        found["private"] = sum(int(value) for value in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", rollup))
        return found

    def curl(self, path: str, *arguments: str) -> str:
        """What curl says of sizes and status; the body goes nowhere."""
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.ca_file, "--connect-to", f"api.test:443:127.0.0.1:{self.facts['port']}", "-o", "/dev/null",
             "--max-time", "120", "-w", "%{http_code} %{http_version} %{size_download} %{size_upload}", *arguments, f"https://api.test{path}"],
            capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def fork(make: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., tuple[Forked, Any]]]:
    made: list[Forked] = []

    def forked(**options: Any) -> tuple[Forked, Any]:
        setting = make(**options)
        made.append(Forked(setting.config.upstream.resolve["*"], tmp_path))
        return made[-1], setting

    yield forked
    for worker in made:
        worker.close()


def test_it_works_after_the_fork(fork: Callable[..., tuple[Forked, Any]]) -> None:
    worker, setting = fork()
    assert worker.facts["threads"] == ["MainThread"]
    assert worker.facts["tasks"] == 1  # no thread of a library's either
    assert worker.curl("/echo", "-d", "hello") == "200 2 5 5"
    assert setting.upstream.bodies == [b"hello"]


def test_an_idle_worker_is_small(fork: Callable[..., tuple[Forked, Any]]) -> None:
    worker, _ = fork()
    worker.curl("/bytes/1")
    assert worker.memory()["private"] < 25 * 1024
    print(f"started in {worker.facts['ms']:.0f} ms, memory {worker.memory()}")


def test_when_it_dies_connections_are_refused(fork: Callable[..., tuple[Forked, Any]]) -> None:
    worker, _ = fork()
    address = ("127.0.0.1", worker.facts["port"])
    with socket.create_connection(address, timeout=5) as held:
        signal.pidfd_send_signal(os.pidfd_open(worker.facts["pid"]), signal.SIGKILL)
        with contextlib.suppress(ConnectionResetError):
            assert held.recv(1) == b""
    # A dying process's sockets are closed in whatever order the kernel likes: the connection's end may be seen before the listener's.
    deadline = time.monotonic() + 5
    while not _refused(address):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


def _flat(
    fork: Callable[..., tuple[Forked, Any]], size: int, *, upload: bool, version: str, http2: bool, arguments: tuple[str, ...]
) -> None:
    worker, setting = fork(http2=http2)
    worker.curl("/bytes/1000000", version)
    before = worker.memory()
    if upload:
        with Path("/dev/zero").open("rb") as zeros, subprocess.Popen(["head", f"-c{size}"], stdin=zeros, stdout=subprocess.PIPE) as source:
            done = subprocess.run(
                ["curl", "-sS", "--cacert", worker.ca_file, "--connect-to", f"api.test:443:127.0.0.1:{worker.facts['port']}", "-o", "/dev/null",
                 "-w", "%{http_code} %{size_upload}", version, "-T", "-", "https://api.test/upload", *arguments],
                stdin=source.stdout, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
            )  # fmt: skip
        assert done.stdout.startswith("200 "), done.stderr
        assert setting.upstream.uploaded == size
    else:
        assert worker.curl(f"/bytes/{size}", version, *arguments).split()[2] == str(size)
    after = worker.memory()
    assert after["VmHWM"] - before["VmRSS"] < 24 * 1024, (before, after)


DIRECTIONS = pytest.mark.parametrize("upload", [False, True], ids=["download", "upload"])
PROTOCOLS = pytest.mark.parametrize(
    ("version", "http2"), [("--http1.1", False), ("--http2", False), ("--http2", True)], ids=["http1", "http2-to-1", "http2"]
)


@DIRECTIONS
@PROTOCOLS
def test_memory_stays_flat(fork: Callable[..., tuple[Forked, Any]], upload: bool, version: str, http2: bool) -> None:
    _flat(fork, (256 if version == "--http1.1" else 64) * MIB, upload=upload, version=version, http2=http2, arguments=())


@pytest.mark.slow
@DIRECTIONS
@PROTOCOLS
def test_memory_stays_flat_for_a_gibibyte(fork: Callable[..., tuple[Forked, Any]], upload: bool, version: str, http2: bool) -> None:
    _flat(fork, 1024 * MIB, upload=upload, version=version, http2=http2, arguments=())


@pytest.mark.parametrize("http2", [False, True], ids=["http2-to-1", "http2"])
def test_a_stream_that_is_not_read_fills_no_memory_and_holds_up_no_other(
    fork: Callable[..., tuple[Forked, Any]], http2_client: Any, http2: bool
) -> None:
    worker, _ = fork(http2=http2)
    worker.curl("/bytes/1000000", "--http2")
    before = worker.memory()
    client = http2_client(worker.facts["port"], worker.ca_file)
    size = 64 * MIB
    stalled = client.send(f"/bytes/{size}")
    client.run(lambda: False, seconds=2)
    assert client.received[stalled] == 65535  # the window that HTTP/2 begins with
    assert worker.memory()["VmHWM"] - before["VmRSS"] < 24 * 1024, worker.memory()
    other = client.send("/bytes/60000")
    client.run(lambda: other in client.ended)
    assert client.received[other] == 60000
    client.connection.increment_flow_control_window(1 << 30, stalled)
    client.run(lambda: stalled in client.ended, seconds=60)
    assert client.received[stalled] == size
    assert worker.memory()["VmHWM"] - before["VmRSS"] < 24 * 1024, worker.memory()
    client.sock.close()
