"""Every row of the danger list (``tools/tables/data/gcp_destructive.jsonl``, handed over with the project's design): what its condition looks like
on the wire, and what it must come to. Where the danger depends on the request, a harmless request of the same method must not have it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from warden.dialects.gcp import effects
from warden.dialects.gcp.noun import Call, Protocol
from warden.dialects.gravity import GRAVITY
from warden.model import Action, Flag, Verb

ROWS = {
    row["id"]: row
    for line in (Path(__file__).parents[4] / "tools/tables/data/gcp_destructive.jsonl").read_text().splitlines()
    if not line.startswith("#")
    for row in [json.loads(line)]
}

#: What each effect of the list must come to: one of these verbs, or one of these flags.
MEANS: dict[str, tuple[set[Verb], set[Flag]]] = {
    "delete": ({Verb.DELETE}, set()),
    "perm": ({Verb.GRANT}, set()),
    "exec": ({Verb.EXECUTE}, set()),
    "takeover": ({Verb.GRANT}, {Flag.CREDENTIAL}),
    "overwrite": (set(), {Flag.OVERWRITE}),
    "disrupt": (set(), {Flag.DISRUPTIVE}),
    "data-loss": (set(), {Flag.DESTRUCTIVE}),
    "irreversible": (set(), {Flag.DESTRUCTIVE}),
    "protection-off": (set(), {Flag.PROTECTION_OFF}),
    "audit-off": (set(), {Flag.AUDIT_OFF}),
    "credential": (set(), {Flag.CREDENTIAL}),
    "create": ({Verb.CREATE}, set()),
    "restore": ({Verb.CREATE}, set()),
}

#: Method -> the dangerous query and body, and a harmless one where there is one.
REQUESTS: dict[str, tuple[dict[str, Any], ...]] = {
    "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.patch": (
        {"query": {"updateMask": "state"}, "body": {"state": "DISABLED"}},
        {"query": {"updateMask": "state"}, "body": {"state": "ENABLED"}},
    ),
    "secretmanager.projects.secrets.patch": ({"body": {"ttl": "3600s"}}, {"body": {"labels": {"a": "b"}}}),
    "compute.instances.setDeletionProtection": ({"query": {"deletionProtection": "false"}}, {"query": {"deletionProtection": "true"}}),
    "compute.instances.setDiskAutoDelete": ({"query": {"autoDelete": "true"}}, {"query": {"autoDelete": "false"}}),
    "compute.instances.setMetadata": (
        {"body": {"items": [{"key": "startup-script", "value": "x"}]}},
        {"body": {"items": [{"key": "owner", "value": "x"}]}},
    ),
    "compute.projects.setCommonInstanceMetadata": (
        {"body": {"items": [{"key": "ssh-keys", "value": "x"}]}},
        {"body": {"items": [{"key": "owner", "value": "x"}]}},
    ),
    "compute.instanceGroupManagers.resize": ({"query": {"size": "0"}}, {"query": {"size": "3"}}),
    "compute.instanceGroupManagers.patch": ({"body": {"targetSize": 0}}, {"body": {"description": "x"}}),
    "compute.instanceGroupManagers.applyUpdatesToInstances": ({"body": {"minimalAction": "REPLACE"}},),
    "compute.autoscalers.patch": ({"body": {"autoscalingPolicy": {"maxNumReplicas": 0}}}, {"body": {"description": "x"}}),
    "storage.objects.insert": ({}, {"query": {"ifGenerationMatch": "0", "uploadType": "media"}}),
    "storage.buckets.patch": ({"body": {"lifecycle": {"rule": [{"action": {"type": "Delete"}}]}}}, {"body": {"labels": {"a": "b"}}}),
    "sql.instances.patch": (
        {"body": {"settings": {"deletionProtectionEnabled": False}}},
        {"body": {"settings": {"deletionProtectionEnabled": True}}},
    ),
    "sql.instances.executeSql": ({"body": {"sqlStatement": "DROP TABLE t"}},),
    "bigquery.jobs.query": ({"body": {"query": "DROP TABLE t"}},),
    "bigquery.jobs.insert": ({"body": {"configuration": {"query": {"query": "CALL d.p()"}}}}, {"body": {"configuration": {"load": {}}}}),
    "bigquery.tables.update": ({"body": {"expirationTime": "1"}}, {"body": {"description": "x"}}),
    "bigquery.tables.patch": ({"body": {"expirationTime": "1"}}, {"body": {"description": "x"}}),
    "bigquery.datasets.patch": ({"body": {"defaultTableExpirationMs": "3600000"}}, {"body": {"description": "x"}}),
    "spanner.projects.instances.databases.updateDdl": ({"body": {"statements": ["DROP TABLE t"]}},),
    "spanner.projects.instances.databases.sessions.executeSql": ({"body": {"sql": "DELETE FROM t WHERE true"}},),
    "spanner.projects.instances.databases.sessions.commit": (
        {"body": {"mutations": [{"delete": {"table": "t", "keySet": {"all": True}}}]}},
        {"body": {"mutations": [{"insert": {"table": "t"}}]}},
    ),
    "spanner.projects.instances.databases.patch": (
        {"query": {"updateMask": "enableDropProtection"}, "body": {"enableDropProtection": False}},
        {"query": {"updateMask": "enableDropProtection"}, "body": {"enableDropProtection": True}},
    ),
    "bigtableadmin.projects.instances.tables.modifyColumnFamilies": (
        {"body": {"modifications": [{"id": "f", "drop": True}]}},
        {"body": {"modifications": [{"id": "f", "create": {}}]}},
    ),
    "firestore.projects.databases.documents.commit": ({"body": {"writes": [{"delete": "d"}]}}, {"body": {"writes": [{"update": {}}]}}),
    "firestore.projects.databases.documents.batchWrite": ({"body": {"writes": [{"delete": "d"}]}}, {"body": {"writes": [{"update": {}}]}}),
    "datastore.projects.commit": ({"body": {"mutations": [{"delete": {}}]}}, {"body": {"mutations": [{"insert": {}}]}}),
    "pubsub.projects.subscriptions.seek": ({"body": {"time": "2030-01-01T00:00:00Z"}},),
    "pubsub.projects.topics.patch": (
        {"body": {"topic": {"messageRetentionDuration": "600s"}, "updateMask": "messageRetentionDuration"}},
        {"body": {"topic": {"labels": {}}, "updateMask": "labels"}},
    ),
    "container.projects.locations.clusters.nodePools.setSize": ({"body": {"nodeCount": 0}}, {"body": {"nodeCount": 3}}),
    "deploymentmanager.deployments.update": ({"query": {"deletePolicy": "DELETE"}},),
    "dataflow.projects.jobs.update": ({"body": {"requestedState": "JOB_STATE_CANCELLED"}}, {"body": {"name": "x"}}),
    "cloudbilling.projects.updateBillingInfo": ({"body": {"billingAccountName": ""}},),
    "serviceusage.services.disable": ({"body": {"disableDependentServices": True}},),
    "logging.projects.locations.buckets.patch": ({"body": {"retentionDays": 1}}, {"body": {"description": "x"}}),
    "dns.changes.create": ({"body": {"deletions": [{}]}}, {"body": {"additions": [{}]}}),
    "artifactregistry.projects.locations.repositories.patch": ({"body": {"cleanupPolicies": {"a": {}}}}, {"body": {"description": "x"}}),
}


def call(row: dict[str, Any], request: dict[str, Any], body: bytes | None = b"") -> Action:
    """The first Action of the row's method with the request's query and body."""
    service = "sqladmin" if row["id"].startswith("sql.") else row["id"].partition(".")[0]
    raw = json.dumps(request["body"]).encode() if "body" in request else body
    made = Call(
        method=row["id"],
        service=service,
        protocol=Protocol.REST,
        query=tuple(request.get("query", {}).items()),
        http_method=row["http"],
        headers=(("content-type", "application/json"),),
        body=raw,
    )
    return effects.actions(made, "x.googleapis.com")[0]


def means(action: Action, effect: str) -> bool:
    verbs, flags = MEANS[effect]
    graver = any(GRAVITY[action.verb] >= GRAVITY[verb] for verb in verbs)
    return (not verbs or action.verb in verbs or (graver and Flag.OPAQUE in action.flags)) and flags <= action.flags


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    row = ROWS[name]
    dangerous, *harmless = REQUESTS.get(name, ({},))
    assert means(call(row, dangerous), row["effect"])
    for request in harmless:
        assert not means(call(row, request), row["effect"])


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row["http"] not in ("GET", "DELETE")])
def test_body_that_was_not_read_is_its_worst(name: str) -> None:
    row = ROWS[name]
    dangerous = REQUESTS.get(name, ({},))[0]
    assert means(call(row, {"query": dangerous.get("query", {})}, body=None), row["effect"])


def test_the_list_is_whole() -> None:
    assert len(ROWS) == 118
    assert set(REQUESTS) <= set(ROWS)
