"""Presigned URLs, and keys that are not in the environment, by real clients: the server sees real keys, the agent dummies.

The server is moto behind nginx, an emulator, which checks no signature: what is signed is compared with botocore in tests/unit.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import Warden, require
from tools.cloud import LocalAws

PRESIGN = """
import sys, boto3
from botocore.config import Config
client = boto3.client("s3", region_name="us-east-1", config=Config(signature_version="s3v4"))
for operation, method in (("put_object", "PUT"), ("get_object", "GET"), ("delete_object", "DELETE")):
    print(client.generate_presigned_url(operation, {"Bucket": sys.argv[1], "Key": "a b/+\\u20ac~.txt"}, 60, method))
"""


@pytest.fixture(scope="module")
def bucket(owner: Callable[[str], Any]) -> str:
    name = f"signed-{uuid.uuid4().hex[:8]}"
    owner("s3").create_bucket(Bucket=name)
    return name


def test_presigned_urls_put_and_get_and_do_not_delete(warden: Warden, cloud: LocalAws, bucket: str, owner: Callable[[str], Any]) -> None:
    real = cloud.config()["credentials"]["aws"]["access_key_id"]
    script = (
        f"set -e; mapfile -t urls < <({sys.executable} -c '{PRESIGN}' {bucket})\n"
        'printf "%s\\n" "${urls[@]}"\n'
        'for each in "-X PUT -H Content-Type: --data-binary hello" "" "-X DELETE"; do\n'
        '  curl -sS -o /dev/stdout -w \' %{http_code}\\n\' $each "${urls[0]}"; urls=("${urls[@]:1}")\ndone'
    )
    before = len(cloud.requests())
    done = warden.exec("bash", "-c", script)
    *urls, put, got, deleted = [line for line in done.stdout.splitlines() if line.startswith("https://") or line.endswith(("200", "403"))]
    assert len(urls) == 3, done
    assert all(real not in url for url in urls)
    assert (put.strip(), got) == ("200", "hello 200"), done
    assert "warden denied s3:DeleteObject" in done.stdout, done
    assert deleted.endswith("403"), done
    arrived = [parse_qs(urlsplit(request["uri"]).query) for request in cloud.requests()[before:]]
    assert [query["X-Amz-Credential"][0].partition("/")[0] for query in arrived] == [real, real]
    assert [each["Key"] for each in owner("s3").list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/+\u20ac~.txt"]


def test_an_expired_url_is_denied(warden: Warden, cloud: LocalAws, bucket: str) -> None:
    script = (
        f"url=$({sys.executable} -c '{PRESIGN.replace(', 60,', ', 1,')}' {bucket} | tail -n 2 | head -n 1); sleep 2.5; curl -sS \"$url\""
    )
    before = len(cloud.requests())
    done = warden.exec("bash", "-c", script)
    assert "(expired-signature)" in done.stdout, done
    assert len(cloud.requests()) == before


def without_keys(service: str) -> str:
    """Shell that takes away every other way to an identity."""
    unset = (
        "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE; rm -rf ~/.aws 2>/dev/null; export HOME=/nonexistent"
    )
    if service == "instance":
        unset += " AWS_EC2_METADATA_DISABLED=false; unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    return unset


@pytest.mark.parametrize("service", ["container", "instance"])
def test_the_cli_finds_its_identity_at_the_metadata_services(warden: Warden, cloud: LocalAws, service: str) -> None:
    aws = require("aws")
    unset = without_keys(service)
    done = warden.exec(
        "bash", "-c", f"{unset}; {aws} configure list; {aws} sts get-caller-identity --region us-east-1; "
        f"{sys.executable} -c 'import boto3; k = boto3.Session().get_credentials(); print(k.method, k.access_key, bool(k.token))'",
    )  # fmt: skip
    real = cloud.config()["credentials"]["aws"]
    assert "123456789012" in done.stdout, done
    assert ("container-role" if service == "container" else "iam-role") in done.stdout, done
    assert real["access_key_id"] not in done.stdout
    sent = cloud.requests()[-1]
    assert f"Credential={real['access_key_id']}/" in sent["authorization"]
    assert sent["token"] == real.get("session_token", "")
    answered = [ruling for ruling in warden.rulings() if any(name.startswith("metadata:") for name in ruling["operations"])]
    assert answered, warden.rulings()[-3:]


NODE = """
const { S3Client, ListObjectsV2Command } = require("@aws-sdk/client-s3");
const client = new S3Client({ region: "us-east-1" });
client.send(new ListObjectsV2Command({ Bucket: process.argv[1] })).then(
  async answer => console.log(answer.KeyCount, (await client.config.credentials()).sessionToken.length > 100),
  error => console.log(error.name, error.message));
"""


@pytest.mark.parametrize("service", ["container", "instance"])
@pytest.mark.parametrize("language", ["go", "javascript"])
def test_other_languages_find_it_too(
    warden: Warden, cloud: LocalAws, bucket: str, owner: Callable[[str], Any], service: str, language: str
) -> None:
    owner("s3").put_object(Bucket=bucket, Key="found/by-itself", Body=b"x")
    before = len(cloud.requests())
    if language == "go":
        command = f"{require('s5cmd')} ls s3://{bucket}/found/*"
    else:
        (warden.work / "list.js").write_text(NODE)
        command = f'{require("node")} -e "$(cat list.js)" {bucket}'
    done = warden.exec("bash", "-c", f"{without_keys(service)}; export AWS_REGION=us-east-1; {command}")
    assert ("by-itself" if language == "go" else " true") in done.stdout, done
    real = cloud.config()["credentials"]["aws"]
    sent = cloud.requests()[before:]
    assert sent
    assert all(f"Credential={real['access_key_id']}/" in one["authorization"] for one in sent)
    rulings = warden.rulings()[-20:]
    asked = [ruling["message"] for ruling in rulings if any(name.startswith("metadata:") for name in ruling["operations"])]
    assert any("/v2/credentials/" in one["path"] if service == "container" else "security-credentials" in one["path"] for one in asked), (
        asked
    )


#: An upload of three chunks that were signed one after the other, and what a hostile client sends instead of them.
CHUNKS = """
import hashlib, hmac, http.client, os, ssl, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
bucket, size = sys.argv[1], 200_000
host = f"{bucket}.s3.us-east-1.amazonaws.com"

def upload(name, change):
    made = AWSRequest("PUT", f"https://{host}/{name}", {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                      "x-amz-decoded-content-length": str(2 * size), "content-encoding": "aws-chunked"})
    SigV4Auth(keys, "s3", "us-east-1").add_auth(made)
    date, last = made.headers["X-Amz-Date"], made.headers["Authorization"].rpartition("Signature=")[2]
    scope = f"{date[:8]}/us-east-1/s3/aws4_request"
    key = b"AWS4" + keys.secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    chunks = []
    for data in (b"a" * size, b"b" * size, b""):
        text = "\\n".join(["AWS4-HMAC-SHA256-PAYLOAD", date, scope, last, hashlib.sha256(b"").hexdigest(), hashlib.sha256(data).hexdigest()])
        last = hmac.digest(key, text.encode(), "sha256").hex()
        chunks.append(f"{len(data):x};chunk-signature={last}\\r\\n".encode() + data + b"\\r\\n")
    body = b"".join(change(chunks))
    connection = http.client.HTTPSConnection(host, context=ssl.create_default_context(), timeout=20)
    try:
        connection.request("PUT", f"/{name}", body, dict(made.headers))
        answer = connection.getresponse()
        print(name, answer.status, answer.read().decode()[:300].replace("\\n", " "))
    except OSError as error:
        print(name, type(error).__name__)

upload("good", lambda chunks: chunks)
upload("changed", lambda chunks: [chunks[0], chunks[1].replace(b"bbb", b"ccc", 1), chunks[2]])
upload("reordered", lambda chunks: [chunks[1], chunks[0], chunks[2]])
upload("repeated", lambda chunks: [chunks[0], chunks[0], chunks[2]])
upload("cut", lambda chunks: chunks[:2])
upload("more", lambda chunks: [*chunks, b"GET / HTTP/1.1\\r\\n\\r\\n"])
upload("longer", lambda chunks: [chunks[0], chunks[1].replace(b"30d40;", b"30d41;"), chunks[2]])
"""


def test_signed_chunks_that_were_changed_make_no_object(warden: Warden, bucket: str, owner: Callable[[str], Any]) -> None:
    done = warden.python(CHUNKS, bucket)
    told = {line.partition(" ")[0]: line.partition(" ")[2] for line in done.stdout.splitlines()}
    assert told.pop("good").startswith("200"), done
    assert set(told) == {"changed", "reordered", "repeated", "cut", "more", "longer"}, done
    assert not [line for line in told.values() if line.startswith("200")], done
    assert any("403" in line and "chunk" in line for line in told.values()), done
    kept = {each["Key"]: each["Size"] for each in owner("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}
    assert kept.pop("good") == 400_000
    assert not kept.keys() & told.keys()
