"""The worker behind a real network namespace: listeners made inside, served from outside, destinations from the kernel."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.network import Namespace, original_destination
from warden.enforce.worker import Listeners, Worker

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="entering a network namespace of the host's needs root"),
]


@pytest.fixture(autouse=True)
def namespace() -> Iterator[Namespace]:
    """Made before anything that starts threads: it forks."""
    made = Namespace.create()
    yield made
    made.close()


@pytest.fixture
def inside(namespace: Namespace, running: Any) -> Iterator[Any]:
    """Runs a program in a namespace whose traffic the worker of `running` serves too; its CA is `running.ca_file`."""
    made = namespace.listeners
    listeners = Listeners(
        tuple(sock for sock in (made.tcp, made.tcp6) if sock),
        tuple(sock for sock in (made.dns, made.dns6) if sock),
        tuple(sock for sock in (made.dns_tcp, made.dns_tcp6) if sock),
    )
    old = running.worker
    worker = Worker(old._pipeline, listeners, running.config, running.ca, original_destination)
    stopping = asyncio.Event()
    serving = asyncio.run_coroutine_threadsafe(worker.run(stopping), running.loop.loop)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, preexec_fn=lambda: os.setns(namespace.fd), capture_output=True, text=True, timeout=30, check=False,
            env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(running.ca_file)},
        )  # fmt: skip

    yield run
    running.loop.loop.call_soon_threadsafe(stopping.set)
    serving.result(10)


PYTHON = """
import socket, sys, urllib.request
import dns.resolver
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers = [sys.argv[1]]
address = str(resolver.resolve("api.test", "A")[0])
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: real(address if host == "api.test" else host, *rest, **more)
print(urllib.request.urlopen("https://api.test/bytes/5").read().decode())
"""


@pytest.mark.parametrize("server", ["8.8.8.8", "2001:4860:4860::8888"])
def test_names_and_requests_from_inside(running: Any, inside: Any, server: str) -> None:

    done = inside(sys.executable, "-c", PYTHON, server)
    assert done.stdout == "xxxxx\n", done.stderr
    assert [r["message"]["kind"] for r in running.rules.of("ruling")] == ["DnsQuestion", "TcpConnect", "http"]


@pytest.mark.parametrize("url", ["http://203.0.113.9/", "http://[2001:db8::9]/", "https://203.0.113.9:8443/"])
def test_literal_addresses_are_reset(running: Any, inside: Any, url: str) -> None:
    done = inside("curl", "-sS", "--max-time", "5", url)
    assert done.returncode in (7, 35, 56), done.stderr  # reset while connecting, in TLS, or while reading
    assert running.rules.rulings("TcpConnect")[0]["decision"] == "deny"
    assert running.upstream.connections == 0


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/meta-data/"])
def test_metadata_is_answered_at_once(inside: Any, url: str) -> None:
    done = inside("curl", "-sS", "-w", "%{http_code}", "--max-time", "5", url)
    assert done.stdout.endswith("403"), done.stderr
