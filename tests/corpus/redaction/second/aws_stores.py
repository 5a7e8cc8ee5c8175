"""AWS's stores of secrets and settings: Secrets Manager, Parameter Store, KMS, AppConfig."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import aws_json, aws_rest


def secrets_manager_plain(d: Draft) -> None:
    m = d.mint
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:datadog-key-{m.chars(6)}"),
        "CreatedDate": 1.793e9,
        "Name": d.keep("datadog-key"),
        "SecretString": d.hide(m.datadog(), schema=True),
        "VersionId": d.keep(m.uuid()),
        "VersionStages": ["AWSPREVIOUS"],
    }
    asked = {"SecretId": "datadog-key", "VersionStage": "AWSPREVIOUS"}
    aws_json(d, "secretsmanager", "secretsmanager.GetSecretValue", asked, answer)


def secrets_manager_batch(d: Draft) -> None:
    m = d.mint
    rows = []
    for name, inside in (
        ("redis", {"auth": d.hide(m.strong(32), schema=True), "tls": True}),
        ("mail", {"user": "apikey", "pass": d.hide(m.passphrase(), schema=True)}),
    ):
        rows.append(
            {
                "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:{name}-{m.chars(6)}"),
                "Name": name,
                "VersionId": d.keep(m.uuid()),
                "SecretString": json.dumps(inside, indent=1),
                "VersionStages": ["AWSCURRENT"],
            }
        )
    answer = {"SecretValues": rows, "Errors": [], "NextToken": d.keep(m.page(75))}
    aws_json(d, "secretsmanager", "secretsmanager.BatchGetSecretValue", {"SecretIdList": ["redis", "mail"]}, answer)


def secrets_manager_describe(d: Draft) -> None:
    m = d.mint
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:github-token-{m.chars(6)}"),
        "Name": d.keep("github-token"),
        "KmsKeyId": d.keep("alias/secrets-master-key"),
        "RotationEnabled": True,
        "RotationLambdaARN": d.keep(f"arn:aws:lambda:eu-central-1:{m.account()}:function:SecretsManagerGithubTokenRotation"),
        "RotationRules": {"AutomaticallyAfterDays": 30, "ScheduleExpression": d.keep("rate(30 days)")},
        "LastRotatedDate": 1794000000.1,
        "Tags": [
            {"Key": d.keep("aws:cloudformation:stack-name"), "Value": "secrets"},
            {"Key": "owner", "Value": d.keep("team-credentials")},
        ],
        "VersionIdsToStages": {d.keep(m.uuid()): ["AWSCURRENT"], d.keep(m.uuid()): ["AWSPREVIOUS"]},
    }
    aws_json(d, "secretsmanager", "secretsmanager.DescribeSecret", {"SecretId": "github-token"}, answer)


def ssm_get_parameters(d: Draft) -> None:
    m = d.mint
    key = d.hide(m.stripe(), schema=True)
    rows = [
        {"Name": "stripe-secret", "Type": "SecureString", "Value": key, "Version": 2, "DataType": "text"},
        {"Name": "stripe-public", "Type": "String", "Value": d.keep(m.publishable()), "Version": 2, "DataType": "text"},
        {"Name": "ami", "Type": "String", "Value": d.keep("ami-0" + m.hex(16)), "Version": 41, "DataType": "aws:ec2:image"},
    ]
    asked = {"Names": ["stripe-secret", "stripe-public", "ami", "gone"], "WithDecryption": True}
    aws_json(d, "ssm", "AmazonSSM.GetParameters", asked, {"Parameters": rows, "InvalidParameters": ["gone"]})


def kms_generate_data_key_pair(d: Draft) -> None:
    m = d.mint
    answer = {
        "PrivateKeyCiphertextBlob": d.keep(m.base64(1400)),
        "PrivateKeyPlaintext": d.hide(m.base64(1218), schema=True),
        "PublicKey": d.keep(m.base64(294)),
        "KeyId": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/mrk-{m.hex(32)}"),
        "KeyPairSpec": d.keep("RSA_2048"),
    }
    aws_json(d, "kms", "TrentService.GenerateDataKeyPair", {"KeyId": "alias/signing", "KeyPairSpec": "RSA_2048"}, answer)


def appconfig_get_configuration(d: Draft) -> None:
    m = d.mint
    answer = {
        "limits": {"maxTokens": 4096, "tokenTtl": 3600, "passwordMinLength": 12},
        "search": {"endpoint": "https://search.internal.example.com", "apiKey": d.hide(m.chars(40))},
        "flags": {"password_reset_v2": {"enabled": True}, "secret_santa": {"enabled": False}},
    }
    aws_rest(d, "appconfigdata", "GET", "/configuration?configuration_token=" + m.urlsafe(60), answer, signed="appconfig")
    d.kept('"maxTokens":4096', '"tokenTtl":3600', '"passwordMinLength":12', '"secret_santa":{"enabled":false}')
    d.headers["next-poll-configuration-token"] = m.urlsafe(90)
    d.headers["version-label"] = d.keep("v" + m.digits(5))
