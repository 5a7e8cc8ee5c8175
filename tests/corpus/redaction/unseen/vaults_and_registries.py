"""Where secrets are kept and services are found, other than the usual: Conjur, Vaultwarden, etcd, Boundary, Teleport, a configuration server."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def etcd_range(d: Draft) -> None:
    m = d.mint
    rows = []
    for key, value in (
        ("/apisix/consumers/anna", json.dumps({"plugins": {"key-auth": {"key": d.hide(m.chars(32))}}})),
        ("/conf/token/ttl", "900"),
        ("/conf/db/password", d.hide(spoken(m))),
    ):
        rows.append(
            {
                "key": b64(key),
                "create_revision": d.keep(m.digits(6)),
                "mod_revision": d.keep(m.digits(7)),
                "version": "3",
                "value": b64(value),
            }
        )
    answer = {
        "header": {"cluster_id": d.keep(m.digits(20)), "member_id": d.keep(m.digits(19)), "raft_term": "8"},
        "kvs": rows,
        "count": "3",
    }
    api(d, "POST", "http://etcd.acme.internal:2379/v3/kv/range", answer)


def configuration_server(d: Draft) -> None:
    m = d.mint
    source = {
        "spring.datasource.hikari.password": d.hide(grouped(m)),
        "spring.rabbitmq.password": "{cipher}" + m.hex(96),
        "eureka.client.serviceUrl.defaultZone": f"http://eureka:{d.hide(m.chars(15))}@eureka:8761/eureka/",
        "security.password.encoder.strength": 12,
        "token.issuer": d.keep("https://idp.acme.internal"),
    }
    answer = {
        "name": "orders",
        "profiles": ["prod"],
        "label": None,
        "version": d.keep(m.sha1()),
        "state": None,
        "propertySources": [{"name": "https://git.acme.internal/conf.git/orders-prod.yml", "source": source}],
    }
    d.kept('"security.password.encoder.strength":12')
    api(d, "GET", "https://config.acme.internal/orders/prod", answer)


def actuator_environment(d: Draft) -> None:
    m = d.mint
    properties = {
        "spring.mail.password": {"value": "******"},
        "PAYPAL_CLIENT_SECRET": {"value": d.hide("E" + m.urlsafe(59))},
        "server.ssl.key-store-type": {"value": "PKCS12"},
        "app.token-header": {"value": d.keep("X-Acme-Token")},
    }
    answer = {"activeProfiles": ["prod"], "propertySources": [{"name": "systemEnvironment", "properties": properties}]}
    d.kept('"spring.mail.password":{"value":"******"}')
    api(d, "GET", "https://orders.acme.internal/actuator/env", answer)


def conjur_batch(d: Draft) -> None:
    m = d.mint
    answer = {d.keep("acme:variable:erp/db/password"): d.hide(marked(m)), d.keep("acme:variable:erp/partner/api-key"): d.hide(m.hex(40))}
    api(d, "GET", "https://conjur.acme.internal/secrets?variable_ids=acme:variable:erp/db/password", answer, x_request_id=d.keep(m.uuid()))


def vaultwarden_admin(d: Draft) -> None:
    m = d.mint
    answer = {
        "domain": "https://pw.acme.internal",
        "password_iterations": 600000,
        "show_password_hint": False,
        "admin_token": d.hide(m.base64(48)),
        "smtp_password": d.hide(corporate(m)),
        "push_installation_id": d.keep(m.uuid()),
        "push_installation_key": d.hide(m.chars(20)),
        "yubico_secret_key": None,
        "invitation_expiration_hours": 120,
    }
    d.kept('"password_iterations":600000', '"show_password_hint":false', '"yubico_secret_key":null')
    api(d, "GET", "https://pw.acme.internal/data/config.json", answer)


def unlocked_vault_item(d: Draft) -> None:
    """The local server of a password manager's own command line."""
    m = d.mint
    data = {
        "object": "item",
        "id": d.keep(m.uuid()),
        "name": "Router password",
        "login": {
            "username": "admin",
            "password": d.hide(dotted(m)),
            "totp": d.hide(m.chars(32, "abcdefghijklmnopqrstuvwxyz234567")),
            "passwordRevisionDate": None,
        },
        "passwordHistory": [{"lastUsedDate": "2026-01-01T00:00:00Z", "password": d.hide(grouped(m))}],
        "fields": [
            {"name": "PUK of the SIM", "value": d.hide(m.digits(8)), "type": 1},
            {"name": "serial", "value": d.keep("SN" + m.digits(9)), "type": 0},
        ],
    }
    d.kept('"name":"Router password"', '"passwordRevisionDate":null')
    api(d, "GET", "http://localhost:8087/object/item/x", {"success": True, "data": data})


def vault_other_engines(d: Draft) -> None:
    m = d.mint
    data = {
        "access_key": m.aws_id("ASIA"),
        "secret_key": d.hide(m.aws_secret(), schema=True),
        "security_token": d.hide(m.aws_session(), schema=True),
        "arn": d.keep(f"arn:aws:sts::{m.account()}:assumed-role/x/vault-{m.digits(10)}"),
    }
    answer = {
        "request_id": d.keep(m.uuid()),
        "lease_id": d.keep("aws/sts/deploy/" + m.chars(24)),
        "renewable": False,
        "lease_duration": 3599,
        "data": data,
        "warnings": None,
    }
    api(d, "PUT", "https://vault.acme.internal/v1/aws/sts/deploy", answer)


def vault_identity_and_ssh(d: Draft) -> None:
    m = d.mint
    data = {
        "secret_id": d.hide(m.uuid(), schema=True),
        "secret_id_accessor": d.keep(m.uuid()),
        "secret_id_num_uses": 1,
        "secret_id_ttl": 600,
    }
    answer = {"request_id": d.keep(m.uuid()), "lease_id": "", "data": data, "mount_type": "approle"}
    d.kept('"secret_id_num_uses":1', '"secret_id_ttl":600')
    api(d, "POST", "https://vault.acme.internal/v1/auth/approle/role/job/secret-id", answer)


def vault_transit_and_signing(d: Draft) -> None:
    """Ciphertexts, signatures and public keys only."""
    m = d.mint
    data = {
        "ciphertext": d.keep("vault:v3:" + m.base64(60)),
        "key_version": 3,
        "keys": {"3": {"name": "ed25519", "public_key": d.keep(m.base64(32)), "creation_time": "2026-11-01T00:00:00Z"}},
        "signature": d.keep("vault:v3:" + m.base64(64)),
        "hmac": d.keep("vault:v1:" + m.base64(32)),
        "min_decryption_version": 1,
    }
    d.kept('"min_decryption_version":1')
    api(d, "POST", "https://vault.acme.internal/v1/transit/encrypt/app", {"request_id": d.keep(m.uuid()), "data": data})


def vault_lookup_of_another(d: Draft) -> None:
    m = d.mint
    data = {
        "accessor": d.keep(m.chars(24)),
        "creation_ttl": 2764800,
        "display_name": "token-ci",
        "entity_id": d.keep(m.uuid()),
        "explicit_max_ttl": 0,
        "id": d.hide(m.vault(), schema=True),
        "path": d.keep("auth/token/create/ci"),
        "policies": ["default"],
        "type": "service",
    }
    d.kept('"display_name":"token-ci"')
    api(d, "GET", "https://vault.acme.internal/v1/auth/token/lookup-self", {"request_id": d.keep(m.uuid()), "data": data})


def teleport_and_boundary(d: Draft) -> None:
    m = d.mint
    answer = {
        "item": {
            "session_id": d.keep("s_" + m.chars(10)),
            "credentials": [
                {
                    "credential_library": {"id": d.keep("clvlt_" + m.chars(10)), "type": "vault-generic"},
                    "secret": {"raw": b64(json.dumps({"username": "dba", "password": d.hide(m.strong(16))}))},
                    "credential": {"private_key": d.hide(keys.ec_sec1("unseen-boundary")), "username": "ops"},
                }
            ],
            "authorization_token": d.hide(m.chars(180)),
            "expiration": "2026-11-24T18:00:00Z",
        }
    }
    d.kept('"type":"vault-generic"')
    api(d, "POST", "https://boundary.acme.internal/v1/targets/ttcp_1:authorize-session", answer)


def join_tokens(d: Draft) -> None:
    m = d.mint
    text = f"""kind: token
version: v2
metadata:
  name: {d.hide(m.hex(32))}
  expires: "2026-11-24T11:15:00Z"
  id: {d.keep("rev-" + m.uuid())}
spec:
  join_method: token
  roles: [Node, App]
---
kind: token
metadata:
  name: {d.keep("iam-join-eu")}
spec:
  join_method: iam
  allow: [{{aws_account: "{d.keep(m.account())}"}}]
"""
    d.kept("join_method: token", "join_method: iam")
    page(d, "https://teleport.acme.internal/webapi/tokens/yaml", text, "application/yaml")


def sops_file_and_its_key(d: Draft) -> None:
    m = d.mint
    text = f"""db_password: ENC[AES256_GCM,data:{d.keep(m.base64(15))},iv:{d.keep(m.base64(32))},tag:{d.keep(m.base64(16))},type:str]
token_unencrypted: {d.hide(m.chars(40))}
sops:
  age:
    - recipient: {d.keep("age1" + m.chars(58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l"))}
  lastmodified: "2026-11-24T10:15:00Z"
  mac: ENC[AES256_GCM,data:{d.keep(m.base64(88))},type:str]
  unencrypted_suffix: _unencrypted
"""
    d.kept("unencrypted_suffix: _unencrypted")
    page(d, "https://git.acme.internal/raw/secrets.enc.yaml", text, "application/yaml")
