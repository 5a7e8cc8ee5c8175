"""Responses with next to no secret in them, though everything looks like one."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, kube, meta, page


def openapi_document(d: Draft) -> None:
    m = d.mint
    login = {
        "type": "object",
        "required": ["password"],
        "properties": {
            "password": {"type": "string", "format": "password", "minLength": 12, "example": "********"},
            "otp": {"type": "string", "pattern": "^[0-9]{6}$"},
            "api_key": {"$ref": "#/components/schemas/ApiKey"},
            "client_secret": {"type": "string", "nullable": True, "default": ""},
        },
    }
    answer = {
        "openapi": "3.1.0",
        "info": {"title": "Token API", "version": "2.4.1", "x-commit": d.keep(m.sha1())},
        "paths": {
            "/tokens/{token_id}": {
                "delete": {"operationId": "revokeToken", "summary": d.keep("Revokes a token. The secret cannot be used afterwards.")}
            }
        },
        "components": {
            "schemas": {"Login": login},
            "securitySchemes": {
                "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }
    d.kept(
        '"password":{"type":"string","format":"password","minLength":12,"example":"********"}',
        '"bearerFormat":"JWT"',
        '"in":"header","name":"X-API-Key"',
        '"client_secret":{"type":"string","nullable":true,"default":""}',
    )
    api(d, "GET", "https://api.example.net/openapi.json", answer)


def crd_with_password_properties(d: Draft) -> None:
    spec = {
        "properties": {
            "passwordSecretRef": {
                "type": "object",
                "properties": {"key": {"type": "string", "default": "password"}, "name": {"type": "string"}},
            },
            "tokenTTL": {"type": "string", "default": "24h"},
            "superuserSecret": {"description": d.keep("Name of the secret that holds the superuser's password"), "type": "string"},
        }
    }
    answer = {
        "kind": "CustomResourceDefinition",
        "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": meta(d, "databaseusers.db.example.net"),
        "spec": {
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": spec}}],
            "conversion": {"webhook": {"clientConfig": {"caBundle": d.keep(b64(keys.certificate("third-crd")))}}},
        },
    }
    d.kept('"key":{"type":"string","default":"password"}', '"tokenTTL":{"type":"string","default":"24h"}')
    kube(d, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/databaseusers.db.example.net", answer)


def source_that_handles_passwords(d: Draft) -> None:
    text = """package auth

import "golang.org/x/crypto/bcrypt"

const tokenPrefix = "shp_"

type Credentials struct {
	Password string `json:"password" validate:"required,min=12"`
	Token    string `json:"token,omitempty" env:"API_TOKEN"`
}

func (s *Service) Check(ctx context.Context, c Credentials) error {
	password := strings.TrimSpace(c.Password)
	if password == "" {
		return errors.New("password must not be empty")
	}
	secret, err := s.vault.Read(ctx, "secret/data/shop/"+c.Tenant)
	apiKey := os.Getenv("PAYMENT_API_KEY")
	req.Header.Set("Authorization", "Bearer "+apiKey)
	return bcrypt.CompareHashAndPassword([]byte(s.hash), []byte(password))
}
"""
    d.kept(
        'Password string `json:"password" validate:"required,min=12"`',
        "password := strings.TrimSpace(c.Password)",
        'errors.New("password must not be empty")',
        'apiKey := os.Getenv("PAYMENT_API_KEY")',
        'req.Header.Set("Authorization", "Bearer "+apiKey)',
        'secret, err := s.vault.Read(ctx, "secret/data/shop/"+c.Tenant)',
        'const tokenPrefix = "shp_"',
    )
    page(d, "https://git.example.net/shop/auth/raw/check.go", text)


def lock_files(d: Draft) -> None:
    m = d.mint
    text = f"""# go.sum
github.com/golang-jwt/jwt/v5 v5.2.1 h1:{d.keep(m.base64(32))}
github.com/golang-jwt/jwt/v5 v5.2.1/go.mod h1:{d.keep(m.base64(32))}
# Cargo.lock
[[package]]
name = "secrecy"
version = "0.10.3"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "{d.keep(m.sha256())}"
# poetry.lock
    {{file = "keyring-25.5.0-py3-none-any.whl", hash = "{d.keep(m.digest())}"}},
# yarn.lock
"passport-jwt@^4.0.1":
  resolved "https://registry.yarnpkg.com/passport-jwt/-/passport-jwt-4.0.1.tgz#{d.keep(m.sha1())}"
  integrity {d.keep(m.integrity())}
# Gemfile.lock
  devise-two-factor (5.1.0) sha256={d.keep(m.sha256())}
# pnpm-lock.yaml
  csrf-tokens@3.1.0: {{integrity: {d.keep("sha1-" + m.base64(20))}}}
"""
    d.kept('name = "secrecy"', "registry+https://github.com/rust-lang/crates.io-index")
    page(d, "https://artifacts.example.net/raw/locks.txt", text)


def metrics_of_tokens(d: Draft) -> None:
    m = d.mint
    text = f"""# HELP vault_token_count Number of un-expired tokens
# TYPE vault_token_count gauge
vault_token_count{{cluster="{d.keep("vault-" + m.hex(8))}",namespace="root"}} 4112
llm_tokens_total{{type="prompt",model="gpt-4o"}} 1.8812e+07
auth_password_failures_total{{reason="wrong_password"}} 88
process_start_time_seconds 1.79559640012e+09
go_info{{version="go1.23.3"}} 1
build_info{{revision="{d.keep(m.sha1())}",branch="secret-rotation"}} 1
cert_not_after{{serial="{d.keep(m.digits(38))}",secret_name="web-tls"}} 1.8e+09
traces_total{{}} 17 # {{trace_id="{d.keep(m.hex(32))}"}} 0.67
"""
    d.kept(
        "# HELP vault_token_count Number of un-expired tokens",
        'auth_password_failures_total{reason="wrong_password"} 88',
        'secret_name="web-tls"',
        'branch="secret-rotation"',
    )
    page(d, "https://app.example.net/metrics", text, "text/plain; version=0.0.4")


def translations(d: Draft) -> None:
    answer = {
        "login": {
            "password": "Passwort",
            "password_placeholder": "Ihr Kennwort eingeben",
            "forgot": "Passwort vergessen?",
            "token": "Bestätigungscode",
            "token_invalid": "Der Code ist abgelaufen.",
        },
        "errors": {
            "password_mismatch": "Die Passwörter stimmen nicht überein",
            "secret_required": "Geheimnis erforderlich",
            "apiKey": "API-Schlüssel",
        },
        "settings": {
            "change_password": "Passwort ändern",
            "new_password_confirm": "Neues Passwort bestätigen",
            "clientSecret": "Client-Geheimnis",
        },
    }
    d.kept(
        '"password":"Passwort"',
        "Ihr Kennwort eingeben",
        "Passwort vergessen?",
        '"token":"Bestätigungscode"',
        "Die Passwörter stimmen nicht überein",
        '"apiKey":"API-Schlüssel"',
        '"clientSecret":"Client-Geheimnis"',
        "Neues Passwort bestätigen",
    )
    api(d, "GET", "https://app.example.net/locales/de.json", answer)


def login_page(d: Draft) -> None:
    m = d.mint
    png = b64(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + m.raw(90))
    text = f"""<!doctype html><html lang="en"><head><title>Sign in</title>
<link rel="stylesheet" href="/assets/app-{d.keep(m.hex(8))}.css" integrity="{d.keep("sha384-" + m.base64(48))}" crossorigin="anonymous">
<script src="/assets/app-{d.keep(m.hex(20))}.js" nonce="{m.base64(16)}"></script>
<style>@font-face{{src:url(data:font/woff2;base64,{d.keep(b64(b"wOF2\x00\x01\x00\x00" + m.raw(120)))})}}</style></head>
<body><img alt="logo" src="data:image/png;base64,{d.keep(png)}">
<form method="post" action="/session"><label for="password">Password</label>
<input id="password" type="password" name="user[password]" autocomplete="current-password" placeholder="Your password">
<input type="hidden" name="authenticity_token" value="{m.urlsafe(64)}">
<a href="/users/password/new">Forgot your password?</a></form>
<script>!function(e,t){{var n=e.password||"",r=e.token;n.length<12&&t("password too short"),r=r||e.csrfToken}}(window.__s,alert)</script>
</body></html>"""
    d.kept(
        'autocomplete="current-password" placeholder="Your password"',
        'var n=e.password||"",r=e.token;n.length<12&&t("password too short")',
        "Forgot your password?",
    )
    page(d, "https://app.example.net/login", text, "text/html; charset=utf-8")
    d.headers["content-security-policy"] = f"script-src 'strict-dynamic' '{d.keep('sha256-' + m.base64(32))}'"


def external_secrets_list(d: Draft) -> None:
    m = d.mint
    items = []
    for name in ("payments-api-token", "db-root-password"):
        spec = {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": d.keep("vault-" + m.hex(4))},
            "target": {"name": d.keep(name + "-synced")},
            "data": [
                {
                    "secretKey": "password",
                    "remoteRef": {"key": d.keep(f"kv/shop/{name}"), "property": "password", "version": d.keep(m.uuid())},
                }
            ],
        }
        items.append(
            {
                "metadata": meta(d, name, "shop"),
                "spec": spec,
                "status": {
                    "syncedResourceVersion": d.keep("1-" + m.hex(32)),
                    "conditions": [{"message": d.keep("secret synced"), "reason": "SecretSynced", "type": "Ready"}],
                },
            }
        )
    d.kept('"secretKey":"password"', '"reason":"SecretSynced"')
    kube(
        d,
        "/apis/external-secrets.io/v1beta1/namespaces/shop/externalsecrets",
        {
            "kind": "ExternalSecretList",
            "apiVersion": "external-secrets.io/v1beta1",
            "metadata": {
                "resourceVersion": d.keep(m.digits(9)),
                "continue": d.keep(b64('{"v":"meta.k8s.io/v1","rv":' + m.digits(9) + ',"start":"next\\u0000"}')),
            },
            "items": items,
        },
    )


def feature_flags(d: Draft) -> None:
    m = d.mint
    flags = {
        "passwordless-login": True,
        "rotate-token-nightly": False,
        "secret-beta": {"variation": 2, "version": d.keep(m.digits(8)), "trackEvents": False},
        "api_key_v2": "enabled",
        "password_strength_meter": "zxcvbn",
        "max-token-length": 4096,
    }
    answer = {
        "flags": flags,
        "environmentId": d.keep(m.hex(24)),
        "clientSideId": d.keep(m.hex(24)),
        "_links": {"next": {"href": d.keep("/api/v2/flags?cursor=" + m.urlsafe(40))}},
    }
    d.kept('"passwordless-login":true', '"api_key_v2":"enabled"', '"password_strength_meter":"zxcvbn"', '"max-token-length":4096')
    api(d, "GET", "https://flags.example.net/api/v2/flags", answer)


def policies_about_passwords(d: Draft) -> None:
    m = d.mint
    text = f"""# Handling of secrets

A password has at least 14 characters. Never write `password=...` into a file; use `vault kv get`.
Tokens live for 15 minutes: `token: <your token>` in the header, e.g. `Authorization: Bearer <token>`.
Set `DB_PASSWORD=changeme` only on your own machine, and `API_KEY=xxxxxxxxxxxx` in examples.

| name | where | rotated |
|---|---|---|
| `shop/db-password` | Vault, version 12 | 2026-11-02 |
| `stripe_webhook_secret` | {d.keep("arn:aws:secretsmanager:eu-west-1:" + m.account() + ":secret:stripe-" + m.chars(6))} | yearly |

Signed-off by the security team, document {d.keep("SEC-" + m.digits(4))}, revision {d.keep(m.hex(10))}.
"""
    d.kept(
        "A password has at least 14 characters. Never write `password=...` into a file",
        "`token: <your token>` in the header",
        "`Authorization: Bearer <token>`",
        "`API_KEY=xxxxxxxxxxxx` in examples",
        "| `shop/db-password` | Vault, version 12 | 2026-11-02 |",
        "`stripe_webhook_secret`",
    )
    page(d, "https://wiki.example.net/raw/secrets.md", text, "text/markdown; charset=utf-8")


def permissions_of_a_role(d: Draft) -> None:
    m = d.mint
    answer = {
        "role": {
            "id": d.keep(m.uuid()),
            "permissions": ["secrets.read", "tokens:create", "password.reset", "apikey/rotate"],
            "conditions": [{"field": "token.type", "op": "eq", "value": "service"}],
        },
        "audit": [
            {
                "action": d.keep("secret.viewed_metadata"),
                "actor": "anna",
                "ip": "203.0.113.4",
                "at": "2026-11-24T10:15:00Z",
                "request_id": d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
            }
        ],
        "password_policy": {"min_length": 14, "require_symbols": True, "history": 24, "expires_after": "90d"},
        "session": {"token_bound": "ip", "cookie_name": "__Host-session"},
    }
    d.kept(
        '"permissions":["secrets.read","tokens:create","password.reset","apikey/rotate"]',
        '"expires_after":"90d"',
        '"cookie_name":"__Host-session"',
        '"token_bound":"ip"',
    )
    api(d, "GET", "https://iam.example.net/api/roles/viewer", answer)


def model_vocabulary(d: Draft) -> None:
    m = d.mint
    answer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "[PAD]",
        "unk_token": "<unk>",
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "model_max_length": 32768,
        "added_tokens_decoder": {"0": {"content": "<unk>", "special": True}},
        "_commit_hash": d.keep(m.sha1()),
        "chat_template": d.keep("{% for message in messages %}{{ bos_token + message['content'] }}{% endfor %}"),
    }
    text = json.dumps(answer, indent=2)
    d.kept('"bos_token": "<s>"', '"pad_token": "[PAD]"', '"tokenizer_class": "PreTrainedTokenizerFast"', '"<|im_start|>"')
    page(d, "https://hub.example.net/models/x/resolve/main/tokenizer_config.json", text, "application/json")
