"""Servers of one's own: Vault, Consul, Docker, Grafana, Terraform, registries."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def vault_kv_read(d: Draft) -> None:
    m = d.mint
    answer = {
        "request_id": d.keep(m.uuid()),
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": {
            "data": {"username": m.word() + "_rw", "password": d.hide(m.strong(), schema=True)},
            "metadata": {"created_time": "2026-11-02T08:41:07.104Z", "destroyed": False, "version": 12},
        },
        "wrap_info": None,
        "warnings": None,
        "auth": None,
        "mount_type": "kv",
    }
    d.kept('"lease_id":""', '"mount_type":"kv"', '"auth":null')
    api(d, "GET", "https://vault.example.com:8200/v1/secret/data/shop/db", answer)


def vault_login(d: Draft) -> None:
    m = d.mint
    auth = {
        "client_token": d.hide(m.vault(), schema=True),
        "accessor": d.keep(m.chars(24)),
        "policies": ["default", "shop-read"],
        "token_policies": ["default", "shop-read"],
        "metadata": {"role_name": "shop"},
        "lease_duration": 2764800,
        "token_type": "service",
        "entity_id": d.keep(m.uuid()),
        "orphan": True,
    }
    d.kept('"token_policies":["default","shop-read"]', '"token_type":"service"')
    api(d, "POST", "https://vault.example.com:8200/v1/auth/approle/login", {"request_id": d.keep(m.uuid()), "data": None, "auth": auth})


def consul_kv(d: Draft) -> None:
    m = d.mint
    rows = []
    for key, value in (
        ("config/shop/db_password", d.hide(m.password())),
        ("config/shop/max_connections", "250"),
        ("config/shop/session_secret", d.hide(m.hex(48))),
    ):
        rows.append(
            {
                "LockIndex": 0,
                "Key": key,
                "Flags": 0,
                "Value": b64(value),
                "CreateIndex": 312,
                "ModifyIndex": 4711,
                "Session": d.keep(m.uuid()),
            }
        )
    d.kept("config/shop/max_connections", '"ModifyIndex":4711')
    api(d, "GET", "http://consul.example.com:8500/v1/kv/config/shop?recurse", rows, x_consul_index=d.keep(m.digits(9)))


def docker_inspect(d: Draft) -> None:
    m = d.mint
    env = [
        "POSTGRES_USER=shop",
        f"POSTGRES_PASSWORD={d.hide(m.passphrase())}",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        "POSTGRES_PASSWORD_FILE=",
        "GPG_KEY=" + d.keep(m.hex(40).upper()),
        "PYTHON_SHA256=" + d.keep(m.sha256()),
    ]
    answer = {
        "Id": d.keep(m.sha256()),
        "Image": d.keep(m.digest()),
        "Config": {
            "Hostname": m.hex(12),
            "Env": env,
            "Cmd": ["postgres"],
            "Labels": {"com.docker.compose.config-hash": d.keep(m.sha256())},
        },
        "GraphDriver": {"Data": {"LowerDir": d.keep(f"/var/lib/docker/overlay2/{m.sha256()}-init/diff")}},
        "NetworkSettings": {"SandboxID": d.keep(m.sha256()), "MacAddress": d.keep("02:42:ac:11:00:" + m.hex(2))},
    }
    api(d, "GET", "http://localhost/v1.47/containers/shop-db/json", answer, api_version="1.47", server="Docker/27.3.1 (linux)")


def grafana_datasources(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": 3,
            "uid": d.keep("P" + m.hex(16).upper()),
            "name": "mysql",
            "type": "mysql",
            "url": "mysql:3306",
            "user": "grafana",
            "password": d.hide(m.chars(14)),
            "basicAuth": False,
            "secureJsonFields": {"password": True},
            "jsonData": {"tlsSkipVerify": True, "httpHeaderName1": "Authorization"},
            "secureJsonData": {"httpHeaderValue1": "Bearer " + d.hide(m.grafana())},
        }
    ]
    d.kept('"secureJsonFields":{"password":true}', '"httpHeaderName1":"Authorization"', '"basicAuth":false')
    api(d, "GET", "https://grafana.example.com/api/datasources", rows)


def terraform_state(d: Draft) -> None:
    m = d.mint
    account = m.account()
    password = d.hide(m.wild(24))
    key = {
        "id": m.aws_id(),
        "secret": d.hide(m.aws_secret()),
        "ses_smtp_password_v4": d.hide("B" + m.chars(43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")),
        "status": "Active",
        "user": "mailer",
        "pgp_key": None,
    }
    random = {
        "id": "none",
        "length": 24,
        "special": True,
        "result": password,
        "bcrypt_hash": "$2a$10$" + m.bcrypt_salt() + m.chars(31),
        "min_lower": 2,
    }
    bucket = {
        "id": "shop-media",
        "arn": d.keep("arn:aws:s3:::shop-media"),
        "hosted_zone_id": d.keep("Z" + m.chars(13).upper()),
        "etag": d.keep(m.hex(32)),
    }
    answer = {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 311,
        "lineage": d.keep(m.uuid()),
        "outputs": {
            "db_password": {"value": password, "type": "string", "sensitive": True},
            "role": {"value": d.keep(f"arn:aws:iam::{account}:role/web"), "type": "string"},
        },
        "resources": [
            {"mode": "managed", "type": "aws_iam_access_key", "name": "mailer", "instances": [{"schema_version": 0, "attributes": key}]},
            {"mode": "managed", "type": "random_password", "name": "db", "instances": [{"schema_version": 3, "attributes": random}]},
            {
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "media",
                "instances": [{"schema_version": 0, "attributes": bucket, "private": d.keep(b64('{"schema_version":"0"}'))}],
            },
        ],
        "check_results": None,
    }
    page(d, "https://s3.eu-central-1.amazonaws.com/tf-state/shop/terraform.tfstate", "")
    d.json(answer, indent=2)
    d.headers.update(
        {
            "x-amz-version-id": d.keep(m.chars(32, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._")),
            "x-amz-id-2": d.keep(m.base64(56)),
            "x-amz-request-id": m.chars(16).upper(),
        }
    )
