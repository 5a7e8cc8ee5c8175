"""A local AWS at AWS's own host names: moto behind nginx, which speaks TLS and HTTP/2 with a certificate for ``*.amazonaws.com``.

Used by `make demo`, the end-to-end tests and the benchmarks. It is an emulator: what moto answers is not what AWS answers in every detail,
but names, signatures, protocols and error formats are those that real clients send and parse. nginx writes one JSON line per request
that reached it, so that a test can say "the server never saw this".

::

    client --TLS--> warden's worker --TLS, real host name--> nginx 127.0.0.1:PORT --HTTP--> moto 127.0.0.1:PORT+1
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
ACCOUNT = "123456789012"  # moto's own default account
START_TIMEOUT = 60.0  # seconds; moto imports for a few of them


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS.

    `address` is nginx's ``host:port``, `moto` the emulator's own behind it (plain HTTP, for seeding), `ca` the file of the CA to trust,
    `log` nginx's access log.
    """

    directory: Path
    address: str
    moto: str
    ca: Path
    log: Path

    @property
    def resolve(self) -> dict[str, str]:
        """For `upstream.resolve`."""
        return {"*.amazonaws.com": self.address, "amazonaws.com": self.address, "*.api.aws": self.address}

    def requests(self) -> list[dict[str, Any]]:
        """Every request that reached the server so far, as method, host, uri, target, body, status, agent, authorization."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]]

    def config(self, **sections: Any) -> dict[str, Any]:
        """A warden.yaml that sends AWS's names here, with synthetic credentials made by moto's rules: any key is good."""
        return {
            "upstream": {"resolve": self.resolve, "ca": [str(self.ca)]},
            "credentials": {
                "aws": {"access_key_id": "AKIA" + "R" * 16, "secret_access_key": "r" * 40, "region": "us-east-1", "account": ACCOUNT}
            },
            **sections,
        }


_NGINX = """
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log warn;
events {{ worker_connections 512; }}
http {{
  log_format requests escape=json '{{"time":"$time_iso8601","method":"$request_method","host":"$host","uri":"$request_uri","status":"$status",'
    '"protocol":"$server_protocol","target":"$http_x_amz_target","authorization":"$http_authorization","token":"$http_x_amz_security_token",'
    '"agent":"$http_user_agent","bytes":"$request_length","body":"$request_body"}}';
  access_log {directory}/requests.jsonl requests;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  proxy_max_temp_file_size 0;
  server {{
    listen {address} ssl http2;
    server_name _;
    ssl_certificate {directory}/server.pem;
    ssl_certificate_key {directory}/server.key;
    location / {{
      proxy_pass http://{moto};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_read_timeout 300;
    }}
  }}
}}
"""


@contextlib.contextmanager
def local_aws(directory: Path) -> Iterator[LocalAws]:
    """Starts nginx and moto with their files below `directory`, and ends both. Raises RuntimeError with what is missing or the logs."""
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if nginx is None:
        raise RuntimeError("nginx is missing: apt-get install nginx-light")
    directory.mkdir(parents=True, exist_ok=True)
    _make_certificates(directory)
    port, moto_port = _free_port(), _free_port()
    cloud = LocalAws(directory, f"127.0.0.1:{port}", f"127.0.0.1:{moto_port}", directory / "ca.pem", directory / "requests.jsonl")
    cloud.log.touch()
    conf = directory / "nginx.conf"
    conf.write_text(_NGINX.format(directory=directory, address=cloud.address, moto=cloud.moto))
    with contextlib.ExitStack() as stack:
        moto_log = stack.enter_context((directory / "moto.log").open("wb"))
        environment = {**os.environ, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(1 << 20)}
        moto = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(moto_port)]
        stack.enter_context(_running(moto, moto_log, environment))
        # As root, nginx's workers would be another user, who cannot write below a private directory.
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        stack.enter_context(
            _running([nginx, "-p", str(directory), "-c", str(conf), "-e", str(directory / "nginx.error.log"), *user], moto_log)
        )
        for waited in (moto_port, port):
            _wait_for(waited, directory)
        yield cloud


@contextlib.contextmanager
def _running(command: list[str], log: Any, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, directory: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    logs = "\n".join(f"{p.name}: {p.read_text(errors='replace')[-2000:]}" for p in sorted(directory.glob("*.log")))
    raise RuntimeError(f"nothing answers on 127.0.0.1:{port}\n{logs}")


def server_names() -> list[str]:
    """Names in the certificate. A wildcard covers one label (RFC 6125 section 6.4.3), so regions and bucket hosts are spelled out."""
    names = ["amazonaws.com", "*.amazonaws.com", "*.s3.amazonaws.com", "*.api.aws"]
    for region in REGIONS:
        names += [
            f"*.{region}.amazonaws.com",
            f"*.s3.{region}.amazonaws.com",
            f"*.s3.dualstack.{region}.amazonaws.com",
            f"*.{region}.api.aws",
        ]
        names += [f"*.ddb.{region}.amazonaws.com", f"*.s3-control.{region}.amazonaws.com", f"*.dualstack.{region}.amazonaws.com"]
    return names


def _make_certificates(directory: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local AWS of Warden's tests")])
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
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "amazonaws.com")]),
            key.public_key(),
            x509.random_serial_number(),
            now,
            now + datetime.timedelta(days=30),
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in server_names()]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(ca.public_bytes(pem))
    (directory / "server.pem").write_bytes(leaf.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "server.key").touch(mode=0o600)
    (directory / "server.key").write_bytes(private)
