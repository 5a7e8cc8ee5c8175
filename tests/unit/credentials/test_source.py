"""Where real keys come from: botocore's chain, run in the user's environment, and refreshed."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warden.credentials import program, renewed
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.outside import Outside
from warden.credentials.source import Source
from warden.errors import CredentialError

KEYS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "b"}
OFF = {"AWS_EC2_METADATA_DISABLED": "true"}


class Clock:
    def __init__(self) -> None:
        self.time = time.time()

    def __call__(self) -> float:
        return self.time


def write(home: Path, config: str = "", credentials: str = "") -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws/config").write_text(config)
    (home / ".aws/credentials").write_text(credentials)


def stated(keys: KeyPair) -> str:
    return f"aws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"


def process(home: Path, keys: KeyPair, clock: Clock, life: float | None) -> tuple[str, Path]:
    """A credential_process that counts its runs, and the file that it counts in."""
    count = home / "count"
    answer = {"Version": 1, "AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key}
    if life is not None:
        answer["SessionToken"] = "token"
        answer["Expiration"] = datetime.fromtimestamp(clock.time + life, UTC).isoformat()
    (home / "answer").write_text(json.dumps(answer))
    script = home / "process.py"
    script.write_text(
        f"import os\nopen({str(count)!r}, 'a').write(os.environ['HOME'] + chr(10))\nprint(open({str(home / 'answer')!r}).read())\n"
    )
    return f"[profile p]\ncredential_process = {sys.executable} {script}\n", count


def code_of(source: Source) -> str:
    with pytest.raises(CredentialError) as caught:
        source.keys()
    return caught.value.code


def test_the_daemons_own_environment_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "daemon")
    clock = Clock()
    assert code_of(Source(Outside(OFF, tmp_path), None, clock)) == "no-credentials"
    keys = dummy()
    config, count = process(tmp_path, keys, clock, None)
    write(tmp_path, config)
    assert Source(Outside({"PATH": os.environ["PATH"]}, tmp_path), "p", clock).keys().secret_key == keys.secret_key
    assert count.read_text() == f"{tmp_path}\n"


def test_files_that_change_are_read_anew(tmp_path: Path) -> None:
    first, second = dummy(), dummy()
    write(tmp_path, "", f"[default]\n{stated(first)}")
    source = Source(Outside({}, tmp_path), None, time.time)
    assert source.keys().access_key == first.access_key
    write(tmp_path, "", f"[default]\n{stated(second)}aws_session_token = t\n")
    assert source.keys() == KeyPair(second.access_key, second.secret_key, "t")


def test_files_elsewhere(tmp_path: Path) -> None:
    keys = dummy()
    (tmp_path / "c").write_text(f"[x]\n{stated(keys)}")
    for stated_path in (str(tmp_path / "c"), "~/c"):
        source = Source(Outside({"AWS_SHARED_CREDENTIALS_FILE": stated_path, "AWS_PROFILE": "x"}, tmp_path), None, time.time)
        assert source.keys().secret_key == keys.secret_key


def test_keys_are_fetched_again_before_they_expire(tmp_path: Path) -> None:
    clock = Clock()
    config, count = process(tmp_path, dummy(), clock, 3600)
    write(tmp_path, config)
    source = Source(Outside({}, tmp_path), "p", clock)
    first = source.keys()
    assert first.token == "token"
    clock.time += 3600 - renewed.REFRESH_MARGIN - 1
    assert source.keys() == first
    assert len(count.read_text().splitlines()) == 1
    process(tmp_path, dummy(), clock, 3600)
    clock.time += 2
    assert source.keys().access_key != first.access_key
    assert len(count.read_text().splitlines()) == 2


def test_a_failed_refresh_uses_the_last_keys_while_they_are_good(tmp_path: Path) -> None:
    clock = Clock()
    config, _ = process(tmp_path, dummy(), clock, 3600)
    write(tmp_path, config)
    source = Source(Outside({}, tmp_path), "p", clock)
    first = source.keys()
    (tmp_path / "answer").write_text("no json: hunter2")
    clock.time += 3500
    assert source.keys() == first
    clock.time += 200
    with pytest.raises(CredentialError) as caught:
        source.keys()
    assert caught.value.code == "credentials-unavailable"
    assert "hunter2" not in str(caught.value)


def test_a_failure_is_not_asked_for_again_at_once(tmp_path: Path) -> None:
    clock = Clock()
    config, count = process(tmp_path, dummy(), clock, None)
    (tmp_path / "answer").write_text("{}")
    write(tmp_path, config)
    source = Source(Outside({}, tmp_path), "p", clock)
    assert {code_of(source) for _ in range(3)} == {"credentials-unavailable"}
    assert len(count.read_text().splitlines()) == 1
    clock.time += renewed.FAILURE_LIFE + 1
    code_of(source)
    assert len(count.read_text().splitlines()) == 2


def test_nothing_is_run_that_the_command_could_have_written(tmp_path: Path) -> None:
    clock, project = Clock(), tmp_path / "project"
    project.mkdir()
    (project / "process").mkdir()
    config, count = process(project / "process", dummy(), clock, None)
    (project / "config").write_text(config)
    stated = {**OFF, "AWS_CONFIG_FILE": str(project / "config"), "PATH": f"{project}:/usr/bin:/bin"}
    control = Source(Outside(stated, tmp_path), "p", clock)
    assert control.keys()
    assert count.exists()
    count.unlink()
    inside = Outside(stated, tmp_path, writable=(str(project),))
    assert inside.environment["PATH"] == "/usr/bin:/bin"
    assert code_of(Source(inside, "p", clock)) == "no-credentials", "the file is not read"
    write(tmp_path, config)
    assert code_of(Source(inside, "p", clock)) == "credential-process-writable"
    assert not count.exists()


def test_a_process_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "LIMIT", 2.0)
    pid = tmp_path / "pid"
    script = tmp_path / "hang.sh"
    script.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {pid}\nwait\n")
    script.chmod(0o755)
    write(tmp_path, f"[profile p]\ncredential_process = {script}\n")
    started = time.monotonic()
    assert code_of(Source(Outside({"PATH": os.environ["PATH"]}, tmp_path), "p", time.time)) == "credentials-unavailable"
    assert time.monotonic() - started < 10
    for _ in range(50):
        status = Path(f"/proc/{pid.read_text().strip()}/stat")
        if not status.exists() or status.read_text().split(") ")[1][0] == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("the sleeper lives on")


@pytest.mark.parametrize(
    ("config", "environment", "code", "word"),
    [
        ("", {"AWS_PROFILE": "gone"}, "no-credentials", "does not exist"),
        ("[profile p]\nregion = x\n", {"AWS_PROFILE": "p"}, "no-credentials", "aws configure"),
        ("[profile p]\naws_access_key_id = A\n", {"AWS_PROFILE": "p"}, "no-credentials", "no secret"),
        ("", {"AWS_ACCESS_KEY_ID": "A"}, "no-credentials", "AWS_SECRET_ACCESS_KEY"),
        ("", {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "soon"}, "no-credentials", "date"),
        ("", {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, "expired-credentials", "expired"),
        (
            "[profile p]\nsso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = r\n",
            {"AWS_PROFILE": "p"}, "credentials-unavailable", "aws sso login",
        ),
        (
            "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = q\nregion = us-east-1\n"
            "mfa_serial = arn:aws:iam::123456789012:mfa/me\n"
            "[profile q]\naws_access_key_id = A\naws_secret_access_key = b\n",
            {"AWS_PROFILE": "p"}, "credentials-unavailable", "MFA",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, config: str, environment: dict[str, str], code: str, word: str) -> None:
    write(tmp_path, config)
    with pytest.raises(CredentialError) as caught:
        Source(Outside({**OFF, **environment}, tmp_path), None, time.time).keys()
    assert caught.value.code == code
    assert word in str(caught.value)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_root_worker_reads_files_with_the_users_rights(tmp_path: Path) -> None:
    keys = dummy()
    write(tmp_path, "", f"[default]\n{stated(keys)}")
    assert Source(Outside({}, tmp_path), None, time.time).keys().access_key == keys.access_key
    (tmp_path / ".aws/credentials").chmod(0o600)
    nobody = Source(Outside(OFF, tmp_path, (65534, 65534)), None, time.time)
    assert code_of(nobody) in ("no-credentials", "credentials-unavailable", "bad-profile-file")
    assert os.geteuid() == 0
    assert os.getegid() == 0
