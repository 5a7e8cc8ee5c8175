"""Programs that hand out credentials: real ones, that hang, print without end, or say secrets where somebody might read them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from warden.credentials import program
from warden.credentials.program import ProgramError, output

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def shell(script: str, given: bytes = b"", environment: dict[str, str] = ENVIRONMENT) -> bytes:
    return output(["/bin/sh", "-c", script], environment, None, given)


def test_what_it_prints_and_nothing_else() -> None:
    assert shell("echo out; echo hunter2 >&2") == b"out\n"
    assert shell("cat", b"x" * 300_000) == b"x" * 300_000
    assert shell("true", b"x" * 300_000) == b"", "a program that does not read what it is given holds nobody"
    assert shell("cat") == b"", "there is no terminal, and no input of ours"


def test_it_has_the_environment_that_it_is_given_and_secrets_are_in_no_argument() -> None:
    assert shell("echo $A; tr '\\0' ' ' < /proc/$$/cmdline", b"hunter2", {**ENVIRONMENT, "A": "b"}).startswith(b"b\n/bin/sh -c echo $A;")
    assert b"hunter2" not in shell("cat /proc/$$/cmdline /proc/$$/environ", b"hunter2")


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("echo hunter2; echo hunter2 >&2; exit 3", "ended with status 3"),
        ("while :; do echo hunter2hunter2hunter2; done", "printed too much"),
        ("sleep 30", "took more than 0.5 seconds"),
        ("exec >&-; sleep 30", "took more than 0.5 seconds"),
        ("sleep 30 & exit 0", "took more than 0.5 seconds"),
        ("trap '' TERM; while :; do sleep 30; done", "took more than 0.5 seconds"),
    ],
)
def test_why_there_is_no_answer(monkeypatch: pytest.MonkeyPatch, script: str, how: str) -> None:
    monkeypatch.setattr(program, "LIMIT", 0.5)
    started = time.monotonic()
    with pytest.raises(ProgramError) as caught:
        shell(script)
    assert str(caught.value) == how
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("argv", [["/nonexistent"], ["/etc/passwd"], ["/bin/sh", "a\0b"]])
def test_what_cannot_be_started(argv: list[str]) -> None:
    with pytest.raises(ProgramError, match="cannot be started"):
        output(argv, ENVIRONMENT, None)


def test_what_it_has_started_ends_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "LIMIT", 0.5)
    with pytest.raises(ProgramError):
        shell(f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    status = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    for _ in range(50):
        if not status.exists() or status.read_text().split(") ")[1][0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the sleeper lives on")


def test_it_leaves_no_descriptor() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    shell("true", b"x")
    with pytest.raises(ProgramError):
        output(["/nonexistent"], ENVIRONMENT, None, b"x")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
