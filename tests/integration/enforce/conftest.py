"""A worker on loopback between real clients and a real TLS server. What a test changes, it changes in `Rules`."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from cryptography.hazmat.primitives import serialization

from warden.answers import Answers
from warden.config import Config, EgressConfig, ProxyConfig, UpstreamConfig
from warden.credentials.peer import Peers
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.http import HttpDialect
from warden.enforce.ca import SessionCA
from warden.enforce.worker import Listeners, Worker
from warden.errors import DecodeError
from warden.model import Action, AuditRecord, Certainty, Decision, Effect, HttpRequest, HttpResponse, Principal, Resource, Ruling, Verb
from warden.pipeline import Pipeline
from warden.redact.streams.websocket import Frames, frame

EGRESS = ("api.test", "*.h2.test", "body.test", "192.0.2.7", "tcp://stream.test:7000", "odd.test:8443")


class BodyDialect:
    """Reads requests to body.test by their body: what it asks for is its first word."""

    name = "cloud"
    method_override = False

    def claims(self, host: str, port: int) -> bool:
        return host == "body.test"

    def needs_body(self, request: HttpRequest) -> bool:
        return request.method == "POST"

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        if request.method == "POST" and request.body is None:
            raise DecodeError("too-large", "The body is too large to be read.")
        word = (request.body or b"read").split(b" ", 1)[0].decode()
        host = Resource("Net::Host", request.host, {})
        return (Action("cloud", word, Verb.READ, resources=(host,), context={"path": request.target}, certainty=Certainty.FAMILY),)

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        return HttpResponse(403, (("Content-Type", "text/plain"),), f"native {sentence}".encode())


@dataclass
class Rules:
    """Decision point, broker and log in one: allows all but what `denied` says, and can be made to fail."""

    denied: Callable[[Action], bool] = lambda action: "/denied" in str(action.context.get("path", "")) or action.operation == "terminate"
    broken: str = ""
    records: list[AuditRecord] = field(default_factory=list)
    rewrite: Callable[[HttpRequest], HttpRequest] = lambda request: replace(request, headers=(*request.headers, ("X-Ruled", "yes")))

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        self._fail("decide")
        for action in actions:
            listed = all(r.attributes.get("egress", True) or r.attributes.get("dialect") == "cloud" for r in action.resources)
            if self.denied(action) or not listed:
                return Decision(policies=("test/deny",), reason="the test denies it", advice="Ask for something else.")
        return Decision(Effect.ALLOW, policies=("test/allow",), reason="the test allows it")

    def needs_body(self, request: HttpRequest) -> bool:
        self._fail("needs_body")
        return False

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        return False

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        return response

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        self._fail("authorize")
        return self.rewrite(request)

    def local(self, request: HttpRequest) -> HttpResponse | None:
        self._fail("local")
        return HttpResponse(200, (("Content-Type", "text/plain"),), b"local") if request.target == "/local" else None

    def append(self, *records: AuditRecord) -> None:
        self._fail("append")
        self.records.extend(records)

    def _fail(self, name: str) -> None:
        if self.broken == name:
            raise RuntimeError(f"made to fail in {name}")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [dict(record.fields) for record in self.records if record.kind == kind]

    def rulings(self, message: str = "http") -> list[dict[str, Any]]:
        return [fields for fields in self.of("ruling") if fields["message"]["kind"] == message]

    def outcome(self) -> dict[str, Any]:
        """The first outcome; a response may arrive a moment before its outcome is recorded."""
        for _ in range(100):
            if found := self.of("outcome"):
                return found[0]
            time.sleep(0.02)
        raise AssertionError("no outcome was recorded")


def server_context(ca: SessionCA, name: str) -> ssl.SSLContext:
    """A server's TLS context with a leaf for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(ca.leaf(name).public_bytes(serialization.Encoding.PEM))
        file.write(ca.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Upstream:
    """A real HTTP/1.1 server that does what the path says, and keeps what it was sent, byte by byte."""

    def __init__(self, ca: SessionCA) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.uploaded = 0
        self.connections = 0
        self.context = server_context(ca, "api.test")
        self.context.sni_callback = self._certificate
        self._ca = ca
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.loop: Any = None

    def _certificate(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        certified = "other.test" if name == "mismatch.h2.test" else name or "192.0.2.7"
        connection.context = self.certified(certified)

    def certified(self, name: str) -> ssl.SSLContext:
        """A context with a certificate for `name` that the worker trusts."""
        if name not in self._contexts:
            self._contexts[name] = server_context(self._ca, name)
        return self._contexts[name]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        lines = head[:-4].split(b"\r\n")
        headers = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in lines[1:]}
        method, target, _ = lines[0].split(b" ")
        path = target.decode().partition("?")[0]
        if path == "/early":
            writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
            await writer.drain()
            while await reader.read(1 << 16):  # as servers do: closing at once would take the answer with it
                await asyncio.sleep(0.001)
            return False
        body = b""
        if headers.get(b"transfer-encoding") == b"chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                data = (await reader.readexactly(size + 2))[:-2]
                self.uploaded += len(data)
                if path != "/upload":
                    body += data
            await reader.readuntil(b"\r\n")
        else:
            left = int(headers.get(b"content-length", b"0"))
            while left and (data := await reader.read(min(left, 1 << 16))):
                left -= len(data)
                self.uploaded += len(data)
                if path != "/upload":
                    body += data
        self.bodies.append(body)
        if path.startswith("/bytes/"):
            left = int(path.rpartition("/")[2])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
            while left and method != b"HEAD":
                piece = min(left, 1 << 18)
                writer.write(b"x" * piece)
                await writer.drain()
                left -= piece
            return True
        answers = {
            "/truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this",
            "/nonsense": b"ICY 200 OK\r\n\r\n",
            "/close": b"",
            "/until-eof": b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
            "/smuggled": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "/huge-head": b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 100_000 + b"\r\n\r\n",
        }
        if path in answers:
            writer.write(answers[path])
            await writer.drain()
            return False
        if path == "/never":
            await asyncio.sleep(60)
        if path == "/hints":
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        if path == "/trailers":
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
            return True
        if path in ("/ws", "/ws-extended", "/ws-raw", "/surprise"):
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
            writer.write(b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n" if path == "/ws-extended" else b"\r\n")
            if path == "/ws-raw":
                writer.write(b"this is not a frame")
            frames = Frames(masked=True)
            while data := await reader.read(1000):
                for one in frames.feed(data):
                    writer.write(frame(one.opcode, one.payload.upper()))
            return False
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + (b"" if method == b"HEAD" else body))
        await writer.drain()
        return True


def nginx(folder: Path, ca: SessionCA, names: Sequence[str], behind: int) -> tuple[subprocess.Popen[bytes], int]:
    """A real HTTP/2 server in front of the plain one that listens on port `behind`; its process and port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir()
    key = ca.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key)
    servers = ""
    for name in names:
        (folder / f"{name}.pem").write_bytes(ca.leaf(name).public_bytes(serialization.Encoding.PEM))
        servers += f"""server {{ listen 127.0.0.1:{port} ssl http2; server_name {name}; ssl_certificate {folder}/{name}.pem;
          ssl_certificate_key {folder}/key.pem; client_max_body_size 0;
          location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_http_version 1.1; proxy_set_header Host $host;
            proxy_buffering off; proxy_request_buffering off; }} }}\n"""
    temporary = " ".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary} {servers} }}"
    )
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.02)
    return process, port


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run[T](self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


def listener() -> socket.socket:
    """A listening socket made as a naive caller would: without a protocol."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)
    return sock


@dataclass
class Setting:
    """One worker and all around it."""

    rules: Rules
    upstream: Upstream
    worker: Worker
    ca_file: Path
    port: int
    dns_port: int
    dns_tcp_port: int
    stop: Callable[[], None]
    destination: tuple[str, int] = ("", 0)
    #: The loop that the worker runs on.
    loop: Any = None
    ca: Any = None
    config: Config = field(default_factory=Config)

    def to(self, host: str, port: int = 443) -> None:
        """Connections from now on are meant for this host and port."""
        literal = host.replace(".", "").isdigit() or ":" in host
        self.destination = (host if literal else str(self.worker.table.address(host)), port)

    def connect(self, host: str, port: int = 443) -> socket.socket:
        self.to(host, port)
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def tls(self, host: str, port: int = 443, sni: str | None = None, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.set_alpn_protocols(list(alpn))
        return context.wrap_socket(self.connect(host, port), server_hostname=sni or host)

    def http(self, host: str = "api.test", port: int = 443) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(host, port, timeout=20)
        connection.sock = self.tls(host, port)
        return connection

    def raw(self, data: bytes, host: str = "api.test", *, secure: bool = True, port: int | None = None) -> bytes:
        """Sends bytes and returns everything that comes back until the connection ends."""
        received = b""
        try:
            with self.tls(host, port or 443) if secure else self.connect(host, port or 80) as sock:
                sock.sendall(data)
                while piece := sock.recv(65536):
                    received += piece
        except ConnectionResetError:
            return received + b"<reset>"
        return received


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Setting]]:
    """Makes a worker with its upstream; keyword arguments change its configuration."""
    closing: list[Callable[[], object]] = []

    def setting(
        *,
        resolve: dict[str, str] | None = None,
        egress: Sequence[str] = EGRESS,
        trusted: bool = True,
        http2: bool = False,
        peers: Peers | None = None,
        **proxy: Any,
    ) -> Setting:
        world = SessionCA()
        upstream_loop, loop = Loop(), Loop()
        upstream = Upstream(world)
        upstream.loop = upstream_loop
        server = upstream_loop.run(asyncio.start_server(upstream.serve, "127.0.0.1", 0, ssl=upstream.context))
        plain = upstream_loop.run(asyncio.start_server(upstream.serve, "127.0.0.1", 0))
        port, plain_port = server.sockets[0].getsockname()[1], plain.sockets[0].getsockname()[1]
        (tmp_path / "world.pem").write_bytes(world.pem)
        if http2:
            if shutil.which("nginx") is None:
                pytest.skip("nginx is not installed")
            process, port = nginx(tmp_path / "nginx", world, ("api.test", "body.test"), plain_port)
            closing.extend([process.terminate, process.wait])
        config = Config(
            egress=EgressConfig(tuple(egress)),
            upstream=UpstreamConfig(
                resolve={"*": f"127.0.0.1:{port}", "plain.h2.test": f"127.0.0.1:{plain_port}", "stream.test": f"127.0.0.1:{plain_port}"}
                if resolve is None
                else resolve,
                ca=(str(tmp_path / "world.pem"),) if trusted else (),
            ),
            proxy=ProxyConfig(**proxy),
        )
        rules = Rules()
        listed = Egress(egress)
        pipeline = Pipeline(
            principal=Principal("test", "s-1"),
            decoder=Decoder(egress=listed, dialects=(BodyDialect(), HttpDialect(listed))),
            point=rules,
            broker=rules,
            answers=Answers(),
            log=rules,
        )
        ca = SessionCA()
        (tmp_path / "ca.pem").write_bytes(ca.pem)
        tcp, dns_tcp = listener(), listener()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        ports = (tcp.getsockname()[1], udp.getsockname()[1], dns_tcp.getsockname()[1])
        made: list[Setting] = []
        worker = Worker(pipeline, Listeners((tcp,), (udp,), (dns_tcp,)), config, ca, lambda sock: made[0].destination, peers)
        stopping = asyncio.Event()
        running = asyncio.run_coroutine_threadsafe(worker.run(stopping), loop.loop)

        def stop() -> None:
            if not running.done():
                loop.loop.call_soon_threadsafe(stopping.set)
                running.result(10)

        made.append(Setting(rules, upstream, worker, tmp_path / "ca.pem", *ports, stop, loop=loop, ca=ca, config=config))
        closing.extend([stop, loop.close, upstream_loop.close])
        return made[0]

    yield setting
    for close in closing:
        close()


@pytest.fixture
def running(make: Callable[..., Setting]) -> Setting:
    return make()


class Http2:
    """An HTTP/2 client that gives windows only when told to, and reads its socket all the time."""

    def __init__(self, port: int, ca_file: Path) -> None:
        context = ssl.create_default_context(cafile=str(ca_file))
        context.set_alpn_protocols(["h2"])
        sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.sock = context.wrap_socket(sock, server_hostname="api.test")
        # What goes out is not checked: some tests are about what should not.
        self.connection = h2.connection.H2Connection(
            h2.config.H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="latin-1")
        )
        self.connection.initiate_connection()
        self.connection.increment_flow_control_window(1 << 30)
        self.received: dict[int, int] = {}
        self.bodies: dict[int, bytes] = {}
        self.status: dict[int, str] = {}
        self.trailers: dict[int, list[Any]] = {}
        self.ended: set[int] = set()

    def send(self, path: str, *headers: tuple[str, str], method: str = "GET", end: bool = True, **pseudo: str) -> int:
        """Begins a request; returns its stream."""
        stream = self.connection.get_next_available_stream_id()
        fields = {":method": method, ":scheme": "https", ":authority": "api.test", ":path": path}
        fields |= {f":{name}": value for name, value in pseudo.items()}
        self.connection.send_headers(stream, [*fields.items(), *headers], end_stream=end)
        self.received[stream] = 0
        return stream

    def run(self, until: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        self.sock.settimeout(0.2)
        while not until() and time.monotonic() < deadline:
            self.sock.sendall(self.connection.data_to_send())
            try:
                data = self.sock.recv(1 << 16)
            except TimeoutError:
                continue
            if not data:
                self.ended |= self.received.keys()
            for event in self.connection.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    self.received[event.stream_id] += len(event.data)
                    self.bodies[event.stream_id] = (self.bodies.get(event.stream_id, b"") + event.data)[-10_000:]
                elif isinstance(event, h2.events.ResponseReceived):
                    self.status[event.stream_id] = {str(name): str(value) for name, value in event.headers}[":status"]
                elif isinstance(event, h2.events.TrailersReceived):
                    self.trailers[event.stream_id] = list(event.headers)
                elif isinstance(event, h2.events.ConnectionTerminated):
                    self.ended |= self.received.keys()
                elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset):
                    self.ended.add(event.stream_id)


@pytest.fixture
def http2_client() -> type[Http2]:
    return Http2
