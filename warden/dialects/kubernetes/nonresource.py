"""The paths of an API server that are no resource: discovery, health, metrics, OpenAPI, logs, in the words of RBAC's ``nonResourceURLs``.

The operation is the pattern and the method: ``/healthz:get``, ``/apis/*:get``. Only GET and HEAD of these read; everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
READS = frozenset({"get", "head"})

#: What the API server documents (https://kubernetes.io/docs/reference/using-api/health-checks/ and api-concepts/), or lists under ``/``.
EXACT = frozenset({
    "/", "/api", "/apis", "/version", "/healthz", "/livez", "/readyz", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3",
    "/.well-known/openid-configuration", "/openid/v1/jwks", "/logs", "/swagger.json", "/swagger-2.0.0.json", "/swaggerapi", "/configz",
    "/flagz", "/statusz", "/debug/pprof",
})  # fmt: skip
#: First segments below which everything is of one kind, and how many segments there may be below at most.
BELOW = {
    "/api": 1, "/apis": 2, "/healthz": 2, "/livez": 2, "/readyz": 2, "/openapi/v3": 8, "/logs": 32, "/swaggerapi": 8, "/debug/pprof": 1,
    "/debug/api_priority_and_fairness": 1,
}  # fmt: skip


def pattern(segments: Sequence[str]) -> str:
    """The documented pattern that a path fits, or the empty string."""
    path = "/" + "/".join(segments)
    if path in EXACT:
        return path
    for parent, most in BELOW.items():
        if path.startswith(parent + "/") and path.count("/") - parent.count("/") <= most:
            return f"{parent}/*"
    return ""


def operations() -> Iterator[tuple[str, bool]]:
    """Every operation, and whether it reads."""
    for path in sorted(EXACT | {f"{parent}/*" for parent in BELOW}):
        for method in METHODS:
            yield f"{path}:{method}", method in READS
