"""The five rtnetlink requests that a namespace without a route needs: lo up, two addresses, two routes.

Written out because the general library takes 500 ms to import and 12 ms for these requests; these take 0.1 ms. rtnetlink(7);
constants from <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct

_NLM_F_REQUEST = 0x1
_NLM_F_ACK = 0x4
_NLM_F_CREATE = 0x400
_NLM_F_EXCL = 0x200
_NLMSG_ERROR = 2
_RTM_NEWLINK = 16
_RTM_NEWADDR = 20
_RTM_NEWROUTE = 24
_IFF_UP = 0x1
_IFA_LOCAL = 2
_RTA_OIF = 4
_RTA_PREFSRC = 7
_RT_TABLE_LOCAL = 255
_RTPROT_STATIC = 4
_RTN_LOCAL = 2
_RT_SCOPE_HOST = 254
#: lo is the first device of every network namespace.
_LOOPBACK = 1


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _request(channel: socket.socket, kind: int, flags: int, body: bytes, what: str) -> None:
    channel.send(struct.pack("=IHHII", 16 + len(body), kind, _NLM_F_REQUEST | _NLM_F_ACK | flags, 1, 0) + body)
    answer = channel.recv(8192)
    _, answer_kind, _, _, _ = struct.unpack_from("=IHHII", answer)
    if answer_kind != _NLMSG_ERROR:
        raise OSError(f"{what}: the kernel answered message {answer_kind}")
    (error,) = struct.unpack_from("=i", answer, 16)
    if error:
        raise OSError(-error, os.strerror(-error), what)


def _family(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def open_channel() -> socket.socket:
    """A channel to the kernel's routing tables, in the caller's network namespace."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)


def raise_loopback(channel: socket.socket) -> None:
    """`ip link set lo up`."""
    _request(channel, _RTM_NEWLINK, 0, struct.pack("=BBHiII", 0, 0, 0, _LOOPBACK, _IFF_UP, _IFF_UP), "lo up")


def add_address(channel: socket.socket, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """`ip address add ADDRESS dev lo`, alone in its prefix."""
    body = struct.pack("=BBBBI", _family(address), address.max_prefixlen, 0, 0, _LOOPBACK) + _attribute(_IFA_LOCAL, address.packed)
    _request(channel, _RTM_NEWADDR, _NLM_F_CREATE | _NLM_F_EXCL, body, f"address {address}")


def route_everything_to_loopback(channel: socket.socket, source: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """`ip route add local default dev lo src SOURCE`: every address is this machine's. IPv6 has no such `src` and picks by itself."""
    body = struct.pack("=BBBBBBBBI", _family(source), 0, 0, 0, _RT_TABLE_LOCAL, _RTPROT_STATIC, _RT_SCOPE_HOST, _RTN_LOCAL, 0)
    body += _attribute(_RTA_OIF, struct.pack("=I", _LOOPBACK))
    if source.version == 4:
        body += _attribute(_RTA_PREFSRC, source.packed)
    _request(channel, _RTM_NEWROUTE, _NLM_F_CREATE | _NLM_F_EXCL, body, f"local default route for IPv{source.version}")
