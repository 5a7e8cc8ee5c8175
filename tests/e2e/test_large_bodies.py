"""Large bodies stream: whatever their size, the worker's memory stays flat, and every byte arrives.

Each transfer runs in a session that first makes a small request, so that what the worker loads once is loaded, and that waits before and
after, so that the peak of the worker's memory (VmHWM) can be read. The server is moto, an emulator of S3 behind nginx, which holds a
gigabyte in a temporary file without complaint.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden, require

MIB = 1 << 20
#: The most that the worker may grow (bytes), for any size of body. Measured: 11 MiB.
FLAT = 40 * MIB

SIZES = [pytest.param(128 * MIB, id="128MiB"), pytest.param(1 << 30, id="1GiB", marks=pytest.mark.slow)]

SIGNED_CURL = (
    'curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    '-H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" '
)
UNSIGNED = '-H "x-amz-content-sha256: UNSIGNED-PAYLOAD" '
#: `checksum` is when_supported (botocore's default: body in chunks, checksum in a trailer) or when_required (the plain body).
PUT_OBJECT = """
import boto3, botocore.config, sys
bucket, key, path, checksum = sys.argv[1:]
with open(path, "rb") as body:
    boto3.client("s3", config=botocore.config.Config(request_checksum_calculation=checksum)).put_object(Bucket=bucket, Key=key, Body=body)
"""


@dataclass
class Bucket:
    """A bucket of the emulator's, seen by its owner."""

    name: str
    client: Any

    def digest(self, key: str) -> str:
        found = hashlib.sha256()
        for chunk in self.client.get_object(Bucket=self.name, Key=key)["Body"].iter_chunks(MIB):
            found.update(chunk)
        return found.hexdigest()


@pytest.fixture(scope="module")
def bucket(owner: Callable[[str], Any]) -> Bucket:
    made = Bucket(f"large-{uuid.uuid4().hex[:8]}", owner("s3"))
    made.client.create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def key(bucket: Bucket) -> Iterator[str]:
    """An object's name. What is under it goes after the test: moto keeps its objects."""
    name = f"body-{uuid.uuid4().hex[:8]}"
    yield name
    bucket.client.delete_object(Bucket=bucket.name, Key=name)


@pytest.fixture(scope="module")
def blob(session_warden: Warden) -> Iterator[Callable[[int], tuple[Path, str]]]:
    """A file of so many bytes in the working directory, and its SHA-256. No two of its megabytes are alike."""
    made: dict[int, tuple[Path, str]] = {}

    def make(size: int) -> tuple[Path, str]:
        if size not in made:
            path, digest = session_warden.work / f"blob-{size}", hashlib.sha256()
            seed = uuid.uuid4().bytes
            with path.open("wb") as file:
                for index in range(size // MIB):
                    chunk = hashlib.shake_128(seed + index.to_bytes(4)).digest(4096) * (MIB // 4096)
                    file.write(chunk)
                    digest.update(chunk)
            made[size] = path, digest.hexdigest()
        return made[size]

    yield make
    for path, _digest in made.values():
        path.unlink()


@dataclass(frozen=True)
class Transfer:
    """How a command inside ended, what it wrote, and how much the worker's peak grew meanwhile (bytes)."""

    status: int
    output: str
    growth: int
    seconds: float


def transfer(warden: Warden, bucket: Bucket, command: str, *options: str) -> Transfer:
    """Runs a line of shell in a session whose worker is watched."""
    warm = f"{SIGNED_CURL} -o /dev/null https://s3.us-east-1.amazonaws.com/{bucket.name}?list-type=2"
    script = f"{warm}; echo warm; read -r _; {{ {command}; }} 2>&1; status=$?; echo; echo over $status; read -r _"
    with subprocess.Popen(
        ["warden", "exec", *options, "--", "bash", "-o", "pipefail", "-c", script],
        cwd=warden.work,
        env=warden.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        try:
            assert session.stdout.readline() == "warm\n"
            worker = _worker(warden)
            before, started = _peak(worker), time.monotonic()
            session.stdin.write("go\n")
            session.stdin.flush()
            output = ""
            for line in session.stdout:
                if line.startswith("over "):
                    return Transfer(int(line.split()[1]), output.strip(), _peak(worker) - before, time.monotonic() - started)
                output += line
            raise AssertionError(f"the session ended early: {output}")
        finally:
            session.stdin.close()


def _worker(warden: Warden) -> int:
    """The pid of the only session's worker."""
    (session,) = json.loads(warden.run("daemon", "status", "--output", "json").stdout)["sessions"]
    pid = session["pid"]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (worker,) = [int(child) for child in children if Path(f"/proc/{child}/comm").read_text().strip() == "warden-worker"]
    return worker


def _peak(pid: int) -> int:
    """The most memory that a process has had (bytes)."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("size", SIZES)
def test_one_put_and_one_get(warden: Warden, bucket: Bucket, blob: Callable[[int], tuple[Path, str]], key: str, size: int) -> None:
    path, digest = blob(size)
    url = f"https://{bucket.name}.s3.us-east-1.amazonaws.com/{key}"
    up = transfer(warden, bucket, f"{SIGNED_CURL} {UNSIGNED} -w '%{{http_code}}' -T {path} {url}")
    assert (up.status, up.output) == (0, "200"), up
    assert bucket.digest(key) == digest
    assert up.growth < FLAT, up
    down = transfer(warden, bucket, f"{SIGNED_CURL} {url} | sha256sum")
    assert (down.status, down.output) == (0, f"{digest}  -"), down
    assert down.growth < FLAT, down


@pytest.mark.parametrize("size", SIZES)
def test_aws_cli_in_parts(warden: Warden, bucket: Bucket, blob: Callable[[int], tuple[Path, str]], key: str, size: int) -> None:
    aws, (path, digest) = require("aws"), blob(size)
    up = transfer(warden, bucket, f"{aws} s3 cp --quiet {path} s3://{bucket.name}/{key}")
    assert (up.status, up.output) == (0, ""), up
    assert bucket.digest(key) == digest
    assert up.growth < FLAT, up


def test_checksum_in_a_trailer(warden: Warden, bucket: Bucket, blob: Callable[[int], tuple[Path, str]], key: str) -> None:
    """Not at 1 GiB: the emulator's reading of such bodies takes a time that grows with their square (174 s for 512 MiB, without Warden)."""
    path, digest = blob(64 * MIB)
    up = transfer(warden, bucket, shlex.join([sys.executable, "-c", PUT_OBJECT, bucket.name, key, str(path), "when_supported"]))
    assert (up.status, up.output) == (0, ""), up
    assert bucket.digest(key) == digest
    assert up.growth < FLAT, up


@pytest.mark.slow
def test_other_clients(warden: Warden, bucket: Bucket, blob: Callable[[int], tuple[Path, str]], key: str) -> None:
    """s5cmd's parallel parts, boto3's single PUT, the CLI's download in ranges."""
    (path, digest), s5cmd, aws = blob(1 << 30), require("s5cmd"), require("aws")
    for command in (
        f"{s5cmd} cp {path} s3://{bucket.name}/{key} >/dev/null",
        shlex.join([sys.executable, "-c", PUT_OBJECT, bucket.name, key, str(path), "when_required"]),
    ):
        up = transfer(warden, bucket, command)
        assert (up.status, up.output) == (0, ""), up
        assert bucket.digest(key) == digest
        assert up.growth < FLAT, up
    for command in (f"{s5cmd} cat s3://{bucket.name}/{key}", f"{aws} s3 cp s3://{bucket.name}/{key} -"):
        down = transfer(warden, bucket, f"{command} | sha256sum")
        assert (down.status, down.output) == (0, f"{digest}  -"), down
        assert down.growth < FLAT, down


@pytest.mark.parametrize("expect", ["", "-H Expect:"], ids=["asks first", "sends at once"])
def test_denied_body_is_neither_kept_nor_sent(
    warden: Warden, bucket: Bucket, blob: Callable[[int], tuple[Path, str]], key: str, expect: str
) -> None:
    path, _digest = blob(128 * MIB)
    url = f"https://{bucket.name}.s3.us-east-1.amazonaws.com/{key}"
    denied = transfer(warden, bucket, f"{SIGNED_CURL} {UNSIGNED} {expect} -T {path} {url}", "--preset", "readonly")
    assert "warden denied s3:PutObject" in denied.output, denied
    assert denied.growth < FLAT, denied
    assert not bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=key).get("Contents")
