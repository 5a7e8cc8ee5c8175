"""What the route tables need of one botocore release, read from its wheel.

A digest holds metadata, operations and endpoint templates of every service and API version; reading one wheel takes ten seconds or so, thus
digests are kept beside the wheels in ``.cache/botocore``. Wheels come from the package index with pip and are never imported.
"""

from __future__ import annotations

import functools
import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "botocore"

#: Newest first: the first that knows a thing wins. One release for each stretch of the last four years, and one of early 2022, because
#: long-lived agents pin old SDKs. Operations, services and protocols that later releases dropped are kept.
VERSIONS = ("1.44.5", "1.40.76", "1.37.38", "1.34.162", "1.31.85", "1.29.165", "1.24.46")

#: Raise when `digest` changes what it keeps.
_FORMAT = 3


def wheel(version: str) -> Path:
    """The wheel of botocore `version`, downloaded once."""
    path = CACHE / f"botocore-{version}-py3-none-any.whl"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        if subprocess.run([*command, "--dest", str(CACHE), f"botocore=={version}"], check=False).returncode:
            raise SystemExit(f"botocore {version} cannot be downloaded. Make the package index reachable, or put {path.name} into {CACHE}.")
    return path


@functools.cache
def digest(version: str) -> dict[str, Any]:
    """``{"services": {name: {api version: service}}, "endpoints": endpoints.json, "partitions": partitions.json}`` of one release."""
    kept = CACHE / f"digest-{version}-{_FORMAT}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_bytes())
        return found
    services: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    with zipfile.ZipFile(wheel(version)) as archive:
        for name in sorted(archive.namelist()):
            parts = name.split("/")
            if parts[:2] != ["botocore", "data"]:
                continue
            if len(parts) == 3 and parts[2] in {"endpoints.json", "partitions.json"}:
                plain[parts[2].removesuffix(".json")] = json.loads(archive.read(name))
            elif len(parts) == 5 and parts[4].startswith(("service-2.json", "endpoint-rule-set-1.json")):
                raw = archive.read(name)
                document = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
                service = services.setdefault(parts[2], {}).setdefault(parts[3], {})
                if parts[4].startswith("service-2"):
                    service.update(_service(document))
                else:
                    service["urls"] = _urls(document)
    result = {"services": services, "endpoints": plain["endpoints"], "partitions": plain.get("partitions", {})}
    kept.write_text(json.dumps(result, sort_keys=True))
    return result


def _service(document: dict[str, Any]) -> dict[str, Any]:
    kept = ("protocol", "protocols", "apiVersion", "endpointPrefix", "signingName", "targetPrefix")
    operations = {name: _operation(raw, document["shapes"]) for name, raw in document["operations"].items()}
    return {"metadata": {key: document["metadata"][key] for key in kept if key in document["metadata"]}, "operations": operations}


def _operation(raw: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """Method, URI template, host prefix, and the query keys and headers that the model declares, with those it requires."""
    shape = shapes[raw["input"]["shape"]] if "input" in raw else {"members": {}}
    members = shape["members"]
    required = set(shape.get("required", ()))
    found: dict[str, Any] = {"method": raw["http"]["method"], "uri": raw["http"].get("requestUri", "/")}
    query, headers, query_required = [], [], []
    for member, reference in members.items():
        name = reference.get("locationName", member)
        if reference.get("location") == "querystring":
            query.append("*" if shapes[reference["shape"]]["type"] == "map" else name)
            if member in required:
                query_required.append(name)
        elif reference.get("location") == "header" and member in required:
            headers.append(name.lower())
    for key, value in (("query", query), ("query_required", query_required), ("headers_required", headers)):
        if value:
            found[key] = sorted(value)
    prefix = raw.get("endpoint", {}).get("hostPrefix")
    if prefix:
        found["host_prefix"] = prefix
    if raw.get("deprecated"):
        found["deprecated"] = True
    if "gzip" in raw.get("requestcompression", {}).get("encodings", ()):
        found["gzip"] = True
    if raw.get("staticContextParams"):
        found["context"] = {name: given["value"] for name, given in raw["staticContextParams"].items() if isinstance(given["value"], str)}
    return found


def _urls(document: dict[str, Any]) -> list[list[Any]]:
    """Each endpoint template of a rule set with the signing names it asks for; conditions are not evaluated, so it is a superset."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    waiting = list(document["rules"])
    while waiting:
        rule = waiting.pop()
        waiting.extend(rule.get("rules", ()))
        url = rule.get("endpoint", {}).get("url")
        if isinstance(url, str):
            schemes = rule["endpoint"].get("properties", {}).get("authSchemes", ())
            found.add((url, tuple(sorted({scheme["signingName"] for scheme in schemes if "signingName" in scheme}))))
    return [[url, list(names)] for url, names in sorted(found)]
