"""Identity: OAuth token endpoints, Okta, Auth0, SCIM, LDAP, SAML, WebAuthn, session answers."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def oauth_token_answer(d: Draft) -> None:
    m = d.mint
    claims = {"iss": "https://sso.example.net", "sub": m.uuid(), "aud": "portal", "exp": 1795600000, "email": "anna@example.net"}
    answer = {
        "access_token": d.hide(keys.rs256(claims, "third-a"), schema=True),
        "expires_in": 300,
        "refresh_expires_in": 1800,
        "refresh_token": d.hide(m.jwt({"typ": "Refresh", "jti": m.uuid(), "exp": 1795601800}), schema=True),
        "token_type": "Bearer",
        "id_token": d.hide(keys.rs256({**claims, "nonce": m.chars(16)}, "third-a"), schema=True),
        "not-before-policy": 0,
        "session_state": d.keep(m.uuid()),
        "scope": "openid profile email",
    }
    d.kept('"not-before-policy":0', '"refresh_expires_in":1800', '"scope":"openid profile email"')
    d.headers["set-cookie"] = "KC_RESTART=; Version=1; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/realms/prod/"
    api(d, "POST", "https://sso.example.net/realms/prod/protocol/openid-connect/token", answer, cache_control="no-store")


def device_code(d: Draft) -> None:
    m = d.mint
    answer = {
        "device_code": d.hide(m.hex(40)),
        "user_code": m.chars(4, "BCDFGHJKLMNPQRSTVWXZ") + "-" + m.chars(4, "BCDFGHJKLMNPQRSTVWXZ"),
        "verification_uri": d.keep("https://login.example.net/device"),
        "expires_in": 899,
        "interval": 5,
    }
    d.kept('"expires_in":899')
    api(d, "POST", "https://login.example.net/login/device/code", answer)


def openid_discovery(d: Draft) -> None:
    """All about tokens and secrets, and none in it."""
    m = d.mint
    issuer = "https://sso.example.net/realms/prod"
    answer = {
        "issuer": issuer,
        "token_endpoint": d.keep(issuer + "/protocol/openid-connect/token"),
        "introspection_endpoint": d.keep(issuer + "/protocol/openid-connect/token/introspect"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post", "client_secret_jwt"],
        "grant_types_supported": ["password", "refresh_token", "client_credentials"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
        "code_challenge_methods_supported": ["S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "jwks": {
            "keys": [
                {
                    "kid": d.keep(m.urlsafe(32)),
                    "kty": "RSA",
                    "use": "sig",
                    "n": d.keep(m.urlsafe(256)),
                    "e": "AQAB",
                    "x5t": d.keep(m.urlsafe(20)),
                    "x5t#S256": d.keep(m.urlsafe(32)),
                }
            ]
        },
    }
    d.kept(
        '"client_secret_basic","client_secret_post","client_secret_jwt"',
        '"grant_types_supported":["password","refresh_token","client_credentials"]',
    )
    api(d, "GET", issuer + "/.well-known/openid-configuration", answer)


def okta_application(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("0oa" + m.chars(17)),
        "name": "oidc_client",
        "label": "Password vault",
        "status": "ACTIVE",
        "credentials": {
            "userNameTemplate": {"template": d.keep("${source.login}"), "type": "BUILT_IN"},
            "signing": {"kid": d.keep(m.urlsafe(32))},
            "oauthClient": {
                "autoKeyRotation": True,
                "client_id": d.keep("0oa" + m.chars(17)),
                "client_secret": d.hide(m.urlsafe(48)),
                "token_endpoint_auth_method": "client_secret_basic",
                "pkce_required": False,
            },
        },
        "settings": {"implicitAssignment": False},
    }
    d.kept('"label":"Password vault"', '"token_endpoint_auth_method":"client_secret_basic"')
    api(d, "POST", "https://example.okta.com/api/v1/apps", answer, x_okta_request_id=d.keep(m.uuid().replace("-", "")[:28]))


def okta_authn(d: Draft) -> None:
    m = d.mint
    answer = {
        "expiresAt": "2026-11-24T10:20:00.000Z",
        "status": "SUCCESS",
        "sessionToken": d.hide("20111" + m.urlsafe(36)),
        "_embedded": {
            "user": {
                "id": d.keep("00u" + m.chars(17)),
                "passwordChanged": "2026-09-01T08:00:00.000Z",
                "profile": {"login": "anna@example.net", "locale": "en_US"},
            }
        },
        "_links": {"cancel": {"href": "https://example.okta.com/api/v1/authn/cancel"}},
    }
    d.kept('"passwordChanged":"2026-09-01T08:00:00.000Z"')
    sid = d.hide("102" + m.urlsafe(24))
    api(d, "POST", "https://example.okta.com/api/v1/authn", answer)
    d.headers["set-cookie"] = f"sid={sid}; Path=/; Secure; HttpOnly"


def auth0_clients(d: Draft) -> None:
    m = d.mint
    rows = []
    for name in ("Default App", "Token exchange tests"):
        rows.append(
            {
                "tenant": "example",
                "global": False,
                "name": d.keep(name),
                "client_id": d.keep(m.chars(32)),
                "client_secret": d.hide(m.urlsafe(48)),
                "oidc_conformant": True,
                "refresh_token": {
                    "expiration_type": "expiring",
                    "rotation_type": "rotating",
                    "token_lifetime": 2592000,
                    "idle_token_lifetime": 1296000,
                },
                "signing_keys": [
                    {"subject": d.keep("/CN=example.eu.auth0.com"), "cert": d.keep(keys.certificate("third-auth0-" + name[:5].lower()))}
                ],
                "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": False},
            }
        )
    d.kept('"secret_encoded":false', '"idle_token_lifetime":1296000')
    api(d, "GET", "https://example.eu.auth0.com/api/v2/clients", rows)


def auth0_logs(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "date": "2026-11-24T10:15:00.000Z",
            "type": "fp",
            "description": d.keep("Wrong email or password."),
            "client_id": d.keep(m.chars(32)),
            "log_id": d.keep("900" + m.digits(50)),
        },
        {
            "date": "2026-11-24T10:16:00.000Z",
            "type": "feacft",
            "description": d.keep("Invalid authorization code"),
            "details": {"code": d.keep("****" + m.chars(3))},
        },
        {
            "type": "scp",
            "description": "Password reset",
            "details": {"ticket": f"https://example.eu.auth0.com/u/reset-verify?ticket={d.hide(m.chars(32))}#"},
        },
    ]
    api(d, "GET", "https://example.eu.auth0.com/api/v2/logs", rows)


def ldif_export(d: Draft) -> None:
    m = d.mint
    text = f"""version: 1

dn: cn=replicator,dc=example,dc=net
objectClass: simpleSecurityObject
cn: replicator
userPassword:: {b64(d.hide(m.spaced()))}
entryUUID: {d.keep(m.uuid())}
entryCSN: {d.keep("20261124101500.412" + m.digits(3) + "Z#000000#001#000000")}

dn: cn=default,ou=policies,dc=example,dc=net
objectClass: pwdPolicy
pwdAttribute: userPassword
pwdMinLength: 12
pwdMaxAge: 7776000

dn: olcDatabase={{1}}mdb,cn=config
olcRootPW: {d.hide(m.joined())}
olcAccess: {{0}}to attrs=userPassword by self write by anonymous auth by * none
"""
    d.kept("pwdAttribute: userPassword", "to attrs=userPassword by self write by anonymous auth by * none", "pwdMaxAge: 7776000")
    page(d, "https://files.example.net/backup/ldap.ldif", text, "text/plain")


def saml_answer(d: Draft) -> None:
    """The page that posts a SAML answer: whoever has the assertion is that user."""
    m = d.mint
    assertion = f'<samlp:Response ID="_{m.hex(32)}" Destination="https://sp.example.net/acs"><saml:Assertion ID="_{m.hex(32)}"><ds:SignatureValue>{m.base64(256)}</ds:SignatureValue><saml:NameID>anna@example.net</saml:NameID></saml:Assertion></samlp:Response>'
    text = f"""<!DOCTYPE html><html><body onload="document.forms[0].submit()">
<form method="post" action="https://sp.example.net/acs">
<input type="hidden" name="SAMLResponse" value="{d.hide(b64(assertion))}"/>
<input type="hidden" name="RelayState" value="{d.keep("https://sp.example.net/reports?tab=tokens")}"/>
<noscript><button>Continue</button></noscript></form></body></html>"""
    d.kept("<noscript><button>Continue</button></noscript>")
    page(d, "https://idp.example.net/saml/sso", text, "text/html; charset=utf-8")


def scim_users(d: Draft) -> None:
    m = d.mint
    users = [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": d.keep(m.uuid()),
            "userName": name,
            "active": True,
            "meta": {"version": d.keep('W/"' + m.hex(16) + '"')},
        }
        for name in ("passwordless", "token.admin")
    ]
    attributes = [{"name": "password", "type": "string", "multiValued": False, "mutability": "writeOnly", "returned": "never"}]
    d.kept('"userName":"passwordless"', '"name":"password","type":"string"', '"returned":"never"')
    api(d, "GET", "https://idp.example.net/scim/v2/Users", {"Resources": users, "attributes": attributes, "totalResults": 2})


def recovery_codes(d: Draft) -> None:
    m = d.mint
    codes = [d.hide(m.hex(5) + "-" + m.hex(5)) for _ in range(4)]
    answer = {
        "totp": {"secret": d.hide(m.chars(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")), "algorithm": "SHA1", "digits": 6, "period": 30},
        "recovery_codes": codes,
        "enrollment_id": d.keep(m.uuid()),
        "help": d.keep("Keep your recovery codes as safe as your password."),
    }
    d.kept('"algorithm":"SHA1","digits":6,"period":30')
    api(d, "POST", "https://id.example.net/api/mfa/enroll", answer)
