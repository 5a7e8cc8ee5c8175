"""A request through the worker against the same through mitmproxy when it only forwards: 1 KB over TLS, kept-alive, on loopback.

The other side is mitmproxy as its documentation embeds it, cut down to the addons that forwarding needs (`benchmarks.forwarding`). Both run in
processes of their own in front of the same nginx, and are measured in turns, so that what else the machine does falls on both. The worker does
all of its work: decode, decide under no-destroy, sign again, record.

Needs `nginx` and `h2load` (Debian: nginx-light, nghttp2-client).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import serialization

from benchmarks import Row
from warden.answers import Answers
from warden.audit.log import Log
from warden.config import AwsCredentialsConfig, Config, EgressConfig, UpstreamConfig
from warden.credentials.aws import AwsBroker
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.enforce.ca import SessionCA
from warden.enforce.worker import Listeners, Worker, warm
from warden.model import Principal
from warden.pipeline import Pipeline

EC2, PLAIN = "ec2.us-east-1.amazonaws.com", "files.example"
BODY = b"Action=DescribeInstances&Version=2016-11-15"
#: Requests one at a time on each side, in turn; requests 16 at a time on each side, and how often.
ALONE, MANY, ROUNDS = 800, 800, 8


def rows() -> Iterator[Row]:
    if missing := [program for program in ("nginx", "h2load") if shutil.which(program) is None]:
        print(f"proxy: needs {' and '.join(missing)}; skipped", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        bench = Bench(Path(folder), stack)
        for name, requests in (("GET of a listed host", bench.plain), ("signed DescribeInstances", bench.signed)):
            forwarding, ruling = bench.compare(requests)
            detail = f"{ruling.latency:.2f} ms against {forwarding.latency:.2f} ms"
            yield Row(f"latency through the worker, {name}", ruling.latency / forwarding.latency, "x", 1.25, detail=detail)
            detail = f"{ruling.rate:.0f}/s against {forwarding.rate:.0f}/s"
            yield Row(f"requests a second, {name}", ruling.rate / forwarding.rate, "x", 0.8, at_least=True, detail=detail)


class Measured:
    """Milliseconds of single requests, and requests a second of sixteen connections."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.rates: list[float] = []

    @property
    def latency(self) -> float:
        return statistics.median(self.latencies)

    @property
    def rate(self) -> float:
        """The best round: what else the machine does can only make one worse."""
        return max(self.rates)


class Bench:
    """nginx, the worker, and mitmproxy before the same nginx."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        world = SessionCA()
        (folder / "world.pem").write_bytes(world.pem)
        upstream = _nginx(folder, world, stack)
        self._broker = AwsBroker(AwsCredentialsConfig(access_key_id="AKIA" + "B" * 16, secret_access_key="b" * 40), {}, folder)
        environment = self._broker.environment()
        self._dummy = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        self._hosts = {EC2: _listen(), PLAIN: _listen()}
        self.ports = {name: sock.getsockname()[1] for name, sock in self._hosts.items()}
        self.forwarding = _free_port()
        warm()
        _forked(lambda: self._serve(upstream), stack)
        _forward(self.forwarding, upstream, folder, stack)
        for sock in self._hosts.values():
            sock.close()
        _await_port(self.forwarding)

    def _serve(self, upstream: int) -> None:
        config = Config(
            egress=EgressConfig((PLAIN,)),
            upstream=UpstreamConfig({"*": f"127.0.0.1:{upstream}"}, (str(self._folder / "world.pem"),)),
        )
        pipeline = Pipeline(
            principal=Principal("bench", "bench"),
            decoder=Decoder(egress=Egress(config.egress.allow)),
            point=PolicyDecisionPoint(load("no-destroy")),
            broker=self._broker,
            answers=Answers(),
            log=Log(self._folder / "audit.jsonl"),
        )
        addresses: dict[int, str] = {}

        def original(sock: socket.socket) -> tuple[str, int]:
            return addresses[sock.getsockname()[1]], 443

        worker = Worker(pipeline, Listeners(tuple(self._hosts.values())), config, SessionCA(), original)
        addresses.update({port: str(worker.table.address(name)) for name, port in self.ports.items()})
        asyncio.run(worker.run(asyncio.Event()))

    def plain(self) -> Wanted:
        return Wanted(PLAIN, "GET", "/1k", {}, b"")

    def signed(self) -> Wanted:
        """Signed anew each time: a signature is good for 15 minutes."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": EC2}
        request = AWSRequest("POST", f"https://{EC2}/", data=BODY, headers=headers)
        SigV4Auth(self._dummy, "ec2", "us-east-1").add_auth(request)
        return Wanted(EC2, "POST", "/", {name: value for name, value in request.headers.items() if name != "Host"}, BODY)

    def compare(self, request: Callable[[], Wanted]) -> tuple[Measured, Measured]:
        """mitmproxy that forwards, then the worker; always in turn."""
        forwarding, ruling = Measured(), Measured()
        wanted = request()
        sides = ((forwarding, self.forwarding), (ruling, self.ports[wanted.host]))
        connections = [(measured, _connect(port, wanted.host)) for measured, port in sides]
        for number in range(ALONE + 50):
            for measured, connection in connections:
                milliseconds = wanted.once(connection)
                if number >= 50:  # the first ones open connections and fill caches
                    measured.latencies.append(milliseconds)
        for _, connection in connections:
            connection.close()
        for _ in range(ROUNDS):
            wanted = request()
            for measured, port in sides:
                measured.rates.append(wanted.many(port, self._folder))
        return forwarding, ruling


@dataclass(frozen=True)
class Wanted:
    """One request, to be sent again and again."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def once(self, connection: ssl.SSLSocket) -> float:
        """Milliseconds until the whole answer is there."""
        fields = {"Host": self.host, "Accept": "*/*", "User-Agent": "benchmark", **self.headers}
        if self.body:
            fields["Content-Length"] = str(len(self.body))
        head = f"{self.method} {self.path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        started = time.perf_counter()
        connection.sendall(head.encode() + self.body)
        answer = b""
        while len(answer.partition(b"\r\n\r\n")[2]) < 1024:
            piece = connection.recv(1 << 16)
            assert piece, answer
            answer += piece
        milliseconds = (time.perf_counter() - started) * 1e3
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return milliseconds

    def many(self, port: int, folder: Path) -> float:
        """Requests a second over sixteen connections. Every request must have succeeded."""
        command = ["h2load", "--h1", f"-n{MANY}", "-c16", f"--connect-to=127.0.0.1:{port}"]
        for name, value in self.headers.items():
            command += ["-H", f"{name}: {value}"]
        if self.body:
            (folder / "body").write_bytes(self.body)
            command.append(f"--data={folder / 'body'}")
        done = subprocess.run([*command, f"https://{self.host}{self.path}"], capture_output=True, text=True, timeout=120)
        assert f"status codes: {MANY} 2xx" in done.stdout, done.stdout
        rate = re.search(r"([0-9.]+) req/s", done.stdout)
        assert rate, done.stdout
        return float(rate[1])


def _connect(port: int, host: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # whose certificate it is tells nothing here: both proxies have a CA of their own
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30), server_hostname=host)


def _forward(port: int, upstream: int, folder: Path, stack: contextlib.ExitStack) -> None:
    """Starts mitmproxy alone: in the parent of the worker it would have Warden's layers in it."""
    command = [sys.executable, "-m", "benchmarks.forwarding", str(port), str(upstream), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)


def _nginx(folder: Path, world: SessionCA, stack: contextlib.ExitStack) -> int:
    port = _free_port()
    key = world.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key)
    servers = ""
    for name in ("127.0.0.1", EC2, PLAIN):
        (folder / f"{name}.pem").write_bytes(world.leaf(name).public_bytes(serialization.Encoding.PEM))
        servers += f"""server {{ listen 127.0.0.1:{port} ssl; server_name {name}; ssl_certificate {folder}/{name}.pem;
          ssl_certificate_key {folder}/key.pem; location / {{ return 200 "{"x" * 1024}"; }} }}\n"""
    (folder / "nginx.conf").write_text(
        f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr; events {{}}
        http {{ access_log off; keepalive_requests 1000000; client_body_temp_path {folder}; proxy_temp_path {folder};
          fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
          {servers} }}"""
    )
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    _await_port(port)
    return port


def _forked(run: Callable[[], None], stack: contextlib.ExitStack) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            run()
        finally:
            os._exit(1)
    stack.callback(os.waitpid, pid, 0)
    stack.callback(os.kill, pid, signal.SIGKILL)


def _listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def _free_port() -> int:
    with _listen() as sock:
        return int(sock.getsockname()[1])


def _await_port(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
