"""WebSocket through the worker: what comes back is redacted, what may not pass ends the connection in its own words, and the log says why."""

from __future__ import annotations

import re
import secrets
import socket
import time
from typing import Any

import pytest

from warden.redact.streams.messages import Messages
from warden.redact.streams.websocket import CLOSE, TEXT, Frames, frame
from warden.redact.vault import Binding, Vault

MASK = b"mask"


@pytest.fixture
def vault(running: Any) -> Vault:
    found: Vault = running.worker._pipeline.vault
    return found


def switch(running: Any, path: str = "/ws", *fields: str) -> tuple[socket.socket, bytes]:
    """A connection that has asked to switch, and the head of what was answered."""
    sock: socket.socket = running.tls("api.test")
    lines = [f"GET {path} HTTP/1.1", "Host: api.test", "Connection: Upgrade", "Upgrade: websocket", *fields]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    sock.settimeout(10)
    return sock, sock.recv(1000)


def messages(sock: socket.socket, until: int) -> list[tuple[int, bytes]]:
    """What comes, up to the first of this kind."""
    frames = Frames(masked=False)
    found: list[tuple[int, bytes]] = []
    while not found or found[-1][0] != until:
        data = sock.recv(65536)
        if not data:
            break
        found += [(piece.opcode, piece.payload) for piece in frames.feed(data)]
    return found


def error(running: Any, words: str) -> None:
    """Waits for the outcome with this error."""
    for _ in range(40):
        if any(words in str(record.fields.get("error")) for record in running.rules.records if record.kind == "outcome"):
            return
        time.sleep(0.05)
    raise AssertionError(running.rules.records)


def test_a_secret_in_a_message(running: Any) -> None:
    value = secrets.token_hex(12).upper()
    sock, head = switch(running)
    assert head.startswith(b"HTTP/1.1 101")
    with sock:
        sock.sendall(frame(TEXT, f'{{"db_password": "{value}"}}'.lower().encode(), MASK))
        ((_, text),) = messages(sock, TEXT)
    assert re.fullmatch(rb'\{"DB_PASSWORD": "[^"]{8,}"\}', text)
    assert value.encode() not in text


def test_extensions_are_not_offered(running: Any) -> None:
    sock, head = switch(running, "/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    sock.close()
    assert head.startswith(b"HTTP/1.1 101")
    assert b"xtensions" not in running.upstream.heads[0]


def test_extensions_that_nobody_offered(running: Any) -> None:
    sock, head = switch(running, "/ws-extended")
    sock.close()
    assert b"101" not in head
    error(running, "blocked: it uses an extension that nobody asked for")


def test_a_server_that_speaks_no_websocket(running: Any) -> None:
    sock, head = switch(running, "/ws-raw")
    with sock:
        rest = head.partition(b"\r\n\r\n")[2] or sock.recv(1000)
        assert b"this is not" not in rest
    error(running, "blocked: one of its WebSocket frames")


def test_a_placeholder_ends_the_connection(running: Any, vault: Vault) -> None:
    placeholder = vault.admit(secrets.token_hex(20).encode(), binding=Binding(("other.test",), ("bearer",))).placeholder
    sock, _ = switch(running)
    with sock:
        sock.sendall(frame(TEXT, b"the key is " + placeholder, MASK))
        ((kind, reason),) = messages(sock, CLOSE)
    assert kind == CLOSE
    assert reason.startswith(b"\x03\xf0warden denied")
    assert placeholder.upper() not in b"".join(running.upstream.bodies)
    error(running, "refused: placeholder-elsewhere")
    assert running.rules.rulings()[-1]["code"] == "placeholder-elsewhere"


def test_a_secret_where_it_is_bound(running: Any, vault: Vault) -> None:
    secret = secrets.token_hex(20).upper()
    placeholder = vault.admit(secret.encode(), binding=Binding(("api.test",), ("json:key",))).placeholder.decode()
    sock, _ = switch(running)
    with sock:
        sock.sendall(frame(TEXT, f'{{"key": "{placeholder}"}}'.encode(), MASK))
        ((_, text),) = messages(sock, TEXT)
    assert f'"KEY": "{secret}"'.encode() in text  # the layers of these tests have a vault of their own, and do not know it


@pytest.mark.parametrize("name", ["from_server", "from_client"])
def test_what_raises_lets_nothing_through(running: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fail(*_arguments: object) -> bytes:
        raise RuntimeError("ours")

    monkeypatch.setattr(Messages, name, fail)
    sock, _ = switch(running)
    with sock:
        sock.sendall(frame(TEXT, b"hello", MASK))
        assert [kind for kind, _ in messages(sock, CLOSE)] == [CLOSE]
    error(running, "blocked: it could not be looked through")
