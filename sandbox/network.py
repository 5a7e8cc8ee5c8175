"""A network namespace without a route: only lo, and our listeners in it.

Every address is local to it, every TCP connection is redirected to one listener, every DNS question to another, and all else is refused at
once (:mod:`sandbox.nftables`). There is no other device, so with the listeners closed nothing goes anywhere: the redirect serves
compatibility, the missing device contains.

The namespace is made by a short-lived child, so that the caller is never in it and needs no threads or privileges kept aside. The child
opens the listeners where they belong, inside, and sends them out over a Unix socket with the namespace's own descriptors; then it ends. From
then on the descriptors alone keep the namespace alive: no name, no mount, no process. For a caller that is not root the child first makes a
user namespace (`Namespace.user_fd`), which owns the network namespace and in which the runtime is started too.
"""

from __future__ import annotations

import array
import errno
import ipaddress
import json
import os
import select
import signal
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from sandbox import kernel, nftables, rtnetlink
from sandbox.errors import SandboxError

#: The process's own addresses, so that resolvers with AI_ADDRCONFIG ask for both families. TEST-NET-1 and a unique local address.
ADDRESS = ipaddress.IPv4Address("192.0.2.2")
ADDRESS6 = ipaddress.IPv6Address("fd77:6172:6465:6e00::2")

_BACKLOG = 1024
_TIMEOUT = 10.0  # seconds for the child; it needs 10 ms
_SO_ORIGINAL_DST = 80  # <linux/netfilter_ipv4.h>; the same number for IPv6


@dataclass(frozen=True, slots=True)
class Listeners:
    """Sockets inside the namespace, bound to its loopback, served from outside. The IPv6 ones are None where the kernel has no IPv6.

    `tcp` gets every TCP connection but those to port 53, which `dns_tcp` gets; `dns` gets UDP datagrams for port 53 of any address.
    """

    tcp: socket.socket
    dns: socket.socket
    dns_tcp: socket.socket
    tcp6: socket.socket | None = None
    dns6: socket.socket | None = None
    dns_tcp6: socket.socket | None = None

    def all(self) -> tuple[socket.socket, ...]:
        sockets = (self.tcp, self.dns, self.dns_tcp, self.tcp6, self.dns6, self.dns_tcp6)
        return tuple(each for each in sockets if each is not None)


@dataclass(slots=True)
class Namespace:
    """A prepared network namespace. `fd` pins it; `user_fd` pins the user namespace that owns it, None for root. Both close-on-exec."""

    fd: int
    user_fd: int | None
    listeners: Listeners
    closed: bool = False

    @classmethod
    def create(cls, *, ipv6: bool | None = None) -> Namespace:
        """Make one; about 5 ms. `ipv6` None is: if the kernel has it. Raises SandboxError."""
        nftables.library()
        with_ipv6 = Path("/proc/sys/net/ipv6").is_dir() if ipv6 is None else ipv6
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                child = _fork_child(theirs, with_ipv6)
            try:
                return _receive(ours)
            finally:
                _end(child)

    def close(self) -> None:
        """Let go of it. It vanishes when the last process in it has ended. May be called again."""
        for listener in self.listeners.all():
            listener.close()
        if not self.closed:
            self.closed = True
            os.close(self.fd)
            if self.user_fd is not None:
                os.close(self.user_fd)


def original_destination(connection: socket.socket) -> tuple[str, int]:
    """Where an accepted connection was really going: address and port before the redirect.

    For a direct connection to the listener it is the listener's own address, which no redirected connection can have. Raises OSError when the
    kernel does not know the connection.
    """
    if connection.family == socket.AF_INET6:
        raw = connection.getsockopt(socket.IPPROTO_IPV6, _SO_ORIGINAL_DST, 28)
        (port,) = struct.unpack_from("!H", raw, 2)
        return str(ipaddress.IPv6Address(raw[8:24])), port
    raw = connection.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, 16)
    (port,) = struct.unpack_from("!H", raw, 2)
    return str(ipaddress.IPv4Address(raw[4:8])), port


# --- the caller's side ---------------------------------------------------------------------------------------------------------


def _fork_child(channel: socket.socket, ipv6: bool) -> int:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # The caller's handlers must not run in the child.
    try:
        child = os.fork()
        if child == 0:
            _child(channel, ipv6)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return child


def _receive(channel: socket.socket) -> Namespace:
    if not select.select([channel], [], [], _TIMEOUT)[0]:
        raise SandboxError(f"Making a network namespace took longer than {_TIMEOUT:.0f} s.")
    descriptors = array.array("i")
    message, ancillary, _, _ = channel.recvmsg(65536, socket.CMSG_SPACE(16 * descriptors.itemsize), socket.MSG_CMSG_CLOEXEC)
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    answer = json.loads(message) if message else {"message": "The child that makes the network namespace died.", "advice": ""}
    if "names" not in answer:
        raise SandboxError(answer["message"], answer["advice"])
    named = dict(zip(answer["names"], descriptors, strict=True))
    fd, user_fd = named.pop("net"), named.pop("user", None)
    return Namespace(fd, user_fd, Listeners(**{name: socket.socket(fileno=number) for name, number in named.items()}))


def _end(child: int) -> None:
    done, _ = os.waitpid(child, os.WNOHANG)
    if not done:
        # It has sent what it had, or is late.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# --- the child's side ----------------------------------------------------------------------------------------------------------


def _child(channel: socket.socket, ipv6: bool) -> None:
    """Runs in the forked child and never returns."""
    names: list[str] = []
    descriptors: list[int] = []
    try:
        kernel.die_with_parent()
        answer: dict[str, object] = {"names": names}
        _make(ipv6, names, descriptors)
    except SandboxError as error:
        answer = {"message": error.message, "advice": error.advice}
    except OSError as error:
        answer = {"message": f"A network namespace cannot be made: {error}", "advice": _advice(error)}
    except BaseException as error:  # noqa: BLE001 - a forked child must not unwind into its parent's code
        answer = {"message": f"A network namespace cannot be made: {error!r}", "advice": ""}
    try:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors if "names" in answer else []))]
        channel.sendmsg([json.dumps(answer).encode()], rights if "names" in answer else [])
    finally:
        os._exit(0)


def _advice(error: OSError) -> str:
    if os.geteuid() != 0 and error.errno in (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EUSERS):
        return (
            "This kernel does not let ordinary users make user namespaces: run as root, or set user.max_user_namespaces, "
            "kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0."
        )
    return ""


def _make(ipv6: bool, names: list[str], descriptors: list[int]) -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        os.unshare(os.CLONE_NEWNET)
    else:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
        # user_namespaces(7): one id may be mapped without privileges, once setgroups is off.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        names.append("user")
        descriptors.append(os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC))
    names.append("net")
    descriptors.append(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
    with rtnetlink.open_channel() as channel:
        rtnetlink.raise_loopback(channel)
        rtnetlink.add_address(channel, ADDRESS)
        rtnetlink.route_everything_to_loopback(channel, ADDRESS)
        ipv6 = ipv6 and _add_ipv6(channel)
    nftables.load(nftables.rules(ipv6))
    for name, port, kind in (
        ("tcp", nftables.TCP_PORT, socket.SOCK_STREAM),
        ("dns", nftables.DNS_UDP_PORT, socket.SOCK_DGRAM),
        ("dns_tcp", nftables.DNS_TCP_PORT, socket.SOCK_STREAM),
    ):
        names.append(name)
        descriptors.append(_listen(socket.AF_INET, "127.0.0.1", port, kind))
        if ipv6:
            names.append(name + "6")
            descriptors.append(_listen(socket.AF_INET6, "::1", port, kind))


def _add_ipv6(channel: socket.socket) -> bool:
    """False where IPv6 is switched off: then there is no IPv6 route either, and connections fail at once."""
    try:
        rtnetlink.add_address(channel, ADDRESS6)
        rtnetlink.route_everything_to_loopback(channel, ADDRESS6)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EAFNOSUPPORT):
            return False
        raise
    return True


def _listen(family: socket.AddressFamily, host: str, port: int, kind: socket.SocketKind) -> int:
    """No address reuse: a process inside must not be able to bind beside us. asyncio sets TCP_NODELAY only if the protocol is given."""
    listener = socket.socket(
        family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else 0
    )
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_DGRAM:
        # Before the first datagram: where one came to is kept with it only if somebody has asked by then, and a question may wait for its reader.
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            listener.setsockopt(socket.IPPROTO_IP, socket.IP_PKTINFO, 1)
    listener.bind((host, port))
    if kind == socket.SOCK_STREAM:
        listener.listen(_BACKLOG)
    return listener.detach()
