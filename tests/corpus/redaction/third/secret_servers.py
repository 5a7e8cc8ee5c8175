"""Servers that keep secrets, service registries and schedulers: Vault beyond KV, Consul, Nomad, Infisical, Doppler, 1Password Connect."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page

_VAULT = "https://vault.ops.example.net:8200/v1/"


def _lease(d: Draft, data: object, lease: str = "", seconds: int = 0) -> dict[str, object]:
    return {
        "request_id": d.keep(d.mint.uuid()),
        "lease_id": lease,
        "renewable": bool(lease),
        "lease_duration": seconds,
        "data": data,
        "wrap_info": None,
        "warnings": None,
        "auth": None,
    }


def vault_database_credentials(d: Draft) -> None:
    m = d.mint
    data = {"username": d.keep("v-approle-readonly-" + m.chars(20) + "-1795596400"), "password": d.hide("A1a-" + m.chars(16), schema=True)}
    answer = _lease(d, data, d.keep("database/creds/readonly/" + m.chars(24)), 3600)
    api(d, "GET", _VAULT + "database/creds/readonly", answer)


def vault_pki_issue(d: Draft) -> None:
    m = d.mint
    data = {
        "ca_chain": [d.keep(keys.certificate("third-intermediate"))],
        "certificate": d.keep(keys.certificate("third-leaf")),
        "expiration": 1798188400,
        "issuing_ca": keys.certificate("third-intermediate"),
        "private_key": d.hide(keys.ec_sec1("third-pki"), schema=True),
        "private_key_type": "ec",
        "serial_number": d.keep(":".join(m.hex(2) for _ in range(20))),
    }
    d.kept('"private_key_type":"ec"')
    api(d, "POST", _VAULT + "pki_int/issue/web", _lease(d, data))


def vault_wrapped_secret_id(d: Draft) -> None:
    m = d.mint
    wrap = {
        "token": d.hide(m.vault(), schema=True),
        "accessor": d.keep(m.chars(24)),
        "ttl": 120,
        "creation_time": "2026-11-24T10:15:00.412Z",
        "creation_path": d.keep("auth/approle/role/payments/secret-id"),
        "wrapped_accessor": d.keep(m.uuid()),
    }
    answer = _lease(d, None)
    answer["wrap_info"] = wrap
    api(d, "PUT", _VAULT + "auth/approle/role/payments/secret-id", answer)


def vault_init(d: Draft) -> None:
    m = d.mint
    shares = [m.raw(33) for _ in range(3)]
    answer = {
        "keys": [d.hide(share.hex(), schema=True) for share in shares],
        "keys_base64": [d.hide(b64(share), schema=True) for share in shares],
        "recovery_keys": None,
        "recovery_keys_base64": None,
        "root_token": d.hide("hv" + "s." + m.chars(24), schema=True),
    }
    d.kept('"recovery_keys":null')
    api(d, "PUT", _VAULT + "sys/init", answer)


def vault_metadata_and_mounts(d: Draft) -> None:
    """Nothing in it is secret, though every second word says so."""
    m = d.mint
    mounts = {
        "secret/": {
            "accessor": d.keep("kv_" + m.hex(8)),
            "config": {"default_lease_ttl": 0, "force_no_cache": False, "max_lease_ttl": 0},
            "description": d.keep("key/value secret storage"),
            "external_entropy_access": False,
            "options": {"version": "2"},
            "running_plugin_version": d.keep("v0.20.0+builtin"),
            "seal_wrap": False,
            "type": "kv",
            "uuid": d.keep(m.uuid()),
        },
        "token/": {"accessor": d.keep("auth_token_" + m.hex(8)), "config": {"token_type": "default-service"}, "type": "token"},
    }
    d.kept('"token_type":"default-service"')
    api(d, "GET", _VAULT + "sys/mounts", mounts)


def consul_acl_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "AccessorID": d.keep(m.uuid()),
        "SecretID": d.hide(m.uuid(), schema=True),
        "Description": "Agent token for edge-7",
        "Policies": [{"ID": d.keep(m.uuid()), "Name": d.keep("agent-token-policy")}],
        "Local": False,
        "CreateTime": "2026-10-02T06:11:40.201+02:00",
        "Hash": d.keep(m.base64(32)),
        "CreateIndex": 59,
        "ModifyIndex": 59,
    }
    api(d, "GET", "http://127.0.0.1:8500/v1/acl/token/self", answer, x_consul_token_accessor="")
    del d.headers["x-consul-token-accessor"]


def consul_agent_self(d: Draft) -> None:
    m = d.mint
    config = {
        "ACLTokens": {"ACLAgentToken": d.keep("hidden"), "ACLReplicationToken": "hidden"},
        "EncryptKey": "hidden",
        "NodeID": d.keep(m.uuid()),
        "Revision": d.keep(m.hex(8)),
        "AutoConfig": {"IntroToken": "hidden", "IntroTokenFile": ""},
    }
    d.kept('"EncryptKey":"hidden"', '"IntroTokenFile":""')
    answer = {"DebugConfig": config, "Member": {"Name": "consul-0", "Tags": {"id": d.keep(m.uuid()), "segment": "", "vsn": "2"}}}
    api(d, "GET", "http://127.0.0.1:8500/v1/agent/self", answer)


def nomad_job(d: Draft) -> None:
    m = d.mint
    template = f"""{{{{ with secret "secret/data/shop" }}}}
API_TOKEN={{{{ .Data.data.token }}}}
{{{{ end }}}}
METRICS_PASSWORD={d.hide(m.joined())}
"""
    d.kept('{{ with secret \\"secret/data/shop\\" }}'.replace("\\", ""), "{{ .Data.data.token }}")
    task = {
        "Name": "web",
        "Driver": "docker",
        "Config": {
            "image": d.keep("ghcr.io/example/web@" + m.digest()),
            "auth": [{"username": "robot$deploy", "password": d.hide(m.chars(32))}],
        },
        "Env": {"DATABASE_DSN": f"web:{d.hide(m.strong(18))}@tcp(db:3306)/web?parseTime=true", "TOKEN_TTL": "15m"},
        "Templates": [{"DestPath": "secrets/app.env", "EmbeddedTmpl": template, "Perms": "0600"}],
        "Vault": {"Policies": ["web"], "Env": True, "ChangeMode": "restart"},
    }
    d.kept('"TOKEN_TTL":"15m"', "secrets/app.env")
    answer = {
        "ID": "web",
        "VaultToken": "",
        "ConsulToken": "",
        "JobModifyIndex": 4410,
        "TaskGroups": [{"Name": "web", "Count": 2, "Tasks": [task]}],
    }
    d.kept('"VaultToken":""')
    api(d, "GET", "http://nomad.example.net:4646/v1/job/web", answer, x_nomad_index=d.keep(m.digits(7)))


def infisical_secrets(d: Draft) -> None:
    m = d.mint
    rows = []
    for name, value in (
        ("STRIPE_WEBHOOK_SECRET", d.hide("wh" + "sec_" + m.chars(32))),
        ("PUBLIC_URL", d.keep("https://shop.example.net/de")),
        ("SENTRY_AUTH_TOKEN", d.hide("sn" + "trys_" + m.chars(60))),
    ):
        rows.append(
            {
                "id": d.keep(m.uuid()),
                "workspace": d.keep(m.hex(24)),
                "environment": "prod",
                "version": 3,
                "type": "shared",
                "secretKey": name,
                "secretValue": value,
                "secretComment": "",
                "tags": [],
            }
        )
    d.kept('"secretKey":"PUBLIC_URL"', '"secretComment":""')
    api(d, "GET", "https://infisical.example.net/api/v3/secrets/raw?environment=prod", {"secrets": rows, "imports": []})


def onepassword_item(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.chars(26, "abcdefghijklmnopqrstuvwxyz234567")),
        "title": "Reporting database",
        "category": "DATABASE",
        "vault": {"id": d.keep(m.chars(26, "abcdefghijklmnopqrstuvwxyz234567"))},
        "fields": [
            {"id": "username", "type": "STRING", "purpose": "USERNAME", "label": "username", "value": "reporter"},
            {
                "id": "password",
                "type": "CONCEALED",
                "purpose": "PASSWORD",
                "label": "password",
                "value": d.hide(m.spaced()),
                "entropy": 76.5,
                "passwordDetails": {"strength": d.keep("VERY_GOOD")},
            },
            {
                "id": d.keep(m.chars(26, "abcdefghijklmnopqrstuvwxyz234567")),
                "type": "OTP",
                "label": "one-time password",
                "value": f"otpauth://totp/db:reporter?secret={d.hide(m.chars(32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'))}&issuer=db&digits=6",
            },
            {
                "id": "notesPlain",
                "type": "STRING",
                "purpose": "NOTES",
                "label": "notesPlain",
                "value": d.keep("Rotate the password in March."),
            },
        ],
    }
    d.kept('"purpose":"PASSWORD"', '"label":"one-time password"')
    api(d, "GET", "http://op-connect:8080/v1/vaults/shared/items/reporting", answer)


def doppler_download(d: Draft) -> None:
    m = d.mint
    text = f"""DOPPLER_CONFIG="prd"
DOPPLER_ENVIRONMENT="prd"
DOPPLER_PROJECT="{d.keep("token-service")}"
MAPBOX_PUBLIC_TOKEN="{d.keep("pk.eyJ1IjoiZXhhbXBsZSJ9." + m.urlsafe(16))}"
SESSION_SIGNING_KEY="{d.hide(m.urlsafe(48))}"
SMTP_PASS="{d.hide(m.initial())}"
TOKEN_LIFETIME_SECONDS="{d.keep("86400")}"
"""
    page(d, "https://api.doppler.com/v3/configs/config/secrets/download?format=env", text)
