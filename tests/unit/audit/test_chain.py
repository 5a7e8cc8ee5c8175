"""Sealing lines: what holds, and each way a line can fail to."""

from __future__ import annotations

import pytest

from warden.audit.chain import GENESIS, HEAD_SIZE, LINE_LIMIT, Head, Position, seal, unseal

BODY = b'"kind":"ruling","decision":"deny"'


def test_a_sealed_line_reads_back_and_continues() -> None:
    line, first = seal(Position(), BODY)
    sealed = unseal(line[:-1])
    assert sealed.position == first
    assert sealed.document["decision"] == "deny"
    assert (sealed.document["seq"], sealed.document["prev"], sealed.document["hash"]) == (1, GENESIS, first.hash)
    assert sealed.continues(Position())
    second = unseal(seal(first, BODY)[0][:-1])
    assert second.continues(first)
    assert not second.continues(Position())


@pytest.mark.parametrize("at", range(0, 260, 7))
def test_any_changed_byte_shows(at: int) -> None:
    line = seal(Position(), BODY)[0][:-1]
    at %= len(line)
    with pytest.raises(ValueError, match=r"hash|record|JSON"):
        unseal(line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :])


@pytest.mark.parametrize("line", [b"", b"{}", b"null", b'{"seq":1}', b"\xff" * 300, b"x" * (LINE_LIMIT + 1)])
def test_other_lines_are_no_records(line: bytes) -> None:
    with pytest.raises(ValueError, match="record"):
        unseal(line)


def test_a_line_that_is_sealed_but_not_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        unseal(seal(Position(), b'"kind":')[0][:-1])


def test_the_head_has_one_width_and_reads_back() -> None:
    for head in (Head(), Head(Position(10**19 - 1, "f" * 64), 1 << 50)):
        raw = head.encode()
        assert len(raw) == HEAD_SIZE
        assert Head.parse(raw) == head


@pytest.mark.parametrize("raw", [b"", b"x" * HEAD_SIZE, Head().encode()[:-1], Head().encode() + b"x"])
def test_other_bytes_are_no_head(raw: bytes) -> None:
    assert Head.parse(raw) is None
