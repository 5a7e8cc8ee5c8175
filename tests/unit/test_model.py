"""Values that pass between stages: what is worked out once, and for whom it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dialects.aws.botocore_requests import installed
from warden.decoder import Decoder
from warden.errors import DecodeError
from warden.model import HttpRequest

HEAD = HttpRequest("POST", "https", "a.test", 443, "/", (("Host", "a.test"), ("X-A", "1"), ("x-a", "2")), body=None, body_length=2)


def test_headers_are_found_in_any_case_and_in_order() -> None:
    assert HEAD.fields == {"host": ["a.test"], "x-a": ["1", "2"]}
    assert HEAD.header_values("X-a") == ["1", "2"]
    assert HEAD.header("HOST") == "a.test"
    assert HEAD.header("absent") is None
    with pytest.raises(ValueError, match="2 times"):
        HEAD.header("x-A")


def test_a_reading_is_made_once_for_a_head_and_its_request() -> None:
    made = []

    def read(request: HttpRequest) -> int:
        made.append(request)
        return len(made)

    head = replace(HEAD)
    whole = head.with_body(b"ab")
    assert (whole.body, whole.body_length) == (b"ab", 2)
    assert (head.once(read), whole.once(read), head.once(read)) == (1, 1, 1)
    assert made == [head]


def test_a_reading_does_not_hold_for_a_request_that_was_changed() -> None:
    head = replace(HEAD)
    assert head.header("host") == "a.test"
    changed = replace(head.with_body(b""), headers=(("Host", "b.test"),))
    assert changed.header("host") == "b.test"


def test_what_a_reading_raises_is_not_kept() -> None:
    errors = [DecodeError("a", "A."), None]

    def read(request: HttpRequest) -> str:
        if error := errors.pop(0):
            raise error
        return "read"

    head = replace(HEAD)
    with pytest.raises(DecodeError):
        head.once(read)
    assert head.once(read) == "read"


def test_readings_are_no_part_of_the_value() -> None:
    read, unread = replace(HEAD), replace(HEAD)
    assert read.fields
    assert read == unread
    assert hash(read) == hash(unread)
    assert repr(read) == repr(unread)


@pytest.mark.parametrize("service", ["ec2", "s3", "sqs", "dynamodb", "lambda", "cloudwatch", "route53", "iam"])
def test_a_request_whose_head_was_read_first_is_decoded_as_one_that_came_whole(service: str) -> None:
    """What the proxy does: it asks whether the body is needed, reads it, and decodes."""
    decoder = Decoder()
    samples = list(installed().samples(service, full=True))
    assert samples
    for sample in samples:
        whole = replace(sample.request, body_length=len(sample.request.body or b""))
        head = replace(whole, body=None)
        decoder.needs_body(head)
        assert decoder.decode(head.with_body(whole.body or b"")) == decoder.decode(whole)
