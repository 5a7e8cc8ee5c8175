"""A local AWS at AWS's own host names: moto behind nginx, which speaks TLS and HTTP/2 with a certificate for ``*.amazonaws.com``.

Used by `make demo`, the end-to-end tests and the benchmarks. It is an emulator: what moto answers is not what AWS answers in every detail,
but names, signatures, protocols and error formats are those that real clients send and parse. nginx writes one JSON line per request
that reached it, so that a test can say "the server never saw this".

::

    client --TLS--> warden's worker --TLS, real host name--> nginx 127.0.0.1:PORT --HTTP--> moto 127.0.0.1:PORT+1
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.cloud import front

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
ACCOUNT = "123456789012"  # moto's own default account


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
        return front.logged(self.log)

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
{common}
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
    directory.mkdir(parents=True, exist_ok=True)
    front.make_certificates(directory, server_names(), "Local AWS of Warden's tests")
    port, moto_port = front.free_port(), front.free_port()
    cloud = LocalAws(directory, f"127.0.0.1:{port}", f"127.0.0.1:{moto_port}", directory / "ca.pem", directory / "requests.jsonl")
    cloud.log.touch()
    common = front.LOG_FORMAT.format(directory=directory)
    configuration = _NGINX.format(directory=directory, address=cloud.address, moto=cloud.moto, common=common)
    with contextlib.ExitStack() as stack:
        moto_log = stack.enter_context((directory / "moto.log").open("wb"))
        environment = {**os.environ, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(1 << 20)}
        moto = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(moto_port)]
        stack.enter_context(front.running(moto, moto_log, environment))
        stack.enter_context(front.nginx(directory, configuration, moto_log))
        for waited in (moto_port, port):
            front.wait_for(waited, directory)
        yield cloud


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
        names += [f"*.ecr.{region}.amazonaws.com"]
        names += [f"*.ddb.{region}.amazonaws.com", f"*.s3-control.{region}.amazonaws.com", f"*.dualstack.{region}.amazonaws.com"]
    return names
