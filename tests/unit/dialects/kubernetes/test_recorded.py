"""Real clients' requests, and real serializers' bodies.

recorded.jsonl: what kubectl 1.36.3 and the Python client kubernetes 37.0.2 sent to a kube-apiserver 1.36.3, through a proxy that wrote it down; one
row a request, with its command; `actions` was looked through by hand.

serialized.jsonl: objects of k8s.io/api 0.36.3 as the serializers of k8s.io/apimachinery 0.36.3 write them, in JSON, protobuf and CBOR.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dialects.kubernetes.wire import DECODER, decode, flags, request, shown
from warden.dialects.body import cbor
from warden.dialects.kubernetes import protobuf
from warden.model import HttpRequest

HERE = Path(__file__).parent
RECORDED = [json.loads(line) for line in (HERE / "recorded.jsonl").read_text().splitlines()]
SERIALIZED = {row["case"]: row for row in map(json.loads, (HERE / "serialized.jsonl").read_text().splitlines())}
N = "/api/v1/namespaces/shop"
D = "/apis/apps/v1/namespaces/shop/deployments"

# case -> method, path, and what any format of it must be read as
READINGS = {
    "delete options, dry run": ("DELETE", f"{D}/x", "apps/deployments:delete delete destructive dry_run"),
    "delete options, background": ("DELETE", f"{D}/x", "apps/deployments:delete delete destructive"),
    "eviction": ("POST", f"{N}/pods/x/eviction", "pods/eviction:create delete destructive"),
    "eviction, dry run": ("POST", f"{N}/pods/x/eviction", "pods/eviction:create delete destructive dry_run"),
    "scale to 0": ("PUT", f"{D}/x/scale", "apps/deployments/scale:update delete destructive"),
    "scale to 3": ("PUT", f"{D}/x/scale", "apps/deployments/scale:update update"),
    "deployment, replicas unset": ("PUT", f"{D}/x", "apps/deployments:update update"),
    "deployment, 2 replicas": ("PUT", f"{D}/x", "apps/deployments:update update"),
    "deployment, 0 replicas": ("PUT", f"{D}/x", "apps/deployments:update delete destructive"),
    "deployment, privileged": ("POST", D, "apps/deployments:create execute protection_off"),
    "deployment, hostPath": ("POST", D, "apps/deployments:create execute protection_off"),
    "deployment, capabilities": ("POST", D, "apps/deployments:create execute protection_off"),
    "deployment, hostPID": ("POST", D, "apps/deployments:create execute protection_off"),
    "stateful set, volumes go": ("PUT", "/apis/apps/v1/namespaces/shop/statefulsets/x", "apps/statefulsets:update update protection_off"),
    "cron job, hostPID": ("POST", "/apis/batch/v1/namespaces/shop/cronjobs", "batch/cronjobs:create execute protection_off"),
    "job, suspended": ("PUT", "/apis/batch/v1/namespaces/shop/jobs/x", "batch/jobs:update update disruptive"),
    "claim, finalizer": ("PUT", f"{N}/persistentvolumeclaims/x", "persistentvolumeclaims:update update"),
    "claim, no finalizer": ("PUT", f"{N}/persistentvolumeclaims/x", "persistentvolumeclaims:update update destructive"),
    "config map, owned": ("PUT", f"{N}/configmaps/x", "configmaps:update update destructive"),
    "config map": ("PUT", f"{N}/configmaps/x", "configmaps:update update"),
    "service, load balancer": ("POST", f"{N}/services", "services:create create share"),
    "service": ("POST", f"{N}/services", "services:create create"),
    "node, cordoned": ("PUT", "/api/v1/nodes/x", "nodes:update update disruptive"),
    "volume, delete": ("PUT", "/api/v1/persistentvolumes/x", "persistentvolumes:update update protection_off"),
    "budget of nothing": (
        "PUT",
        "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/x",
        "policy/poddisruptionbudgets:update update protection_off",
    ),
    "budget of all but 50 %": ("PUT", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/x", "policy/poddisruptionbudgets:update update"),
    "budget of all": ("PUT", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/x", "policy/poddisruptionbudgets:update update protection_off"),
    "network policy, all in": (
        "PUT",
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/x",
        "networking.k8s.io/networkpolicies:update update protection_off",
    ),
    "network policy": (
        "PUT",
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/x",
        "networking.k8s.io/networkpolicies:update update",
    ),
    "service account token secret": ("POST", f"{N}/secrets", "secrets:create create credential"),
}  # fmt: skip


def _request(row: dict[str, Any]) -> HttpRequest:
    body = row["body"].encode() if "body" in row else base64.b64decode(row["body_b64"])
    return request(row["method"], row["url"], body, *row["headers"].items())


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['client'].split()[0]}: {row['command']}: {row['method']}")
def test_a_real_client(row: dict[str, Any]) -> None:
    actions = DECODER.decode(_request(row))
    assert [" ".join([action.operation, action.verb.value, *flags(action)]) for action in actions] == row["actions"]


@pytest.mark.parametrize("form", ["json", "protobuf", "cbor"])
@pytest.mark.parametrize("case", READINGS)
def test_every_format_reads_the_same(case: str, form: str) -> None:
    method, target, wanted = READINGS[case]
    row = SERIALIZED[case]
    body = json.dumps(row["json"]).encode() if form == "json" else base64.b64decode(row[form])
    operation, verb, named = shown(decode(method, target, body, kind=form))
    assert " ".join([operation, verb, *named]) == wanted


def test_every_serialized_case_is_read() -> None:
    assert set(SERIALIZED) - {"status"} == set(READINGS)


def test_cbor_is_the_object_that_json_is() -> None:
    for row in SERIALIZED.values():
        assert cbor.kubernetes(base64.b64decode(row["cbor"])) == row["json"]


def test_protobuf_is_a_part_of_the_object_that_json_is() -> None:
    def part(of: Any, whole: Any) -> bool:
        if isinstance(of, dict):
            return isinstance(whole, dict) and all(part(value, whole.get(key, {})) for key, value in of.items())
        if isinstance(of, list):
            return isinstance(whole, list) and len(of) == len(whole) and all(map(part, of, whole))
        return bool(of == whole) or (not of and not whole)  # Go writes zeroes that JSON leaves out

    for case, row in SERIALIZED.items():
        version, kind, raw = protobuf.kind(base64.b64decode(row["protobuf"]))
        assert (version, kind) == (row["json"]["apiVersion"], row["json"]["kind"])
        if protobuf.known(kind):
            read = protobuf.loads(raw, kind)
            assert read, case
            assert part(read, row["json"]), case
