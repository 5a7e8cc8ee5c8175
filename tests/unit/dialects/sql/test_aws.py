"""SQL in AWS API calls, from the wire to the presets' answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.dialects.aws.wire import request
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.model import Action, Decision, HttpRequest, Principal

_DECODER = Decoder()
_POINTS = {preset: PolicyDecisionPoint(load(preset, ())) for preset in ("no-destroy", "readonly")}
CLUSTER = "arn:aws:rds:us-east-1:123456789012:cluster:shop"


def _decided(message: HttpRequest, preset: str = "no-destroy") -> tuple[tuple[Action, ...], Decision]:
    actions = _DECODER.decode(message)
    return actions, _POINTS[preset].decide(Principal("agent", "session"), actions)


def _rds(sql: str | None, path: str = "Execute", **members: Any) -> HttpRequest:
    body = json.dumps(
        {"resourceArn": CLUSTER, "secretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s", "sql": sql, **members}
    )
    return request(
        f"POST https://rds-data.us-east-1.amazonaws.com/{path}",
        ("Content-Type", "application/json"),
        scope="us-east-1/rds-data",
        body=body,
    )


def _json(service: str, target: str, body: dict[str, Any]) -> HttpRequest:
    return request(
        f"POST https://{service}.us-east-1.amazonaws.com/",
        ("X-Amz-Target", target),
        ("Content-Type", "application/x-amz-json-1.1"),
        scope=f"us-east-1/{service}",
        body=json.dumps(body),
    )


def _dynamodb(operation: str, body: dict[str, Any]) -> HttpRequest:
    return _json("dynamodb", f"DynamoDB_20120810.{operation}", body)


def test_a_query_through_rds_data_reads() -> None:
    actions, decision = _decided(_rds("SELECT id, name FROM users WHERE id = :id", database="shop"))
    assert [(one.provider, one.operation, one.verb, one.flags) for one in actions] == [
        ("aws", "rds-data:ExecuteStatement", "read", frozenset()),
        ("sql", "select", "read", frozenset()),
    ]
    assert actions[0].resources[0].id == CLUSTER
    assert dict(actions[1].resources[0].attributes) == {"service": "rds-data", "database": "shop", "name": "users"}
    assert decision.allowed
    assert _decided(_rds("SELECT 1"), "readonly")[1].allowed


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM users",
        "DELETE FROM users WHERE id = 1",
        "DROP TABLE users",
        "drop/**/table users",
        "TRUNCATE users",
        "UPDATE users SET name = 'x'",
        "UPDATE users SET name = 'x' WHERE 1=1",
        "SELECT 1; DROP TABLE users",
        "GRANT ALL ON users TO public",
        "SELECT 1 /*! INTO OUTFILE '/x' */",
        "CALL cleanup()",
        "SELECT cleanup()",
        "frobnicate the users",
        "",
        None,
    ],
)
def test_what_destroys_or_is_not_read_is_denied(sql: str | None) -> None:
    assert not _decided(_rds(sql))[1].allowed
    assert not _decided(_rds(sql, "BatchExecute"))[1].allowed


def test_a_body_that_was_not_read_counts_as_its_worst() -> None:
    message = request("POST https://rds-data.us-east-1.amazonaws.com/Execute", scope="us-east-1/rds-data", body=None)
    (action,), decision = _decided(message)
    assert action.verb == "execute"
    assert "opaque" in action.flags
    assert not decision.allowed


def test_another_spelling_of_the_parameter_is_read_too() -> None:
    assert not _decided(_rds("SELECT 1", SQL="DROP TABLE users"))[1].allowed


def test_parameters_are_data() -> None:
    harmless = [{"name": "id", "value": {"stringValue": "x'; DROP TABLE users; --"}}]
    assert _decided(_rds("SELECT * FROM users WHERE id = :id", parameters=harmless))[1].allowed


@pytest.mark.parametrize(
    ("message", "kinds", "allowed"),
    [
        (_json("redshift-data", "RedshiftData.ExecuteStatement", {"Sql": "SELECT 1"}), ["select"], True),
        (_json("redshift-data", "RedshiftData.BatchExecuteStatement", {"Sqls": ["SELECT 1", "DROP TABLE t"]}), ["select", "drop"], False),
        (_json("athena", "AmazonAthena.StartQueryExecution", {"QueryString": 'SELECT * FROM "db"."t"'}), ["select"], True),
        (_json("athena", "AmazonAthena.StartQueryExecution", {"QueryString": "DROP TABLE db.t"}), ["drop"], False),
        (_dynamodb("ExecuteStatement", {"Statement": 'SELECT * FROM "t" WHERE a = ?'}), ["select"], True),
        (_dynamodb("ExecuteStatement", {"Statement": 'DELETE FROM "t" WHERE a = ?'}), ["delete"], False),
        (_dynamodb("ExecuteStatement", {"Statement": "UPDATE t REMOVE b WHERE a = ?"}), ["update"], False),
        (
            _dynamodb(
                "BatchExecuteStatement",
                {"Statements": [{"Statement": "SELECT * FROM t WHERE a=1"}, {"Statement": "DELETE FROM t WHERE a=1"}]},
            ),
            ["select", "delete"],
            False,
        ),
        (
            _dynamodb("ExecuteTransaction", {"TransactStatements": [{"Statement": "INSERT INTO t VALUE {'a': 1}"}]}),
            ["insert"],
            True,
        ),
        (
            _dynamodb("ExecuteTransaction", {"TransactStatements": [[{"Statement": "DELETE FROM t WHERE a=1"}]]}),
            ["delete"],
            False,
        ),
    ],
)
def test_other_services(message: HttpRequest, kinds: list[str], allowed: bool) -> None:
    actions, decision = _decided(message)
    assert [one.operation for one in actions[1:]] == kinds
    assert decision.allowed is allowed


@pytest.mark.parametrize(
    ("update", "flags"),
    [
        ({"UpdateExpression": "SET a = :b"}, {"overwrite"}),
        ({"UpdateExpression": "REMOVE a"}, {"overwrite", "destructive"}),
        ({"UpdateExpression": "set a = :b remove c"}, {"overwrite", "destructive"}),
        ({"UpdateExpression": "DELETE a :b"}, {"overwrite", "destructive"}),
        ({"updateexpression": "REMOVE a"}, {"overwrite", "destructive"}),
    ],
)
def test_an_update_in_a_transaction_is_judged_as_one_alone(update: dict[str, str], flags: set[str]) -> None:
    actions, decision = _decided(
        _dynamodb(
            "TransactWriteItems",
            {"TransactItems": [{"ConditionCheck": {"TableName": "u"}}, {"Update": {"TableName": "t", "Key": {}, **update}}]},
        )
    )
    (updates,) = [one for one in actions if one.verb == "update"]
    assert updates.flags == flags
    assert decision.allowed is ("destructive" not in flags)


def test_a_policy_on_a_table_meets_partiql_too() -> None:
    actions, _ = _decided(
        _dynamodb(
            "BatchExecuteStatement",
            {"Statements": [{"Statement": 'SELECT * FROM "Music"."Index" WHERE a=1'}, {"Statement": "INSERT INTO Art VALUE {'a': 1}"}]},
        )
    )
    assert [one.id for one in actions[0].resources] == ["arn:aws:dynamodb:us-east-1::table/Music", "arn:aws:dynamodb:us-east-1::table/Art"]
    actions, _ = _decided(_dynamodb("ExecuteStatement", {"Statement": "frobnicate Music"}))
    assert [one.id for one in actions[0].resources] == ["arn:aws:dynamodb:us-east-1::*"]
    actions, _ = _decided(
        _dynamodb("ExecuteStatement", {"Statement": 'SELECT * FROM "arn:aws:dynamodb:us-east-1:210987654321:table/T" WHERE a=1'})
    )
    assert [one.id for one in actions[0].resources] == ["arn:aws:dynamodb:us-east-1:210987654321:table/T"]
