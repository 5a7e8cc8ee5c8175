"""What messages do: conditions, parts, resources, and every doubt counted as its worst."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from warden.dialects.aws import effects, effects_table
from warden.dialects.aws.resources import MAX_RESOURCES
from warden.dialects.aws.route import Route
from warden.errors import DecodeError
from warden.model import Action, Certainty, Flag, HttpRequest, Verb

ACCOUNT = "123456789012"
PROTOCOLS = (
    {"ec2": "ec2", "s3": "rest-xml", "route53": "rest-xml", "s3control": "rest-xml", "cloudfront": "rest-xml"}
    | dict.fromkeys(["rds", "autoscaling", "iam", "sns", "elbv2", "cloudformation", "redshift", "elasticache"], "query")
    | dict.fromkeys(
        [
            "cloudfront-keyvaluestore",
            "securityhub",
            "sesv2",
            "lambda",
            "eks",
            "scheduler",
            "batch",
            "apigateway",
            "backup",
            "iot",
            "guardduty",
        ],
        "rest-json",
    )
)


def act(
    name: str,
    body: bytes | str | dict[str, Any] | None = b"",
    *,
    protocol: str = "",
    labels: dict[str, str] | None = None,
    query: tuple[tuple[str, str], ...] = (),
    headers: dict[str, str] | None = None,
    region: str | None = "us-east-1",
    account: str | None = ACCOUNT,
    partition: str | None = "aws",
    family: tuple[str, ...] = (),
) -> tuple[Action, ...]:
    service, operation = name.split(":")
    raw = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    route = Route(
        family or (service,), operation, protocol or PROTOCOLS.get(service, "json"), labels or {}, query, partition, region, account
    )
    return effects.actions(route, HttpRequest("POST", "https", "x.amazonaws.com", 443, "/", tuple((headers or {}).items()), raw))


def said(actions: tuple[Action, ...]) -> str:
    """The Actions as one line a reader can check: ``delete destructive | create overwrite``."""
    return " | ".join(" ".join([action.verb.value, *sorted(flag.value for flag in action.flags)]) for action in actions)


def ids(*actions: Action) -> list[str]:
    return [resource.id for action in actions for resource in action.resources]


# One row a case: operation, body, what it does. Bodies are in the protocol that SDKs use today.
CASES: list[tuple[str, bytes | str | dict[str, Any], str]] = [
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&EbsOptimized.Value=true", "update"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&DisableApiTermination.Value=true", "update"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&DisableApiTermination.Value=false", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&disableapitermination.value=FALSE", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&DisableApiTermination.Value=0", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&Attribute=disableApiTermination&Value=false", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&GroupId.1=sg-1", "grant"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&UserData.Value=IyEvYmluL3No", "execute opaque overwrite"),
    ("ec2:ModifyInstanceMetadataOptions", "InstanceId=i-1&HttpTokens=optional", "update protection_off"),
    ("ec2:ModifyInstanceMetadataOptions", "InstanceId=i-1&HttpTokens=required", "update"),
    ("ec2:StopInstances", "InstanceId.1=i-1", "update disruptive"),
    ("ec2:StopInstances", "InstanceId.1=i-1&Force=true", "update destructive disruptive"),
    ("ec2:TerminateInstances", "InstanceId.1=i-1&DryRun=true", "delete destructive disruptive dry_run"),
    ("ec2:TerminateInstances", "InstanceId.1=i-1&DryRun=false", "delete destructive disruptive"),
    ("ec2:TerminateInstances", "InstanceId.1=i-1&DryRun=True", "delete destructive disruptive"),  # not certain: no rehearsal
    ("ec2:TerminateInstances", "InstanceId.1=i-1&DryRun=true&dryRun=false", "delete destructive disruptive"),
    ("ec2:ModifyImageAttribute", "ImageId=ami-1&Description.Value=x", "update"),
    ("ec2:ModifyImageAttribute", "ImageId=ami-1&LaunchPermission.Add.1.Group=all", "grant share"),
    ("ec2:ModifySnapshotAttribute", "SnapshotId=snap-1&CreateVolumePermission.Add.1.UserId=1", "grant share"),
    ("ec2:ModifySnapshotAttribute", "SnapshotId=snap-1&CreateVolumePermission.Remove.1.UserId=1", "grant"),
    ("ec2:AuthorizeSecurityGroupIngress", "GroupId=sg-1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8", "grant"),
    ("ec2:AuthorizeSecurityGroupIngress", "GroupId=sg-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0", "grant share"),
    ("ec2:ModifyFleet", "FleetId=fleet-1&TargetCapacitySpecification.TotalTargetCapacity=0", "delete destructive disruptive"),
    ("ec2:CreateReplaceRootVolumeTask", "InstanceId=i-1&DeleteReplacedRootVolume=true", "update destructive disruptive overwrite"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&HealthCheckType=ELB", "update"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&MinSize=0", "update"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&MaxSize=5", "update destructive disruptive"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&DesiredCapacity=0", "delete destructive disruptive"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&DesiredCapacity=many", "delete destructive disruptive"),
    ("autoscaling:SetInstanceProtection", "ProtectedFromScaleIn=false", "update protection_off"),
    ("application-autoscaling:RegisterScalableTarget", {"MaxCapacity": 0}, "delete destructive disruptive"),
    ("ecs:UpdateService", {"service": "web", "desiredCount": 0}, "delete destructive disruptive"),
    ("ecs:UpdateService", {"service": "web", "desiredCount": 3}, "update disruptive"),
    ("ecs:UpdateService", {"service": "web", "desiredCount": None}, "update"),
    ("eks:UpdateNodegroupConfig", {"scalingConfig": {"desiredSize": 0}}, "delete destructive disruptive"),
    ("rds:ModifyDBInstance", "DBInstanceIdentifier=d&AllocatedStorage=20", "update"),
    ("rds:ModifyDBInstance", "DBInstanceIdentifier=d&DeletionProtection=false", "update protection_off"),
    ("rds:ModifyDBInstance", "DBInstanceIdentifier=d&BackupRetentionPeriod=0", "update destructive protection_off"),
    ("rds:ModifyDBInstance", "DBInstanceIdentifier=d&MasterUserPassword=x", "grant credential disruptive"),
    ("rds:ModifyDBInstance", "DBInstanceIdentifier=d&PubliclyAccessible=true", "update share"),
    ("rds:DeleteDBInstance", "DBInstanceIdentifier=d&SkipFinalSnapshot=true", "delete destructive protection_off"),
    ("rds:ModifyDBSnapshotAttribute", "DBSnapshotIdentifier=s&AttributeName=restore&ValuesToAdd.AttributeValue.1=all", "grant share"),
    ("dynamodb:UpdateTable", {"TableName": "t", "BillingMode": "PROVISIONED"}, "update"),
    ("dynamodb:UpdateTable", {"TableName": "t", "DeletionProtectionEnabled": False}, "update protection_off"),
    ("dynamodb:UpdateTable", {"TableName": "t", "ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-1"}}]}, "delete destructive"),
    ("dynamodb:UpdateItem", {"TableName": "t", "UpdateExpression": "SET a = :b"}, "update"),
    ("dynamodb:UpdateItem", {"TableName": "t", "UpdateExpression": "remove a"}, "update destructive"),
    ("dynamodb:PutItem", {"TableName": "t", "Item": {}}, "create overwrite"),
    ("dynamodb:PutItem", {"TableName": "t", "Item": {}, "ConditionExpression": "attribute_not_exists(id)"}, "create"),
    ("dynamodb:UpdateTimeToLive", {"TableName": "t", "TimeToLiveSpecification": {"Enabled": True}}, "update destructive"),
    (
        "dynamodb:UpdateContinuousBackups",
        {"TableName": "t", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        "update protection_off",
    ),
    ("sqs:SetQueueAttributes", {"QueueUrl": "q", "Attributes": {"DelaySeconds": "5"}}, "update"),
    ("sqs:SetQueueAttributes", {"QueueUrl": "q", "Attributes": {"Policy": "{}"}}, "grant"),
    ("sqs:SetQueueAttributes", {"QueueUrl": "q", "Attributes": {"policy": '{"Statement":{"Principal":"*"}}'}}, "grant share"),
    ("sqs:SetQueueAttributes", {"QueueUrl": "q", "Attributes": {"MessageRetentionPeriod": "60"}}, "update destructive"),
    ("sns:SetTopicAttributes", "TopicArn=t&AttributeName=DisplayName&AttributeValue=%7B%7D", "update"),
    ("sns:SetTopicAttributes", "TopicArn=t&AttributeName=Policy&AttributeValue=%7B%7D", "grant"),
    ("ssm:GetParameter", {"Name": "p"}, "read"),
    ("ssm:GetParameter", {"Name": "p", "WithDecryption": True}, "read credential"),
    ("ssm:PutParameter", {"Name": "p", "Overwrite": True}, "create overwrite"),
    ("ssm:PutParameter", {"Name": "p"}, "create"),
    ("kms:ImportKeyMaterial", {"KeyId": "k", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}, "create"),
    ("kms:ImportKeyMaterial", {"KeyId": "k", "ExpirationModel": "KEY_MATERIAL_EXPIRES"}, "create destructive"),
    ("iam:UpdateAssumeRolePolicy", "RoleName=r&PolicyDocument=%7B%22Statement%22%3A%5B%7B%22Principal%22%3A%7B%22AWS%22%3A%22*%22%7D%7D%5D%7D", "grant share"),
    ("iam:UpdateAssumeRolePolicy", "RoleName=r&PolicyDocument=%7B%22Statement%22%3A%5B%7B%22Principal%22%3A%7B%22AWS%22%3A%221%22%7D%7D%5D%7D", "grant"),
    ("iam:UpdateAssumeRolePolicy", "RoleName=r&PolicyDocument=nonsense", "grant share"),
    ("cloudtrail:PutEventSelectors", {"TrailName": "t", "EventSelectors": []}, "update audit_off overwrite"),
    ("cloudtrail:PutEventSelectors", {"TrailName": "t", "EventSelectors": [{"IncludeManagementEvents": True}]}, "update overwrite"),
    ("cloudtrail:UpdateTrail", {"Name": "t", "IsMultiRegionTrail": False}, "update audit_off"),
    ("cloudformation:UpdateTerminationProtection", "StackName=s&EnableTerminationProtection=false", "update protection_off"),
    ("cloudformation:UpdateTerminationProtection", "StackName=s&EnableTerminationProtection=true", "update"),
    ("elbv2:ModifyLoadBalancerAttributes", "LoadBalancerArn=a&Attributes.member.1.Key=idle_timeout.timeout_seconds&Attributes.member.1.Value=60", "update"),
    (
        "elbv2:ModifyLoadBalancerAttributes",
        "LoadBalancerArn=a&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value=false",
        "update protection_off",
    ),
    ("emr:SetTerminationProtection", {"JobFlowIds": ["j"], "TerminationProtected": False}, "update protection_off"),
    ("lambda:PutFunctionConcurrency", {"ReservedConcurrentExecutions": 0}, "update disruptive"),
    ("ecr:PutImageTagMutability", {"repositoryName": "r", "imageTagMutability": "MUTABLE"}, "update protection_off"),
    ("ecr:PutImageTagMutability", {"repositoryName": "r", "imageTagMutability": "IMMUTABLE"}, "update"),
    ("guardduty:UpdateDetector", {"enable": False}, "update audit_off"),
    ("redshift:ModifyCluster", "ClusterIdentifier=c&AutomatedSnapshotRetentionPeriod=0", "update destructive protection_off"),
    ("elasticache:ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=r&NodeGroupsToRemove.NodeGroupToRemove.1=1", "delete destructive disruptive"),
    ("datasync:StartTaskExecution", {"TaskArn": "a", "OverrideOptions": {"PreserveDeletedFiles": "REMOVE"}}, "execute destructive overwrite"),
    ("secretsmanager:DeleteSecret", {"SecretId": "s", "ForceDeleteWithoutRecovery": True}, "delete destructive protection_off"),
    ("s3:PutBucketVersioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", "update"),
    ("s3:PutBucketVersioning", '<v:VersioningConfiguration xmlns:v="x"><v:Status> suspended </v:Status></v:VersioningConfiguration>', "update protection_off"),
    ("s3:PutBucketLifecycleConfiguration", "<L><Rule><Transition/></Rule></L>", "update overwrite"),
    ("s3:PutBucketLifecycleConfiguration", "<L><Rule><Expiration><Days>1</Days></Expiration></Rule></L>", "update destructive overwrite"),
    ("s3:PutBucketLogging", "<BucketLoggingStatus/>", "update audit_off"),
    ("s3:PutBucketLogging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket></LoggingEnabled></BucketLoggingStatus>", "update"),
    ("s3:PutObjectLegalHold", "<LegalHold><Status>OFF</Status></LegalHold>", "update protection_off"),
    ("s3:PutPublicAccessBlock", "<P><BlockPublicAcls>true</BlockPublicAcls></P>", "grant protection_off share"),
    (
        "s3:PutPublicAccessBlock",
        "<P><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
        "<RestrictPublicBuckets>true</RestrictPublicBuckets></P>",
        "grant",
    ),
    ("s3:PutBucketPolicy", '{"Statement":[{"Effect":"Allow","Principal":"*"}]}', "grant share"),
    ("s3:PutBucketPolicy", '{"Statement":[{"Effect":"Deny","Principal":"*"}]}', "grant"),
    # Ways around a condition: lists and structures under other names and numbers, numbers that are cut or do not fit, text beside elements.
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&DisableApiTermination=false", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true&BlockDeviceMapping.x=1", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&BlockDeviceMapping.member.1.Ebs.DeleteOnTermination=true", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&BlockDeviceMapping.-1.Ebs.DeleteOnTermination=true", "update protection_off"),
    ("ec2:ModifyInstanceAttribute", "InstanceId=i-1&BlockDeviceMapping.1.1.Ebs.DeleteOnTermination=true", "update protection_off"),
    ("elbv2:ModifyLoadBalancerAttributes", "LoadBalancerArn=a&Attributes.1.Key=deletion_protection.enabled&Attributes.1.Value=false", "update protection_off"),
    (
        "elbv2:ModifyLoadBalancerAttributes",
        "LoadBalancerArn=a&Attributes.LoadBalancerAttribute.1.Key=deletion_protection.enabled&Attributes.member.1.Key=idle_timeout.timeout_seconds",
        "update protection_off",
    ),
    ("elasticache:ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=r&NodeGroupsToRemove.member.1=1", "delete destructive disruptive"),
    ("ecs:UpdateService", {"desiredCount": 0.9}, "delete destructive disruptive"),
    ("ecs:UpdateService", {"desiredCount": 1 << 32}, "delete destructive disruptive"),
    ("ecs:UpdateService", {"desiredCount": "NaN"}, "delete destructive disruptive"),
    ("ecs:UpdateService", '{"desiredCount":1e999}', "delete destructive disruptive"),
    ("dynamodb:BatchWriteItem", {"RequestItems": {"t": [[{"DeleteRequest": {}}]]}}, "delete destructive"),
    ("dynamodb:BatchWriteItem", {"RequestItems": {"t": [{"EraseRequest": {}}]}}, "update opaque"),
    ("s3:PutBucketVersioning", "<V><Status>Suspended<x/></Status></V>", "update protection_off"),
    ("s3:PutBucketVersioning", "<V><Status>Sus<x/>pended</Status></V>", "update protection_off"),
    ("kms:CreateGrant", {"KeyId": "k", "DryRun": 1}, "grant share"),
    # Parameters that do more than the operation's name says.
    ("ec2:RunInstances", "ImageId=ami-1&UserData=IyEvYmluL3No", "create"),
    ("ec2:RunInstances", "ImageId=ami-1&UserData=IyEvYmluL3No&IamInstanceProfile.Name=admin", "execute opaque"),
    ("ec2:CreateLaunchTemplate", "LaunchTemplateData.UserData=eA&LaunchTemplateData.IamInstanceProfile.Arn=a", "execute opaque"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&DeletionProtection=none", "update protection_off"),
    ("autoscaling:UpdateAutoScalingGroup", "AutoScalingGroupName=a&DeletionProtection=prevent-all-deletion", "update"),
    ("s3control:PutBucketVersioning", "<V><Status>Suspended</Status></V>", "update protection_off"),
    ("s3control:PutBucketLifecycleConfiguration", "<L><Rules><Rule><Expiration/></Rule></Rules></L>", "update destructive overwrite"),
    ("dynamodb:UpdateTable", {"TableName": "t", "VectorIndexUpdates": [{"Delete": {"IndexName": "v"}}]}, "delete destructive"),
    ("route53:ChangeCidrCollection", "<C><Changes><member><Action>DELETE_IF_EXISTS</Action></member></Changes></C>", "delete destructive"),
    ("cloudfront-keyvaluestore:UpdateKeys", {"Puts": []}, "update"),
    ("events:UpdateArchive", {"ArchiveName": "a", "RetentionDays": 1}, "update destructive"),
    ("glue:CreateTrigger", {"Name": "t", "StartOnCreation": True}, "execute opaque"),
    ("glue:CreateTrigger", {"Name": "t"}, "create"),
    ("opensearchserverless:UpdateCollection", {"id": "c", "deletionProtection": "DISABLED"}, "update protection_off"),
    ("securityhub:BatchUpdateFindings", '{"Workflow":{"Status":"SUPPRESSED"}}', "update audit_off"),
    ("sesv2:PutConfigurationSetArchivingOptions", {}, "update audit_off"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "expected"), CASES, ids=[f"{row[0]}-{number}" for number, row in enumerate(CASES)])
def test_conditions(name: str, body: bytes | str | dict[str, Any], expected: str) -> None:
    assert said(act(name, body)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "create overwrite"),
        ({"If-None-Match": "*"}, "create"),
        ({"If-None-Match": '"etag"'}, "create overwrite"),
        ({"If-None-Match": "*", "x-amz-acl": "public-read"}, "create share"),
        ({"x-amz-acl": "private"}, "create overwrite"),
        ({"X-Amz-Grant-Read": 'uri="x"'}, "create overwrite share"),
    ],
)
def test_put_object_is_judged_by_its_headers_and_never_needs_its_body(headers: dict[str, str], expected: str) -> None:
    assert said(act("s3:PutObject", None, labels={"Bucket": "b", "Key": "k"}, headers=headers)) == expected
    for operation in ("PutObject", "UploadPart", "CopyObject", "CreateMultipartUpload"):
        assert not effects.needs_body(Route(("s3",), operation, "rest-xml"))
    assert effects.needs_body(Route(("s3",), "DeleteObjects", "rest-xml"))


def test_the_same_condition_holds_in_every_protocol_of_a_service() -> None:
    policy = '{"Statement":[{"Principal":"*"}]}'
    assert said(act("sqs:SetQueueAttributes", {"QueueUrl": "q", "Attributes": {"Policy": policy}})) == "grant share"
    form = f"QueueUrl=q&Attribute.2.Name=Policy&Attribute.2.Value={policy}&Attribute.1.Name=DelaySeconds&Attribute.1.Value=1"
    assert said(act("sqs:SetQueueAttributes", form, protocol="query")) == "grant share"
    assert said(act("sqs:SetQueueAttributes", "QueueUrl=q&Attribute.Name=Policy&Attribute.Value={}", protocol="query")) == "grant"
    assert said(act("cloudwatch:PutMetricAlarm", "AlarmName=a&ActionsEnabled=false", protocol="query")) == "update audit_off"
    assert said(act("cloudwatch:PutMetricAlarm", {"AlarmName": "a", "ActionsEnabled": False}, protocol="json")) == "update audit_off"
    cbor = b"\xbf\x69AlarmName\x61a\x6eActionsEnabled\xf4\xff"
    assert said(act("cloudwatch:PutMetricAlarm", cbor, protocol="rpc-v2-cbor")) == "update audit_off"


def test_a_query_request_by_get_is_read_from_its_query_string() -> None:
    query = (("Action", "TerminateInstances"), ("InstanceId.1", "i-9"), ("DryRun", "true"))
    found = act("ec2:TerminateInstances", b"", query=query)
    assert said(found) == "delete destructive disruptive dry_run"
    assert ids(*found) == [f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-9"]


# --- bodies that were not read, or have two readings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rds:ModifyDBInstance", "grant audit_off credential destructive disruptive opaque protection_off share"),
        ("autoscaling:UpdateAutoScalingGroup", "delete destructive disruptive opaque protection_off"),
        ("dynamodb:BatchWriteItem", "delete destructive opaque | create opaque overwrite"),
        ("dynamodb:PutItem", "create opaque overwrite"),
        ("ec2:TerminateInstances", "delete destructive disruptive opaque"),  # no rehearsal can be seen
        ("ssm:GetParameter", "read credential opaque"),
    ],
)
def test_a_body_that_was_not_read_counts_as_its_worst(name: str, expected: str) -> None:
    found = act(name, None)
    assert said(found) == expected
    assert {one for action in found for one in ids(action)} == {f"arn:aws:{name.split(':')[0]}:us-east-1:{ACCOUNT}:*"}


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("dynamodb:DeleteTable", b'{"TableName":"a","TableName":"b"}', "duplicate-json-key"),
        ("dynamodb:UpdateTable", b'{"TableName":"a","X":{"a":1,"a":1}}', "duplicate-json-key"),
        ("dynamodb:DeleteTable", b'{"TableName":"a"', "malformed-json"),
        ("dynamodb:DeleteTable", b"[]", "malformed-json"),
        ("dynamodb:DeleteTable", b'{"TableName":NaN}', "malformed-json"),
        ("dynamodb:DeleteTable", b'{"TableName":"\xff"}', "invalid-utf8"),
        ("dynamodb:DeleteTable", b'\xef\xbb\xbf{"TableName":"a"}', "malformed-json"),
        ("dynamodb:DeleteTable", b'{"a":' * 70 + b"1" + b"}" * 70, "too-deep"),
        ("dynamodb:DeleteTable", b"[" * 200_000, "too-deep"),
        ("dynamodb:DeleteTable", b"[" * 70 + b'"' + b'\\"' * 2_000_000, "too-deep"),  # hours, for an expression that tries again
        ("dynamodb:DeleteTable", b'{"a":"' + b'[\\"' * 100, "malformed-json"),
        ("ec2:TerminateInstances", b"InstanceId.1=i-1&InstanceId.1=i-2", "duplicate-parameter"),
        ("ec2:TerminateInstances", b"InstanceId.1=%FF", "invalid-utf8"),
        ("ec2:TerminateInstances", b"DryRun=true&DryRun.1=false", "duplicate-parameter"),
        ("ec2:TerminateInstances", b"DryRun.1=false&DryRun=true", "duplicate-parameter"),
        ("ec2:TerminateInstances", b"DryRun=true&+DryRun=false", "malformed-form"),
        ("ec2:TerminateInstances", b"DryRun=true&DryRun%C2%A0=false", "malformed-form"),
        ("ec2:TerminateInstances", b"InstanceId..1=i-1", "malformed-form"),
        ("ec2:TerminateInstances", b"DryRun.=true", "malformed-form"),
        ("ec2:TerminateInstances", b"&".join(b"InstanceId.%d=i" % n for n in range(20_001)), "too-many-parameters"),
        ("ec2:TerminateInstances", b"InstanceId" + b".1" * 80 + b"=i-1", "too-deep"),
        ("s3:PutBucketVersioning", b'<!DOCTYPE a [<!ENTITY e "Suspended">]><V><Status>&e;</Status></V>', "xml-doctype"),
        ("s3:PutBucketVersioning", b'<!DOCTYPE a SYSTEM "http://x/"><V/>', "xml-doctype"),
        ("s3:PutBucketVersioning", b"<V><Status>&e;</Status></V>", "malformed-xml"),
        ("s3:PutBucketVersioning", b"<V><Status>Enabled", "malformed-xml"),
        ("s3:PutBucketVersioning", "<V><Status>Suspended</Status></V>".encode("utf-16"), "invalid-utf8"),
        ("s3:PutBucketVersioning", "<V><Status>Suspended</Status></V>".encode("utf-16-le"), "malformed-xml"),
        ("s3:PutBucketVersioning", b'<?xml version="1.0" encoding="utf-7"?><V><Status>+AFM-</Status></V>', "malformed-xml"),
        ("s3:PutBucketVersioning", b"<a>" * 80, "too-deep"),
    ],
)
def test_two_readings_are_an_error_with_a_stable_name(name: str, body: bytes, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        act(name, body, labels={"Bucket": "b"})
    assert caught.value.code == code
    assert caught.value.message
    assert caught.value.advice


def test_cbor_that_has_two_readings_is_an_error() -> None:
    bodies: list[tuple[bytes, str]] = [
        (b"\xa2\x61a\x01\x61a\x02", "duplicate-cbor-key"),
        (b"\xa1\x61a", "malformed-cbor"),
        (b"\xa1\x61a\x01\x00", "malformed-cbor"),
        (b"\xa1\x01\x02", "malformed-cbor"),
        (b"\x81" * 80 + b"\x00", "too-deep"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "malformed-cbor"),
        (b"\xa1\x61a\xd8\x1c\x00", "malformed-cbor"),
        (b"\x80", "malformed-cbor"),
    ]
    for body, code in bodies:
        with pytest.raises(DecodeError) as caught:
            act("cloudwatch:PutMetricAlarm", body, protocol="rpc-v2-cbor")
        assert caught.value.code == code, body


def test_keys_of_other_case_count_where_they_harm_and_not_where_they_excuse() -> None:
    assert said(act("dynamodb:UpdateTable", {"TableName": "t", "deletionprotectionenabled": False})) == "update protection_off"
    assert said(act("dynamodb:PutItem", {"TableName": "t", "conditionexpression": "attribute_not_exists(a)"})) == "create overwrite"


# --- parts, copies, calls made later ----------------------------------------------------------------------------------------------------------------


def test_each_kind_of_part_is_an_action_with_its_own_resources() -> None:
    body: dict[str, Any] = {
        "RequestItems": {"a": [{"DeleteRequest": {}}], "b": [{"PutRequest": {}}], "c": [{"PutRequest": {}}, {"DeleteRequest": {}}]}
    }
    deletes, puts = act("dynamodb:BatchWriteItem", body)
    assert said((deletes, puts)) == "delete destructive | create overwrite"
    assert [one.rpartition("/")[2] for one in ids(deletes)] == ["a", "c"]
    assert [one.rpartition("/")[2] for one in ids(puts)] == ["b", "c"]

    items = [{"Put": {"TableName": "p"}}, {"Delete": {"TableName": "d"}}, {"ConditionCheck": {"TableName": "c"}}]
    found = act("dynamodb:TransactWriteItems", {"TransactItems": items})
    assert said(found) == "delete destructive | create overwrite | read"
    assert [one.rpartition("/")[2] for one in ids(*found)] == ["d", "p", "c"]

    change = "<R><ChangeBatch><Changes><Change><Action>{}</Action></Change><Change><Action>{}</Action></Change></Changes></ChangeBatch></R>"
    assert (
        said(act("route53:ChangeResourceRecordSets", change.format("CREATE", "delete"), labels={"Id": "/hostedzone/Z1"}))
        == "delete destructive | create"
    )
    found = act("route53:ChangeResourceRecordSets", change.format("UPSERT", "UPSERT"), labels={"Id": "/hostedzone/Z1"})
    assert said(found) == "update overwrite"
    assert ids(*found) == ["arn:aws:route53:::hostedzone/Z1"]


def test_a_copy_reads_its_source() -> None:
    labels = {"Bucket": "to", "Key": "k"}
    found = act("s3:CopyObject", labels=labels, headers={"x-amz-copy-source": "/from/a%20b%2Fc?versionId=1"})
    assert said(found) == "create overwrite | read"
    assert [action.operation for action in found] == ["s3:CopyObject", "s3:GetObject"]
    assert ids(*found) == ["arn:aws:s3:::to/k", "arn:aws:s3:::from/a b/c"]
    source = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap/object/k"
    assert ids(*act("s3:UploadPartCopy", labels=labels, headers={"x-amz-copy-source": source}))[1] == source


def test_a_universal_target_is_a_second_action() -> None:
    target = "arn:aws:scheduler:::aws-sdk:{}"
    found = act("scheduler:CreateSchedule", {"Target": {"Arn": target.format("ec2:terminateInstances")}}, labels={"Name": "s"})
    assert [action.operation for action in found] == ["scheduler:CreateSchedule", "ec2:TerminateInstances"]
    assert said(found) == "execute opaque | delete destructive disruptive opaque"
    assert found[1].context["deferred"] is True
    worst = act("scheduler:UpdateSchedule", {"Target": {"Arn": target.format("rds:modifyDBInstance")}}, labels={"Name": "s"})[1]
    assert worst.verb is Verb.GRANT
    assert Flag.PROTECTION_OFF in worst.flags
    assert (
        act("scheduler:CreateSchedule", {"Target": {"Arn": target.format("sfn:deleteStateMachine")}})[1].operation
        == "stepfunctions:DeleteStateMachine"
    )
    assert len(act("scheduler:CreateSchedule", {"Target": {"Arn": target.format("nobody:knows")}})) == 1
    assert len(act("scheduler:CreateSchedule", {"Target": {"Arn": "arn:aws:lambda:us-east-1:1:function:f"}})) == 1


# --- resources -------------------------------------------------------------------------------------------------------------------------------------

ARN = f"us-east-1:{ACCOUNT}"
RESOURCES: list[tuple[str, bytes | str | dict[str, Any], dict[str, str], list[str]]] = [
    ("ec2:TerminateInstances", "InstanceId.1=i-1&InstanceId.2=i-2", {}, [f"arn:aws:ec2:{ARN}:instance/i-1", f"arn:aws:ec2:{ARN}:instance/i-2"]),
    ("ec2:TerminateInstances", "InstanceId=i-1", {}, [f"arn:aws:ec2:{ARN}:instance/i-1"]),
    ("ec2:CreateTags", "ResourceId.1=vol-1&ResourceId.2=subnet-1", {}, [f"arn:aws:ec2:{ARN}:volume/vol-1", f"arn:aws:ec2:{ARN}:subnet/subnet-1"]),
    ("ec2:CreateVpc", "CidrBlock=10.0.0.0/16", {}, [f"arn:aws:ec2:{ARN}:*"]),
    ("ec2:DeleteSecurityGroup", "GroupId=sg-1", {}, [f"arn:aws:ec2:{ARN}:security-group/sg-1"]),
    ("s3:GetObject", "", {"Bucket": "b", "Key": "x/{1}/y"}, ["arn:aws:s3:::b/x/{1}/y"]),
    ("s3:ListObjectsV2", "", {"Bucket": "b"}, ["arn:aws:s3:::b"]),
    ("s3:DeleteBucket", "", {"Bucket": "b"}, ["arn:aws:s3:::b"]),
    ("s3:ListBuckets", "", {}, [f"arn:aws:s3:{ARN}:*"]),
    ("s3:DeleteObjects", "<Delete><Object><Key>a</Key></Object><Object><Key> b</Key></Object></Delete>", {"Bucket": "b"}, ["arn:aws:s3:::b/a", "arn:aws:s3:::b/ b"]),
    ("s3:GetObject", "", {"Bucket": f"arn:aws:s3:{ARN}:accesspoint/ap", "Key": "k"}, [f"arn:aws:s3:{ARN}:accesspoint/ap/object/k"]),
    ("rds:DeleteDBInstance", "DBInstanceIdentifier=db", {}, [f"arn:aws:rds:{ARN}:db:db"]),
    ("rds:DeleteDBClusterSnapshot", "DBClusterSnapshotIdentifier=s", {}, [f"arn:aws:rds:{ARN}:cluster-snapshot:s"]),
    ("rds:AddTagsToResource", f"ResourceName=arn:aws:rds:{ARN}:db:x", {}, [f"arn:aws:rds:{ARN}:db:x"]),
    ("dynamodb:DeleteTable", {"TableName": "t"}, {}, [f"arn:aws:dynamodb:{ARN}:table/t"]),
    ("dynamodb:DeleteTable", {"TableName": "arn:aws:dynamodb:eu-west-1:999999999999:table/t"}, {}, ["arn:aws:dynamodb:eu-west-1:999999999999:table/t"]),
    ("dynamodb:BatchGetItem", {"RequestItems": {"a": {}, "b": {}}}, {}, [f"arn:aws:dynamodb:{ARN}:table/a", f"arn:aws:dynamodb:{ARN}:table/b"]),
    ("lambda:DeleteFunction", "", {"FunctionName": "f"}, [f"arn:aws:lambda:{ARN}:function:f"]),
    ("iam:DeleteRole", "RoleName=r", {}, [f"arn:aws:iam::{ACCOUNT}:role/r"]),
    ("iam:AttachRolePolicy", "RoleName=r&PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess", {}, [f"arn:aws:iam::{ACCOUNT}:role/r", "arn:aws:iam::aws:policy/AdministratorAccess"]),
    ("kms:ScheduleKeyDeletion", {"KeyId": "1234"}, {}, [f"arn:aws:kms:{ARN}:key/1234"]),
    ("kms:Decrypt", {"KeyId": "alias/a"}, {}, [f"arn:aws:kms:{ARN}:alias/a"]),
    ("sqs:PurgeQueue", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q"}, {}, ["arn:aws:sqs:us-east-1:111122223333:q"]),
    ("sns:DeleteTopic", f"TopicArn=arn:aws:sns:{ARN}:t", {}, [f"arn:aws:sns:{ARN}:t"]),
    ("ecs:UpdateService", {"cluster": "c", "service": "s"}, {}, [f"arn:aws:ecs:{ARN}:service/c/s"]),
    ("ecs:UpdateService", {"service": "s"}, {}, [f"arn:aws:ecs:{ARN}:service/default/s"]),
    ("ecs:UpdateService", {"cluster": f"arn:aws:ecs:{ARN}:cluster/c", "service": "s"}, {}, [f"arn:aws:ecs:{ARN}:service/c/s"]),
    ("rds:DeleteDBInstance", "DBInstanceIdentifier=PROD", {}, [f"arn:aws:rds:{ARN}:db:prod"]),
    ("lambda:DeleteFunction", "", {"FunctionName": "999999999999:function:f"}, ["arn:aws:lambda:us-east-1:999999999999:function:f"]),
    ("ssm:GetParameter", {"Name": "a:3"}, {}, [f"arn:aws:ssm:{ARN}:parameter/a"]),
    ("ecs:DeleteCluster", {"cluster": "c"}, {}, [f"arn:aws:ecs:{ARN}:cluster/c"]),
    ("eks:DeleteCluster", "", {"name": "c"}, [f"arn:aws:eks:{ARN}:cluster/c"]),
    ("ecr:DeleteRepository", {"repositoryName": "a/b"}, {}, [f"arn:aws:ecr:{ARN}:repository/a/b"]),
    ("logs:DeleteLogGroup", {"logGroupName": "/aws/x"}, {}, [f"arn:aws:logs:{ARN}:log-group:/aws/x"]),
    ("logs:DeleteLogStream", {"logGroupName": "g", "logStreamName": "s"}, {}, [f"arn:aws:logs:{ARN}:log-group:g:log-stream:s"]),
    ("cloudformation:DeleteStack", "StackName=s", {}, [f"arn:aws:cloudformation:{ARN}:stack/s/*"]),
    ("secretsmanager:GetSecretValue", {"SecretId": "p/db"}, {}, [f"arn:aws:secretsmanager:{ARN}:secret:p/db"]),
    ("ssm:DeleteParameter", {"Name": "/a/b"}, {}, [f"arn:aws:ssm:{ARN}:parameter/a/b"]),
    ("elbv2:DeleteLoadBalancer", f"LoadBalancerArn=arn:aws:elasticloadbalancing:{ARN}:loadbalancer/app/x/1", {}, [f"arn:aws:elasticloadbalancing:{ARN}:loadbalancer/app/x/1"]),
    ("elbv2:DescribeLoadBalancers", "", {}, [f"arn:aws:elasticloadbalancing:{ARN}:*"]),
    ("autoscaling:DeleteAutoScalingGroup", "AutoScalingGroupName=g", {}, [f"arn:aws:autoscaling:{ARN}:autoScalingGroup:*:autoScalingGroupName/g"]),
    ("autoscaling:TerminateInstanceInAutoScalingGroup", "InstanceId=i-1", {}, [f"arn:aws:ec2:{ARN}:instance/i-1"]),
    ("elasticache:DeleteReplicationGroup", "ReplicationGroupId=r", {}, [f"arn:aws:elasticache:{ARN}:replicationgroup:r"]),
    ("redshift:DeleteCluster", "ClusterIdentifier=c", {}, [f"arn:aws:redshift:{ARN}:cluster:c"]),
    ("cloudtrail:DeleteTrail", {"Name": "t"}, {}, [f"arn:aws:cloudtrail:{ARN}:trail/t"]),
    ("stepfunctions:DeleteStateMachine", {"stateMachineArn": f"arn:aws:states:{ARN}:stateMachine:m"}, {}, [f"arn:aws:states:{ARN}:stateMachine:m"]),
    ("events:DeleteRule", {"Name": "r"}, {}, [f"arn:aws:events:{ARN}:rule/default/r"]),
    ("kinesis:DeleteStream", {"StreamName": "s"}, {}, [f"arn:aws:kinesis:{ARN}:stream/s"]),
    ("backup:DeleteBackupVault", "", {"backupVaultName": "v"}, [f"arn:aws:backup:{ARN}:backup-vault:v"]),
    ("organizations:CloseAccount", {"AccountId": "999999999999"}, {}, [f"arn:aws:organizations::{ACCOUNT}:account/*/999999999999"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "body", "labels", "expected"), RESOURCES, ids=[f"{row[0]}-{number}" for number, row in enumerate(RESOURCES)]
)
def test_resources(name: str, body: bytes | str | dict[str, Any], labels: dict[str, str], expected: list[str]) -> None:
    assert ids(act(name, body, labels=labels)[0]) == expected


def test_unknown_parts_of_an_arn_are_empty_and_their_attributes_absent() -> None:
    (action,) = act("ec2:TerminateInstances", "InstanceId.1=i-1", account=None)
    (resource,) = action.resources
    assert resource.id == "arn:aws:ec2:us-east-1::instance/i-1"
    assert dict(resource.attributes) == {"service": "ec2", "region": "us-east-1", "type": "instance", "name": "i-1", "partition": "aws"}
    (action,) = act("iam:ListUsers", "", region=None, account=None)
    assert ids(action) == ["arn:aws:iam:::*"]
    assert dict(action.resources[0].attributes) == {"service": "iam", "partition": "aws"}
    (action,) = act("ec2:TerminateInstances", "InstanceId.1=i-1", region="cn-north-1", partition="aws-cn")
    assert ids(action) == [f"arn:aws-cn:ec2:cn-north-1:{ACCOUNT}:instance/i-1"]


def test_more_names_than_the_cap_are_one_resource() -> None:
    keys = "".join(f"<Object><Key>k{number}</Key></Object>" for number in range(MAX_RESOURCES + 1))
    (action,) = act("s3:DeleteObjects", f"<Delete>{keys}</Delete>", labels={"Bucket": "b"})
    assert ids(action) == ["arn:aws:s3:::b/*"]
    assert said((action,)) == "delete destructive opaque"  # which objects, nobody sees
    form = "&".join(f"InstanceId.{number}=i-{number}" for number in range(MAX_RESOURCES))
    assert len(ids(*act("ec2:TerminateInstances", form))) == MAX_RESOURCES


# --- families, the unknown, the whole table ------------------------------------------------------------------------------------------------------------


def test_a_family_is_one_action_of_the_graver_effect() -> None:
    (action,) = act("rds:DeleteDBInstance", "DBInstanceIdentifier=d", family=("rds", "neptune", "docdb"))
    assert (action.operation, action.certainty, action.verb) == ("rds:DeleteDBInstance", Certainty.FAMILY, Verb.DELETE)
    assert action.context["family"] == ["rds", "neptune", "docdb"]
    assert action.context["iam"] == ["rds:DeleteDBInstance"]
    (action,) = act("rds:StartExportTask", "ExportTaskIdentifier=e", family=("neptune", "rds", "docdb"))
    assert (action.operation, action.certainty) == ("rds:StartExportTask", Certainty.EXACT)
    assert "family" not in action.context


def test_an_operation_that_the_tables_do_not_know_is_unknown() -> None:
    (action,) = act("ec2:ObliterateEverything", "")
    assert (action.operation, action.verb, action.certainty) == ("ec2:unknown", Verb.UNKNOWN, Certainty.UNKNOWN)
    assert action.resources
    assert not effects.needs_body(Route(("ec2",), "ObliterateEverything", "ec2"))


@pytest.mark.parametrize(
    "family",
    [
        ("rds", "docdb", "neptune"),
        ("wisdom", "qconnect"),
        ("greengrass", "greengrassv2"),
        ("lambda", "lambda-microvms"),
        ("signer", "signer-data"),
    ],
)
def test_members_of_a_family_agree(family: tuple[str, ...]) -> None:
    for operation in sorted({entry.operation for service in family for entry in effects_table.of_service(service)}):
        verbs = {entry.verb for service in family if (entry := effects_table.entry(service, operation))}
        assert len(verbs) == 1, operation


def test_operations_lists_all_that_the_schema_needs() -> None:
    found = {name: (verb, flags, verbs) for name, verb, flags, verbs in effects.operations()}
    assert len(found) > 19_796
    assert Verb.UNKNOWN not in {verb for verb, _, _ in found.values()}
    verb, flags, verbs = found["rds:ModifyDBInstance"]
    assert verb is Verb.UPDATE
    assert {Flag.PROTECTION_OFF, Flag.CREDENTIAL, Flag.OPAQUE} <= flags
    assert verbs == {Verb.UPDATE, Verb.GRANT}
    assert all(Flag.DESTRUCTIVE in flags for _, flags, verbs in found.values() if Verb.DELETE in verbs)
    messages: list[tuple[str, str | None]] = [
        ("rds:ModifyDBInstance", None),
        ("ec2:TerminateInstances", "DryRun=true"),
        ("dynamodb:BatchWriteItem", None),
    ]
    for name, body in messages:
        for action in act(name, body):
            assert action.verb in found[action.operation][2]
            assert action.flags <= found[action.operation][1]


def dangers() -> Iterator[dict[str, Any]]:
    path = Path(__file__).resolve().parents[4] / "tools/tables/data/aws_destructive.jsonl"
    yield from (json.loads(line) for line in path.read_text().splitlines() if line.startswith("{"))


@pytest.mark.parametrize("row", list(dangers()), ids=lambda row: f"{row['service']}:{row['operation']}")
def test_every_operation_of_the_danger_list_can_show_its_danger(row: dict[str, Any]) -> None:
    entry = effects_table.entry(row["service"], row["operation"])
    assert entry is not None
    every = [entry.base, *entry.when, *entry.parts] if row["body_dependent"] else [entry.base]
    verbs = {effect.verb for effect in every}
    flags = set().union(*(effect.flags for effect in every))
    wanted: dict[str, bool] = {
        "delete": Verb.DELETE in verbs,
        "data-loss": bool(flags & {Flag.DESTRUCTIVE, Flag.OVERWRITE, Flag.DISRUPTIVE}) or Verb.DELETE in verbs,
        "perm": Verb.GRANT in verbs or Flag.PROTECTION_OFF in flags,
        "exec": Verb.EXECUTE in verbs and Flag.OPAQUE in flags,
        "overwrite": Flag.OVERWRITE in flags,
        "disrupt": Flag.DISRUPTIVE in flags,
        "exfil": Flag.SHARE in flags,
        "takeover": Verb.GRANT in verbs and bool(flags & {Flag.CREDENTIAL, Flag.SHARE}),
        "audit-off": Flag.AUDIT_OFF in flags,
        "protection-off": Flag.PROTECTION_OFF in flags,
        "credential": Flag.CREDENTIAL in flags,
    }
    assert wanted[row["effect"]], (row, entry)


def test_effects_take_microseconds() -> None:
    """No time limit: only that a hundredfold slip shows. The figure itself is a row of the benchmarks."""
    samples = []
    for _ in range(200):
        begun = time.perf_counter()
        act("ec2:TerminateInstances", b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1")
        samples.append(time.perf_counter() - begun)
    assert median(samples) < 0.006
