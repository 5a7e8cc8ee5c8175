"""SQL in Google's API calls: the method does what its statements do, over REST and gRPC."""

from __future__ import annotations

import json
from typing import Any

import pytest

from warden.dialects.body.protobuf import field
from warden.dialects.gcp import effects
from warden.dialects.gcp.noun import Call, Protocol
from warden.model import Action

DATABASE = "projects/p/instances/i/databases/d"
SESSIONS = "spanner.projects.instances.databases.sessions"


def _rest(method: str, body: dict[str, Any] | None) -> tuple[Action, ...]:
    raw = None if body is None else json.dumps(body).encode()
    service = {"sql": "sqladmin"}.get(method.partition(".")[0], method.partition(".")[0])
    labels = {
        "project": "p",
        "projectId": "p",
        "instance": "i",
        "session": "projects/p/instances/i/databases/d/sessions/s",
        "database": DATABASE,
    }
    call = Call(method, service, Protocol.REST, "v1", labels, (), "POST", (("content-type", "application/json"),), raw)
    return effects.actions(call, f"{service}.googleapis.com")


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("bigquery.jobs.query", {"query": "SELECT * FROM d.t WHERE verb = 'DELETE'"}, "read | select read"),
        ("bigquery.jobs.query", {"query": "DELETE FROM d.t WHERE a = 1"}, "delete destructive | delete delete destructive"),
        (
            "bigquery.jobs.query",
            {"query": "DELETE FROM d.t WHERE a = 1", "dryRun": True},
            "delete destructive dry_run | delete delete destructive dry_run",
        ),
        ("bigquery.jobs.query", {"query": "frobnicate"}, "execute opaque | other execute opaque"),
        ("bigquery.jobs.query", {"QUERY": "DROP TABLE d.t"}, "delete destructive | drop delete destructive"),
        ("bigquery.jobs.insert", {"configuration": {"query": {"query": "SELECT 1"}}}, "read | select read"),
        ("bigquery.jobs.insert", {"configuration": {"load": {"sourceUris": ["gs://b/o"]}}}, "create"),
        (f"{SESSIONS}.executeSql", {"sql": "SELECT * FROM t"}, "read | select read"),
        (
            f"{SESSIONS}.executeStreamingSql",
            {"sql": "UPDATE t SET a = 1 WHERE TRUE"},
            "update destructive overwrite | update update destructive overwrite",
        ),
        (
            f"{SESSIONS}.executeBatchDml",
            {"statements": [{"sql": "INSERT INTO t (a) VALUES (1)"}, {"sql": "DELETE FROM t WHERE a = 1"}]},
            "delete destructive | insert create | delete delete destructive",
        ),
        (
            "spanner.projects.instances.databases.updateDdl",
            {"statements": ["DROP TABLE t"]},
            "delete destructive | drop delete destructive",
        ),
        ("sql.instances.executeSql", {"sqlStatement": "SELECT 1"}, "read | select read"),
        ("sql.instances.executeSql", {"sqlStatement": "TRUNCATE t"}, "delete destructive | truncate delete destructive"),
        ("sql.instances.executeSql", {}, "execute opaque"),
        ("sql.instances.executeSql", None, "execute opaque"),
    ],
)
def test_statements(method: str, body: dict[str, Any] | None, said: str) -> None:
    first, *rest = _rest(method, body)
    found = [" ".join((first.verb, *sorted(first.flags))), *(" ".join((one.operation, one.verb, *sorted(one.flags))) for one in rest)]
    assert " | ".join(found) == said


def test_grpc_says_the_same() -> None:
    def run(text: str) -> tuple[Action, ...]:
        message = field(3, text)
        body = b"\0" + len(message).to_bytes(4, "big") + message
        headers = (("content-type", "application/grpc"), ("te", "trailers"))
        call = Call("google.spanner.v1.Spanner/ExecuteSql", "spanner", Protocol.GRPC, "v1", {}, (), "POST", headers, body)
        return effects.actions(call, "spanner.googleapis.com")

    assert [one.verb for one in run("SELECT 1")] == ["read", "read"]
    assert [one.verb for one in run("DELETE FROM t WHERE a = 1")] == ["delete", "delete"]
    assert [one.verb for one in run("SELECT wipe()")] == ["execute", "execute"]
