"""``endpoints.json``: which host names are which AWS service's, without their DNS suffix and with ``*`` for the region.

Templates come from the endpoint rule sets, symbolically: every URL of a rule set counts, whatever its conditions, so the table is the same for
plain, FIPS and dual-stack endpoints of all partitions, regions yet unbuilt included. Older releases add endpoints.json's host names, among them
those of `sslCommonName` (``us-east-1.queue``), which botocore of 2022 still called. A leading label is variable only where a rule set or a
host prefix has a variable there. S3's own host names are read by ``warden/dialects/aws/s3.py``, which needs their parts.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from tools.tables import aws_routes, botocore_models, layout

PATH = "warden/dialects/aws/tables/endpoints.json"
OVERRIDES = botocore_models.ROOT / "tools" / "tables" / "aws_endpoint_overrides.json"

_REGION = re.compile(r"\{(?:Region|[A-Za-z]+#(?:region|implicitGlobalRegion))\}")
_SUFFIX = re.compile(r"\.\{[A-Za-z]+#(?:dnsSuffix|dualStackDnsSuffix)\}$")


def tables() -> dict[str, str]:
    """Repository path -> text of each file that this generator writes."""
    hosts = Hosts()
    newest = botocore_models.digest(botocore_models.VERSIONS[0])["services"]
    every = {name for version in botocore_models.VERSIONS for name in botocore_models.digest(version)["services"]} - {"s3"}
    for service in sorted(every & set(newest)):
        hosts.add_service(service, [newest[service][max(newest[service])]])
    settled = set(hosts.exact)
    for service in sorted(every):
        hosts.add_service(service, aws_routes.models(service), but=settled if service in newest else set())
    overrides = json.loads(OVERRIDES.read_text())
    for row in overrides["legacy"]:
        hosts.exact[row["host"]].update(row["services"])
    for row in overrides["discovered"]:
        hosts.dynamic[row["base"]][tuple(row["labels"])].update(row["services"])
    sections = {
        "hosts": {key: _ordered(key, found) for key, found in hosts.exact.items()},
        "dynamic": {
            base: [[list(labels), sorted(services)] for labels, services in sorted(found.items())] for base, found in hosts.dynamic.items()
        },
        "customers": {row["base"]: row["reason"] for row in overrides["customers"]},
        "pages": {row["host"]: row["reason"] for row in overrides["pages"]},
        "suffixes": _suffixes(),
    }
    sources = [f"botocore {version}" for version in botocore_models.VERSIONS]
    return {PATH: layout.document("AWS host names", sources, sections)}


def _ordered(key: str, services: set[str]) -> list[str]:
    """Sorted, but a family's own name first: ``rds`` before ``docdb`` and ``neptune``."""
    return sorted(services, key=lambda service: (not re.match(rf"{re.escape(service)}(?![a-z0-9])", key), service))


def _partitions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = botocore_models.digest(botocore_models.VERSIONS[0])["partitions"]["partitions"]
    return found


def _suffixes() -> dict[str, dict[str, str]]:
    """DNS suffix -> {partition: regular expression of its regions}; aws and aws-us-gov share theirs."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for partition in _partitions():
        for key in ("dnsSuffix", "dualStackDnsSuffix"):
            found[partition["outputs"][key]][partition["id"]] = partition["regionRegex"]
    return dict(found)


class Hosts:
    """What is collected: exact names and names with leading variable labels, each with its services."""

    def __init__(self) -> None:
        self.exact: dict[str, set[str]] = defaultdict(set)
        self.dynamic: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
        self._suffixes = sorted(_suffixes(), key=len, reverse=True)
        regions = {region for partition in _partitions() for region in partition["regions"]}
        self._region = re.compile(rf"(?<![^.])(?:{'|'.join(sorted(map(re.escape, regions), key=len, reverse=True))})(?![^.])")

    def add_service(self, service: str, models: Iterable[dict[str, Any]], *, but: Collection[str] = ()) -> None:
        """Adds the names in `models`, but for exact ones in `but`: a name that moved to another service (chime's to chime-sdk-identity) is its."""
        templates: set[str] = set()
        prefixes: set[str] = set()
        values: dict[str, set[str]] = defaultdict(set)
        for model in models:
            templates.update(url for url, _ in model.get("urls", ()))
            prefix = model["metadata"]["endpointPrefix"]
            templates.update(f"https://{prefix}{form}.{{Region}}.{{P#dnsSuffix}}" for form in ("", "-fips"))
            templates.update(_plain_templates(prefix))
            for operation in model["operations"].values():
                prefixes.add(operation.get("host_prefix", ""))
                for name, value in operation.get("context", {}).items():
                    values[name].add(value)
        for template, prefix in itertools.product(sorted(templates), sorted(prefixes)):
            for url in _filled(template, values):
                self._add(url, prefix, prefixes, service, but)

    def _add(self, url: str, prefix: str, prefixes: set[str], service: str, but: Collection[str]) -> None:
        match = re.fullmatch(r"https://([^/:]+)(?:/.*)?", url)
        if match is None:
            return  # A custom endpoint, or a local one with a port.
        host = self._key(_REGION.sub("*", match[1]))
        if prefix and (host.startswith("{") or any(host.startswith(other) for other in prefixes if other)):
            return  # An account's own endpoint takes no host prefix as well, and endpoints.json has some prefixes spelt out.
        labels = (prefix + host).split(".")
        variable = list(itertools.takewhile(lambda label: re.fullmatch(r"\{[A-Za-z#]+\}", label), labels))
        rest = ".".join(labels[len(variable) :])
        if "{" in rest:
            return  # A variable inside a label that no model gives values for.
        if variable:
            names = tuple("AccountId" if "accountid" in label.lower() else label.strip("{}") for label in variable)
            self.dynamic[rest][names].add(service)
        elif rest not in but:
            self.exact[rest].add(service)

    def _key(self, host: str) -> str:
        """`host` without its suffix if that is a partition's, and with ``*`` for any region that is spelt out."""
        host, found = _SUFFIX.subn("", host)
        if not found:
            suffix = next((suffix for suffix in self._suffixes if host.endswith("." + suffix)), None)
            if suffix is not None:
                host = host.removesuffix("." + suffix)  # Else the whole name is the key: signin.aws.amazon.com, on.aws.
        return self._region.sub("*", host)


def _filled(template: str, values: dict[str, set[str]]) -> list[str]:
    """`template` once for each value that the service's operations give its variables (``{OperationType}-kinesis``)."""
    found = [template]
    for name, given in values.items():
        if f"{{{name}}}" in template and f"/{{{name}}}." not in template:
            found = [url.replace(f"{{{name}}}", value) for url in found for value in sorted(given)]
    return found


def _plain_templates(prefix: str) -> set[str]:
    """The host names that endpoints.json of any release gives to an endpoint prefix."""
    found: set[str] = set()
    for version in botocore_models.VERSIONS:
        for partition in botocore_models.digest(version)["endpoints"]["partitions"]:
            service = partition["services"].get(prefix)
            if service is None:
                continue
            defaults = service.get("defaults", {})
            for region, endpoint in [("{Region}", defaults), *service.get("endpoints", {}).items()]:
                if region == "local":
                    continue
                entries = [partition["defaults"], endpoint, *endpoint.get("variants", ())]
                for entry in entries:
                    for key in ("hostname", "sslCommonName"):
                        if key in entry:
                            suffix = entry.get("dnsSuffix", partition["dnsSuffix"])
                            host = entry[key].replace("{service}", prefix).replace("{dnsSuffix}", suffix).replace("{region}", "{Region}")
                            found.add("https://" + host)
    return found
