"""What a user of a shell expects of `warden exec -- COMMAND`: that it is not there."""

from __future__ import annotations

import os
import re
import secrets
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import WARDEN, Home, children, eventually, named


@pytest.mark.parametrize("code", [0, 1, 7, 125, 255])
def test_exit_status(shared: Home, code: int) -> None:
    assert shared.shell(f"exit {code}").returncode == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGUSR1])
def test_death_by_signal(shared: Home, number: signal.Signals) -> None:
    assert shared.shell(f"kill -{int(number)} $$").returncode == 128 + number


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("no-such-command", 127, "warden: no-such-command: command not found."),
        ("./no-such-file", 127, "warden: ./no-such-file: no such file or directory."),
        ("/etc/passwd", 126, "warden: /etc/passwd: permission denied."),
        ("/usr", 126, "warden: /usr: is a directory."),
    ],
)
def test_commands_that_cannot_run(shared: Home, command: str, code: int, says: str) -> None:
    done = shared.exec(command)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (code, says, "")


def test_streams_are_the_client_s_own(shared: Home, tmp_path: Path) -> None:
    """No copying: inside are the very descriptors, so a file is a file and its offset is shared."""
    with open(tmp_path / "out", "w+b") as out:
        out.write(b"before\n")
        out.flush()
        shared.shell("echo inside; stat -L -c %i /proc/self/fd/1", stdout=out, capture_output=False, text=False)
        out.write(b"after\n")
        out.seek(0)
        assert out.read().split() == [b"before", b"inside", str(os.fstat(out.fileno()).st_ino).encode(), b"after"]


ASK = """
import socket
question = b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3sts\\11amazonaws\\3com\\0\\0\\1\\0\\1"
server = next(line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("nameserver"))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
    asked.settimeout(5)
    asked.connect((server, 53))  # an answer from anywhere else is none
    asked.send(question)
    print(asked.recv(512)[:2].hex())
"""


def test_a_question_before_anybody_reads_is_answered(shared: Home) -> None:
    """The worker starts behind the command: what is asked at once waits for it, and its answer comes from where it was sent."""
    for _ in range(5):
        done = shared.exec("/usr/bin/python3", "-S", "-c", ASK)
        assert (done.stdout, done.stderr) == ("0001\n", "")


CONNECT = """
import socket
try:
    socket.create_connection(("198.18.0.1", 443), 5).recv(1)
except OSError as error:
    print(type(error).__name__)
"""


def test_a_connection_before_anybody_accepts_is_ruled_on(shared: Home) -> None:
    """As above, over TCP: the address has no name in this session, so the connection is reset, and the command ends by itself."""
    for _ in range(5):
        done = shared.exec("/usr/bin/python3", "-S", "-c", CONNECT, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "ConnectionResetError\n", "")


def test_standard_error_is_apart(shared: Home) -> None:
    done = shared.shell("echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_input_ends(shared: Home) -> None:
    done = shared.exec("cat", input="one\ntwo\n")
    assert (done.returncode, done.stdout) == (0, "one\ntwo\n")
    assert shared.exec("cat").stdout == ""


def test_large_binary_through_pipes(shared: Home) -> None:
    data = os.urandom(3 << 20)
    assert shared.exec("cat", input=data, text=False).stdout == data


def test_closed_pipe(shared: Home) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{WARDEN} exec -- yes | head -1; echo ${{PIPESTATUS[*]}}"],
        env=shared.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "y\n141 0\n"


@pytest.mark.parametrize(("redirect", "script"), [("<&-", "cat"), (">&-", "echo lost"), ("2>&-", "echo lost >&2")])
def test_closed_descriptors_stay_closed(shared: Home, redirect: str, script: str) -> None:
    line = f"{WARDEN} exec -- sh -c '{script} || exit 3' {redirect}"
    done = subprocess.run(["bash", "-c", line], env=shared.environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 3


def test_where_and_who(shared: Home) -> None:
    odd = shared.work / "ein Verzeichnis é"
    odd.mkdir(exist_ok=True)
    done = shared.shell('pwd; id -u; umask; echo "$ODD"', cwd=odd, env={"ODD": "a\nb ünd=c"}, umask=0o027)
    assert done.stdout == f"{odd}\n{os.getuid()}\n0027\na\nb ünd=c\n"


def test_arguments_are_bytes(shared: Home) -> None:
    arguments = ["", " ", "a\nb", "-x", "--", "*", "$HOME", "\u00e9\U0001f512"]
    done = shared.exec("printf", "%s|", *arguments, text=False)
    assert done.stdout == b"".join(os.fsencode(argument) + b"|" for argument in arguments)


def test_arguments_that_are_no_text_are_refused(shared: Home) -> None:
    """The OCI runtime's configuration is JSON, which cannot carry them: refused rather than changed."""
    done = shared.exec("printf", "%s", "\udcff")
    assert (done.returncode, done.stdout) == (125, "")
    assert "not valid UTF-8" in done.stderr
    assert shared.shell("echo fine", env={"LATIN": "\udcfc"}).stdout == "fine\n"


def test_limits_are_the_client_s(shared: Home) -> None:
    line = f"ulimit -S -n 123; ulimit -c 0; {WARDEN} exec -- sh -c 'ulimit -S -n; ulimit -c'"
    done = subprocess.run(["bash", "-c", line], env=shared.environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["123", "0"]


def test_environment(shared: Home) -> None:
    secret = {
        "AWS_SECRET_ACCESS_KEY": "outside",
        "GITHUB_TOKEN": "outside",
        "UNKNOWN_TOKEN": "outside",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "KEPT": "yes",
    }
    seen = dict(line.split("=", 1) for line in shared.exec("env", env=secret).stdout.splitlines())
    assert seen["KEPT"] == "yes"
    assert "outside" not in seen.values()
    assert seen["GITHUB_TOKEN"].startswith("wrdn")  # a placeholder; what no list knows is hidden
    assert not {"UNKNOWN_TOKEN", "SSH_AUTH_SOCK", "HTTPS_PROXY", "WARDEN_SOCKET"} & seen.keys()
    asked = shared.run("exec", "--env", "GITHUB_TOKEN", "--env=ADDED=1=2", "--", "sh", "-c", "echo $GITHUB_TOKEN $ADDED", env=secret)
    assert asked.stdout == "outside 1=2\n"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH]
)
def test_signals_reach_the_command(shared: Home, number: signal.Signals) -> None:
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("whoever runs the tests ignores it (nohup), and so does the client")
    program = f"""
import signal, sys
signal.signal({int(number)}, lambda n, f: sys.exit(40 + n))
print("ready", flush=True)
while True: signal.pause()
"""
    with shared.background("python3", "-c", program) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(number)
        assert running.wait(10) == 40 + number


def test_stop_and_continue(shared: Home) -> None:
    with shared.background("sh", "-c", "echo $$; while :; do sleep 0.05; echo tick; done") as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.readline()
        running.send_signal(signal.SIGTSTP)
        eventually(lambda: Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T")
        time.sleep(0.3)
        pipe = running.stdout.fileno()
        while select.select([pipe], [], [], 0)[0]:
            os.read(pipe, 65536)
        assert not select.select([pipe], [], [], 0.4)[0], "the command runs on while its job is stopped"
        running.send_signal(signal.SIGCONT)
        assert select.select([pipe], [], [], 5)[0]
    shared.settle()


def test_ignored_signals_stay_ignored(shared: Home) -> None:
    """`nohup warden exec`: a hang-up is none of the command's business."""
    with shared.background(
        "sh", "-c", "echo ready; sleep 0.6; echo done", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGHUP)
        assert running.wait(10) == 0
        assert running.stdout.read() == "done\n"


def test_options(shared: Home) -> None:
    assert "usage: warden exec" in shared.run("exec", "--help").stdout
    for arguments, says in (
        (["--nope", "true"], "unknown option --nope"),
        (["--preset"], "--preset needs a value"),
        (["--preset=readonly", "--preset", "observe", "true"], "--preset is given twice"),
        ([], "no command given"),
    ):
        done = shared.run("exec", *arguments)
        assert done.returncode == 125
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_working_directory_is_writable_and_the_rest_is_not(shared: Home) -> None:
    assert shared.shell("echo x > made && cat made").stdout == "x\n"
    assert (shared.work / "made").read_text() == "x\n"
    shared.shell("echo x > ../made")
    assert not (shared.path / "made").exists()
    assert shared.shell("echo x > /usr/made").returncode != 0
    beside = shared.path / "beside"
    beside.mkdir(exist_ok=True)
    assert shared.run("exec", "--writable", str(beside), "--", "touch", f"{beside}/made").returncode == 0


def test_the_audit_log_frames_a_session(shared: Home) -> None:
    shared.settle()
    before = len(shared.records())
    shared.run("exec", "--agent", "tester", "--preset", "readonly", "--", "sh", "-c", "exit 3")
    eventually(lambda: shared.records()[before:] and shared.records()[-1]["kind"] == "session.end")
    start, *_, end = shared.records()[before:]
    assert start["kind"] == "session.start"
    assert start["principal"]["agent"] == "tester"
    assert (start["argv"], start["cwd"], start["preset"]) == (["sh", "-c", "exit 3"], str(shared.work), "readonly")
    assert len(start["policies"]) == 64
    assert end["session"] == start["session"]
    assert end["exit"] == 3
    assert shared.run("audit", "verify", str(shared.audit_log)).returncode == 0


def test_no_secret_that_a_shell_put_on_the_command_line_is_recorded(shared: Home) -> None:
    secret = secrets.token_hex(16)
    before = len(shared.records())
    shared.exec("echo", f"Authorization: Bearer {secret}", "-u", f"me:{secret}", env={"SHOP_TOKEN": secret})
    start = next(record for record in shared.records()[before:] if record["kind"] == "session.start")
    assert start["argv"] == ["echo", "Authorization: Bearer ${SHOP_TOKEN}", "-u", "me:${SHOP_TOKEN}"]
    assert secret not in shared.audit_log.read_text()


def test_who_holds_the_credentials_leaves_no_core_and_shows_none_in_proc(shared: Home) -> None:
    secret = secrets.token_hex(16)
    shared.environment["SHOP_TOKEN"] = secret
    try:
        with shared.background("sleep", "30"):
            eventually(lambda: [pid for pid in children(shared.session()) if named(pid) == "warden-worker"])
            session = shared.session()
            (worker,) = (pid for pid in children(session) if named(pid) == "warden-worker")
            limits = {pid: Path(f"/proc/{pid}/limits").read_text() for pid in (session, worker)}
            assert re.search(r"Max core file size +0 +0 ", limits[worker])
            assert re.search(r"Max core file size +0 ", limits[session])
            for pid in (shared.daemon(), session, worker):
                for name in ("cmdline", "environ", "comm"):
                    try:
                        shown = Path(f"/proc/{pid}/{name}").read_bytes()
                    except PermissionError:  # to an ordinary user, though it is their process
                        assert (pid, name) == (worker, "environ")
                    else:
                        assert secret.encode() not in shown, (pid, name)
    finally:
        del shared.environment["SHOP_TOKEN"]


def test_the_daemon_is_out_of_reach(shared: Home) -> None:
    """A process inside that could speak to the daemon would ask it for a session without rules."""
    program = """
import socket, sys
try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except OSError as error: print(type(error).__name__)
else: print("reached")
"""
    done = shared.exec("python3", "-c", program, str(shared.socket))
    assert done.stdout in ("FileNotFoundError\n", "ConnectionRefusedError\n", "PermissionError\n")
    assert shared.shell(f"cat {shared.audit_log}").stdout == ""
    assert shared.shell(f"cat {shared.path}/.config/warden/warden.yaml").stdout == ""


def test_fifty_in_a_row_and_five_at_once(shared: Home) -> None:
    for _ in range(50):
        assert shared.exec("true").returncode == 0
    running = [shared.popen("sh", "-c", f"sleep 0.3; exit {code}") for code in range(5)]
    assert [each.wait(30) for each in running] == [0, 1, 2, 3, 4]
    for each in running:
        each.communicate()
    shared.settle()


def test_the_audit_log_is_hidden_from_the_session_that_makes_it(home: Home) -> None:
    """Its record of a start is its first, and made before what is hidden is looked for."""
    log = home.work / "audit.jsonl"
    home.configure(audit={"path": str(log)})
    seen = home.shell(f"cat {log} {log}.head; echo spoiled > {log}; ls -l {log}")
    assert "session.start" not in seen.stdout + seen.stderr
    assert "session.start" in log.read_text()
    assert home.run("audit", "verify").returncode == 0
