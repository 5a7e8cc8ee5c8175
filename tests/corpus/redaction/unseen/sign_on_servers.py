"""Single sign-on, directories, and the keys that sign: Authentik, Zitadel, Hydra, Dex, FreeIPA, RADIUS, WebAuthn."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def dynamic_registration(d: Draft) -> None:
    m = d.mint
    answer = {
        "client_id": d.keep(m.uuid()),
        "client_id_issued_at": 1795596400,
        "client_secret": d.hide(m.urlsafe(40)),
        "client_secret_expires_at": 0,
        "registration_access_token": d.hide(m.jwt({"jti": m.uuid(), "typ": "RegistrationAccessToken"})),
        "registration_client_uri": d.keep("https://idp.acme.internal/register/c1"),
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
    }
    d.kept('"client_secret_expires_at":0', '"id_token_signed_response_alg":"ES256"')
    api(d, "POST", "https://idp.acme.internal/register", answer)


def authentik_provider(d: Draft) -> None:
    m = d.mint
    answer = {
        "pk": 4,
        "name": "Provider for token shop",
        "client_type": "confidential",
        "client_id": d.keep(m.chars(40)),
        "client_secret": d.hide(m.chars(128)),
        "access_code_validity": "minutes=1",
        "refresh_token_validity": "days=30",
        "include_claims_in_id_token": True,
        "signing_key": d.keep(m.uuid()),
        "jwks_sources": [],
    }
    d.kept('"refresh_token_validity":"days=30"', '"include_claims_in_id_token":true')
    api(d, "GET", "https://auth.acme.internal/api/v3/providers/oauth2/4/", answer, x_authentik_id=d.keep(m.hex(32)))


def machine_key(d: Draft) -> None:
    m = d.mint
    inner = json.dumps(
        {"type": "serviceaccount", "keyId": m.digits(18), "key": d.hide(keys.rsa_pkcs1("unseen-zitadel")), "userId": m.digits(18)}
    )
    answer = {"keyId": d.keep(m.digits(18)), "keyDetails": b64(inner), "details": {"sequence": "12", "resourceOwner": d.keep(m.digits(18))}}
    api(d, "POST", "https://zitadel.acme.internal/management/v1/users/1/keys", answer)


def private_key_set(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "use": "sig",
            "kty": "RSA",
            "kid": d.keep(m.uuid()),
            "alg": "RS256",
            "n": d.keep(m.urlsafe(256)),
            "e": "AQAB",
            "d": d.hide(m.urlsafe(256)),
            "p": d.hide(m.urlsafe(128)),
            "q": d.hide(m.urlsafe(128)),
        },
        {"use": "sig", "kty": "OKP", "crv": "Ed25519", "kid": d.keep(m.uuid()), "x": d.keep(m.urlsafe(32))},
        {"use": "enc", "kty": "oct", "kid": "cookies", "k": d.hide(m.urlsafe(32))},
    ]
    d.kept('"kty":"OKP","crv":"Ed25519"')
    api(d, "GET", "https://hydra.acme.internal/admin/keys/hydra.openid.id-token", {"keys": rows})


def introspection(d: Draft) -> None:
    """Says all about a token, and not the token."""
    m = d.mint
    answer = {
        "active": True,
        "scope": "tokens.read secrets.list",
        "client_id": d.keep(m.uuid()),
        "token_type": "access_token",
        "token_use": "access_token",
        "sub": d.keep(m.uuid()),
        "jti": d.keep(m.uuid()),
        "exp": 1795600000,
        "cnf": {"x5t#S256": d.keep(m.urlsafe(32))},
        "ext": {"amr": ["password", "otp"]},
    }
    d.kept('"token_type":"access_token"', '"scope":"tokens.read secrets.list"', '"amr":["password","otp"]')
    api(d, "POST", "https://hydra.acme.internal/admin/oauth2/introspect", answer)


def dex_clients_file(d: Draft) -> None:
    m = d.mint
    text = f"""issuer: https://dex.acme.internal
storage:
  type: postgres
  config: {{host: pg, user: dex, password: "{d.hide(grouped(m))}"}}
staticClients:
- id: grafana
  name: 'Secret dashboards'
  secret: {d.hide(m.chars(24))}
- id: cli
  public: true
connectors:
- type: ldap
  config:
    bindDN: cn=dex,dc=acme
    bindPW: {d.hide(dotted(m))}
    usernamePrompt: E-mail
oauth2: {{passwordConnector: ldap, responseTypes: [code]}}
expiry: {{idTokens: 24h, refreshTokens: {{validIfNotUsedFor: 720h}}}}
"""
    d.kept("name: 'Secret dashboards'", "passwordConnector: ldap", "refreshTokens: {validIfNotUsedFor: 720h}")
    page(d, "https://git.acme.internal/raw/dex.yaml", text, "text/yaml")


def ipa_user(d: Draft) -> None:
    m = d.mint
    answer = {
        "result": {
            "result": {
                "uid": ["anna"],
                "randompassword": d.hide(m.strong(22)),
                "krbpasswordexpiration": [{"__datetime__": "20270101000000Z"}],
                "ipantsecurityidentifier": [d.keep("S-1-5-21-" + m.digits(10) + "-" + m.digits(9) + "-" + m.digits(10) + "-1009")],
                "ipauniqueid": [d.keep(m.uuid())],
                "has_password": True,
            },
            "summary": d.keep('Added user "anna"'),
        },
        "error": None,
        "version": "4.12.2",
    }
    d.kept('"has_password":true', '"krbpasswordexpiration":[{"__datetime__":"20270101000000Z"}]')
    api(d, "POST", "https://ipa.acme.internal/ipa/session/json", answer)


def radius_clients(d: Draft) -> None:
    m = d.mint
    text = f"""client wlc-1 {{
    ipaddr = 10.7.0.2
    secret = {d.hide(m.chars(20))}
    require_message_authenticator = yes
    shortname = {d.keep("wlc-" + m.hex(4))}
}}
# users
guest   Cleartext-Password := "{d.hide(spoken(m))}"
        Session-Timeout := 3600
DEFAULT Auth-Type := Reject, Reply-Message = "Your password was not accepted."
"""
    d.kept('Reply-Message = "Your password was not accepted."', "require_message_authenticator = yes")
    page(d, "https://radius.acme.internal/config/clients.conf", text)


def webauthn_options(d: Draft) -> None:
    m = d.mint
    answer = {
        "publicKey": {
            "rp": {"id": "acme.example.org", "name": "Passwordless Acme"},
            "user": {"id": d.keep(m.urlsafe(16)), "name": "anna"},
            "excludeCredentials": [{"type": "public-key", "id": d.keep(m.urlsafe(64))}],
            "attestation": "none",
        },
        "mediation": "conditional",
        "passkey": True,
        "aaguid": d.keep(m.uuid()),
    }
    d.kept('"type":"public-key"', '"name":"Passwordless Acme"')
    api(d, "POST", "https://idp.acme.internal/webauthn/register/options", answer)


def password_reset_link(d: Draft) -> None:
    m = d.mint
    answer = {
        "link": f"https://idp.acme.internal/if/flow/recovery/?flow_token={d.hide(m.chars(60))}",
        "expires": "2026-11-24T10:45:00Z",
        "message": d.keep("Send this link to the user; it replaces the forgotten password."),
        "pk": d.keep(m.uuid()),
    }
    api(d, "POST", "https://auth.acme.internal/api/v3/core/users/9/recovery/", answer)


def session_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "session_token": d.hide("ory" + "_st_" + m.chars(32)),
        "session": {
            "id": d.keep(m.uuid()),
            "active": True,
            "authentication_methods": [{"method": "password", "aal": "aal1"}],
            "identity": {"id": d.keep(m.uuid()), "schema_id": "default", "metadata_public": None},
        },
    }
    d.kept('{"method":"password","aal":"aal1"}')
    api(d, "POST", "https://kratos.acme.internal/self-service/login", answer)
    d.headers["set-cookie"] = f"csrf_token_{m.hex(8)}=x; Path=/"


def saml_and_kerberos_files(d: Draft) -> None:
    m = d.mint
    text = f"""# shibboleth credentials
idp.sealer.storePassword = {d.hide(corporate(m))}
idp.sealer.keyPassword = {d.hide(marked(m))}
idp.sealer.storeResource = {d.keep("/opt/idp/credentials/sealer.jks")}
idp.persistentId.salt = {d.hide(m.base64(24))}
idp.entityID = https://idp.acme.example.org/shibboleth
idp.authn.flows = Password
idp.session.secondaryServiceIndex = true
[realms]
 ACME = {{ kdc = kdc1, admin_server = kdc1, key_stash_file = /var/kerberos/.k5 }}
"""
    d.kept("idp.authn.flows = Password", "key_stash_file = /var/kerberos/.k5", "idp.entityID = https://idp.acme.example.org/shibboleth")
    page(d, "https://git.acme.internal/raw/secrets.properties", text)
