"""Requests through the worker: what is allowed arrives as ruled, what is denied never does."""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from warden.enforce.http.http1 import HEAD_SECONDS
from warden.errors import CredentialError
from warden.model import DnsQuestion, Verb
from warden.redact.streams.websocket import TEXT, frame


def curl(setting: Any, url: str, *arguments: str, host: str = "api.test", port: int = 443) -> tuple[int, str]:
    """The status and body that curl sees."""
    setting.to(host, port)
    done = subprocess.run(
        ["curl", "-sS", "--cacert", setting.ca_file, "--connect-to", f"{host}:{port}:127.0.0.1:{setting.port}",
         "-w", "\n%{http_code} %{http_version}", "--max-time", "30", *arguments, url],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    body, _, tail = done.stdout.rpartition("\n")
    return int(tail.split()[0]), body


class Louder:
    """A body rewriter: upper case, held back in blocks of 100,000 bytes; questions are refused, and the last byte has to be a full stop."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        self._held += data
        whole = len(self._held) // 100_000 * 100_000
        made, self._held = self._held[:whole], self._held[whole:]
        return self._checked(made)

    def end(self) -> bytes:
        if self._held != b".":
            raise CredentialError("question", "There is a question in it, or no end.")
        return b"!"

    def _checked(self, data: bytes) -> bytes:
        if b"?" in data:
            raise CredentialError("question", "There is a question in it.")
        return data.upper()


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
class TestCurl:
    def test_an_allowed_request_arrives_as_it_was_ruled(self, running: Any, version: str) -> None:
        assert curl(running, "https://api.test/echo?a=%2F%2f&b=", version, "-d", "hello", "-H", "X-Twice: 1", "-H", "X-Twice: 2") == (
            200,
            "hello",
        )
        head = running.upstream.heads[0].decode()
        assert head.startswith("POST /echo?a=%2F%2f&b= HTTP/1.1\r\n")
        assert [line for line in head.lower().split("\r\n") if line.startswith(("host", "x-twice", "x-ruled", "content-length"))] == (
            [
                "host: api.test",
                "x-twice: 1",
                "x-twice: 2",
                "x-ruled: yes",
                "content-length: 5",
            ]  # a form is read, so its length is written anew
        )
        ruling, outcome = running.rules.rulings()[0], running.rules.outcome()
        assert (outcome["id"], outcome["status"], outcome["request_bytes"], outcome["response_bytes"], outcome["error"]) == (
            ruling["id"], 200, 5, 5, "",
        )  # fmt: skip

    def test_a_denied_request_never_leaves(self, running: Any, version: str) -> None:
        status, body = curl(running, "https://api.test/denied", version)
        assert status == 403
        assert 'policy "test/deny"' in json.loads(body)["error"]["message"]
        assert running.upstream.connections == 0

    def test_a_denied_upload_is_answered_at_once(self, running: Any, version: str, tmp_path: Any) -> None:
        (tmp_path / "large").write_bytes(b"x" * 50_000_000)
        started = time.monotonic()
        status, _ = curl(running, "https://api.test/denied", version, "-T", str(tmp_path / "large"), "-H", "Expect:")
        assert status == 403
        assert time.monotonic() - started < 10
        assert running.upstream.connections == 0

    def test_an_upload_streams(self, running: Any, version: str, tmp_path: Any) -> None:
        (tmp_path / "large").write_bytes(b"x" * 5_000_000)
        assert curl(running, "https://api.test/upload", version, "-T", str(tmp_path / "large"))[0] == 200
        assert running.upstream.uploaded == 5_000_000
        assert b"expect" not in running.upstream.heads[0].lower()

    @pytest.mark.parametrize("length", ["known", "unknown"])
    def test_a_body_that_a_broker_rewrites(self, make: Callable[..., Any], version: str, length: str, tmp_path: Any) -> None:
        """All of it passes the broker's rewriter, and an upstream never sees the end of one that it refuses."""
        arguments = ["-H", "Content-Type: application/octet-stream", "-H", "Expect:", "--data-binary", f"@{tmp_path / 'body'}"]
        if length == "unknown":
            arguments += ["-H", "Content-Length:", "-H", "Transfer-Encoding: chunked"]
        for http2 in (False, True):
            running = make(http2=http2)
            running.rules.rewrite = lambda request: replace(request, rewrite=Louder)
            (tmp_path / "body").write_bytes(b"abc" * 100_000 + b".")
            assert curl(running, "https://api.test/echo", version, *arguments) == (200, "ABC" * 100_000 + "!")
            assert running.rules.outcome()["request_bytes"] == 300_001
            for position in (0, 299_999, 300_000):
                running.rules.records.clear()
                running.upstream.bodies.clear()
                body = bytearray(b"abc" * 100_000 + b".")
                body[position : position + 1] = b"?"
                (tmp_path / "body").write_bytes(body)
                status, text = curl(running, "https://api.test/echo", version, *arguments)
                assert (status, "There is a question" in text) == (403, True)
                assert "There is a question" in running.rules.outcome()["error"]
                assert not any(b"!" in body for body in running.upstream.bodies)
            assert curl(running, "https://api.test/bytes/3", version) == (200, "xxx")
            running.stop()

    def test_an_upload_of_unknown_length_streams(self, running: Any, version: str, tmp_path: Any) -> None:
        (tmp_path / "large").write_bytes(b"y" * 3_000_000)
        arguments = ["--data-binary", f"@{tmp_path / 'large'}", "-H", "Transfer-Encoding: chunked", "-H", "Content-Length:"]
        status, _ = curl(running, "https://api.test/upload", version, *arguments)
        assert status == 200
        assert running.upstream.uploaded == 3_000_000

    def test_head(self, running: Any, version: str) -> None:
        assert curl(running, "https://api.test/bytes/100", version, "-I")[0] == 200
        assert curl(running, "https://api.test/denied", version, "-I")[0] == 403

    def test_a_body_that_the_ruling_needs(self, running: Any, version: str) -> None:
        assert curl(running, "https://body.test/", version, "-d", "describe all", host="body.test") == (200, "describe all")
        status, body = curl(running, "https://body.test/", version, "-d", "terminate all", host="body.test")
        assert status == 403
        assert body.startswith("native warden denied terminate")
        assert running.upstream.bodies == [b"describe all"]

    def test_download_is_whole(self, running: Any, version: str) -> None:
        assert curl(running, "https://api.test/bytes/3000000", version) == (200, "x" * 3_000_000)

    def test_the_upstream_that_is_not_there(self, make: Callable[..., Any], version: str) -> None:
        running = make(resolve={"*": "127.0.0.1:1"})
        status, body = curl(running, "https://api.test/echo", version)
        assert status == 502
        assert body.startswith("<html>")
        assert "cannot connect to api.test:443" in body
        assert running.rules.outcome()["error"].startswith("cannot connect")

    def test_a_certificate_for_another_name(self, running: Any, version: str) -> None:
        status, body = curl(running, "https://mismatch.h2.test/echo", version, host="mismatch.h2.test")
        assert status == 502
        assert "ertificate verify failed" in body
        assert running.upstream.heads == []

    def test_a_certificate_of_an_unknown_authority(self, make: Callable[..., Any], version: str) -> None:
        running = make(trusted=False)
        status, body = curl(running, "https://api.test/echo", version)
        assert status == 502
        assert "ertificate verify failed" in body
        assert running.upstream.heads == []


def test_keep_alive_uses_one_connection_each_way(running: Any) -> None:
    connection = running.http()
    for index in range(5):
        connection.request("POST", "/echo", body=str(index))
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, str(index).encode())
        connection.request("GET", "/denied")
        response = connection.getresponse()
        assert response.status == 403
        response.read()
    assert running.upstream.connections == 1
    assert len(running.upstream.heads) == 5


def test_pipelined_requests_are_each_ruled_on(running: Any) -> None:
    get = b"GET %s HTTP/1.1\r\nHost: api.test\r\n%s\r\n"
    answer = running.raw(get % (b"/bytes/3", b"") + get % (b"/denied", b"") + get % (b"/bytes/4", b"Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.count(b"HTTP/1.1 403") == 1
    assert answer.index(b"\r\n\r\nxxx") < answer.index(b"HTTP/1.1 403") < answer.index(b"\r\n\r\nxxxx")
    assert [head.split(b" ")[1] for head in running.upstream.heads] == [b"/bytes/3", b"/bytes/4"]


class TestExpectContinue:
    HEAD = b"PUT %s HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"

    def test_allowed_is_told_to_continue(self, running: Any) -> None:
        with running.tls("api.test") as sock:
            sock.sendall(self.HEAD % b"/echo")
            assert sock.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
            sock.sendall(b"hello")
            answer = b""
            while piece := sock.recv(1000):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"hello")

    def test_denied_gets_its_denial_instead(self, running: Any) -> None:
        with running.tls("api.test") as sock:
            sock.sendall(self.HEAD % b"/denied")
            assert sock.recv(1000).startswith(b"HTTP/1.1 403")
        assert running.upstream.connections == 0


BAD = {
    "two lengths": b"POST /echo HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length and chunks": b"POST /echo HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST /echo HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": b"POST /echo HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "signed length": b"POST /echo HTTP/1.1\r\nHost: api.test\r\nContent-Length: +5\r\n\r\nhello",
    "space before colon": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nContent-Length : 5\r\n\r\nhello",
    "folded line": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-A: b\r\n c\r\n\r\n",
    "bare line feeds": b"GET /echo HTTP/1.1\nHost: api.test\n\n",
    "bare return": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-A: b\rX-B: c\r\n\r\n",
    "null": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-A: b\0\r\n\r\n",
    "two spaces": b"GET  /echo HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "a space in the target": b"GET /echo /x HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "HTTP/0.9": b"GET /echo\r\n\r\n",
    "HTTP/2 in clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown version": b"GET /echo HTTP/1.2\r\nHost: api.test\r\n\r\n",
    "no host": b"GET /echo HTTP/1.1\r\nX-A: b\r\n\r\n",
    "two hosts": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nHost: api.test\r\n\r\n",
    "another host": b"GET /echo HTTP/1.1\r\nHost: other.test\r\n\r\n",
    "another port": b"GET /echo HTTP/1.1\r\nHost: api.test:80\r\n\r\n",
    "absolute form elsewhere": b"GET https://other.test/echo HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "absolute form, other scheme": b"GET http://api.test/echo HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "CONNECT": b"CONNECT other.test:443 HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "connect": b"connect other.test:443 HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "method override": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-HTTP-Method-Override: DELETE\r\n\r\n",
    "a header named by Connection": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nConnection: X-Ruled\r\nX-Ruled: 1\r\n\r\n",
    "huge head": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-A: " + b"x" * 70_000 + b"\r\n\r\n",
    "endless head": b"GET /echo HTTP/1.1\r\nHost: api.test\r\nX-A: " + b"x" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_has_no_single_reading_is_denied_and_recorded(running: Any, data: bytes) -> None:
    # A second request rides behind each: if the first were misread, it would be smuggled.
    with running.tls("api.test") as sock:
        sock.settimeout(5)
        answer, sent = b"", False
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            sock.sendall(data + b"GET /smuggled HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
            sent = True
            while piece := sock.recv(65536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 403") or not sent  # who is still sending when the answer comes may be cut off before it is read
    assert running.rules.rulings()[0]["decision"] == "deny"
    assert running.rules.rulings()[0]["code"]
    paths = [head.split(b" ")[1] for head in running.upstream.heads]
    assert b"/echo" not in paths
    assert set(paths) <= {b"/smuggled"}  # where framing was clear, the next request is a request of its own, ruled on by itself
    assert len(running.rules.rulings()) == 1 + len(paths)


BAD_CHUNKS = {
    "a bare line feed": b"5;a\nhello\r\n0\r\n\r\n",
    "a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "too much": b"5\r\nhelloworld\r\n0\r\n\r\n",
    "a request for a trailer": b"5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("chunks", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_a_body_that_cannot_be_read_is_on_the_log(running: Any, chunks: bytes) -> None:
    running.rules.needs_body = lambda request: True
    with running.tls("api.test") as sock:
        sock.settimeout(5)
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(65536):
                pass
    assert running.upstream.heads == []
    assert [(ruling["decision"], ruling["code"]) for ruling in running.rules.rulings()] == [("deny", "unfinished")]


def test_sni_other_than_the_name_is_denied(running: Any) -> None:
    with running.tls("api.test", sni="other.test") as sock:
        sock.sendall(b"GET /echo HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 403")
    assert running.rules.rulings()[0]["code"] == "sni-mismatch"
    assert running.upstream.connections == 0


def test_plain_http_to_a_cloud_host_is_denied_natively(running: Any) -> None:
    answer = running.raw(b"GET / HTTP/1.1\r\nHost: body.test\r\nConnection: close\r\n\r\n", "body.test", secure=False)
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"native" in answer
    assert b"Use https://" in answer
    assert running.upstream.connections == 0


def test_plain_http_where_the_egress_list_allows_it(running: Any) -> None:
    answer = running.raw(b"GET /bytes/4 HTTP/1.0\r\nHost: plain.h2.test\r\n\r\n", "plain.h2.test", secure=False)
    assert answer.endswith(b"\r\n\r\nxxxx")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"\x16\x09\x01abcdef",
        b"EHLO\r\n",
        b"GET\t/echo HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_closed(running: Any, data: bytes) -> None:
    assert running.raw(data, "plain.h2.test", secure=False) in (b"", b"<reset>")
    assert running.rules.of("ruling")[-1]["code"] == "not-http"
    assert running.upstream.connections == 0


class TestConnections:
    @pytest.mark.parametrize("url", ["https://blocked.example/", "http://blocked.example/"])
    @pytest.mark.parametrize("version", ["--http1.1", "--http2"])
    def test_a_denied_connection_says_why(self, running: Any, url: str, version: str) -> None:
        port = 80 if url.startswith("http:") else 443
        status, answer = curl(running, url, version, "-d", "x" * 60_000, host="blocked.example", port=port)
        assert status == 403
        assert "warden denied POST on blocked.example" in answer
        assert running.rules.rulings("TcpConnect")[0]["decision"] == "deny"
        assert [ruling["decision"] for ruling in running.rules.rulings()] == ["deny"]
        assert running.upstream.connections == 0

    @pytest.mark.parametrize("version", ["--http1.1", "--http2"])
    def test_what_comes_on_a_denied_connection_is_denied_though_it_is_not_by_itself(self, running: Any, version: str) -> None:
        running.rules.denied = lambda action: action.operation == "tcp:connect"
        status, answer = curl(running, "https://api.test/echo", version, "-d", "hello")
        assert (status, "Ask for something else." in answer) == (403, True)
        (ruling,) = running.rules.rulings()
        assert (ruling["decision"], ruling["policies"]) == ("deny", ["test/deny"])
        running.rules.denied = lambda action: False  # the connection was ruled on when it was made, not when its requests come
        with running.tls("api.test") as sock:
            running.rules.denied = lambda action: action.operation == "tcp:connect"
            sock.sendall(b"GET /bytes/3 HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        assert running.upstream.connections == 1

    @pytest.mark.parametrize(
        "data",
        [b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"", b"\x16\x03\x01"],
        ids=["ssh", "postgres", "nothing", "half a hello"],
    )
    def test_what_is_not_http_on_a_denied_connection_is_closed_soon(self, running: Any, data: bytes) -> None:
        started = time.monotonic()
        assert running.raw(data, "blocked.example", secure=False) in (b"", b"<reset>")
        assert time.monotonic() - started < HEAD_SECONDS / 2
        assert running.upstream.connections == 0
        assert [ruling["message"]["kind"] for ruling in running.rules.of("ruling")] == ["TcpConnect"]

    def test_a_denied_connection_is_not_kept(self, running: Any) -> None:
        with running.tls("blocked.example") as sock:
            sock.settimeout(HEAD_SECONDS / 2)
            sock.sendall(b"GET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n")
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := sock.recv(65536):
                    answer += piece
        assert answer.startswith(b"HTTP/1.1 403")

    @pytest.mark.parametrize("port", [443, 7000])
    def test_a_name_that_may_not_be_asked_for_is_not_reached_though_the_connection_and_the_request_may(
        self, running: Any, port: int
    ) -> None:
        running.rules.denied = lambda action: action.operation == "dns:query"
        host = {443: "api.test", 7000: "stream.test"}[port]
        ruling = running.worker._pipeline.rule(DnsQuestion(host, "A"))
        assert running.worker.table.deny(host, ruling)
        assert not running.raw(b"GET /bytes/3 HTTP/1.1\r\nHost: api.test\r\n\r\n", host, secure=port == 443, port=port).endswith(b"xxx")
        assert running.rules.rulings("TcpConnect")[0]["decision"] == "deny"
        assert running.upstream.connections == 0

    def test_a_denied_connection_to_another_port_is_reset(self, running: Any) -> None:
        assert running.raw(b"GET / HTTP/1.1\r\n\r\n", "blocked.example", secure=False, port=22) == b"<reset>"
        assert running.rules.rulings("TcpConnect")[0]["decision"] == "deny"

    def test_a_literal_address_is_ruled_on_as_such(self, running: Any) -> None:
        assert running.raw(b"GET / HTTP/1.1\r\n\r\n", "203.0.113.9", secure=False) == b"<reset>"
        connection = running.http("192.0.2.7")
        connection.request("GET", "/bytes/2")
        assert connection.getresponse().read() == b"xx"

    def test_an_address_that_was_never_given_out(self, running: Any) -> None:
        assert running.raw(b"GET / HTTP/1.1\r\n\r\n", "198.19.3.4", secure=False) == b"<reset>"
        assert running.rules.rulings("TcpConnect")[0]["code"] == "unknown-address"

    @pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "fd00:ec2::254"])
    def test_metadata_services_answer_at_once(self, running: Any, address: str) -> None:
        answer = running.raw(b"PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", address, secure=False)
        assert answer.startswith(b"HTTP/1.1 403")
        assert running.rules.rulings("TcpConnect")[0]["code"] == "metadata"

    def test_what_a_broker_answers_for_one_is_recorded_and_the_connection_ends(self, running: Any) -> None:
        answer = running.raw(b"GET /local HTTP/1.1\r\nHost: x\r\n\r\n" * 2, "169.254.169.254", secure=False)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\nlocal")
        assert answer.count(b"HTTP/1.1") == 1
        (ruling,) = running.rules.rulings()
        assert (ruling["decision"], ruling["operations"], ruling["message"]["path"]) == ("allow", ["metadata:GET"], "/local")

    @pytest.mark.parametrize("broken", ["local", "append"])
    def test_what_cannot_be_answered_or_recorded_is_refused(self, running: Any, broken: str) -> None:
        running.rules.broken = broken
        answer = running.raw(b"GET /local HTTP/1.1\r\nHost: x\r\n\r\n", "169.254.169.254", secure=False)
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"local" not in answer.partition(b"\r\n\r\n")[2]

    def test_a_malformed_request_to_one_is_refused_by_name(self, running: Any) -> None:
        answer = running.raw(b"GET http://x/local HTTP/1.1\r\nHost: x\r\n\r\n", "169.254.169.254", secure=False)
        assert answer.startswith(b"HTTP/1.1 400")
        assert running.rules.rulings("TcpConnect")[0]["code"] == "metadata-request"

    def test_another_port_of_one_is_reset(self, running: Any) -> None:
        assert running.raw(b"GET /local HTTP/1.1\r\nHost: x\r\n\r\n", "169.254.169.254", secure=False, port=8080) == b"<reset>"
        assert running.rules.rulings("TcpConnect")[0]["code"] == "metadata"

    def test_an_opaque_stream_passes_bytes_and_half_closes(self, running: Any) -> None:
        with running.connect("stream.test", 7000) as sock:
            sock.sendall(b"GET /bytes/5 HTTP/1.1\r\n\r\n")
            sock.shutdown(1)
            answer = b""
            while piece := sock.recv(1000):
                answer += piece
        assert answer.endswith(b"xxxxx")
        outcome = running.rules.outcome()
        assert (outcome["request_bytes"], outcome["error"]) == (25, "")

    def test_an_opaque_stream_to_nowhere_is_reset(self, make: Callable[..., Any]) -> None:
        running = make(resolve={"*": "127.0.0.1:1"})
        assert running.raw(b"x", "stream.test", secure=False, port=7000) == b"<reset>"
        assert running.rules.outcome()["error"].startswith("cannot connect")


class TestLimits:
    def test_a_declared_body_over_the_limit_is_ruled_on_unread(self, make: Callable[..., Any]) -> None:
        running = make(body_limit=1000)
        status, body = curl(running, "https://body.test/", "-d", "describe " + "x" * 2000, host="body.test")
        assert status == 403
        assert "too-large" in body
        assert running.rules.rulings()[0]["message"]["bytes"] == 2009

    @pytest.mark.parametrize("version", ["--http1.1", "--http2"])
    def test_an_undeclared_body_is_read_up_to_the_limit(self, make: Callable[..., Any], version: str, tmp_path: Any) -> None:
        running = make(body_limit=100_000)
        (tmp_path / "large").write_bytes(b"describe " + b"x" * 1_000_000)
        arguments = [
            version,
            "-X",
            "POST",
            "-H",
            "Content-Length:",
            "-H",
            "Transfer-Encoding: chunked",
            "--data-binary",
            f"@{tmp_path / 'large'}",
        ]
        status, body = curl(running, "https://body.test/", *arguments, host="body.test")
        assert (status, "too-large" in body) == (403, True)
        assert running.upstream.connections == 0

    @pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
    @pytest.mark.parametrize("version", ["--http1.1", "--http2"])
    @pytest.mark.parametrize("command", ["create", "delete", "late delete"])
    def test_a_push_over_the_limit_is_ruled_on_by_its_first_bytes(
        self, make: Callable[..., Any], tmp_path: Any, version: str, declared: bool, command: str
    ) -> None:
        """What was ruled on is what is sent: the same first bytes, and the rest behind them."""
        running = make(body_limit=100_000)
        running.rules.denied = lambda action: action.verb in (Verb.DELETE, Verb.UNKNOWN)
        old, new = ("0" * 40, "a" * 40) if command == "create" else ("a" * 40, "0" * 40)
        line = f"{old} {new} refs/heads/x\0report-status".encode()
        shallow = b"0035shallow " + b"b" * 40 + b"\n"
        assert len(shallow) == 0x35
        ahead = shallow * (3000 if command == "late delete" else 1)  # so many that the command is beyond the limit
        body = ahead + f"{len(line) + 4:04x}".encode() + line + b"0000PACK" + b"z" * 1_000_000
        (tmp_path / "push").write_bytes(body)
        chunked = [] if declared else ["-H", "Content-Length:", "-H", "Transfer-Encoding: chunked"]
        kind = ["-H", "Content-Type: application/x-git-receive-pack-request"]
        status, answer = curl(
            running, "https://api.test/echo", version, *kind, *chunked, "-X", "POST", "--data-binary", f"@{tmp_path / 'push'}"
        )
        ruling = running.rules.rulings()[0]
        if command == "create":
            assert ruling["operations"] == ["git:create-ref"]
            assert (status, answer.encode("latin-1")) == (200, body)
            assert running.upstream.bodies == [body]
        elif command == "delete":
            assert ruling["operations"] == ["git:delete-ref"]
            assert (status, running.upstream.connections) == (200, 0)
            assert "ng refs/heads/x warden denied git:delete-ref of refs/heads/x on api.test" in answer
        else:
            assert (status, ruling["code"], running.upstream.connections) == (403, "malformed-push", 0)

    def test_an_undeclared_body_over_the_limit_streams_when_that_is_allowed(self, make: Callable[..., Any], tmp_path: Any) -> None:
        running = make(body_limit=100_000)
        running.rules.needs_body = lambda request: True  # the broker wants it, the dialect does not
        (tmp_path / "large").write_bytes(b"z" * 1_000_000)
        arguments = ["--http1.1", "-H", "Content-Length:", "-H", "Transfer-Encoding: chunked", "--data-binary", f"@{tmp_path / 'large'}"]
        assert curl(running, "https://api.test/echo", *arguments) == (200, "z" * 1_000_000)
        assert running.rules.rulings()[0]["message"]["bytes"] is None

    def test_a_head_that_never_ends(self, running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("warden.enforce.http.connection.HEAD_SECONDS", 0.5)
        monkeypatch.setattr("warden.enforce.http.http1.HEAD_SECONDS", 0.5)
        for begun in (b"", b"GET /echo HT"):  # the first head, and one after a finished request
            with running.tls("api.test") as sock:
                started = time.monotonic()
                sock.sendall(begun)
                with contextlib.suppress(ConnectionResetError):
                    assert sock.recv(10) == b""
                assert time.monotonic() - started < 5
        with running.tls("api.test") as sock:
            sock.sendall(b"GET /bytes/1 HTTP/1.1\r\nHost: api.test\r\n\r\n")
            while not sock.recv(1000).endswith(b"x"):
                pass
            started = time.monotonic()
            while time.monotonic() - started < 5:
                try:
                    sock.sendall(b"G")
                    time.sleep(0.1)
                except OSError:
                    break
            assert time.monotonic() - started < 5

    def test_a_denied_upload_that_never_ends(self, running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("warden.enforce.http.stream.DISCARD_SECONDS", 0.5)
        with running.tls("api.test") as sock:
            sock.sendall(b"POST /denied HTTP/1.1\r\nHost: api.test\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert sock.recv(1000).startswith(b"HTTP/1.1 403")
            started = time.monotonic()
            with contextlib.suppress(OSError):
                while time.monotonic() - started < 5:
                    sock.sendall(b"4\r\ndata\r\n")
                    time.sleep(0.05)
            assert time.monotonic() - started < 5

    def test_requests_sent_ahead_are_bounded(self, running: Any) -> None:
        with running.tls("api.test") as sock:
            sock.sendall(b"GET /never HTTP/1.1\r\nHost: api.test\r\n\r\n")
            with pytest.raises(OSError):
                sock.sendall(b"x" * 20_000_000)

    def test_connections_of_a_session(self, running: Any) -> None:
        running.worker._limit = 3
        held = [running.connect("api.test") for _ in range(3)]
        time.sleep(0.2)
        assert running.raw(b"GET / HTTP/1.1\r\n\r\n", "plain.h2.test", secure=False) == b"<reset>"
        assert running.rules.rulings("TcpConnect")[-1]["code"] == "too-many-connections"
        for sock in held:
            sock.close()
        time.sleep(0.2)
        assert running.raw(b"GET /bytes/1 HTTP/1.0\r\nHost: plain.h2.test\r\n\r\n", "plain.h2.test", secure=False).endswith(b"x")


class TestUpstreams:
    def ask(self, running: Any, path: str) -> bytes:
        return bytes(running.raw(b"GET %s HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n" % path.encode()))

    def test_early_hints_are_not_the_answer(self, running: Any) -> None:
        answer = self.ask(running, "/hints")
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.count(b"HTTP/1.1") == 1

    def test_trailers_are_dropped(self, running: Any) -> None:
        assert b"5\r\nhello\r\n0\r\n\r\n" in self.ask(running, "/trailers")

    def test_a_body_until_the_end_of_the_connection(self, running: Any) -> None:
        assert self.ask(running, "/until-eof").endswith(b"until the end")

    def test_a_truncated_body_is_no_answer(self, running: Any) -> None:
        """It was held until it was whole, and never was: what there is of it was not looked through with what belongs to it."""
        answer = self.ask(running, "/truncated")
        assert answer.startswith(b"HTTP/1.1 502")
        assert b"only this" not in answer
        assert running.rules.outcome()["error"]

    @pytest.mark.parametrize("path", ["/nonsense", "/close", "/huge-head", "/smuggled"])
    def test_no_usable_answer_is_a_bad_gateway(self, running: Any, path: str) -> None:
        answer = self.ask(running, path)
        assert answer.startswith(b"HTTP/1.1 502")
        assert b"<html><head><title>502 Bad Gateway</title></head><body>warden: api.test: " in answer
        assert b"ICY" not in answer
        assert running.rules.outcome()["error"]

    def test_an_answer_before_the_body_was_read(self, running: Any, tmp_path: Any) -> None:
        (tmp_path / "large").write_bytes(b"x" * 20_000_000)
        assert curl(running, "https://api.test/early", "--http1.1", "-T", str(tmp_path / "large"), "-H", "Expect:") == (413, "large")

    def test_switching_protocols_where_it_was_asked_for(self, running: Any) -> None:
        with running.tls("api.test") as sock:
            sock.sendall(b"GET /ws HTTP/1.1\r\nHost: api.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n")
            assert sock.recv(1000).startswith(b"HTTP/1.1 101")
            for word in (b"hello", b"again"):
                sock.sendall(frame(TEXT, word, b"mask"))
                assert sock.recv(1000) == frame(TEXT, word.upper())
        time.sleep(0.2)
        outcome = running.rules.outcome()
        assert (outcome["status"], outcome["request_bytes"], outcome["response_bytes"]) == (101, 22, 14)

    @pytest.mark.parametrize("upgrade", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
    def test_switching_protocols_without_leave(self, running: Any, upgrade: bytes) -> None:
        with running.tls("api.test") as sock:
            sock.sendall(b"GET /surprise HTTP/1.1\r\nHost: api.test\r\n%s\r\n" % upgrade)
            assert b"101" not in sock.recv(1000)
        assert b"pgrade" not in running.upstream.heads[0]

    def test_a_client_that_goes_away(self, running: Any) -> None:
        sock = running.tls("api.test")
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: api.test\r\nContent-Type: a/b\r\nContent-Length: 1000000\r\n\r\nonly this")
        time.sleep(0.3)
        sock.close()
        time.sleep(0.3)
        assert running.rules.outcome()["error"]


class TestFaults:
    @pytest.mark.parametrize("method", ["decide", "authorize", "append"])
    def test_a_pipeline_that_fails_denies(self, running: Any, method: str) -> None:
        connection = running.http()
        connection.request("GET", "/bytes/1")
        assert connection.getresponse().read() == b"x"
        running.rules.broken = method
        connection.request("GET", "/echo")
        assert connection.getresponse().status == 403
        assert len(running.upstream.heads) == 1

    @pytest.mark.parametrize("name", ["rule", "refuse", "denial", "needs_body", "outcome"])
    def test_a_pipeline_that_raises_denies(self, running: Any, name: str) -> None:
        pipeline = running.worker._pipeline

        def fail(*_: Any, **__: Any) -> Any:
            raise RuntimeError("made to fail")

        sock = running.tls("api.test")
        setattr(pipeline, name, fail)
        path = {"refuse": b"*", "denial": b"/denied"}.get(name, b"/echo")
        with sock:
            sock.sendall(b"GET %s HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1\r\n\r\nx" % path)
            try:
                answer = sock.recv(1000)
            except ConnectionResetError:
                answer = b""
        assert answer.startswith(b"HTTP/1.1 403") or name == "outcome"
        assert not running.upstream.heads or name == "outcome"

    def test_a_forwarded_request_that_leads_elsewhere_is_denied(self, running: Any) -> None:
        running.rules.rewrite = lambda request: replace(request, host="other.test")
        assert running.raw(b"GET /echo HTTP/1.1\r\nHost: api.test\r\n\r\n").startswith(b"HTTP/1.1 403")
        assert running.upstream.connections == 0

    def test_a_flow_that_was_changed_after_its_ruling_is_killed(self, running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        enforcer = running.worker._enforcer
        ruled = enforcer._rule

        def tampered(connection: Any, flow: Any, *arguments: Any) -> None:
            ruled(connection, flow, *arguments)
            flow.request.data.path = b"/other"

        monkeypatch.setattr(enforcer, "_rule", tampered)
        assert running.raw(b"GET /echo HTTP/1.1\r\nHost: api.test\r\n\r\n") in (b"", b"<reset>")
        assert running.upstream.connections == 0

    def test_stopping_closes_everything(self, running: Any) -> None:
        sock = running.tls("api.test")
        running.stop()
        assert sock.recv(10) == b""
        with pytest.raises(ConnectionRefusedError):
            running.connect("api.test")

    def test_a_ruling_that_takes_too_long_denies(self, make: Callable[..., Any]) -> None:
        running = make(timeout=0.2)
        decide = running.rules.decide
        connection = running.http()

        def slow(*arguments: Any) -> Any:
            time.sleep(0.3)
            return decide(*arguments)

        running.rules.decide = slow
        connection.request("GET", "/echo")
        response = connection.getresponse()
        assert response.status == 403
        assert b"longer than" in response.read()
        assert running.upstream.connections == 0
