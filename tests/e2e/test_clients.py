"""Real clients, each with its own HTTP stack and trust store, through the sandbox: what reads works, what destroys is denied natively.

The server is moto behind nginx: an emulator of AWS's answers behind real TLS at AWS's own host names.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import CLIENTS, Warden, require
from tools.cloud import LocalAws

PYTHON_2022 = str(CLIENTS / "boto3-2022/bin/python")


@dataclass(frozen=True)
class Seed:
    """What the account's owner made before the agent came."""

    instance: str
    bucket: str
    queue: str
    table: str


@pytest.fixture(scope="module")
def seed(owner: Callable[[str], Any]) -> Seed:
    ec2, name = owner("ec2"), f"agent-{uuid.uuid4().hex[:8]}"
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    owner("s3").create_bucket(Bucket=name, ACL="public-read")
    owner("s3").put_object(Bucket=name, Key="data/report.txt", Body=b"the report\n", ACL="public-read")
    queue = owner("sqs").create_queue(QueueName=name)["QueueUrl"]
    owner("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    owner("rds").create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="u", MasterUserPassword=uuid.uuid4().hex,
        AllocatedStorage=20, DeletionProtection=True,
    )  # fmt: skip
    return Seed(instance, name, queue, name)


BOTO3 = """
import json, sys, boto3
service, operation, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
try:
    answer = getattr(boto3.client(service), operation)(**arguments)
    answer.pop("ResponseMetadata", None)
    print(json.dumps(answer, default=lambda o: o.read().decode() if hasattr(o, "read") else str(o), sort_keys=True))
except Exception as error:
    print(type(error).__name__, error, "retries:", error.response["ResponseMetadata"]["RetryAttempts"] if hasattr(error, "response") else "?")
    sys.exit(1)
"""

JAVASCRIPT = """
const [service, command, input] = process.argv.slice(1);
const sdk = require(`@aws-sdk/client-${service}`);
const client = new sdk[Object.keys(sdk).find((name) => name.endsWith("Client") && !name.startsWith("_") && name !== "Client")]({});
client.send(new sdk[command](JSON.parse(input))).then(
  (answer) => console.log(JSON.stringify(answer, (k, v) => (k === "$metadata" || k === "Body" ? undefined : v))),
  (error) => { console.log(error.name, error.message, "attempts:", error.$metadata && error.$metadata.attempts); process.exit(1); });
"""


def boto3_of(python: str) -> Callable[[Warden, str, str, dict[str, Any]], Any]:
    def call(warden: Warden, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        return warden.exec(python, "-c", BOTO3, service, operation, json.dumps(arguments))

    return call


SDKS = {"current": boto3_of(sys.executable), "of 2022": boto3_of(PYTHON_2022)}


@pytest.mark.parametrize("version", SDKS)
class TestBoto3:
    def test_reads(self, warden: Warden, seed: Seed, version: str) -> None:
        call = SDKS[version]
        assert seed.instance in call(warden, "ec2", "describe_instances", {}).stdout
        listed = call(warden, "s3", "list_objects_v2", {"Bucket": seed.bucket})
        assert "data/report.txt" in listed.stdout, listed
        got = call(warden, "s3", "get_object", {"Bucket": seed.bucket, "Key": "data/report.txt"})
        assert "the report" in got.stdout, got
        assert seed.table in call(warden, "dynamodb", "list_tables", {}).stdout
        assert seed.queue.rsplit("/", 1)[1] in call(warden, "sqs", "list_queues", {}).stdout
        assert "123456789012" in call(warden, "sts", "get_caller_identity", {}).stdout
        assert seed.table in call(warden, "rds", "describe_db_instances", {}).stdout

    def test_changes_that_lose_nothing(self, warden: Warden, seed: Seed, version: str) -> None:
        call = SDKS[version]
        put = call(warden, "s3", "put_object", {"Bucket": seed.bucket, "Key": f"new-{uuid.uuid4()}", "Body": "x" * 100_000})
        assert put.returncode == 0, put
        tag = call(warden, "ec2", "create_tags", {"Resources": [seed.instance], "Tags": [{"Key": "a", "Value": "b"}]})
        assert tag.returncode == 0, tag

    def test_denials(self, warden: Warden, cloud: LocalAws, seed: Seed, version: str) -> None:
        call = SDKS[version]
        before = len(cloud.requests())
        for service, operation, arguments, code in denied_calls(seed):
            denied = call(warden, service, operation, arguments)
            assert denied.returncode == 1, (service, operation, denied)
            assert f"({code})" in denied.stdout, (service, operation, denied)
            assert f"warden denied {service}:" in denied.stdout, denied
            assert "retries: 0" in denied.stdout, denied
        assert len(cloud.requests()) == before


def denied_calls(seed: Seed) -> list[tuple[str, str, dict[str, Any], str]]:
    """One delete per protocol, and cases whose danger is in the body."""
    return [
        ("ec2", "terminate_instances", {"InstanceIds": [seed.instance]}, "AccessDenied"),
        ("s3", "delete_object", {"Bucket": seed.bucket, "Key": "data/report.txt"}, "AccessDenied"),
        ("s3", "delete_objects", {"Bucket": seed.bucket, "Delete": {"Objects": [{"Key": "data/report.txt"}]}}, "AccessDenied"),
        ("s3", "put_bucket_versioning", {"Bucket": seed.bucket, "VersioningConfiguration": {"Status": "Suspended"}}, "AccessDenied"),
        ("dynamodb", "delete_table", {"TableName": seed.table}, "AccessDeniedException"),
        (
            "dynamodb",
            "batch_write_item",
            {"RequestItems": {seed.table: [{"DeleteRequest": {"Key": {"id": {"S": "1"}}}}]}},
            "AccessDeniedException",
        ),
        ("sqs", "purge_queue", {"QueueUrl": seed.queue.replace("http://", "https://")}, "AccessDenied"),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": seed.table, "SkipFinalSnapshot": True}, "AccessDenied"),
        ("rds", "modify_db_instance", {"DBInstanceIdentifier": seed.table, "DeletionProtection": False}, "AccessDenied"),
        ("iam", "create_user", {"UserName": "x"}, "AccessDenied"),
        ("lambda", "delete_function", {"FunctionName": "x"}, "AccessDeniedException"),
        ("cloudtrail", "stop_logging", {"Name": "x"}, "AccessDeniedException"),
        ("kms", "schedule_key_deletion", {"KeyId": str(uuid.uuid4())}, "AccessDeniedException"),
    ]


def test_aws_cli(warden: Warden, cloud: LocalAws, seed: Seed, owner: Callable[[str], Any]) -> None:
    aws = require("aws")
    listed = warden.exec(aws, "ec2", "describe-instances", "--query", "Reservations[].Instances[].InstanceId", "--output", "text")
    assert listed.returncode == 0, listed
    assert seed.instance in listed.stdout
    copied = warden.exec(aws, "s3", "cp", f"s3://{seed.bucket}/data/report.txt", "-")
    assert copied.stdout == "the report\n", copied
    before = len(cloud.requests())
    denied = warden.exec(aws, "ec2", "terminate-instances", "--instance-ids", seed.instance)
    assert denied.returncode in (254, 255), denied  # version 2 and version 1 of the CLI: "the request was refused by the service"
    assert denied.stderr.strip().endswith(
        f"An error occurred (AccessDenied) when calling the TerminateInstances operation: warden denied ec2:TerminateInstances on "
        f'arn:aws:ec2:us-east-1:123456789012:instance/{seed.instance}: policy "no-destroy/destructive". Terminating is not allowed; stopping is.'
    ), denied.stderr
    removed = warden.exec(aws, "s3", "rm", f"s3://{seed.bucket}/data/report.txt")
    assert "AccessDenied" in removed.stderr, removed
    assert len(cloud.requests()) == before
    assert owner("ec2").describe_instances(InstanceIds=[seed.instance])["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


def test_javascript_sdk(warden: Warden, cloud: LocalAws, seed: Seed) -> None:
    node = require("node")

    def call(service: str, command: str, arguments: dict[str, Any]) -> Any:
        return warden.exec(node, "-e", JAVASCRIPT, service, command, json.dumps(arguments), env={"AWS_REGION": "us-east-1"})

    assert seed.instance in (listed := call("ec2", "DescribeInstancesCommand", {})).stdout, listed
    assert "data/report.txt" in (listed := call("s3", "ListObjectsV2Command", {"Bucket": seed.bucket})).stdout, listed
    assert seed.table in (listed := call("dynamodb", "ListTablesCommand", {})).stdout, listed
    before = len(cloud.requests())
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("ec2", "TerminateInstancesCommand", {"InstanceIds": [seed.instance]}),
        ("s3", "DeleteObjectCommand", {"Bucket": seed.bucket, "Key": "data/report.txt"}),
        ("dynamodb", "DeleteTableCommand", {"TableName": seed.table}),
        ("sqs", "PurgeQueueCommand", {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/123456789012/{seed.table}"}),
    ]
    for service, command, arguments in calls:
        denied = call(service, command, arguments)
        assert denied.returncode == 1, denied
        assert f"warden denied {service}:" in denied.stdout, denied
        assert "attempts: 1" in denied.stdout, denied
    assert len(cloud.requests()) == before


def test_s5cmd_on_the_go_sdk(warden: Warden, cloud: LocalAws, seed: Seed) -> None:
    s5cmd = require("s5cmd")
    assert "data/report.txt" in (listed := warden.exec(s5cmd, "ls", f"s3://{seed.bucket}/*")).stdout, listed
    assert warden.exec(s5cmd, "cat", f"s3://{seed.bucket}/data/report.txt").stdout == "the report\n"
    before = [r for r in cloud.requests() if r["method"] in ("DELETE", "POST")]
    denied = warden.exec(s5cmd, "rm", f"s3://{seed.bucket}/data/report.txt")
    assert denied.returncode != 0, denied
    assert "warden denied s3:Delete" in denied.stderr, denied
    assert [r for r in cloud.requests() if r["method"] in ("DELETE", "POST")] == before


def test_rclone(warden: Warden, cloud: LocalAws, seed: Seed) -> None:
    rclone, remote = require("rclone"), ":s3,provider=AWS,env_auth,region=us-east-1:"
    assert "report.txt" in (listed := warden.exec(rclone, "ls", remote + seed.bucket)).stdout, listed
    denied = warden.exec(rclone, "--retries", "1", "deletefile", f"{remote}{seed.bucket}/data/report.txt")
    assert denied.returncode != 0, denied
    assert "warden denied s3:DeleteObject" in denied.stderr, denied
    assert not [r for r in cloud.requests() if r["method"] == "DELETE"]


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_signs_itself(warden: Warden, cloud: LocalAws, seed: Seed, version: str) -> None:
    command = (
        f"curl -sS {version} -w '%{{http_version}} %{{http_code}}' --aws-sigv4 aws:amz:us-east-1:ec2 "
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" '
        '-d "Action=$0&Version=2016-11-15&InstanceId.1=$1" https://ec2.us-east-1.amazonaws.com/'
    )
    expected = "2 " if version == "--http2" else "1.1 "
    listed = warden.exec("bash", "-c", command, "DescribeInstances", seed.instance)
    assert listed.stdout.endswith(expected + "200"), listed
    assert seed.instance in listed.stdout
    before = len(cloud.requests())
    denied = warden.exec("bash", "-c", command, "TerminateInstances", seed.instance)
    assert denied.stdout.endswith(expected + "403"), denied
    assert "<Code>AccessDenied</Code>" in denied.stdout, denied
    assert len(cloud.requests()) == before


def test_answers_are_those_of_the_server_byte_for_byte(warden: Warden, cloud: LocalAws, seed: Seed) -> None:
    """The same anonymous request, once through the sandbox and once straight to nginx: every header and byte but the clock's and the request's id."""
    for host, target, holds in [
        (f"{seed.bucket}.s3.amazonaws.com", "/data/report.txt", "the report"),
        ("s3.amazonaws.com", f"/{seed.bucket}?list-type=2", "<Key>data/report.txt</Key>"),
        ("s3.amazonaws.com", f"/{seed.bucket}/absent", "NoSuchKey"),
    ]:
        command = ["curl", "-sS", "-D", "-", "--http1.1"]
        inside = warden.exec(*command, f"https://{host}{target}")
        straight = ["--cacert", str(cloud.ca), "--connect-to", f"{host}:443:{cloud.address}"]
        outside = warden.run_outside(*command, *straight, f"https://{host}{target}")
        assert holds in outside.stdout
        assert _but_clock_and_id(inside.stdout) == _but_clock_and_id(outside.stdout)


def _but_clock_and_id(response: str) -> list[str]:
    varying = ("date:", "x-amzn-requestid:", "x-amz-request-id:", "x-amz-id-2:")
    kept = [line for line in response.splitlines() if not line.lower().startswith(varying)]
    return [re.sub(r"<RequestId>.*?</RequestId>", "", line) for line in kept]


@pytest.mark.parametrize(
    "proxies",
    [
        {},
        {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"},
        {"NO_PROXY": "*"},
    ],
)
def test_proxy_variables_change_nothing(warden: Warden, cloud: LocalAws, seed: Seed, proxies: dict[str, str]) -> None:
    """Those of the caller stay outside; those that the process sets itself lead nowhere but through us."""
    unset = "unset HTTPS_PROXY HTTP_PROXY https_proxy http_proxy ALL_PROXY;"
    for prefix in ("", unset, "export NO_PROXY='*';"):
        arguments = shlex.join([sys.executable, "-c", BOTO3, "ec2", "terminate_instances", json.dumps({"InstanceIds": [seed.instance]})])
        command = f"{prefix} {arguments}"
        denied = warden.exec("bash", "-c", command, env=proxies)
        assert "warden denied ec2:TerminateInstances" in denied.stdout, denied


def test_the_server_sees_real_credentials_and_the_agent_only_dummies(warden: Warden, cloud: LocalAws) -> None:
    real = cloud.config()["credentials"]["aws"]
    inside = warden.exec("bash", "-c", "env; cat ~/.aws/* 2>/dev/null; aws sts get-caller-identity")
    assert "123456789012" in inside.stdout, inside
    assert real["access_key_id"] not in inside.stdout + inside.stderr
    assert real["secret_access_key"] not in inside.stdout + inside.stderr
    assert f"Credential={real['access_key_id']}/" in cloud.requests()[-1]["authorization"]
