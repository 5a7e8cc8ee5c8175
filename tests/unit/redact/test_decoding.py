"""Encoded text inside text."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.redact.decoding import INFLATED, inflate, runs

TEXT = b"password: hunter2, and more of it"
FORMS = {
    "base64": base64.b64encode(TEXT),
    "unpadded": base64.b64encode(TEXT).rstrip(b"="),
    "url": base64.urlsafe_b64encode(b"???>>>" + TEXT),
    "hex": TEXT.hex().encode(),
    "HEX": TEXT.hex().upper().encode(),
    "gzip": base64.b64encode(gzip.compress(TEXT * 3)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", [b'{"a":"%s"}', b"x: %s\n", b"Basic %s", b"a=%s&b=2"])
def test_encoded_text_is_read_and_written_back(form: str, around: bytes) -> None:
    text = around % FORMS[form]
    (run,) = list(runs(text))
    assert TEXT in run.text
    assert text[run.start : run.end] == FORMS[form]
    again = run.encode(run.text)
    (same,) = list(runs(around % again))
    assert same.text == run.text
    if "gzip" not in form:
        assert again == FORMS[form]


@given(st.binary(min_size=15, max_size=200))
def test_random_bytes_are_left(data: bytes) -> None:
    for run in runs(b'"' + base64.b64encode(bytes([data[0] | 0x80]) + data) + b'"'):
        assert run.text.isascii() or run.text.decode(errors="ignore")


@pytest.mark.parametrize(
    "text",
    [b"sha256:" + b"0123456789abcdef" * 4, b"/apis/apps/v1/namespaces/production/deployments/frontend", b"arn:aws:iam::123456789012:role/ProductionDeploymentRole",
     b"d41d8cd98f00b204e9800998ecf8427e", b"550e8400-e29b-41d4-a716-446655440000"],
)  # fmt: skip
def test_identifiers_are_left(text: bytes) -> None:
    assert list(runs(b'{"a":"' + text + b'"}')) == []


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(OverflowError):
        inflate(gzip.compress(bytes(INFLATED + 1)))
