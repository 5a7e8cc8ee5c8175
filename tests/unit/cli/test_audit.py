"""`warden audit` over real logs: list, tail, show, verify, as table and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warden.audit import event
from warden.audit.log import Log
from warden.cli import main
from warden.model import AuditRecord, Principal

type Append = Callable[..., None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def append(path: Path, monkeypatch: pytest.MonkeyPatch) -> Append:
    def write(
        name: str, decision: str = "deny", *, session: str = "s-1", operation: str = "ec2:TerminateInstances", ago: float = 0, **more: Any
    ) -> None:
        when = datetime.now(UTC) - timedelta(seconds=ago)
        monkeypatch.setattr(event, "now", lambda: when.isoformat(timespec="microseconds").replace("+00:00", "Z"))
        fields = {
            "id": f"{name}-0000",
            "decision": decision,
            "operations": [operation],
            "actions": [{"operation": operation, "resources": [{"id": f"arn:{name}"}]}],
            "policies": ["no-destroy/destructive"],
            "reason": "Terminating is not allowed.",
        }
        Log(path).append(AuditRecord("ruling", Principal("claude", session), {**fields, **more}))

    return write


def out(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["audit", *words]) == code
    return capsys.readouterr().out


def ids(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> list[str]:
    return [record["id"][:2] for record in json.loads(out(capsys, "list", "--file", str(path), "--output", "json", *words))]


def test_list_filters(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    append("r1", ago=7200)
    append("r2", "allow", operation="ec2:DescribeInstances", ago=1800)
    append("r3", session="s-2", ago=60)
    append("r4", operation="s3:DeleteBucket")
    assert ids(capsys, path) == ["r1", "r2", "r3", "r4"]
    assert ids(capsys, path, "--denied") == ["r1", "r3", "r4"]
    assert ids(capsys, path, "--session", "s-2") == ["r3"]
    assert ids(capsys, path, "--since", "1h") == ["r2", "r3", "r4"]
    assert ids(capsys, path, "--since", (datetime.now(UTC) - timedelta(minutes=5)).isoformat()) == ["r3", "r4"]
    assert ids(capsys, path, "--operation", "ec2:*") == ["r1", "r2", "r3"]
    assert ids(capsys, path, "--limit", "2") == ["r3", "r4"]
    assert ids(capsys, path, "--denied", "--limit", "1", "--operation", "EC2:*") == ["r3"]


def test_list_as_a_table(path: Path, append: Append, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    append("r1")
    header, line = out(capsys, "list", "--file", str(path)).splitlines()
    assert header.split() == ["TIME", "EFFECT", "OPERATION", "RESOURCE", "POLICY", "REASON"]
    cells = re.split(r" {2,}", line)
    assert cells[1:] == ["deny", "ec2:TerminateInstances", "arn:r1", "no-destroy/destructive", "Terminating is not allowed."]
    monkeypatch.setenv("COLUMNS", "60")
    assert all(len(line) <= 60 for line in out(capsys, "list", "--file", str(path)).splitlines())


def test_names_cannot_write_to_the_terminal(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    append("r1", operation="s3:\x1b]0;owned\x07", reason="\x1b[2J\nallow  everything")
    for words in (["list"], ["tail"], ["show", "r1-0"], ["list", "--output", "json"], ["show", "r1-0", "--output", "json"]):
        text = out(capsys, words[0], *words[1:], "--file", str(path))
        assert not set(text) & {"\x1b", "\x07"}
        assert "allow  everything\n" not in text.replace("\\x0aallow  everything\n", "").replace("\\nallow  everything", "")


def test_tail(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        append(f"r{number}")
    lines = out(capsys, "tail", "-n", "3", "--file", str(path)).splitlines()
    assert [line.split()[4] for line in lines] == ["arn:r9", "arn:r10", "arn:r11"]
    record = json.loads(out(capsys, "tail", "-n", "1", "--output", "json", "--file", str(path)))
    assert record["id"] == "r11-0000"


def test_show(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    append("r1")
    append("r2")
    Log(path).append(AuditRecord("outcome", Principal("claude", "s-1"), {"id": "r1-0000", "status": 200}))
    text = out(capsys, "show", "r1-0", "--file", str(path))
    assert "actions[0].resources[0].id  arn:r1" in text
    assert "status" in text
    assert "arn:r2" not in text
    assert len(json.loads(out(capsys, "show", "r1-0000", "--output", "json", "--file", str(path)))) == 2
    assert main(["audit", "show", "none", "--file", str(path)]) == 1
    assert "no record of ruling none" in capsys.readouterr().err


def test_show_wants_one_ruling(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    append("same1")
    append("same2")
    assert main(["audit", "show", "same", "--file", str(path)]) == 2
    assert "the beginning of 2 rulings" in capsys.readouterr().err
    assert main(["audit", "show", "*", "--file", str(path)]) == 2


def test_verify(path: Path, append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    append("r1")
    append("r2")
    text = out(capsys, "verify", str(path))
    assert text.startswith("whole: 3 records, up to 3:")
    anchor = text.split()[-1]
    assert "whole" in out(capsys, "verify", "--anchor", anchor, str(path))
    path.write_bytes(path.read_bytes().replace(b"arn:r1", b"arn:r9"))
    text = out(capsys, "verify", str(path), code=1)
    assert text.startswith(f"{path}:2: was changed")
    document = json.loads(out(capsys, "verify", "--output", "json", str(path), code=1))
    assert (document["ok"], document["records"], document["problem"]["line"]) == (False, 1, 2)


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list", "--file"], ["tail", "--file"], ["verify"]):
        assert main(["audit", *words, str(tmp_path / "none")]) == 125
        assert capsys.readouterr().err.startswith("warden: ")


@pytest.mark.parametrize("since", ["yesterday", "-1h", "1y", "", "99999999999d"])
def test_a_since_that_is_no_time(path: Path, append: Append, capsys: pytest.CaptureFixture[str], since: str) -> None:
    append("r1")
    code = main(["audit", "list", "--since", since, "--file", str(path)])
    assert code == (0 if since == "" else 2)


def test_the_configured_log(tmp_path: Path, append: Append, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    append("r1")
    user = tmp_path / "home/.config/warden/warden.yaml"
    user.parent.mkdir(parents=True)
    user.write_text(f"audit: {{path: {tmp_path}/audit.jsonl}}\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "arn:r1" in out(capsys, "list")
