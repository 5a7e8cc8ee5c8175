"""``routes.json``: how each AWS service puts its operations on the wire, the union of all releases in `botocore_models.VERSIONS`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tools.tables import botocore_models, layout

PATH = "warden/dialects/aws/tables/routes.json"

RPC = {"query", "ec2", "json", "smithy-rpc-v2-cbor"}


def tables() -> dict[str, str]:
    """Repository path -> text of each file that this generator writes."""
    services = {name: _service(name) for name in sorted({name for version in _digests() for name in version["services"]})}
    return {PATH: layout.document("AWS service models", _sources(), {"services": services})}


def _sources() -> list[str]:
    return [f"botocore {version}" for version in botocore_models.VERSIONS]


def _digests() -> Iterator[dict[str, Any]]:
    return (botocore_models.digest(version) for version in botocore_models.VERSIONS)


def models(service: str) -> Iterator[dict[str, Any]]:
    """Every model of `service`, newest release and newest API version first."""
    for version in _digests():
        found = version["services"].get(service, {})
        for api in sorted(found, reverse=True):
            if "metadata" in found[api]:  # One old API version has a rule set and no model.
                yield found[api]


def signing_names(service: str) -> list[str]:
    """All names that a SigV4 scope may carry for `service`: from the model, from rule sets, and from endpoints.json."""
    names, prefixes = set(), set()
    for model in models(service):
        metadata = model["metadata"]
        prefixes.add(metadata["endpointPrefix"])
        names.add(metadata.get("signingName", metadata["endpointPrefix"]))
        names.update(name for _, given in model.get("urls", ()) for name in given)
    for version in _digests():
        for partition in version["endpoints"]["partitions"]:
            for prefix in prefixes & set(partition["services"]):
                entry = partition["services"][prefix]
                for endpoint in [entry.get("defaults", {}), *entry.get("endpoints", {}).values()]:
                    if "service" in endpoint.get("credentialScope", {}):
                        names.add(endpoint["credentialScope"]["service"])
    return sorted(names)


def _service(service: str) -> dict[str, Any]:
    protocols: set[str] = set()
    versions, targets, operations, compressed = set(), set(), set(), set()
    rest = RestTable(service)
    for model in models(service):
        metadata = model["metadata"]
        own = set(metadata.get("protocols", ())) | {metadata["protocol"]}
        protocols |= own
        if own & {"query", "ec2"}:
            versions.add(metadata["apiVersion"])
        if own & {"json", "smithy-rpc-v2-cbor"}:
            targets.add(metadata["targetPrefix"])
        for name, operation in model["operations"].items():
            if own & RPC:
                operations.add(name)
            else:
                rest.add(name, operation)
            if operation.get("gzip"):
                compressed.add(name)
    names = {"smithy-rpc-v2-cbor": "rpc-v2-cbor"}
    found = {
        "protocols": sorted(names.get(protocol, protocol) for protocol in protocols),
        "signing": signing_names(service),
        "versions": sorted(versions),
        "targets": sorted(targets),
        "gzip": sorted(compressed),
        "operations": " ".join(sorted(operations)),
        "rest": rest.rows(),
    }
    return {key: value for key, value in found.items() if value}


class RestTable:
    """The REST operations of one service, grouped by method and path pattern; added newest first."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._groups: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, name: str, operation: dict[str, Any]) -> None:
        path, _, literals = operation["uri"].partition("?")
        if len(path) > 1:
            path = path.rstrip("/")  # Clients differ in it (lambda's are written both ways), and no two operations differ only in it.
        pattern = re.sub(r"\{[^}]*\}", lambda match: "{+}" if match[0].endswith("+}") else "{}", path)
        row = {
            "name": name,
            "path": path,
            "literals": sorted(literals.split("&")) if literals else [],
            "query": operation.get("query_required", []),
            "headers": operation.get("headers_required", []),
            "declared": operation.get("query", []),
            "deprecated": operation.get("deprecated", False),
        }
        group = self._groups[f"{operation['method']} {pattern}"]
        for other in group:
            if other["literals"] != row["literals"]:
                continue
            if other["name"] == name:
                other["declared"] = sorted({*other["declared"], *row["declared"]})
                other["query"] = sorted({*other["query"]} & {*row["query"]})
                return
            if (other["query"], other["headers"]) == (row["query"], row["headers"]):
                if other["deprecated"] and not row["deprecated"]:  # GetBucketLifecycle, and three more of S3.
                    other.update(row)
                return  # An older name of the same wire form, or a deprecated twin.
        group.append(row)

    def rows(self) -> dict[str, Any]:
        """``"GET /a/{x}": "Name"`` where nothing else has that form, else a list of what tells its operations apart."""
        found: dict[str, Any] = {}
        for key in sorted(self._groups):
            group = self._groups[key]
            if len(group) == 1 and not group[0]["literals"]:
                found[f"{key.split(' ')[0]} {group[0]['path']}"] = group[0]["name"]
                continue
            for row in group:
                same = [other for other in group if other["literals"] == row["literals"]]
                shared = set.intersection(*(set(other["headers"]) for other in same))
                row["own_headers"] = sorted(set(row["headers"]) - shared)
            found[key] = [
                [row["name"], row["path"], row["literals"], row["query"], row["own_headers"], row["declared"]]
                for row in sorted(group, key=lambda row: row["name"])
            ]
        return found
