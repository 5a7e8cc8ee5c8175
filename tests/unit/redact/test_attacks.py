"""What a hostile reader tried to get a secret through with, one row each. Each response has a secret that is found when it is served plainly."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any

import pytest

from warden.cli.redact import Session, redact_record

SECRET = "Zq8-" + secrets.token_urlsafe(12) + "9x"


def served(
    body: bytes, content_type: str = "application/json", url: str = "https://b.s3.us-east-1.amazonaws.com/x", **more: Any
) -> dict[str, Any]:
    headers = {"content-type": content_type, "content-length": str(len(body)), **more.pop("headers", {})}
    record = {
        "request": {"method": "GET", "url": url},
        "status": 200,
        "headers": headers,
        "body_b64": base64.b64encode(body).decode(),
        **more,
    }
    return redact_record(record, Session())


def shows(answer: dict[str, Any]) -> bool:
    return SECRET.encode() in base64.b64decode(answer["body_b64"])


PLAIN = json.dumps({"password": SECRET}).encode()


def test_the_control_is_found() -> None:
    assert not shows(served(PLAIN))
    assert shows(served(json.dumps({"note": SECRET}).encode()))


@pytest.mark.parametrize(
    "content_type",
    ["text/plain;charset=utf-16", "application/json; charset=utf-16", 'text/html; x="charset=utf-16"', "image/png", "application/octet-stream",
     "application/x-git-upload-pack-result", "application/zip", "text/plain; charset=utf-32", "", "multipart/mixed; boundary=x"],
)  # fmt: skip
def test_what_a_body_is_called_changes_nothing(content_type: str) -> None:
    assert not shows(served(PLAIN, content_type))
    assert not shows(served(PLAIN + b" ", content_type))


@pytest.mark.parametrize("front", [b"\x01", b"GIF8", b"%PDF-1.4\n", b"PK\x03\x04", b"\x1f\x8b"])
def test_a_few_bytes_in_front_make_no_binary(front: bytes) -> None:
    answer = served(front + PLAIN * 3, "application/octet-stream")
    assert answer["blocked"] or not shows(answer)


@pytest.mark.parametrize("content_type", ["application/vnd.kubernetes.protobuf", "application/cbor"])
def test_structured_answers_that_are_not_read_do_not_pass_with_a_secret(content_type: str) -> None:
    body = b"k8s\x00\x0a\x20\x00\x01\x02" + f"password: {SECRET}".encode() + bytes(300)
    assert served(body, content_type)["blocked"]
    assert served(b"k8s\x00\x0a\x20\x00\x01\x02 nothing" + bytes(300), content_type)["blocked"] is None


def test_a_part_of_a_text_does_not_pass() -> None:
    body = f"{SECRET}\nregion = us-east-1\n".encode() * 9
    assert served(body, "text/plain", status=206, headers={"content-range": "bytes 22-900/1000"})["blocked"]


@pytest.mark.parametrize("key", ["passw\\u006frd", "\\u0070assword", "pass\\u0077ord"])
def test_an_escaped_key_is_a_key(key: str) -> None:
    assert not shows(served(f'{{"{key}": "{SECRET}"}}'.encode()))


@pytest.mark.parametrize("depth", [1, 3, 5, 7])
def test_text_inside_text_is_looked_through_or_blocked(depth: int) -> None:
    text = f"password={SECRET}".encode()
    for _ in range(depth):
        text = base64.b64encode(text)
    answer = served(text, "text/plain")
    if answer["blocked"] is None:
        made = base64.b64decode(answer["body_b64"])
        for _ in range(depth):
            made = base64.b64decode(made)
        assert SECRET.encode() not in made


def test_a_name_and_its_value_on_two_lines_of_a_stream() -> None:
    body = f"password: |\n  {SECRET}\nnext: 1\n".encode()
    headers = {"content-type": "text/plain"}
    record = {"request": {"method": "GET", "url": "https://a.example/"}, "headers": headers, "body_b64": base64.b64encode(body).decode()}
    assert not shows(redact_record(record, Session()))


@pytest.mark.parametrize(
    "unit", [b"aaaaaaaaaaaaaaaaaaaaaaaaa/", b"dGVz" * 6 + b"-", b"password: |\n  ", b"<password><![CDATA[", b"YWJj" * 6 + b"_"]
)
def test_the_time_is_linear(unit: bytes) -> None:
    """A quarter of a megabyte: its square would take minutes."""
    started = time.process_time()
    served(unit * (250_000 // len(unit)), "text/plain")
    assert time.process_time() - started < 10
