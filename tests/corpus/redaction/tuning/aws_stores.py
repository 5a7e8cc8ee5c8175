"""AWS's stores of secrets and settings: Secrets Manager, Parameter Store, KMS."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_json


def secrets_manager_json(d: Draft) -> None:
    m = d.mint
    name = d.keep(f"prod/{m.word()}/postgres")
    inside = {
        "username": "app_rw",
        "password": d.hide(m.wild(), schema=True),
        "engine": "postgres",
        "host": "db-prod.cluster-c9akciq32rgf.eu-central-1.rds.amazonaws.com",
        "port": 5432,
        "dbInstanceIdentifier": "db-prod",
    }
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:{name}-{m.chars(6)}"),
        "Name": name,
        "VersionId": d.keep(m.uuid()),
        "SecretString": json.dumps(inside),
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1793000000.412,
    }
    aws_json(d, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": name}, answer)


def secrets_manager_binary(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.rsa_pkcs1("tuning-1"), schema=True)
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:sftp-partner-{m.chars(6)}"),
        "Name": "sftp-partner",
        "VersionId": d.keep(m.uuid()),
        "SecretBinary": b64(key),
        "VersionStages": ["AWSCURRENT", "AWSPENDING"],
    }
    aws_json(d, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "sftp-partner"}, answer)


def secrets_manager_list(d: Draft) -> None:
    m = d.mint
    rows = []
    for name in ("prod/payments/stripe", "prod/slack/webhook-token", "stage/api-password"):
        rows.append(
            {
                "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:{name}-{m.chars(6)}"),
                "Name": name,
                "Description": "Rotated by the platform team; the password policy asks for 24 characters.",
                "KmsKeyId": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}"),
                "RotationEnabled": True,
                "LastChangedDate": 1794000000.1,
                "SecretVersionsToStages": {d.keep(m.uuid()): ["AWSCURRENT"], d.keep(m.uuid()): ["AWSPREVIOUS"]},
            }
        )
    d.kept("prod/slack/webhook-token", "the password policy asks for 24 characters")
    aws_json(d, "secretsmanager", "secretsmanager.ListSecrets", {}, {"SecretList": rows, "NextToken": d.keep(m.page(210))})


def ssm_get_parameters_by_path(d: Draft) -> None:
    m = d.mint
    rows = []
    for name, kind, value in (
        ("db/password", "SecureString", d.hide(m.password(), schema=True)),
        ("db/host", "String", d.keep("db-7.internal.example.com")),
        ("smtp/api_key", "SecureString", d.hide(m.sendgrid(), schema=True)),
        ("image/digest", "String", d.keep(m.digest())),
        ("feature/token_ttl", "String", "3600"),
    ):
        rows.append(
            {
                "Name": f"/shop/prod/{name}",
                "Type": kind,
                "Value": value,
                "Version": 7,
                "LastModifiedDate": 1794000000.1,
                "ARN": d.keep(f"arn:aws:ssm:eu-central-1:{m.account()}:parameter/shop/prod/{name}"),
                "DataType": "text",
            }
        )
    asked = {"Path": "/shop/prod", "Recursive": True, "WithDecryption": True}
    aws_json(d, "ssm", "AmazonSSM.GetParametersByPath", asked, {"Parameters": rows, "NextToken": d.keep(m.page(90))})


def kms_generate_data_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "CiphertextBlob": m.base64(184),
        "Plaintext": d.hide(m.base64(32), schema=True),
        "KeyId": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}"),
        "KeyMaterialId": d.keep(m.hex(64)),
    }
    d.keep(answer["CiphertextBlob"])
    aws_json(d, "kms", "TrentService.GenerateDataKey", {"KeyId": "alias/backup", "KeySpec": "AES_256"}, answer)


def ssm_get_parameter_encrypted(d: Draft) -> None:
    """Asked without decryption: the value is ciphertext, and there is nothing to hide."""
    m = d.mint
    answer = {
        "Parameter": {
            "Name": "/shop/prod/db/password",
            "Type": "SecureString",
            "Value": "AQICAHh" + m.base64(160),
            "Version": 3,
            "LastModifiedDate": 1794000000.1,
            "ARN": d.keep(f"arn:aws:ssm:eu-central-1:{m.account()}:parameter/shop/prod/db/password"),
        }
    }
    d.kept('"Version":3', "/shop/prod/db/password", "1794000000.1")
    aws_json(d, "ssm", "AmazonSSM.GetParameter", {"Name": "/shop/prod/db/password"}, answer)
