"""A forwarded port: HTTP's answers are redacted, other protocols pass until a secret shows."""

from __future__ import annotations

import json
import random

import pytest

from tests.unit.redact.streams.conftest import cut, fed, random_secret
from warden.redact.answer import Answer, Head
from warden.redact.headers import Fields
from warden.redact.redactor import BlockedError
from warden.redact.streams.forward import Forward
from warden.redact.streams.live import PATIENCE
from warden.redact.streams.look import Sight

KNOWN, NEW = random_secret(41), random_secret(42)
ASKED = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def forward(sight: Sight) -> Forward:
    def answer(method: str, status: int, fields: Fields) -> Answer:
        return Answer(sight.redactor, sight.place, Head(method, status, fields))

    return Forward(sight, answer)


def response(body: bytes, *fields: bytes, status: bytes = b"200 OK", length: bool = True, version: bytes = b"HTTP/1.1") -> bytes:
    sized = (*fields, b"Content-Length: %d" % len(body)) if length else fields
    return version + b" " + status + b"\r\n" + b"".join(field + b"\r\n" for field in sized) + b"\r\n" + body


def chunked(body: bytes, size: int = 10) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in cut(body, list(range(0, len(body), size)))) + b"0\r\n\r\n"


BODY = json.dumps({"user": "web", "db_password": NEW.decode()}).encode()
JSON = b"Content-Type: application/json"


@pytest.mark.parametrize("seed", range(10))
def test_answers_one_behind_the_other(forward: Forward, sight: Sight, seed: int) -> None:
    drawn = random.Random(seed)
    forward.asked(ASKED)
    forward.asked(b"POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGETS" + b"HEAD /three HTTP/1.1\r\nHost: x\r\n\r\n" + ASKED)
    stream = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        + response(BODY, JSON)
        + response(chunked(BODY), JSON, b"Transfer-Encoding: chunked", length=False)
        + response(b"", b"Content-Length: 999", length=False)
        + response(b"a log\nDB_PASSWORD=" + NEW + b"\n", b"Content-Type: text/plain")
    )
    made = b"".join(forward.feed(piece) for piece in cut(stream, [drawn.randint(0, len(stream)) for _ in range(12)])) + forward.finish()
    placeholder = next(entry.placeholder for entry in sight.redactor.vault.entries() if entry.secret == NEW)
    body = BODY.replace(NEW, placeholder)
    log = b"a log\nDB_PASSWORD=" + placeholder + b"\n"
    assert made == (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        + response(body, JSON)
        + response(body, JSON)
        + response(b"", b"Content-Length: 999", length=False)
        + response(log, b"Content-Type: text/plain")
    )
    assert len(sight.findings) == 3


def test_a_body_to_the_end_of_the_stream(forward: Forward) -> None:
    forward.asked(ASKED)
    made = forward.feed(response(BODY, JSON, length=False)) + forward.finish()
    assert NEW not in made
    assert json.loads(made.partition(b"\r\n\r\n")[2])["user"] == "web"


def test_a_large_body_goes_on_in_chunks(forward: Forward) -> None:
    forward.asked(ASKED)
    line = b"a line of a log without anything, " * 40 + b"\n"
    stream = response(line * 7_000 + b"DB_PASSWORD=" + NEW + b"\n", b"Content-Type: text/plain")
    made = b"".join(forward.feed(piece) for piece in cut(stream, list(range(0, len(stream), 65536)))) + forward.finish()
    assert b"Transfer-Encoding: chunked" in made.partition(b"\r\n\r\n")[0]
    assert b"Content-Length" not in made.partition(b"\r\n\r\n")[0]
    assert NEW not in made
    assert made.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
        b"x" * 70_000,
    ],
)
def test_what_is_not_read_ends_it(forward: Forward, answer: bytes) -> None:
    forward.asked(ASKED)
    with pytest.raises(BlockedError):
        forward.feed(answer)


def test_an_answer_that_is_cut_off(forward: Forward) -> None:
    forward.asked(ASKED)
    assert forward.feed(response(BODY, JSON)[:-9]) == b""
    with pytest.raises(BlockedError):
        forward.finish()


def test_what_follows_a_switch_is_not_read(forward: Forward) -> None:
    forward.asked(ASKED)
    made = forward.feed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\x01data")
    assert made == b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\x01data"
    with pytest.raises(BlockedError):
        forward.feed(b"\nDB_PASSWORD=" + NEW + b"\n")


@pytest.mark.parametrize("asked", [b"", b"*1\r\n$4\r\nPING\r\n", b"\x16\x03\x01", b"GET"])
def test_another_protocol(forward: Forward, sight: Sight, asked: bytes) -> None:
    sight.redactor.vault.admit(KNOWN)
    forward.asked(asked)
    noise = random.Random(7).randbytes(1000)
    assert forward.feed(noise) + forward.flush() == noise
    made: list[bytes] = []
    with pytest.raises(BlockedError, match="its protocol is not read"):
        fed(made, [bytes([byte]) for byte in KNOWN + b"\n"], forward.feed, lambda _: forward.flush())
    assert KNOWN[4:] not in b"".join(made)


def test_a_database_does_not_wait(forward: Forward) -> None:
    forward.asked(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
    assert forward.feed(b"N") == b"N"
    assert forward.feed(b"R\x00\x00\x00\x08\x00\x00\x00\x00" * 20) == b"R\x00\x00\x00\x08\x00\x00\x00\x00" * 20
    assert not forward.waiting


def test_what_may_be_a_value_waits_for_a_while(forward: Forward) -> None:
    """The client may say nothing before it has it: a value in the making is no reason to wait for ever."""
    assert forward.feed(b"token=ab") == b"token="
    made = b""
    for _ in range(PATIENCE + 1):
        assert made or forward.waiting
        made += forward.flush()
    assert made == b"ab"
