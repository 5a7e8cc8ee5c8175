"""The egress list: hosts beside the cloud APIs that the configuration names, and what may go to each.

An entry is ``[ACCESS ]TARGET``, or ``tcp://HOST:PORT`` for opaque bytes:

=============================================  ==============================================================================
``pypi.org``                                   every HTTP and HTTPS request on ports 80 and 443, inspected
``pypi.org:8443``                              the same on that port only
``*.example.com``                              any name below example.com, of any number of labels; not example.com itself
``https://pypi.org``, ``http://...:8080``      that scheme only; the port is 443 or 80 unless it is named
``192.0.2.7``, ``[2001:db8::1]:8443``          literal addresses, the same way
``read github.com``                            what is seen to only read: GET, HEAD, OPTIONS, and the reading POSTs that are decoded (a git
                                               fetch, a git LFS download, a GraphQL query)
``GET,POST api.example.com``                   those methods; GET brings HEAD with it
``GET https://api.example.com/v1/*``           those paths
``tcp://db.example.com:5432``                  a stream of opaque bytes; the port is required
=============================================  ==============================================================================

A path is compared segment by segment, each percent-decoded once, without the query. ``*`` as a whole segment stands for any one segment, as the
last one for any number of them. A path that a server could read in two ways (dot segments, empty segments, an encoded slash, backslash or
percent sign, bytes that are not UTF-8) matches no entry that has a path.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from warden.errors import ConfigError
from warden.hosts import METHODS
from warden.model import Verb

HTTP_PORTS = frozenset({80, 443})
#: What may stand before a target, beside methods.
READ = "read"
_SCHEME_PORTS = {"https": 443, "http": 80}
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_ENTRY = re.compile(
    r"(?:(?P<access>[^ /]+) )?(?:(?P<scheme>https?|tcp)://)?"
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/ ]+))(?::(?P<port>[0-9]{1,5}))?(?P<path>/[\x21-\x7e]*)?"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One parsed entry. `ports` are those it allows; `opaque` lets bytes pass that are not HTTP.

    `methods` None is every method, and with `reads` only what reads. `scheme` empty is http and https. `path` None is every path.
    """

    host: str
    ports: frozenset[int]
    opaque: bool = False
    scheme: str = ""
    reads: bool = False
    methods: frozenset[str] | None = None
    path: tuple[str, ...] | None = None

    def names(self, host: str) -> bool:
        if self.host.startswith("*."):
            return host.endswith(self.host[1:]) and len(host) > len(self.host) - 1
        return host == self.host

    def lets(self, scheme: str, method: str, verb: Verb, segments: tuple[str, ...] | None) -> bool:
        """Whether a request to a host and port that this entry names may go; `segments` are its path's, None when it has two readings."""
        if self.opaque or self.scheme not in ("", scheme) or (self.reads and verb is not Verb.READ):
            return False
        if self.methods is not None and method not in self.methods:
            return False
        return self.path is None or (segments is not None and _covers(self.path, segments))


@lru_cache(maxsize=1024)
def parse(text: str) -> Entry:
    """Reads one entry; ConfigError says what is wrong with it. Every session reads the built-in ones, and each more than once."""
    match = _ENTRY.fullmatch(text)
    if match is None or text in (READ, *METHODS):
        raise ConfigError(
            f"The egress entry {text!r} is not [read|METHOD,...] host[:port][/path] or tcp://host:port.",
            "A user or query is not part of it.",
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
    if match["port"] is not None and not 0 < int(match["port"]) < 65536:
        raise ConfigError(f"The egress entry {text!r} has a port outside 1-65535.")
    scheme = match["scheme"] or ""
    port = int(match["port"]) if match["port"] else _SCHEME_PORTS.get(scheme)
    if scheme == "tcp":
        if match["access"] or match["path"]:
            raise ConfigError(f"The egress entry {text!r} allows opaque bytes, which have no methods and paths.")
        if port is None:
            raise ConfigError(f"The egress entry {text!r} needs a port.")
        return Entry(host, frozenset({port}), opaque=True)
    reads, methods = _access(text, match["access"])
    path = _pattern(text, match["path"]) if match["path"] else None
    return Entry(host, frozenset({port}) if port else HTTP_PORTS, scheme=scheme, reads=reads, methods=methods, path=path)


def _access(text: str, access: str | None) -> tuple[bool, frozenset[str] | None]:
    if access is None:
        return False, None
    if access == READ:
        return True, None
    names = access.split(",")
    for name in names:
        if name not in METHODS:
            near = difflib.get_close_matches(name.upper(), (*METHODS, READ.upper()), 1)
            meant = near[0].lower() if near == [READ.upper()] else near[0] if near else ""
            raise ConfigError(
                f"The egress entry {text!r} says {name!r}, which is neither {READ} nor a method.",
                f"Did you mean {meant}?" if meant else f"Methods are {', '.join(METHODS)}, with commas and no spaces between.",
            )
    return False, frozenset(names) | ({"HEAD"} if "GET" in names else frozenset())


def _pattern(text: str, path: str) -> tuple[str, ...] | None:
    found = None if "?" in path else segments(path)
    if found is None or any("*" in part and part != "*" for part in found):
        raise ConfigError(
            f"The egress entry {text!r} has a path that could be read in two ways.",
            "No query, no empty or dot segments, no encoded slashes; * stands for a whole segment.",
        )
    return None if found == ("*",) else found


def segments(target: str) -> tuple[str, ...] | None:
    """The path's segments, each decoded once; None when two servers could read the path in two ways."""
    path = target.partition("?")[0]
    if not path.startswith("/") or "#" in path:
        return None
    found = []
    parts = path[1:].split("/")
    for index, part in enumerate(parts):
        if re.search(r"%(?![0-9A-Fa-f]{2})", part):
            return None
        try:
            text = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            return None
        # Some servers cut ";parameters" off a segment before they look for dots.
        if text.partition(";")[0] in (".", "..") or re.search(r"[/\\%\x00-\x1f\x7f]", text) or (not text and index < len(parts) - 1):
            return None
        found.append(text)
    return tuple(found)


def _covers(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    below = pattern[-1] == "*"
    fixed = pattern[:-1] if below else pattern
    if len(path) < len(fixed) or (not below and len(path) != len(fixed)):
        return False
    return all(wanted in ("*", given) for wanted, given in zip(fixed, path, strict=False))


class Egress:
    """The parsed list, asked by host and port, and by request."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = tuple(parse(entry) for entry in entries)

    def names(self, host: str) -> bool:
        """Whether any entry names this host, on any port."""
        return any(entry.names(host) for entry in self._entries)

    def http(self, host: str, port: int) -> bool:
        """Whether any inspected HTTP may go to this host and port."""
        return any(not entry.opaque and port in entry.ports and entry.names(host) for entry in self._entries)

    def opaque(self, host: str, port: int) -> bool:
        """Whether a stream of opaque bytes may go to this host and port."""
        return any(entry.opaque and port in entry.ports and entry.names(host) for entry in self._entries)

    def lets(self, host: str, port: int, *, scheme: str, method: str, verb: Verb, target: str) -> bool:
        """Whether a request that was read as `verb` may go."""
        path = segments(target)
        return any(port in entry.ports and entry.names(host) and entry.lets(scheme, method, verb, path) for entry in self._entries)
