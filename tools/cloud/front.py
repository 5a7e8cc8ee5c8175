"""What the local clouds have in common: processes with an end, free ports, and certificates for the clouds' own host names."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START_TIMEOUT = 60.0  # seconds; moto imports and Java starts for a few of them

#: One JSON line per request that reached nginx, so that a test can say "the server never saw this".
LOG_FORMAT = """
  log_format requests escape=json '{{"time":"$time_iso8601","method":"$request_method","host":"$host","uri":"$request_uri","status":"$status",'
    '"protocol":"$server_protocol","target":"$http_x_amz_target","authorization":"$http_authorization","token":"$http_x_amz_security_token",'
    '"agent":"$http_user_agent","bytes":"$request_length","body":"$request_body"}}';
  access_log {directory}/requests.jsonl requests;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
"""


@contextlib.contextmanager
def running(command: Sequence[str], log: Any, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Runs `command` with its outputs in the file `log`, and ends it."""
    # A group of its own, because some are started by a script that does not end what it started.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int, directory: Path) -> None:
    """Returns when `port` takes connections. Raises RuntimeError with the ends of the logs in `directory`."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    logs = "\n".join(f"{p.name}: {p.read_text(errors='replace')[-2000:]}" for p in sorted(directory.glob("*.log")))
    raise RuntimeError(f"nothing answers on 127.0.0.1:{port}\n{logs}")


@contextlib.contextmanager
def nginx(directory: Path, configuration: str, log: Any) -> Iterator[None]:
    """nginx with `configuration`, in the foreground. Raises RuntimeError when it is not installed."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise RuntimeError("nginx is missing: apt-get install nginx-light")
    conf = directory / "nginx.conf"
    conf.write_text(configuration)
    # As root, nginx's workers would be another user, who cannot write below a private directory.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with running([program, "-p", str(directory), "-c", str(conf), "-e", str(directory / "nginx.error.log"), *user], log):
        yield


def logged(log: Path) -> list[dict[str, Any]]:
    """The lines of nginx's log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]]


def make_certificates(directory: Path, names: Sequence[str], title: str) -> None:
    """``ca.pem``, and ``server.pem`` with ``server.key`` for `names`, in `directory`. `title` is the CA's name."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        x509.CertificateBuilder(ca_name, ca_name, ca_key.public_key(), 1, now, now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(ca_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder(
            ca_name,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]),
            key.public_key(),
            x509.random_serial_number(),
            now,
            now + datetime.timedelta(days=30),
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(ca.public_bytes(pem))
    (directory / "server.pem").write_bytes(leaf.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "server.key").touch(mode=0o600)
    (directory / "server.key").write_bytes(private)
