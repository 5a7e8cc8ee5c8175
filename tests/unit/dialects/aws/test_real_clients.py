"""What botocore's whole pipeline sends (addressing, signing, presigning, compression), taken off just before the socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from tests.unit.dialects.aws.botocore_requests import ACCOUNT
from warden.dialects.aws import AwsDialect
from warden.dialects.aws.route import Route, route
from warden.model import HttpRequest

ARN = f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/point"


class _Taken(Exception):
    pass


def client(service: str, region: str = "us-west-2", **config: Any) -> Any:
    session = botocore.session.Session()
    session.set_credentials("DUMMYACCESSKEY", "dummy", "token")
    return session.create_client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}, **config))


def sent(made: Any, call: Callable[[Any], Any]) -> HttpRequest:
    """The request that `call` makes."""
    taken: list[AWSPreparedRequest] = []

    def take(request: AWSPreparedRequest, **_: Any) -> None:
        taken.append(request)
        raise _Taken

    made.meta.events.register("before-send", take)
    with pytest.raises(_Taken):
        call(made)
    made.meta.events.unregister("before-send", take)
    return converted(taken[-1].method, taken[-1].url, taken[-1].headers.items(), taken[-1].body)


def converted(method: str, url: str, headers: Any = (), body: Any = b"") -> HttpRequest:
    parts = urlsplit(url)
    pairs = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in headers]
    raw = body.read() if hasattr(body, "read") else body or b""
    raw = raw.encode() if isinstance(raw, str) else bytes(raw)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpRequest(method, "https", str(parts.hostname), 443, target, (("Host", parts.netloc), *pairs), raw, len(raw))


BUCKETS: list[tuple[str, dict[str, Any], str]] = [
    ("plain-bucket", {}, "plain-bucket.s3.us-west-2.amazonaws.com"),
    ("dotted.bucket", {}, "s3.us-west-2.amazonaws.com"),
    ("plain-bucket", {"s3": {"addressing_style": "path"}}, "s3.us-west-2.amazonaws.com"),
    ("plain-bucket", {"s3": {"use_accelerate_endpoint": True}}, "plain-bucket.s3-accelerate.amazonaws.com"),
    ("plain-bucket", {"use_dualstack_endpoint": True}, "plain-bucket.s3.dualstack.us-west-2.amazonaws.com"),
    ("plain-bucket", {"use_fips_endpoint": True}, "plain-bucket.s3-fips.us-west-2.amazonaws.com"),
    ("plain-bucket", {"signature_version": UNSIGNED}, "plain-bucket.s3.us-west-2.amazonaws.com"),
    (ARN, {}, f"point-{ACCOUNT}.s3-accesspoint.us-west-2.amazonaws.com"),
    (ARN, {"use_dualstack_endpoint": True}, f"point-{ACCOUNT}.s3-accesspoint.dualstack.us-west-2.amazonaws.com"),
    (
        f"arn:aws:s3-outposts:us-west-2:{ACCOUNT}:outpost/op-01234567890123456/accesspoint/point",
        {},
        f"point-{ACCOUNT}.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com",
    ),
    (
        f"arn:aws:s3-object-lambda:us-west-2:{ACCOUNT}:accesspoint/point",
        {},
        f"point-{ACCOUNT}.s3-object-lambda.us-west-2.amazonaws.com",
    ),
]
KEY = "a dir//ünïcode+plus&amp=%25?#/[x]~.txt"
CALLS: dict[str, Callable[[Any, str], Any]] = {
    "PutObject": lambda made, bucket: made.put_object(Bucket=bucket, Key=KEY, Body=b"x"),
    "GetObject": lambda made, bucket: made.get_object(Bucket=bucket, Key=KEY, VersionId="v", ResponseContentType="a/b; c"),
    "HeadObject": lambda made, bucket: made.head_object(Bucket=bucket, Key=KEY),
    "DeleteObject": lambda made, bucket: made.delete_object(Bucket=bucket, Key=KEY),
    "CopyObject": lambda made, bucket: made.copy_object(Bucket=bucket, Key=KEY, CopySource={"Bucket": "other", "Key": KEY}),
    "UploadPart": lambda made, bucket: made.upload_part(Bucket=bucket, Key=KEY, PartNumber=1, UploadId="u", Body=b"x"),
    "AbortMultipartUpload": lambda made, bucket: made.abort_multipart_upload(Bucket=bucket, Key=KEY, UploadId="u"),
    "ListParts": lambda made, bucket: made.list_parts(Bucket=bucket, Key=KEY, UploadId="u"),
    "PutObjectTagging": lambda made, bucket: made.put_object_tagging(Bucket=bucket, Key=KEY, Tagging={"TagSet": []}),
}
BUCKET_CALLS: dict[str, Callable[[Any, str], Any]] = {
    "ListObjectsV2": lambda made, bucket: made.list_objects_v2(Bucket=bucket, Prefix="a+b/ü", StartAfter="x y", FetchOwner=True),
    "DeleteObjects": lambda made, bucket: made.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": KEY}]}),
}


def on(bucket: str, call: Callable[[Any, str], Any]) -> Callable[[Any], Any]:
    return lambda made: call(made, bucket)


@pytest.mark.parametrize(("bucket", "config", "host"), BUCKETS)
def test_s3_in_every_addressing_style(bucket: str, config: dict[str, Any], host: str) -> None:
    made = client("s3", **config)
    for operation, call in CALLS.items():
        request = sent(made, on(bucket, call))
        found = route(request)
        assert (request.host, found.operation, found.labels.get("Bucket"), found.labels.get("Key")) == (host, operation, bucket, KEY)
        assert not AwsDialect().needs_body(request) or operation == "PutObjectTagging"
    for operation, call in BUCKET_CALLS.items():
        found = route(sent(made, on(bucket, call)))
        assert (found.operation, found.labels.get("Bucket")) == (operation, bucket)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("bucket", ["plain-bucket", "dotted.bucket"])
def test_presigned_urls(version: str, bucket: str) -> None:
    made = client("s3", signature_version=version)
    for method, operation in (("GET", "get_object"), ("PUT", "put_object"), ("DELETE", "delete_object")):
        url = made.generate_presigned_url(operation, {"Bucket": bucket, "Key": KEY})
        found = route(converted(method, url))
        assert (found.operation.lower(), found.labels["Key"]) == (operation.replace("_", ""), KEY)
    url = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")  # what `aws eks get-token` makes
    assert route(converted("GET", url)).operation == "GetCallerIdentity"


OUTPOST = f"arn:aws:s3-outposts:us-west-2:{ACCOUNT}:outpost/op-1/bucket/b"
FUNCTION = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:f"
MACHINE = f"arn:aws:states:us-west-2:{ACCOUNT}:stateMachine:x"
TABLE = f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/t"
PREFERRED = {"account_id_endpoint_mode": "preferred"}
OTHERS: list[tuple[str, dict[str, Any], Callable[[Any], Any], str]] = [
    ("sqs", {}, lambda made: made.purge_queue(QueueUrl=f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}/q"), "sqs PurgeQueue json"),
    ("ec2", {}, lambda made: made.terminate_instances(InstanceIds=["i-1"]), "ec2 TerminateInstances ec2"),
    ("iam", {}, lambda made: made.delete_user(UserName="a b+c"), "iam DeleteUser query"),
    ("s3control", {}, lambda made: made.list_jobs(AccountId=ACCOUNT), "s3control ListJobs rest-xml"),
    (
        "s3control",
        {},
        lambda made: made.get_bucket(Bucket=OUTPOST),
        "s3control GetBucket rest-xml",
    ),
    (
        "lambda",
        {},
        lambda made: made.delete_function(FunctionName=FUNCTION),
        "lambda DeleteFunction rest-json",
    ),
    ("route53", {}, lambda made: made.delete_hosted_zone(Id="/hostedzone/Z1"), "route53 DeleteHostedZone rest-xml"),
    ("glacier", {}, lambda made: made.list_vaults(), "glacier ListVaults rest-json"),
    ("apigateway", {}, lambda made: made.get_rest_apis(), "apigateway GetRestApis rest-json"),
    ("cloudsearch", {}, lambda made: made.describe_domains(), "cloudsearch DescribeDomains query"),
    ("rds", {}, lambda made: made.delete_db_instance(DBInstanceIdentifier="x"), "rds DeleteDBInstance query"),
    ("docdb", {}, lambda made: made.delete_db_cluster(DBClusterIdentifier="x"), "docdb DeleteDBCluster query"),
    (
        "stepfunctions",
        {},
        lambda made: made.start_sync_execution(stateMachineArn=MACHINE),
        "stepfunctions StartSyncExecution json",
    ),
    (
        "dynamodb",
        {"account_id_endpoint_mode": "preferred"},
        lambda made: made.delete_table(TableName=TABLE),
        "dynamodb DeleteTable json",
    ),
    ("apigatewayv2", {}, lambda made: made.delete_api(ApiId="x"), "apigatewayv2 DeleteApi rest-json"),
    ("sesv2", {}, lambda made: made.get_account(), "sesv2 GetAccount rest-json"),
    ("ses", {}, lambda made: made.list_identities(), "ses ListIdentities query"),
]


@pytest.mark.parametrize(("service", "config", "call", "wanted"), OTHERS, ids=[row[3] for row in OTHERS])
def test_other_services(service: str, config: dict[str, Any], call: Callable[[Any], Any], wanted: str) -> None:
    found: Route = route(sent(client(service, **config), call))
    name, operation, protocol = wanted.split()
    assert (name in found.services, found.operation, found.protocol, found.region in {"us-west-2", "us-east-1"}) == (
        True,
        operation,
        protocol,
        True,
    )


def test_compressed_metrics_are_read() -> None:
    data = [{"MetricName": f"metric-{number}", "Value": number} for number in range(600)]
    request = sent(client("cloudwatch"), lambda made: made.put_metric_data(Namespace="x", MetricData=data))
    assert request.header("content-encoding") == "gzip"
    (action,) = AwsDialect().decode(request)
    assert action.operation == "cloudwatch:PutMetricData"
