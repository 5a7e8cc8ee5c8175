"""A host that is no cloud and that the configuration lists: HTTPS under any name, with a CA of its own, answering from memory.

It holds what package clients ask for: a Python index, a cargo index, an npm registry, a git repository, so that each can be run for real.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import io
import json
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from warden.enforce.ca import SessionCA

PACKAGES = "packages.example.net"


@dataclass
class ListedHost:
    """`address` for `upstream.resolve`, `ca` for `upstream.ca`, `answers` by path without the query, `seen` the requests as ``host path``,
    `redirects` where a path sends its clients with 307.
    """

    address: str
    ca: Path
    answers: dict[str, tuple[str, bytes]]
    seen: list[str] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def listed_host(
    directory: Path,
    names: tuple[str, ...],
    handler: type[http.server.BaseHTTPRequestHandler] | None = None,
    at: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[ListedHost]:
    """Serves `names` on a port of 127.0.0.1, or `at`, with files below `directory`; `handler` answers, or what is in `answers`."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = SessionCA()  # any CA would do; this one is at hand
    (directory / "ca.pem").write_bytes(authority.pem)
    key = authority.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    contexts: dict[str, ssl.SSLContext] = {}
    for name in names:
        file = directory / f"{name}.pem"
        file.touch(mode=0o600)
        file.write_bytes(authority.leaf(name).public_bytes(serialization.Encoding.PEM) + key)
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(file)

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = contexts[name]
        return None

    front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    front.load_cert_chain(directory / f"{names[0]}.pem")
    front.sni_callback = choose
    server = http.server.ThreadingHTTPServer(at, handler or _Handler)
    server.daemon_threads = True
    server.socket = front.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    host = ListedHost(f"{at[0]}:{server.server_address[1]}", directory / "ca.pem", {})
    server.listed = host  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        host: ListedHost = self.server.listed  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        host.seen.append(f"{self.headers.get('Host')} {path}")
        kind, body = host.answers.get(path, ("", b""))
        if location := host.redirects.get(path):
            self.send_response(307)
            self.send_header("Location", location)
        else:
            self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


# --- what package clients ask for ----------------------------------------------------------------------------------------------


def package_answers(directory: Path, version: str) -> dict[str, tuple[str, bytes]]:
    """A package ``probe`` of `version` in every registry's own form, and a git repository with the tag `version`."""
    wheel = f"probe-{version}-py3-none-any.whl"
    entry = {"name": "probe", "vers": version, "deps": [], "cksum": hashlib.sha256(b"").hexdigest(), "features": {}, "yanked": False}
    tarball = {"tarball": f"https://{PACKAGES}/npm/probe.tgz", "integrity": "sha512-" + base64.b64encode(bytes(64)).decode()}
    document = {
        "name": "probe",
        "dist-tags": {"latest": version},
        "versions": {version: {"name": "probe", "version": version, "dist": tarball}},
    }
    answers = {
        "/hello": ("text/plain", f"hello {version}\n".encode()),
        "/simple/probe/": ("text/html", f'<a href="/wheels/{wheel}">{wheel}</a>'.encode()),
        f"/wheels/{wheel}": ("application/octet-stream", _wheel(version)),
        "/cargo/config.json": ("application/json", json.dumps({"dl": f"https://{PACKAGES}/cargo/crates"}).encode()),
        "/cargo/pr/ob/probe": ("text/plain", json.dumps(entry).encode() + b"\n"),
        "/npm/probe": ("application/json", json.dumps(document).encode()),
        "/state": ("application/json", _terraform_state(version)),
    }
    for file in _repository(directory / "probe.git", version).rglob("*"):
        if file.is_file():
            answers[f"/{file.relative_to(directory)}"] = ("application/octet-stream", file.read_bytes())
    return answers


def _wheel(version: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = f"probe-{version}.dist-info"
        archive.writestr("probe.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: probe\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return content.getvalue()


def _terraform_state(version: str) -> bytes:
    output = {"probe": {"value": version, "type": "string"}}
    return json.dumps(
        {"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": "probe", "outputs": output, "resources": []}
    ).encode()


def _repository(path: Path, version: str) -> Path:
    """A bare repository that answers git's dumb HTTP protocol."""

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.net"]
        return subprocess.run(["git", *identity, "-C", str(path), *arguments], check=True, capture_output=True, text=True).stdout.strip()

    path.mkdir(parents=True)
    git("init", "-q", "--bare")
    tree = git("hash-object", "-w", "-t", "tree", "/dev/null")
    git("tag", version, git("commit-tree", tree, "-m", "probe"))
    git("update-server-info")
    return path
