"""Clusters: from a kubeconfig's entry to what the dialect, the upstream side and the sandbox need of it.

=========================================  ====================================================================================
server in the kubeconfig                   inside
=========================================  ====================================================================================
a name, or an address of a network         the same
``127.0.0.1``, ``localhost``, ``0.0.0.0``  ``NAME.kubernetes.warden.internal``: inside, loopback is the sandbox's own
the same host and port as another cluster  the same, if the same certificate proves both; else a name of its own, as above
with another authority or server name
=========================================  ====================================================================================
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from warden.credentials.files import content
from warden.credentials.kubernetes.kubeconfig import Entry
from warden.credentials.peer import Peer
from warden.errors import CredentialError

#: Below it are the names of clusters that have none which is good inside. RFC 9476 keeps no name for this; ``internal`` is set aside for private use.
ALIASES = "kubernetes.warden.internal"
#: Bytes of a file of CAs.
AUTHORITY_LIMIT = 4 << 20

_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One cluster as this session has it.

    `host`, `port` and `prefix` are where it is inside, `url` is the same for clients; `peer` is where it is outside. `refusal` is why its requests
    are denied, None when they need not be.
    """

    name: str
    host: str
    port: int
    prefix: str
    url: str
    peer: Peer
    refusal: CredentialError | None = None


class Clusters:
    """All clusters of one session. `stated` and `authorities` are `kubernetes.clusters` and `kubernetes.ca` of the configuration."""

    def __init__(self, stated: Mapping[str, str], authorities: Mapping[str, str]) -> None:
        self._stated = stated
        self._authorities = authorities
        self._taken: set[str] = set()
        self.endpoints: dict[str, Endpoint] = {}
        self._peers: dict[tuple[str, int], Peer] = {}

    def peer(self, host: str, port: int) -> Peer | None:
        """Where the host and port that the sandbox uses lead."""
        return self._peers.get((host, port))

    def at(self, host: str, port: int, path: str) -> list[Endpoint]:
        """The clusters whose prefix `path` is below: those with the longest one. Several, where a kubeconfig names one server more than once."""
        here = [endpoint for endpoint in self.endpoints.values() if (endpoint.host, endpoint.port) == (host, port)]
        below = [each for each in here if path == each.prefix or path.startswith(each.prefix + "/")]
        longest = max((len(each.prefix) for each in below), default=0)
        return [each for each in below if len(each.prefix) == longest]

    def add(self, entry: Entry) -> None:
        """Admits one cluster of the kubeconfig. Never refuses one: what is wrong with it is for its requests to be told."""
        server = self._stated.get(entry.name) or entry.text("server")
        try:
            host, port, prefix, plain = _parse(server)
        except ValueError:
            # What it says is not shown: it may hold a password.
            host, port, prefix, plain = self._alias(entry.name), 443, "", False
            wrong = _refused(
                "bad-server", f"The server of the cluster {entry.name} is not the URL of a host.", "Correct it in the kubeconfig."
            )
            self._admit(entry.name, host, Peer(host, port, host), prefix, refusal=wrong)
            return
        authority, refusal = self._authority(entry)
        if plain:
            refusal = _refused("plain-http", f"The cluster {entry.name} is called over plain HTTP.", "Give its server an https:// URL.")
        elif entry.fields.get("insecure-skip-tls-verify") and entry.name not in self._authorities:
            refusal = _refused(
                "insecure-cluster",
                f"The kubeconfig says not to verify the cluster {entry.name} (insecure-skip-tls-verify), and warden always does.",
                f"Name the file of its CA under kubernetes.ca in warden.yaml: {entry.name}: ca.pem.",
            )
        peer = Peer(host, port, entry.text("tls-server-name") or host, authority)
        inside = host
        if _local(host) or self._peers.get((host, port), peer) != peer:
            inside = self._alias(entry.name)
        self._admit(entry.name, inside, peer, prefix, plain=plain, refusal=refusal)

    def _admit(self, name: str, host: str, peer: Peer, prefix: str, *, plain: bool = False, refusal: CredentialError | None = None) -> None:
        self._peers[host, peer.port] = peer
        shown = f"[{host}]" if ":" in host else host
        url = f"{'http' if plain else 'https'}://{shown}:{peer.port}{prefix}"
        self.endpoints[name] = Endpoint(name, host, peer.port, prefix, url, peer, refusal)

    def _authority(self, entry: Entry) -> tuple[bytes | None, CredentialError | None]:
        """The cluster's own CAs: the configuration's word, embedded data, a file, none. kubectl prefers embedded data to a file."""
        missing = _refused(
            "no-authority",
            f"The CA of the cluster {entry.name} cannot be read outside the sandbox.",
            "Correct certificate-authority in the kubeconfig, or name a file under kubernetes.ca in warden.yaml.",
        )
        named = self._authorities.get(entry.name)
        try:
            if named or not entry.text("certificate-authority-data"):
                path = Path(named) if named else entry.path("certificate-authority")
                found = content(path, AUTHORITY_LIMIT) if path else None
            else:
                found = base64.b64decode(entry.text("certificate-authority-data"), validate=True)
        except (OSError, binascii.Error, ValueError):
            return None, missing
        if found is None:
            return None, None
        certificates = b"\n".join(_PEM.findall(found))
        try:
            x509.load_pem_x509_certificates(certificates)
        except ValueError:
            return None, missing
        return certificates + b"\n", None

    def _alias(self, name: str) -> str:
        label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48].strip("-") or "cluster"
        alias, number = f"{label}.{ALIASES}", 2
        while alias in self._taken:
            alias, number = f"{label}-{number}.{ALIASES}", number + 1
        self._taken.add(alias)
        return alias


def _parse(server: str) -> tuple[str, int, str, bool]:
    """Host, port, path prefix, and whether it is plain HTTP. ValueError for what is no URL of a server."""
    parts = urlsplit(server if "://" in server else f"https://{server}")
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("https", "http") or parts.username is not None or parts.query or parts.fragment or not server.isascii():
        raise ValueError
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError:
        if not _HOST.fullmatch(host):
            raise
    if "%" in host or "%" in parts.path or "//" in parts.path or "\\" in parts.path:
        raise ValueError
    plain = parts.scheme == "http"
    return host, parts.port or (80 if plain else 443), parts.path.rstrip("/"), plain


def _local(host: str) -> bool:
    """Whether this is the machine itself, which is another one inside."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def _refused(code: str, message: str, advice: str) -> CredentialError:
    return CredentialError(code, message, advice)
