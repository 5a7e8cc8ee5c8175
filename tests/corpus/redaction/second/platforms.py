"""Servers of one's own: Vault, etcd, Argo CD, Docker, Grafana, Terraform Cloud, registries."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api


def vault_database_creds(d: Draft) -> None:
    m = d.mint
    answer = {
        "request_id": d.keep(m.uuid()),
        "lease_id": d.keep("database/creds/readonly/" + m.chars(24)),
        "renewable": True,
        "lease_duration": 3600,
        "data": {"username": "v-approle-readonly-" + m.chars(20), "password": d.hide("A1a-" + m.chars(16), schema=True)},
        "warnings": None,
        "mount_type": "database",
    }
    d.kept('"mount_type":"database"', '"lease_duration":3600')
    api(d, "GET", "https://vault.example.com:8200/v1/database/creds/readonly", answer)


def vault_pki_issue(d: Draft) -> None:
    m = d.mint
    data = {
        "certificate": keys.certificate("pki-leaf"),
        "issuing_ca": keys.certificate("pki-ca"),
        "private_key": d.hide(keys.ec_sec1("held-out-2"), schema=True),
        "private_key_type": "ec",
        "serial_number": d.keep(":".join(m.hex(2) for _ in range(20))),
        "expiration": 1798188500,
    }
    d.kept(keys.certificate("pki-leaf").splitlines()[3], keys.certificate("pki-ca").splitlines()[5], '"private_key_type":"ec"')
    api(d, "POST", "https://vault.example.com:8200/v1/pki/issue/web", {"request_id": m.uuid(), "lease_id": "", "data": data})


def etcd_range(d: Draft) -> None:
    m = d.mint
    value = d.hide(m.strong(20))
    rows = [
        {"key": b64("/config/payments/api_password"), "create_revision": "11", "mod_revision": "40", "version": "3", "value": b64(value)},
        {
            "key": b64("/config/payments/endpoint"),
            "create_revision": "12",
            "mod_revision": "12",
            "version": "1",
            "value": d.keep(b64("https://pay.example.com/v2")),
        },
        {
            "key": b64("/config/payments/dsn"),
            "create_revision": "13",
            "mod_revision": "13",
            "version": "1",
            "value": b64(f"mongodb+srv://pay:{d.hide(m.chars(16))}@cluster0.example.mongodb.net/pay"),
        },
    ]
    header = {"cluster_id": d.keep(m.digits(20)), "member_id": d.keep(m.digits(19)), "revision": "40", "raft_term": "4"}
    api(d, "POST", "http://etcd.example.com:2379/v3/kv/range", {"header": header, "kvs": rows, "count": "3"})


def argocd_session_and_repos(d: Draft) -> None:
    m = d.mint
    repo = {
        "repo": "git@github.com:example/deploy.git",
        "username": "argocd",
        "password": d.hide(m.github()),
        "sshPrivateKey": d.hide(keys.openssh("held-out-1")),
        "connectionState": {"status": "Successful", "message": "", "attemptedAt": "2026-11-24T10:15:00Z"},
        "type": "git",
        "project": d.keep("default-" + m.hex(8)),
    }
    d.kept('"status":"Successful"')
    api(d, "GET", "https://argocd.example.com/api/v1/repositories", {"metadata": {}, "items": [repo]})


def docker_service_list(d: Draft) -> None:
    m = d.mint
    spec = {
        "Name": "shop_api",
        "Labels": {"com.docker.stack.namespace": "shop"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": d.keep("registry.example.com/api:2.1@" + m.digest()),
                "Env": [
                    f"JWT_SIGNING_KEY={d.hide(m.base64(32))}",
                    f"MAILGUN_API_KEY={d.hide('key-' + m.hex(32))}",
                    "TZ=Europe/Berlin",
                    "TOKENIZERS_PARALLELISM=false",
                ],
                "Secrets": [
                    {
                        "File": {"Name": "db_password", "UID": "0", "Mode": 292},
                        "SecretID": d.keep(m.chars(25).lower()),
                        "SecretName": d.keep("shop_db_password_v3"),
                    }
                ],
            }
        },
    }
    d.kept("TOKENIZERS_PARALLELISM=false")
    api(d, "GET", "http://localhost/v1.47/services", [{"ID": d.keep(m.chars(25).lower()), "Version": {"Index": 9120}, "Spec": spec}])


def terraform_cloud_variables(d: Draft) -> None:
    m = d.mint
    rows = []
    for key, value, sensitive in (
        ("cloudflare_api_token", d.hide(m.chars(40)), False),
        ("db_password", None, True),
        ("vpc_cidr", "10.40.0.0/16", False),
    ):
        attributes = {
            "key": key,
            "value": value,
            "sensitive": sensitive,
            "category": "terraform",
            "hcl": False,
            "version-id": d.keep(m.hex(64)),
        }
        rows.append({"id": d.keep("var-" + m.chars(16)), "type": "vars", "attributes": attributes, "links": {"self": "/api/v2/vars/x"}})
    d.kept('"key":"db_password","value":null,"sensitive":true')
    api(d, "GET", "https://app.terraform.io/api/v2/workspaces/ws-" + m.chars(16) + "/vars", {"data": rows})
