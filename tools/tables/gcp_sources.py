"""Where the Google tables come from: discovery documents, and the interface definitions that the google-cloud-* packages are generated from.

- REST: every discovery document that google-api-python-client bundles (Apache-2.0), read from its wheel, which is never imported.
- gRPC: the npm package ``google-proto-files`` (Apache-2.0). Its .proto files are what each google-cloud-* package's gapic_metadata.json is
  generated from, so one download of 9 MB stands for 270 wheels, and it has the HTTP annotations that tie a gRPC method to a REST one.

Both are taken once, at a pinned version and hash, into ``.cache/google``. What is read of them is kept beside them:
reading takes seconds, and needs much memory.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tools.tables import proto

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "google"
DATA = Path(__file__).resolve().parent / "data"

CLIENT_VERSION = "2.202.0"
CLIENT = f"google_api_python_client-{CLIENT_VERSION}-py3-none-any.whl"
PROTOS_VERSION = "6.0.1"
PROTOS = f"google-proto-files-{PROTOS_VERSION}.tgz"

#: Interfaces that are newer than the npm package, in `DATA`.
NEWER = "gcp_grpc_newer.jsonl"

SHA256 = {
    CLIENT: "aaa90064c9bb642ff1d065b22ca8958a2cb6e345909cefe70d0e5452fc50e08b",
    PROTOS: "711763f77ea15bbc7436aac53db013b421d2c7b86ae27f4013723970ce54a96e",
}

#: The packages, for the tables' headers.
PACKAGES = [f"google-api-python-client {CLIENT_VERSION}", f"google-proto-files {PROTOS_VERSION}"]

#: Raise when a digest changes what it keeps.
_FORMAT = 2


def versions() -> list[str]:
    """Names and versions of the sources, for the tables' headers."""
    return [*PACKAGES, *sorted({row["source"] for row in newer()})]


def documents() -> Iterator[dict[str, Any]]:
    """Every discovery document, whole, sorted by file name. Slow: all of them are 250 MB of JSON."""
    with zipfile.ZipFile(client_wheel()) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("googleapiclient/discovery_cache/documents/") and not name.endswith("/index.json"):
                yield json.loads(archive.read(name))


@functools.cache
def discovery() -> list[dict[str, Any]]:
    """What routing needs of each discovery document: name, version, root, paths, endpoints, and its methods."""
    return _digest("discovery", lambda: [_document(document) for document in documents()])


@functools.cache
def definitions() -> proto.Definitions:
    """What the npm package's 7,243 files define. Nobody may change it."""
    return proto.Definitions(**_digest("definitions", lambda: dataclasses.asdict(proto.read(_protos()))))


@functools.cache
def services() -> list[dict[str, Any]]:
    """Every gRPC service: ``{"name", "host", "methods": {name: [[HTTP method, path template], ...]}}``, sorted by name.

    Those of the npm package, and the few methods that are newer (see gcp_newer.py).
    """
    found = routed(definitions())
    for row in newer():
        found.setdefault(row["name"], {"name": row["name"], "host": row["host"], "methods": {}})["methods"].update(row["methods"])
    return [found[name] for name in sorted(found)]


def routed(defined: proto.Definitions) -> dict[str, dict[str, Any]]:
    """Full name -> `services` of `defined` alone."""
    return {
        name: {
            "name": name,
            "host": service["host"],
            "methods": {method: [[verb, path] for verb, path, _ in rpc["http"]] for method, rpc in service["rpcs"].items()},
        }
        for name, service in defined.services.items()
    }


def newer() -> list[dict[str, Any]]:
    """The rows of `NEWER`: as `services`, with ``source``."""
    return jsonl(NEWER)


def client_wheel() -> Path:
    """The wheel of google-api-python-client, downloaded once."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    return _fetched(CLIENT, [*pip, "--dest", str(CACHE), f"google-api-python-client=={CLIENT_VERSION}"])


def _fetched(name: str, command: list[str]) -> Path:
    path = CACHE / name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            raise SystemExit(f"{name} cannot be downloaded. Make the package index reachable, or put it into {CACHE}.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256[name]:
        raise SystemExit(f"{path} is not the file that the tables were made from: its SHA-256 is {found}.")
    return path


def _digest[T](name: str, make: Callable[[], T]) -> T:
    kept = CACHE / f"digest-{name}-{CLIENT_VERSION}-{PROTOS_VERSION}-{_FORMAT}.json"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(make(), sort_keys=True))
    found: T = json.loads(kept.read_bytes())
    return found


def _document(document: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "version", "rootUrl", "mtlsRootUrl", "servicePath", "batchPath", "endpoints")
    return {key: document[key] for key in kept if key in document} | {"methods": [_method(raw) for raw in methods(document)]}


def methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every method of a discovery document or of a resource in it."""
    yield from (node.get("methods", {})[name] for name in sorted(node.get("methods", {})))
    for name in sorted(node.get("resources", {})):
        yield from methods(node["resources"][name])


def _method(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: raw[key] for key in ("id", "httpMethod", "path") if key in raw}
    parameters = raw.get("parameters", {})
    found["patterns"] = {name: row["pattern"] for name, row in parameters.items() if row.get("location") == "path" and "pattern" in row}
    if "mediaUpload" in raw:
        found["upload"] = sorted(protocol["path"] for protocol in raw["mediaUpload"]["protocols"].values())
    if raw.get("useMediaDownloadService"):
        found["download"] = True
    return found


def _protos() -> Iterator[str]:
    """The text of each ``.proto`` file of the npm package."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(CACHE), f"google-proto-files@{PROTOS_VERSION}"]
    with tarfile.open(_fetched(PROTOS, command)) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".proto") else None
            if stream is not None:
                yield stream.read().decode("utf-8")


def jsonl(name: str) -> list[dict[str, Any]]:
    """The rows of a data file of ours: one JSON object a line; empty lines and lines that start with ``#`` are for people."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip() and not line.startswith("#")]
