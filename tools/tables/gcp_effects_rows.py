"""Every Google method, from discovery documents and interface definitions: one row for each id, and for each gRPC method that has none.

A gRPC method is a discovery id's when one of its HTTP paths, on the same host, is that id's. Endpoints that are in neither source come from
``data/gcp_extra.jsonl``, gRPC methods that are newer than the package from ``data/gcp_grpc_newer.jsonl``; both belong to the routes as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.tables import gcp_grpc, gcp_sources


@dataclass(slots=True)
class Rpc:
    """One gRPC method: full name, request message, the field that is the body in REST, and the HTTP path that led to a discovery id.

    A method with several paths has several ids; `primary` is the one of its first path, by which it is known. One without an id keeps all its paths
    in `path` and `others`.
    """

    name: str
    request: str
    body: str
    path: str
    primary: bool = True
    others: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The API version that its package ends in."""
        return self.name.partition("/")[0].split(".")[-2]


@dataclass(slots=True)
class Row:
    """One method of one service while it is being put together. `methods` are its discovery versions, `rpcs` its gRPC ones."""

    service: str
    id: str
    methods: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    rpcs: list[Rpc] = field(default_factory=list)
    verb: str = ""
    flags: set[str] = field(default_factory=set)
    why: list[str] = field(default_factory=list)
    when: list[dict[str, Any]] = field(default_factory=list)
    at: list[str] = field(default_factory=list)
    also: list[dict[str, Any]] = field(default_factory=list)
    media: bool = False
    excused: bool = False

    @property
    def method(self) -> str:
        """The method's own name, in discovery's case: ``setIamPolicy`` for ``google.iam.v1.IAMPolicy/SetIamPolicy`` too."""
        name = re.split(r"[./]", self.id)[-1]
        return name[0].lower() + name[1:] if "/" in self.id else name

    @property
    def pattern_name(self) -> str:
        """What patterns of overrides match."""
        return f"{self.id.partition('/')[0]}.{self.method}" if "/" in self.id else self.id


def rows() -> list[Row]:
    """Every method, sorted by service and id; newest version first."""
    found: dict[tuple[str, str], Row] = {}
    paths: dict[tuple[str, str, str], Row] = {}
    services: dict[str, str] = {}
    for document in sorted(gcp_sources.documents(), key=_age):
        host = document["rootUrl"].split("/")[2]
        services.setdefault(host, document["name"])
        for method in gcp_sources.methods(document):
            row = found.setdefault((document["name"], method["id"]), Row(document["name"], method["id"]))
            row.methods.append((document, method))
            for path in {method["path"], method.get("flatPath", method["path"])}:
                paths.setdefault((host, method["httpMethod"], _shape(f"/{document['servicePath']}{path}")), row)
    for document, method in _extra():
        row = found.setdefault((document["name"], method["id"]), Row(document["name"], method["id"]))
        row.methods.append((document, method))
    for service_name, service in sorted(_services().items()):
        host = service["host"].partition(":")[0]
        if not host.endswith(".googleapis.com"):
            continue
        # compute has no gRPC server: its definitions are for REST clients, and only count where discovery has nothing.
        spoken = not service_name.startswith("google.cloud.compute.")
        owner = services.get(host) or host.split(".")[0]
        for name, rpc in sorted(service["rpcs"].items()):
            full = f"{service_name}/{name}"
            known = False
            for http_method, path, body in rpc["http"]:
                row_found = paths.get((host, http_method, _shape(path)))
                if row_found:
                    if spoken:
                        row_found.rpcs.append(Rpc(full, rpc["in"], body, path, primary=not known))
                    known = True
            if not known:
                _, path, body = rpc["http"][0] if rpc["http"] else ("", "", "*")
                others = tuple(other for _, other, _ in rpc["http"][1:])
                found[owner, full] = Row(owner, full, rpcs=[Rpc(full, rpc["in"], body, path, others=others)])
    return [row for _, row in sorted(found.items())]


def _extra() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The endpoints of ``gcp_extra.jsonl`` as if documents had them."""
    for one in gcp_sources.jsonl("gcp_extra.jsonl"):
        document = {"name": one["service"], "version": one["version"], "rootUrl": f"https://{one['host']}/", "servicePath": ""}
        yield document, {"id": one["id"], "httpMethod": one["method"], "path": one["path"].lstrip("/")}


def _services() -> dict[str, Any]:
    """The gRPC services of the package, with the newer methods, of whose messages nothing is known.

    Of a service that names no host, which routing gives that of its newer versions, those methods that routing has no discovery id for.
    """
    known = {name: {**service, "rpcs": dict(service["rpcs"])} for name, service in gcp_sources.definitions().services.items()}
    for host, routed in gcp_grpc.services().items():
        for name, methods in routed.items():
            if not known.get(name, {"host": host})["host"]:
                rpcs = {method: rpc for method, rpc in known[name]["rpcs"].items() if not methods[method]}
                known[name] = {"host": host, "rpcs": rpcs}
    for one in gcp_sources.newer():
        service = known.setdefault(one["name"], {"host": one["host"], "rpcs": {}})
        for name, bindings in one["methods"].items():
            http = [[method, path, ""] for method, path in bindings]
            service["rpcs"].setdefault(name, {"in": "", "streams": False, "http": http})
    return known


def _age(document: dict[str, Any]) -> tuple[str, int, str]:
    """Stable before beta before alpha, newest first."""
    version = document["version"]
    number = int((re.findall(r"\d+", version) or ["0"])[0])
    grade = 2 if "alpha" in version else 1 if "beta" in version or "p" in version else 0
    return document["name"], grade * 1000 - number, version


def _shape(path: str) -> str:
    """`path` with its variables as stars: ``/v1/{name=projects/*}:x`` and ``/v1/projects/{projectsId}:x`` are the same."""
    path = re.sub(r"\{[^}=]*=([^}]*)\}", r"\1", path).replace("**", "*")
    return re.sub(r"\{[^}]*\}", "*", path)
