"""What comes through exec, attach, port-forward, cp and logs: placeholders, and never a value, over WebSocket and over SPDY.

kubectl, the API server and the kubelet's streaming server are real; the kubelet around it is a test double (see test_streams).
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import secrets
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.kubernetes.conftest import denied, kubectl, ran
from tests.e2e.kubernetes.test_streams import EXEC, both, outcomes
from tools.kubernetes import LocalCluster

PLACEHOLDER = r"wrdn[a-z2-7]{24}"


def fresh() -> str:
    """A password that nobody has seen."""
    return f"Xy7-{secrets.token_urlsafe(18)}"


def make_secret(cluster: LocalCluster, name: str, value: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "stringData": {"value": value}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def ended(warden: Warden, operation: str, error: str = "") -> dict[str, Any]:
    """The outcome that is recorded last for this operation, once it is there with this error."""
    for _ in range(50):
        found = [outcome for outcome in outcomes(warden) if str(outcome["operation"]).startswith(operation)]
        if found and found[-1]["error"] == error:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError(found)


READ = "p=$(kubectl get secret -n shop %s -o jsonpath={.data.value} | base64 -d) && echo PLACEHOLDER $p;"


@both
def test_new_secrets_in_output(observing: Warden, environment: dict[str, str]) -> None:
    value, other = fresh(), fresh()
    script = f"echo DB_PASSWORD={value}; echo 'API_TOKEN: \"{other}\"' >&2; printf 'end'; exit 3"
    done = kubectl(observing, *EXEC, "--", "sh", "-c", script, env=environment)
    assert done.returncode == 3
    assert value not in done.stdout + done.stderr
    assert other not in done.stdout + done.stderr
    assert re.fullmatch(rf"DB_PASSWORD={PLACEHOLDER}\nend", done.stdout), done.stdout
    assert re.search(rf'API_TOKEN: "{PLACEHOLDER}"\n', done.stderr), done.stderr
    time.sleep(0.5)
    assert sum(ended(observing, "pods/exec")["redacted"].values()) == 2


@both
def test_a_known_secret_in_every_form(observing: Warden, cluster: LocalCluster, tmp_path: Path, environment: dict[str, str]) -> None:
    """A Secret's value becomes the same placeholder, raw, in base64 and in pieces with pauses between them."""
    value = fresh()
    make_secret(cluster, "known", value)
    half = len(value) // 2
    pod = (
        f"echo raw {value}; printf %s {value} | base64 -w0; echo; printf %s {value[:half]}; sleep 0.3; echo {value[half:]};"
        f"for c in $(echo {value} | fold -w1); do printf %s $c; sleep 0.05; done; echo"
    )
    path = tmp_path / "pod.sh"  # in the "container"
    path.write_text(pod)
    script = READ % "known" + f"kubectl {' '.join(EXEC)} -- sh {path}"
    done = observing.exec("sh", "-c", script, env=environment)
    output = ran(done)
    placeholder = re.search(rf"PLACEHOLDER ({PLACEHOLDER})\n", output)
    assert placeholder, output
    lines = output.splitlines()[1:]
    assert value not in output
    assert lines[0] == f"raw {placeholder[1]}"
    assert base64.b64decode(lines[1]).decode() == placeholder[1]
    assert lines[2] == placeholder[1]
    assert lines[3] in [value[:shown] + placeholder[1] for shown in range(4)]


@both
def test_an_interactive_shell(observing: Warden, environment: dict[str, str]) -> None:
    """A prompt without a line end comes while the shell waits for what is typed after it."""
    value = fresh()
    script = (
        f"mkfifo in; kubectl {' '.join(EXEC)} -i -- sh -c 'printf \"ready> \"; read line; echo got $line DB_PASSWORD={value}' < in > out & "
        "exec 3> in; for i in $(seq 100); do grep -q 'ready> ' out && break; sleep 0.1; done; cat out; echo; echo typed >&3; exec 3>&-; wait; cat out"
    )
    done = observing.exec("sh", "-c", script, env=environment)
    assert done.stdout.splitlines()[0] == "ready> ", done.stdout + done.stderr
    assert re.search(rf"ready> got typed DB_PASSWORD={PLACEHOLDER}\n", done.stdout), done.stdout
    assert value not in done.stdout
    (observing.work / "in").unlink()


@both
def test_attach(observing: Warden, environment: dict[str, str]) -> None:
    value = fresh()
    done = kubectl(observing, "attach", "-n", "shop", "-i", "pod", env=environment, input=f"DB_PASSWORD={value}\n")
    assert value not in ran(done)
    assert re.search(rf"DB_PASSWORD={PLACEHOLDER}\n", done.stdout)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    value = ""

    def do_GET(self) -> None:
        body = json.dumps({"user": "web", "db_password": self.value, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 7):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


class Line(socketserver.BaseRequestHandler):
    value = ""

    def handle(self) -> None:
        asked = self.request.recv(100)
        self.request.sendall(b"+OK " + asked if b"hello" in asked else b"password=" + self.value.encode() + b"\n")


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int, str]]:
    """A "pod's" web server, and one of a protocol that nobody knows; what both give away."""
    value = Handler.value = Line.value = fresh()
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    line = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
    for server in (web, line):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield web.server_address[1], line.server_address[1], value
    for server in (web, line):
        server.shutdown()
        server.server_close()


FORWARD = (
    "rm -f forward.log; touch forward.log; kubectl port-forward -n shop pod/pod %d:%d > forward.log 2>&1 & "
    "for i in $(seq 100); do grep -q Forwarding forward.log && break; sleep 0.1; done; %s; sleep 0.3; kill $!; cat forward.log >&2"
)


@both
def test_http_through_a_port(observing: Warden, ports: tuple[int, int, str], environment: dict[str, str]) -> None:
    web, _, value = ports
    ask = "curl -sS http://127.0.0.1:18082/one http://127.0.0.1:18082/two http://127.0.0.1:18082/chunked"
    done = observing.exec("sh", "-c", FORWARD % (18082, web, ask), env=environment)
    assert value not in done.stdout + done.stderr
    answers = [json.loads(one) for one in re.findall(r"\{[^}]*\}", done.stdout)]
    assert [answer["path"] for answer in answers] == ["/one", "/two", "/chunked"], done.stdout + done.stderr
    assert all(re.fullmatch(PLACEHOLDER, answer["db_password"]) for answer in answers)


@both
def test_another_protocol_through_a_port(observing: Warden, ports: tuple[int, int, str], environment: dict[str, str]) -> None:
    """What nobody reads passes, and ends where a secret is in it, with the reason in kubectl's own words."""
    _, line, value = ports
    client = "import socket, sys; s = socket.create_connection(('127.0.0.1', 18083)); s.sendall(sys.argv[1].encode()); print(s.recv(100))"
    ask = f'for word in hello secret; do {sys.executable} -c "{client}" $word; done'
    done = observing.exec("sh", "-c", FORWARD % (18083, line, ask), env=environment)
    assert "+OK hello" in done.stdout, done.stdout + done.stderr
    assert value not in done.stdout + done.stderr
    assert "its protocol is not read here" in done.stderr
    ended(observing, "pods/portforward", "blocked: it holds a secret, and its protocol is not read here")


@both
def test_copying_a_known_secret_is_stopped(observing: Warden, cluster: LocalCluster, tmp_path: Path, environment: dict[str, str]) -> None:
    """A tar passes as it is; one with a known secret in it ends, and kubectl says why."""
    value = fresh()
    make_secret(cluster, "copied", value)
    (tmp_path / "plain.txt").write_text("copied\n" * 5000)
    (tmp_path / "secret.txt").write_text("x" * 3000 + f"\nthe value is {value}\n")
    script = READ % "copied" + (
        f"kubectl cp -n shop pod:{tmp_path}/plain.txt plain.txt && sha256sum plain.txt; kubectl cp -n shop pod:{tmp_path}/secret.txt secret.txt"
    )
    done = observing.exec("sh", "-c", script, env=environment)
    assert (observing.work / "plain.txt").read_text() == "copied\n" * 5000
    assert "with a secret in it that was seen before" in done.stderr, done.stdout + done.stderr
    left = observing.work / "secret.txt"
    assert not left.exists() or value not in left.read_text()
    ended(observing, "pods/exec", "blocked: it is a file that is no text, with a secret in it that was seen before")


def test_logs(observing: Warden, cluster: LocalCluster) -> None:
    """The double's log is one line, which is made a Secret's value here."""
    line = "a line of shop/pod/main"
    make_secret(cluster, "logged", line)
    for follow in ([], ["-f"]):
        script = READ % "logged" + " ".join(["kubectl logs -n shop pod", *follow])
        output = ran(observing.exec("sh", "-c", script))
        assert line not in output
        assert re.fullmatch(rf"PLACEHOLDER ({PLACEHOLDER})\n\1\n", output), output


@both
def test_typed_placeholders_end_the_stream(observing: Warden, cluster: LocalCluster, environment: dict[str, str]) -> None:
    value = fresh()
    make_secret(cluster, "typed", value)
    script = READ % "typed" + f"echo mysql -p$p | kubectl {' '.join(EXEC)} -i -- cat"
    done = observing.exec("sh", "-c", script, env=environment)
    assert value not in done.stdout + done.stderr
    assert "placeholder of a secret in what is sent on a stream" in done.stderr, done.stdout + done.stderr
    ended(observing, "pods/exec", "refused: placeholder-elsewhere")


@both
def test_placeholders_among_the_arguments_are_denied(observing: Warden, cluster: LocalCluster, environment: dict[str, str]) -> None:
    value = fresh()
    make_secret(cluster, "argument", value)
    done = observing.exec("sh", "-c", READ % "argument" + f"kubectl {' '.join(EXEC)} -- echo $p", env=environment)
    assert value not in done.stdout + done.stderr
    assert "the query parameter command" in denied(done)
