"""Objects of S3 by real clients, which compare what they receive with lengths, checksums and MD5s: whole where nothing is secret, and not taken for
corrupt where a secret in them has become a placeholder. The server is moto behind nginx, an emulator.

aws s3 cp and boto3's transfers ask for more than 8 MiB in parts, and parts of texts are blocked (docs/redaction.md): here they are not asked to.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sys
import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Warden, require

TOKEN = "gh" + "p_" + secrets.token_hex(18)
SECRET = f"GITHUB_TOKEN={TOKEN}\n".encode()
LINES = b"".join(b"a harmless line of a log, number %08d\n" % number for number in range(240_000))
#: Objects by name: small ones, and such as no longer are held whole; with a secret in them and without.
OBJECTS = {
    "small": b"MODE=prod\n" + SECRET,
    "harmless": LINES[:40_000],
    "large": LINES[: LINES.find(b"\n", 5 << 20) + 1] + SECRET + LINES[LINES.find(b"\n", 5 << 20) + 1 :],
    "large-harmless": LINES,
    "bytes": secrets.token_bytes(9 << 20),
}
RCLONE = "rclone --config /dev/null --s3-provider AWS --s3-env-auth --s3-region us-east-1 --s3-no-check-bucket --retries 1"
BOTO3 = (
    f'{sys.executable} -c \'import boto3, sys; open(sys.argv[3], "wb").write(boto3.client("s3", region_name="us-east-1")'
    '.get_object(Bucket=sys.argv[1], Key=sys.argv[2])["Body"].read())\''
)
#: Each with the bucket, the object and the file as $1 to $3; and what it does not ask for as a whole.
CLIENTS = {
    "aws s3 cp": ("aws s3 cp s3://$1/$2 $3 --only-show-errors", {"large", "large-harmless"}),
    "aws s3api": ("aws s3api get-object --bucket $1 --key $2 $3 > /dev/null", set()),
    "boto3": (f"{BOTO3} $1 $2 $3", set()),
    "s5cmd": ("s5cmd --log error cp s3://$1/$2 $3", set()),
    "rclone": (f"{RCLONE} copyto :s3:$1/$2 $3", set()),
}


@pytest.fixture(scope="module")
def bucket(owner: Any) -> str:
    """Every object with a CRC, as SDKs send by themselves; and those with secrets with SHA-256 too, as ``NAME-sha``."""
    name = f"downloads-{uuid.uuid4().hex[:8]}"
    owner("s3").create_bucket(Bucket=name)
    for key, content in OBJECTS.items():
        owner("s3").put_object(Bucket=name, Key=key, Body=content)
        if SECRET in content:
            owner("s3").put_object(Bucket=name, Key=f"{key}-sha", Body=content, ChecksumAlgorithm="SHA256")
    return name


@pytest.mark.parametrize("client", CLIENTS)
def test_an_object_is_whole_or_has_placeholders(warden: Warden, bucket: str, client: str) -> None:
    command, parts = CLIENTS[client]
    require("s5cmd"), require("rclone"), require("aws")
    names = [name for key in OBJECTS if key not in parts for name in (key, f"{key}-sha") if SECRET in OBJECTS[key] or name == key]
    script = f'set -e; rm -rf got; mkdir got; fetch() {{ {command}; }}; for name in "${{@:2}}"; do fetch $1 $name got/$name; done'
    done = warden.exec("bash", "-c", script, "bash", bucket, *names)
    assert done.returncode == 0, done
    for name in names:
        got, real = (warden.work / "got" / name).read_bytes(), OBJECTS[name.removesuffix("-sha")]
        if SECRET in real:
            placeholder = re.search(rb"GITHUB_TOKEN=(ghp_wrdn\w+)\n", got)
            assert placeholder, name
            assert got == real.replace(TOKEN.encode(), placeholder[1]), name
        else:
            assert hashlib.sha256(got).digest() == hashlib.sha256(real).digest(), name


CONDITIONS = """
import boto3, hashlib, json, sys
from botocore.exceptions import ClientError
s3, bucket = boto3.client("s3", region_name="us-east-1"), sys.argv[1]
def asked(**conditions):
    try:
        return s3.get_object(Bucket=bucket, Key="small", **conditions)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
etag, head = s3.get_object(Bucket=bucket, Key="small")["ETag"], s3.head_object(Bucket=bucket, Key="small")["ETag"]
same = s3.get_object(Bucket=bucket, Key="harmless")["ETag"]
other = etag.replace(etag[3:11], "00000000")
found = [asked(IfMatch=etag), asked(IfNoneMatch=etag), asked(IfMatch=other), asked(IfNoneMatch=other), asked(IfMatch=head)]
copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "small"}, CopySourceIfMatch=etag)
stored = s3.put_object(Bucket=bucket, Key="copy", Body=b"x", IfMatch=s3.get_object(Bucket=bucket, Key="copy")["ETag"])
print(json.dumps([etag, head, same, found]))
"""


def test_conditions_hold_though_the_etag_is_no_md5(warden: Warden, owner: Any, bucket: str) -> None:
    done = warden.run("exec", "--preset", "observe", "--", sys.executable, "-c", CONDITIONS, bucket)
    assert done.returncode == 0, done
    etag, head, same, found = json.loads(done.stdout)
    md5 = hashlib.md5(OBJECTS["small"]).hexdigest()
    assert (etag, head) == (f'W/"{md5}-redacted"', f'"{md5}"')
    assert same == f'"{hashlib.md5(OBJECTS["harmless"]).hexdigest()}"'
    assert found == [200, 304, 412, 200, 200]
    assert owner("s3").get_object(Bucket=bucket, Key="copy")["Body"].read() == b"x"
