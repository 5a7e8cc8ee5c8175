"""exec, attach, port-forward, cp: opaque streams, over WebSocket and over SPDY, that work when a policy allows them.

kubectl, the API server and the streaming server of the kubelet are real. The kubelet around it is a test double: a "container" is a process of this
machine, and a "pod's" port is one of 127.0.0.1 (tools/kubernetes/go/kubelet).
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.kubernetes.conftest import Watch, denied, kubectl, ran
from tools.kubernetes import LocalCluster

#: kubectl tries WebSocket first; these make it speak SPDY alone.
SPDY = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
both = pytest.mark.parametrize("environment", [{}, SPDY], ids=["websocket", "spdy"])

EXEC = ("exec", "-n", "shop", "pod")


def outcomes(warden: Warden) -> list[dict[str, object]]:
    """Outcomes with the operation that they are of, so far."""
    records = [json.loads(line) for line in warden.audit_log.read_text().splitlines()]
    operations = {record["id"]: record["operations"][0] for record in records if record["kind"] == "ruling"}
    return [{**record, "operation": operations[record["id"]]} for record in records if record["kind"] == "outcome"]


@both
def test_output_and_exit_code(observing: Warden, watch: Watch, environment: dict[str, str]) -> None:
    done = kubectl(observing, *EXEC, "--", "sh", "-c", "echo out; echo err >&2; exit 7", env=environment)
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert done.stderr.splitlines() == ["err", "command terminated with exit code 7"]
    # The API server has its own name for what arrives: get for a WebSocket, create for SPDY's POST.
    assert [event["verb"] for event in watch.events() if event.get("objectRef", {}).get("subresource") == "exec"] == [
        "create" if environment else "get"
    ]
    ended = outcomes(observing)[-1]
    assert (ended["operation"], ended["status"], ended["error"]) == (f"pods/exec:{'create' if environment else 'get'}", 101, "")
    assert isinstance(ended["response_bytes"], int)
    assert ended["response_bytes"] > len("out\nerr\n")


@both
def test_input_ends_and_the_answer_still_comes(observing: Warden, environment: dict[str, str]) -> None:
    """Half-close: what is typed ends long before what is answered does."""
    sent = os.urandom(1 << 19).hex()
    done = kubectl(observing, *EXEC, "-i", "--", "sh", "-c", "sha256sum; sleep 1; echo end", env=environment, input=sent)
    assert ran(done) == f"{hashlib.sha256(sent.encode()).hexdigest()}  -\nend\n"


@both
def test_much_output(observing: Warden, environment: dict[str, str]) -> None:
    size = 24 << 20
    done = observing.exec("sh", "-c", f"kubectl exec -n shop pod -- head -c {size} /dev/zero | sha256sum", env=environment, timeout=120)
    assert ran(done).split()[0] == hashlib.sha256(bytes(size)).hexdigest()


@both
def test_attach(observing: Warden, environment: dict[str, str]) -> None:
    """Its "process" is cat."""
    done = kubectl(observing, "attach", "-n", "shop", "-i", "pod", env=environment, input="typed\n")
    assert "typed\n" in ran(done)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = hashlib.sha256(self.rfile.read(int(self.headers["Content-Length"]))).hexdigest().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A "pod's" web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@both
def test_port_forward(observing: Warden, port: int, environment: dict[str, str]) -> None:
    content = os.urandom(1 << 20)
    (observing.work / "upload").write_bytes(content)
    script = (
        "rm -f forward.log; "  # of the test before
        f"kubectl port-forward -n shop pod/pod 18080:{port} > forward.log 2>&1 & "
        "for i in $(seq 100); do grep -q Forwarding forward.log && break; sleep 0.1; done;"
        "for i in 1 2 3; do curl -sS --data-binary @upload http://127.0.0.1:18080/; echo; done; kill $!; cat forward.log >&2"
    )
    done = observing.exec("sh", "-c", script, env=environment)
    assert done.stdout.splitlines() == [hashlib.sha256(content).hexdigest()] * 3, done.stderr


@both
def test_denied_streams_say_why_once(kube: Warden, watch: Watch, environment: dict[str, str]) -> None:
    text = denied(kubectl(kube, *EXEC, "--", "id", env=environment))
    assert "no-destroy/" in text
    assert "pods/exec:" in text
    text = denied(kubectl(kube, "port-forward", "-n", "shop", "pod/pod", "18081:80", env=environment))
    assert "pods/portforward:" in text
    assert [event for event in watch.events() if event.get("objectRef", {}).get("subresource")] == []


def test_copying(observing: Warden, tmp_path: Path) -> None:
    """kubectl cp is tar through exec."""
    (observing.work / "file.txt").write_text("copied\n")
    target = tmp_path / "in"
    target.mkdir()
    ran(kubectl(observing, "cp", "-n", "shop", "file.txt", f"pod:{target}/file.txt"))
    assert (target / "file.txt").read_text() == "copied\n"
    ran(kubectl(observing, "cp", "-n", "shop", f"pod:{target}/file.txt", "back.txt"))
    assert (observing.work / "back.txt").read_text() == "copied\n"


POLICY = """
@id("exec") @reason("The agent may look around in this one pod.")
permit (principal, action == K8s::Action::"pods/exec:get", resource is K8s::Resource)
when { resource has name && resource.name == "pod" && resource has namespace && resource.namespace == "shop" };
@id("look") @reason("Reading is harmless.")
permit (principal, action in [Warden::Action::"read", Warden::Action::"list"], resource is K8s::Resource);
"""


def test_a_policy_opens_one_stream(kube: Warden, cluster: LocalCluster) -> None:
    (kube.home / "exec.cedar").write_text(POLICY)
    lockdown = ("exec", "--preset", "lockdown", "--policy", str(kube.home / "exec.cedar"), "--")
    assert ran(kube.run(*lockdown, "kubectl", *EXEC, "--", "echo", "hello")) == "hello\n"
    # The same over SPDY is another operation, a create.
    denied(kube.run(*lockdown, "kubectl", *EXEC, "--", "echo", "hello", env=SPDY))


UPGRADES = """
import base64, json, os, socket, ssl, subprocess, sys
view = json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "-o", "json"], capture_output=True, check=True).stdout)
host, _, port = view["clusters"][0]["cluster"]["server"].removeprefix("https://").partition(":")
authority = base64.b64decode(view["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
context = ssl.create_default_context(cadata=authority)
method, target, upgrade = sys.argv[1:]
connection = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
lines = [f"{method} {target} HTTP/1.1", f"Host: {host}:{port}", f"Authorization: Bearer {view['users'][0]['user']['token']}",
  "Connection: Upgrade", f"Upgrade: {upgrade}", "Sec-WebSocket-Version: 13", "Content-Length: 0", f"Origin: https://{host}",
  "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(), "X-Stream-Protocol-Version: v4.channel.k8s.io"]
connection.sendall(("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode())
connection.settimeout(20)
print(connection.recv(65536).split(b" ")[1].decode())
"""


@pytest.mark.parametrize(
    ("method", "target", "upgrade", "status"),
    [
        ("GET", "/api/v1/namespaces/shop/pods?watch=1", "websocket", 101),
        ("GET", "/api/v1/namespaces/shop/pods?watch=1", "SPDY/3.1", 200),  # not a stream: the upgrade is not passed on
        ("GET", "/api/v1/namespaces/shop/pods/pod/exec?command=id&stdout=1", "h2c", 400),
        ("POST", "/api/v1/namespaces/shop/pods/pod/exec?command=id&stdout=1", "SPDY/3.1", 101),
        ("POST", "/api/v1/namespaces/shop/pods/pod/exec?command=id&stdout=1", "spdy/9", 400),
    ],
)
def test_what_may_switch_protocols(observing: Warden, method: str, target: str, upgrade: str, status: int) -> None:
    done = observing.exec(sys.executable, "-c", UPGRADES, method, target, upgrade)
    assert ran(done).strip() == str(status)
