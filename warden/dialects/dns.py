"""DNS questions and TCP connects as Actions, by name and port, before a byte of the connection is read.

``dns:query`` and ``tcp:connect`` on a ``Net::Host`` whose attributes say who will rule on what follows: `dialect` is the cloud dialect that
claims the host, ``http`` when none does, or ``literal`` for an address that no name led to; `egress` is whether the egress list names it.
An API server of the session's clusters is ``kubernetes`` on whatever port and under whatever name or address the kubeconfig gives it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from warden.dialects import Dialect
from warden.dialects.egress import HTTP_PORTS, Egress
from warden.dialects.kubernetes.cluster import Cluster
from warden.model import Action, DnsQuestion, Resource, TcpConnect, Verb


def is_literal(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class NetDialect:
    """Reads what is not yet HTTP. `dialects` are asked, in order, who claims a host."""

    def __init__(self, dialects: Sequence[Dialect], egress: Egress, clusters: Sequence[Cluster] = ()) -> None:
        self._dialects = dialects
        self._egress = egress
        self._servers = {(cluster.host, cluster.port) for cluster in clusters}
        self._ports = {cluster.host: cluster.port for cluster in clusters}

    def decode(self, message: DnsQuestion | TcpConnect) -> tuple[Action, ...]:
        if isinstance(message, DnsQuestion):
            # Port 443 stands for "some HTTPS request will follow": the connect is ruled on by its own port.
            host = self._host(message.name, self._ports.get(message.name, 443), self._egress.names(message.name))
            return (Action("dns", "dns:query", Verb.READ, resources=(host,), context={"host": message.name, "type": message.type}),)
        opaque = self._egress.opaque(message.host, message.port)
        listed = opaque or self._egress.http(message.host, message.port)
        host = self._host(message.host, message.port, listed)
        context = {"host": message.host, "port": message.port, "stream": "opaque" if opaque else "http"}
        return (Action("tcp", "tcp:connect", Verb.CONNECT, resources=(host,), context=context),)

    def _host(self, name: str, port: int, listed: bool) -> Resource:
        if (name, port) in self._servers:
            dialect = "kubernetes"
        elif is_literal(name):
            dialect = "literal"
        else:
            # A cloud API speaks HTTPS: a claimed host on another port is nobody's, and needs an egress entry like any other.
            dialect = self.claimant(name, port).name if port in HTTP_PORTS else "http"
        return Resource("Net::Host", name, {"name": name, "port": port, "dialect": dialect, "egress": listed})

    def claimant(self, host: str, port: int) -> Dialect:
        """The first dialect that claims this host; the last one, http, claims all."""
        return next(dialect for dialect in self._dialects if dialect.claims(host, port))
