"""Google's emulators at Google's own host names: nginx speaks TLS and HTTP/2 in front of them, REST and gRPC alike.

========================  ===============================================================================================
pubsub.googleapis.com     Google's Pub/Sub emulator, REST and gRPC (comes with gcloud)
firestore.googleapis.com  Google's Firestore emulator, REST and gRPC (comes with gcloud)
storage.googleapis.com    gcp-storage-emulator from PyPI, REST only
any other name            answers ``{}``, after it is on the log: what may not arrive only has to be seen arriving
========================  ===============================================================================================

They are emulators: what they answer is not what Google answers in every detail. Names, protocols and error formats are those of the clients.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.cloud import front

PROJECT = "shop-prod"
NAMES = ("*.googleapis.com", "www.googleapis.com", "*.storage.googleapis.com")


@dataclass(frozen=True, slots=True)
class LocalGoogle:
    """Running emulators. `address` is nginx's ``host:port``, `ca` the file of the CA to trust, `log` nginx's access log."""

    address: str
    ca: Path
    log: Path

    def requests(self) -> list[dict[str, Any]]:
        """Every request that reached the servers so far, as method, host, uri, body, status, agent, authorization."""
        return front.logged(self.log)

    def config(self, **sections: Any) -> dict[str, Any]:
        """A warden.yaml that sends Google's names here."""
        return {"upstream": {"resolve": {"*.googleapis.com": self.address}, "ca": [str(self.ca)]}, **sections}


_NGINX = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log warn;
events {{ worker_connections 512; }}
http {{
{common}
  client_max_body_size 0;
  client_body_buffer_size 64k;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  ssl_certificate {directory}/server.pem;
  ssl_certificate_key {directory}/server.key;
  server {{
    listen {address} ssl http2 default_server;
    server_name _;
    location / {{ proxy_pass http://{nothing}; }}
  }}
  server {{
    listen {nothing};
    access_log off;
    default_type application/json;
    location / {{ return 200 '{{}}'; }}
  }}
  server {{
    listen {address} ssl http2;
    server_name storage.googleapis.com;
    location / {{ proxy_pass http://{storage}; }}
  }}
{both}
}}
"""

#: A server whose one port speaks REST and gRPC.
_BOTH = """
  server {{
    listen {address} ssl http2;
    server_name {name};
    location / {{
      if ($content_type ~ "^application/grpc") {{ grpc_pass grpc://{behind}; }}
      proxy_pass http://{behind};
    }}
  }}
"""


def programs() -> dict[str, Path | None]:
    """Where the emulators are, or None for those that are not there."""
    gcloud = shutil.which("gcloud")
    sdk = Path(gcloud).resolve().parents[1] if gcloud else Path("/usr/lib/google-cloud-sdk")
    roots = [root for root in (sdk, Path("/usr/lib/google-cloud-sdk")) if root.is_dir()]

    def find(pattern: str) -> Path | None:
        return next((path for root in roots for path in sorted(root.glob(f"platform/{pattern}"))), None)

    storage = Path(".cache/clients/google/bin/gcp-storage-emulator").absolute()
    return {
        "pubsub": find("pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"),
        "firestore": find("cloud-firestore-emulator/cloud_firestore_emulator"),
        "storage": storage if storage.exists() else None,
    }


@contextlib.contextmanager
def local_google(directory: Path) -> Iterator[LocalGoogle]:
    """Starts nginx and the emulators with their files below `directory`, and ends all. Raises RuntimeError with what is missing or the logs."""
    found = programs()
    if missing := [name for name, path in found.items() if path is None]:
        raise RuntimeError(
            f"no emulator for {', '.join(missing)}: gcloud brings pubsub and firestore, tools/setup/clients google the other"
        )
    directory.mkdir(parents=True, exist_ok=True)
    front.make_certificates(directory, NAMES, "Local Google of Warden's tests")
    ports = {name: front.free_port() for name in ("front", "nothing", *found)}
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    google = LocalGoogle(at["front"], directory / "ca.pem", directory / "requests.jsonl")
    google.log.touch()
    both = "".join(_BOTH.format(address=google.address, name=f"{name}.googleapis.com", behind=at[name]) for name in ("pubsub", "firestore"))
    common = front.LOG_FORMAT.format(directory=directory)
    configuration = _NGINX.format(
        directory=directory, address=google.address, common=common, nothing=at["nothing"], storage=at["storage"], both=both
    )
    commands = {
        "pubsub": ["java", "-jar", str(found["pubsub"]), "--host=127.0.0.1", f"--port={ports['pubsub']}"],
        "firestore": [str(found["firestore"]), "start", "--host=127.0.0.1", f"--port={ports['firestore']}"],
        "storage": [str(found["storage"]), "start", "--host=127.0.0.1", f"--port={ports['storage']}", "--in-memory", "--quiet"],
    }
    with contextlib.ExitStack() as stack:
        for name, command in commands.items():
            log = stack.enter_context((directory / f"{name}.log").open("wb"))
            stack.enter_context(front.running(command, log, {**os.environ, "JAVA_TOOL_OPTIONS": "-Xmx256m"}))
        stack.enter_context(front.nginx(directory, configuration, log))
        for name in (*found, "front"):
            front.wait_for(ports[name], directory)
        yield google
