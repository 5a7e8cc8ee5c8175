"""The strict protobuf reader: the wire format's own examples, well-known types as JSON has them, and every message with two readings refused."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.dialects.body import grpc
from warden.dialects.body.protobuf import MAX_FIELDS, Schema, field, fields, message, varint
from warden.errors import DecodeError

ONE: Schema = {"1": ["a", "int"]}


@pytest.mark.parametrize(
    ("data", "schema", "tree"),
    [
        # https://protobuf.dev/programming-guides/encoding/: 150, "testing", a nested message, packed numbers
        (b"\x08\x96\x01", {"1": ["a", "int"]}, {"a": 150}),
        (b"\x12\x07testing", {"2": ["b", "text"]}, {"b": "testing"}),
        (b"\x1a\x03\x08\x96\x01", {"3": ["c", {"1": ["a", "int"]}]}, {"c": {"a": 150}}),
        (b"\x32\x06\x03\x8e\x02\x9e\xa7\x05", {"6": ["e", "uint", "repeated"]}, {"e": [3, 270, 86942]}),
        (b"\x08\x01\x08\x02", {"1": ["a", "int", "repeated"]}, {"a": [1, 2]}),
        (b"", {"1": ["a", "int"]}, {}),
        (b"\x08" + b"\xff" * 9 + b"\x01", {"1": ["a", "int"]}, {"a": -1}),
        (b"\x08" + b"\xff" * 9 + b"\x01", {"1": ["a", "uint"]}, {"a": 2**64 - 1}),
        (b"\x08\x03", {"1": ["a", "zigzag"]}, {"a": -2}),
        (b"\x08\x01", {"1": ["a", "bool"]}, {"a": True}),
        (b"\x08\x00", {"1": ["a", "bool"]}, {"a": False}),
        (b"\x08\x02", {"1": ["a", {"enum": {"2": "DISABLED"}}]}, {"a": "DISABLED"}),
        (b"\x08\x09", {"1": ["a", {"enum": {"2": "DISABLED"}}]}, {"a": "9"}),
        (b"\x0d" + struct.pack("<I", 7), {"1": ["a", "fixed32"]}, {"a": 7}),
        (b"\x09" + struct.pack("<q", -7), {"1": ["a", "sfixed64"]}, {"a": -7}),
        (b"\x09" + struct.pack("<d", 1.5), {"1": ["a", "double"]}, {"a": 1.5}),
        (field(1, field(1, 90) + field(2, 500)), {"1": ["a", "duration"]}, {"a": "90.000000500s"}),
        (field(1, field(1, 90)), {"1": ["a", "duration"]}, {"a": "90s"}),
        (field(1, field(1, "ttl") + field(1, "labels")), {"1": ["m", "mask"]}, {"m": "ttl,labels"}),
        (field(1, b""), {"1": ["a", "wrapped bool"]}, {"a": False}),
        (field(1, field(1, 1)), {"1": ["a", "wrapped bool"]}, {"a": True}),
        (field(1, field(1, "k") + field(2, "v")), {"1": ["m", "text", "map"]}, {"m": {"k": "v"}}),
        (field(1, field(1, "k")), {"1": ["m", "text", "map"]}, {"m": {"k": ""}}),
        (
            field(1, field(1, "x")) + field(1, field(2, "y")),
            {"1": ["m", {"1": ["a", "text"], "2": ["b", "text"]}]},
            {"m": {"a": "x", "b": "y"}},
        ),
        (field(9, "skipped") + field(1, 5), ONE, {"a": 5}),
        (field(1, 5) + field(1, 5), ONE, {"a": 5}),
    ],
)
def test_reads(data: bytes, schema: Schema, tree: dict[str, Any]) -> None:
    assert message(data, schema) == tree


@pytest.mark.parametrize(
    ("data", "schema", "code"),
    [
        (b"\x08", ONE, "malformed-protobuf"),
        (b"\x08" + b"\xff" * 10 + b"\x01", ONE, "malformed-protobuf"),
        (b"\x08" + b"\xff" * 9 + b"\x02", ONE, "malformed-protobuf"),
        (b"\x00\x01", ONE, "malformed-protobuf"),
        (b"\x0b\x0c", ONE, "malformed-protobuf"),  # a group
        (b"\x0e", ONE, "malformed-protobuf"),  # wire type 6
        (b"\x12\x05abc", ONE, "malformed-protobuf"),
        (b"\x0d\x01", ONE, "malformed-protobuf"),
        (b"\x0a\x01\x01", ONE, "malformed-protobuf"),  # another wire type than the schema's
        (b"\x08\x01", {"1": ["m", {"1": ["a", "int"]}]}, "malformed-protobuf"),
        (b"\x08\x01\x08\x02", ONE, "duplicate-protobuf-field"),
        (field(1, "a") + field(1, "b"), {"1": ["a", "text"]}, "duplicate-protobuf-field"),
        (field(1, field(1, 1)) + field(1, field(1, 2)), {"1": ["m", ONE]}, "duplicate-protobuf-field"),
        (field(1, b"\xff"), {"1": ["a", "text"]}, "invalid-utf8"),
        (field(1, 1) * (MAX_FIELDS + 1), {}, "too-many-fields"),
    ],
)
def test_refuses(data: bytes, schema: Schema, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        message(data, schema)
    assert caught.value.code == code


def test_depth() -> None:
    schema: dict[str, Any] = {}
    schema["1"] = ["m", schema]
    data = b""
    for _ in range(64):
        data = field(1, data)
    assert "m" in message(data, schema)
    with pytest.raises(DecodeError):
        message(field(1, field(1, data)), schema)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=40))), max_size=20))
def test_what_is_written_is_read(parts: list[tuple[int, int | bytes]]) -> None:
    data = b"".join(field(number, value) for number, value in parts)
    assert [(number, value) for number, _, value in fields(data)] == parts


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    schema: dict[str, Any] = {"1": ["a", "text"], "2": ["b", "int", "repeated"], "3": ["c", "duration"], "5": ["e", "double"]}
    schema["4"] = ["d", schema, "repeated"]
    for read in (lambda: message(data, schema), lambda: list(fields(data)), lambda: grpc.messages(data, "gzip")):
        with contextlib.suppress(DecodeError):
            read()


def test_varint() -> None:
    assert [varint(value) for value in (0, 127, 128, 300)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02"]
