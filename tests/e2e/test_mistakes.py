"""What people type wrong: each mistake is told in a sentence that says what to do, exits non-zero, and starts nothing.

Machines that lack something (no crun, no user namespaces, a full disk) are in tests/integration/daemon/test_failures.py.
"""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden


def refused(done: subprocess.CompletedProcess[str], says: str, code: int = 125) -> None:
    """One line, from Warden, without a traceback."""
    assert done.returncode == code, done
    assert done.stderr.startswith("warden: "), done
    assert says in done.stderr, done
    assert "Traceback" not in done.stderr
    assert "bug in warden" not in done.stderr
    assert done.stdout == "", done


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no command given. usage: warden exec [options] -- COMMAND [ARGUMENT...]"),
        (["--"], "no command given."),
        (["--frob", "--", "touch", "ran"], "unknown option --frob. `warden exec --help` lists the options"),
        (["-x", "touch", "ran"], "unknown option -x."),
        (["--preset"], "--preset needs a value."),
        (["--preset", "readonli", "--", "touch", "ran"], "one of observe, no-destroy, readonly, lockdown, not 'readonli'"),
        (["--preset", "readonly", "--preset=lockdown", "--", "touch", "ran"], "--preset is given twice."),
        (["--allow", "GTE https://example.com/x", "--", "touch", "ran"], "Did you mean GET?"),
        (["--env", "", "--", "touch", "ran"], "--env '' is not NAME or NAME=VALUE."),
        (["--writable", "absent", "--", "touch", "ran"], "--writable absent: there is no such file or directory. Make it first."),
        (["--policy", "absent.cedar", "--", "touch", "ran"], "absent.cedar: No such file or directory."),
        (["--config", "absent.yaml", "--", "touch", "ran"], "absent.yaml, which --config or WARDEN_CONFIG names, is not there."),
        (["--socket", "/absent/daemon.sock", "--", "touch", "ran"], "The socket /absent/daemon.sock cannot be made: No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options(warden: Warden, arguments: list[str], says: str) -> None:
    refused(warden.run("exec", *arguments), says)
    assert not (warden.work / "ran").exists()


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["help"], 0), (["exec", "--help"], 0), (["exec", "-h"], 0)])
def test_help(warden: Warden, arguments: list[str], code: int) -> None:
    done = warden.run(*arguments)
    assert done.returncode == code
    assert "usage: warden" in done.stdout + done.stderr
    assert ("--preset" if arguments[:1] == ["exec"] else "exec ") in done.stdout + done.stderr


def test_unknown_command(warden: Warden) -> None:
    refused(warden.run("exce", "--", "true"), "there is no command 'exce'", code=2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"policy: [\n", "warden.yaml:2: "),
        (b"policy:\n  presett: readonly\n", "warden.yaml:2: there is no key policy.presett. Did you mean policy.preset?"),
        (b"policy:\n  preset: readonli\n", "warden.yaml:2: policy.preset must be one of"),
        (b"- policy\n", "warden.yaml:1: the file must be a mapping of keys"),
        (b"egress:\n  allow: example.com\n", "warden.yaml:2: egress.allow must be a list"),
        (b"sandbox:\n  limits:\n    memory: lots\n", "warden.yaml:3: sandbox.limits.memory must be bytes or a size such as 4GiB"),
        (b"policy: {preset: readonly}\npolicy: {preset: lockdown}\n", "warden.yaml:2: policy is there twice"),
        (b"\xff\xfe", "warden.yaml:1: is not UTF-8."),
        (b"egress:\n  allow: [example.com]\n", "run `warden config trust "),
    ],
    ids=lambda value: value.decode("latin1") if isinstance(value, bytes) else "",
)
def test_project_file(warden: Warden, text: bytes, says: str) -> None:
    file = warden.work / "warden.yaml"
    file.write_bytes(text)
    try:
        refused(warden.exec("touch", "ran"), says)
        assert not (warden.work / "ran").exists()
    finally:
        file.unlink()


def test_project_file_that_is_a_directory(warden: Warden) -> None:
    file = warden.work / "warden.yaml"
    file.mkdir()
    try:
        refused(warden.exec("true"), "is not a regular file")
    finally:
        file.rmdir()


def test_where_it_must_not_run(warden: Warden) -> None:
    script = 'cd "$1" && exec warden exec -- touch ran'
    refused(warden.run_outside("sh", "-c", script, "sh", "/proc"), "kernel")


def test_home_directory_is_read_only_unless_it_is_named(warden: Warden) -> None:
    """A newcomer types the first command in it; everything of theirs must not be writable for that."""
    for directory in (warden.home, warden.home.parent):
        done = warden.run_outside("sh", "-c", 'cd "$1" && exec warden exec -- sh -c "pwd; touch ran"', "sh", str(directory))
        assert done.stdout == f"{directory}\n"
        assert not (directory / "ran").exists()
    named = warden.run_outside("sh", "-c", 'cd "$1" && exec warden exec --writable "$1" -- touch ran', "sh", str(warden.home))
    assert named.returncode == 0, named
    (warden.home / "ran").unlink()


def test_root_directory_is_read_only(warden: Warden) -> None:
    done = warden.run_outside("sh", "-c", "cd / && exec warden exec -- sh -c 'pwd; touch /ran /usr/ran'")
    assert done.stdout == "/\n"
    assert done.stderr.count("Read-only file system") == 2, done
    assert not Path("/ran").exists()


def test_what_an_agent_tries_first(warden: Warden) -> None:
    (warden.home / ".ssh").mkdir(exist_ok=True)
    (warden.home / ".ssh/id_ed25519").write_text("a private key")
    done = warden.exec("sh", "-c", "cat /etc/shadow; ls -A ~/.ssh; cat ~/.ssh/id_ed25519; touch /usr/x; touch ./ok; exit 3")
    assert done.returncode == 3
    assert done.stdout == "", done
    assert "touch: cannot touch '/usr/x': Read-only file system" in done.stderr
    assert (warden.work / "ok").exists()


@pytest.mark.parametrize("script", ["#!/absent/interpreter\n", "\x7fELF"], ids=["interpreter", "binary"])
def test_programs_that_do_not_start(warden: Warden, script: str) -> None:
    program = warden.work / "program"
    program.write_text(script)
    program.chmod(0o755)
    done = warden.exec("./program")
    assert done.returncode in (126, 127), done
    assert done.stderr


@pytest.mark.parametrize("home", ["", "/nonexistent", "relative"])
def test_strange_home(warden: Warden, home: str) -> None:
    done = warden.exec("sh", "-c", "echo ran", env={"HOME": home})
    assert (done.stdout, done.returncode) == ("ran\n", 0) or (done.returncode == 125 and "home" in done.stderr.lower()), done


def test_relative_socket(warden: Warden) -> None:
    """Taken from the working directory, though the daemon runs in another."""
    try:
        done = warden.run("exec", "--socket", "own.sock", "--", "pwd")
        assert done.stdout.strip() == str(warden.work), done
    finally:
        assert warden.run("daemon", "stop", "--socket", "own.sock").returncode == 0


def test_daemon_that_hangs_up(warden: Warden) -> None:
    """As one of another version does, which cannot read what this one says."""
    path = warden.home / "run/other.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def hang_up() -> None:
            for _ in range(3):
                connection, _address = listener.accept()
                connection.recv(4096)
                connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        refused(warden.run("exec", "--socket", str(path), "--", "touch", "ran"), f"Try again after `rm {path}`")
        thread.join(5)
    assert not (warden.work / "ran").exists()


def test_warden_inside_warden(warden: Warden) -> None:
    """It neither reaches the daemon outside, which could start a session without rules, nor pretends to work."""
    done = warden.exec("warden", "exec", "--", "touch", "ran")
    assert done.returncode == 125, done
    assert done.stderr.startswith("warden: ")
    assert "bug in warden" not in done.stderr
    assert not (warden.work / "ran").exists()
