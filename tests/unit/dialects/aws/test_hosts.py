"""Accepted and refused inputs of `hosts.find`, one row each."""

from __future__ import annotations

import json

import pytest

from tools.tables.aws_endpoints import OVERRIDES
from warden.dialects.aws import AwsDialect, hosts

KNOWN = [
    ("ec2.us-east-1.amazonaws.com", "ec2", "aws", "us-east-1", None),
    ("ec2-fips.us-west-2.amazonaws.com", "ec2", "aws", "us-west-2", None),
    ("ec2.us-east-1.api.aws", "ec2", "aws", "us-east-1", None),
    ("api.ec2.us-east-1.aws", "ec2", "aws", "us-east-1", None),
    ("ec2.us-gov-west-1.amazonaws.com", "ec2", "aws-us-gov", "us-gov-west-1", None),
    ("ec2.cn-north-1.amazonaws.com.cn", "ec2", "aws-cn", "cn-north-1", None),
    ("ec2.us-iso-east-1.c2s.ic.gov", "ec2", "aws-iso", "us-iso-east-1", None),
    ("ec2.eusc-de-east-1.amazonaws.eu", "ec2", "aws-eusc", "eusc-de-east-1", None),
    ("ec2.eu-atlantis-9.amazonaws.com", "ec2", "aws", "eu-atlantis-9", None),
    ("ec2.amazonaws.com", "ec2", "aws", None, None),
    ("iam.amazonaws.com", "iam", "aws", None, None),
    ("iam.us-gov.amazonaws.com", "iam", "aws-us-gov", None, None),
    ("iam.cn-north-1.amazonaws.com.cn", "iam", "aws-cn", "cn-north-1", None),
    ("iam.global.api.aws", "iam", "aws", None, None),
    ("sts.amazonaws.com", "sts", "aws", None, None),
    ("queue.amazonaws.com", "sqs", "aws", None, None),
    ("us-east-1.queue.amazonaws.com", "sqs", "aws", "us-east-1", None),
    ("eu-west-1.elasticmapreduce.amazonaws.com", "emr", "aws", "eu-west-1", None),
    ("rds.amazonaws.com", "rds docdb neptune", "aws", None, None),
    ("rds.eu-west-1.amazonaws.com", "rds docdb neptune", "aws", "eu-west-1", None),
    ("123456789012.ddb.us-east-1.amazonaws.com", "dynamodb", "aws", "us-east-1", "123456789012"),
    ("123456789012.s3-control.us-east-1.amazonaws.com", "s3control", "aws", "us-east-1", "123456789012"),
    ("123456789012.s3-control.dualstack.us-east-1.amazonaws.com", "s3control", "aws", "us-east-1", "123456789012"),
    ("g-0a1b.us-east-1.neptune-graph.amazonaws.com", "neptune-graph", "aws", "us-east-1", None),
    ("data.iotsitewise.us-east-1.amazonaws.com", "iotsitewise", "aws", "us-east-1", None),
    ("data-servicediscovery.us-east-1.amazonaws.com", "servicediscovery", "aws", "us-east-1", None),
    ("eks.us-east-1.amazonaws.com", "eks", "aws", "us-east-1", None),
    ("fips.eks.us-east-1.amazonaws.com", "eks", "aws", "us-east-1", None),
    ("api.ecr.us-east-1.amazonaws.com", "ecr", "aws", "us-east-1", None),
    ("a1b2c3-ats.iot.us-east-1.amazonaws.com", "iot-data", "aws", "us-east-1", None),
    ("us-east-1.signin.aws.amazon.com", "signin", "aws", "us-east-1", None),
    ("vpce-0a1b2c3d-4e5f6a7b.ec2.us-east-1.vpce.amazonaws.com", "ec2", "aws", "us-east-1", None),
    ("vpce-0a1b2c3d-4e5f6a7b-us-east-1a.api.ecr.us-east-1.vpce.amazonaws.com", "ecr", "aws", "us-east-1", None),
    ("vpce-0a1b2c3d-4e5f6a7b.kms-fips.us-east-1.vpce.amazonaws.com", "kms", "aws", "us-east-1", None),
]


@pytest.mark.parametrize(("name", "services", "partition", "region", "account"), KNOWN)
def test_a_known_name_is_its_services(name: str, services: str, partition: str, region: str | None, account: str | None) -> None:
    found = hosts.find(name)
    assert found is not None
    assert (" ".join(found.services), found.partition, found.region, found.account) == (services, partition, region, account)


@pytest.mark.parametrize(
    "name",
    [
        "amazonaws.com",
        "nothing.amazonaws.com",
        "nothing.us-east-1.amazonaws.com",
        "nothing.us-east-1.api.aws",
        "a.b.c.d.amazonaws.com",
        "ec2.us-east-1.us-east-1.amazonaws.com",
        "us-east-1.ec2.amazonaws.com",
        "deep.ec2.us-east-1.amazonaws.com",
        "12345.ddb.us-east-1.amazonaws.com",
        "kms.notaregion.amazonaws.com",
        "control.vpce-1a2b.nothing.us-east-1.vpce.amazonaws.com",
    ],
)
def test_an_unknown_name_under_a_suffix_is_claimed_but_nobodys(name: str) -> None:
    found = hosts.find(name)
    assert found is not None
    assert found.services == ()
    assert AwsDialect().claims(name, 443)


CUSTOMERS = [
    "mydb.abc123.us-east-1.rds.amazonaws.com",
    "mydb.abc123.rds.cn-north-1.amazonaws.com.cn",
    "0A1B.gr7.us-east-1.eks.amazonaws.com".lower(),
    "0a1b.yl4.us-east-1.eks.amazonaws.com",
    "web-123.us-east-1.elb.amazonaws.com",
    "net-123.elb.us-east-1.amazonaws.com",
    "search-logs-abc.us-east-1.es.amazonaws.com",
    "x.docdb-1.us-east-1.docdb.amazonaws.com",
    "wg.123456789012.us-east-1.redshift-serverless.amazonaws.com",
    "c.abc.us-east-1.redshift.amazonaws.com",
    "c.abc.0001.use1.cache.amazonaws.com",
    "ec2-1-2-3-4.compute-1.amazonaws.com",
    "ec2-1-2-3-4.eu-west-1.compute.amazonaws.com",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "abc123.execute-api.us-east-1.amazonaws.com",
    "vpce-0a1b-2c3d.execute-api.us-east-1.vpce.amazonaws.com",
    "vpce-0a1b-2c3d.vpce-svc-9f8e.us-east-1.vpce.amazonaws.com",
    "b-1.demo.abc.c2.kafka.us-east-1.amazonaws.com",
    "b-0a1b-1.mq.us-east-1.amazonaws.com",
    "fs-0a1b.efs.us-east-1.amazonaws.com",
    "site.s3-website-us-east-1.amazonaws.com",
    "site.s3-website.eu-central-1.amazonaws.com",
]
OTHERS = [
    "awscli.amazonaws.com",
    "checkip.amazonaws.com",
    "example.com",
    "amazonaws.com.example.com",
    "ec2.us-east-1.amazonaws.com.evil.net",
    "notamazonaws.com",
    "abc.lambda-url.us-east-1.on.aws",
    "d111.cloudfront.net",
    "169.254.169.254",
    "localhost",
    "aws.amazon.com",
    "console.aws.amazon.com",
    "",
]


@pytest.mark.parametrize("name", [*CUSTOMERS, *OTHERS])
def test_customers_data_endpoints_and_foreign_names_are_not_claimed(name: str) -> None:
    assert not AwsDialect().claims(name, 443)


def test_every_correction_to_the_host_names_is_used_and_has_a_reason() -> None:
    overrides = json.loads(OVERRIDES.read_text())
    for kind in ("legacy", "discovered", "customers", "pages"):
        assert all(len(row["reason"]) > 10 for row in overrides[kind])
    for row in overrides["legacy"]:
        found = hosts.find(f"{row['host']}.amazonaws.com")
        assert found is not None
        assert set(row["services"]) <= set(found.services)
    for row in overrides["discovered"]:
        found = hosts.find(f"abc123.{row['base'].replace('*', 'us-east-1')}.amazonaws.com")
        assert found is not None
        assert set(row["services"]) <= set(found.services)
    for row in overrides["pages"]:
        assert hosts.find(f"{row['host']}.amazonaws.com") is None
    for row in overrides["customers"]:
        assert hosts.find(f"x.y.{row['base'].replace('*', 'us-east-1')}.amazonaws.com") is None, row
