"""Provisioning and virtual machines: Chef, Puppet, Salt, Packer, Helm, LXD, Podman, OpenTofu, Nix, unattended installs."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken

_RAW = "https://git.acme.internal/raw/"


def chef_node(d: Draft) -> None:
    m = d.mint
    answer = {
        "name": "db-4",
        "chef_environment": "prod",
        "normal": {
            "postgresql": {"password": {"postgres": d.hide(spoken(m))}},
            "users": {"manage": {"ssh_keys": [d.keep(m.ssh_public())], "password_hash": "!"}},
        },
        "automatic": {"keys": {"ssh": {"host_ed25519_public": d.keep(m.base64(51))}}, "ohai_time": 1795596400.11},
        "run_list": ["recipe[secrets::tokens]"],
    }
    d.kept('"run_list":["recipe[secrets::tokens]"]')
    api(d, "GET", "https://chef.acme.internal/organizations/acme/nodes/db-4", answer, x_ops_server_api_version="1")


def chef_client_created(d: Draft) -> None:
    answer = {
        "uri": "https://chef.acme.internal/organizations/acme/clients/db-5",
        "chef_key": {
            "name": "default",
            "expiration_date": "infinity",
            "public_key": d.keep(keys.public("unseen-chef")),
            "private_key": d.hide(keys.rsa_pkcs1("unseen-chef")),
        },
        "validator": False,
    }
    d.kept('"expiration_date":"infinity"')
    api(d, "POST", "https://chef.acme.internal/organizations/acme/clients", answer)


def puppet_hiera(d: Draft) -> None:
    m = d.mint
    text = f"""---
profile::ntp::servers: [ntp1, ntp2]
mysql::server::root_password: '{d.hide(marked(m))}'
profile::backup::passphrase: "{d.hide(dotted(m))}"
profile::app::password: ENC[PKCS7,{d.keep("MII" + m.base64(90))}]
profile::sudo::nopasswd_groups: [ops]
profile::token::lifetime: 3600
lookup_options:
  '^profile::.*::password$': {{convert_to: Sensitive}}
"""
    d.kept("'^profile::.*::password$': {convert_to: Sensitive}", "profile::sudo::nopasswd_groups: [ops]", "profile::token::lifetime: 3600")
    page(d, _RAW + "common.yaml", text, "text/yaml")


def puppet_catalog(d: Draft) -> None:
    m = d.mint
    resources = [
        {"type": "User", "title": "deploy", "parameters": {"password_max_age": 90, "password": "*", "purge_ssh_keys": True}},
        {
            "type": "File",
            "title": "/etc/app.ini",
            "parameters": {
                "mode": "0600",
                "checksum_value": d.keep(m.sha256()),
                "content": f"[mq]\nlogin=app\npasscode={d.hide(grouped(m))}\n",
            },
        },
    ]
    d.kept('"password_max_age":90,"password":"*"')
    api(
        d,
        "POST",
        "https://puppet.acme.internal:8140/puppet/v3/catalog/db-4",
        {
            "name": "db-4",
            "version": d.keep(m.sha1()),
            "code_id": d.keep("urn:puppet:code-id:1:" + m.sha1() + ";production"),
            "resources": resources,
        },
    )


def salt_pillar(d: Draft) -> None:
    m = d.mint
    answer = {
        "return": [
            {
                "web-1": {
                    "app": {"secret_key": d.hide(m.chars(50)), "token_header": "X-Token"},
                    "postgres": {"users": {"app": {"password": d.hide(m.strong(14)), "createdb": False}}},
                    "ssh_known_hosts": {"git.acme.internal": {"fingerprint": d.keep(m.fingerprint())}},
                }
            }
        ]
    }
    d.kept('"token_header":"X-Token"')
    api(d, "POST", "https://salt.acme.internal:8000/", answer)


def salt_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "return": [
            {
                "token": d.hide(m.hex(40)),
                "expire": 1795639600.1,
                "start": 1795596400.1,
                "user": "ops",
                "eauth": "pam",
                "perms": [".*", "@wheel"],
            }
        ]
    }
    d.kept('"eauth":"pam","perms":[".*","@wheel"]')
    api(d, "POST", "https://salt.acme.internal:8000/login", answer)


def opentofu_state(d: Draft) -> None:
    m = d.mint

    def entry(kind: str, attributes: dict[str, object]) -> dict[str, object]:
        return {
            "mode": "managed",
            "type": kind,
            "name": "x",
            "instances": [{"attributes": attributes, "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]]}],
        }

    resources = [
        entry(
            "postgresql_role", {"name": "report", "password": d.hide(m.chars(32)), "valid_until": "infinity", "encrypted_password": True}
        ),
        entry("scaleway_iam_api_key", {"access_key": "SCW" + m.chars(17).upper(), "secret_key": d.hide(m.uuid()), "editable": True}),
        entry(
            "azurerm_storage_account",
            {
                "primary_access_key": d.hide(m.azure_key(64)),
                "id": d.keep("/subscriptions/" + m.uuid() + "/resourceGroups/x/providers/Microsoft.Storage/storageAccounts/x"),
                "min_tls_version": "TLS1_2",
            },
        ),
        entry("random_id", {"b64_std": d.keep(m.base64(8)), "hex": d.keep(m.hex(16)), "byte_length": 8}),
        entry(
            "tls_self_signed_cert",
            {
                "cert_pem": d.keep(keys.certificate("unseen-tofu")),
                "private_key_pem": d.hide(keys.ec_sec1("unseen-tofu")),
                "ready_for_renewal": False,
            },
        ),
    ]
    d.kept('"valid_until": "infinity"', '"encrypted_password": true')
    page(
        d,
        "https://tofu.acme.internal/state/prod",
        json.dumps({"version": 4, "lineage": d.keep(m.uuid()), "serial": 7, "resources": resources}),
        "application/json",
    )


def plan_as_text(d: Draft) -> None:
    m = d.mint
    text = f"""OpenTofu will perform the following actions:

  # keycloak_user.ops will be created
  + resource "keycloak_user" "ops" {{
      + email            = "ops@example.org"
      + initial_password {{
          + temporary = true
          + value     = (sensitive value)
        }}
    }}
  # docker_container.app must be replaced
-/+ resource "docker_container" "app" {{
      ~ env    = [
          - "APP_TOKEN={d.hide(m.hex(40))}",
          + "APP_TOKEN={d.hide(m.hex(40))}",
        ]
      ~ id     = "{d.keep(m.sha256())}" -> (known after apply)
      ~ image  = "{d.keep(m.digest())}"
    }}
  # rabbitmq_user.x will be updated in-place
      ~ password = "{d.hide(corporate(m))}" -> (sensitive value)
Plan: 2 to add, 1 to change, 1 to destroy.
"""
    d.kept("+ value     = (sensitive value)", "Plan: 2 to add, 1 to change, 1 to destroy.")
    page(d, "https://ci.acme.internal/artifacts/plan.txt", text)


def packer_and_vagrant(d: Draft) -> None:
    m = d.mint
    text = f"""source "vsphere-iso" "win" {{
  vcenter_server = "vc.acme.internal"
  username       = "packer@vsphere.local"
  password       = "{d.hide(marked(m))}"
  winrm_password = var.winrm_password
  iso_checksum   = "{d.keep("sha256:" + m.sha256())}"
  boot_command   = ["<wait>root<enter>{d.hide(spoken(m))}<enter>"]
  ssh_private_key_file = "~/.vagrant.d/insecure_private_key"
}}
"""
    # The boot command types the password at the login prompt.
    d.kept("winrm_password = var.winrm_password", 'ssh_private_key_file = "~/.vagrant.d/insecure_private_key"')
    page(d, _RAW + "win.pkr.hcl", text)


def unattended_windows(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <component name="Microsoft-Windows-Shell-Setup" publicKeyToken="{d.keep(m.hex(16))}">
    <UserAccounts><AdministratorPassword><Value>{d.hide(corporate(m))}</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>
    <AutoLogon><Username>setup</Username><Password><Value>{d.hide(dotted(m))}</Value><PlainText>true</PlainText></Password><LogonCount>1</LogonCount></AutoLogon>
    <OOBE><HideWirelessSetupInOOBE>true</HideWirelessSetupInOOBE></OOBE>
  </component>
  <component name="Microsoft-Windows-UnattendedJoin"><Identification><MachineObjectOU>{d.keep("OU=Tokens,DC=acme,DC=internal")}</MachineObjectOU></Identification></component>
</unattend>
"""
    d.kept("<LogonCount>1</LogonCount>", "<PlainText>true</PlainText>")
    page(d, "https://wds.acme.internal/unattend.xml", text, "text/xml")


def kickstart_and_preseed(d: Draft) -> None:
    m = d.mint
    text = f"""rootpw --plaintext {d.hide(spoken(m))}
user --name=ops --iscrypted --password=$6${m.chars(16)}${m.chars(86)}
bootloader --location=mbr --iscrypted --password=grub.pbkdf2.sha512.10000.{m.hex(64).upper()}
part pv.1 --encrypted --luks-version=luks2 --passphrase={d.hide(grouped(m))}
url --url=https://mirror.acme.internal/el9 --sslcacert=/etc/pki/ca.pem
d-i passwd/user-password-crypted password !
d-i passwd/root-login boolean false
%post
subscription-manager register --org={d.keep(m.digits(8))} --activationkey={d.keep("el9-token-hosts")}
%end
"""
    d.kept("d-i passwd/root-login boolean false", "d-i passwd/user-password-crypted password !")
    page(d, "https://foreman.acme.internal/unattended/provision", text)


def helm_values_of_release(d: Draft) -> None:
    m = d.mint
    text = f"""USER-SUPPLIED VALUES:
externalDatabase:
  password: {d.hide(dotted(m))}
  existingSecret: null
global:
  redis:
    auth: {{enabled: true, secret: {d.keep("gitlab-redis-secret")}, key: secret}}
  railsSecrets: {{secret: {d.keep("gitlab-rails-secret")}}}
minio:
  rootPassword: {d.hide(m.chars(24))}
gitlab-runner:
  runnerRegistrationToken: ""
"""
    d.kept('runnerRegistrationToken: ""', "existingSecret: null")
    page(d, "https://rancher.acme.internal/k8s/helm/values", text)


def lxd_and_podman(d: Draft) -> None:
    m = d.mint
    config = {
        "user.user-data": f"#cloud-config\npassword: {d.hide(grouped(m))}\nchpasswd: {{expire: False}}\n",
        "volatile.base_image": d.keep(m.sha256()),
        "volatile.uuid": d.keep(m.uuid()),
        "security.nesting": "true",
        "environment.API_SECRET": d.hide(m.hex(40)),
    }
    d.kept('"security.nesting":"true"', "chpasswd: {expire: False}")
    api(
        d,
        "GET",
        "https://lxd.acme.internal:8443/1.0/instances/c1",
        {"type": "sync", "metadata": {"config": config, "name": "c1", "status": "Running"}},
    )


def lxd_join(d: Draft) -> None:
    m = d.mint
    blob = b64(json.dumps({"server_name": "n4", "fingerprint": m.sha256(), "addresses": ["10.0.0.4:8443"], "secret": d.hide(m.hex(64))}))
    answer = {
        "metadata": {"id": d.keep(m.uuid()), "class": "token", "metadata": {"join": blob, "expiresAt": "2026-11-24T13:15:00Z"}},
        "status_code": 103,
    }
    d.kept('"class":"token"')
    api(d, "POST", "https://lxd.acme.internal:8443/1.0/cluster/members", answer)


def packed_user_data(d: Draft) -> None:
    m = d.mint
    script = f"#!/bin/bash\nexport RANCHER_TOKEN={d.hide(m.chars(54).lower())}\nnmcli dev wifi connect lab password {d.hide(spoken(m))}\nsystemctl enable --now token-agent\n"
    answer = {"id": d.keep(m.uuid()), "user_data": b64(packed(script)), "key_name": "token-lab", "hostId": d.keep(m.hex(56))}
    d.kept('"key_name":"token-lab"')
    api(d, "GET", "https://nova2.acme.internal/v2.1/servers/detail", {"servers": [answer]})
