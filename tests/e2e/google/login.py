"""A program, run by `test_login` in a network and mount namespace of its own: Google's token endpoint at its own name, and a broker outside of any
sandbox whose user has logged in (``authorized_user``). Prints one JSON object a line: the mode, what
would be sent as a token or the denial, and the seconds.

usage: python -m tests.e2e.google.login DIRECTORY
"""

from __future__ import annotations

import fcntl
import http.server
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization

from tests.unit.credentials.test_gcp import LIST, bearer, request
from warden.config import GcpCredentialsConfig
from warden.credentials import program
from warden.credentials.gcp import LIBRARIES, GcpBroker
from warden.enforce.ca import SessionCA
from warden.errors import CredentialError

HOST = "oauth2.googleapis.com"
LOGIN = {
    "type": "authorized_user",
    "client_id": "client",
    "client_secret": "hush",
    "refresh_token": "1//refresh",
    "quota_project_id": "shop",
}
MODES = ("good", "invalid_grant", "html", "huge", "slow")

seen: list[dict[str, list[str]]] = []
mode = ["good"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        seen.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        good = json.dumps({"access_token": f"token-{len(seen)}", "expires_in": 3600, "token_type": "Bearer", "id_token": "a.b.c"}).encode()
        status, kind, body = {
            "good": (200, "application/json", good),
            "invalid_grant": (400, "application/json", b'{"error": "invalid_grant", "error_description": "hunter2"}'),
            "html": (200, "text/html", b"<html>hunter2 sign in here</html>"),
            "huge": (200, "application/json", b'{"access_token": "' + b"hunter2" * 400_000 + b'", "expires_in": 3600}'),
            "slow": (200, "application/json", good),
        }[mode[0]]
        if mode[0] == "slow":
            time.sleep(4)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


def main(directory: Path) -> None:
    with socket.socket() as sock:  # lo up: SIOCSIFFLAGS with IFF_UP and IFF_RUNNING
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
    (directory / "hosts").write_text(f"127.0.0.1 {HOST}\n")
    subprocess.run(["mount", "--bind", directory / "hosts", "/etc/hosts"], check=True)
    authority = SessionCA()
    (directory / "ca.pem").write_bytes(authority.pem)
    key = authority.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "leaf.pem").write_bytes(authority.leaf(HOST).public_bytes(serialization.Encoding.PEM) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "leaf.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    default = directory / ".config/gcloud/application_default_credentials.json"
    default.parent.mkdir(parents=True)
    default.write_text(json.dumps(LOGIN))
    for mode[0] in MODES:
        program.LIMIT = 3.0 if mode[0] == "slow" else program.LIMIT
        environment = {"PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(directory / "ca.pem"), "NO_GCE_CHECK": "true"}
        broker = GcpBroker(GcpCredentialsConfig(), environment, directory)
        started, before = time.monotonic(), len(seen)
        told = []
        for _ in range(3):
            try:
                told.append(broker.authorize(request(bearer(broker.environment()[LIBRARIES])), LIST).header("authorization"))
            except CredentialError as error:
                told.append(str(error))
        facts = {"mode": mode[0], "told": told, "seconds": time.monotonic() - started, "asked": seen[before:]}
        print(json.dumps({**facts, "variables": broker.environment()}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
