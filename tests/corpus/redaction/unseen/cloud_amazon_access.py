"""AWS: who may do what, and the credentials that it hands out."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest
from tests.corpus.redaction.unseen import marked


def iam_new_smtp_user(d: Draft) -> None:
    m = d.mint
    result = f"""    <AccessKey>
      <UserName>{d.keep("token-mailer-" + m.hex(4))}</UserName>
      <AccessKeyId>{m.aws_id()}</AccessKeyId>
      <Status>Active</Status>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <CreateDate>2026-11-20T07:12:09Z</CreateDate>
    </AccessKey>"""
    d.kept("<Status>Active</Status>", "<CreateDate>2026-11-20T07:12:09Z</CreateDate>")
    aws_query(d, "iam", "CreateAccessKey", "2010-05-08", result, host="iam.amazonaws.com", UserName="mailer")


def iam_git_credentials(d: Draft) -> None:
    m = d.mint
    result = f"""    <ServiceSpecificCredential>
      <ServicePassword>{d.hide(m.base64(32), schema=True)}</ServicePassword>
      <ServiceName>codecommit.amazonaws.com</ServiceName>
      <ServiceUserName>anna-at-{d.keep(m.account())}</ServiceUserName>
      <ServiceSpecificCredentialId>{d.keep("ACCA" + m.chars(17).upper())}</ServiceSpecificCredentialId>
    </ServiceSpecificCredential>"""
    d.kept("<ServiceName>codecommit.amazonaws.com</ServiceName>")
    aws_query(d, "iam", "CreateServiceSpecificCredential", "2010-05-08", result, host="iam.amazonaws.com", UserName="anna")


def iam_password_policy(d: Draft) -> None:
    m = d.mint
    result = """    <PasswordPolicy>
      <MinimumPasswordLength>16</MinimumPasswordLength>
      <RequireSymbols>true</RequireSymbols>
      <MaxPasswordAge>90</MaxPasswordAge>
      <PasswordReusePrevention>24</PasswordReusePrevention>
      <HardExpiry>false</HardExpiry>
    </PasswordPolicy>"""
    d.kept(
        "<MinimumPasswordLength>16</MinimumPasswordLength>",
        "<PasswordReusePrevention>24</PasswordReusePrevention>",
        "<MaxPasswordAge>90</MaxPasswordAge>",
    )
    d.headers["x-amzn-trace-id"] = d.keep("Root=1-" + m.hex(8) + "-" + m.hex(24))
    aws_query(d, "iam", "GetAccountPasswordPolicy", "2010-05-08", result, host="iam.amazonaws.com")


def sts_web_identity(d: Draft) -> None:
    m = d.mint
    result = f"""    <SubjectFromWebIdentityToken>{d.keep("repo:acme/token-service:ref:refs/heads/main")}</SubjectFromWebIdentityToken>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <Arn>{d.keep(f"arn:aws:sts::{m.account()}:assumed-role/deploy/run-{m.digits(9)}")}</Arn>
      <AssumedRoleId>{d.keep("AROA" + m.chars(17).upper() + ":run")}</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <Expiration>2026-11-24T12:15:00Z</Expiration>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
    </Credentials>"""
    aws_query(
        d,
        "sts",
        "AssumeRoleWithWebIdentity",
        "2011-06-15",
        result,
        RoleArn="arn:aws:iam::111122223333:role/deploy",
        RoleSessionName="run",
        WebIdentityToken="ey",
    )


def cognito_pool_client(d: Draft) -> None:
    m = d.mint
    client = {
        "ClientId": d.keep(m.chars(26).lower()),
        "ClientName": "password-portal",
        "ClientSecret": d.hide(m.chars(51).lower(), schema=True),
        "UserPoolId": d.keep("eu-central-1_" + m.chars(9)),
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes"},
        "EnableTokenRevocation": True,
    }
    d.kept(
        '"ALLOW_USER_PASSWORD_AUTH"',
        '"RefreshTokenValidity":30',
        '"TokenValidityUnits":{"AccessToken":"minutes","IdToken":"minutes"}',
        '"ClientName":"password-portal"',
    )
    aws_json(
        d,
        "cognito-idp",
        "AWSCognitoIdentityProviderService.DescribeUserPoolClient",
        {"UserPoolId": "p", "ClientId": "c"},
        {"UserPoolClient": client},
    )


def cognito_login(d: Draft) -> None:
    m = d.mint
    claims = {"sub": m.uuid(), "iss": "https://cognito-idp.eu-central-1.amazonaws.com/p", "exp": 1795600000}
    result = {
        "AccessToken": d.hide(keys.rs256({**claims, "token_use": "access"}, "unseen-cognito"), schema=True),
        "IdToken": d.hide(keys.rs256({**claims, "token_use": "id"}, "unseen-cognito"), schema=True),
        "RefreshToken": d.hide(".".join(m.urlsafe(n) for n in (60, 200, 12, 300, 12)), schema=True),
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
        "NewDeviceMetadata": {"DeviceKey": d.keep("eu-central-1_" + m.uuid()), "DeviceGroupKey": d.keep("-" + m.chars(8))},
    }
    d.kept('"TokenType":"Bearer"', '"ChallengeParameters":{}')
    aws_json(
        d,
        "cognito-idp",
        "AWSCognitoIdentityProviderService.AdminInitiateAuth",
        {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "UserPoolId": "p", "ClientId": "c"},
        {"AuthenticationResult": result, "ChallengeParameters": {}},
    )


def ecr_login(d: Draft) -> None:
    m = d.mint
    account = m.account()
    payload = b64(json.dumps({"payload": m.base64(180), "datakey": m.base64(90), "version": "2", "type": "DATA_KEY"}))
    data = {
        "authorizationToken": d.hide(b64("AWS:" + payload), schema=True),
        "expiresAt": 1795639600.4,
        "proxyEndpoint": d.keep(f"https://{account}.dkr.ecr.eu-central-1.amazonaws.com"),
    }
    d.kept('"expiresAt":1795639600.4')
    aws_json(
        d,
        "ecr",
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
        {},
        {"authorizationData": [data]},
        host="api.ecr.eu-central-1.amazonaws.com",
    )


def ec2_new_key_pair(d: Draft) -> None:
    m = d.mint
    material = d.hide(keys.rsa_pkcs1("unseen-ec2").rstrip("\n"), schema=True)
    result = f"""    <keyName>secret-lab</keyName>
    <keyFingerprint>{d.keep(":".join(m.hex(2) for _ in range(20)))}</keyFingerprint>
    <keyMaterial>{material}</keyMaterial>
    <keyPairId>{d.keep("key-0" + m.hex(16))}</keyPairId>"""
    d.kept("<keyName>secret-lab</keyName>")
    aws_ec2(d, "CreateKeyPair", result, KeyName="secret-lab")


def redshift_temporary_login(d: Draft) -> None:
    m = d.mint
    result = f"""    <DbUser>IAM:loader</DbUser>
    <DbPassword>{d.hide(m.base64(60), schema=True)}</DbPassword>
    <Expiration>2026-11-24T10:30:00.112Z</Expiration>"""
    d.kept("<DbUser>IAM:loader</DbUser>", "<Expiration>2026-11-24T10:30:00.112Z</Expiration>")
    aws_query(d, "redshift", "GetClusterCredentials", "2012-12-01", result, DbUser="loader", ClusterIdentifier="dwh")


def iot_thing_certificate(d: Draft) -> None:
    m = d.mint
    identity = m.sha256()
    answer = {
        "certificateArn": d.keep(f"arn:aws:iot:eu-central-1:{m.account()}:cert/{identity}"),
        "certificateId": d.keep(identity),
        "certificatePem": d.keep(keys.certificate("unseen-iot")),
        "keyPair": {"PublicKey": d.keep(keys.public("unseen-iot")), "PrivateKey": d.hide(keys.rsa_pkcs1("unseen-iot"), schema=True)},
    }
    aws_rest(d, "iot", "POST", "/keys-and-certificate?setAsActive=true", answer)


def kms_data_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "CiphertextBlob": d.keep("AQIDAH" + m.base64(140)),
        "Plaintext": d.hide(m.base64(32), schema=True),
        "KeyId": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}"),
        "KeyMaterialId": d.keep(m.sha256()),
    }
    aws_json(d, "kms", "TrentService.GenerateDataKey", {"KeyId": "alias/app", "KeySpec": "AES_256"}, answer)


def lightsail_access_details(d: Draft) -> None:
    m = d.mint
    details = {
        "certKey": d.keep("ssh-rsa-cert-v01@openssh.com " + m.base64(200)),
        "expiresAt": 1795600000,
        "ipAddress": "203.0.113.80",
        "privateKey": d.hide(keys.rsa_pkcs1("unseen-lightsail"), schema=True),
        "protocol": "ssh",
        "username": "bitnami",
        "hostKeys": [{"algorithm": "ssh-ed25519", "publicKey": d.keep(m.base64(51)), "fingerprintSHA256": d.keep(m.fingerprint())}],
    }
    d.kept('"protocol":"ssh","username":"bitnami"')
    aws_json(d, "lightsail", "Lightsail_20161128.GetInstanceAccessDetails", {"instanceName": "blog"}, {"accessDetails": details})


def directory_of_secrets(d: Draft) -> None:
    """The list of secrets: names, versions and ARNs, and no value."""
    m = d.mint
    account = m.account()
    rows = []
    for name in ("prod/db/password", "prod/github-token", "legacy/api_key"):
        version, previous = d.keep(m.uuid()), d.keep(m.uuid())
        arn = d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:{name}-{m.chars(6)}")
        rows.append(
            {
                "ARN": arn,
                "Name": name,
                "Description": f"{name} of the shop",
                "LastChangedDate": 1795000000.1,
                "SecretVersionsToStages": {version: ["AWSCURRENT"], previous: ["AWSPREVIOUS"]},
                "Tags": [{"Key": "password-rotation", "Value": "monthly"}],
            }
        )
    d.kept('"Name":"prod/github-token"', '{"Key":"password-rotation","Value":"monthly"}')
    aws_json(d, "secretsmanager", "secretsmanager.ListSecrets", {"MaxResults": 3}, {"SecretList": rows, "NextToken": d.keep(m.page(90))})


def secret_with_odd_members(d: Draft) -> None:
    m = d.mint
    value = {
        "engine": "oracle",
        "host": "ora.acme.internal",
        "username": "batch",
        "password": d.hide(marked(m), schema=True),
        "dbInstanceIdentifier": "ora-prod",
        "wallet": d.hide(m.base64(48), schema=True),
    }
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:batch-{m.chars(6)}"),
        "Name": "batch",
        "VersionId": d.keep(m.uuid()),
        "SecretString": json.dumps(value, indent=1),
        "VersionStages": ["AWSCURRENT", "AWSPENDING"],
        "CreatedDate": 1795000000.7,
    }
    d.kept('"VersionStages":["AWSCURRENT","AWSPENDING"]', '"CreatedDate":1795000000.7')
    aws_json(d, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "batch"}, answer)
