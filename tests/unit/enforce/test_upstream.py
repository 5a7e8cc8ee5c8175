"""Where names lead, and where they may not."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from warden.config import Config, EgressConfig, ProxyConfig, UpstreamConfig
from warden.credentials.peer import ClientCertificate, Peer
from warden.enforce.upstream import Endpoint, Upstream, UpstreamError
from warden.errors import ConfigError


def upstream(resolve: dict[str, str] | None = None, egress: tuple[str, ...] = (), timeout: float = 1.0) -> Upstream:
    return Upstream(Config(upstream=UpstreamConfig(resolve or {}), egress=EgressConfig(egress), proxy=ProxyConfig(timeout=timeout)))


class Known:
    """One API server that a kubeconfig has on loopback, and one by its name."""

    def peer(self, host: str, port: int) -> Peer | None:
        known = {
            "kind.kubernetes.warden.internal": Peer("127.0.0.1", 32771, "127.0.0.1"),
            "localhost": Peer("localhost", 6443, "localhost"),
        }
        return known.get(host) if port == 6443 else None

    def certificate(self, identity: str) -> ClientCertificate:
        raise KeyError(identity)


@pytest.mark.parametrize(
    ("host", "port", "tls", "found"),
    [
        ("kind.kubernetes.warden.internal", 6443, True, Endpoint("127.0.0.1", 32771)),
        ("localhost", 6443, True, Endpoint("127.0.0.1", 6443)),
        ("localhost", 6443, False, None),  # without TLS, nothing proves that it is the cluster
        ("localhost", 443, True, None),
        ("kind.kubernetes.warden.internal", 443, True, None),
    ],
)
def test_where_api_servers_are(host: str, port: int, tls: bool, found: Endpoint | None) -> None:
    known = Upstream(Config(), Known())
    if found is not None:
        assert found in asyncio.run(known.endpoints(host, port, tls=tls))
    else:
        with pytest.raises(UpstreamError):
            asyncio.run(known.endpoints(host, port, tls=tls))


RESOLVE = {
    "*.amazonaws.com": "127.0.0.1:1",
    "*.s3.amazonaws.com": "127.0.0.1:2",
    "exact.s3.amazonaws.com": "127.0.0.1:3",
    "Api.Example.": "[::1]:4",
    "192.0.2.7": "127.0.0.1:5",
}


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("ec2.us-east-1.amazonaws.com", 1),
        ("a.b.c.amazonaws.com", 1),
        ("s3.amazonaws.com", 1),
        ("bucket.s3.amazonaws.com", 2),
        ("exact.s3.amazonaws.com", 3),
        ("api.example", 4),
        ("192.0.2.7", 5),
    ],
)
def test_the_longest_pattern_wins(host: str, port: int) -> None:
    found = upstream(RESOLVE).pinned(host)
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize("host", ["amazonaws.com", "notamazonaws.com", "amazonaws.com.evil.example", "example"])
def test_other_hosts_are_not_pinned(host: str) -> None:
    assert upstream(RESOLVE).pinned(host) is None


def test_a_star_is_for_every_host() -> None:
    assert upstream({"*": "127.0.0.1:9", "*.example": "127.0.0.1:8"}).pinned("other.test") == Endpoint("127.0.0.1", 9)


@pytest.mark.parametrize(
    ("pattern", "target"),
    [
        ("a.example", "127.0.0.1"),
        ("a.example", "localhost:80"),
        ("a.example", "127.0.0.1:0"),
        ("a.example", "127.0.0.1:99999"),
        ("a.example", "127.0.0.1:http"),
        ("a.*.example", "127.0.0.1:80"),
        ("https://a.example", "127.0.0.1:80"),
        ("", "127.0.0.1:80"),
    ],
)
def test_a_map_that_does_not_parse(pattern: str, target: str) -> None:
    with pytest.raises(ConfigError, match=r"upstream\.resolve"):
        upstream({pattern: target})


def endpoints(found: Upstream, host: str, *addresses: str, tls: bool, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    async def run() -> list[str]:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        return [endpoint.address for endpoint in await found.endpoints(host, 443, tls=tls)]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("address", "over_tls", "in_clear", "named"),
    [
        ("52.94.133.131", True, True, True),
        ("2600:1f18::1", True, True, True),
        ("10.1.2.3", True, False, True),
        ("172.31.0.9", True, False, True),
        ("192.168.1.1", True, False, True),
        ("100.64.0.1", True, False, True),
        ("fd12::1", True, False, True),
        ("127.0.0.1", False, False, False),
        ("127.8.8.8", False, False, False),
        ("0.0.0.0", False, False, False),
        ("169.254.169.254", False, False, False),
        ("::1", False, False, False),
        ("::", False, False, False),
        ("fe80::1", False, False, False),
        ("::ffff:127.0.0.1", False, False, False),
        ("::ffff:169.254.169.254", False, False, False),
        ("224.0.0.1", False, False, False),
        ("255.255.255.255", False, False, False),
        ("240.0.0.1", False, False, False),
        ("198.18.0.1", False, False, False),
        ("192.0.2.1", False, False, False),
        ("fe80::1%eth0", False, False, False),
    ],
)
def test_where_a_name_may_lead(address: str, over_tls: bool, in_clear: bool, named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    wild, exact = upstream(egress=("*.example",)), upstream(egress=("api.example", "*.example"))
    for found, tls, expected in ((wild, True, over_tls), (wild, False, in_clear), (exact, False, named)):
        if expected:
            assert endpoints(found, "api.example", address, tls=tls, monkeypatch=monkeypatch) == [address]
        else:
            with pytest.raises(UpstreamError, match="internal address"):
                endpoints(found, "api.example", address, tls=tls, monkeypatch=monkeypatch)


def test_unusable_addresses_are_left_out_and_the_rest_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    found = endpoints(upstream(), "api.example", "127.0.0.1", "52.0.0.1", "52.0.0.1", "52.0.0.2", tls=True, monkeypatch=monkeypatch)
    assert found == ["52.0.0.1", "52.0.0.2"]


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UpstreamError, match="does not resolve") as caught:
        endpoints(upstream(), "api.example", tls=True, monkeypatch=monkeypatch)
    assert caught.value.status == 502


def test_a_literal_is_where_it_says() -> None:
    assert asyncio.run(upstream().endpoints("127.0.0.1", 80, tls=False)) == [Endpoint("127.0.0.1", 80)]


def test_nobody_listens() -> None:
    with pytest.raises(UpstreamError, match=r"cannot connect to api\.example:443") as caught:
        asyncio.run(upstream({"*": "127.0.0.1:1"}).connect("api.example", 443, tls=True))
    assert caught.value.status == 502


def test_nobody_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        port = silent.getsockname()[1]
        held = [socket.create_connection(("127.0.0.1", port))]  # fills the queue: further SYNs are dropped
        try:
            with pytest.raises(UpstreamError, match="took longer") as caught:
                asyncio.run(upstream({"*": f"127.0.0.1:{port}"}, timeout=0.3).connect("api.example", 443, tls=True))
        finally:
            held[0].close()
    assert caught.value.status == 504
