"""Amazon: who one is, keys, tokens and secrets by name."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import leet, team
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest


def web_identity(d: Draft) -> None:
    m = d.mint
    account = m.account()
    role = f"arn:aws:sts::{account}:assumed-role/gh-deployer/run-{m.digits(10)}"
    aws_query(
        d,
        "sts",
        "AssumeRoleWithWebIdentity",
        "2011-06-15",
        f"""    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <AssumedRoleId>{d.keep(m.aws_id("AROA"))}:run</AssumedRoleId>
      <Arn>{d.keep(role)}</Arn>
    </AssumedRoleUser>
    <Provider>{d.keep(f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com")}</Provider>
    <Credentials>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <Expiration>{d.keep("2026-11-24T11:15:00Z")}</Expiration>
    </Credentials>
    <SubjectFromWebIdentityToken>{d.keep("repo:acme/webshop:ref:refs/heads/main")}</SubjectFromWebIdentityToken>
    <PackedPolicySize>6</PackedPolicySize>""",
        host="sts.eu-central-1.amazonaws.com",
        RoleArn=f"arn:aws:iam::{account}:role/gh-deployer",
        RoleSessionName="run",
        WebIdentityToken="e30.e30.x",
    )


def new_access_key(d: Draft) -> None:
    m = d.mint
    aws_query(
        d,
        "iam",
        "CreateAccessKey",
        "2010-05-08",
        f"""    <AccessKey>
      <UserName>{d.keep("ci-password-rotator")}</UserName>
      <AccessKeyId>{m.aws_id()}</AccessKeyId>
      <Status>Active</Status>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <CreateDate>{d.keep("2026-11-24T10:15:00Z")}</CreateDate>
    </AccessKey>""",
        host="iam.amazonaws.com",
        UserName="ci-password-rotator",
    )


def password_rules_of_the_account(d: Draft) -> None:
    aws_query(
        d,
        "iam",
        "GetAccountPasswordPolicy",
        "2010-05-08",
        """    <PasswordPolicy>
      <MinimumPasswordLength>14</MinimumPasswordLength>
      <RequireSymbols>true</RequireSymbols>
      <AllowUsersToChangePassword>true</AllowUsersToChangePassword>
      <PasswordReusePrevention>24</PasswordReusePrevention>
      <ExpirePasswords>true</ExpirePasswords>
      <MaxPasswordAge>90</MaxPasswordAge>
      <HardExpiry>false</HardExpiry>
    </PasswordPolicy>""",
        host="iam.amazonaws.com",
    )
    d.kept(
        "<PasswordReusePrevention>24</PasswordReusePrevention>",
        "<AllowUsersToChangePassword>true</AllowUsersToChangePassword>",
        "<MaxPasswordAge>90</MaxPasswordAge>",
        "<MinimumPasswordLength>14</MinimumPasswordLength>",
    )


def git_credential(d: Draft) -> None:
    m = d.mint
    account = m.account()
    aws_query(
        d,
        "iam",
        "CreateServiceSpecificCredential",
        "2010-05-08",
        f"""    <ServiceSpecificCredential>
      <ServiceName>codecommit.amazonaws.com</ServiceName>
      <ServiceUserName>{d.keep(f"builder-at-{account}")}</ServiceUserName>
      <ServiceSpecificCredentialId>{d.keep(m.aws_id("ACCA"))}</ServiceSpecificCredentialId>
      <UserName>builder</UserName>
      <ServicePassword>{d.hide(m.base64(32), schema=True)}</ServicePassword>
      <Status>Active</Status>
    </ServiceSpecificCredential>""",
        host="iam.amazonaws.com",
        UserName="builder",
        ServiceName="codecommit.amazonaws.com",
    )


def registry_login(d: Draft) -> None:
    m = d.mint
    account = m.account()
    inner = json.dumps({"payload": m.base64(600), "datakey": m.base64(120), "version": "2", "type": "DATA_KEY", "expiration": 1795639200})
    password = d.hide(b64(inner))
    answer = {
        "authorizationData": [
            {
                "authorizationToken": b64("AWS:" + password),
                "expiresAt": 1795639200.123,
                "proxyEndpoint": d.keep(f"https://{account}.dkr.ecr.eu-central-1.amazonaws.com"),
            }
        ]
    }
    d.kept('"expiresAt":1795639200.123')
    aws_json(
        d,
        "ecr",
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
        {},
        answer,
        host="api.ecr.eu-central-1.amazonaws.com",
    )


def hosted_login(d: Draft) -> None:
    m = d.mint
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_" + m.chars(9)
    claims = {"sub": m.uuid(), "iss": issuer, "exp": 1795600000, "token_use": "access", "username": "mona"}
    key = m.base64(32)
    answer = {
        "AuthenticationResult": {
            "AccessToken": d.hide(keys.rs256(claims, key), schema=True),
            "ExpiresIn": 3600,
            "IdToken": d.hide(keys.rs256({**claims, "token_use": "id", "email": "mona@example.com"}, key), schema=True),
            "RefreshToken": d.hide(m.jwt({"s": m.urlsafe(300)}, {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}), schema=True),
            "TokenType": "Bearer",
            "NewDeviceMetadata": {"DeviceKey": d.keep("eu-central-1_" + m.uuid()), "DeviceGroupKey": d.keep("-" + m.chars(8))},
        },
        "ChallengeParameters": {},
    }
    d.kept('"TokenType":"Bearer"', '"ExpiresIn":3600')
    asked = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": m.chars(26, "abcdefghijklmnopqrstuvwxyz0123456789")}
    aws_json(d, "cognito-idp", "AWSCognitoIdentityProviderService.InitiateAuth", asked, answer)


def secret_of_a_database(d: Draft) -> None:
    m = d.mint
    account = m.account()
    inside = {
        "engine": "mysql",
        "host": "orders.cluster-c3xmpl.eu-central-1.rds.amazonaws.com",
        "username": "orders_admin",
        "password": d.hide(leet(m), schema=True),
        "port": 3306,
        "dbname": "orders",
    }
    answer = {
        "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:prod/orders/mysql-{m.chars(6)}"),
        "CreatedDate": 1790000000.12,
        "Name": d.keep("prod/orders/mysql"),
        "SecretString": json.dumps(inside),
        "VersionId": d.keep(m.uuid()),
        "VersionStages": ["AWSCURRENT"],
    }
    d.kept('"VersionStages":["AWSCURRENT"]')
    aws_json(d, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "prod/orders/mysql"}, answer)


def secret_that_is_bytes(d: Draft) -> None:
    m = d.mint
    account = m.account()
    key = d.hide(keys.ec_pkcs8("fresh-signing"), schema=True)
    answer = {
        "SecretValues": [
            {
                "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:mobile/apns-{m.chars(6)}"),
                "Name": "mobile/apns",
                "VersionId": d.keep(m.uuid()),
                "SecretBinary": b64(key),
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": 1788000000.0,
            },
            {
                "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:mobile/fcm-{m.chars(6)}"),
                "Name": "mobile/fcm",
                "VersionId": d.keep(m.uuid()),
                "SecretString": d.hide(m.chars(11) + ":APA91b" + m.urlsafe(90), schema=True),
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": 1788000001.0,
            },
        ],
        "Errors": [
            {
                "SecretId": d.keep("mobile/huawei-push-secret"),
                "ErrorCode": "ResourceNotFoundException",
                "Message": d.keep("Secrets Manager can't find the specified secret."),
            }
        ],
    }
    aws_json(d, "secretsmanager", "secretsmanager.BatchGetSecretValue", {"SecretIdList": ["mobile/apns", "mobile/fcm"]}, answer)


def list_of_secrets(d: Draft) -> None:
    m = d.mint
    account = m.account()
    rows = [
        {
            "ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:{name}-{m.chars(6)}"),
            "Name": d.keep(name),
            "Description": d.keep(text),
            "RotationEnabled": True,
            "RotationLambdaARN": d.keep(f"arn:aws:lambda:eu-central-1:{account}:function:SecretsManager-{m.chars(8)}"),
            "KmsKeyId": d.keep(f"arn:aws:kms:eu-central-1:{account}:key/{m.uuid()}"),
            "SecretVersionsToStages": {d.keep(m.uuid()): ["AWSCURRENT"]},
        }
        for name, text in (
            ("prod/api/jwt-signing-secret", "Token secret of the public API, rotated by hand"),
            ("prod/db/master-password", "Password for user=postgres, see runbook"),
        )
    ]
    aws_json(d, "secretsmanager", "secretsmanager.ListSecrets", {"MaxResults": 2}, {"SecretList": rows, "NextToken": d.keep(m.page(180))})


def data_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "CiphertextBlob": d.keep(m.base64(184)),
        "Plaintext": d.hide(m.base64(32), schema=True),
        "KeyId": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}"),
        "KeyMaterialId": d.keep(m.hex(64)),
    }
    aws_json(d, "kms", "TrentService.GenerateDataKey", {"KeyId": "alias/app", "KeySpec": "AES_256"}, answer)


def host_key_pair(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.rsa_pkcs1("fresh-host").rstrip("\n"), schema=True)
    fingerprint = ":".join(m.hex(2) for _ in range(20))
    aws_ec2(
        d,
        "CreateKeyPair",
        f"""    <keyFingerprint>{d.keep(fingerprint)}</keyFingerprint>
    <keyMaterial>{key}</keyMaterial>
    <keyName>{d.keep("bastion-2026")}</keyName>
    <keyPairId>{d.keep("key-0" + m.hex(16))}</keyPairId>""",
        KeyName="bastion-2026",
    )


def api_gateway_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.chars(10, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "value": d.hide(m.chars(40)),
            "name": f"partner-{m.word()}-{number}",
            "enabled": True,
            "createdDate": 1780000000 + number,
            "stageKeys": [d.keep(f"{m.chars(10, 'abcdefghijklmnopqrstuvwxyz0123456789')}/prod")],
        }
        for number in range(2)
    ]
    aws_rest(d, "apigateway", "GET", "/apikeys?includeValues=true", {"item": rows})


def user_pool_client(d: Draft) -> None:
    m = d.mint
    lower = "abcdefghijklmnopqrstuvwxyz0123456789"
    client = {
        "UserPoolId": d.keep("eu-central-1_" + m.chars(9)),
        "ClientName": "backoffice",
        "ClientId": d.keep(m.chars(26, lower)),
        "ClientSecret": d.hide(m.chars(52, lower), schema=True),
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
        "CallbackURLs": ["https://office.example.com/callback"],
        "AllowedOAuthScopes": ["openid", "email"],
        "EnableTokenRevocation": True,
    }
    d.kept(
        '"TokenValidityUnits":{"AccessToken":"minutes","IdToken":"minutes","RefreshToken":"days"}',
        '"ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH","ALLOW_USER_PASSWORD_AUTH"]',
        '"EnableTokenRevocation":true',
    )
    asked = {"UserPoolId": "eu-central-1_abc", "ClientId": "x"}
    aws_json(d, "cognito-idp", "AWSCognitoIdentityProviderService.DescribeUserPoolClient", asked, {"UserPoolClient": client})


def broker_users_password(d: Draft) -> None:
    """Parameters that only look alike, and one that is none: a decrypted SecureString."""
    m = d.mint
    account = m.account()

    def row(name: str, kind: str, value: str) -> dict[str, object]:
        return {
            "Name": name,
            "Type": kind,
            "Value": value,
            "Version": 3,
            "LastModifiedDate": 1790001234.5,
            "ARN": d.keep(f"arn:aws:ssm:eu-central-1:{account}:parameter{name}"),
            "DataType": "text",
        }

    rows = [
        row("/stage/mq/password", "SecureString", d.hide(team(m), schema=True)),
        row("/stage/mq/password_length", "String", "20"),
        row("/stage/mq/token_issuer", "String", d.keep("https://login.example.com/realms/stage")),
        row("/stage/mq/secret_arn", "String", d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:stage/mq-{m.chars(6)}")),
        row("/stage/mq/ami", "String", d.keep("ami-0" + m.hex(16))),
    ]
    asked = {"Path": "/stage/mq", "WithDecryption": True, "Recursive": True}
    aws_json(d, "ssm", "AmazonSSM.GetParametersByPath", asked, {"Parameters": rows, "NextToken": d.keep(m.page(90))})
