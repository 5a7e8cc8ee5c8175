"""AWS answers whose point is a credential: STS, IAM, ECR, Cognito, SSO."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_json, aws_query, aws_rest


def sts_assume_role(d: Draft) -> None:
    m = d.mint
    arn = d.keep(f"arn:aws:sts::{m.account()}:assumed-role/ci-deployer/gha-{m.digits(10)}")
    result = f"""    <AssumedRoleUser>
      <AssumedRoleId>{d.keep(m.aws_id("AROA") + ":gha-" + m.digits(10))}</AssumedRoleId>
      <Arn>{arn}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <Expiration>2026-11-24T11:15:00Z</Expiration>
    </Credentials>"""
    d.kept("<Expiration>2026-11-24T11:15:00Z</Expiration>")
    aws_query(d, "sts", "AssumeRole", "2011-06-15", result, RoleArn="arn:aws:iam::111122223333:role/ci-deployer", RoleSessionName="gha")


def iam_create_access_key(d: Draft) -> None:
    m = d.mint
    result = f"""    <AccessKey>
      <UserName>{d.keep("svc-" + m.word() + "-export")}</UserName>
      <AccessKeyId>{m.aws_id()}</AccessKeyId>
      <Status>Active</Status>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <CreateDate>2026-11-24T10:15:03Z</CreateDate>
    </AccessKey>"""
    aws_query(d, "iam", "CreateAccessKey", "2010-05-08", result, host="iam.amazonaws.com", UserName="svc-export")


def ecr_get_authorization_token(d: Draft) -> None:
    m = d.mint
    token = d.hide(m.base64(900), schema=True)
    endpoint = d.keep(f"https://{m.account()}.dkr.ecr.eu-central-1.amazonaws.com")
    answer = {"authorizationData": [{"authorizationToken": b64(f"AWS:{token}"), "expiresAt": 1795636800.123, "proxyEndpoint": endpoint}]}
    d.kept('"expiresAt":1795636800.123')
    target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    aws_json(d, "ecr", target, {}, answer, host="api.ecr.eu-central-1.amazonaws.com")


def cognito_describe_user_pool_client(d: Draft) -> None:
    m = d.mint
    client = {
        "UserPoolId": d.keep("eu-central-1_" + m.chars(9)),
        "ClientName": "backoffice",
        "ClientId": d.keep(m.chars(26, "abcdefghijklmnopqrstuvwxyz0123456789")),
        "ClientSecret": d.hide(m.chars(51, "abcdefghijklmnopqrstuvwxyz0123456789"), schema=True),
        "LastModifiedDate": 1795000000.5,
        "RefreshTokenValidity": 30,
        "AccessTokenValidity": 60,
        "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "days"},
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": True,
        "CallbackURLs": ["https://backoffice.example.com/oauth2/idpresponse"],
    }
    d.kept('"RefreshTokenValidity":30', "ALLOW_USER_PASSWORD_AUTH", '"EnableTokenRevocation":true', '"AccessToken":"minutes"')
    aws_json(d, "cognito-idp", "AWSCognitoIdentityProviderService.DescribeUserPoolClient", {}, {"UserPoolClient": client})


def iam_list_users(d: Draft) -> None:
    m = d.mint
    members: list[str] = []
    for name in ("anna.berg", "deploy-bot", "terraform"):
        members.append(f"""      <member>
        <Path>/</Path>
        <UserName>{name}</UserName>
        <UserId>{d.keep(m.aws_id("AIDA"))}</UserId>
        <Arn>{d.keep(f"arn:aws:iam::{m.account()}:user/{name}")}</Arn>
        <CreateDate>2024-03-0{len(members) + 1}T12:00:00Z</CreateDate>
        <PasswordLastUsed>{d.keep(f"2026-11-2{len(members)}T07:44:19Z")}</PasswordLastUsed>
      </member>""")
    rows = "\n".join(members)
    marker = d.keep(m.page(150))
    result = f"    <IsTruncated>true</IsTruncated>\n    <Users>\n{rows}\n    </Users>\n    <Marker>{marker}</Marker>"
    aws_query(d, "iam", "ListUsers", "2010-05-08", result, host="iam.amazonaws.com", MaxItems="3")


def sso_get_role_credentials(d: Draft) -> None:
    m = d.mint
    credentials = {
        "accessKeyId": m.aws_id("ASIA"),
        "secretAccessKey": d.hide(m.aws_secret(), schema=True),
        "sessionToken": d.hide(m.aws_session(), schema=True),
        "expiration": 1795640400000,
    }
    d.kept('"expiration":1795640400000')
    aws_rest(d, "portal.sso", "GET", "/federation/credentials?role_name=ReadOnly&account_id=111122223333", {"roleCredentials": credentials})
    d.request_headers = {"x-amz-sso_bearer_token": m.urlsafe(200)}  # this operation is not signed
