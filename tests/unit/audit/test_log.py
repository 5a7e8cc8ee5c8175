"""Appending: the file's form, several writers, killed writers, full disks, files that are not ours."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warden.audit import head_path
from warden.audit.chain import LINE_LIMIT, Head, seal, unseal
from warden.audit.log import Log
from warden.audit.verify import verify
from warden.errors import AuditError
from warden.model import AuditRecord, Principal

WHO = Principal("claude", "s-1", "default", "eva")
FORK = multiprocessing.get_context("fork")


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def kinds(path: Path) -> list[str]:
    return [record["kind"] for record in records(path)]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def ruling(name: str) -> AuditRecord:
    return AuditRecord("ruling", WHO, {"id": name, "decision": "deny"})


def test_a_new_log_is_private_and_starts_its_chain(path: Path) -> None:
    os.umask(0o022)
    Log(path).append(ruling("r1"))
    assert (mode(path), mode(head_path(path)), mode(path.parent)) == (0o600, 0o600, 0o700)
    start, first = records(path)
    assert (start["seq"], start["kind"], start["continues"]) == (1, "log.start", "")
    assert (first["seq"], first["prev"], first["id"], first["session"]) == (2, start["hash"], "r1", "s-1")
    assert verify([path]).problem is None


def test_writers_take_turns_in_one_chain(path: Path) -> None:
    one, two = Log(path), Log(path)
    for _ in range(3):
        one.append(ruling("one"))
        two.append(ruling("two"))
    assert [record.get("id") for record in records(path)[1:]] == ["one", "two"] * 3
    assert verify([path]).problem is None


def test_a_fork_of_an_open_log_has_its_own_lock(path: Path) -> None:
    log = Log(path)
    log.append(ruling("parent"))

    def child() -> None:
        for _ in range(200):
            log.append(ruling("child"))

    children = [FORK.Process(target=child) for _ in range(4)]
    for process in children:
        process.start()
    for _ in range(200):
        log.append(ruling("parent"))
    for process in children:
        process.join(60)
        assert process.exitcode == 0
    assert verify([path]).records == 1 + 1 + 5 * 200


def test_writers_that_are_killed_at_any_moment_leave_a_log_that_verifies(path: Path) -> None:
    def child() -> None:
        log = Log(path)
        while True:
            log.append(ruling("x" * 3000))

    for _ in range(6):
        children = [FORK.Process(target=child) for _ in range(3)]
        for process in children:
            process.start()
        time.sleep(0.1)
        for process in children:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join(10)
    Log(path).append(ruling("last"))
    verdict = verify([path])
    assert verdict.problem is None
    assert verdict.records > 20


@pytest.mark.parametrize("kept", [1, 20, 150, -1])
def test_half_a_line_of_a_killed_writer_is_healed_visibly(path: Path, write: Callable[[int], None], kept: int) -> None:
    write(2)
    head = Head.parse(head_path(path).read_bytes())
    assert head is not None
    torn = seal(head.position, b'"kind":"ruling","id":"torn","reason":"was being written when the writer was killed"')[0][:kept]
    with path.open("ab") as file:
        file.write(torn)
    assert verify([path]).problem is None
    assert "half a line" in verify([path]).notes[0]
    write(1)
    recovered = records(path)[-2]
    assert (recovered["kind"], recovered["what"], recovered["torn"]) == ("recovered", "torn", torn.decode())
    verdict = verify([path])
    assert verdict.problem is None
    assert "quotes it" in verdict.notes[0]


@pytest.mark.parametrize("lines", [1, 3])
def test_whole_lines_that_the_head_does_not_know_are_adopted_visibly(path: Path, write: Callable[[int], None], lines: int) -> None:
    more = ahead(path, write, lines)
    with path.open("ab") as file:
        file.write(b"".join(more))
    assert verify([path]).problem is None
    write(1)
    ids = [record.get("what") or record.get("id") for record in records(path)]
    assert ids[-lines - 2 :] == [f"more{number}" for number in range(lines)] + ["adopted", "r0"]
    assert verify([path]).problem is None


def test_half_of_what_one_append_wrote_is_healed_visibly(path: Path, write: Callable[[int], None]) -> None:
    """Killed in the middle of the second of three lines: the first is whole, and continues the chain."""
    first, second, _third = ahead(path, write, 3)
    with path.open("ab") as file:
        file.write(first + second[:40])
    assert verify([path]).problem is None
    write(1)
    whole, recovered, last = records(path)[-3:]
    assert (whole["id"], recovered["what"], recovered["torn"], last["id"]) == ("more0", "torn", second[:40].decode(), "r0")
    assert verify([path]).problem is None


def test_lines_that_do_not_continue_each_other_are_foreign(path: Path, write: Callable[[int], None]) -> None:
    first, _second, third = ahead(path, write, 3)
    with path.open("ab") as file:
        file.write(first + third)
    write(1)
    assert [record.get("what") for record in records(path)[-2:]] == ["foreign", None]
    assert verify([path]).problem is not None


def ahead(path: Path, write: Callable[[int], None], count: int) -> list[bytes]:
    """Lines that continue a log of two rulings."""
    write(2)
    head = Head.parse(head_path(path).read_bytes())
    assert head is not None
    position, lines = head.position, []
    for number in range(count):
        line, position = seal(position, b'"kind":"ruling","id":"more%d"' % number)
        lines.append(line)
    return lines


def test_records_of_one_append_are_a_chain(path: Path) -> None:
    Log(path).append(*(ruling(f"r{number}") for number in range(3)))
    assert [record.get("id") for record in records(path)[1:]] == ["r0", "r1", "r2"]
    assert verify([path]).problem is None


def test_records_that_are_more_than_a_line_may_be_are_written_one_by_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whatever a killed writer leaves behind the head is what healing reads."""
    written: list[int] = []
    real = os.pwrite

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        written.append(len(data))
        return real(fd, data, offset)

    monkeypatch.setattr("warden.audit.log.os.pwrite", pwrite)
    Log(path).append(*(AuditRecord("ruling", WHO, {"id": f"r{number}", "reason": "x" * 15000}) for number in range(5)))
    assert max(written) < LINE_LIMIT
    assert [record.get("id") for record in records(path)[1:]] == [f"r{number}" for number in range(5)]
    assert verify([path]).problem is None


def test_a_lost_end_is_written_down_and_fails_for_good(path: Path, write: Callable[[int], None]) -> None:
    write(5)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]) + lines[-2][:40])
    write(1)
    assert [record.get("what") for record in records(path)[-2:]] == ["lost", None]
    problem = verify([path]).problem
    assert problem is not None
    assert problem.line == len(lines) - 1
    assert "records 5 to 6 are missing" in problem.what


def test_foreign_lines_are_kept_and_fail_for_good(path: Path, write: Callable[[int], None]) -> None:
    write(2)
    with path.open("ab") as file:
        file.write(b'{"kind":"ruling","decision":"allow"}\n{"half":')
    write(1)
    assert [record.get("what") for record in records(path)[-2:]] == ["foreign", None]
    problem = verify([path]).problem
    assert problem is not None
    assert problem.line == 4


def test_a_foreign_line_longer_than_any_record_is_ended(path: Path, write: Callable[[int], None]) -> None:
    write(1)
    with path.open("ab") as file:
        file.write(b"x" * 100_000)
    write(1)
    assert json.loads(path.read_bytes().splitlines()[-2])["what"] == "foreign"
    assert verify([path]).problem is not None


@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_a_log_without_its_head_goes_on_and_fails_for_good(path: Path, write: Callable[[int], None], damage: str) -> None:
    write(3)
    if damage == "missing":
        head_path(path).unlink()
    else:
        head_path(path).write_bytes(b"garbage")
    write(1)
    assert records(path)[-2]["what"] == "headless"
    problem = verify([path]).problem
    assert problem is not None
    assert "head file was missing" in problem.what


def test_a_renamed_log_is_continued_in_a_new_one(path: Path) -> None:
    log = Log(path)
    log.append(ruling("before"))
    old = path.with_name("audit.jsonl.1")
    path.rename(old)
    log.append(ruling("after"))
    assert kinds(path) == ["log.start", "ruling"]
    assert records(path)[0]["continues"] == f"2:{records(old)[-1]['hash']}"
    assert verify([old, path]).problem is None
    assert verify([old, path]).records == 4


def test_a_head_that_is_put_back_is_used(path: Path) -> None:
    """A writer that has a deleted head open must not go on writing under its lock."""
    log = Log(path)
    log.append(ruling("one"))
    raw = head_path(path).read_bytes()
    head_path(path).unlink()
    head_path(path).write_bytes(raw)
    log.append(ruling("two"))
    assert Head.parse(head_path(path).read_bytes()) != Head.parse(raw)
    assert verify([path]).problem is None


def refused(path: Path, match: str) -> None:
    with pytest.raises(AuditError, match=match):
        Log(path).append(ruling("r"))


def test_a_symlink_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    refused(path, "cannot be written")
    assert not (tmp_path / "elsewhere").exists()


def test_a_symlinked_head_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    head_path(path).symlink_to(tmp_path / "elsewhere")
    refused(path, "symlink")


def test_a_fifo_is_refused_and_not_waited_for(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    refused(path, "regular file")


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    refused(path, "regular file")


def test_a_file_that_others_may_write_is_refused(path: Path, write: Callable[[int], None]) -> None:
    write(1)
    path.chmod(0o622)
    refused(path, "writable by others")


def test_a_parent_that_is_a_file_is_refused(path: Path) -> None:
    path.parent.write_text("")
    refused(path, "cannot be written")


def test_a_dropped_record_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """structlog swallows DropEvent: the append must not look as if it had happened."""
    import structlog

    def drop(*_: object) -> Any:
        raise structlog.DropEvent

    monkeypatch.setattr("warden.audit.log._encode", drop)
    refused(path, "dropped")


def test_a_stopped_writer_ends_in_an_error(path: Path, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    write(1)
    monkeypatch.setattr("warden.audit.lock.LOCK_WAIT", 0.2)
    with head_path(path).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(path, "has held the lock")
        with pytest.raises(AuditError, match="has held the lock"):
            verify([path])
    write(1)


def test_a_file_size_limit_leaves_a_whole_log(path: Path, write: Callable[[int], None]) -> None:
    write(1)
    good = path.read_bytes()

    def child() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) + 100, resource.RLIM_INFINITY))
        try:
            Log(path).append(ruling("x"))
        except AuditError as error:
            os._exit(42 if "ulimit" in error.advice else 1)
        os._exit(0)

    process = FORK.Process(target=child)
    process.start()
    process.join(20)
    assert process.exitcode == 42
    assert path.read_bytes() == good
    assert verify([path]).problem is None
    write(1)
    assert "recovered" not in kinds(path)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs in a namespace of its own")
def test_a_full_disk_denies_and_room_heals(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from warden.audit.log import Log
        from warden.audit.verify import verify
        from warden.errors import AuditError
        from warden.model import AuditRecord, Principal

        root = Path(sys.argv[1])
        path = root / "audit.jsonl"
        log = Log(path)
        record = AuditRecord("ruling", Principal("a", "s"), {"reason": "x" * 1500})
        written = 0
        try:
            while written < 1000:
                log.append(record)
                written += 1
        except AuditError as error:
            assert "No space left" in error.message and "room" in error.advice, error
        else:
            raise SystemExit("the disk was never full")
        assert 0 < written < 1000
        verdict = verify([path])
        assert verdict.problem is None and verdict.records == written + 1, verdict
        for _ in range(3):
            try:
                log.append(record)
            except AuditError:
                continue
            raise SystemExit("an append to a full disk succeeded")
        (root / "ballast").unlink()
        log.append(record)
        verdict = verify([path])
        assert verdict.problem is None and verdict.records == written + 2 and not verdict.notes, verdict
    """)
    (tmp_path / "m").mkdir()
    shell = 'mount -t tmpfs -o size=128k none "$1/m" && head -c 60000 /dev/zero > "$1/m/ballast" && exec "$2" -c "$3" "$1/m"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", shell, "sh", str(tmp_path), sys.executable, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_rewritten_log_is_found_though_it_is_longer_than_its_head_says(path: Path, write: Callable[[int], None]) -> None:
    """Whole records behind the head may be those of a killed writer, but only if they continue the record that the head knows."""
    write(2)
    start = path.read_bytes().splitlines(keepends=True)[0]
    position = unseal(start[:-1]).position
    forged = b""
    for number in range(3):
        line, position = seal(position, b'"kind":"ruling","id":"forged%d"' % number)
        forged += line
    path.write_bytes(start + forged)
    problem = verify([path]).problem
    assert problem is not None
    assert "rewritten" in problem.what


def test_a_log_that_was_replaced_as_a_whole_is_found(path: Path, write: Callable[[int], None]) -> None:
    """Its first record claims to continue the one that the head knows, which only a log that was just begun may."""
    write(2)
    head = Head.parse(head_path(path).read_bytes())
    assert head is not None
    position, forged = head.position, b""
    while len(forged) <= head.size:
        kind = b'"kind":"log.start","continues":"%s"' % str(position).encode() if not forged else b'"kind":"ruling","id":"forged"'
        line, position = seal(position, kind)
        forged += line
    path.write_bytes(forged)
    problem = verify([path]).problem
    assert problem is not None
    assert "rewritten" in problem.what


def test_a_writer_that_was_killed_when_it_began_a_file_leaves_a_whole_log(path: Path, write: Callable[[int], None]) -> None:
    write(2)
    old = path.rename(path.with_suffix(".1"))
    head = Head.parse(head_path(path).read_bytes())
    assert head is not None
    head_path(path).write_bytes(Head(head.position, 0).encode())
    path.write_bytes(seal(head.position, b'"kind":"log.start","continues":"%s"' % str(head.position).encode())[0])
    assert verify([path]).problem is None
    assert verify([old, path]).problem is None
