"""The Kubernetes dialect: one request to an API server in, what it asks for out, and denials that kubectl prints.

Its parts, in the order in which a request passes them:

- `cluster`        where the API servers are
- `target`         the request target as Go reads it, or refused
- `requestinfo`    the API server's own reading of method and path, for any group
- `nonresource`    the paths that are no resource
- `impersonation`  headers by which a request speaks for somebody else
- `effects`        `RequestInfo` -> verb, flags, conditions on the body, dry runs; `effects_table` and `tables/` behind it
- `change`         what the body writes: objects and four kinds of patches, in JSON, YAML, CBOR and protobuf (`protobuf`)
- `denial`         a ruling -> a ``Status``

A host is Kubernetes' because the user's kubeconfig or configuration says so, never by its name. ``requestinfo`` is the file to read first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from warden.dialects.kubernetes import denial, effects, impersonation, nonresource, target
from warden.dialects.kubernetes.cluster import Cluster
from warden.dialects.kubernetes.requestinfo import RequestInfo, resolve
from warden.errors import DecodeError
from warden.model import Action, Certainty, HttpRequest, HttpResponse, Resource, Ruling, Verb

__all__ = ["UNKNOWN", "Cluster", "KubernetesDialect", "RequestInfo", "resolve"]

#: The operation of a path that is neither a resource's nor documented.
UNKNOWN = "unknown"
#: What groups, resources and subresources are made of. (Metrics are subresources too, and are called what their authors like.)
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*|-]{0,252}")
_READS = ("GET", "HEAD")


class KubernetesDialect:
    """`warden.dialects.Dialect` for the API servers of `clusters`."""

    name = "kubernetes"
    method_override = False

    def __init__(self, clusters: Iterable[Cluster] = ()) -> None:
        self._places: dict[tuple[str, int], list[tuple[tuple[str, ...], Cluster]]] = {}
        for cluster in clusters:
            prefix = tuple(cluster.prefix.strip("/").split("/")) if cluster.prefix.strip("/") else ()
            self._places.setdefault((cluster.host, cluster.port), []).append((prefix, cluster))
        for found in self._places.values():
            found.sort(key=lambda place: -len(place[0]))  # the longest prefix that fits is the one

    def claims(self, host: str, port: int) -> bool:
        """The hosts and ports of the clusters, with all their paths."""
        return (host, port) in self._places

    def needs_body(self, request: HttpRequest) -> bool:
        """True for deletions (dryRun) and for writes of which a row asks what they write; never for streams, watches and logs."""
        info, _, _, _ = self._read(request)
        return bool(info.resource) and effects.needs_body(info, request)

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        """One Action for what is asked, and one for each identity that the request assumes."""
        info, cluster, path, query = self._read(request)
        assumes = impersonation.check(request)
        if not info.resource or cluster is None:
            asked = _nonresource(request, info, cluster, path)
        elif all(_WORD.fullmatch(word) for word in (info.resource, info.group or "core", info.subresource or "none")):
            asked = effects.action(info, request, query, cluster.name)
        else:
            asked = _unknown(request, cluster, path)
        return (asked, *_assumed(request, cluster)) if assumes else (asked,)

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        """See `denial`."""
        return denial.denial(request, ruling, sentence)

    def _read(self, request: HttpRequest) -> tuple[RequestInfo, Cluster | None, tuple[str, ...], str]:
        """RequestInfo, cluster, the path's segments below its prefix, and the raw query."""
        raw, query = target.split(request.target)
        path = target.path(raw)
        segments = path.segments
        for prefix, cluster in self._places.get((request.host, request.port), ()):
            if segments[: len(prefix)] == prefix:
                below = segments[len(prefix) :] if prefix else segments
                info = resolve(request.method, below, query)
                if path.refusal is not None and not (_proxied(info) and path.strict >= len(prefix) + info.at):
                    raise path.refusal
                if info.verb == "watch" and request.method not in _READS:
                    raise DecodeError("two-verbs", f"The path says watch, and the method {request.method[:32]}.")
                return info, cluster, below, query
        if path.refusal is not None:
            raise path.refusal
        return RequestInfo(request.method.lower()), None, segments, query


def _proxied(info: RequestInfo) -> bool:
    return info.subresource == "proxy" or info.verb == "proxy"


def _nonresource(request: HttpRequest, info: RequestInfo, cluster: Cluster | None, path: tuple[str, ...]) -> Action:
    pattern = nonresource.pattern(path) if cluster is not None else ""
    if cluster is None or not pattern or info.verb not in nonresource.METHODS or not request.method.isupper():
        return _unknown(request, cluster, path)
    reads = info.verb in nonresource.READS
    return Action(
        "kubernetes",
        f"{pattern}:{info.verb}",
        Verb.READ if reads else Verb.UNKNOWN,
        resources=(_whole(request, cluster),),
        context={"cluster": cluster.name, "path": "/" + "/".join(path)},
        certainty=Certainty.EXACT if reads else Certainty.UNKNOWN,
    )


def _unknown(request: HttpRequest, cluster: Cluster | None, path: tuple[str, ...]) -> Action:
    context = {"path": ("/" + "/".join(path))[:1024]} | ({"cluster": cluster.name} if cluster is not None else {})
    return Action("kubernetes", UNKNOWN, Verb.UNKNOWN, resources=(_whole(request, cluster),), context=context, certainty=Certainty.UNKNOWN)


def _whole(request: HttpRequest, cluster: Cluster | None) -> Resource:
    """The cluster itself; between clusters that share a host, the host."""
    if cluster is None:
        return Resource(effects.TYPE, request.host)
    return Resource(effects.TYPE, cluster.name, {"cluster": cluster.name})


def _assumed(request: HttpRequest, cluster: Cluster | None) -> Iterable[Action]:
    named = cluster.name if cluster is not None else request.host
    for group, resource, subresource, namespace, name in impersonation.assumed(request):
        info = RequestInfo("impersonate", group, "", namespace, resource, subresource, name)
        context = {"cluster": named, "name": name} | ({"namespace": namespace} if namespace else {})
        operation = f"{group}/{resource}:impersonate" if group else f"{resource}:impersonate"
        yield Action("kubernetes", operation, Verb.GRANT, resources=(effects.resource(named, info, name),), context=context)
