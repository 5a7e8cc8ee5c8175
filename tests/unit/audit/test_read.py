"""Reading: newest first over block borders, and following growth, healing and rotation."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from warden.audit import read
from warden.errors import AuditError


@pytest.mark.parametrize("block", [100, 1000, 1 << 18])
def test_backwards_over_any_block(path: Path, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(read, "_BLOCK", block)
    write(20)
    assert [record["seq"] for record in read.backwards(path)] == list(range(21, 0, -1))


def test_backwards_passes_over_what_is_no_record(path: Path, write: Callable[[int], None]) -> None:
    write(1)
    with path.open("ab") as file:
        file.write(b'junk\n[1]\n{"a":\n' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b'\n{"half":')
    assert [record["seq"] for record in read.backwards(path)] == [2, 1]


def test_following_passes_over_odd_sequence_numbers(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"seq":"x"}\n{"seq":{}}\n{"seq":3}\n')
    assert len(list(read.follow(path, forever=False))) == 3
    assert next(read.follow(path, backlog=0, wait=0.01)) == {"seq": 3}


def test_a_missing_log_says_how_one_begins(tmp_path: Path) -> None:
    for records in (read.backwards(tmp_path / "none"), read.follow(tmp_path / "none")):
        with pytest.raises(AuditError, match="There is no audit log"):
            next(iter(records))


def test_the_last_records_without_following(path: Path, write: Callable[[int], None]) -> None:
    write(20)
    assert [record["seq"] for record in read.follow(path, backlog=3, forever=False)] == [19, 20, 21]


def test_following_growth_and_rotation(path: Path, write: Callable[[int], None]) -> None:
    write(2)
    following = read.follow(path, backlog=1, wait=0.01)
    assert next(following)["seq"] == 3
    threading.Timer(0.05, write, (2,)).start()
    assert [next(following)["seq"] for _ in range(2)] == [4, 5]
    path.rename(path.with_name("old"))
    threading.Timer(0.05, write, (1,)).start()
    assert [record["kind"] for record in itertools.islice(following, 2)] == ["log.start", "ruling"]


def test_half_a_line_is_read_again_when_it_was_healed(path: Path, write: Callable[[int], None]) -> None:
    write(1)
    following = read.follow(path, backlog=1, wait=0.01)
    assert next(following)["seq"] == 2
    with path.open("ab") as file:
        file.write(b'{"seq":3,"prev":"to')
    threading.Timer(0.05, write, (1,)).start()
    assert [json.dumps(record["kind"]) for record in itertools.islice(following, 2)] == ['"recovered"', '"ruling"']
