"""The egress list: hosts beside the cloud APIs that the configuration names.

Accepted entries, and what each allows:

==========================  ==============================================================================
``pypi.org``                HTTP and HTTPS on ports 80 and 443, inspected
``pypi.org:8443``           HTTP and HTTPS on that port only
``*.example.com``           any name below example.com, of any number of labels; not example.com itself
``tcp://db.example.com:5432``  a stream of opaque bytes; the port is required
``192.0.2.7``, ``[2001:db8::1]:8443``  literal addresses, the same way
==========================  ==============================================================================
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from warden.errors import ConfigError

HTTP_PORTS = frozenset({80, 443})
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One parsed entry. `ports` are those it allows; `opaque` lets bytes pass that are not HTTP."""

    host: str
    ports: frozenset[int]
    opaque: bool

    def names(self, host: str) -> bool:
        if self.host.startswith("*."):
            return host.endswith(self.host[1:]) and len(host) > len(self.host) - 1
        return host == self.host


def parse(text: str) -> Entry:
    """Reads one entry; ConfigError says what is wrong with it."""
    opaque = text.startswith("tcp://")
    rest = text.removeprefix("tcp://")
    match = re.fullmatch(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/]+))(?::(?P<port>[0-9]{1,5}))?", rest)
    if match is None:
        raise ConfigError(
            f"The egress entry {text!r} is not host, host:port or tcp://host:port.", "A path, user or https:// is not part of it."
        )
    host = (match["v6"] or match["host"]).lower().removesuffix(".")
    if match["v6"] or re.fullmatch(r"[0-9.]+", host):
        try:
            host = str(ipaddress.ip_address(host))
        except ValueError as error:
            raise ConfigError(f"The egress entry {text!r} is not a valid address.") from error
    elif not _NAME.fullmatch(host):
        raise ConfigError(
            f"The egress entry {text!r} is not a host name.",
            "'*.' may stand at its start only; write international names in their xn-- form.",
        )
    if match["port"] is None:
        if opaque:
            raise ConfigError(f"The egress entry {text!r} needs a port.")
        return Entry(host, HTTP_PORTS, opaque=False)
    if not 0 < int(match["port"]) < 65536:
        raise ConfigError(f"The egress entry {text!r} has a port outside 1-65535.")
    return Entry(host, frozenset({int(match["port"])}), opaque)


class Egress:
    """The parsed list, asked by host and port."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = tuple(parse(entry) for entry in entries)

    def names(self, host: str) -> bool:
        """Whether any entry names this host, on any port."""
        return any(entry.names(host) for entry in self._entries)

    def http(self, host: str, port: int) -> bool:
        """Whether inspected HTTP may go to this host and port."""
        return any(not entry.opaque and port in entry.ports and entry.names(host) for entry in self._entries)

    def opaque(self, host: str, port: int) -> bool:
        """Whether a stream of opaque bytes may go to this host and port."""
        return any(entry.opaque and port in entry.ports and entry.names(host) for entry in self._entries)
