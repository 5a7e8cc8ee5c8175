"""Placeholders through the worker: secrets arrive where they are bound, and a body that is not read ends at the first placeholder."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest

from tests.integration.enforce.test_http import curl
from warden.redact.vault import Binding, Vault

SECRET = secrets.token_hex(20)


@pytest.fixture
def vault(running: Any) -> Vault:
    found: Vault = running.worker._pipeline.vault
    return found


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
class TestCurl:
    def test_a_header_and_a_body(self, running: Any, vault: Vault, version: str) -> None:
        made = vault.admit(SECRET.encode(), binding=Binding(("api.test",), ("bearer", "json:data"))).placeholder.decode()
        body = json.dumps({"data": {"p": base64.b64encode(made.encode()).decode()}})
        arguments = ["-H", f"Authorization: Bearer {made}", "-H", "Content-Type: application/json", "-d", body]
        for more in ([], ["-H", "Transfer-Encoding: chunked", "-H", "Content-Length:"]):
            status, answer = curl(running, "https://api.test/echo", version, *arguments, *more)
            assert status == 200
            assert answer == body.replace(base64.b64encode(made.encode()).decode(), base64.b64encode(SECRET.encode()).decode())
            head = running.upstream.heads[-1].decode()
            assert f"authorization: bearer {SECRET}\r\n" in head.lower()
            if not more:
                assert f"content-length: {len(answer)}\r\n" in head.lower()
        assert SECRET not in repr(running.rules.records)

    def test_a_placeholder_elsewhere_never_leaves(self, running: Any, vault: Vault, version: str) -> None:
        made = vault.admit(SECRET.encode(), binding=Binding(("other.test",), ("bearer",))).placeholder.decode()
        status, body = curl(running, "https://api.test/echo", version, "-H", f"Authorization: Bearer {made}")
        assert status == 403
        assert "It may go to other.test (bearer)." in body
        assert running.upstream.heads == []
        assert running.rules.rulings()[0]["code"] == "placeholder-elsewhere"


def test_a_small_body_elsewhere_is_denied_in_words(running: Any, vault: Vault) -> None:
    made = vault.admit(SECRET.encode(), binding=Binding(("other.test",), ("bearer",))).placeholder.decode()
    status, body = curl(running, "https://api.test/echo", "-H", "Content-Type: text/plain", "-d", f"the key is {made}")
    assert (status, "placeholder-elsewhere" in body) == (403, True)
    assert running.upstream.heads == []


@pytest.mark.parametrize("size", [100_000, 9_000_000])
def test_a_body_that_is_not_read_ends_at_the_placeholder(running: Any, vault: Vault, size: int) -> None:
    """Nothing may go into bodies of this host, so none is read; above the limit none would be."""
    made = vault.admit(SECRET.encode()).placeholder
    if size > 8 << 20:
        vault.admit(secrets.token_bytes(20), binding=Binding(("api.test",), ("body",)))
    body = b"x" * (size - 1000) + b" " + made + b" " + b"y" * 1000
    head = b"POST /upload HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/octet-stream\r\n"
    if size > 8 << 20:
        answer = running.raw(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    else:
        answer = running.raw(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    assert b"200 OK" not in answer
    assert running.upstream.uploaded < len(body) - 1000
    assert [one["code"] for one in running.rules.rulings()] == ["", "placeholder-elsewhere"]
    assert running.rules.outcome()["error"]
