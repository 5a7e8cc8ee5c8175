"""AWS answers whose point is a credential: STS, IAM, Cognito, CodeArtifact."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import aws_json, aws_query, aws_rest


def sts_get_session_token(d: Draft) -> None:
    m = d.mint
    result = f"""    <Credentials>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <Expiration>{d.keep("2026-11-24T22:15:00Z")}</Expiration>
    </Credentials>"""
    aws_query(d, "sts", "GetSessionToken", "2011-06-15", result, DurationSeconds="43200")


def sts_assume_role_with_web_identity(d: Draft) -> None:
    m = d.mint
    result = f"""    <SubjectFromWebIdentityToken>{d.keep("system:serviceaccount:" + m.word() + ":uploader")}</SubjectFromWebIdentityToken>
    <Audience>{d.keep("sts.amazonaws.com")}</Audience>
    <AssumedRoleUser>
      <Arn>{d.keep(f"arn:aws:sts::{m.account()}:assumed-role/irsa-uploader/session-1")}</Arn>
      <AssumedRoleId>{d.keep(m.aws_id("AROA") + ":session-1")}</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>{d.hide(m.aws_session(), schema=True)}</SessionToken>
      <SecretAccessKey>{d.hide(m.aws_secret(), schema=True)}</SecretAccessKey>
      <Expiration>2026-11-24T11:40:00Z</Expiration>
      <AccessKeyId>{m.aws_id("ASIA")}</AccessKeyId>
    </Credentials>
    <Provider>{d.keep("arn:aws:iam::" + m.account() + ":oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/" + m.hex(32).upper())}</Provider>"""
    aws_query(d, "sts", "AssumeRoleWithWebIdentity", "2011-06-15", result, RoleSessionName="session-1")


def iam_create_service_specific_credential(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <ServiceSpecificCredential>
      <ServicePassword>{d.hide(m.base64(32), schema=True)}</ServicePassword>
      <ServiceName>codecommit.amazonaws.com</ServiceName>
      <UserName>{d.keep("build-mirror")}</UserName>
      <ServiceSpecificCredentialId>{d.keep(m.aws_id("ACCA"))}</ServiceSpecificCredentialId>
      <ServiceUserName>{d.keep("build-mirror-at-" + account)}</ServiceUserName>
      <CreateDate>2026-11-24T10:17:45Z</CreateDate>
      <Status>Active</Status>
    </ServiceSpecificCredential>"""
    aws_query(d, "iam", "CreateServiceSpecificCredential", "2010-05-08", result, host="iam.amazonaws.com", UserName="build-mirror")


def cognito_initiate_auth(d: Draft) -> None:
    m = d.mint
    claims = {"sub": m.uuid(), "token_use": "access", "exp": 1795600000, "client_id": m.chars(26), "username": "maria"}
    result = {
        "AccessToken": d.hide(keys.rs256(claims, m.base64(32)), schema=True),
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
        "RefreshToken": d.hide(
            m.jwt({"cty": "JWT", "enc": m.urlsafe(200)}, {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}), schema=True
        ),
        "IdToken": d.hide(keys.rs256({**claims, "token_use": "id", "email": "maria@example.com"}, m.base64(32)), schema=True),
    }
    d.kept('"TokenType":"Bearer"', '"ExpiresIn":3600')
    answer = {"AuthenticationResult": result, "ChallengeParameters": {}}
    aws_json(d, "cognito-idp", "AWSCognitoIdentityProviderService.InitiateAuth", {"AuthFlow": "REFRESH_TOKEN_AUTH"}, answer)


def iam_get_account_password_policy(d: Draft) -> None:
    result = """    <PasswordPolicy>
      <AllowUsersToChangePassword>true</AllowUsersToChangePassword>
      <RequireLowercaseCharacters>true</RequireLowercaseCharacters>
      <MinimumPasswordLength>14</MinimumPasswordLength>
      <MaxPasswordAge>90</MaxPasswordAge>
      <PasswordReusePrevention>24</PasswordReusePrevention>
      <HardExpiry>false</HardExpiry>
    </PasswordPolicy>"""
    d.kept(
        "<AllowUsersToChangePassword>true</AllowUsersToChangePassword>",
        "<MinimumPasswordLength>14</MinimumPasswordLength>",
        "<MaxPasswordAge>90</MaxPasswordAge>",
        "<PasswordReusePrevention>24</PasswordReusePrevention>",
    )
    aws_query(d, "iam", "GetAccountPasswordPolicy", "2010-05-08", result, host="iam.amazonaws.com")


def codeartifact_get_authorization_token(d: Draft) -> None:
    m = d.mint
    token = d.hide(m.jwt({"ver": 1, "isu": 1795596400, "enc": m.urlsafe(500)}, {"alg": "dir", "enc": "A128GCM", "zip": "DEF"}), schema=True)
    d.kept('"expiration":1795639600')
    aws_rest(d, "codeartifact", "POST", "/v1/authorization-token?domain=platform", {"authorizationToken": token, "expiration": 1795639600})
