"""Configuration files as a web server, a bucket or a repository's raw view gives them."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import page

_RAW = "https://git.example.com/api/v4/projects/7/repository/files/"


def shell_profile(d: Draft) -> None:
    m = d.mint
    text = f"""#!/usr/bin/env bash
set -euo pipefail
export VAULT_ADDR=https://vault.example.com:8200
export VAULT_TOKEN='{d.hide(m.vault())}'
export DIGITALOCEAN_ACCESS_TOKEN={d.hide(m.digitalocean())}
export TWILIO_ACCOUNT_SID={d.keep("AC" + m.hex(32))} TWILIO_AUTH_TOKEN={d.hide(m.twilio())}
export PASSWORD_STORE_DIR={d.keep("$HOME/.password-store")}
export SSH_KEY_PATH={d.keep("~/.ssh/id_ed25519")}
: "${{API_TOKEN:?set API_TOKEN first}}"
read -rsp 'Password: ' PASS
"""
    d.kept("set API_TOKEN first", "read -rsp 'Password: ' PASS")
    page(d, _RAW + "ops%2Fenv.sh/raw", text)


def ansible_vars(d: Draft) -> None:
    m = d.mint
    text = f"""---
# decrypted with ansible-vault view
mysql_root_password: "{d.hide(m.wild(18).replace('"', "x").replace("\\", "y"))}"
vault_ldap_bind_password: {d.hide(m.strong(16))}
wireguard_private_key: {d.hide(m.base64(32))}
wireguard_peers:
  - public_key: {d.keep(m.base64(32))}
    allowed_ips: {d.keep("fd00:" + m.hex(4) + ":" + m.hex(4) + "::2/128")}
mysql_password_update_only: on_create
ansible_become_password: "{d.keep("{{ lookup('env', 'BECOME_PASSWORD') }}")}"
age_identity: {d.hide(m.age())}
sudo_nopasswd: true
"""
    d.kept("mysql_password_update_only: on_create", "sudo_nopasswd: true")
    page(d, _RAW + "group_vars%2Fall%2Fvault.yml/raw", text, "text/yaml")


def haproxy_config(d: Draft) -> None:
    m = d.mint
    text = f"""global
    log stdout format raw local0
    stats socket /run/haproxy.sock mode 660 level admin
userlist ops
    user admin insecure-password {d.hide(m.passphrase())}
frontend stats
    stats enable
    stats auth monitor:{d.hide(m.password())}
    stats refresh 10s
backend api
    balance roundrobin
    cookie SRV insert indirect nocache
    http-request set-header X-Trace {d.keep("%[uuid()]")}
    server a 10.0.3.1:8080 check cookie {d.keep("a-" + m.hex(12))}
"""
    d.kept("stats refresh 10s", "cookie SRV insert indirect nocache")
    page(d, _RAW + "haproxy.cfg/raw", text)


def systemd_unit(d: Draft) -> None:
    m = d.mint
    text = f"""[Unit]
Description=Token refresher for the billing API
After=network-online.target

[Service]
Environment="API_SECRET={d.hide(m.chars(40))}" "LOG_LEVEL=info"
Environment=CONSUL_HTTP_TOKEN={d.hide(m.uuid())}
EnvironmentFile={d.keep("/etc/default/billing-secrets")}
LoadCredential={d.keep("db-password:/etc/credstore/db-password")}
ExecStart=/usr/local/bin/refresh --client-secret={d.hide(m.strong(30))} --token-url https://sso.example.com/token
InvocationID={d.keep(m.hex(32))}

[Install]
WantedBy=multi-user.target
"""
    d.kept("Description=Token refresher for the billing API", "--token-url https://sso.example.com/token")
    page(d, _RAW + "units%2Fbilling.service/raw", text)


def dotnet_appsettings(d: Draft) -> None:
    m = d.mint
    answer = {
        "ConnectionStrings": {
            "Default": f"Host=pg;Database=shop;Username=shop;Password={d.hide(m.chars(20))};Pooling=true",
            "Redis": f"redis:6380,password={d.hide(m.base64(32))},ssl=True,abortConnect=False",
        },
        "Jwt": {"Issuer": d.keep("https://sso.example.com"), "Key": d.hide(m.chars(48)), "ExpiryMinutes": 30},
        "AzureAd": {"ClientId": d.keep(m.uuid()), "TenantId": d.keep(m.uuid()), "ClientSecret": d.hide(m.azure_secret())},
        "Identity": {"Password": {"RequireDigit": True, "RequiredLength": 12}},
        "Serilog": {"MinimumLevel": "Information"},
    }
    page(d, _RAW + "appsettings.Production.json/raw", "")
    d.json(answer, indent=2)
    d.kept('"RequireDigit": true', '"RequiredLength": 12', '"ExpiryMinutes": 30')


def helm_values(d: Draft) -> None:
    m = d.mint
    text = f"""image:
  repository: registry.example.com/keycloak
  digest: {d.keep(m.digest())}
auth:
  adminUser: admin
  adminPassword: &pw {d.hide(m.strong(15))}
  existingSecret: {d.keep("keycloak-admin")}
  passwordSecretKey: {d.keep("admin-password")}
postgresql:
  auth:
    postgresPassword: *pw
    password: "{{{{ .Values.global.dbPassword }}}}"
imageCredentials:
  registry: registry.example.com
  dockerconfigjson: {b64('{"auths":{"registry.example.com":{"username":"ci","password":"' + d.hide(m.gitlab("gldt")) + '"}}}')}
tls:
  secretName: {d.keep("keycloak-tls")}
"""
    d.kept("{{ .Values.global.dbPassword }}", "postgresPassword: *pw")
    page(d, _RAW + "values.prod.yaml/raw", text, "application/yaml")


def powershell_script(d: Draft) -> None:
    m = d.mint
    text = f"""# Connect and deploy\r
$password = ConvertTo-SecureString '{d.hide(m.password())}' -AsPlainText -Force\r
$cred = New-Object System.Management.Automation.PSCredential('CONTOSO\\svc-deploy', $password)\r
$env:ARM_CLIENT_SECRET = "{d.hide(m.azure_secret())}"\r
$token = (Get-AzAccessToken -ResourceUrl {d.keep("https://management.azure.com/")}).Token\r
Get-Credential -Message 'Enter the password for the service account'\r
Set-AzKeyVaultSecret -VaultName {d.keep("kv-shop-prod")} -Name {d.keep("sql-admin-password")} -SecretValue $password\r
$thumb = '{d.keep(m.hex(40).upper())}'\r
"""
    d.kept("Enter the password for the service account", "-SecretValue $password")
    page(d, _RAW + "deploy.ps1/raw", text)


def dockerfile_and_pip(d: Draft) -> None:
    m = d.mint
    text = f"""FROM python:3.12-slim@{d.keep(m.digest())}
ARG TOKEN_FILE
ENV GPG_KEY={d.keep(m.hex(40).upper())} PYTHONUNBUFFERED=1
ENV SLACK_BOT_TOKEN={d.hide(m.slack_bot())}
RUN pip config set global.index-url https://reader:{d.hide(m.chars(28))}@pypi.example.com/simple
RUN echo "[pypi]\\nusername = __token__\\npassword = {d.hide(m.pypi())}" > /root/.pypirc
RUN curl -fsSLo /t.tgz https://dl.example.com/t.tgz && echo "{d.keep(m.sha256())} /t.tgz" | sha256sum -c -
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci
LABEL org.opencontainers.image.revision={d.keep(m.sha1())}
"""
    d.kept("--mount=type=secret,id=npm_token,env=NPM_TOKEN")
    page(d, _RAW + "Dockerfile/raw", text)
