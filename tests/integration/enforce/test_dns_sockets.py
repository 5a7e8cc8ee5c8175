"""The resolver on its sockets."""

from __future__ import annotations

import socket
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest


def test_udp_and_tcp_answer_alike(running: Any) -> None:
    query = dns.message.make_query("api.test", "A")
    over_udp = dns.query.udp(query, "127.0.0.1", port=running.dns_port, timeout=5)
    over_tcp = dns.query.tcp(query, "127.0.0.1", port=running.dns_tcp_port, timeout=5)
    assert over_udp.answer == over_tcp.answer
    assert running.worker.table.name(running.worker.table.address("api.test")) == "api.test"


def test_tcp_to_port_53_of_any_server_is_ours(running: Any) -> None:
    running.to("203.0.113.53", 53)
    answer = dns.query.tcp(dns.message.make_query("blocked.test", "A"), "127.0.0.1", port=running.port, timeout=5)
    assert answer.rcode() == dns.rcode.NXDOMAIN


def test_the_answer_leaves_from_where_the_question_arrived(make: Any) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    running = make()
    sock.bind(("127.0.0.9", 0))
    sock.settimeout(5)
    sock.sendto(dns.message.make_query("api.test", "A").to_wire(), ("127.0.0.1", running.dns_port))
    assert sock.recvfrom(1000)[1] == ("127.0.0.1", running.dns_port)
    sock.close()


def test_several_questions_on_one_tcp_connection(running: Any) -> None:
    with socket.create_connection(("127.0.0.1", running.dns_tcp_port), timeout=5) as sock:
        wire = dns.message.make_query("api.test", "A").to_wire()
        for _ in range(3):
            sock.sendall(len(wire).to_bytes(2) + wire)
            length = int.from_bytes(sock.recv(2, socket.MSG_WAITALL))
            assert dns.message.from_wire(sock.recv(length, socket.MSG_WAITALL)).answer
        sock.sendall(b"\0\3abc")  # not even a header: nothing can be said
        assert sock.recv(10) == b""


def test_stopping_ends_the_service(running: Any) -> None:
    running.stop()
    with pytest.raises((OSError, dns.exception.Timeout)):
        dns.query.udp(dns.message.make_query("api.test", "A"), "127.0.0.1", port=running.dns_port, timeout=0.5)
