"""What has no single certain reading, one row for each code at least, beside its accepted neighbour."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import warden.dialects.aws as dialect
from tests.unit.dialects.aws.wire import FORM, request, signed
from warden.dialects.aws import AwsDialect
from warden.dialects.aws.route import route
from warden.errors import DecodeError
from warden.model import HttpRequest

EC2 = "POST https://ec2.us-east-1.amazonaws.com/"
DDB = "POST https://dynamodb.us-east-1.amazonaws.com/"
LAMBDA = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions"
CW = "POST https://monitoring.us-east-1.amazonaws.com/"
SQS = "POST https://sqs.us-east-1.amazonaws.com"
TERMINATE = "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"
TARGET = ("X-Amz-Target", "DynamoDB_20120810.DeleteTable")
JSON = ("Content-Type", "application/x-amz-json-1.0")
CBOR = ("Smithy-Protocol", "rpc-v2-cbor")
CBOR_LINE = "POST https://monitoring.us-east-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/DeleteAlarms"
PRESIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=DUMMY%2F20260101%2F{}%2Faws4_request&X-Amz-Date=x&X-Amz-Signature=0"


def form(body: str | None, *headers: tuple[str, str], line: str = EC2, scope: str = "us-east-1/ec2") -> HttpRequest:
    return request(line, FORM, *headers, scope=scope, body=body)


def rest(method: str, url: str, *headers: tuple[str, str], scope: str = "us-east-1/lambda") -> HttpRequest:
    return request(f"{method} {url}", *headers, scope=scope)


ACCEPTED = [
    (form(TERMINATE), "TerminateInstances"),
    (form("%41ction=TerminateInstances&%56ersion=2016-11-15"), "TerminateInstances"),
    (form("Version=2016-11-15&UserData=a%3Bb%0A&Action=RunInstances"), "RunInstances"),
    (form("Action=TerminateInstances&Version=2014-10-01"), "TerminateInstances"),
    (request(f"GET {EC2[5:]}?{TERMINATE}", scope="us-east-1/ec2"), "TerminateInstances"),
    (request(f"GET {EC2[5:]}?{TERMINATE}&{PRESIGNED.format('us-east-1%2Fec2')}"), "TerminateInstances"),
    (request(EC2, ("Content-Type", "Application/X-WWW-Form-URLencoded"), scope="us-east-1/ec2", body=TERMINATE), "TerminateInstances"),
    (request(EC2, scope="us-east-1/ec2", body=TERMINATE), "TerminateInstances"),
    (request(DDB, TARGET, JSON, scope="us-east-1/dynamodb", body="{}"), "DeleteTable"),
    (request(CBOR_LINE, CBOR, ("Content-Type", "application/cbor"), scope="us-east-1/monitoring"), "DeleteAlarms"),
    (form("Action=DeleteAlarms&Version=2010-08-01", line=CW, scope="us-east-1/monitoring"), "DeleteAlarms"),
    (
        request(
            CW,
            FORM,
            ("Content-Encoding", "gzip"),
            scope="us-east-1/monitoring",
            body=gzip.compress(b"Action=PutMetricData&Version=2010-08-01"),
        ),
        "PutMetricData",
    ),
    (form("Action=DeleteQueue&Version=2012-11-05", line=f"{SQS}/123456789012/q", scope="us-east-1/sqs"), "DeleteQueue"),
    (rest("GET", LAMBDA), "ListFunctions"),
    (rest("GET", f"{LAMBDA}/"), "ListFunctions"),
    (rest("DELETE", f"{LAMBDA}/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af"), "DeleteFunction"),
    (rest("DELETE", f"{LAMBDA}/name?Qualifier=1"), "DeleteFunction"),
    (
        rest(
            "GET",
            "https://eks.us-east-1.amazonaws.com/tags/arn%3Aaws%3Aeks%3Aus-east-1%3A123456789012%3Acluster%2Fa",
            scope="us-east-1/eks",
        ),
        "ListTagsForResource",
    ),
    (request("GET https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", scope="us-east-1/iam"), "ListUsers"),
    (rest("GET", "https://email.us-east-1.amazonaws.com/v2/email/account", scope="us-east-1/ses"), "GetAccount"),
    (form("Action=SendEmail&Version=2010-12-01", line="POST https://email.us-east-1.amazonaws.com/", scope="us-east-1/ses"), "SendEmail"),
]

REFUSED: list[tuple[HttpRequest, str]] = [
    # the request target
    (rest("GET", f"{LAMBDA}#x"), "target-form"),
    (rest("GET", f"{LAMBDA}\\x"), "target-form"),
    (rest("GET", f"{LAMBDA}/a b"), "target-form"),
    (rest("GET", f"{LAMBDA}/é"), "target-form"),
    (rest("GET", f"{LAMBDA}/%zz"), "malformed-escape"),
    (rest("GET", f"{LAMBDA}?a=%4"), "malformed-escape"),
    (form("Action=%&Version=2016-11-15"), "malformed-escape"),
    (rest("GET", f"{LAMBDA}/%C0%AE%C0%AE"), "malformed-utf8"),
    (rest("GET", f"{LAMBDA}/x?a=%FF"), "malformed-utf8"),
    (rest("GET", f"{LAMBDA}/a%00"), "control-character"),
    (rest("GET", f"{LAMBDA}/a%0A"), "control-character"),
    (rest("DELETE", f"{LAMBDA}/a/../b"), "dot-segment"),
    (rest("DELETE", f"{LAMBDA}/./b"), "dot-segment"),
    (rest("DELETE", f"{LAMBDA}/%2e%2e/b"), "needless-escape"),
    (rest("DELETE", f"{LAMBDA}/..%2Fb"), "dot-segment"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com/b-1/a/../../b-2/k", scope="us-east-1/s3"), "dot-segment"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com/b-1/%2E%2E/b-2", scope="us-east-1/s3"), "dot-segment"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com/b-1/a%2F..%2F..%2Fb-2", scope="us-east-1/s3"), "dot-segment"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com/%62-1/k", scope="us-east-1/s3"), "needless-escape"),
    (rest("GET", "https://lambda.us-east-1.amazonaws.com/2015-03-31/f%75nctions"), "needless-escape"),
    (rest("DELETE", f"{LAMBDA}/a%5Cb"), "backslash"),
    (rest("DELETE", f"{LAMBDA}//a"), "empty-segment"),
    (rest("GET", f"{LAMBDA}/a;b"), "bare-semicolon"),
    (rest("DELETE", "https://lambda.us-east-1.amazonaws.com//2015-03-31/functions/a"), "empty-segment"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com//k", scope="us-east-1/s3"), "malformed-bucket"),
    (rest("DELETE", "https://s3.us-east-1.amazonaws.com/b%2Fk", scope="us-east-1/s3"), "malformed-bucket"),
    (rest("DELETE", LAMBDA + "/a" * 200), "too-many-segments"),
    (rest("DELETE", "https://eks.us-east-1.amazonaws.com/clusters/a%2Fnode-groups%2Fb", scope="us-east-1/eks"), "escaped-slash"),
    (request("GET https://example.com/"), "not-aws"),
    # headers
    (request(DDB, TARGET, TARGET, JSON, scope="us-east-1/dynamodb"), "duplicate-header"),
    (request(DDB, TARGET, JSON, signed("us-east-1/dynamodb"), signed("us-east-1/dynamodb")), "duplicate-header"),
    (request(f"{DDB}?X-Amz-Target=DynamoDB_20120810.DeleteTable", JSON, scope="us-east-1/dynamodb"), "header-in-query"),
    (request(DDB, ("X-Amz-Target", "Dynamo DB/DeleteTable"), JSON, scope="us-east-1/dynamodb"), "malformed-target-header"),
    (request(DDB, ("X-Amz-Target", ""), JSON, scope="us-east-1/dynamodb"), "malformed-target-header"),
    # signatures
    (request(f"GET {LAMBDA}?{PRESIGNED.format('us-east-1%2Flambda')}", scope="us-east-1/lambda"), "two-signatures"),
    (request(f"GET {LAMBDA}?{PRESIGNED.format('us-east-1%2Flambda')}&x-amz-credential=x"), "two-signatures"),
    (request(f"GET {LAMBDA}", ("Authorization", "AWS4-HMAC-SHA256 nonsense")), "malformed-scope"),
    (request(f"GET {LAMBDA}", ("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c, Credential=d")), "malformed-scope"),
    (
        request(f"GET {LAMBDA}", ("Authorization", "AWS4-HMAC-SHA256 Credential=DUMMY/20260101/lambda/aws4_request, Signature=0")),
        "malformed-scope",
    ),
    (request(f"GET {LAMBDA}", ("Authorization", "AWS4-HMAC-SHA256 " + ", " * 5000)), "malformed-scope"),
    (request(f"GET {LAMBDA}?X-Amz-Credential=DUMMY%2F20260101%2Fus-east-1%2Flambda%2Faws4_request"), "malformed-scope"),
    (rest("GET", LAMBDA, scope="us-east-1/ec2"), "service-mismatch"),
    (rest("DELETE", "https://b-1.s3.us-east-1.amazonaws.com/k", scope="us-east-1/s3express"), "service-mismatch"),
    (rest("GET", LAMBDA, scope="eu-west-1/lambda"), "region-mismatch"),
    (rest("GET", "https://iam.amazonaws.com/", scope="cn-north-1/iam"), "region-mismatch"),
    # two protocols
    (request(DDB + "?Action=ListTables", TARGET, JSON, scope="us-east-1/dynamodb"), "two-protocol-signals"),
    (request(DDB, TARGET, CBOR, scope="us-east-1/dynamodb"), "two-protocol-signals"),
    (request(DDB, TARGET, ("Content-Type", "application/x-www-form-urlencoded,x"), scope="us-east-1/dynamodb"), "two-protocol-signals"),
    (
        request(DDB, TARGET, ("Content-Type", "application/x-amz-json-1.0; charset=utf-7"), scope="us-east-1/dynamodb"),
        "unexpected-content-type",
    ),
    (
        form(
            "Action=DeleteAlarms&Version=2010-08-01",
            ("X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics"),
            line=CW,
            scope="us-east-1/monitoring",
        ),
        "two-protocol-signals",
    ),
    (rest("GET", f"{LAMBDA}?Action=DeleteFunction"), "two-protocol-signals"),
    (rest("POST", "https://lambda.us-east-1.amazonaws.com/", ("X-Amz-Target", "AWSLambda.DeleteFunction")), "two-protocol-signals"),
    (rest("GET", LAMBDA, CBOR), "malformed-cbor-path"),
    (
        form("Action=SendEmail&Version=2010-12-01", line="POST https://email.us-east-1.amazonaws.com/v2/email/tags", scope="us-east-1/ses"),
        "two-protocol-signals",
    ),
    # rpc-v2-cbor
    (request(CW, CBOR, scope="us-east-1/monitoring"), "malformed-cbor-path"),
    (request(CBOR_LINE, ("Smithy-Protocol", "rpc-v2-json"), scope="us-east-1/monitoring"), "malformed-cbor-path"),
    (request(CBOR_LINE + "/x", CBOR, scope="us-east-1/monitoring"), "malformed-cbor-path"),
    (request(CBOR_LINE.replace("DeleteAlarms", "Delete%41larms"), CBOR, scope="us-east-1/monitoring"), "malformed-cbor-path"),
    (
        request("POST https://codeconnections.us-east-1.amazonaws.com/service/X/operation/CreateHost", scope="us-east-1/codeconnections"),
        "malformed-cbor-path",
    ),
    # json
    (request(DDB + "x", TARGET, JSON, scope="us-east-1/dynamodb"), "unexpected-request-line"),
    (request(DDB.replace("POST", "GET"), TARGET, JSON, scope="us-east-1/dynamodb"), "unexpected-request-line"),
    (form("Action=ListTables&Version=2012-08-10", line=DDB, scope="us-east-1/dynamodb"), "unexpected-content-type"),
    # query
    (form(TERMINATE, line=EC2 + "x"), "unexpected-request-line"),
    (form(TERMINATE, line=EC2.replace("POST", "PUT")), "unexpected-request-line"),
    (form(TERMINATE, line=EC2 + "?Action=DescribeInstances&Version=2016-11-15"), "split-parameters"),
    (form(TERMINATE, line=EC2 + "?InstanceId.1=i-2"), "split-parameters"),
    (request(f"POST {EC2[5:]}?{TERMINATE}", scope="us-east-1/ec2", body=None), "split-parameters"),
    (form(TERMINATE + "&Action=DescribeInstances"), "duplicate-action"),
    (form(TERMINATE + "&%41ction=DescribeInstances"), "duplicate-action"),
    (request(f"GET {EC2[5:]}?{TERMINATE}&Action=DescribeInstances", scope="us-east-1/ec2"), "duplicate-action"),
    (form("Version=2016-11-15"), "missing-action"),
    (form(""), "missing-action"),
    (form("Action=TerminateInstances"), "missing-version"),
    (form("Action=TerminateInstances&Version=latest"), "missing-version"),
    (form(TERMINATE + "&Version=2014-10-01"), "conflicting-version"),
    (form("Action=../x&Version=2016-11-15"), "malformed-action"),
    (form("Action=TerminateInstances%00&Version=2016-11-15"), "control-character"),
    (form("Action=Terminate%20Instances&Version=2016-11-15"), "malformed-action"),
    (form(TERMINATE + "&action=DescribeInstances"), "misspelt-action"),
    (form("ACTION=DescribeInstances&" + TERMINATE), "misspelt-action"),
    (form("+Action=DescribeInstances&" + TERMINATE), "misspelt-action"),
    (form("X=1;Action=DescribeInstances&" + TERMINATE), "malformed-form"),
    (form(TERMINATE + "\r\n"), "malformed-form"),
    (
        request(f"GET {EC2[5:]}?X=1;Action=TerminateInstances&Action=DescribeInstances&Version=2016-11-15", scope="us-east-1/ec2"),
        "malformed-form",
    ),
    (form(TERMINATE + "&X=é"), "malformed-form"),
    (form(None), "body-missing"),
    (request(EC2, JSON, scope="us-east-1/ec2", body=TERMINATE), "unexpected-content-type"),
    (request(EC2, ("Content-Type", "multipart/form-data; boundary=x"), scope="us-east-1/ec2", body=TERMINATE), "unexpected-content-type"),
    (
        request(EC2, ("Content-Type", f"{FORM[1].partition(';')[0]}; charset=utf-16"), scope="us-east-1/ec2", body=TERMINATE),
        "unexpected-content-type",
    ),
    (request(EC2, FORM, ("Content-Encoding", "gzip"), scope="us-east-1/ec2", body=gzip.compress(TERMINATE.encode())), "compressed-body"),
    (request(CW, FORM, ("Content-Encoding", "br"), scope="us-east-1/monitoring", body=b"x"), "compressed-body"),
    (
        request(CW, FORM, ("Content-Encoding", "gzip"), scope="us-east-1/monitoring", body=gzip.compress(b"x" * 5_000_000)),
        "compressed-body",
    ),
    (
        request(CW, FORM, ("Content-Encoding", "gzip"), scope="us-east-1/monitoring", body=gzip.compress(b"a=1") + gzip.compress(b"&b=2")),
        "compressed-body",
    ),
    (request(CW, FORM, ("Content-Encoding", "gzip"), scope="us-east-1/monitoring", body=gzip.compress(b"a=1")[:-3]), "compressed-body"),
    (
        form(
            "Action=DeleteQueue&Version=2012-11-05&QueueUrl=https%3A%2F%2Fx%2F123456789012%2Fother",
            line=f"{SQS}/123456789012/q",
            scope="us-east-1/sqs",
        ),
        "two-readings",
    ),
    # two services, two accounts
    (
        rest(
            "GET",
            "https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/jobs",
            ("x-amz-account-id", "210987654321"),
            scope="us-east-1/s3",
        ),
        "account-mismatch",
    ),
]


@pytest.mark.parametrize(("sent", "operation"), ACCEPTED, ids=lambda value: value if isinstance(value, str) else "")
def test_accepted(sent: HttpRequest, operation: str) -> None:
    found = route(sent)
    assert found.known
    assert found.operation == operation


@pytest.mark.parametrize(("sent", "code"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_refused(sent: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        AwsDialect().decode(sent)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_every_code_has_a_row() -> None:
    sources = Path(dialect.__file__).parent
    mine = ("hosts", "protocols", "route", "s3", "scope", "trie", "../uri")
    codes = {code for name in mine for code in re.findall(r'DecodeError\(\s*"([a-z0-9-]+)"', (sources / f"{name}.py").read_text())}
    codes |= {"missing-version", "conflicting-version"}  # from one expression
    assert codes - {"two-services"} <= {code for _, code in REFUSED}, "a code without a row"


UNKNOWN = [
    (form("Action=TerminateEverything&Version=2016-11-15"), "ec2:TerminateEverything"),
    (form("Action=TerminateInstances&Version=2099-01-01"), "ec2:TerminateInstances"),
    (request(DDB, ("X-Amz-Target", "DynamoDB_20120810.DropEverything"), JSON, scope="us-east-1/dynamodb"), "dynamodb:DropEverything"),
    (request(DDB, ("X-Amz-Target", "Other_1.DeleteTable"), JSON, scope="us-east-1/dynamodb"), "dynamodb:DeleteTable"),
    (request(DDB, JSON, scope="us-east-1/dynamodb"), "dynamodb:unknown"),
    (rest("PURGE", LAMBDA), "lambda:unknown"),
    (rest("DELETE", f"{LAMBDA}/a/b/c/d"), "lambda:unknown"),
    (request("POST https://new.us-east-1.amazonaws.com/", ("X-Amz-Target", "New.Drop"), scope="us-east-1/new"), "unknown:Drop"),
    (request("DELETE https://new.us-east-1.amazonaws.com/x/y", scope="us-east-1/new"), "unknown:unknown"),
    (request("GET https://amazonaws.com/"), "unknown:unknown"),
]


@pytest.mark.parametrize(("sent", "operation"), UNKNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_what_the_tables_lack_is_unknown_and_never_a_neighbour(sent: HttpRequest, operation: str) -> None:
    assert not route(sent).known
    (action,) = AwsDialect().decode(sent)
    assert (action.operation, action.verb, action.certainty) == (operation, "unknown", "unknown")
