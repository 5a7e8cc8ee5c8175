"""Files of settings, as a file server, a forge's raw view or an API answers them."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.fresh import dated, dotted, initials, leet, named, plain, shouted, team, walk
from tests.corpus.redaction.services import api, page


def dotenv_of_a_shop(d: Draft) -> None:
    m = d.mint
    text = f"""# --- database
export DB_HOST=db.internal
export DB_PASS='{d.hide(m.spaced())}'   # changed 2026-10
ADMIN_PASSWORD={d.hide(leet(m))}
#OLD_ADMIN_PASSWORD={d.hide(named(m))}
# --- keys
ANTHROPIC_API_KEY={d.hide(m.anthropic())}
NEXT_PUBLIC_STRIPE_KEY={d.keep(m.publishable())}
S3_BUCKET=acme-secrets-backup
JWT_SECRET=change-me
COOKIE_SECRET={d.hide(m.hex(64))}
PASSWORD_RESET_URL={d.keep("https://shop.example.com/password/reset")}
SMTP_TOKEN_FILE=/run/secrets/smtp
"""
    d.kept("SMTP_TOKEN_FILE=/run/secrets/smtp", "S3_BUCKET=acme-secrets-backup")
    page(d, "https://git.example.com/acme/shop/raw/branch/main/.env.production", text)


def compose(d: Draft) -> None:
    m = d.mint
    text = f"""services:
  db:
    image: postgres:17@{d.keep(m.digest())}
    environment:
      POSTGRES_PASSWORD: {d.hide(dotted(m))}
      POSTGRES_HOST_AUTH_METHOD: scram-sha-256
  app:
    image: acme/app:1.9
    environment:
      - DB_PASSWORD=${{DB_PASSWORD:?must be set}}
      - SECRET_KEY_BASE={d.hide(m.hex(128))}
      - OIDC_CLIENT_SECRET={d.hide(m.chars(40))}
      - TOKEN_LIFETIME=3600
    command: ["--redis", "redis://:{d.hide(walk(m))}@redis:6379/0"]
    secrets: [app_tls_key]
  redis:
    command: redis-server --requirepass {d.hide(initials(m).replace("%", "x"))} --appendonly yes
secrets:
  app_tls_key:
    file: ./secrets/tls.key
"""
    d.kept(
        "DB_PASSWORD=${DB_PASSWORD:?must be set}",
        "TOKEN_LIFETIME=3600",
        "secrets: [app_tls_key]",
        "POSTGRES_HOST_AUTH_METHOD: scram-sha-256",
        "file: ./secrets/tls.key",
    )
    page(d, "https://git.example.com/acme/shop/raw/branch/main/compose.yml", text, "text/yaml")


def values_of_a_chart(d: Draft) -> None:
    m = d.mint
    text = f"""global:
  imagePullSecrets: []
auth:
  rootPassword: "{d.hide(m.wild(18).replace(chr(34), "q").replace(chr(92), "w"))}"
  existingSecret: ""
  secretKeys:
    adminPasswordKey: admin-password
smtp:
  username: apikey
  password: >-
    {d.hide(m.sendgrid())}
ingress:
  tls:
    - secretName: web-tls
serviceAccount:
  automountToken: true
oauth2-proxy:
  config:
    clientID: {d.keep(m.uuid())}
    clientSecret: &oauth {d.hide(m.urlsafe(30))}
    cookieSecret: {d.hide(m.base64(32))}
"""
    d.kept("adminPasswordKey: admin-password", "secretName: web-tls", 'existingSecret: ""', "automountToken: true")
    page(d, "https://git.example.com/acme/charts/raw/branch/main/values.prod.yaml", text, "text/plain")


def ini_of_a_server(d: Draft) -> None:
    m = d.mint
    text = (
        f"""; grafana.ini
[security]
admin_user = admin
admin_password = {d.hide(dated(m))}
secret_key = {d.hide(m.chars(20))}
disable_initial_admin_creation = false
login_remember_days = 7
cookie_samesite = lax
[auth.generic_oauth]
client_id = grafana
client_secret = """
        + f"""{d.hide(m.urlsafe(32))}
token_url = {d.keep("https://id.example.com/oauth2/token")}
use_refresh_token = true
[smtp]
;password = your-password-here
password = \"\"\"{d.hide("#" + m.strong(14))}\"\"\"
[auth.jwt]
header_name = X-JWT-Assertion
jwk_set_url = https://id.example.com/jwks
"""
    )
    d.kept(";password = your-password-here", "use_refresh_token = true", "header_name = X-JWT-Assertion")
    page(d, "https://files.example.com/etc/grafana/grafana.ini", text)


def toml_of_a_runner(d: Draft) -> None:
    m = d.mint
    text = f"""concurrent = 4
[[runners]]
  name = "big"
  id = 881
  token = "{d.hide(m.gitlab("glrt"))}"
  token_obtained_at = 2026-03-01T09:12:00Z
  token_expires_at = 0001-01-01T00:00:00Z
  executor = "docker"
  environment = ["DOCKER_AUTH_CONFIG={{}}", "SCCACHE_KEY={d.keep("sccache-linux-v3")}"]
  [runners.cache]
    Type = "s3"
    [runners.cache.s3]
      AccessKey = "{m.aws_id()}"
      SecretKey = "{d.hide(m.aws_secret())}"
"""
    d.kept("token_obtained_at = 2026-03-01T09:12:00Z", "token_expires_at = 0001-01-01T00:00:00Z")
    page(d, "https://files.example.com/etc/gitlab-runner/config.toml", text, "application/toml")


def xml_of_maven(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
  <servers>
    <server><id>nexus</id><username>ci</username><password>{d.hide(plain(m))}</password></server>
    <server><id>central</id><username>{m.chars(8)}</username><password>{{COQLCE6DU6GtcS5P=}}</password></server>
    <server><id>github</id><username>bot</username><password>${{env.GITHUB_TOKEN}}</password></server>
    <server><id>sftp</id><privateKey>${{user.home}}/.ssh/id_dsa</privateKey><passphrase>{d.hide(team(m))}</passphrase></server>
  </servers>
  <profiles><profile><properties><password.encoder>bcrypt</password.encoder></properties></profile></profiles>
</settings>
"""
    d.kept(
        "<password>${env.GITHUB_TOKEN}</password>",
        "<privateKey>${user.home}/.ssh/id_dsa</privateKey>",
        "<password.encoder>bcrypt</password.encoder>",
    )
    page(d, "https://git.example.com/acme/build/raw/branch/main/settings.xml", text, "application/xml")


def config_of_dotnet(d: Draft) -> None:
    m = d.mint
    text = f"""<configuration>
  <connectionStrings>
    <add name="Main" connectionString="Data Source=sql01;Initial Catalog=Crm;User Id=crm;Password={d.hide(m.chars(9) + "&" + m.chars(8)).replace("&", "&amp;")};MultipleActiveResultSets=True" />
  </connectionStrings>
  <appSettings>
    <add key="PasswordExpiryDays" value="90" />
    <add key="TwilioAuthToken" value="{d.hide(m.twilio())}" />
    <add key="TwilioAccountSid" value="{d.keep("AC" + m.hex(32))}" />
  </appSettings>
  <system.web>
    <machineKey validationKey="{d.hide(m.hex(128).upper())}" decryptionKey="{d.hide(m.hex(64).upper())}" validation="HMACSHA256" decryption="AES" />
  </system.web>
  <runtime><dependentAssembly><assemblyIdentity name="Newtonsoft.Json" publicKeyToken="{d.keep("30ad4fe6b2a6aeed")}" /></dependentAssembly></runtime>
</configuration>
"""
    d.kept('<add key="PasswordExpiryDays" value="90" />', 'validation="HMACSHA256" decryption="AES"')
    page(d, "https://git.example.com/acme/crm/raw/branch/main/Web.config", text, "text/xml")


def properties_of_a_server(d: Draft) -> None:
    m = d.mint
    text = f"""# server.properties
listeners=SASL_SSL://0.0.0.0:9093
ssl.keystore.location=/etc/kafka/kafka.jks
ssl.keystore.password={d.hide(leet(m))}
ssl.key.password: {d.hide(m.chars(16))}
ssl.truststore.password = changeit
password.encoder.iterations=4096
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    username="broker" \\
    password="{d.hide(m.joined())}";
token.bucket.size=200
"""
    d.kept("password.encoder.iterations=4096", "token.bucket.size=200", "ssl.keystore.location=/etc/kafka/kafka.jks")
    page(d, "https://files.example.com/etc/kafka/server.properties", text)


def variables_of_terraform(d: Draft) -> None:
    m = d.mint
    text = f"""region       = "eu-central-1"
db_password  = "{d.hide(shouted(m))}"
secret_arns  = ["{d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:api-{m.chars(6)}")}"]
cloudflare_api_token = "{d.hide(m.chars(40, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"))}"
password_policy = {{
  minimum_length = 14
  require_symbols = true
}}
users = {{
  kim = {{ groups = ["ops"], initial_password = "{d.hide(m.initial())}" }}
}}
key_name = "ops-laptop-key"
vault_token = var.vault_token
"""
    d.kept("minimum_length = 14", 'key_name = "ops-laptop-key"', "vault_token = var.vault_token")
    page(d, "https://git.example.com/acme/infra/raw/branch/main/prod.auto.tfvars", text)


def shell_of_a_deploy(d: Draft) -> None:
    m = d.mint
    text = f"""#!/usr/bin/env bash
set -euo pipefail
TOKEN="$(aws secretsmanager get-secret-value --secret-id deploy/token --query SecretString --output text)"
: "${{DB_PASSWORD:?}}"
export PGPASSWORD={d.hide(named(m).replace("#", "."))}
SSHPASS='{d.hide(m.strong(13))}' sshpass -e rsync -az dist/ www@web1:/srv/www
curl -fsS -H "Authorization: Bearer $TOKEN" https://deploy.example.com/v1/releases
curl -fsS -H 'X-Auth-Key: {d.hide(m.hex(37))}' -H 'X-Auth-Email: ops@example.com' https://api.cloudflare.com/client/v4/zones/{d.keep(m.hex(32))}/purge_cache
read -rs -p "Password: " password
kubectl create secret generic web --from-literal=token="$TOKEN"
"""
    d.kept(
        'read -rs -p "Password: " password',
        '--from-literal=token="$TOKEN"',
        "--secret-id deploy/token --query SecretString",
        ': "${DB_PASSWORD:?}"',
    )
    page(d, "https://git.example.com/acme/shop/raw/branch/main/deploy.sh", text, "text/x-shellscript")


def settings_of_clients(d: Draft) -> None:
    m = d.mint
    text = f"""# ~/.netrc
machine api.heroku.com
  login ops@example.com
  password {d.hide("HRKU" + "-" + m.uuid())}
machine git.example.com login bot password {d.hide(m.chars(20))}

# ~/.npmrc
registry=https://npm.example.com/
//npm.example.com/:_authToken={d.hide(m.uuid())}
//registry.npmjs.org/:_authToken=${{NPM_TOKEN}}
always-auth=true

# ~/.pypirc
[pypi]
username = __token__
password = {d.hide(m.pypi())}

# ~/.pgpass
db.internal:5432:*:report:{d.hide(initials(m))}
"""
    d.kept("//registry.npmjs.org/:_authToken=${NPM_TOKEN}", "username = __token__", "always-auth=true")
    page(d, "https://paste.example.com/raw/dotfiles", text)


def tunnel(d: Draft) -> None:
    m = d.mint
    text = f"""[Interface]
PrivateKey = {d.hide(m.base64(32))}
Address = 10.9.0.4/32
DNS = 10.9.0.1

[Peer]
PublicKey = {d.keep(m.base64(32))}
PresharedKey = {d.hide(m.base64(32))}
Endpoint = vpn.example.com:51820
AllowedIPs = 10.0.0.0/8
"""
    d.kept("AllowedIPs = 10.0.0.0/8", "Endpoint = vpn.example.com:51820")
    page(d, "https://vpn.example.com/api/client/7/configuration", text)


def settings_of_php(d: Draft) -> None:
    m = d.mint
    salts = "\n".join(
        f"define( '{name}', '{d.hide(m.chars(64, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#%^*()-_[]|~+=,./:;?'))}' );"
        for name in ("AUTH_KEY", "LOGGED_IN_SALT")
    )
    text = f"""<?php
define( 'DB_NAME', 'blog' );
define( 'DB_USER', 'blog' );
define( 'DB_PASSWORD', '{d.hide(dated(m))}' );
{salts}
$table_prefix = 'wp_';
define( 'COOKIEHASH', md5( 'password' ) );
"""
    d.kept("define( 'COOKIEHASH', md5( 'password' ) );", "$table_prefix = 'wp_';")
    page(d, "https://files.example.com/backup/wp-config.php.bak", text)


def json_of_a_service(d: Draft) -> None:
    m = d.mint
    answer = {
        "Logging": {"LogLevel": {"Default": "Information"}},
        "ConnectionStrings": {
            "Default": f"Host=pg;Username=crm;Password={d.hide(m.chars(17))};SSL Mode=Require",
            "Redis": f"redis:6380,password={d.hide(m.base64(33))},ssl=True,abortConnect=False",
        },
        "Jwt": {"SigningKey": d.hide(m.chars(44)), "Audience": "crm", "TokenLifetimeMinutes": 20},
        "Certificate": {"Path": "/certs/web.pfx", "Password": d.hide(leet(m))},
        "PasswordOptions": {"RequiredLength": 12, "RequireDigit": True},
    }
    d.kept(
        '"PasswordOptions":{"RequiredLength":12,"RequireDigit":true}',
        "ssl=True,abortConnect=False",
        '"TokenLifetimeMinutes":20',
        '"Path":"/certs/web.pfx"',
    )
    api(d, "GET", "https://git.example.com/acme/crm/raw/branch/main/appsettings.Production.json", answer)


def sealed_settings(d: Draft) -> None:
    """Encrypted by sops and by ansible-vault: nothing here is readable, everything is needed to decrypt it later."""
    m = d.mint
    lines = "\n".join("          " + d.keep(m.hex(80)) for _ in range(3))
    text = f"""db:
    password: ENC[AES256_GCM,data:{d.keep(m.base64(15))},iv:{d.keep(m.base64(32))},tag:{d.keep(m.base64(16))},type:str]
    user: ENC[AES256_GCM,data:{m.base64(6)},iv:{m.base64(32)},tag:{m.base64(16)},type:str]
sops:
    age:
        - recipient: {d.keep("age1" + m.chars(58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l"))}
    lastmodified: "2026-11-01T08:00:00Z"
    mac: ENC[AES256_GCM,data:{d.keep(m.base64(86))},iv:{m.base64(32)},tag:{m.base64(16)},type:str]
smtp_password: !vault |
          $ANSIBLE_VAULT;1.1;AES256
{lines}
"""
    d.kept("$ANSIBLE_VAULT;1.1;AES256")
    page(d, "https://git.example.com/acme/infra/raw/branch/main/group_vars/all.sops.yaml", text, "text/yaml")


def proxy_of_the_web(d: Draft) -> None:
    m = d.mint
    text = f"""server {{
    listen 443 ssl;
    ssl_certificate /etc/ssl/web.pem;
    ssl_certificate_key /etc/ssl/private/web.key;
    ssl_password_file /etc/ssl/pass;
    auth_basic "secret area";
    location /api/ {{
        proxy_set_header Authorization "Basic YXBpOnt7IHBhc3MgfX0=";
        proxy_set_header X-Api-Key "{d.hide(m.chars(36))}";
        secure_link_secret {d.hide(walk(m))};
        add_header Content-Security-Policy "script-src 'nonce-$request_id'";
    }}
    if ($http_authorization = "") {{ return 401; }}
}}
"""
    d.kept(
        'auth_basic "secret area";',
        "ssl_certificate_key /etc/ssl/private/web.key;",
        "ssl_password_file /etc/ssl/pass;",
        "script-src 'nonce-$request_id'",
    )
    page(d, "https://files.example.com/etc/nginx/conf.d/web.conf", text)


def authorised_keys(d: Draft) -> None:
    m = d.mint
    text = f"{d.keep(m.ssh_public())} kim@laptop\n{d.keep(m.ssh_rsa_public())} deploy\n# {d.keep(m.fingerprint())}\n{d.keep(keys.public('fresh-file'))}"
    page(d, "https://files.example.com/home/deploy/.ssh/authorized_keys", text)
