"""gRPC methods by host, each with the discovery id of the same method where the HTTP annotations prove one."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tools.tables import gcp_routes, gcp_sources

#: Interfaces that any host may serve; they act on that host's own service. https://google.aip.dev/151 and
#: https://cloud.google.com/apis/design/standard_methods: their annotations match many discovery ids, so they keep their own names.
MIXINS = ("google.cloud.location.Locations", "google.iam.v1.IAMPolicy", "google.longrunning.Operations")

_VERSION = re.compile(r"\.v\d+[a-z0-9_]*\.")


@functools.cache
def services() -> dict[str, dict[str, Any]]:
    """Host -> ``package.Service`` -> method -> discovery id, or ``""`` where there is none.

    A method with several bindings (``projects/*/secrets/*`` and ``projects/*/locations/*/secrets/*``) has an id for each; its first binding's
    stands for all, because the wire does not show which: the name is in the message.
    """
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for service in _placed():
        known = _ids(service["host"])
        found[service["host"]][service["name"]] = {
            name: next((made for binding in bindings if (made := known.get(_route(binding)))), given().get(f"{service['name']}/{name}", ""))
            for name, bindings in service["methods"].items()
        }
    return found


@functools.cache
def given() -> dict[str, str]:
    """``package.Service/Method`` -> discovery id, where no annotation says it: storage has none. From ``data/gcp_grpc_ids.jsonl``."""
    known = {name for sections in gcp_routes.rest().values() for section in sections.values() for name in section.values()}
    found = {row["method"]: row["id"] for row in gcp_sources.jsonl("gcp_grpc_ids.jsonl")}
    if missing := sorted(set(found.values()) - known):
        raise ValueError(f"gcp_grpc_ids.jsonl names methods that discovery does not have: {missing}")
    return found


def annotated(host: str, owner: str) -> Iterator[tuple[str, str, str]]:
    """Section, route and method of each HTTP annotation at `host`: what the google-cloud-* packages send over REST where discovery has no document,
    or has not this version. Mixins have none: their annotations name no service."""
    for service in _placed():
        if service["host"] == host and service["name"] not in MIXINS:
            version = next((part for part in reversed(service["name"].split(".")[:-1]) if re.fullmatch(r"v\d+[a-z0-9]*", part)), "")
            for method, bindings in service["methods"].items():
                for binding in bindings:
                    name = _ids(host).get(_route(binding)) or services()[host][service["name"]][method]
                    yield f"{owner} {version}".rstrip(), _route(binding), name or f"{service['name']}/{method}"


def mixins() -> dict[str, list[str]]:
    """``package.Service`` -> its methods, for `MIXINS`."""
    return {service["name"]: sorted(service["methods"]) for service in gcp_sources.services() if service["name"] in MIXINS}


@functools.cache
def _placed() -> list[dict[str, Any]]:
    """Services with a host: their own, or, for the few old versions without one, that of their newer versions."""
    hosts = defaultdict(set)
    for service in gcp_sources.services():
        if service["host"]:
            hosts[_family(service["name"])].add(service["host"])
    found = []
    for service in gcp_sources.services():
        others = hosts[_family(service["name"])]
        host = (service["host"] or (next(iter(others)) if len(others) == 1 else "")).removesuffix(":443")
        if host and service["methods"]:
            found.append({**service, "host": gcp_routes.ALIASES.get(host, host)})
    return found


def _family(name: str) -> str:
    """The package of a service without its version."""
    return _VERSION.sub(".", name).rpartition(".")[0]


class _Ids:
    """The discovery ids of one host by the collapsed shape of their routes; without the version where only another version has it, if that is one id.

    An id names no version: that of a method in ``v1`` is that of the same HTTP method and path in ``v2``.
    """

    def __init__(self, host: str) -> None:
        self._exact: dict[str, str] = {}
        loose = defaultdict(set)
        for section in gcp_routes.rest().get(host, {}).values():
            for route, name in section.items():
                self._exact[gcp_routes.collapsed(route)] = name
                loose[self._loose(gcp_routes.collapsed(route))].add(name)
        self._unversioned = {key: next(iter(names)) for key, names in loose.items() if len(names) == 1}

    def get(self, route: str) -> str | None:
        shape = gcp_routes.collapsed(route)
        return self._exact.get(shape) or self._unversioned.get(self._loose(shape))

    @staticmethod
    def _loose(shape: str) -> str:
        return re.sub(r"^([A-Z]+ )/v\d+[a-z0-9]*/", r"\1/*/", shape)


@functools.cache
def _ids(host: str) -> _Ids:
    return _Ids(host)


def _route(binding: list[str]) -> str:
    return " ".join(binding)
