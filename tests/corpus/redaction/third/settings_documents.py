"""Settings files as they come out of buckets, ConfigMaps and repositories."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, meta, page

_FILES = "https://artifacts.example.net/raw/"


def dotenv_of_laravel(d: Draft) -> None:
    m = d.mint
    text = f"""APP_NAME="Token Shop"
APP_KEY=base64:{d.hide(m.base64(32))}
APP_URL=https://shop.example.net
DB_CONNECTION=mysql
DB_PASSWORD="{d.hide(m.spaced())}"
REDIS_PASSWORD=null
SESSION_LIFETIME=120
PUSHER_APP_KEY={d.keep(m.hex(20))}
PUSHER_APP_SECRET={d.hide(m.hex(20))}
MIX_PUSHER_APP_KEY="${{PUSHER_APP_KEY}}"
MAIL_PASSWORD='{d.hide(m.chars(4) + "#" + m.chars(11))}' # app password of the mailbox
BCRYPT_ROUNDS=12
PASSWORD_TIMEOUT=10800
"""
    d.kept("REDIS_PASSWORD=null", 'MIX_PUSHER_APP_KEY="${PUSHER_APP_KEY}"', "PASSWORD_TIMEOUT=10800", 'APP_NAME="Token Shop"')
    page(d, _FILES + ".env.production", text)


def configmap_spring(d: Draft) -> None:
    m = d.mint
    properties = f"""server:
  ssl:
    key-store-password: {d.hide(m.joined())}
    key-alias: {d.keep("tomcat-" + m.hex(6))}
spring:
  datasource:
    url: jdbc:oracle:thin:@//ora:1521/SHOP
    username: shop
    password: {d.hide(m.strong(18))}
  security:
    oauth2:
      client:
        registration:
          github: {{client-id: {d.keep(m.hex(20))}, client-secret: {d.hide(m.hex(40))}}}
        provider:
          corp: {{token-uri: "https://sso.example.net/token"}}
management.endpoint.env.show-values: never
jasypt.encryptor.password: ${{JASYPT_PASSWORD}}
"""
    d.kept("jasypt.encryptor.password: ${JASYPT_PASSWORD}", "management.endpoint.env.show-values: never", "https://sso.example.net/token")
    answer = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": meta(d, "secret-free-settings", "shop"),
        "data": {"application.yml": properties},
    }
    kube(d, "/api/v1/namespaces/shop/configmaps/secret-free-settings", answer)


def wordpress_config(d: Draft) -> None:
    m = d.mint
    salt = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#%^&*()-_=+[]{}|;:,.?"
    text = f"""<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_PASSWORD', '{d.hide(m.initial())}' );
define( 'DB_CHARSET', 'utf8mb4' );
define('AUTH_KEY',         '{d.hide(m.chars(64, salt))}');
define('NONCE_SALT',       '{d.hide(m.chars(64, salt))}');
$table_prefix = 'wp_';
define( 'WP_DEBUG', false );
define( 'FTP_PASS', getenv('FTP_PASS') );
define( 'WP_CONTENT_URL', '{d.keep("https://cdn.example.net/" + m.hex(12))}' );
/* Put your unique phrase here, see https://api.wordpress.org/secret-key/1.1/salt/ */
if ( ! wp_check_password( $password, $user->user_pass ) ) {{ return new WP_Error( 'incorrect_password' ); }}
"""
    d.kept("https://api.wordpress.org/secret-key/1.1/salt/", "getenv('FTP_PASS')", "new WP_Error( 'incorrect_password' )")
    page(d, _FILES + "wp-config.php", text)


def web_config_xml(d: Draft) -> None:
    m = d.mint
    text = f"""\ufeff<?xml version="1.0" encoding="utf-8"?>\r
<configuration>\r
  <connectionStrings>\r
    <add name="Main" connectionString="Data Source=sql1,1433;Initial Catalog=Shop;User ID=shop;Password={d.hide(m.chars(16))};Encrypt=True" providerName="System.Data.SqlClient" />\r
  </connectionStrings>\r
  <appSettings>\r
    <add key="PasswordMinLength" value="12" />\r
    <add key="SmsGateway:ApiToken" value="{d.hide(m.hex(40))}" />\r
    <add key="TokenEndpoint" value="{d.keep("https://sso.example.net/oauth2/token")}" />\r
  </appSettings>\r
  <system.web>\r
    <machineKey validationKey="{d.hide(m.hex(128).upper())}" decryptionKey="{d.hide(m.hex(64).upper())}" validation="HMACSHA256" decryption="AES" />\r
  </system.web>\r
  <runtime><assemblyBinding><dependentAssembly><assemblyIdentity name="Newtonsoft.Json" publicKeyToken="{d.keep(m.hex(16))}" culture="neutral" /></dependentAssembly></assemblyBinding></runtime>\r
</configuration>\r
"""
    d.kept('<add key="PasswordMinLength" value="12" />', 'validation="HMACSHA256" decryption="AES"')
    page(d, _FILES + "Web.config", text, "application/xml")


def mysql_and_postgres_files(d: Draft) -> None:
    m = d.mint
    text = f"""==> /root/.my.cnf <==
[client]
user = root
password = "{d.hide(m.chars(10) + "#" + m.chars(5))}"
[mysqld]
validate_password.policy = STRONG
default_password_lifetime = 90
==> /var/lib/postgresql/.pgpass <==
# hostname:port:database:username:password
pg-0.pg:5432:shop:shop:{d.hide(m.strong(20))}
*:*:*:repl:{d.hide(m.joined())}
==> /etc/pgbouncer/pgbouncer.ini <==
auth_type = scram-sha-256
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename=$1
server_reset_query = DISCARD ALL
"""
    d.kept(
        "validate_password.policy = STRONG",
        "# hostname:port:database:username:password",
        "SELECT usename, passwd FROM pg_shadow WHERE usename=$1",
        "default_password_lifetime = 90",
    )
    page(d, _FILES + "db-host-files.txt", text)


def client_dotfiles(d: Draft) -> None:
    m = d.mint
    text = f"""### ~/.netrc
machine git.example.net login ci password {d.hide(m.gitlab())}
machine ftp.example.net
  login upload
  password {d.hide(m.passphrase())}
default login anonymous password guest@example.net
### ~/.npmrc
@example:registry=https://npm.example.net/
//npm.example.net/:_authToken={d.hide(m.uuid())}
//old.example.net/:_password={b64(d.hide(m.strong(15)))}
//old.example.net/:username=ci
//registry.npmjs.org/:_authToken=${{NPM_TOKEN}}
### ~/.config/pip/pip.conf
[global]
extra-index-url = https://__token__:{d.hide(m.chars(30))}@pypi.example.net/simple/
require-hashes = true
"""
    d.kept(
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
        "default login anonymous password guest@example.net",
        "require-hashes = true",
        "@example:registry=https://npm.example.net/",
    )
    page(d, _FILES + "dotfiles.txt", text)


def toml_and_ini(d: Draft) -> None:
    m = d.mint
    text = f"""# gitea app.ini
[database]
PASSWD = `{d.hide(m.chars(8) + ";" + m.chars(8))}`
[security]
INTERNAL_TOKEN = {d.hide(m.jwt({"nbf": 1795596400}))}
INSTALL_LOCK = true
MIN_PASSWORD_LENGTH = 10
PASSWORD_HASH_ALGO = argon2
[oauth2]
JWT_SECRET = {d.hide(m.urlsafe(32))}
JWT_SIGNING_ALGORITHM = RS256
[mailer]
PASSWD =
[lfs]
PATH = {d.keep("/var/lib/gitea/data/lfs/" + m.hex(2) + "/" + m.hex(2) + "/" + m.hex(60))}
"""
    d.kept("MIN_PASSWORD_LENGTH = 10", "PASSWORD_HASH_ALGO = argon2", "JWT_SIGNING_ALGORITHM = RS256")
    page(d, _FILES + "gitea/app.ini", text)


def rust_and_go_toml(d: Draft) -> None:
    m = d.mint
    text = f"""[runners.docker]
image = "alpine:3.20"
[[runners]]
name = "runner-7"
token = "{d.hide("gl" + "rt-" + m.urlsafe(15))}"
token_obtained_at = 2026-11-02T08:41:07Z
token_expires_at = 0001-01-01T00:00:00Z
[runners.cache.s3]
AccessKey = "cache"
SecretKey = "{d.hide(m.chars(40))}"
BucketName = "{d.keep("runner-cache-" + m.hex(8))}"
[oauth]
tokenizer = "cl100k_base"
[vault]
password_file = "/run/secrets/vault-pass"
"""
    d.kept(
        "token_obtained_at = 2026-11-02T08:41:07Z",
        "token_expires_at = 0001-01-01T00:00:00Z",
        'tokenizer = "cl100k_base"',
        'password_file = "/run/secrets/vault-pass"',
    )
    page(d, _FILES + "gitlab-runner/config.toml", text)


def cloud_init_document(d: Draft) -> None:
    m = d.mint
    text = f"""#cloud-config
ssh_pwauth: false
users:
  - name: ops
    lock_passwd: true
    ssh_authorized_keys: [{d.keep(m.ssh_rsa_public())}]
  - name: kiosk
    plain_text_passwd: {d.hide(m.passphrase())}
chpasswd:
  expire: false
  users: [{{name: root, password: {d.hide(m.initial())}, type: text}}]
write_files:
  - path: /etc/rancher/k3s/config.yaml
    content: |
      token: {d.hide(m.hex(48))}
      tls-san: [k3s.example.net]
  - path: /etc/step/ca.crt
    encoding: b64
    content: {d.keep(b64(keys.certificate("third-cloud-init")))}
runcmd:
  - [sh, -c, "curl -sfL https://get.k3s.io | K3S_TOKEN_FILE=/etc/token sh -"]
"""
    d.kept("ssh_pwauth: false", "lock_passwd: true", "K3S_TOKEN_FILE=/etc/token")
    page(d, "http://169.254.169.254/hetzner/v1/userdata", text)


def hcl_variables(d: Draft) -> None:
    m = d.mint
    text = f"""variable "db_password" {{
  type        = string
  sensitive   = true
  description = "Password of the application's database user"
}}

provider "vsphere" {{
  user                 = "administrator@vsphere.local"
  password             = "{d.hide(m.strong(14))}"
  allow_unverified_ssl = true
}}

provider "cloudflare" {{
  api_token = var.cloudflare_api_token
}}

resource "random_password" "api" {{
  length = 32
  keepers = {{ rotation = "{d.keep("2026-q4-" + m.hex(6))}" }}
}}

resource "vault_generic_secret" "shop" {{
  path      = "secret/shop"
  data_json = jsonencode({{ api_key = "{d.hide(m.chars(32))}", region = "eu" }})
}}

output "token_arn" {{ value = aws_secretsmanager_secret.token.arn }}
"""
    d.kept(
        "api_token = var.cloudflare_api_token",
        "value = aws_secretsmanager_secret.token.arn",
        "Password of the application's database user",
        'resource "random_password" "api"',
    )
    page(d, _FILES + "main.tf", text)


def java_properties(d: Draft) -> None:
    m = d.mint
    text = f"""# Tue Nov 24 10:15:00 UTC 2026
sonar.jdbc.username=sonar
sonar.jdbc.password={d.hide(m.chars(18))}
sonar.auth.jwtBase64Hs256Secret={d.hide(m.base64(32))}
sonar.forceAuthentication=true
ldap.bindPassword\\={d.hide(m.joined())}
ldap.user.passwordAttribute=userPassword
login.label.password=Password
login.hint.forgotten=Forgotten your password? Ask for a new one.
crypto.keystore.file={d.keep("conf/keystore-" + m.hex(8) + ".p12")}
build.checksum={d.keep(m.sha256())}
""".replace("ldap.bindPassword\\=", "ldap.bindPassword : ")
    d.kept(
        "login.label.password=Password",
        "login.hint.forgotten=Forgotten your password? Ask for a new one.",
        "ldap.user.passwordAttribute=userPassword",
        "sonar.forceAuthentication=true",
    )
    page(d, _FILES + "sonar.properties", text)


def network_device_config(d: Draft) -> None:
    m = d.mint
    text = f"""! Last configuration change at 10:15:00 CET Tue Nov 24 2026
version 17.9
service password-encryption
security passwords min-length 12
enable secret 9 $9${m.chars(14)}${m.chars(43)}
username netops privilege 15 password 0 {d.hide(m.initial())}
crypto isakmp key {d.hide(m.strong(24))} address 203.0.113.77
snmp-server community {d.hide(m.chars(14))} RO 10
tacacs server T1
 key {d.hide(m.chars(22))}
crypto pki certificate chain SLA-CA
 certificate ca 01
  {d.keep(" ".join(m.hex(8).upper() for _ in range(6)))}
ip ssh pubkey-chain
 key-hash ssh-rsa {d.keep(m.hex(32).upper())} ops
"""
    d.kept("security passwords min-length 12", "service password-encryption")
    page(d, "https://oxidized.example.net/node/fetch/core/sw-1", text)


def systemd_and_script(d: Draft) -> None:
    m = d.mint
    text = f"""# /etc/systemd/system/backup.service
[Service]
Type=oneshot
Environment=RESTIC_REPOSITORY=s3:https://s3.example.net/backup
Environment=RESTIC_PASSWORD={d.hide(m.passphrase())}
SetCredential=token:{d.hide(m.hex(40))}
LoadCredentialEncrypted=mqtt-password
ExecStart=/usr/bin/restic backup --password-command "pass show backup" /srv
# /etc/cron.d/sync
17 * * * * root lftp -u sync,{d.hide(m.joined())} ftp.example.net -e 'mirror -R /srv; quit'
23 3 * * * root borg create --stats ::{d.keep("{hostname}-{now}")} /etc
"""
    d.kept("LoadCredentialEncrypted=mqtt-password", '--password-command "pass show backup"')
    page(d, _FILES + "units.txt", text)
