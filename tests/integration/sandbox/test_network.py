"""The namespace without a route, from inside and from outside."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import network, nftables
from sandbox.network import Namespace
from sandbox.runtime import Container
from tests.integration.sandbox.conftest import Result

Python = Callable[..., Result]
Begin = Callable[..., Container]

needs_ipv6 = pytest.mark.skipif(not Path("/proc/sys/net/ipv6").is_dir(), reason="no IPv6 on this machine")


def _accept(listener: socket.socket | None) -> socket.socket:
    assert listener is not None
    assert select.select([listener], [], [], 5)[0], "nothing came"
    connection, _ = listener.accept()
    return connection


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("93.184.216.34", 443),
        ("198.18.0.7", 80),
        ("169.254.169.254", 80),
        ("10.0.0.1", 22),
        ("192.0.2.2", 8080),  # the namespace's own address
        ("255.255.255.254", 1),
        pytest.param("2001:db8::7", 443, marks=needs_ipv6),
        pytest.param("fd77:6172:6465:6e00::2", 8080, marks=needs_ipv6),
        pytest.param("fe80::1", 80, marks=[needs_ipv6, pytest.mark.xfail(reason="link-local needs a scope; there is none", strict=True)]),
    ],
)
def test_a_connection_is_redirected_and_its_destination_known(begin: Begin, namespace: Namespace, host: str, port: int) -> None:
    container = begin(
        "/usr/bin/python3",
        "-I",
        "-c",
        f"import socket; s = socket.create_connection(({host!r}, {port}), 5); s.sendall(b'hello'); assert s.recv(9) == b'back'",
    )
    connection = _accept(namespace.listeners.tcp6 if ":" in host else namespace.listeners.tcp)
    assert network.original_destination(connection) == (host, port)
    assert connection.recv(100) == b"hello"
    connection.sendall(b"back")
    connection.close()
    assert container.wait() == 0


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_direct_connection_to_the_listener_shows_as_such(begin: Begin, namespace: Namespace, host: str) -> None:
    container = begin("/usr/bin/python3", "-I", "-c", f"import socket; socket.create_connection(({host!r}, 15001), 5)")
    connection = _accept(namespace.listeners.tcp6 if ":" in host else namespace.listeners.tcp)
    assert network.original_destination(connection) == (host, 15001)
    connection.close()
    assert container.wait() == 0


@pytest.mark.parametrize("family", ["AF_INET", pytest.param("AF_INET6", marks=needs_ipv6)])
def test_dns_over_udp_to_any_server_is_ours(begin: Begin, namespace: Namespace, family: str) -> None:
    server = "8.8.8.8" if family == "AF_INET" else "2001:4860:4860::8888"
    source = f"""
import socket
s = socket.socket(socket.{family}, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(({server!r}, 53))
s.send(b"question")
assert s.recv(99) == b"answer"
"""
    container = begin("/usr/bin/python3", "-I", "-c", source)
    listener = namespace.listeners.dns if family == "AF_INET" else namespace.listeners.dns6
    assert listener is not None
    assert select.select([listener], [], [], 5)[0]
    question, client = listener.recvfrom(512)
    assert question == b"question"
    listener.sendto(b"answer", client)
    assert container.wait() == 0, "the answer must come from the address that was asked: the socket is connected to it"


def test_dns_over_tcp_has_a_listener_of_its_own(begin: Begin, namespace: Namespace) -> None:
    container = begin("/usr/bin/python3", "-I", "-c", "import socket; socket.create_connection(('1.1.1.1', 53), 5)")
    connection = _accept(namespace.listeners.dns_tcp)
    assert network.original_destination(connection) == ("1.1.1.1", 53)
    connection.close()
    assert container.wait() == 0


_REFUSED = """
import socket, time
for family, host in {targets!r}:
    for port in (443, 123, 5353, 33434):
        s = socket.socket(getattr(socket, family), socket.SOCK_DGRAM)
        s.settimeout(5)
        begun = time.monotonic()
        try:
            s.sendto(b"x", (host, port))
            s.recv(1)
            print("answered")
        except TimeoutError:
            print("time-out")
        except OSError:
            print("refused" if time.monotonic() - begun < 0.5 else "late")
"""


def test_all_other_udp_is_refused_at_once(python: Python, namespace: Namespace) -> None:
    targets = [("AF_INET", "93.184.216.34"), ("AF_INET", "255.255.255.255")] + (
        [("AF_INET6", "2001:db8::7")] if namespace.listeners.tcp6 else []
    )
    result = python(_REFUSED.format(targets=targets))
    assert set(result.out.split()) == {"refused"}, result.out + result.err


def test_with_the_listeners_closed_connections_are_refused_at_once(begin: Begin, namespace: Namespace) -> None:
    for listener in namespace.listeners.all():
        listener.close()
    source = """
import socket, time
begun = time.monotonic()
try:
    socket.create_connection(("93.184.216.34", 443), 5)
except ConnectionRefusedError:
    exit(0 if time.monotonic() - begun < 1 else 2)
exit(3)
"""
    assert begin("/usr/bin/python3", "-I", "-c", source).wait() == 0


def test_loopback_inside_stays_inside(python: Python) -> None:
    result = python(
        "import socket\nfor host, family in (('127.0.0.1', socket.AF_INET), ('127.8.8.8', socket.AF_INET)):\n"
        " l = socket.create_server((host, 8080), family=family)\n c = socket.create_connection((host, 8080), 5)\n"
        " a, _ = l.accept(); c.sendall(b'local'); print(a.recv(9)); l.close()\n"
        "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 0)); u.sendto(b'me', u.getsockname()); print(u.recv(9))"
    )
    assert result.out.split() == ["b'local'", "b'local'", "b'me'"], result.err


def test_the_hosts_loopback_is_another(python: Python) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2)
    print("connected")
except ConnectionRefusedError:
    print("refused")
"""
        result = python(source)
    assert result.out == "refused\n"


def test_only_lo(python: Python) -> None:
    result = python("import os, socket; print([name for _, name in socket.if_nameindex()], os.listdir('/sys/class/net'))")
    assert result.out == "['lo'] ['lo']\n", result.err


_CHANGES = r"""
import errno, socket, struct, subprocess
def attempt(name, call):
    try:
        call()
        print("DONE", name)
    except OSError as error:
        print(errno.errorcode.get(error.errno, error), name)
def netlink(kind, flags, body):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    s.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    (code,) = struct.unpack_from("=i", s.recv(4096), 16)
    if code:
        raise OSError(-code, "")
attempt("lo down", lambda: netlink(16, 5, struct.pack("=BBHiII", 0, 0, 0, 1, 0, 1)))
attempt("new dummy", lambda: netlink(16, 0x605, struct.pack("=BBHiII", 0, 0, 0, 0, 0, 0) + struct.pack("=HHHH5s3x", 20, 18, 9, 1, b"dummy")))
attempt("new address", lambda: netlink(20, 0x605, struct.pack("=BBBBI", 2, 32, 0, 0, 1) + struct.pack("=HH4s", 8, 2, bytes([10, 9, 8, 7]))))
attempt("delete route", lambda: netlink(25, 5, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 255, 4, 254, 2, 0)))
attempt("netfilter netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("raw6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58))
attempt("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 0))
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM, 0))
attempt("alg", lambda: socket.socket(38, socket.SOCK_SEQPACKET, 0))
attempt("iptables", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).setsockopt(0, 64, b"\0" * 100))
attempt("transparent", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).setsockopt(0, 19, 1))
attempt("mark", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).setsockopt(1, 36, 1))
for port, kind in ((15001, socket.SOCK_STREAM), (15054, socket.SOCK_STREAM), (15053, socket.SOCK_DGRAM)):
    def take(address, port=port, kind=kind):
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind((address, port))
        if kind == socket.SOCK_STREAM:
            s.listen()
    attempt(f"take {port}", lambda: take("127.0.0.1"))
for path in ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/lo/route_localnet", "/proc/sys/net/ipv4/ping_group_range"):
    attempt(path, lambda: open(path, "w").write("1"))
"""


def test_nothing_of_it_can_be_changed_from_inside(python: Python) -> None:
    result = python(_CHANGES)
    assert len(result.out.splitlines()) == 20, result.out + result.err
    assert "DONE" not in result.out


def test_without_ipv6_it_still_works(namespace: Namespace) -> None:
    made = Namespace.create(ipv6=False)
    assert made.listeners.tcp6 is None
    assert made.listeners.dns6 is None
    assert len(made.listeners.all()) == 3
    made.close()


def test_the_caller_is_not_moved(namespace: Namespace) -> None:
    assert Path("/proc/self/ns/net").stat().st_ino != os.fstat(namespace.fd).st_ino
    names = {name for _, name in socket.if_nameindex()}
    Namespace.create().close()
    assert {name for _, name in socket.if_nameindex()} == names
    assert not _zombies()


def test_close_lets_go_of_everything_and_may_be_repeated() -> None:
    before = set(Path("/proc/self/fd").iterdir())
    made = Namespace.create()
    inode = os.fstat(made.fd).st_ino
    made.close()
    made.close()
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert inode not in set(_namespaces_in_use())


def test_namespaces_can_be_made_ahead(begin: Begin) -> None:
    pool = [Namespace.create() for _ in range(5)]
    assert len({os.fstat(made.fd).st_ino for made in pool}) == 5
    for made in pool:
        made.close()


def test_a_stopped_kernel_interface_is_an_error_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's failure comes back as a sentence. The fault is made by handing it rules that nft refuses."""
    monkeypatch.setattr(nftables, "rules", lambda ipv6: "table nonsense {")
    with pytest.raises(Exception, match="refused the network rules"):
        Namespace.create()
    assert not _zombies()


def _zombies() -> list[str]:
    own = str(os.getpid())
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == own and fields[0] == "Z":
            found.append(status.parent.name)
    return found


def _namespaces_in_use() -> Iterator[int]:
    for link in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            yield link.stat().st_ino
        except OSError:
            continue
