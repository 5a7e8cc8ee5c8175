"""Denials of Google calls through Google's own clients: google-api-core, googleapiclient, google-cloud-storage, google-auth and grpcio.

A local server answers each request with the denial that the dialect writes for it, and counts: none of them may retry.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events

from tests.e2e.conftest import CLIENTS, require
from warden.dialects.gcp.denial import denial
from warden.model import Action, Decision, HttpRequest, Ruling, Verb

SENTENCE = 'warden denied compute.instances.delete on //compute.googleapis.com/projects/p: policy "no-destroy/destructive". 100 % sure, „wirklich“.'
DELETE = Action("gcp", "compute.instances.delete", Verb.DELETE, frozenset({"destructive"}))  # type: ignore[arg-type]
RULING = Ruling("r-1", (DELETE,), Decision(policies=("no-destroy/destructive",), reason="What loses data is not allowed."))
CLIENT = Path(__file__).with_name("gcp_denial_client.py")


@contextmanager
def rest_server(host: str) -> Iterator[tuple[int, list[str]]]:
    """Its port, and the request lines that came."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.append(f"{self.command} {self.path}")
            request = HttpRequest(self.command, "https", host, 443, self.path, tuple(self.headers.items()), body)
            made = denial(request, RULING, SENTENCE)
            self.send_response(made.status)
            for name, value in (*made.headers, ("Content-Length", str(len(made.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, seen
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def grpc_server() -> Iterator[tuple[int, list[str]]]:
    """An HTTP/2 server without TLS that answers every stream with the gRPC denial; its port, and the paths that came."""
    seen: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            state.initiate_connection()
            client.sendall(state.data_to_send())
            heads: dict[int, list[tuple[str, str]]] = {}
            while data := client.recv(65536):
                for event in state.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        heads[event.stream_id] = [(str(name), str(value)) for name, value in event.headers]
                    elif isinstance(event, h2.events.StreamEnded):
                        given = dict(heads[event.stream_id])
                        seen.append(given[":path"])
                        headers = tuple((name, value) for name, value in given.items() if not name.startswith(":"))
                        request = HttpRequest("POST", "https", "secretmanager.googleapis.com", 443, given[":path"], headers, b"")
                        made = denial(request, RULING, SENTENCE)
                        answer = [(":status", str(made.status)), *((name.lower(), value) for name, value in made.headers)]
                        state.send_headers(event.stream_id, answer, end_stream=True)
                client.sendall(state.data_to_send())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.close()
        thread.join(5)


def run(case: str, port: int) -> dict[str, Any]:
    python = require(str(CLIENTS / "google/bin/python"))
    done = subprocess.run([python, str(CLIENT), case, str(port)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_google_api_core() -> None:
    with rest_server("secretmanager.googleapis.com") as (port, seen):
        found = run("core", port)
    assert found == {
        "type": "Forbidden",
        "message": found["message"],
        "info": {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "POLICY_DENIED",
            "domain": "warden",
            "metadata": {"ruling": "r-1", "policies": "no-destroy/destructive", "operation": "compute.instances.delete"},
        },
        "retried": False,
    }
    assert SENTENCE in found["message"]
    assert len(seen) == 1


def test_googleapiclient_reads_the_reason_and_does_not_retry() -> None:
    with rest_server("compute.googleapis.com") as (port, seen):
        found = run("discovery", port)
    assert (found["status"], found["reason"]) == (403, SENTENCE)
    assert found["details"][0]["reason"] == "POLICY_DENIED"
    assert len(seen) == 1


def test_a_batch_is_denied_whole() -> None:
    with rest_server("compute.googleapis.com") as (port, seen):
        found = run("batch", port)
    assert (found["status"], found["reason"]) == (403, SENTENCE)
    assert len(seen) == 1
    assert seen[0].startswith("POST /batch")


def test_cloud_storage_does_not_retry_reads_uploads_or_downloads() -> None:
    with rest_server("storage.googleapis.com") as (port, seen):
        found = run("objects", port)
    assert len(found["messages"]) == 3
    assert all(SENTENCE in message for message in found["messages"][:1])
    assert len(seen) == 3


def test_a_token_request_fails_as_oauth_does() -> None:
    with rest_server("oauth2.googleapis.com") as (port, seen):
        found = run("token", port)
    assert "access_denied" in found["message"]
    assert SENTENCE in found["message"]
    assert found["retryable"] is False
    assert len(seen) == 1


def test_grpc_has_the_status_and_its_details() -> None:
    with grpc_server() as (port, seen):
        found = run("rpc", port)
    metadata = {"ruling": "r-1", "policies": "no-destroy/destructive", "operation": "compute.instances.delete"}
    assert found == {
        "type": "PermissionDenied",
        "code": "PERMISSION_DENIED",
        "message": SENTENCE,
        "reason": "POLICY_DENIED",
        "info": ["POLICY_DENIED", "warden", metadata],
    }
    assert len(seen) == 1
