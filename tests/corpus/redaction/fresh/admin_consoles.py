"""Platforms and servers that administrators ask: monitoring, secrets, registries, directories of services, hypervisors."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dated, leet, named, team, walk
from tests.corpus.redaction.services import api


def vault_database_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "request_id": d.keep(m.uuid()),
        "lease_id": d.keep(f"database/creds/readonly/{m.chars(24)}"),
        "renewable": True,
        "lease_duration": 3600,
        "data": {
            "password": d.hide(f"{m.chars(3)}-{m.chars(16)}", schema=True),
            "username": f"v-approle-readonly-{m.chars(20)}-1795500000",
        },
        "wrap_info": None,
        "auth": None,
        "mount_type": "database",
    }
    d.kept('"mount_type":"database"')
    api(d, "GET", "https://vault.example.com:8200/v1/database/creds/readonly", answer)


def vault_certificate(d: Draft) -> None:
    m = d.mint
    data = {
        "certificate": d.keep(keys.certificate("fresh-pki")),
        "issuing_ca": d.keep(keys.certificate("fresh-pki-ca")),
        "private_key": d.hide(keys.ec_sec1("fresh-pki"), schema=True),
        "private_key_type": "ec",
        "serial_number": d.keep(":".join(m.hex(2) for _ in range(20))),
        "expiration": 1798000000,
    }
    d.kept('"private_key_type":"ec"')
    api(
        d,
        "POST",
        "https://vault.example.com:8200/v1/pki_int/issue/web",
        {"request_id": d.keep(m.uuid()), "lease_id": "", "data": data, "auth": None},
    )


def vault_start(d: Draft) -> None:
    m = d.mint
    shares = [m.raw(33) for _ in range(3)]
    answer = {
        "keys": [d.hide(share.hex(), schema=True) for share in shares],
        "keys_base64": [d.hide(b64(share), schema=True) for share in shares],
        "root_token": d.hide("hv" + "s." + m.chars(24), schema=True),
    }
    api(d, "PUT", "https://vault.example.com:8200/v1/sys/init", answer)


def vault_settings(d: Draft) -> None:
    m = d.mint
    data = {
        "token_ttl": 1200,
        "token_max_ttl": 1800,
        "token_policies": ["deploy"],
        "secret_id_num_uses": 10,
        "secret_id_ttl": 600,
        "bind_secret_id": True,
        "token_bound_cidrs": ["10.0.0.0/8"],
        "local_secret_ids": False,
    }
    d.kept(
        '"secret_id_num_uses":10',
        '"bind_secret_id":true',
        '"token_policies":["deploy"]',
        '"token_bound_cidrs":["10.0.0.0/8"]',
        '"local_secret_ids":false',
    )
    api(
        d,
        "GET",
        "https://vault.example.com:8200/v1/auth/approle/role/deploy",
        {"request_id": d.keep(m.uuid()), "data": data, "wrap_info": None},
    )


def nomad_job(d: Draft) -> None:
    m = d.mint
    template = (
        f'{{{{ with secret "kv/data/web" }}}}DB_PASS={{{{ .Data.data.password }}}}{{{{ end }}}}\nQUEUE_TOKEN="{d.hide(m.urlsafe(27))}"\n'
    )
    task = {
        "Name": "web",
        "Driver": "docker",
        "Config": {"image": "acme/web:4.2.1", "auth": [{"username": "puller", "password": d.hide(team(m))}]},
        "Env": {"RAILS_MASTER_KEY": d.hide(m.hex(32)), "TOKENIZER_PATH": d.keep("/models/tokenizer.json")},
        "Templates": [{"EmbeddedTmpl": template, "ChangeMode": "restart"}],
        "Vault": {"Policies": ["web"], "Env": True},
    }
    d.kept('"Vault":{"Policies":["web"],"Env":true}', "{{ .Data.data.password }}")
    api(
        d,
        "GET",
        "http://nomad.example.com:4646/v1/job/web",
        {
            "ID": "web",
            "VaultToken": "",
            "ConsulToken": "",
            "NomadTokenID": "",
            "TaskGroups": [{"Name": "web", "Tasks": [task]}],
            "JobModifyIndex": 8812,
            "Version": 9,
        },
        x_nomad_index=d.keep(m.digits(7)),
    )


def consul_tokens(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "AccessorID": d.keep(m.uuid()),
            "SecretID": d.hide(m.uuid(), schema=True),
            "Description": f"agent {n}",
            "Policies": [{"ID": d.keep(m.uuid()), "Name": "node"}],
            "Local": False,
            "Hash": d.keep(m.base64(32)),
            "CreateIndex": 59 + n,
        }
        for n in range(2)
    ]
    api(d, "GET", "https://consul.example.com:8501/v1/acl/tokens", rows)


def grafana_contact_points(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "uid": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "name": "pager",
            "type": "pagerduty",
            "settings": {"integrationKey": d.hide(m.hex(32)), "severity": "critical"},
            "disableResolveMessage": False,
        },
        {
            "uid": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "name": "slack",
            "type": "slack",
            "settings": {"recipient": "#ops", "url": "[REDACTED]", "token": "[REDACTED]"},
            "provenance": "api",
        },
        {
            "uid": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "name": "tg",
            "type": "telegram",
            "settings": {
                "bottoken": d.hide(m.digits(10) + ":AA" + m.chars(33, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")),
                "chatid": "-100" + m.digits(10),
            },
        },
    ]
    d.kept('"token":"[REDACTED]"', '"severity":"critical"')
    api(d, "GET", "https://grafana.example.com/api/v1/provisioning/contact-points", rows)


def prometheus_settings(d: Draft) -> None:
    m = d.mint
    text = f"""global:
  scrape_interval: 15s
scrape_configs:
- job_name: node
  basic_auth:
    username: prom
    password: <secret>
- job_name: vault
  authorization:
    type: Bearer
    credentials_file: /etc/prometheus/vault-token
- job_name: legacy
  params:
    apikey: [{d.hide(m.chars(24))}]
remote_write:
- url: https://metrics.example.com/api/v1/push
  headers:
    X-Scope-Token: {d.hide(m.hex(40))}
"""
    d.kept("password: <secret>", "credentials_file: /etc/prometheus/vault-token")
    api(d, "GET", "http://prometheus:9090/api/v1/status/config", {"status": "success", "data": {"yaml": text}})


def portainer_stack(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "MYSQL_ROOT_PASSWORD", "value": d.hide(walk(m))},
        {"name": "WP_DEBUG", "value": "false"},
        {"name": "TRAEFIK_DNS_API_TOKEN", "value": d.hide(m.chars(40, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"))},
        {"name": "PASSWORD_FILE", "value": d.keep("/run/secrets/wp_admin")},
    ]
    answer = {
        "Id": 5,
        "Name": "blog",
        "EndpointId": 2,
        "EntryPoint": "docker-compose.yml",
        "Env": env,
        "AutoUpdate": {"Interval": "5m", "Webhook": "", "JobID": "15"},
        "GitConfig": {"ConfigHash": d.keep(m.sha1()), "Authentication": {"Username": "bot", "Password": "", "GitCredentialID": 1}},
    }
    d.kept('"GitCredentialID":1')
    api(d, "GET", "https://portainer.example.com/api/stacks/5", answer)


def harbor_robot(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "POST",
        "https://harbor.example.com/api/v2.0/robots",
        {
            "creation_time": "2026-11-24T10:15:00.000Z",
            "expires_at": 1798000000,
            "id": 11,
            "name": d.keep("robot$shop+puller"),
            "secret": d.hide(m.chars(32)),
        },
        x_request_id=d.keep(m.uuid()),
    )


def argo_repositories(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "repo": "https://git.example.com/acme/deploy.git",
            "username": "argo",
            "password": d.hide(m.gitlab("gldt")),
            "connectionState": {"status": "Successful", "attemptedAt": "2026-11-24T10:00:00Z"},
            "insecure": False,
            "type": "git",
        },
        {
            "repo": "oci://registry.example.com/charts",
            "enableOCI": True,
            "tlsClientCertData": d.keep(keys.certificate("fresh-argo")),
            "tlsClientCertKey": d.hide(keys.ec_pkcs8("fresh-argo")),
            "forceHttpBasicAuth": True,
        },
    ]
    d.kept('"forceHttpBasicAuth":true')
    api(d, "GET", "https://argocd.example.com/api/v1/repositories", {"metadata": {}, "items": rows})


def machines_of_proxmox(d: Draft) -> None:
    m = d.mint
    data = {
        "cores": 4,
        "ciuser": "debian",
        "cipassword": d.keep("**********"),
        "sshkeys": d.keep(m.ssh_public()).replace(" ", "%20").replace("/", "%2F").replace("+", "%2B"),
        "smbios1": d.keep(f"uuid={m.uuid()}"),
        "digest": d.keep(m.sha1()),
        "description": f"root pw at install: {d.hide(leet(m))}",
        "vmgenid": d.keep(m.uuid()),
    }
    api(d, "GET", "https://pve.example.com:8006/api2/json/nodes/pve1/qemu/104/config", {"data": data})


def ticket_of_proxmox(d: Draft) -> None:
    m = d.mint
    ticket = f"PVE:root@pam:{m.hex(8).upper()}::{m.base64(256)}"
    api(
        d,
        "POST",
        "https://pve.example.com:8006/api2/json/access/ticket",
        {
            "data": {
                "username": "root@pam",
                "ticket": d.hide(ticket),
                "CSRFPreventionToken": f"{m.hex(8).upper()}:{m.base64(32)}",
                "cap": {"vms": {"VM.Console": 1}},
                "clustername": "rack2",
            }
        },
    )
    d.kept('"cap":{"vms":{"VM.Console":1}}')


def ansible_tower_credentials(d: Draft) -> None:
    rows = [
        {
            "id": 8,
            "type": "credential",
            "name": d.keep("vSphere password"),
            "credential_type": 4,
            "inputs": {"host": "vc.example.com", "username": "svc-awx", "password": d.keep("$encrypted$")},
            "kind": "vmware",
        },
        {
            "id": 9,
            "type": "credential",
            "name": d.keep("deploy key (ssh)"),
            "inputs": {"ssh_key_data": "$encrypted$", "username": "deploy"},
            "kind": "ssh",
        },
    ]
    d.kept('"ssh_key_data":"$encrypted$"')
    api(d, "GET", "https://awx.example.com/api/v2/credentials/", {"count": 2, "next": None, "results": rows})


def unifi_networks(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "_id": d.keep(m.hex(24)),
            "name": "office",
            "security": "wpapsk",
            "wpa_mode": "wpa2",
            "x_passphrase": d.hide(dated(m)),
            "wpa3_support": True,
            "usergroup_id": d.keep(m.hex(24)),
        },
        {"_id": d.keep(m.hex(24)), "name": "guests", "security": "open", "hide_ssid": False},
    ]
    d.kept('"security":"wpapsk","wpa_mode":"wpa2"')
    api(d, "GET", "https://unifi.example.com/proxy/network/api/s/default/rest/wlanconf", {"meta": {"rc": "ok"}, "data": rows})


def terraform_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep("var-" + m.chars(16)),
            "type": "vars",
            "attributes": {"key": "db_password", "value": None, "sensitive": True, "category": "terraform", "hcl": False},
        },
        {
            "id": d.keep("var-" + m.chars(16)),
            "type": "vars",
            "attributes": {"key": "HCLOUD_TOKEN", "value": d.hide(m.chars(64)), "sensitive": False, "category": "env", "hcl": False},
        },
        {
            "id": d.keep("var-" + m.chars(16)),
            "type": "vars",
            "attributes": {
                "key": "users",
                "value": f'{{ app = "{d.hide(named(m))}" }}',
                "description": "initial passwords by user",
                "sensitive": False,
                "category": "terraform",
                "hcl": True,
            },
        },
    ]
    d.kept('"key":"db_password","value":null,"sensitive":true')
    api(d, "GET", f"https://app.terraform.io/api/v2/workspaces/ws-{m.chars(16)}/vars", {"data": rows})


def containers_of_docker(d: Draft) -> None:
    m = d.mint
    config = {
        "Env": [
            f"KEYCLOAK_ADMIN_PASSWORD={d.hide(leet(m))}",
            f"KC_DB_URL=jdbc:postgresql://db/kc?user=kc&password={d.hide(m.chars(19))}",
            "KC_HOSTNAME=id.example.com",
            "LANG=C.UTF-8",
            f"JAVA_SHA256={d.keep(m.sha256())}",
        ],
        "Cmd": ["start", "--spi-password-policy=length(12)"],
        "Healthcheck": {"Test": ["CMD-SHELL", f"curl -fu probe:{d.hide(m.strong(12))} localhost:9000/health"]},
        "Labels": {"org.opencontainers.image.revision": d.keep(m.sha1()), "com.docker.compose.config-hash": d.keep(m.sha256())},
    }
    answer = {
        "Id": d.keep(m.sha256()),
        "Image": d.keep(m.digest()),
        "Config": config,
        "Mounts": [{"Type": "bind", "Source": d.keep("/srv/secrets/kc.pem"), "Destination": "/run/secrets/kc.pem"}],
    }
    d.kept("--spi-password-policy=length(12)")
    api(d, "GET", "http://localhost/v1.47/containers/kc/json", answer, server="Docker/27.3.1 (linux)")
