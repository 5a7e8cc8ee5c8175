"""Identity servers: tokens, clients, realms, keys."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import leet, plain, team
from tests.corpus.redaction.services import api, page


def tokens_of_keycloak(d: Draft) -> None:
    m = d.mint
    claims = {"iss": "https://id.example.com/realms/shop", "sub": m.uuid(), "exp": 1795600000, "typ": "Bearer", "azp": "web"}
    kid = m.urlsafe(32)
    answer = {
        "access_token": d.hide(keys.rs256(claims, kid), schema=True),
        "expires_in": 300,
        "refresh_expires_in": 1800,
        "refresh_token": d.hide(m.jwt({**claims, "typ": "Refresh"}), schema=True),
        "token_type": "Bearer",
        "id_token": d.hide(keys.rs256({**claims, "typ": "ID", "nonce": m.uuid()}, kid), schema=True),
        "not-before-policy": 0,
        "session_state": d.keep(m.uuid()),
        "scope": "openid email profile",
    }
    d.kept('"refresh_expires_in":1800', '"not-before-policy":0', '"scope":"openid email profile"')
    api(d, "POST", "https://id.example.com/realms/shop/protocol/openid-connect/token", answer, cache_control="no-store")


def client_of_keycloak(d: Draft) -> None:
    m = d.mint
    row = {
        "id": d.keep(m.uuid()),
        "clientId": "grafana",
        "clientAuthenticatorType": "client-secret",
        "secret": d.hide(m.chars(32), schema=True),
        "redirectUris": ["https://grafana.example.com/login/generic_oauth"],
        "attributes": {
            "client.secret.creation.time": "1790000000",
            "access.token.lifespan": "600",
            "use.refresh.tokens": "true",
            "jwks.url": "https://grafana.example.com/jwks",
            "backchannel.logout.session.required": "true",
        },
        "authenticationFlowBindingOverrides": {},
        "registrationAccessToken": d.hide(
            m.jwt({"aud": "https://id.example.com/realms/shop", "typ": "RegistrationAccessToken", "jti": m.uuid()})
        ),
    }
    d.kept('"clientAuthenticatorType":"client-secret"', '"client.secret.creation.time":"1790000000"', '"access.token.lifespan":"600"')
    api(d, "GET", f"https://id.example.com/admin/realms/shop/clients/{m.uuid()}", row)


def realm_of_keycloak(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.uuid()),
        "realm": "shop",
        "accessTokenLifespan": 300,
        "resetPasswordAllowed": True,
        "passwordPolicy": d.keep("length(12) and digits(1) and notUsername(undefined) and passwordHistory(5)"),
        "otpPolicyAlgorithm": "HmacSHA1",
        "smtpServer": {"host": "smtp.example.com", "user": "id@example.com", "password": d.hide(leet(m)), "auth": "true"},
        "identityProviders": [
            {
                "alias": "google",
                "config": {
                    "clientId": d.keep(f"{m.digits(12)}-{m.chars(32, 'abcdefghijklmnopqrstuvwxyz0123456789')}.apps.googleusercontent.com"),
                    "clientSecret": d.hide(m.google_secret()),
                    "syncMode": "IMPORT",
                },
            },
            {"alias": "gh", "config": {"clientSecret": "**********"}},
        ],
        "components": {
            "org.keycloak.storage.UserStorageProvider": [
                {
                    "name": "ldap",
                    "config": {
                        "bindDn": ["cn=kc,dc=example,dc=com"],
                        "bindCredential": [d.hide(team(m))],
                        "usernameLDAPAttribute": ["uid"],
                    },
                }
            ]
        },
        "browserSecurityHeaders": {"contentSecurityPolicy": "frame-src 'self'"},
    }
    d.kept('"resetPasswordAllowed": true', '"otpPolicyAlgorithm": "HmacSHA1"', '"clientSecret": "**********"', '"usernameLDAPAttribute": [')
    page(d, "https://id.example.com/admin/realms/shop/partial-export?exportClients=true", "")
    d.json(answer, indent=2)


def discovery(d: Draft) -> None:
    answer = {
        "issuer": "https://id.example.com",
        "token_endpoint": "https://id.example.com/oauth2/token",
        "jwks_uri": "https://id.example.com/oauth2/keys",
        "revocation_endpoint": "https://id.example.com/oauth2/revoke",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
    }
    d.kept(
        '"token_endpoint":"https://id.example.com/oauth2/token"',
        '"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","private_key_jwt"]',
        '"grant_types_supported":["authorization_code","refresh_token","password"]',
        '"code_challenge_methods_supported":["S256"]',
    )
    api(d, "GET", "https://id.example.com/.well-known/openid-configuration", answer)


def key_set(d: Draft) -> None:
    m = d.mint
    rows: list[dict[str, object]] = [
        {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": d.keep(m.urlsafe(20)),
            "n": d.keep(m.urlsafe(256)),
            "e": "AQAB",
            "x5c": [d.keep(m.base64(500))],
            "x5t#S256": d.keep(m.urlsafe(32)),
        }
    ]
    rows.append(
        {"kty": "EC", "crv": "P-256", "kid": d.keep(m.uuid()), "x": d.keep(m.urlsafe(32)), "y": d.keep(m.urlsafe(32)), "use": "sig"}
    )
    api(d, "GET", "https://id.example.com/oauth2/keys", {"keys": rows})


def private_key_set(d: Draft) -> None:
    """A signing key as its administration gives it: d, p and q are private, n and e are not."""
    m = d.mint
    row = {
        "kty": "RSA",
        "kid": d.keep("private:hydra.openid.id-token"),
        "use": "sig",
        "n": d.keep(m.urlsafe(256)),
        "e": "AQAB",
        "d": d.hide(m.urlsafe(256)),
        "p": d.hide(m.urlsafe(128)),
        "q": d.hide(m.urlsafe(128)),
    }
    api(d, "POST", "http://hydra:4445/admin/keys/hydra.openid.id-token", {"keys": [row]})


def introspection(d: Draft) -> None:
    m = d.mint
    answer = {
        "active": True,
        "scope": "read:secrets write:tokens",
        "client_id": d.keep(m.uuid()),
        "token_type": "access_token",
        "jti": d.keep(m.uuid()),
        "exp": 1795600000,
        "sub": "auth0|" + d.keep(m.hex(24)),
        "cnf": {"x5t#S256": d.keep(m.urlsafe(32))},
    }
    d.kept('"scope":"read:secrets write:tokens"', '"token_type":"access_token"')
    api(d, "POST", "https://id.example.com/oauth2/introspect", answer)


def client_of_auth0(d: Draft) -> None:
    m = d.mint
    answer = {
        "tenant": "acme",
        "name": "CI",
        "client_id": d.keep(m.chars(32)),
        "client_secret": d.hide(m.urlsafe(48), schema=True),
        "signing_keys": [{"cert": d.keep(keys.certificate("fresh-auth0")), "subject": "deprecated"}],
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": False},
        "token_endpoint_auth_method": "client_secret_post",
        "refresh_token": {"expiration_type": "non-expiring", "rotation_type": "non-rotating"},
    }
    d.kept(
        '"secret_encoded":false',
        '"token_endpoint_auth_method":"client_secret_post"',
        '"refresh_token":{"expiration_type":"non-expiring","rotation_type":"non-rotating"}',
    )
    api(d, "GET", f"https://acme.eu.auth0.com/api/v2/clients/{m.chars(32)}", answer)


def factor_of_okta(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.chars(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    answer = {
        "id": d.keep("ostf" + m.chars(16)),
        "factorType": "token:software:totp",
        "provider": "GOOGLE",
        "status": "PENDING_ACTIVATION",
        "_embedded": {"activation": {"timeStep": 30, "sharedSecret": secret, "encoding": "base32", "keyLength": 6}},
    }
    d.kept('"factorType":"token:software:totp"', '"keyLength":6')
    api(d, "POST", f"https://acme.okta.com/api/v1/users/00u{m.chars(17)}/factors", answer, x_okta_request_id=d.keep(m.urlsafe(18)))


def user_of_okta(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("00u" + m.chars(17)),
        "status": "PASSWORD_EXPIRED",
        "passwordChanged": "2026-08-01T00:00:00.000Z",
        "profile": {"login": "kim@example.com"},
        "credentials": {
            "password": {},
            "recovery_question": {"question": d.keep("What is the name of your first secret pet?")},
            "provider": {"type": "OKTA"},
        },
        "_links": {
            "resetPassword": {
                "href": d.keep(f"https://acme.okta.com/api/v1/users/00u{m.chars(17)}/lifecycle/reset_password"),
                "method": "POST",
            }
        },
    }
    d.kept('"status":"PASSWORD_EXPIRED"', '"passwordChanged":"2026-08-01T00:00:00.000Z"')
    api(d, "GET", "https://acme.okta.com/api/v1/users/me", answer)


def directory_search(d: Draft) -> None:
    m = d.mint
    text = f"""dn: uid=backup,ou=services,dc=example,dc=com
objectClass: simpleSecurityObject
description: service account, token rotation monthly
userPassword:: {b64(d.hide(plain(m)))}
entryUUID: {d.keep(m.uuid())}
pwdChangedTime: {d.keep("20261101080000Z")}

dn: cn=default,ou=policies,dc=example,dc=com
objectClass: pwdPolicy
pwdAttribute: userPassword
pwdMinLength: 12
pwdMaxAge: 7776000
"""
    d.kept("pwdAttribute: userPassword", "pwdMaxAge: 7776000", "description: service account, token rotation monthly")
    page(d, "https://ldap-gw.example.com/export.ldif", text, "text/x-ldif")


def saml_answer(d: Draft) -> None:
    m = d.mint
    xml = f'<samlp:Response ID="_{m.hex(32)}" Version="2.0"><saml:Assertion><ds:SignatureValue>{m.base64(256)}</ds:SignatureValue><saml:NameID>kim@example.com</saml:NameID></saml:Assertion></samlp:Response>'
    token = d.hide(b64(xml))
    body = f'<!DOCTYPE html><html><body onload="document.forms[0].submit()"><form method="post" action="{d.keep("https://signin.aws.amazon.com/saml")}"><input type="hidden" name="SAMLResponse" value="{token}"/><input type="hidden" name="RelayState" value="{d.keep("https://eu-central-1.console.aws.amazon.com/secretsmanager/listsecrets")}"/></form></body></html>'
    page(d, "https://id.example.com/realms/shop/protocol/saml/clients/aws", body, "text/html;charset=utf-8")


def authentik_flow(d: Draft) -> None:
    m = d.mint
    d.headers["set-cookie"] = (
        f"authentik_session={d.hide(m.jwt({'sid': m.chars(32), 'iss': 'authentik', 'sub': 'anonymous'}))}; HttpOnly; Path=/; SameSite=None; Secure"
    )
    answer = {
        "component": "ak-stage-password",
        "flow_info": {"title": d.keep("Welcome! Enter your password"), "cancel_url": "/flows/-/cancel/"},
        "pending_user": "kim",
        "recovery_url": "/if/flow/recovery-password/",
        "response_errors": {"password": [{"string": d.keep("Invalid password: secret does not match"), "code": "invalid"}]},
    }
    d.kept('"component":"ak-stage-password"')
    d.ask("GET", "https://sso.example.com/api/v3/flows/executor/default-authentication-flow/")
    d.raw(json.dumps(answer, separators=(",", ":")).encode(), "application/json")
