"""Which ETag becomes a weak one, and back."""

from __future__ import annotations

import secrets

import pytest

from warden.answers import Answers
from warden.model import Action, HttpRequest, Verb
from warden.redact.answer import LIMIT, Mode
from warden.redact.etag import restored, weakened
from warden.redact.headers import Fields, values

MD5 = "9b2cf535f27731c974343645a3985328"
WEAK = f'W/"{MD5}-redacted"'
SECRET = b"GITHUB_TOKEN=gh" + b"p_" + secrets.token_hex(18).encode() + b"\n"
HEAD: Fields = (
    ("ETag", f'"{MD5}"'),
    ("x-amz-checksum-crc32", "xNkTnQ=="),
    ("x-amz-checksum-type", "FULL_OBJECT"),
    ("x-amz-meta-md5chksum", "a"),
)
READ = (Action("aws", "s3:GetObject", Verb.READ),)


@pytest.mark.parametrize("etag", [MD5, f'"{MD5}-3"', f'W/"{MD5}"', '"abc"', "", WEAK, f'"{MD5}", "{MD5}"'])
def test_what_is_no_md5_stays(etag: str) -> None:
    assert weakened(etag) == etag


@pytest.mark.parametrize(
    ("name", "sent", "arrives"),
    [
        ("If-Match", WEAK, f'"{MD5}"'),
        ("if-none-match", f'"x", {WEAK}, W/"y"', f'"x", "{MD5}", W/"y"'),
        ("If-Range", WEAK, f'"{MD5}"'),
        ("x-amz-copy-source-if-match", WEAK, f'"{MD5}"'),
        ("If-Match", f'W/"{MD5}"', f'W/"{MD5}"'),
        ("If-Match", "*", "*"),
        ("X-Amz-Meta-Seen", WEAK, WEAK),
    ],
)
def test_conditions_have_the_servers_own(name: str, sent: str, arrives: str) -> None:
    made = restored(HttpRequest("GET", "https", "h", 443, "/", (("Host", "h"), (name, sent))))
    assert made.headers == (("Host", "h"), (name, arrives))


def fields(body: bytes, kind: str, actions: tuple[Action, ...] = READ, status: int = 200, *more: tuple[str, str]) -> dict[str, list[str]]:
    """The names of the head's fields after `body`, and their values."""
    request = HttpRequest("GET", "https", "b.s3.amazonaws.com", 443, "/key")
    answer = Answers().answer(request, actions, status, (*HEAD, ("Content-Type", kind), ("Content-Length", str(len(body))), *more))
    if answer.mode is Mode.WHOLE:
        answer.whole(body)
    return {name.lower(): values(answer.fields, name.lower()) for name, _ in answer.fields}


LARGE = b"a harmless line\n" * (LIMIT // 16 + 1)
KEPT, TAKEN = (f'"{MD5}"', True), (WEAK, False)


@pytest.mark.parametrize(
    ("body", "kind", "left"),
    [
        (SECRET, "text/plain", TAKEN),
        (b"MODE=prod\n", "text/plain", KEPT),
        (bytes(range(256)), "binary/octet-stream", KEPT),
        (LARGE, "text/plain", TAKEN),  # its head is sent before it has been looked through
        (LARGE, "binary/octet-stream", TAKEN),
        (LARGE, "image/png", TAKEN),
    ],
    ids=["secret", "harmless", "binary", "large", "large, of any type", "large, said to be an image"],
)
def test_a_body_that_is_changed_or_may_be_has_no_sums(body: bytes, kind: str, left: tuple[str, bool]) -> None:
    found = fields(body, kind)
    assert found["etag"] == [left[0]]
    assert ("x-amz-checksum-crc32" in found, "x-amz-meta-md5chksum" in found) == (left[1], left[1])
    assert "x-amz-checksum-type" in found


def test_a_part_and_what_is_not_s3s_keep_their_etag() -> None:
    part = fields(LARGE, "image/png", READ, 206, ("Content-Range", f"bytes 16-{len(LARGE) + 15}/{len(LARGE) * 2}"))
    assert part["etag"] == [f'"{MD5}"']
    assert fields(SECRET, "text/plain", (Action("http", "GET", Verb.READ),))["etag"] == [f'"{MD5}"']
