"""Upstreams that a kubeconfig describes: verified by their own CAs, and a client certificate on connections that are its owner's alone."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import http.client
import itertools
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hyperframe.frame import GoAwayFrame

from tests.integration.enforce.conftest import Loop, Setting, server_context
from warden.credentials.peer import ClientCertificate, Peer
from warden.enforce.ca import SessionCA

PEM = serialization.Encoding.PEM


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@dataclass(frozen=True)
class Users:
    """A CA for clients."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self, name: str, key: ec.EllipticCurvePrivateKey | None = None) -> x509.Certificate:
        """Of the user `name`, for `key`; without one the CA's own."""
        now = datetime.datetime.now(datetime.UTC)
        issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("users", name))
        public = (key or self.key).public_key()
        return (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), now, now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=key is None, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def pair(self, name: str) -> ClientCertificate:
        key = ec.generate_private_key(ec.SECP256R1())
        return ClientCertificate(self.certificate(name, key).public_bytes(PEM), _private(key))


def server_side(ca: SessionCA, users: Users, name: str, protocol: str) -> ssl.SSLContext:
    """A server for `name` that asks for a certificate and does without."""
    context = server_context(ca, name)
    context.load_verify_locations(cadata=users.certificate("users").public_bytes(PEM).decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols([protocol])
    return context


@dataclass
class Cluster:
    """A server that answers with the name in the client's certificate and the number of the connection."""

    ca: SessionCA = field(default_factory=SessionCA)
    users: Users = field(default_factory=Users)
    connections: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    going_away: list[int] = field(default_factory=list)

    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def http1(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self._answer(writer)
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        writer.close()

    async def http2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Sends what `going_away` says first as a GOAWAY after each request, then answers it, as Go's server does when it closes."""
        answer = self._answer(writer)
        self.writers.append(writer)
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    assert event.stream_id is not None
                    if self.going_away:
                        frame = GoAwayFrame(0, last_stream_id=self.going_away.pop(0), error_code=0)
                        writer.write(connection.data_to_send() + frame.serialize())
                    await asyncio.sleep(0.05)
                    connection.send_headers(event.stream_id, [(":status", "200")])
                    connection.send_data(event.stream_id, answer, end_stream=True)
            writer.write(connection.data_to_send())
        writer.close()

    def _answer(self, writer: asyncio.StreamWriter) -> bytes:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        name = x509.load_der_x509_certificate(der).subject.rfc4514_string().removeprefix("CN=") if der else "nobody"
        return f"{name} {next(self.connections)}".encode()


@dataclass
class Known:
    """`warden.credentials.peer.Peers` of a test."""

    peers: dict[tuple[str, int], Peer]
    certificates: dict[str, ClientCertificate]

    def peer(self, host: str, port: int) -> Peer | None:
        return self.peers.get((host, port))

    def certificate(self, identity: str) -> ClientCertificate:
        return self.certificates[identity]


type Make = Callable[..., tuple[Setting, Cluster]]


@pytest.fixture
def clustered(make: Callable[..., Setting]) -> Iterator[Make]:
    """A worker that knows a cluster as api.test:6443; who sends a request is in its header X-As."""
    loop = Loop()
    clusters: list[Cluster] = []

    async def hang_up() -> None:
        for writer in (writer for cluster in clusters for writer in cluster.writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    def build(*, protocol: str = "http/1.1", certified: str = "api.test", **known: Any) -> tuple[Setting, Cluster]:
        cluster = Cluster()
        clusters.append(cluster)
        serve = cluster.http2 if protocol == "h2" else cluster.http1
        server = loop.run(asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side(cluster.ca, cluster.users, certified, protocol)))
        port = server.sockets[0].getsockname()[1]
        peer = Peer("127.0.0.1", port, "api.test", cluster.ca.pem)
        certificates = {name: cluster.users.pair(name) for name in ("alice", "bob")}
        peers = Known({("api.test", 6443): replace(peer, **known)}, certificates)
        running = make(resolve={}, egress=("api.test", "api.test:6443"), peers=peers)
        running.rules.rewrite = lambda request: replace(request, identity=request.header("x-as") or "")
        return running, cluster

    yield build
    loop.run(hang_up())
    loop.close()


def test_each_identity_has_its_own_connection(clustered: Make) -> None:
    running, _cluster = clustered()
    client = running.http(port=6443)
    client.auto_open = 0  # one connection is what this is about
    seen = []
    for name in ("alice", "bob", "", "alice", "", "bob", "alice"):
        client.request("GET", "/", headers={"X-As": name} if name else {})
        seen.append(client.getresponse().read().decode())
    assert seen == ["alice 1", "bob 2", "nobody 3", "alice 1", "nobody 3", "bob 2", "alice 1"]


def test_streams_of_one_connection_are_kept_apart(clustered: Make, http2_client: Any) -> None:
    running, _cluster = clustered(protocol="h2")
    running.to("api.test", 6443)
    client = http2_client(running.port, running.ca_file)
    names = ["alice", "bob", "nobody"] * 3
    streams = [client.send("/", *([("x-as", name)] if name != "nobody" else []), authority="api.test:6443") for name in names]
    client.run(lambda: client.ended >= set(streams))
    answers = [client.bodies[stream].decode().split() for stream in streams]
    assert [answer[0] for answer in answers] == names
    assert len({number for _name, number in answers}) == 3


def test_an_identity_that_is_not_known_is_nobody(clustered: Make) -> None:
    running, cluster = clustered()
    client = running.http(port=6443)
    client.request("GET", "/", headers={"X-As": "mallory"})
    with pytest.raises((OSError, http.client.HTTPException)):
        client.getresponse()
    assert next(cluster.connections) == 1


@pytest.mark.parametrize(
    "known",
    [{"authority": SessionCA().pem}, {"authority": None}, {"name": "other.test"}, {"name": "127.0.0.1"}],
    ids=["another CA", "the system's CAs", "another name", "its address"],
)
def test_what_proves_it_is_what_the_kubeconfig_says(clustered: Make, known: dict[str, Any]) -> None:
    running, _cluster = clustered(**known)
    client = running.http(port=6443)
    client.request("GET", "/", headers={"X-As": "alice"})
    answer = client.getresponse()
    assert (answer.status, b"ertificate verify failed" in answer.read()) == (502, True)


def test_another_name_may_prove_it(clustered: Make) -> None:
    running, _cluster = clustered(certified="real.test", name="real.test")
    client = running.http(port=6443)
    client.request("GET", "/")
    assert client.getresponse().read() == b"nobody 1"


def test_a_cluster_s_ca_proves_no_other_host(make: Callable[..., Setting], tmp_path: Path) -> None:
    """api.test on its own port is not the cluster, although the same CA signed both."""
    probe = make()
    address = probe.config.upstream.resolve["*"]
    world = (tmp_path / "world.pem").read_bytes()
    peers = Known({("api.test", 6443): Peer("127.0.0.1", int(address.rpartition(":")[2]), "api.test", world)}, {})
    running = make(resolve={"api.test": address}, egress=("api.test", "api.test:6443"), peers=peers, trusted=False)
    client = running.http(port=443)
    client.request("GET", "/")
    assert client.getresponse().status == 502


# --- GOAWAY: what an API server sends with every 401, and to spread its load ------------------------------------------------------------


def test_an_answer_after_goaway_arrives_and_the_next_request_has_a_new_connection(clustered: Make, http2_client: Any) -> None:
    running, cluster = clustered(protocol="h2")
    running.to("api.test", 6443)
    client = http2_client(running.port, running.ca_file)
    cluster.going_away = [2**31 - 1, 2**31 - 1]
    seen = []
    for _ in range(4):
        stream = client.send("/", authority="api.test:6443")
        client.run(lambda stream=stream: stream in client.ended)
        seen.append((client.status[stream], client.bodies[stream].decode()))
    assert seen == [("200", "nobody 1"), ("200", "nobody 2"), ("200", "nobody 3"), ("200", "nobody 3")]


def test_a_stream_that_goaway_leaves_out_is_an_error(clustered: Make, http2_client: Any) -> None:
    running, cluster = clustered(protocol="h2")
    running.to("api.test", 6443)
    client = http2_client(running.port, running.ca_file)
    cluster.going_away = [0]
    stream = client.send("/", authority="api.test:6443")
    client.run(lambda: stream in client.ended)
    assert client.status[stream] == "502"
