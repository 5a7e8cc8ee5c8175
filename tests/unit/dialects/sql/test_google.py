"""Google's methods that carry SQL."""

from __future__ import annotations

import pytest

from warden.dialects.paths import wire_path
from warden.dialects.sql import actions, google
from warden.model import Flag, Verb


@pytest.mark.parametrize("method", sorted(google.specs()))
def test_paths_are_wire_paths_and_garbage_is_opaque(method: str) -> None:
    spec = google.specs()[method]
    assert wire_path(spec.path).in_body
    (found,) = google.carried(spec, ["frobnicate"])
    assert Flag.OPAQUE in found.flags


@pytest.mark.parametrize(
    ("method", "values", "verb", "flags"),
    [
        ("bigquery.jobs.query", ["SELECT 1"], Verb.READ, set()),
        ("bigquery.jobs.query", ["#legacySQL\nSELECT * FROM [p:d.t]"], Verb.EXECUTE, {Flag.OPAQUE}),
        ("bigquery.jobs.insert", ["DELETE FROM d.t WHERE TRUE"], Verb.DELETE, {Flag.DESTRUCTIVE}),
        ("spanner.projects.instances.databases.sessions.executeBatchDml", ["UPDATE t SET a=1 WHERE b=2"], Verb.UPDATE, {Flag.OVERWRITE}),
        ("spanner.projects.instances.databases.updateDdl", ["CREATE INDEX i ON t (a)", "DROP TABLE t"], Verb.DELETE, {Flag.DESTRUCTIVE}),
        ("spanner.projects.instances.databases.updateDdl", ["CREATE INDEX i ON t (a)", 7], Verb.EXECUTE, {Flag.OPAQUE}),
        ("sql.instances.executeSql", ["SELECT 1; DROP TABLE t"], Verb.DELETE, {Flag.DESTRUCTIVE}),
    ],
)
def test_the_method_does_what_its_statements_do(method: str, values: list[object], verb: Verb, flags: set[Flag]) -> None:
    carried = google.carried(google.specs()[method], values)
    effect = actions.applied(Verb.EXECUTE, frozenset({Flag.OPAQUE}), carried)
    assert effect.verb is verb
    assert set(effect.flags) == flags
