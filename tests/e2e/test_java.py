"""AWS's SDKs for Java, whose uploads are signed chunk by chunk: every chunk is proven and signed again on its way, and what arrives is what was sent.

The server is moto behind nginx, an emulator, which checks no signature: tests/unit/credentials/test_chunks.py does.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.checkout import ROOT
from tests.e2e.conftest import CLIENTS, Warden, require
from tools.cloud import LocalAws

HOWS = {
    "UNSIGNED-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
}


def content(length: int) -> bytes:
    return bytes((index * 31 + index // 251) % 256 for index in range(length))


def test_uploads_in_signed_chunks_arrive(warden: Warden, cloud: LocalAws, owner: Callable[[str], Any]) -> None:
    java, libraries = require("java"), CLIENTS / "java/lib"
    if not libraries.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("tools/setup/clients java installs the SDKs")
    bucket = f"java-{uuid.uuid4().hex[:8]}"
    owner("s3").create_bucket(Bucket=bucket)
    before = len(cloud.requests())
    program = ROOT / "tests/e2e/java/Upload.java"
    done = warden.exec(java, "-cp", f"{libraries}/*", str(program), bucket, env={"AWS_REGION": "us-east-1"})
    assert done.returncode == 0, done
    hows = {line.partition(" ")[2] for line in done.stdout.splitlines() if line.startswith("java")}
    assert {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"} <= hows <= HOWS, done
    for name in ("java1", "java2-false", "java2-true"):
        for length in (10, 300_000):
            assert owner("s3").get_object(Bucket=bucket, Key=f"{name}-{length}")["Body"].read() == content(length), name
    real = cloud.config()["credentials"]["aws"]["access_key_id"]
    assert {request["authorization"].partition("Credential=")[2].partition("/")[0] for request in cloud.requests()[before:]} == {real}
