"""docs/kubernetes.md says what holds: each thing that its table names, as the dialect reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.dialects.kubernetes.wire import decode, flags

TEXT = (Path(__file__).parents[4] / "docs" / "kubernetes.md").read_text(encoding="utf-8")
N = "/api/v1/namespaces/shop"

# A part of the table's row -> a request that it speaks of, and the words of the row that must hold.
ROWS: list[tuple[str, str, str, str, bytes, set[str]]] = [
    ("`pods/exec`", "GET", f"{N}/pods/a/exec", "", b"", {"execute"}),
    ("`nodes/proxy`", "HEAD", "/api/v1/nodes/n/proxy/pods", "", b"", {"execute"}),
    ("`pods/portforward`", "POST", f"{N}/pods/a/portforward", "", b"", {"connect"}),
    ("`*/proxy` of any group", "GET", "/apis/a.example/v1/things/x/proxy", "", b"", {"connect"}),
    ("| eviction, and", "POST", f"{N}/pods/a/eviction", "json", b"{}", {"delete"}),
    ("taints that evict", "PATCH", "/api/v1/nodes/n", "strategic", b'{"spec":{"taints":[{"effect":"NoExecute"}]}}', {"delete"}),
    ("`namespaces/finalize`", "PUT", f"{N}/finalize", "json", b"{}", {"delete"}),
    ("taking the last finalizer", "PATCH", f"{N}/configmaps/a", "merge", b'{"metadata":{"finalizers":null}}', {"destructive"}),
    ("setting an owner", "PATCH", f"{N}/configmaps/a", "merge", b'{"metadata":{"ownerReferences":[{}]}}', {"destructive"}),
    ("deleting a namespace", "DELETE", N, "", b"", {"delete"}),
    ("`secrets` but for create", "PATCH", f"{N}/secrets/a", "merge", b"{}", {"credential"}),
    ("RBAC, certificate approval", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", "json", b"{}", {"grant"}),
    ("privileged containers", "POST", f"{N}/pods", "json", b'{"spec":{"hostPID":true}}', {"execute", "protection_off"}),
    ("local and flex volumes", "POST", "/api/v1/persistentvolumes", "json", b'{"spec":{"local":{}}}', {"execute", "protection_off"}),
    ("what Argo CD", "POST", "/apis/argoproj.io/v1alpha1/namespaces/shop/applications", "json", b'{"spec":{}}', {"execute"}),
    (
        "volumes and snapshots that take",
        "POST",
        "/api/v1/persistentvolumes",
        "json",
        b'{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}',
        {"protection_off"},
    ),
    ("giving a volume another claim", "PATCH", "/api/v1/persistentvolumes/v", "merge", b'{"spec":{"claimRef":{}}}', {"destructive"}),
    ("bootstrap tokens", "POST", f"{N}/secrets", "json", b'{"type":"bootstrap.kubernetes.io/token"}', {"grant"}),
    ("reviews", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "json", b"{}", {"read"}),
    ("`LoadBalancer` services", "POST", f"{N}/services", "json", b'{"spec":{"type":"LoadBalancer"}}', {"share"}),
    ("restarts, cordons", "PATCH", "/api/v1/nodes/n", "strategic", b'{"spec":{"unschedulable":true}}', {"disruptive"}),
]


@pytest.mark.parametrize(("named", "method", "target", "kind", "body", "words"), ROWS, ids=[row[0] for row in ROWS])
def test_the_table(named: str, method: str, target: str, kind: str, body: bytes, words: set[str]) -> None:
    (line,) = (line for line in TEXT.splitlines() if line.startswith("| ") and named in line)
    said = line.split("|")[2]
    action = decode(method, target, body, kind=kind)
    assert words <= {action.verb.value, *flags(action)}
    assert all(f"`{word}`" in said for word in words)
    assert ("cascade" in said) == bool(action.context.get("cascade"))


def test_every_row_of_the_table_is_tried() -> None:
    first = TEXT[TEXT.index("| what | is |") :].split("\n\n", 1)[0]  # the table of what counts; the other one is of credentials
    rows = [line for line in first.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert all(any(row[0] in line for row in ROWS) for line in rows)
    assert len(rows) > 8
