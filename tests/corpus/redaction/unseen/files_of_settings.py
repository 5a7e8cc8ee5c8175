"""Settings files of programs, desktops and build tools."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, kube, meta, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken

_RAW = "https://share.acme.internal/files/"


def rails_database(d: Draft) -> None:
    m = d.mint
    text = f"""default: &default
  adapter: postgresql
  pool: <%= ENV.fetch("RAILS_MAX_THREADS") {{ 5 }} %>
production:
  <<: *default
  username: web
  password: {d.hide(marked(m))}
staging:
  <<: *default
  password: <%= ENV["STAGING_DB_PASSWORD"] %>
shared:
  secret_key_base: {d.hide(m.hex(128))}
  devise: {{reset_password_within: 6.hours, token_size: 40}}
"""
    d.kept('<%= ENV["STAGING_DB_PASSWORD"] %>', "reset_password_within: 6.hours, token_size: 40")
    page(d, _RAW + "database.yml", text)


def phoenix_runtime(d: Draft) -> None:
    m = d.mint
    text = f"""import Config

config :shop, ShopWeb.Endpoint,
  url: [host: "shop.acme.example.org"],
  secret_key_base: "{d.hide(m.base64(48))}",
  live_view: [signing_salt: "{d.hide(m.chars(8) + m.chars(4))}"]

config :shop, Shop.Repo,
  password: System.fetch_env!("DB_PASS"),
  pool_size: 10

config :shop, Shop.Mailer, adapter: Swoosh.Adapters.SMTP, username: "web", password: "{d.hide(dotted(m))}"
config :phoenix, :filter_parameters, ["password", "token"]
"""
    d.kept('password: System.fetch_env!("DB_PASS")', ':filter_parameters, ["password", "token"]')
    page(d, _RAW + "runtime.exs", text)


def magento_env(d: Draft) -> None:
    m = d.mint
    text = f"""<?php
return [
    'backend' => ['frontName' => 'admin_{d.keep(m.chars(6).lower())}'],
    'crypt' => ['key' => '{d.hide(m.hex(32))}'],
    'db' => ['connection' => ['default' => ['host' => 'db', 'username' => 'm2', 'password' => '{d.hide(grouped(m))}', 'active' => '1']]],
    'session' => ['save' => 'redis', 'redis' => ['host' => 'redis', 'password' => '', 'max_concurrency' => '20']],
    'queue' => ['amqp' => ['user' => 'm2', 'password' => "{d.hide(spoken(m))}"]],
    'lock' => ['provider' => 'db'],
    'x-frame-options' => 'SAMEORIGIN',
];
"""
    d.kept("'password' => '', 'max_concurrency' => '20'", "'lock' => ['provider' => 'db']")
    page(d, _RAW + "env.php", text)


def tomcat_files(d: Draft) -> None:
    m = d.mint
    text = f"""<Server port="8005" shutdown="SHUTDOWN">
  <Resource name="jdbc/erp" type="javax.sql.DataSource" username="erp" password="{d.hide(corporate(m))}" url="jdbc:mariadb://db/erp"/>
  <Connector port="8443" SSLEnabled="true"><SSLHostConfig><Certificate certificateKeystoreFile="conf/k.p12" certificateKeystorePassword="{d.hide(m.chars(12))}" type="RSA"/></SSLHostConfig></Connector>
  <Realm className="org.apache.catalina.realm.UserDatabaseRealm"><CredentialHandler className="org.apache.catalina.realm.MessageDigestCredentialHandler" algorithm="SHA-512"/></Realm>
  <!-- <user username="tomcat" password="&lt;must-be-changed&gt;" roles="tomcat"/> -->
</Server>
"""
    d.kept('password="&lt;must-be-changed&gt;"', 'algorithm="SHA-512"', 'certificateKeystoreFile="conf/k.p12"')
    page(d, _RAW + "server.xml", text, "application/xml")


def maven_and_gradle(d: Draft) -> None:
    m = d.mint
    text = f"""<settings>
  <servers>
    <server><id>central</id><username>ci</username><password>{d.hide(m.chars(40))}</password></server>
    <server><id>enc</id><password>{{{m.base64(32)}}}</password></server>
    <server><id>ossrh</id><password>${{env.OSSRH_PASSWORD}}</password></server>
  </servers>
</settings>
# gradle.properties
org.gradle.jvmargs=-Xmx2g
signing.keyId={d.keep(m.hex(8).upper())}
signing.password={d.hide(spoken(m))}
signing.secretKeyRingFile=/home/ci/.gnupg/secring.gpg
RELEASE_KEY_PASSWORD={d.hide(grouped(m))}
gradle.publish.key={d.hide(m.chars(32))}
distributionSha256Sum={d.keep(m.sha256())}
"""
    d.kept("${env.OSSRH_PASSWORD}", "signing.secretKeyRingFile=/home/ci/.gnupg/secring.gpg", "org.gradle.jvmargs=-Xmx2g")
    page(d, _RAW + "build-home.txt", text)


def package_manager_credentials(d: Draft) -> None:
    m = d.mint
    composer = {
        "http-basic": {"repo.acme.internal": {"username": "ci", "password": d.hide(m.hex(40))}},
        "gitlab-token": {"git.acme.internal": d.hide(m.gitlab())},
        "platform-check": False,
    }
    nuget = f'<configuration><packageSourceCredentials><acme><add key="Username" value="ci" /><add key="ClearTextPassword" value="{d.hide(dotted(m))}" /></acme></packageSourceCredentials><config><add key="signatureValidationMode" value="accept" /></config></configuration>'
    cargo = f'[registries.acme]\ntoken = "Bearer {d.hide(m.chars(32))}"\nindex = "sparse+https://cargo.acme.internal/index/"\n'
    d.kept(
        '"platform-check": false',
        '<add key="signatureValidationMode" value="accept" />',
        'index = "sparse+https://cargo.acme.internal/index/"',
    )
    answer = {"files": {"auth.json": json.dumps(composer), "NuGet.Config": nuget, "credentials.toml": cargo}, "sha": d.keep(m.sha1())}
    api(d, "GET", "https://ci.acme.internal/api/managed-files", answer)


def docker_and_gh_configs(d: Draft) -> None:
    m = d.mint
    docker = {
        "auths": {"https://index.docker.io/v1/": {"auth": b64("acme:" + d.hide(m.docker()))}},
        "credHelpers": {"r.acme.internal": "ecr-login"},
        "detachKeys": "ctrl-e,e",
    }
    hosts = f"github.com:\n    user: anna\n    oauth_token: {d.hide(m.github('o'))}\n    git_protocol: ssh\n"
    d.kept('"detachKeys": "ctrl-e,e"', "git_protocol: ssh", '"r.acme.internal": "ecr-login"')
    text = f"$ cat ~/.docker/config.json\n{json.dumps(docker, indent=2)}\n$ cat ~/.config/gh/hosts.yml\n{hosts}$ sha256sum ~/.docker/config.json\n{d.keep(m.sha256())}\n"
    page(d, _RAW + "home.txt", text)


def rclone_and_mc(d: Draft) -> None:
    m = d.mint
    text = f"""[wasabi]
type = s3
secret_access_key = {d.hide(m.chars(40))}
acl = private
[onedrive]
type = onedrive
token = {{"access_token":"{d.hide("eyJ0" + m.urlsafe(200))}","token_type":"Bearer","refresh_token":"{d.hide("M.C5" + m.urlsafe(90))}","expiry":"2026-11-24T11:15:00Z"}}
drive_id = {d.keep(m.chars(16))}
[crypt]
type = crypt
password = {d.hide(m.urlsafe(30))}
filename_encryption = standard
directory_name_encryption = true
"""
    d.kept("filename_encryption = standard", '"expiry":"2026-11-24T11:15:00Z"')
    page(d, _RAW + "rclone.conf", text)


def mail_servers(d: Draft) -> None:
    m = d.mint
    text = f"""# /etc/postfix/sasl_passwd
[smtp.relay.example.org]:587 acme@example.org:{d.hide(grouped(m))}
# dovecot-sql.conf.ext
connect = host=db dbname=mail user=mail password={d.hide(spoken(m))}
default_pass_scheme = ARGON2ID
password_query = SELECT email AS user, password FROM users WHERE email='%u'
# dkim
selector = "{d.keep("k" + m.digits(5))}";
# rspamd
enable_password = "$2$" # placeholder of the package
milter_secret_macro = no
# msmtprc
account relay
passwordeval "gpg -q -d ~/.pw.gpg"
# fetchmailrc
poll imap.example.org user "scan" password "{d.hide(dotted(m))}" ssl
"""
    d.kept(
        "default_pass_scheme = ARGON2ID", "SELECT email AS user, password FROM users WHERE email='%u'", 'passwordeval "gpg -q -d ~/.pw.gpg"'
    )
    page(d, _RAW + "mail.txt", text)


def network_logins(d: Draft) -> None:
    m = d.mint
    text = f"""==> /etc/NetworkManager/system-connections/acme.nmconnection
[connection]
uuid={d.keep(m.uuid())}
[wifi-security]
key-mgmt=wpa-psk
psk={d.hide(m.chars(14))}
[802-1x]
password={d.hide(marked(m))}
password-flags=0
==> /etc/ppp/chap-secrets
dsl@isp.example * {d.hide(m.chars(10))} *
==> /etc/samba/credentials
username=svc
password={d.hide(corporate(m))}
==> /etc/fstab
//nas/share /mnt cifs credentials=/etc/samba/credentials,uid=1000 0 0
UUID={d.keep(m.uuid())} / ext4 defaults 0 1
"""
    d.kept("password-flags=0", "credentials=/etc/samba/credentials,uid=1000", "key-mgmt=wpa-psk")
    page(d, _RAW + "net.txt", text)


def desktop_clients(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="3.68.1"><Servers><Server><Host>ftp.acme.example.org</Host><User>up</User><Pass encoding="base64">{b64(d.hide(spoken(m)))}</Pass><Logontype>1</Logontype></Server></Servers></FileZilla3>
<component name="dataSourceStorageLocal" created-in="DB-243.1"><data-source name="erp" uuid="{d.keep(m.uuid())}"><database-info product="PostgreSQL"/><secret-storage>master_key</secret-storage></data-source></component>
<Connection Name="jump" Protocol="SSH2" Password="{d.hide(m.strong(15))}" ConfVersion="2.6" FullFileEncryption="false"/>
"""
    d.kept("<secret-storage>master_key</secret-storage>", 'FullFileEncryption="false"', "<Logontype>1</Logontype>")
    page(d, _RAW + "clients.xml", text, "application/xml")


def shippers_of_logs(d: Draft) -> None:
    m = d.mint
    text = f"""[[outputs.influxdb_v2]]
  token = "{d.hide(m.urlsafe(64))}=="
  organization = "acme"
[[inputs.snmp]]
  community = "{d.hide(m.chars(12))}"
  sec_level = "authPriv"
  auth_password = "{d.hide(grouped(m))}"
  priv_protocol = "AES"
[[inputs.http]]
  bearer_token = "/run/secrets/bearer"
  headers = {{"X-Scope-OrgID" = "{d.keep("tenant-" + m.digits(4))}"}}
[[processors.regex]]
  tags = [{{key = "url", pattern = "token=[^&]+", replacement = "token=***"}}]
# fluent.conf
<match **>
  @type splunk_hec
  hec_token {d.hide(m.uuid())}
</match>
"""
    d.kept('pattern = "token=[^&]+", replacement = "token=***"', 'bearer_token = "/run/secrets/bearer"', 'sec_level = "authPriv"')
    page(d, _RAW + "telegraf.conf", text)


def config_map_of_many(d: Draft) -> None:
    m = d.mint
    data = {
        "pgbouncer-userlist.txt": f'"app" "{d.hide(m.chars(20))}"\n"stats" "SCRAM-SHA-256$4096:{m.base64(16)}"\n',
        "odbc.ini": f"[dwh]\nDriver=PostgreSQL\nPwd={d.hide(dotted(m))}\nSSLMode=verify-full\n",
        "log4j2.properties": "appender.rolling.filePattern = token-%d{yyyy}.log\nlogger.password.level = warn\n",
        "krb5.conf": "[libdefaults]\n default_ccache_name = KEYRING:persistent:%{uid}\n",
        "ca.pem": d.keep(keys.certificate("unseen-many")),
    }
    d.kept("SSLMode=verify-full", "logger.password.level = warn", "default_ccache_name = KEYRING:persistent:%{uid}")
    kube(
        d,
        "/api/v1/namespaces/erp/configmaps/many",
        {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta(d, "many", "erp"), "data": data},
    )


def javascript_modules(d: Draft) -> None:
    m = d.mint
    text = f"""const {{ defineConfig }} = require('x');
module.exports = {{
  development: {{ client: 'pg', connection: {{ host: '127.0.0.1', user: 'dev', password: 'postgres' }} }},
  production: {{
    client: 'pg',
    connection: {{ host: 'pg', user: 'web', password: '{d.hide(marked(m))}', ssl: {{ rejectUnauthorized: true }} }},
    pool: {{ min: 2, max: 10 }},
  }},
  session: {{ name: 'sid', secret: ['{d.hide(m.hex(32))}', process.env.OLD_SECRET], cookie: {{ maxAge: 86400000 }} }},
  firebase: {{ apiKey: process.env.FIREBASE_KEY, appId: '{d.keep("1:" + m.digits(12) + ":web:" + m.hex(22))}' }},
  jwt: {{ expiresIn: '15m', algorithm: 'HS256', privateKey: fs.readFileSync('jwt.key') }},
}};
"""
    d.kept(
        "apiKey: process.env.FIREBASE_KEY",
        "process.env.OLD_SECRET",
        "privateKey: fs.readFileSync('jwt.key')",
        "expiresIn: '15m', algorithm: 'HS256'",
    )
    page(d, _RAW + "knexfile.js", text, "application/javascript")


def registry_and_rdp(d: Draft) -> None:
    m = d.mint
    text = f"""Windows Registry Editor Version 5.00\r
\r
[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon]\r
"AutoAdminLogon"="1"\r
"DefaultPassword"="{d.hide(corporate(m))}"\r
"PasswordExpiryWarning"=dword:00000005\r
[HKEY_LOCAL_MACHINE\\SOFTWARE\\ORL\\WinVNC3]\r
"MachineGuid"="{d.keep(m.uuid())}"\r
[HKEY_CURRENT_USER\\Software\\Acme]\r
"LicenseServerToken"="{d.hide(m.chars(36))}"\r
"ClientGuid"="{{{d.keep(m.uuid().upper())}}}"\r
"""
    d.kept('"PasswordExpiryWarning"=dword:00000005', '"AutoAdminLogon"="1"')
    page(d, _RAW + "kiosk.reg", "")
    d.raw(b"\xff\xfe" + text.encode("utf-16-le"), "application/octet-stream")
