"""S3's addressing styles: one row each, and what chooses an operation among those of one path."""

from __future__ import annotations

import pytest

from tests.unit.dialects.aws.wire import request
from warden.dialects.aws import AwsDialect
from warden.dialects.aws.route import route
from warden.errors import DecodeError

POINT = "arn:aws:s3:us-west-2:123456789012:accesspoint/point"
SCOPE = "us-west-2/s3"
STYLES = [
    # host, path, bucket, key, scope
    ("s3.us-west-2.amazonaws.com", "/b-1/k/l", "b-1", "k/l", SCOPE),
    ("s3-us-west-2.amazonaws.com", "/b-1/k", "b-1", "k", SCOPE),
    ("s3-fips-us-gov-west-1.amazonaws.com", "/b-1/k", "b-1", "k", "us-gov-west-1/s3"),
    ("s3.amazonaws.com", "/b-1/k", "b-1", "k", SCOPE),
    ("s3-external-1.amazonaws.com", "/b-1/k", "b-1", "k", "us-east-1/s3"),
    ("s3.dualstack.us-west-2.amazonaws.com", "/b-1/k", "b-1", "k", SCOPE),
    ("s3-fips.dualstack.us-west-2.amazonaws.com", "/b-1/k", "b-1", "k", SCOPE),
    ("s3.cn-north-1.amazonaws.com.cn", "/b-1/k", "b-1", "k", "cn-north-1/s3"),
    ("b-1.s3.us-west-2.amazonaws.com", "/k/l", "b-1", "k/l", SCOPE),
    ("b.with.dots.s3.us-west-2.amazonaws.com", "/k", "b.with.dots", "k", SCOPE),
    ("b-1.s3.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("us-west-2.s3.amazonaws.com", "/k", "us-west-2", "k", SCOPE),
    ("a.s3.b.s3.us-west-2.amazonaws.com", "/k", "a.s3.b", "k", SCOPE),
    ("b-1.s3-us-west-2.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("b-1.s3-accelerate.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("b-1.s3-accelerate.dualstack.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("b-1.s3-fips.us-west-2.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("b-1.s3.us-west-2.amazonaws.com", "//k", "b-1", "/k", SCOPE),
    ("s3.us-west-2.amazonaws.com", "/b-1//k//l/", "b-1", "/k//l/", SCOPE),
    ("s3.us-west-2.amazonaws.com", "/b-1/a%2Fb%20c%2Bd%25+e%E2%82%AC%5C", "b-1", "a/b c+d%+e€\\", SCOPE),
    ("s3.us-west-2.amazonaws.com", f"/{POINT.replace(':', '%3A').replace('/', '%2F')}/k", POINT, "k", SCOPE),
    ("point-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "/k", POINT, "k", SCOPE),
    ("point-123456789012.s3-accesspoint-fips.dualstack.us-west-2.amazonaws.com", "/k", POINT, "k", SCOPE),
    ("point-0a1b2c-s3alias.s3.us-west-2.amazonaws.com", "/k", "point-0a1b2c-s3alias", "k", SCOPE),
    ("abc.mrap.accesspoint.s3-global.amazonaws.com", "/k", "arn:aws:s3:::accesspoint/abc.mrap", "k", ""),
    (
        "point-123456789012.s3-object-lambda.us-west-2.amazonaws.com",
        "/k",
        "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/point",
        "k",
        "us-west-2/s3-object-lambda",
    ),
    (
        "point-123456789012.op-0a1b.s3-outposts.us-west-2.amazonaws.com",
        "/k",
        "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-0a1b/accesspoint/point",
        "k",
        "us-west-2/s3-outposts",
    ),
    ("b-1--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com", "/k", "b-1--usw2-az1--x-s3", "k", "us-west-2/s3express"),
    ("s3express-usw2-az1.us-west-2.amazonaws.com", "/b-1--usw2-az1--x-s3/k", "b-1--usw2-az1--x-s3", "k", "us-west-2/s3express"),
    ("b-1.s3express-fips-usw2-az1.dualstack.us-west-2.amazonaws.com", "/k", "b-1", "k", "us-west-2/s3express"),
    ("bucket.vpce-0a1b-2c3d.s3.us-west-2.vpce.amazonaws.com", "/b-1/k", "b-1", "k", SCOPE),
    ("b-1.bucket.vpce-0a1b-2c3d.s3.us-west-2.vpce.amazonaws.com", "/k", "b-1", "k", SCOPE),
    ("point-123456789012.accesspoint.vpce-0a1b-2c3d.s3.us-west-2.vpce.amazonaws.com", "/k", POINT, "k", SCOPE),
    ("vpce-looking.s3.us-west-2.amazonaws.com", "/k", "vpce-looking", "k", SCOPE),
]


@pytest.mark.parametrize(("host", "path", "bucket", "key", "scope"), STYLES)
def test_every_style_gives_bucket_and_key(host: str, path: str, bucket: str, key: str, scope: str) -> None:
    found = route(request(f"DELETE https://{host}{path}", scope=scope))
    assert (found.services, found.operation, found.labels["Bucket"], found.labels["Key"]) == (("s3",), "DeleteObject", bucket, key)
    root = "/" + (path.split("/")[1] if "Key" and not path.startswith("/k") and not path.startswith("//") else "")
    assert route(request(f"DELETE https://{host}{root}", scope=scope)).operation == "DeleteBucket"


CHOICES = [
    ("GET /", "ListBuckets"),
    ("GET /?x-id=ListBuckets&max-buckets=3", "ListBuckets"),
    ("GET /b-1", "ListObjects"),
    ("GET /b-1/", "ListObjects"),
    ("GET /b-1?list-type=2&prefix=a%2Fb&delimiter=%2F&encoding-type=url", "ListObjectsV2"),
    ("GET /b-1?location", "GetBucketLocation"),
    ("GET /b-1?location=", "GetBucketLocation"),
    ("GET /b-1?analytics&id=x", "GetBucketAnalyticsConfiguration"),
    ("GET /b-1?analytics&x-id=ListBucketAnalyticsConfigurations", "ListBucketAnalyticsConfigurations"),
    ("GET /b-1?acl&prefix=x", "GetBucketAcl"),
    ("GET /b-1/k?x-id=GetObject", "GetObject"),
    ("GET /b-1/k?versionId=null&response-content-type=text%2Fplain&partNumber=2", "GetObject"),
    ("GET /b-1/k?uploadId=u&max-parts=2", "ListParts"),
    ("GET /b-1/k?AWSAccessKeyId=DUMMY&Signature=x&Expires=1", "GetObject"),
    ("HEAD /b-1", "HeadBucket"),
    ("HEAD /b-1/k", "HeadObject"),
    ("PUT /b-1", "CreateBucket"),
    ("PUT /b-1/k?x-id=PutObject", "PutObject"),
    ("PUT /b-1/k?partNumber=1&uploadId=u", "UploadPart"),
    ("PUT /b-1/k?acl", "PutObjectAcl"),
    ("PUT /b-1?policy", "PutBucketPolicy"),
    ("PUT /b-1?publicAccessBlock", "PutPublicAccessBlock"),
    ("POST /b-1?delete=", "DeleteObjects"),
    ("POST /b-1/k?uploads", "CreateMultipartUpload"),
    ("POST /b-1/k?uploadId=u", "CompleteMultipartUpload"),
    ("POST /b-1/k?select&select-type=2", "SelectObjectContent"),
    ("DELETE /b-1", "DeleteBucket"),
    ("DELETE /b-1?policy", "DeleteBucketPolicy"),
    ("DELETE /b-1/k?versionId=v", "DeleteObject"),
    ("DELETE /b-1/k?uploadId=u", "AbortMultipartUpload"),
    ("DELETE /b-1/k?tagging&x-id=DeleteObjectTagging", "DeleteObjectTagging"),
    # The tables do not know these: never the neighbour.
    ("POST /", "unknown"),
    ("POST /b-1", "unknown"),
    ("POST /b-1/k", "unknown"),
    ("PATCH /b-1/k", "unknown"),
    ("OPTIONS /b-1/k", "unknown"),
    ("delete /b-1/k", "unknown"),
    ("GET /b-1?list-type=3", "two-readings"),
    ("PUT /b-1?newSubresource", "unknown"),
    ("PUT /b-1?POLICY", "unknown"),
    ("PUT /b-1/k?newSubresource", "unknown"),
    ("PUT /b-1/k?x-amz-acl=public-read", "unknown"),
    # Two readings.
    ("GET /b-1?acl&policy", "two-readings"),
    ("PUT /b-1/k?acl&tagging", "two-readings"),
    ("PUT /b-1/k?uploadId=u", "two-readings"),
    ("DELETE /b-1?acl", "unknown"),
    ("DELETE /b-1?policy&policy=x", "two-readings"),
    ("DELETE /b-1?policy=x", "two-readings"),
    ("DELETE /b-1/k?x-id=GetObject", "two-readings"),
    ("DELETE /b-1/k?uploadId=u&uploadId=v", "two-readings"),
]


@pytest.mark.parametrize(("line", "operation"), CHOICES)
def test_query_and_method_choose_the_operation(line: str, operation: str) -> None:
    assert _read(line.replace(" ", " https://s3.us-west-2.amazonaws.com", 1)) == operation


def _read(line: str, *headers: tuple[str, str]) -> str:
    try:
        found = route(request(line, *headers, scope=SCOPE))
    except DecodeError as error:
        return error.code
    assert found.known == (found.operation != "unknown")
    return found.operation


def test_the_copy_source_chooses_between_put_and_copy() -> None:
    copy = ("X-Amz-Copy-Source", "/other/key")
    url = "https://s3.us-west-2.amazonaws.com/b-1/k"
    assert _read(f"PUT {url}", copy) == "CopyObject"
    assert _read(f"PUT {url}?partNumber=1&uploadId=u", copy) == "UploadPartCopy"
    assert _read(f"PUT {url}?acl", copy) == "two-readings"
    assert _read(f"PUT {url}?x-amz-copy-source=%2Fother%2Fkey") == "header-in-query"
    assert _read(f"PUT {url}", copy, copy) == "duplicate-header"


def test_the_host_chooses_between_buckets_and_directory_buckets() -> None:
    line = request("GET https://s3express-control.us-west-2.amazonaws.com/?x-id=ListDirectoryBuckets", scope="us-west-2/s3express")
    assert route(line).operation == "ListDirectoryBuckets"


def test_an_arn_names_the_account() -> None:
    for line in (
        f"GET https://s3.us-west-2.amazonaws.com/{POINT.replace(':', '%3A').replace('/', '%2F')}/k",
        f"GET https://{STYLES[21][0]}/k",
    ):
        assert route(request(line, scope=SCOPE)).account == "123456789012"


def test_a_header_that_means_nothing_to_s3_names_no_account() -> None:
    line = request("GET https://s3.us-west-2.amazonaws.com/b-1/k", ("x-amz-account-id", "123456789012"), scope=SCOPE)
    assert route(line).account is None


def test_object_lambdas_answer_goes_to_their_route() -> None:
    line = request(
        "POST https://io-cell1-abc.s3-object-lambda.us-west-2.amazonaws.com/WriteGetObjectResponse", scope="us-west-2/s3-object-lambda"
    )
    found = route(line)
    assert (found.operation, found.labels) == ("WriteGetObjectResponse", {"RequestRoute": "io-cell1-abc"})


@pytest.mark.parametrize(
    "line", ["PUT /b-1/k", "PUT /b-1/k?partNumber=1&uploadId=u", "GET /b-1/k", "GET /b-1?list-type=2", "DELETE /b-1/k"]
)
def test_uploads_and_downloads_never_need_their_body(line: str) -> None:
    found = request(line.replace(" ", " https://s3.us-west-2.amazonaws.com", 1), ("Content-Encoding", "gzip"), scope=SCOPE, body=None)
    assert not AwsDialect().needs_body(found)
    assert AwsDialect().decode(found)
