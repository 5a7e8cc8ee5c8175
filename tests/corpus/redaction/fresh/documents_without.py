"""Documents without any secret that speak of nothing else."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, aws_query, google, kube, page


def schema_of_an_api(d: Draft) -> None:
    answer = {
        "openapi": "3.1.0",
        "components": {
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "schemas": {
                "Login": {
                    "type": "object",
                    "required": ["password"],
                    "properties": {
                        "password": {"type": "string", "format": "password", "minLength": 12, "example": "YOUR_PASSWORD_HERE"},
                        "client_secret": {"type": "string", "writeOnly": True},
                        "token": {"$ref": "#/components/schemas/Token"},
                    },
                }
            },
        },
    }
    d.kept(
        '"name":"X-API-Key"',
        '"bearerFormat":"JWT"',
        '"password":{"type":"string","format":"password","minLength":12',
        '"example":"YOUR_PASSWORD_HERE"',
        '"token":{"$ref":"#/components/schemas/Token"}',
        '"required":["password"]',
    )
    api(d, "GET", "https://api.example.com/openapi.json", answer)


def schema_of_kubernetes(d: Draft) -> None:
    data = {
        "description": d.keep(
            "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string."
        ),
        "type": "object",
        "additionalProperties": {"type": "string", "format": "byte", "default": ""},
    }
    string_data = {
        "description": d.keep("stringData allows specifying non-binary secret data in string form."),
        "type": "object",
        "additionalProperties": {"type": "string"},
    }
    answer = {
        "openapi": "3.0.0",
        "components": {
            "schemas": {
                "io.k8s.api.core.v1.Secret": {
                    "type": "object",
                    "properties": {"data": data, "stringData": string_data, "type": {"type": "string"}},
                    "x-kubernetes-group-version-kind": [{"group": "", "kind": "Secret", "version": "v1"}],
                }
            }
        },
    }
    d.kept('"additionalProperties":{"type":"string","format":"byte","default":""}', '"kind":"Secret","version":"v1"')
    kube(d, f"/openapi/v3/api/v1?hash={d.mint.hex(128).upper()}", answer)


def discovery_of_google(d: Draft) -> None:
    m = d.mint
    answer = {
        "kind": "discovery#restDescription",
        "etag": d.keep(f'"{m.urlsafe(32)}"'),
        "id": "secretmanager:v1",
        "parameters": {
            "key": {
                "type": "string",
                "description": d.keep(
                    "API key. Your API key identifies your project and provides you with API access, quota, and reports."
                ),
            },
            "oauth_token": {"type": "string", "description": "OAuth 2.0 token for the current user.", "location": "query"},
            "access_token": {"description": "OAuth access token.", "type": "string"},
        },
        "schemas": {
            "SecretPayload": {
                "properties": {
                    "data": {"format": "byte", "type": "string", "description": d.keep("The secret data. Must be no larger than 64KiB.")}
                }
            }
        },
    }
    d.kept("OAuth 2.0 token for the current user.", "OAuth access token.")
    google(d, "GET", "https://www.googleapis.com/discovery/v1/apis/secretmanager/v1/rest", answer)


def lock_of_npm(d: Draft) -> None:
    m = d.mint
    packages = {
        f"node_modules/{name}": {
            "version": version,
            "resolved": d.keep(f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz"),
            "integrity": d.keep(m.integrity()),
        }
        for name, version in (
            ("jsonwebtoken", "9.0.2"),
            ("password-validator", "5.3.0"),
            ("csrf-token", "0.1.1"),
            ("secret-stack", "8.1.0"),
        )
    }
    page(d, "https://raw.githubusercontent.com/acme/web/main/package-lock.json", "")
    d.json({"name": "web", "lockfileVersion": 3, "packages": packages}, indent=2)


def locks_of_others(d: Draft) -> None:
    m = d.mint
    text = f"""[[package]]
name = "secrecy"
version = "0.10.3"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "{d.keep(m.sha256())}"

[[package]]
name = "rpassword"
version = "7.3.1"
checksum = "{d.keep(m.sha256())}"
# go.sum
github.com/golang-jwt/jwt/v5 v5.2.1 h1:{d.keep(m.base64(32))}
github.com/zalando/go-keyring v0.2.5 h1:{d.keep(m.base64(32))}
# requirements.txt
itsdangerous==2.2.0 --hash=sha256:{d.keep(m.sha256())}
keyring==25.5.0 --hash=sha256:{d.keep(m.sha256())}
# flake.lock
      "narHash": "sha256-{d.keep(m.base64(32))}",
      "rev": "{d.keep(m.sha1())}",
"""
    d.kept('name = "rpassword"')
    page(d, "https://paste.example.com/raw/locks", text)


def translations(d: Draft) -> None:
    answer = {
        "login": {"password": "Passwort", "password_confirm": "Passwort bestätigen", "token": "Einmalcode", "secret": "Geheimnis"},
        "errors": {
            "password": "Das Passwort ist zu kurz.",
            "api_key": "API-Schlüssel ungültig",
            "passphrase_mismatch": "Die Passphrasen stimmen nicht überein",
        },
        "settings": {"apiToken": "API-Token anzeigen", "clientSecret": "Client-Geheimnis erneuern"},
    }
    d.kept(
        '"password":"Passwort"',
        '"password_confirm":"Passwort bestätigen"',
        '"token":"Einmalcode"',
        '"password":"Das Passwort ist zu kurz."',
        '"clientSecret":"Client-Geheimnis erneuern"',
        '"apiToken":"API-Token anzeigen"',
        "Die Passphrasen stimmen nicht überein",
    )
    api(d, "GET", "https://cdn.example.com/locales/de.json", answer)


def guide(d: Draft) -> None:
    text = """# Rotating credentials

Set the password with `export DB_PASSWORD=<your password>` and restart. Never commit `password: hunter2`-like values.

```yaml
auth:
  password: ${VAULT:kv/db#password}
  token: YOUR_API_TOKEN
  client_secret: xxxxxxxxxxxxxxxx
```

| Variable | Default | Meaning |
|---|---|---|
| `API_KEY` | *none* | Key of the upstream API |
| `TOKEN_TTL` | `15m` | How long a token lives |

    curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1/me
    curl -u username:password https://api.example.com/v1/login
    mysql -u root -p mydb

Secret: the *seed* is never stored. Token: opaque to clients. Passwords: at least 14 characters.
"""
    d.kept(
        "`export DB_PASSWORD=<your password>`",
        "password: ${VAULT:kv/db#password}",
        "token: YOUR_API_TOKEN",
        "client_secret: xxxxxxxxxxxxxxxx",
        "| `TOKEN_TTL` | `15m` |",
        '"Authorization: Bearer $TOKEN"',
        "curl -u username:password",
        "mysql -u root -p mydb",
        "Token: opaque to clients. Passwords: at least 14 characters.",
    )
    page(d, "https://raw.githubusercontent.com/acme/docs/main/rotation.md", text, "text/markdown; charset=utf-8")


def manifest_of_an_image(d: Draft) -> None:
    m = d.mint
    answer = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"digest": d.keep(m.digest()), "size": 7023},
        "layers": [{"digest": d.keep(m.digest()), "size": 32654}, {"digest": d.keep(m.digest()), "size": 16724}],
        "annotations": {"org.opencontainers.image.revision": d.keep(m.sha1()), "dev.cosignproject.cosign/signature": d.keep(m.base64(71))},
    }
    api(d, "GET", "https://ghcr.io/v2/acme/shop/manifests/1.9.0", answer, docker_content_digest=d.keep(m.digest()))


def policy_of_a_role(d: Draft) -> None:
    m = d.mint
    account = m.account()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadDbPassword",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue", "ssm:GetParameter", "sts:AssumeRole", "ecr:GetAuthorizationToken"],
                "Resource": f"arn:aws:secretsmanager:eu-central-1:{account}:secret:prod/db-??????",
                "Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}, "Bool": {"aws:TokenIssueTime": "true"}},
            }
        ],
    }
    d.kept(
        '"Sid": "ReadDbPassword"',
        f"arn:aws:secretsmanager:eu-central-1:{account}:secret:prod/db-??????",
        '"secretsmanager:VersionStage": "AWSCURRENT"',
        "ecr:GetAuthorizationToken",
    )
    aws_query(
        d,
        "iam",
        "GetRolePolicy",
        "2010-05-08",
        f"    <RoleName>api</RoleName>\n    <PolicyName>{d.keep('read-db-password')}</PolicyName>\n    <PolicyDocument>{quote(json.dumps(policy))}</PolicyDocument>",
        host="iam.amazonaws.com",
        RoleName="api",
        PolicyName="read-db-password",
    )


def tickets(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.digits(6)),
            "key": d.keep(f"OPS-{m.digits(4)}"),
            "fields": {
                "summary": d.keep(text),
                "labels": ["password-reset"],
                "customfield_10011": d.keep(f"0|i{m.chars(5, 'abcdefghijklmnopqrstuvwxyz0123456789')}:"),
            },
        }
        for text in (
            "Secret: who may read it?",
            "API key rotation: token=expired shows no hint",
            "Password (root) unknown on db-7, reset needed",
            "pwd: command not found in minimal image",
        )
    ]
    api(
        d,
        "GET",
        "https://acme.atlassian.net/rest/api/3/search/jql?jql=text~password",
        {"issues": rows, "nextPageToken": d.keep(m.urlsafe(66)), "isLast": False},
    )
    d.kept('"labels":["password-reset"]')


def release_of_a_package(d: Draft) -> None:
    m = d.mint
    answer = {
        "info": {
            "name": "keyring",
            "version": "25.5.0",
            "summary": d.keep("Store and access your passwords safely."),
            "keywords": "password,secret,token",
        },
        "urls": [
            {
                "digests": {"blake2b_256": d.keep(m.hex(64)), "md5": d.keep(m.hex(32)), "sha256": d.keep(m.sha256())},
                "url": d.keep(f"https://files.pythonhosted.org/packages/{m.hex(2)}/{m.hex(2)}/{m.hex(60)}/keyring-25.5.0-py3-none-any.whl"),
            }
        ],
    }
    d.kept('"keywords":"password,secret,token"')
    api(d, "GET", "https://pypi.org/pypi/keyring/json", answer, x_pypi_last_serial=m.digits(8))


def certificates(d: Draft) -> None:
    m = d.mint
    answer = {
        "chain": [d.keep(keys.certificate(f"fresh-chain-{n}")) for n in range(2)],
        "spki": d.keep(keys.public("fresh-chain")),
        "pin_sha256": d.keep(m.base64(32)),
        "serial": d.keep(m.hex(36)),
        "ocsp": d.keep(b64(m.raw(120))),
        "key_algorithm": "ECDSA_P256",
        "keySecurity": "high",
    }
    d.kept('"key_algorithm":"ECDSA_P256"')
    api(d, "GET", "https://certs.example.com/v1/certificates/9", answer)


def table_of_metrics(d: Draft) -> None:
    m = d.mint
    text = f"""# HELP vault_token_count Number of service tokens available for use
# TYPE vault_token_count gauge
vault_token_count{{namespace="root"}} 412
# HELP auth_password_attempts_total Password checks by result
auth_password_attempts_total{{result="invalid_secret"}} 88
kube_secret_info{{namespace="shop",secret="shop-db-password"}} 1
process_build_info{{revision="{d.keep(m.sha1())}",goversion="go1.23.3"}} 1
apiserver_request_total{{resource="secrets",verb="LIST"}} 9211
"""
    d.kept(
        'kube_secret_info{namespace="shop",secret="shop-db-password"} 1',
        'auth_password_attempts_total{result="invalid_secret"} 88',
        'resource="secrets",verb="LIST"',
        'vault_token_count{namespace="root"} 412',
    )
    page(d, "http://vault:9102/metrics", text, "text/plain; version=0.0.4; charset=utf-8")
