"""AWS's event streams, made anew so that botocore's own reader takes them."""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from warden.answers import Answers
from warden.model import HttpRequest
from warden.redact.answer import Mode
from warden.redact.eventstream import EventStream
from warden.redact.redactor import BlockedError, Place

NEW = "Xy7-" + "".join(random.Random(5).choices("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", k=24))


def message(payload: bytes, **headers: Any) -> bytes:
    """One message, as a service writes it."""
    encoded = b""
    for name, value in headers.items():
        key = name.replace("_", "-").encode()
        encoded += bytes([len(key)]) + key
        match value:
            case bool():
                encoded += bytes([0 if value else 1])
            case str():
                encoded += b"\x07" + struct.pack(">H", len(value)) + value.encode()
            case bytes():
                encoded += b"\x06" + struct.pack(">H", len(value)) + value
            case int():
                encoded += b"\x05" + struct.pack(">q", value)
    prelude = struct.pack(">II", len(encoded) + len(payload) + 16, len(encoded))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def read(body: bytes) -> list[Any]:
    """What botocore makes of it: it checks every length and both sums."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return list(buffer)


def through(body: bytes, size: int, answers: Answers | None = None) -> bytes:
    """The body as an answer of Bedrock, arriving in pieces."""
    request = HttpRequest("POST", "https", "bedrock-runtime.us-east-1.amazonaws.com", 443, "/model/m/invoke", (), b"", 0)
    fields = (("Content-Type", "application/vnd.amazon.eventstream"), ("Transfer-Encoding", "chunked"))
    answer = (answers or Answers()).answer(request, (), 200, fields)
    assert answer.mode is Mode.STREAM
    return b"".join(answer.feed(body[at : at + size]) for at in range(0, len(body), size)) + answer.finish()


BODY = (
    message(json.dumps({"contentBlockDelta": {"delta": {"text": "hello"}}}).encode(), event_type="contentBlockDelta", flag=True, number=7)
    + message(json.dumps({"logEvents": [{"message": f"DB_PASSWORD={NEW}"}]}).encode(), event_type="sessionUpdate", raw=b"\x00\xff")
    + message(json.dumps({"bytes": base64.b64encode(json.dumps({"api_token": NEW}).encode()).decode()}).encode(), event_type="chunk")
    + message(b"\xff\xfe\x00binary", event_type="audio")
    + message(b"")
)


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_lengths_and_sums_are_made_anew(size: int) -> None:
    made = read(through(BODY, size))
    before = read(BODY)
    assert [one.headers for one in made] == [one.headers for one in before]
    assert [made[i].payload for i in (0, 3, 4)] == [before[i].payload for i in (0, 3, 4)]
    log = json.loads(made[1].payload)["logEvents"][0]["message"]
    assert log.startswith("DB_PASSWORD=")
    inner = json.loads(base64.b64decode(json.loads(made[2].payload)["bytes"]))
    assert log == f"DB_PASSWORD={inner['api_token']}"
    assert NEW not in log


def test_one_in_which_nothing_is_found_passes_as_it_is() -> None:
    body = message(b'{"a": 1}', event_type="x") * 3
    assert through(body, 11) == body


def test_a_secret_in_a_header() -> None:
    (made,) = read(through(message(b"", message=f"password={NEW}!"), 9))
    assert NEW not in made.headers["message"]
    assert made.headers["message"].startswith("password=")


@pytest.mark.parametrize(
    "body",
    [
        BODY[:-1],
        BODY[:40] + b"\0" + BODY[41:],
        b"\0\0\0\1" + BODY[4:],
        message(b"x", a="b")[:-4] + b"\0\0\0\0",
        b"nonsense, and more of it",
    ],
)
def test_what_is_damaged_is_blocked(body: bytes) -> None:
    with pytest.raises(BlockedError):
        through(body, 50)


def test_headers_of_no_known_type_are_blocked() -> None:
    encoded = b"\x01a\x0bxx"
    prelude = struct.pack(">II", len(encoded) + 16, len(encoded))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded
    with pytest.raises(BlockedError, match="headers"):
        through(whole + struct.pack(">I", zlib.crc32(whole)), 50)


def test_a_known_secret_over_two_events() -> None:
    answers = Answers()
    answers.redactor.admit(NEW.encode(), "test", Place())
    with pytest.raises(BlockedError, match="another"):
        through(message(b"csv," + NEW[:9].encode()) + message(NEW[9:].encode() + b",csv"), 50, answers)
    with pytest.raises(BlockedError, match="no text"):
        through(message(b"\xff\xfe" + NEW.encode()), 50, answers)


def test_nothing_is_held_but_the_message_under_way() -> None:
    events = EventStream(lambda text: text, lambda data: False)
    one = message(b'{"a": 1}', event_type="x")
    assert events.feed(one + one[:20]) == one
    assert events.feed(one[20:]) == one
