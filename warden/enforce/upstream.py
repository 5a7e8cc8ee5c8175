"""Where an allowed connection really goes: the `upstream.resolve` map, else the machine's own DNS, then a TCP connection.

Which addresses a *name* may lead to, so that an allowed name cannot be pointed at this machine or its neighbours (DNS rebinding):

=====================================================  ===========================================================================
pinned by `upstream.resolve`, or a literal address     any: the configuration wrote down the address itself
an API server of the kubeconfig, over TLS              any: the kubeconfig says where it is, and its certificate proves it
global                                                 yes
private (RFC 1918, fc00::/7, 100.64.0.0/10)            over TLS, where the certificate proves the name (VPC endpoints, company hosts);
                                                       otherwise when an egress entry names the host exactly, not by a wildcard
loopback, link-local, multicast, reserved, unspecified never: the metadata service and this machine's own daemons live there
=====================================================  ===========================================================================

No proxy variables are read here: what goes out goes where the ruling said.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from warden.config import Config
from warden.credentials.peer import NoPeers, Peers
from warden.dialects.egress import parse
from warden.errors import ConfigError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Shared address space of carriers and of some clouds' internal networks; `is_private` does not count it. RFC 6598.
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
_PATTERN = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+")
#: Addresses tried for one connection: what a name with a broken first address needs, and no more.
ATTEMPTS = 4


class UpstreamError(Exception):
    """The upstream cannot be reached. `status` is what the client gets: 502, or 504 for a time-out. The message names no address."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to connect to."""

    address: str
    port: int


class Upstream:
    """Finds and opens upstream connections for one session. Raises ConfigError for a resolve map that does not parse."""

    def __init__(self, config: Config, peers: Peers | None = None) -> None:
        self._peers = peers or NoPeers()
        self._timeout = config.proxy.timeout
        self._map = _parse_map(config.upstream.resolve)
        self._named = frozenset(entry.host for text in config.egress.allow if not (entry := parse(text)).host.startswith("*."))

    def pinned(self, host: str) -> Endpoint | None:
        """What the resolve map says of this host: the longest pattern that matches wins, and a full name beats any wildcard."""
        if host in self._map:
            return self._map[host]
        labels = host.split(".")
        for start in range(1, len(labels)):
            if (found := self._map.get("*." + ".".join(labels[start:]))) is not None:
                return found
        return self._map.get("*")

    async def endpoints(self, host: str, port: int, *, tls: bool) -> list[Endpoint]:
        """The endpoints to try, in order. Raises UpstreamError when there is none that may be used."""
        peer = self._peers.peer(host, port) if tls else None
        if peer is not None and peer.host != host:  # the name is Warden's own
            host, port = peer.host, peer.port
        if (pinned := self.pinned(host)) is not None:
            return [pinned]
        if _literal(host) is not None:
            return [Endpoint(host, port)]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except OSError as error:
            raise UpstreamError(502, f"the name {host} does not resolve outside the sandbox ({error.strerror or error})") from error
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        usable = [
            text for text in addresses if peer is not None or self._may_use(ipaddress.ip_address(text.partition("%")[0]), host, tls=tls)
        ]
        if not usable:
            raise UpstreamError(
                502,
                f"the name {host} leads to an internal address, which a name may not do here; "
                "if it is meant to, pin it with upstream.resolve in warden.yaml",
            )
        return [Endpoint(text, port) for text in usable[:ATTEMPTS]]

    def _may_use(self, address: Address, host: str, *, tls: bool) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        if address.is_global:
            return True
        private = address.is_private or (isinstance(address, ipaddress.IPv4Address) and address in _SHARED)
        # `is_private` holds for every block that IANA set aside; of those only the ones that networks really use inside are meant.
        return private and not address.is_reserved and _internal(address) and (tls or host in self._named)

    async def connect(self, host: str, port: int, *, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to where `host` and `port` lead. Raises UpstreamError; takes `proxy.timeout` seconds at most."""
        try:
            async with asyncio.timeout(self._timeout):
                endpoints = await self.endpoints(host, port, tls=tls)
                failure: OSError | None = None
                for index, endpoint in enumerate(endpoints):
                    try:
                        # A silent address may not use up the time of those after it.
                        async with asyncio.timeout(self._timeout / (len(endpoints) - index) if index < len(endpoints) - 1 else None):
                            return await asyncio.open_connection(endpoint.address, endpoint.port)
                    except OSError as error:  # TimeoutError is one
                        failure = error
        except TimeoutError as error:
            raise UpstreamError(504, f"connecting to {host}:{port} took longer than {self._timeout:g} s") from error
        reason = (failure.strerror if failure else None) or "it does not answer"
        raise UpstreamError(502, f"cannot connect to {host}:{port}: {reason}") from failure


def _internal(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        return address in ipaddress.IPv6Network("fc00::/7")
    return any(address in network for network in _INTERNAL_V4)


_INTERNAL_V4 = (
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    _SHARED,
)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _parse_map(resolve: Mapping[str, str]) -> dict[str, Endpoint]:
    parsed: dict[str, Endpoint] = {}
    for pattern, target in resolve.items():
        host = pattern.lower().removesuffix(".")
        if not _PATTERN.fullmatch(host):
            raise ConfigError(
                f"upstream.resolve: {pattern!r} is not a host or a pattern.", "Write a full name, '*.example.com', or '*' for every host."
            )
        address, colon, port = target.rpartition(":")
        address = address.removeprefix("[").removesuffix("]")
        if not colon or _literal(address) is None or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigError(
                f"upstream.resolve: {target!r} (for {pattern}) is not address:port.", 'Write for example "127.0.0.1:8443" or "[::1]:8443".'
            )
        parsed[host] = Endpoint(address, int(port))
    return parsed
