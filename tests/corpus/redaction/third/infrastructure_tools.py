"""Infrastructure as code and containers: Terraform states and plans, Pulumi, Docker, Swarm, containerd."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def terraform_cloud_variables(d: Draft) -> None:
    m = d.mint

    def variable(key: str, value: str | None, sensitive: bool) -> dict[str, object]:
        attributes = {"key": key, "value": value, "sensitive": sensitive, "category": "env", "hcl": False, "description": None}
        return {"id": d.keep("var-" + m.chars(16)), "type": "vars", "attributes": attributes}

    rows = [
        variable("HCLOUD_TOKEN", d.hide(m.chars(64)), False),
        variable("db_master_password", None, True),
        variable("password_length", "24", False),
    ]
    d.kept('"key":"db_master_password","value":null,"sensitive":true', '"key":"password_length","value":"24"')
    api(d, "GET", "https://app.terraform.io/api/v2/workspaces/ws-1/vars", {"data": rows}, x_request_id=d.keep(m.uuid()))


def terraform_plan_json(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.strong(28))
    after = {
        "identifier": "shop",
        "password": password,
        "engine_version": "16.4",
        "manage_master_user_password": None,
        "iam_database_authentication_enabled": True,
    }
    answer = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "variables": {
            "master_password": {"value": password},
            "token_ttl": {"value": 3600},
            "cloudflare_api_token": {"value": d.hide(m.urlsafe(30))},
        },
        "resource_changes": [
            {
                "address": "aws_db_instance.shop",
                "type": "aws_db_instance",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": after,
                    "after_unknown": {"arn": True},
                    "after_sensitive": {"password": True},
                },
            },
            {
                "address": 'module.x.random_password.this["api"]',
                "change": {"actions": ["no-op"], "after_sensitive": {"result": True, "bcrypt_hash": True}},
            },
        ],
        "configuration": {
            "root_module": {
                "variables": {"master_password": {"sensitive": True, "description": d.keep("Password of the database's administrator")}},
                "resources": [{"expressions": {"password": {"references": ["var.master_password"]}}}],
            }
        },
        "checks": [{"address": {"to_display": d.keep("check.secret_age")}, "status": "pass"}],
    }
    d.kept('"after_sensitive": {"password": true}', '"references": ["var.master_password"]', '"iam_database_authentication_enabled": true')
    page(d, "https://ci.example.net/artifacts/plan.json", json.dumps(answer), "application/json")


def terraform_state_many(d: Draft) -> None:
    m = d.mint

    def resource(kind: str, attributes: dict[str, object]) -> dict[str, object]:
        return {
            "mode": "managed",
            "type": kind,
            "name": "this",
            "provider": f'provider["registry.terraform.io/x/{kind.split("_")[0]}"]',
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
        }

    answer = {
        "version": 4,
        "serial": 88,
        "lineage": d.keep(m.uuid()),
        "outputs": {"kubeconfig_path": {"value": d.keep("/tmp/kubeconfig-token"), "type": "string"}},
        "resources": [
            resource(
                "tls_private_key",
                {
                    "algorithm": "ED25519",
                    "private_key_openssh": d.hide(keys.openssh("third-tf")),
                    "public_key_openssh": d.keep(m.ssh_public() + "\n"),
                    "public_key_fingerprint_sha256": d.keep(m.fingerprint()),
                },
            ),
            resource(
                "azuread_application_password", {"key_id": d.keep(m.uuid()), "value": d.hide(m.azure_secret()), "display_name": "rotated"}
            ),
            resource(
                "google_service_account_key",
                {
                    "name": d.keep("projects/p/serviceAccounts/s@p.iam.gserviceaccount.com/keys/" + m.hex(40)),
                    "private_key": b64(
                        json.dumps(
                            {"type": "service_account", "private_key_id": m.hex(40), "private_key": d.hide(keys.rsa_pkcs8("third-tf-sa"))}
                        )
                    ),
                    "key_algorithm": "KEY_ALG_RSA_2048",
                },
            ),
            resource("grafana_service_account_token", {"key": d.hide(m.grafana()), "name": d.keep("ci-token"), "seconds_to_live": 0}),
            resource(
                "aws_secretsmanager_secret",
                {
                    "arn": d.keep(f"arn:aws:secretsmanager:eu-west-1:{m.account()}:secret:shop/db-{m.chars(6)}"),
                    "recovery_window_in_days": 30,
                    "kms_key_id": "",
                },
            ),
        ],
    }
    d.kept('"key_algorithm": "KEY_ALG_RSA_2048"', '"recovery_window_in_days": 30')
    page(d, "https://gitlab.example.net/api/v4/projects/9/terraform/state/prod", json.dumps(answer, indent=2), "application/json")


def terraform_lock_file(d: Draft) -> None:
    m = d.mint
    text = f"""# This file is maintained automatically by "terraform init".
provider "registry.terraform.io/hashicorp/vault" {{
  version     = "4.4.0"
  constraints = "~> 4.4"
  hashes = [
    "{d.keep("h1:" + m.base64(32))}",
    "{d.keep("h1:" + m.base64(32))}",
    "{d.keep("zh:" + m.sha256())}",
    "{d.keep("zh:" + m.sha256())}",
  ]
}}
"""
    page(d, "https://git.example.net/api/v4/projects/7/repository/files/.terraform.lock.hcl/raw", text)


def pulumi_stack_export(d: Draft) -> None:
    m = d.mint
    plain = json.dumps(d.hide(m.wild(18)))
    cipher = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "v1:" + m.base64(12) + ":" + m.base64(40),
    }
    resource = {
        "urn": d.keep("urn:pulumi:prod::shop::random:index/randomPassword:RandomPassword::db-password"),
        "id": "none",
        "inputs": {"length": 24, "special": True},
        "outputs": {
            "bcryptHash": cipher,
            "result": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": plain},
        },
        "additionalSecretOutputs": ["result", "bcryptHash"],
    }
    answer = {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-11-24T10:15:00Z", "magic": d.keep(m.sha256()), "version": "v3.138.0"},
            "secrets_providers": {
                "type": "passphrase",
                "state": {"salt": d.keep("v1:" + m.base64(8) + ":v1:" + m.base64(12) + ":" + m.base64(28))},
            },
            "resources": [
                resource,
                {
                    "urn": "urn:pulumi:prod::shop::pulumi:providers:digitalocean::do",
                    "inputs": {"token": d.hide(m.digitalocean()), "version": "4.33.0"},
                },
            ],
        },
    }
    d.kept('"additionalSecretOutputs":["result","bcryptHash"]')
    api(d, "GET", "https://api.pulumi.com/api/stacks/example/shop/prod/export", answer)


def pulumi_access_token(d: Draft) -> None:
    m = d.mint
    answer = {"id": d.keep(m.uuid()), "tokenValue": d.hide("pul-" + m.hex(40)), "description": d.keep("laptop of anna")}
    api(d, "POST", "https://api.pulumi.com/api/user/tokens", answer)


def swarm_info(d: Draft) -> None:
    m = d.mint
    root = m.chars(50, "0123456789abcdefghijklmnopqrstuvwxyz")
    answer = {
        "ID": d.keep(m.chars(25, "0123456789abcdefghijklmnopqrstuvwxyz")),
        "Spec": {"Name": "default", "CAConfig": {"NodeCertExpiry": 7776000000000000}},
        "TLSInfo": {"TrustRoot": d.keep(keys.certificate("third-swarm")), "CertIssuerSubject": d.keep("MBMxETAPBgNVBAMTCHN3YXJtLWNh")},
        "RootRotationInProgress": False,
        "JoinTokens": {
            "Worker": d.hide(f"SWMTKN-1-{root}-{m.chars(25, '0123456789abcdefghijklmnopqrstuvwxyz')}"),
            "Manager": d.hide(f"SWMTKN-1-{root}-{m.chars(25, '0123456789abcdefghijklmnopqrstuvwxyz')}"),
        },
    }
    d.kept('"RootRotationInProgress":false')
    api(d, "GET", "http://localhost/v1.47/swarm", answer, api_version="1.47", ostype="linux")


def docker_containers_and_secrets(d: Draft) -> None:
    m = d.mint
    services = [
        {
            "ID": d.keep(m.chars(25, "0123456789abcdefghijklmnopqrstuvwxyz")),
            "Spec": {
                "Name": "mysql",
                "TaskTemplate": {
                    "ContainerSpec": {
                        "Image": d.keep("mysql:8.4@" + m.digest()),
                        "Args": ["--require-secure-transport=ON", "--init-file=/run/secrets/init.sql"],
                        "Env": [
                            "MYSQL_ROOT_PASSWORD_FILE=/run/secrets/mysql_root",
                            "MYSQL_RANDOM_ROOT_PASSWORD=no",
                            f"MYSQL_PASSWORD={d.hide(m.strong(17))}",
                        ],
                        "Secrets": [
                            {
                                "SecretID": d.keep(m.chars(25, "0123456789abcdefghijklmnopqrstuvwxyz")),
                                "SecretName": d.keep("mysql_root_password_v3"),
                                "File": {"Name": "mysql_root", "UID": "0"},
                            }
                        ],
                    }
                },
            },
        }
    ]
    d.kept("MYSQL_ROOT_PASSWORD_FILE=/run/secrets/mysql_root", "MYSQL_RANDOM_ROOT_PASSWORD=no")
    api(d, "GET", "http://localhost/v1.47/services", services)


def docker_build_history(d: Draft) -> None:
    m = d.mint
    rows = [
        {"Id": d.keep(m.digest()), "Created": 1795596400, "CreatedBy": '/bin/sh -c #(nop)  CMD ["nginx"]', "Size": 0},
        {
            "Id": "<missing>",
            "CreatedBy": f'RUN |1 COMPOSER_AUTH={{"http-basic":{{"repo.example.net":{{"username":"ci","password":"{d.hide(m.chars(40))}"}}}}}} /bin/sh -c composer install # buildkit',
            "Size": 1024,
        },
        {"Id": "<missing>", "CreatedBy": "ENV NGINX_VERSION=1.27.2 PKG_RELEASE=" + d.keep("1~bookworm"), "Size": 0},
        {
            "Id": "<missing>",
            "CreatedBy": f"RUN /bin/sh -c wget -q https://dl.example.net/x.tgz && echo '{d.keep(m.sha256())}  x.tgz' | sha256sum -c",
            "Size": 0,
        },
    ]
    api(d, "GET", "http://localhost/v1.47/images/web/history", rows)


def containerd_inspect(d: Draft) -> None:
    m = d.mint
    spec = {
        "process": {
            "args": ["/bin/agent", "--token-file", "/var/run/token"],
            "env": ["PATH=/bin", f"K3S_TOKEN=K10{d.hide(m.hex(64) + '::server:' + m.hex(32))}", "TOKEN_REVIEW=true"],
        },
        "hostname": "agent-1",
    }
    answer = {
        "info": {"pid": 4011, "sandboxID": d.keep(m.sha256()), "snapshotKey": d.keep(m.sha256()), "runtimeSpec": spec},
        "status": {
            "id": d.keep(m.sha256()),
            "imageRef": d.keep("docker.io/rancher/agent@" + m.digest()),
            "labels": {"io.kubernetes.pod.uid": d.keep(m.uuid())},
        },
    }
    d.kept('"--token-file","/var/run/token"', '"TOKEN_REVIEW=true"')
    api(d, "GET", "http://localhost:8090/cri/containers/agent", answer)


def compose_file(d: Draft) -> None:
    m = d.mint
    text = f"""services:
  db:
    image: postgres:16@{d.keep(m.digest())}
    environment:
      POSTGRES_PASSWORD: "{d.hide(m.accented())}"
      POSTGRES_HOST_AUTH_METHOD: scram-sha-256
  app:
    environment:
      - SECRET_KEY_BASE={d.hide(m.hex(64))}
      - DB_PASSWORD=${{DB_PASSWORD:?missing}}
      - OAUTH_TOKEN_URL={d.keep("http://sso:8080/token")}
    secrets:
      - source: {d.keep("app_signing_key")}
        target: signing_key
    healthcheck:
      test: ["CMD", "pg_isready"]
  s3:
    command: server /data
    environment:
      MINIO_ROOT_USER: minio
      MINIO_ROOT_PASSWORD: {d.hide(m.joined())}
secrets:
  app_signing_key:
    external: true
"""
    d.kept("DB_PASSWORD=${DB_PASSWORD:?missing}", "POSTGRES_HOST_AUTH_METHOD: scram-sha-256", "external: true")
    page(d, "https://git.example.net/ops/shop/raw/branch/main/docker-compose.yml", text, "text/plain; charset=utf-8")


def ansible_inventory_json(d: Draft) -> None:
    m = d.mint
    answer = {
        "_meta": {
            "hostvars": {
                "win-1": {
                    "ansible_connection": "winrm",
                    "ansible_user": "Administrator",
                    "ansible_password": d.hide(m.initial() + "!"),
                    "ansible_winrm_server_cert_validation": "ignore",
                },
                "sw-1": {
                    "ansible_network_os": "ios",
                    "ansible_become_pass": d.hide(m.chars(12)),
                    "snmp_community_string": d.hide(m.chars(11)),
                    "ansible_ssh_private_key_file": d.keep("~/.ssh/switches_ed25519"),
                },
            }
        },
        "all": {
            "children": ["windows", "network"],
            "vars": {"vault_password_file": d.keep("/etc/ansible/.vault_pass"), "password_store": "{{ playbook_dir }}/store"},
        },
    }
    d.kept('"password_store":"{{ playbook_dir }}/store"', '"ansible_winrm_server_cert_validation":"ignore"')
    api(d, "GET", "https://awx.example.net/api/v2/inventories/4/script/?hostvars=1", answer)
