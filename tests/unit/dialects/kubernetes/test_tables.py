"""The tables are whole: every condition can be asked of every format, every row has its reason, every name is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from warden.dialects.kubernetes import effects_table, protobuf
from warden.dialects.kubernetes.change import where

DOCUMENT = json.loads((effects_table.DIRECTORY / "effects.json").read_bytes())

# Kinds that the protobuf table has, by resource. Another kind's body is not read, and counts as its worst.
KINDS = {
    ("", "pods"): "Pod",
    ("", "podtemplates"): "PodTemplate",
    ("", "replicationcontrollers"): "ReplicationController",
    ("", "services"): "Service",
    ("", "nodes"): "Node",
    ("", "namespaces"): "Namespace",
    ("", "configmaps"): "ConfigMap",
    ("", "secrets"): "Secret",
    ("", "persistentvolumes"): "PersistentVolume",
    ("", "persistentvolumeclaims"): "PersistentVolumeClaim",
    ("apps", "deployments"): "Deployment",
    ("apps", "replicasets"): "ReplicaSet",
    ("apps", "statefulsets"): "StatefulSet",
    ("apps", "daemonsets"): "DaemonSet",
    ("batch", "jobs"): "Job",
    ("batch", "cronjobs"): "CronJob",
    ("policy", "poddisruptionbudgets"): "PodDisruptionBudget",
    ("networking.k8s.io", "networkpolicies"): "NetworkPolicy",
}


def paths(condition: Any) -> Iterator[str]:
    if isinstance(condition, list):
        for one in condition:
            yield from paths(one)
    elif "path" in condition:
        yield condition["path"]
    else:
        for below in condition.values():
            yield from paths(below)


def reaches(kind: str, names: list[str]) -> bool:
    """Whether the protobuf table can find the member `names` of message `kind`."""
    if not names or kind in ("IntOrString", "json"):
        return True
    for name, kept, many in protobuf._messages().get(kind, {}).values():
        if name == names[0]:
            return many == "map" or reaches(kept, names[1:]) if len(names) > 1 else True
        if name == "" and reaches(kept, names):
            return True
    return False


@pytest.mark.parametrize(("resource", "kind"), KINDS.items(), ids=KINDS.values())
@pytest.mark.parametrize("verb", ["create", "update"])
def test_protobuf_can_be_asked_every_condition(resource: tuple[str, str], kind: str, verb: str) -> None:
    asked = 0
    for effect in effects_table.entry(verb, *resource, "").when:
        for path in paths(effect.condition):
            compiled = where(path)
            if compiled.source != "label" and not (kind in ("Pod", "PodTemplate", "CronJob") and "restartedAt" in path):
                asked += 1
                assert reaches(kind, [step.name for step in compiled.steps]), path
    assert asked or verb == "create"


def test_every_row_says_why_and_names_what_there_is() -> None:
    known = effects_table.resources()
    for row in DOCUMENT["rows"]:
        assert row["why"].endswith((".", ")")), row
        assert row.keys() <= {"on", "verbs", "verb", "set", "flags", "if", "cascade", "why"}
        assert any(key in row for key in ("verb", "flags", "cascade")), row
        for name in row["on"]:
            for one in DOCUMENT["aliases"].get(name, [name]):
                group, resource, subresource = effects_table._target(one)
                own = not group or group.endswith((".k8s.io", "apps", "batch", "policy", "extensions"))
                assert one.startswith(("*", "custom", "@")) or not own or (group, resource, subresource) in known, one


def test_every_condition_compiles() -> None:
    count = 0
    for row in DOCUMENT["rows"]:
        for path in paths(row.get("if", [])):
            assert where(path.replace("{pod}", "spec")).steps or path.startswith("label:")
            count += 1
    assert count > 30


def test_the_tables_stay_small() -> None:
    """Read at first use, in milliseconds."""
    assert sum(path.stat().st_size for path in effects_table.DIRECTORY.iterdir()) < 64 << 10
