"""Secrets in what comes back, by real clients: placeholders inside, the real value again where it came from, and credentials that are dummies.

The server is moto behind nginx, an emulator; what the server has is asked by its owner, outside.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import uuid
from typing import Any

from tests.e2e.conftest import Warden, require
from tools.cloud import LocalAws

#: What the default preset would deny: calls that return secrets and credentials.
OBSERVE = ("exec", "--preset", "observe", "--")


def test_a_secret_is_read_as_placeholders_and_written_back_as_itself(warden: Warden, owner: Any) -> None:
    aws = require("aws")
    name, password = f"db-{uuid.uuid4().hex[:8]}", secrets.token_urlsafe(18)
    owner("secretsmanager").create_secret(
        Name=name, SecretString=json.dumps({"engine": "postgres", "username": "app", "password": password})
    )
    script = (
        f"set -e; s=$({aws} secretsmanager get-secret-value --secret-id {name} --query SecretString --output text)\n"
        f'echo "$s"; {aws} secretsmanager put-secret-value --secret-id {name} --secret-string "${{s/postgres/mysql}}" >&2'
    )
    done = warden.run(*OBSERVE, "bash", "-c", script)
    assert done.returncode == 0, done
    read = json.loads(done.stdout)
    assert read["engine"] == "postgres"
    assert read["password"].startswith("wrdn")
    assert password not in done.stdout + done.stderr
    stored = json.loads(owner("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    assert stored == {"engine": "mysql", "username": "app", "password": password}
    outcomes = [line for line in map(json.loads, warden.audit_log.read_text().splitlines()) if "redacted" in json.dumps(line)]
    assert outcomes
    assert password not in warden.audit_log.read_text()


def test_an_assumed_role_works_inside_with_keys_that_are_nobodys(warden: Warden, cloud: LocalAws) -> None:
    program = """
import boto3
sts = boto3.client("sts", region_name="us-east-1")
made = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/deploy", RoleSessionName="session")["Credentials"]
print(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
again = boto3.client("ec2", region_name="us-east-1", aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"],
                     aws_session_token=made["SessionToken"])
print(len(again.describe_regions()["Regions"]) > 3)
"""
    before = len(cloud.requests())
    done = warden.run(*OBSERVE, sys.executable, "-c", program)
    assert done.returncode == 0, done
    keys, works = done.stdout.splitlines()
    assert works == "True"
    sent = cloud.requests()[before:][-1]
    used = sent["authorization"].partition("Credential=")[2].partition("/")[0]
    assert used.startswith("ASIA")
    assert used not in keys
    assert sent["token"]
    assert sent["token"] not in keys


def test_objects_with_checksums_are_downloaded(warden: Warden, owner: Any) -> None:
    aws = require("aws")
    bucket, token = f"files-{uuid.uuid4().hex[:8]}", "gh" + "p_" + secrets.token_hex(18)
    owner("s3").create_bucket(Bucket=bucket)
    owner("s3").put_object(Bucket=bucket, Key="app.env", Body=f"GITHUB_TOKEN={token}\nMODE=prod\n".encode(), ChecksumAlgorithm="SHA256")
    owner("s3").put_object(Bucket=bucket, Key="logo.bin", Body=bytes(range(256)) * 400, ChecksumAlgorithm="SHA256")
    script = (
        f"set -e; cd /tmp; for f in app.env logo.bin; do {aws} s3 cp s3://{bucket}/$f $f --only-show-errors; done\n"
        "cat app.env; sha256sum < logo.bin"
    )
    done = warden.exec("bash", "-c", script)
    assert done.returncode == 0, done
    first, mode, digest = done.stdout.splitlines()
    assert first.startswith("GITHUB_TOKEN=gh" + "p_wrdn")
    assert mode == "MODE=prod"
    assert digest.split()[0] == hashlib.sha256(bytes(range(256)) * 400).hexdigest()
    assert token not in done.stdout
