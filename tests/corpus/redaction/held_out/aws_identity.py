"""AWS calls whose answer is a credential."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import REGION, aws_ec2, aws_json, aws_query, aws_rest


def codecommit_git_password(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <ServiceSpecificCredential>
      <CreateDate>2026-11-20T07:12:44Z</CreateDate>
      <ServiceName>codecommit.amazonaws.com</ServiceName>
      <ServiceUserName>release-bot-at-{account}</ServiceUserName>
      <ServicePassword>{d.hide(m.base64(32), schema=True)}</ServicePassword>
      <ServiceSpecificCredentialId>{d.keep("ACCA" + m.chars(16).upper())}</ServiceSpecificCredentialId>
      <UserName>release-bot</UserName>
      <Status>Active</Status>
    </ServiceSpecificCredential>"""
    d.kept("codecommit.amazonaws.com", f"release-bot-at-{account}")
    aws_query(d, "iam", "CreateServiceSpecificCredential", "2010-05-08", result, host="iam.amazonaws.com", UserName="release-bot")


def web_identity_from_ci(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <SubjectFromWebIdentityToken>repo:acme/storefront:ref:refs/heads/main</SubjectFromWebIdentityToken>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <Arn>{d.keep(f"arn:aws:sts::{account}:assumed-role/gha-deploy/run-9911")}</Arn>
      <AssumedRoleId>{d.keep("AROA" + m.chars(17).upper() + ":run-9911")}</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <Expiration>2026-11-24T11:15:00Z</Expiration>
    </Credentials>
    <Provider>{d.keep(f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com")}</Provider>"""
    d.kept("repo:acme/storefront:ref:refs/heads/main")
    aws_query(d, "sts", "AssumeRoleWithWebIdentity", "2011-06-15", result, RoleSessionName="run-9911")


def sso_role_credentials(d: Draft) -> None:
    m = d.mint
    answer = {
        "roleCredentials": {
            "accessKeyId": m.aws_id("ASIA"),
            "secretAccessKey": d.hide(m.aws_secret(), schema=True),
            "sessionToken": d.hide(m.aws_session(), schema=True),
            "expiration": 1795612345000,
        }
    }
    d.kept('"expiration":1795612345000')
    aws_rest(d, "sso", "GET", f"/federation/credentials?role_name=ReadOnly&account_id={m.account()}", answer)
    d.url = f"https://portal.sso.{REGION}.amazonaws.com/federation/credentials?role_name=ReadOnly&account_id={m.account()}"
    d.request_headers = {"x-amz-sso_bearer_token": m.urlsafe(200)}  # this operation is not signed


def sso_oidc_device_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "accessToken": d.hide("aoaAAAAA" + m.urlsafe(160), schema=True),
        "expiresIn": 28800,
        "refreshToken": d.hide("aorAAAAA" + m.urlsafe(160), schema=True),
        "tokenType": "Bearer",
    }
    d.kept('"tokenType":"Bearer"', '"expiresIn":28800')
    aws_rest(d, "oidc", "POST", "/token", answer)
    d.request_headers = {"content-type": "application/json"}  # this operation is not signed


def instance_profile_metadata(d: Draft) -> None:
    m = d.mint
    d.ask("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/node-role", b"", user_agent="aws-cli/2.18.5")
    d.json(
        {
            "Code": "Success",
            "LastUpdated": "2026-11-24T09:58:21Z",
            "Type": "AWS-HMAC",
            "AccessKeyId": m.aws_id("ASIA"),
            "SecretAccessKey": d.hide(m.aws_secret(), schema=True),
            "Token": d.hide(m.aws_session(), schema=True),
            "Expiration": "2026-11-24T16:20:02Z",
        },
        indent=2,
        kind="text/plain",
    )
    d.kept('"Type": "AWS-HMAC"', '"LastUpdated": "2026-11-24T09:58:21Z"')


def registry_login(d: Draft) -> None:
    m = d.mint
    account = m.account()
    token = d.hide(m.base64(420), schema=True)
    endpoint = d.keep(f"https://{account}.dkr.ecr.{REGION}.amazonaws.com")
    answer = {"authorizationData": [{"authorizationToken": b64("AWS:" + token), "expiresAt": 1795612345.331, "proxyEndpoint": endpoint}]}
    target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    aws_json(d, "ecr", target, {}, answer, host=f"api.ecr.{REGION}.amazonaws.com")


def artifact_repository_token(d: Draft) -> None:
    m = d.mint
    header = {
        "ver": 1,
        "isu": 1795596400,
        "enc": "A128GCM",
        "tag": m.urlsafe(16),
        "exp": 1795639600,
        "alg": "A128GCMKW",
        "iv": m.urlsafe(12),
    }
    token = m.jwt({"sub": "codeartifact"}, header) + "." + m.urlsafe(180) + "." + m.urlsafe(16)
    d.kept('"expiration":1795639600')
    aws_rest(
        d,
        "codeartifact",
        "POST",
        "/v1/authorization-token?domain=acme&duration=43200",
        {"authorizationToken": d.hide(token, schema=True), "expiration": 1795639600},
    )


def warehouse_login(d: Draft) -> None:
    m = d.mint
    result = f"""    <DbUser>IAM:analyst</DbUser>
    <DbPassword>{d.hide(m.base64(48), schema=True)}</DbPassword>
    <Expiration>2026-11-24T10:30:00.118Z</Expiration>"""
    d.kept("<DbUser>IAM:analyst</DbUser>")
    aws_query(d, "redshift", "GetClusterCredentials", "2012-12-01", result, ClusterIdentifier="dwh", DbUser="analyst")


def new_key_pair(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.rsa_pkcs1("held:bastion").rstrip("\n"), schema=True)
    mark = ":".join(m.hex(2) for _ in range(20))
    identity = d.keep("key-" + m.hex(17))
    aws_ec2(
        d,
        "CreateKeyPair",
        f"    <keyName>bastion-2026</keyName>\n    <keyFingerprint>{d.keep(mark)}</keyFingerprint>\n    <keyMaterial>{key}</keyMaterial>\n    <keyPairId>{identity}</keyPairId>",
        KeyName="bastion-2026",
    )


def device_certificate(d: Draft) -> None:
    m = d.mint
    identity = m.hex(64)
    answer = {
        "certificateArn": d.keep(f"arn:aws:iot:{REGION}:{m.account()}:cert/{identity}"),
        "certificateId": identity,
        "certificatePem": keys.certificate("held-thing"),
        "keyPair": {"PublicKey": keys.public("held-thing"), "PrivateKey": d.hide(keys.rsa_pkcs1("held:thing"), schema=True)},
    }
    d.kept(keys.certificate("held-thing"), keys.public("held-thing"))
    aws_rest(d, "iot", "POST", "/keys-and-certificate?setAsActive=true", answer)


def user_pool_client(d: Draft) -> None:
    m = d.mint
    pool = f"{REGION}_{m.chars(9)}"
    answer = {
        "UserPoolClient": {
            "UserPoolId": d.keep(pool),
            "ClientName": "back-office",
            "ClientId": d.keep(m.chars(26, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "ClientSecret": d.hide(m.chars(51, "abcdefghijklmnopqrstuvwxyz0123456789"), schema=True),
            "RefreshTokenValidity": 30,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "AllowedOAuthScopes": ["openid", "orders/write"],
            "EnableTokenRevocation": True,
        }
    }
    d.kept('"AccessToken":"minutes"', "ALLOW_USER_PASSWORD_AUTH", '"EnableTokenRevocation":true', '"RefreshToken":"days"')
    aws_json(d, "cognito-idp", "AWSCognitoIdentityProviderService.DescribeUserPoolClient", {"UserPoolId": pool, "ClientId": "c"}, answer)
