"""Rows and filters, also over records that nobody should have written."""

from __future__ import annotations

from typing import Any

import pytest

from warden.audit.show import matches, row

RULING: dict[str, Any] = {
    "seq": 7,
    "time": "2026-01-02T03:04:05.000006Z",
    "kind": "ruling",
    "session": "s-1",
    "id": "r1",
    "decision": "deny",
    "operations": ["ec2:TerminateInstances"],
    "actions": [{"resources": [{"id": "arn:1"}, {"id": "arn:2"}]}],
    "policies": ["no-destroy/destructive"],
    "reason": "Terminating is not allowed.",
    "code": "",
    "errors": [],
}


def test_a_ruling() -> None:
    assert row(RULING).cells() == (
        "2026-01-02 03:04:05",
        "deny",
        "ec2:TerminateInstances",
        "arn:1 +1",
        "no-destroy/destructive",
        "Terminating is not allowed.",
    )


def test_a_request_that_could_not_be_read_shows_its_code_and_host() -> None:
    record = {**RULING, "code": "two-hosts", "actions": None, "message": {"host": "evil.example"}, "errors": ["ValueError: x"]}
    assert row(record).cells()[2:] == (
        "ec2:TerminateInstances",
        "evil.example",
        "two-hosts",
        "Terminating is not allowed. [ValueError: x]",
    )


def test_other_kinds() -> None:
    assert row({"kind": "session.start", "session": "s-1", "command": "claude"}).cells()[2:] == (
        "session.start",
        "s-1",
        "",
        "command=claude",
    )
    assert row({"kind": "outcome", "id": "r1", "status": 200}).cells()[2:] == ("outcome", "", "", "status=200")


@pytest.mark.parametrize("junk", [None, 1, "x", [], {}, [None], [1], [{}], {"x": 1}])
@pytest.mark.parametrize("key", [*RULING, "message"])
def test_records_of_any_shape_have_a_row(key: str, junk: Any) -> None:
    record = {**RULING, key: junk}
    assert all(isinstance(cell, str) for cell in row(record).cells())
    matches(record, denied=True, session="s", since="2026", operation="*")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True),
        ({"denied": True}, True),
        ({"session": "s-1"}, True),
        ({"session": "s-2"}, False),
        ({"since": "2026-01-02T03:04:05"}, True),
        ({"since": "2026-01-02T03:04:06"}, False),
        ({"operation": "EC2:terminate*"}, True),
        ({"operation": "ec2:Describe*"}, False),
    ],
)
def test_filters(asked: dict[str, Any], found: bool) -> None:
    assert matches(RULING, **asked) is found


def test_whatever_is_not_an_allow_counts_as_denied() -> None:
    assert not matches({**RULING, "decision": "allow"}, denied=True)
    assert matches({**RULING, "decision": None}, denied=True)
