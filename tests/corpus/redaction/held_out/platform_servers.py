"""Servers of one's own: secret stores, monitoring, databases, containers, state."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def vault_kv_one(d: Draft) -> None:
    m = d.mint
    data = {"access_token": d.hide(m.chars(44), schema=True), "pin": d.hide(m.digits(10), schema=True)}
    d.kept('"renewable":false', '"lease_duration":2764800', '"wrap_info":null')
    api(
        d,
        "GET",
        "https://vault.internal:8200/v1/kv1/partner",
        {
            "request_id": d.keep(m.uuid()),
            "lease_id": "",
            "renewable": False,
            "lease_duration": 2764800,
            "data": data,
            "wrap_info": None,
            "warnings": None,
            "auth": None,
        },
    )


def vault_database_lease(d: Draft) -> None:
    m = d.mint
    answer = {
        "request_id": d.keep(m.uuid()),
        "lease_id": d.keep("database/creds/readonly/" + m.chars(24)),
        "renewable": True,
        "lease_duration": 3600,
        "data": {
            "username": d.keep("v-approle-readonly-" + m.chars(20) + "-1795596400"),
            "password": d.hide(m.chars(20) + "-" + m.chars(6), schema=True),
        },
    }
    d.kept('"lease_duration":3600')
    api(d, "GET", "https://vault.internal:8200/v1/database/creds/readonly", answer)


def vault_secret_id(d: Draft) -> None:
    m = d.mint
    answer = {
        "request_id": d.keep(m.uuid()),
        "data": {
            "secret_id": d.hide(m.uuid(), schema=True),
            "secret_id_accessor": d.keep(m.uuid()),
            "secret_id_num_uses": 0,
            "secret_id_ttl": 600,
        },
    }
    d.kept('"secret_id_ttl":600', '"secret_id_num_uses":0')
    api(d, "POST", "https://vault.internal:8200/v1/auth/approle/role/ci/secret-id", answer)


def vault_issued_certificate(d: Draft) -> None:
    m = d.mint
    serial = d.keep(":".join(m.hex(2) for _ in range(20)))
    data = {
        "certificate": keys.certificate("held-pki"),
        "issuing_ca": keys.certificate("held-pki-ca"),
        "private_key": d.hide(keys.ec_sec1("held:pki"), schema=True),
        "private_key_type": "ec",
        "serial_number": serial,
    }
    d.kept(keys.certificate("held-pki"), keys.certificate("held-pki-ca"), '"private_key_type":"ec"')
    api(d, "POST", "https://vault.internal:8200/v1/pki/issue/web", {"request_id": d.keep(m.uuid()), "lease_id": "", "data": data})


def vault_initialised(d: Draft) -> None:
    m = d.mint
    rows = [m.raw(33) for _ in range(3)]
    answer = {
        "keys": [row.hex() for row in rows],
        "keys_base64": [d.hide(b64(row), schema=True) for row in rows],
        "root_token": d.hide(m.vault(), schema=True),
    }
    for row in answer["keys"]:
        d.hide(str(row), schema=True)
    d.kept('"keys_base64":[')
    api(d, "PUT", "https://vault.internal:8200/v1/sys/init", answer)


def consul_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "AccessorID": d.keep(m.uuid()),
        "SecretID": d.hide(m.uuid(), schema=True),
        "Description": "dns",
        "Policies": [{"ID": d.keep(m.uuid()), "Name": "dns"}],
        "Local": False,
        "Hash": d.keep(m.base64(32)),
        "CreateIndex": 59,
        "ModifyIndex": 59,
    }
    d.kept('"ModifyIndex":59')
    api(d, "PUT", "http://consul.internal:8500/v1/acl/token", answer)


def grafana_contact_points(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "uid": d.keep(m.chars(14).lower()),
            "name": "oncall",
            "type": "pagerduty",
            "settings": {"integrationKey": d.hide(m.hex(32)), "severity": "critical"},
            "disableResolveMessage": False,
        },
        {
            "uid": d.keep(m.chars(14).lower()),
            "name": "chat",
            "type": "teams",
            "settings": {"url": d.hide(m.teams_hook())},
            "disableResolveMessage": False,
        },
        {
            "uid": d.keep(m.chars(14).lower()),
            "name": "tg",
            "type": "telegram",
            "settings": {"bottoken": d.hide(m.digits(10) + ":AA" + m.chars(33)), "chatid": d.keep("-100" + m.digits(10))},
            "disableResolveMessage": False,
        },
    ]
    d.kept('"severity":"critical"', '"disableResolveMessage":false')
    api(d, "GET", "https://grafana.internal/api/v1/provisioning/contact-points", rows)


def grafana_new_token(d: Draft) -> None:
    m = d.mint
    d.kept('"name":"provisioner"')
    api(
        d,
        "POST",
        "https://grafana.internal/api/serviceaccounts/4/tokens",
        {"id": 7, "name": "provisioner", "key": d.hide(m.grafana(), schema=True)},
        x_grafana_id=d.keep(m.hex(16)),
    )


def alertmanager_status(d: Draft) -> None:
    m = d.mint
    original = "global:\n  smtp_auth_username: alerts\n  smtp_auth_password: <secret>\n  slack_api_url: <secret>\nroute:\n  receiver: default\n  group_by: [alertname]\n"
    peers = [{"address": "10.2.0.4:9094", "name": d.keep("01" + m.chars(24).upper())}]
    d.kept("smtp_auth_password: <secret>", "slack_api_url: <secret>")
    api(
        d,
        "GET",
        "http://alertmanager.internal:9093/api/v2/status",
        {
            "cluster": {"name": d.keep("01" + m.chars(24).upper()), "peers": peers, "status": "ready"},
            "config": {"original": original},
            "versionInfo": {"revision": d.keep(m.sha1()), "version": "0.27.0"},
        },
    )


def container_inspect(d: Draft) -> None:
    m = d.mint
    env = [
        "MYSQL_DATABASE=wp",
        f"MYSQL_ROOT_PASSWORD={d.hide(m.chars(15))}",
        f"WORDPRESS_AUTH_SALT={d.hide(m.chars(64, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#^*()-_[]~+'))}",
        "GOSU_VERSION=1.17",
        "MYSQL_PASSWORD_FILE=/run/secrets/mysql",
    ]
    check = ["CMD-SHELL", f"mysqladmin ping -uroot --password={d.hide(m.passphrase())}"]
    labels = {"com.docker.swarm.service.id": d.keep(m.chars(25).lower()), "com.docker.stack.namespace": "wp"}
    answer = [
        {
            "Id": d.keep(m.sha256()),
            "Image": d.keep(m.digest()),
            "Config": {"Env": env, "Healthcheck": {"Test": check}, "Labels": labels},
            "NetworkSettings": {"Networks": {"wp": {"NetworkID": d.keep(m.sha256()), "MacAddress": "02:42:0a:00:01:07"}}},
        }
    ]
    d.kept("MYSQL_PASSWORD_FILE=/run/secrets/mysql", "GOSU_VERSION=1.17", "02:42:0a:00:01:07")
    page(d, "https://runner.internal/v1/exec/docker-inspect", "")
    d.json(answer, indent=4)


def swarm_join_tokens(d: Draft) -> None:
    m = d.mint
    tokens = {
        "Worker": d.hide("SWMTKN" + "-1-" + m.chars(50).lower() + "-" + m.chars(25).lower()),
        "Manager": d.hide("SWMTKN" + "-1-" + m.chars(50).lower() + "-" + m.chars(25).lower()),
    }
    info = {"CertIssuerSubject": d.keep(m.base64(18)), "TrustRoot": keys.certificate("held-swarm")}
    d.kept(keys.certificate("held-swarm"), '"RootRotationInProgress":false')
    api(
        d,
        "GET",
        "http://localhost/v1.47/swarm",
        {"ID": d.keep(m.chars(25).lower()), "TLSInfo": info, "RootRotationInProgress": False, "JoinTokens": tokens},
        api_version="1.47",
    )


def plan_as_json(d: Draft) -> None:
    m = d.mint
    values = {
        "identifier": "ledger",
        "password": d.hide(m.strong(20)),
        "username": "ledger",
        "apply_immediately": None,
        "kms_key_id": d.keep(f"arn:aws:kms:eu-west-1:{m.account()}:key/{m.uuid()}"),
    }
    resource = {"address": "aws_db_instance.ledger", "type": "aws_db_instance", "values": values, "sensitive_values": {"password": True}}
    tls = {
        "address": "tls_private_key.ci",
        "type": "tls_private_key",
        "values": {
            "algorithm": "ED25519",
            "private_key_openssh": d.hide(keys.openssh("held:tf")),
            "public_key_openssh": d.keep(m.ssh_public()),
            "public_key_fingerprint_sha256": d.keep(m.fingerprint()),
        },
        "sensitive_values": {"private_key_openssh": True},
    }
    answer = {
        "format_version": "1.0",
        "terraform_version": "1.10.1",
        "values": {
            "outputs": {
                "db_password_arn": {
                    "sensitive": False,
                    "value": d.keep(f"arn:aws:secretsmanager:eu-west-1:{m.account()}:secret:l-{m.chars(6)}"),
                }
            },
            "root_module": {"resources": [resource, tls]},
        },
    }
    d.kept('"sensitive_values": {"password": true}', '"algorithm": "ED25519"')
    page(d, "https://runner.internal/v1/exec/terraform-show", "")
    d.json(answer)


def search_cluster_api_key(d: Draft) -> None:
    m = d.mint
    identity, key = m.chars(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), m.chars(22)
    answer = {
        "id": identity,
        "name": "filebeat",
        "api_key": d.hide(key, schema=True),
        "encoded": d.hide(b64(f"{identity}:{key}"), schema=True),
    }
    d.kept('"name":"filebeat"')
    api(d, "POST", "https://es.internal:9200/_security/api_key", answer, x_elastic_product="Elasticsearch", x_opaque_id=d.keep(m.uuid()))


def broker_definitions(d: Draft) -> None:
    m = d.mint
    users = [{"name": "app", "password_hash": m.base64(36), "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": []}]
    upstream = [
        {
            "vhost": "/",
            "component": "federation-upstream",
            "name": "dc2",
            "value": {"uri": f"amqps://fed:{d.hide(m.chars(24))}@rabbit.dc2.internal", "ack-mode": "on-confirm"},
        }
    ]
    d.kept("rabbit_password_hashing_sha256", '"ack-mode":"on-confirm"', "rabbit.dc2.internal", '"component":"federation-upstream"')
    api(d, "GET", "http://rabbit.internal:15672/api/definitions", {"rabbit_version": "3.13.7", "users": users, "parameters": upstream})
