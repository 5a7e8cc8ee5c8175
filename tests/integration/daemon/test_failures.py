"""What cannot work says so in a sentence, with 125, before anything runs and with nothing left half-started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.daemon.conftest import WARDEN, Home


def refused(home: Home, *options: str, says: str, **more: Any) -> None:
    """`warden exec` does not run the command, and says why."""
    witness = home.work / "ran"
    done = home.run("exec", *options, "--", "touch", str(witness), **more)
    assert done.returncode == 125, done
    assert done.stderr.startswith("warden: "), done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2, done.stderr
    assert not witness.exists()
    home.settle()


def test_a_policy_that_does_not_parse(shared: Home) -> None:
    policy = shared.path / "mine.cedar"
    policy.write_text('@id("x")\n@reason("y")\npermit (principal, action, resource;\n')
    refused(shared, "--policy", str(policy), says="mine.cedar:")


def test_a_policy_that_is_not_there(shared: Home) -> None:
    refused(shared, "--policy", str(shared.path / "none.cedar"), says="none.cedar")


def test_an_unknown_preset(shared: Home) -> None:
    refused(shared, "--preset", "readonyl", says="readonly")


def test_a_configuration_with_an_unknown_key(home: Home) -> None:
    home.configure(polisy={"preset": "readonly"})
    refused(home, says="Did you mean policy")


def test_a_configuration_that_is_not_there(shared: Home) -> None:
    refused(shared, "--config", "none.yaml", says="none.yaml")


def test_an_egress_entry_that_is_none(shared: Home) -> None:
    refused(shared, "--allow", "http://*/", says="warden: ")


def test_a_ca_that_is_none(home: Home) -> None:
    broken = home.path / "broken.pem"
    broken.write_text("no certificate\n")
    home.configure(upstream={"ca": [str(broken)]})
    refused(home, says="broken.pem")


def test_an_audit_log_that_cannot_be_written(home: Home) -> None:
    home.configure(audit={"path": "/proc/warden/audit.jsonl"})
    refused(home, says="audit log")


def test_a_hidden_working_directory(shared: Home) -> None:
    hidden = shared.path / ".ssh"
    hidden.mkdir(exist_ok=True)
    refused(shared, says="hidden", cwd=hidden)


def test_a_vanished_working_directory(shared: Home) -> None:
    gone = shared.path / "gone"
    gone.mkdir()
    line = f"cd {gone} && rmdir {gone} && exec {WARDEN} exec -- true"
    done = subprocess.run(["sh", "-c", line], env=shared.environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, "working directory is gone" in done.stderr) == (125, True)


def test_a_socket_that_cannot_be_made(shared: Home) -> None:
    refused(shared, "--socket", "/proc/none/daemon.sock", says="/proc/none")
    refused(shared, "--socket", f"/tmp/{'x' * 200}/daemon.sock", says="/tmp/x")


def test_a_log_that_cannot_be_written(home: Home) -> None:
    if os.getuid() == 0:
        pytest.skip("root writes everywhere")
    (home.path / ".local").mkdir(mode=0o500)
    refused(home, says="log")


# --- a machine that lacks something: the same, in a mount namespace that takes it away ---------------------------------------------


def in_a_machine(home: Home, prepare: str) -> subprocess.CompletedProcess[str]:
    """`warden exec` with its daemon on a machine that `prepare` (shell, as root in a mount namespace) has changed."""
    if os.getuid() != 0:
        pytest.skip("needs root to make such a machine")
    line = f"set -e\nmount --make-rprivate /\n{prepare}\n{WARDEN} exec -- touch ran; code=$?\n{WARDEN} daemon stop >&2 || true\nexit $code"
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", line.replace("set -e", "set +e")],
        env=home.environment,
        cwd=home.work,
        capture_output=True,
        text=True,
        timeout=60,
    )


def hide(*programs: str) -> Callable[[], str]:
    return lambda: "\n".join(f"test -e {program} && mount --bind /dev/null {program}" for program in programs)


def test_without_a_runtime(home: Home) -> None:
    done = in_a_machine(home, hide("/usr/bin/crun", "/usr/sbin/runc", "/usr/bin/runc")())
    assert done.returncode == 125
    assert "warden: crun or runc is not installed" in done.stderr
    assert "apt-get install crun" in done.stderr
    assert not (home.work / "ran").exists()


def test_without_room_for_the_audit_log(home: Home) -> None:
    room = home.path / "audit"
    room.mkdir()
    done = in_a_machine(home, f"mount -t tmpfs -o size=8k none {room}\nhead -c 8192 /dev/zero > {room}/full")
    assert done.returncode == 125
    assert "audit log" in done.stderr
    assert not (home.work / "ran").exists()


def test_the_audit_log_fills_up_while_it_runs(home: Home) -> None:
    """The ruling that cannot be recorded is a denial. (The first few fit the page of memory that the file has already.)"""
    if os.getuid() != 0:
        pytest.skip("needs root to make such a machine")
    (home.path / "audit").mkdir()
    inside = "echo ready; read go; for i in $(seq 40); do getent hosts sts.amazonaws.com >/dev/null && last=allowed || last=denied; done; echo $last"
    script = f"""
mount --make-rprivate / && mount -t tmpfs -o size=64k none {home.path}/audit && mkfifo go
{WARDEN} exec -- sh -c '{inside}' < go &
exec 9> go
sleep 3
head -c 99999 /dev/zero > {home.path}/audit/full
echo >&9
wait
{WARDEN} daemon stop
"""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], env=home.environment, cwd=home.work, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "ready\ndenied\n", done


def test_without_root_and_without_user_namespaces(home: Home) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root to make such a machine")
    home.path.chmod(0o777)
    code = """
import os, sys
os.unshare(os.CLONE_NEWUSER)
open("/proc/self/setgroups", "w").write("deny")
open("/proc/self/uid_map", "w").write("1000 0 1")
open("/proc/self/gid_map", "w").write("1000 0 1")
open("/proc/sys/user/max_user_namespaces", "w").write("0")
os.execv(sys.argv[1], sys.argv[1:])
"""
    environment = {**home.environment, "XDG_RUNTIME_DIR": str(home.run_directory)}
    done = subprocess.run(
        [sys.executable, "-c", code, WARDEN, "exec", "--", "touch", "ran"],
        env=environment,
        cwd=home.work,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 125, done
    assert "user namespaces" in done.stderr
    assert not (home.work / "ran").exists()


def test_a_daemon_that_cannot_start(home: Home) -> None:
    """Its last words are the client's message."""
    files = Path(f"{home.socket}.d")
    files.mkdir(mode=0o755)
    files.chmod(0o755)
    done = home.exec("true")
    assert done.returncode == 125
    assert "warden: The daemon does not start" in done.stderr
    assert "is not a directory that only you can use" in done.stderr
    assert "Traceback" not in done.stderr
