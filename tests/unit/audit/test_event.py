"""What a record looks like on its line, and that no value can break it."""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.audit import event
from warden.audit.chain import LINE_LIMIT
from warden.errors import AuditError
from warden.model import AuditRecord, Principal, Verb

WHO = Principal("claude", "s-1", "default", "eva")


def line(**fields: Any) -> dict[str, Any]:
    encoded = event.encode(event.flatten(AuditRecord("ruling", WHO, fields), "2026-01-02T03:04:05.000006Z"))
    assert b"\n" not in encoded
    assert encoded.isascii()
    assert len(encoded) < LINE_LIMIT - 512, "room for seq, prev and hash"
    document = json.loads(b"{" + encoded + b"}")
    assert isinstance(document, dict)
    return document


def test_a_plain_record() -> None:
    assert line(id="r1", decision="deny", policies=["no-destroy/destructive"]) == {
        "time": "2026-01-02T03:04:05.000006Z",
        "kind": "ruling",
        "session": "s-1",
        "principal": {"agent": "claude", "user": "eva", "profile": "default"},
        "id": "r1",
        "decision": "deny",
        "policies": ["no-destroy/destructive"],
    }


def test_the_models_containers_are_written_as_jsons() -> None:
    got = line(a=MappingProxyType({"x": 1}), b=frozenset({"q", "p"}), c=(1, 2), d=Verb.DELETE)
    assert (got["a"], got["b"], got["c"], got["d"]) == ({"x": 1}, ["p", "q"], [1, 2], "delete")
    assert "cut" not in got


def test_time_is_rfc_3339_in_utc_with_microseconds() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.now())


def test_a_list_of_ten_thousand_resources_is_cut_visibly() -> None:
    got = line(
        actions=[{"operation": "s3:DeleteObjects", "resources": [{"id": f"arn:aws:s3:::b/{n}"} for n in range(10_000)]}], decision="deny"
    )
    resources = got["actions"][0]["resources"]
    assert resources[0] == {"id": "arn:aws:s3:::b/0"}
    assert re.fullmatch(r"…\[\d+ more\]", resources[-1])
    assert got["decision"] == "deny"
    assert got["cut"] >= 1


def test_a_string_of_a_megabyte_is_cut_visibly() -> None:
    got = line(reason="x" * (1 << 20), decision="deny")
    assert got["reason"].endswith(f"…[{(1 << 20) - 4096} more characters]")
    assert got["decision"] == "deny"
    assert got["cut"] == 1


def test_many_huge_values_keep_the_decision() -> None:
    got = line(decision="deny", **{f"k{n}": ["\U0001f525" * 5000] * 20 for n in range(200)})
    assert got["decision"] == "deny"
    assert got["session"] == "s-1"
    assert got["cut"] > 100


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        (b"bytes", "…[5 bytes]"),
        (float("nan"), "…[nan]"),
        (float("inf"), "…[inf]"),
        pytest.param(1 << 50_000, "…[integer of 50001 bits]", id="huge"),
        (object(), "…[object]"),
        ({1, "a"}, [1, "a"]),
        ({b"k": 1}, {"b'k'": 1}),
    ],
)
def test_what_json_has_no_word_for_is_marked(value: object, mark: object) -> None:
    assert line(value=value)["value"] == mark


def test_a_value_within_itself_is_cut_at_a_depth() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "too deep" in json.dumps(line(value=loop))


def test_a_record_cannot_set_what_the_log_writes() -> None:
    with pytest.raises(AuditError, match="seq"):
        line(seq=1)


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key not in event.RESERVED), st.text()))
def test_no_text_breaks_the_line(fields: dict[str, str]) -> None:
    got = line(f=fields)
    assert got["f"] == fields


def test_control_characters_and_surrogates_are_escaped() -> None:
    evil = '"}\n{"seq":1,"decision":"allow"}\r\x1b[2J\u2028\x00\ud800'
    assert line(host=evil)["host"] == evil
