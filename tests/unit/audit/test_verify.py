"""Verification: each kind of tampering is named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from warden.audit import head_path
from warden.audit.chain import Position, seal, unseal
from warden.audit.verify import parse_anchor, verify
from warden.errors import AuditError


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def problem(path: Path, anchor: Position | None = None) -> tuple[int, str]:
    found = verify([path], anchor).problem
    assert found is not None
    return found.line, found.what


@pytest.fixture
def log(path: Path, write: Callable[[int], None]) -> Path:
    """Ten lines: the start and nine rulings, records 1 to 10."""
    write(9)
    return path


def test_an_untouched_log_holds(log: Path) -> None:
    verdict = verify([log])
    assert (verdict.problem, verdict.records, verdict.notes) == (None, 10, [])
    assert str(verdict.position) == f"10:{json.loads(lines(log)[-1])['hash']}"


def test_a_changed_line(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b'"id":"r3","decision":"deny"', b'"id":"r3","decision":"allo"'))
    assert problem(log) == (5, "was changed: its content does not match its hash")


def test_a_changed_line_with_a_new_hash(log: Path) -> None:
    """Sealing a changed line anew moves the fault to the next line: it continues another record."""
    all_lines = lines(log)
    sealed = unseal(all_lines[4][:-1])
    all_lines[4] = seal(Position(sealed.position.seq - 1, sealed.prev), b'"kind":"ruling","decision":"allow"')[0]
    log.write_bytes(b"".join(all_lines))
    assert problem(log) == (6, "record 6 does not continue the record before it: one of the two was replaced")


def test_a_removed_line(log: Path) -> None:
    all_lines = lines(log)
    log.write_bytes(b"".join(all_lines[:4] + all_lines[5:]))
    assert problem(log) == (5, "is record 6 and follows record 4: record 5 is missing")


def test_swapped_lines(log: Path) -> None:
    all_lines = lines(log)
    all_lines[4], all_lines[5] = all_lines[5], all_lines[4]
    log.write_bytes(b"".join(all_lines))
    assert problem(log)[0] == 5


def test_a_repeated_line(log: Path) -> None:
    all_lines = lines(log)
    log.write_bytes(b"".join(all_lines[:5] + all_lines[4:]))
    assert problem(log) == (6, "is record 5 and follows record 5: it was moved, repeated or inserted")


def test_an_inserted_line(log: Path) -> None:
    all_lines = lines(log)
    log.write_bytes(b"".join([*all_lines[:5], b'{"kind":"ruling"}\n', *all_lines[5:]]))
    assert problem(log) == (6, "is not a record of the audit log")


def test_a_removed_beginning(log: Path) -> None:
    log.write_bytes(b"".join(lines(log)[3:]))
    assert problem(log)[0] == 1


def test_a_removed_end(log: Path) -> None:
    log.write_bytes(b"".join(lines(log)[:-2]))
    assert problem(log) == (0, "ends at record 8, but its head says 10: the end was removed")


@pytest.mark.parametrize("how", ["emptied", "deleted"])
def test_a_removed_log(log: Path, how: str) -> None:
    log.write_bytes(b"") if how == "emptied" else log.unlink()
    assert problem(log) == (0, "ends at record 0, but its head says 10: the end was removed")


def test_a_removed_head(log: Path) -> None:
    head_path(log).unlink()
    assert "head file is missing" in problem(log)[1]


def test_a_line_of_many_megabytes(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b"x" * (1 << 22) + b"\n")
    assert problem(log)[0] == 11


def test_an_anchor_proves_what_a_rewritten_chain_hides(log: Path) -> None:
    anchor = verify([log]).position
    assert verify([log], anchor).problem is None
    position, rewritten = Position(), []
    for line in lines(log):
        document = line[len(b'{"seq":') + len(str(position.seq + 1)) + len(b',"prev":"",') + 64 : -len(b',"hash":""}\n') - 64]
        sealed, position = seal(position, document.replace(b"r3", b"r4"))
        rewritten.append(sealed)
    log.write_bytes(b"".join(rewritten))
    head_path(log).write_bytes(head_path(log).read_bytes()[:57] + position.hash.encode() + b"\n")
    assert verify([log]).problem is None, "an unkeyed chain can be rewritten whole"
    assert "rewritten" in problem(log, anchor)[1]


def test_an_anchor_beyond_the_end(log: Path) -> None:
    assert "the log ends at 10" in problem(log, Position(11, "0" * 64))[1]


def test_an_anchor_stands_in_for_a_head(log: Path) -> None:
    anchor = verify([log]).position
    head_path(log).unlink()
    assert verify([log], anchor).problem is None


@pytest.mark.parametrize("text", ["", "12", "12:abc", "x:" + "0" * 64, "1:" + "G" * 64])
def test_what_is_no_anchor(text: str) -> None:
    with pytest.raises(AuditError, match="anchor"):
        parse_anchor(text)


def test_rotated_files_must_be_given_in_order(log: Path, write: Callable[[int], None]) -> None:
    old = log.with_name("audit.jsonl.1")
    log.rename(old)
    write(1)
    alone = verify([log])
    assert alone.problem is None
    assert alone.notes == [f"{log}: continues an earlier file, which was not given, after record 10"]
    assert verify([old, log]).problem is None
    assert verify([log, old]).problem is not None
    old.write_bytes(b"".join(lines(old)[:-1]))
    found = verify([old, log]).problem
    assert found is not None
    assert (found.path, found.line) == (log, 1)


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="cannot be read"):
        verify([tmp_path / "none"])
