"""Exit statuses, signals, descriptors and environment pass exactly."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import SandboxError
from sandbox.runtime import Container
from tests.integration.sandbox.conftest import Result

Run = Callable[..., Result]
Begin = Callable[..., Container]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 128 + signal.SIGTERM),
        ("kill -KILL $$", 128 + signal.SIGKILL),
        ("kill -SEGV $$", 128 + signal.SIGSEGV),
    ],
)
def test_the_exit_status_is_the_programs_own(run: Run, command: str, status: int) -> None:
    assert run("sh", "-c", command).status == status


def test_a_program_that_is_not_there_is_127_and_one_that_cannot_run_126(run: Run, tmp_path: Path) -> None:
    assert run("no-such-program").status == 127
    (tmp_path / "plain").write_text("data")
    assert run(str(tmp_path / "plain")).status == 126


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT])
def test_a_signal_ends_a_program_that_does_not_handle_it(begin: Begin, number: signal.Signals) -> None:
    container = begin("sleep", "60")
    container.wait_started()
    time.sleep(0.05)
    container.signal(number)
    assert container.wait() == 128 + number


def test_a_handled_signal_is_handled(begin: Begin, tmp_path: Path) -> None:
    container = begin("sh", "-c", "trap 'exit 33' TERM; touch ready; while :; do sleep 0.02; done")
    _until((tmp_path / "ready").exists)
    container.signal(signal.SIGTERM)
    assert container.wait() == 33


def test_a_group_signal_reaches_the_children_too(begin: Begin, tmp_path: Path) -> None:
    container = begin("sh", "-c", "trap '' INT; (trap - INT; touch ready; exec sleep 60); echo $? > child; exit 5")
    _until((tmp_path / "ready").exists)
    time.sleep(0.05)
    container.signal(signal.SIGINT, group=True)
    assert container.wait() == 5
    # A background-ignoring shell waits for its child, which the interrupt ended.
    assert (tmp_path / "child").read_text().strip() in ("130", "0")


def test_stop_and_continue(begin: Begin) -> None:
    container = begin("sleep", "60")
    init = container.wait_started()
    _until(lambda: bool(_children(init)))
    agent = _children(init)[0]
    container.signal(signal.SIGSTOP)
    _until(lambda: _state(agent) == "T")
    container.signal(signal.SIGCONT)
    _until(lambda: _state(agent) == "S")
    container.signal(signal.SIGTERM)
    assert container.wait() == 143


def test_kill_takes_everything(begin: Begin) -> None:
    container = begin("sh", "-c", "setsid sleep 60 & nohup sleep 60 & sleep 60")
    init = container.wait_started()
    _until(lambda: len(_children(_children(init)[0] if _children(init) else 0)) >= 2)
    inside = _tree(init)
    container.kill()
    assert container.wait() == 128 + signal.SIGKILL
    assert len(inside) >= 4
    assert not [pid for pid in inside if _state(pid)]


def test_orphans_end_with_the_program(begin: Begin) -> None:
    container = begin("sh", "-c", "setsid sleep 60 & exit 3")
    init = container.wait_started()
    inside = _tree(init)
    assert container.wait() == 3
    assert not [pid for pid in inside if _state(pid)]


def test_signals_after_the_end_are_harmless(begin: Begin) -> None:
    container = begin("true")
    assert container.wait() == 0
    container.signal(signal.SIGTERM)
    container.kill()
    assert container.wait() == 0
    assert container.poll() == 0


def test_input_and_output_pass_byte_for_byte(run: Run) -> None:
    text = "".join(f"line {number}\n" for number in range(50_000))
    result = run("sh", "-c", "cat; echo done >&2", stdin=text)
    assert (result.status, result.out, result.err) == (0, text, "done\n")


def test_a_reader_that_leaves_is_a_broken_pipe(begin: Begin) -> None:
    reading, writing = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    container = begin("yes", stdio=(null, writing, null))
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    os.close(null)
    assert container.wait() == 128 + signal.SIGPIPE


def test_a_closed_pipe_is_the_end_of_input(begin: Begin) -> None:
    reading, writing = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    container = begin("sh", "-c", "wc -c | grep -qx 5", stdio=(reading, null, null))
    os.close(reading)
    os.close(null)
    os.write(writing, b"hello")
    assert container.poll() is None
    os.close(writing)
    assert container.wait() == 0


def test_descriptors_may_come_in_any_order(begin: Begin) -> None:
    """The program's output is the caller's descriptor 0 or whatever number: they are placed without treading on each other."""
    first, second = os.pipe(), os.pipe()
    container = begin("sh", "-c", "read word; echo out-$word; echo err-$word >&2", stdio=(first[0], second[1], second[1]))
    os.write(first[1], b"x\n")
    assert container.wait() == 0
    assert os.read(second[0], 100) == b"out-x\nerr-x\n"
    for number in (*first, *second):
        os.close(number)


def test_no_descriptor_but_three_is_inherited(python: Run) -> None:
    """Also not one that somebody forgot to mark close-on-exec."""
    leak = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(leak, True)
    result = python("import os\nfor pid in ('1', 'self'):\n print(sorted(os.listdir(f'/proc/{pid}/fd')))")
    os.close(leak)
    assert result.out == "['0', '1', '2']\n['0', '1', '2', '3']\n"  # 3 is the listing itself.


@pytest.mark.parametrize("kind", ["directory", "tcp", "udp", "unix-datagram", "unix-unconnected", "closed", "event"])
def test_descriptors_that_reach_out_are_refused(begin: Begin, kind: str) -> None:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        datagram, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        alone = socket.socket(socket.AF_UNIX)
        directory = os.open("/", os.O_RDONLY)
        event = os.eventfd(0)
        numbers = {
            "directory": directory,
            "tcp": tcp.fileno(),
            "udp": udp.fileno(),
            "unix-datagram": datagram.fileno(),
            "unix-unconnected": alone.fileno(),
        }
        number = numbers.get(kind, 9999 if kind == "closed" else event)
        try:
            with pytest.raises(SandboxError, match="standard input"):
                begin("true", stdio=(number, 1, 2))
        finally:
            for each in (directory, event):
                os.close(each)
            for end in (datagram, other, alone):
                end.close()


def test_a_connected_stream_socket_is_fine(begin: Begin) -> None:
    """Node gives its children sockets, not pipes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        container = begin("sh", "-c", "read word; echo got $word", stdio=(theirs.fileno(), theirs.fileno(), theirs.fileno()))
        ours.sendall(b"it\n")
        assert ours.recv(100) == b"got it\n"
        assert container.wait() == 0


def test_environment_arguments_and_directory(run: Run, tmp_path: Path) -> None:
    result = run(
        "sh", "-c", 'env | sort; pwd; echo "$1" "$2"', "name", "a b", "ü$x", env={"PATH": "/usr/bin:/bin", "ODD": "a=b\nc", "EMPTY": ""}
    )
    lines = result.out.splitlines()
    assert {"ODD=a=b", "c", "EMPTY=", "PATH=/usr/bin:/bin"} <= set(lines)
    assert lines[-2:] == [str(tmp_path), "a b ü$x"]
    names = {line.partition("=")[0] for line in lines[:-2]}
    assert names <= {"ODD", "c", "EMPTY", "PATH", "PWD", "HOME", "OLDPWD", "SHLVL", "_"}, "nothing of the host's environment"


def test_identity_is_the_callers(run: Run) -> None:
    assert run("sh", "-c", "id -u; id -g; hostname").out.split() == [str(os.geteuid()), str(os.getegid()), "sandbox"]


def test_files_made_inside_belong_to_the_caller(run: Run, tmp_path: Path) -> None:
    assert run("sh", "-c", "echo text > made").status == 0
    assert (tmp_path / "made").read_text() == "text\n"
    assert (tmp_path / "made").stat().st_uid == os.geteuid()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _tree(pid: int) -> list[int]:
    return [pid, *(each for child in _children(pid) for each in _tree(child))]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
