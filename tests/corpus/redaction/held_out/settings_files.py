"""Configuration files of every kind, as a raw file server gives them."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import page

_RAW = "https://git.example.com/ops/config/raw/main"


def dotenv_of_laravel(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/.env.production",
        f"""APP_NAME=Shop
APP_KEY=base64:{d.hide(m.base64(32))}
DB_CONNECTION=mysql
DB_PASSWORD="{d.hide(m.strong(20))}"
REDIS_PASSWORD=null
MAIL_PASSWORD={d.hide(m.chars(24))}
AWS_ACCESS_KEY_ID={m.aws_id()}
AWS_SECRET_ACCESS_KEY={d.hide(m.aws_secret())}
STRIPE_KEY={d.keep(m.publishable())}
PUSHER_APP_ID={d.keep(m.digits(7))}
SESSION_LIFETIME=120
""",
    )
    d.kept("REDIS_PASSWORD=null", "SESSION_LIFETIME=120", "DB_CONNECTION=mysql")


def ansible_inventory(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/hosts.ini",
        f"""[db]
db1 ansible_host=10.0.0.4 ansible_user=ops ansible_become_pass={d.hide(m.password())}
[windows:vars]
ansible_password={d.hide(m.strong(18))}
ansible_winrm_server_cert_validation=ignore
[web:vars]
ansible_ssh_private_key_file=~/.ssh/id_ed25519
db_password="{{{{ vault_db_password }}}}"
""",
    )
    d.kept("ansible_ssh_private_key_file=~/.ssh/id_ed25519", "{{ vault_db_password }}", "ansible_winrm_server_cert_validation=ignore")


def haproxy_config(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/haproxy.cfg",
        f"""userlist ops
  user admin insecure-password {d.hide(m.chars(16))}
frontend fe
  bind :443 ssl crt /etc/haproxy/certs/site.pem
  stats auth viewer:{d.hide(m.chars(14))}
  http-request set-header X-Edge-Auth {d.hide(m.chars(40))}
backend be
  server s1 10.0.0.8:8443 ssl verify required ca-file /etc/ssl/ca.pem
  cookie SRV insert indirect nocache
""",
    )
    d.kept("ssl crt /etc/haproxy/certs/site.pem", "cookie SRV insert indirect nocache", "ca-file /etc/ssl/ca.pem")


def redis_config(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/redis.conf",
        f"""port 6379
requirepass {d.hide(m.chars(32))}
masterauth {d.hide(m.chars(32))}
user default on >{d.hide(m.chars(20))} ~* &* +@all
tls-key-file /tls/redis.key
replica-announce-ip 10.0.0.9
# requirepass foobared
""",
    )
    d.kept("tls-key-file /tls/redis.key", "# requirepass foobared")


def replication_and_pgpass(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/postgresql.auto.conf",
        f"""primary_conninfo = 'user=replicator password={d.hide(m.chars(20))} host=10.0.0.2 port=5432 sslmode=prefer'
password_encryption = 'scram-sha-256'
ssl_key_file = 'server.key'
restore_command = 'PGPASSWORD={d.hide(m.chars(18))} fetch %f %p'
system_identifier = '{d.keep(m.digits(19))}'
""",
    )
    d.kept("password_encryption = 'scram-sha-256'", "ssl_key_file = 'server.key'")


def wireguard_interface(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/wg0.conf",
        f"""[Interface]
PrivateKey = {d.hide(m.base64(32))}
Address = 10.8.0.2/24
[Peer]
PublicKey = {d.keep(m.base64(32))}
PresharedKey = {d.hide(m.base64(32))}
Endpoint = vpn.example.com:51820
""",
    )
    d.kept("Endpoint = vpn.example.com:51820")


def maven_settings(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/settings.xml",
        f"""<settings>
  <servers>
    <server><id>releases</id><username>ci</username><password>{d.hide(m.chars(28))}</password></server>
    <server><id>keys</id><privateKey>${{user.home}}/.ssh/id_dsa</privateKey><passphrase>{d.hide(m.passphrase())}</passphrase></server>
    <server><id>snapshots</id><username>ci</username><password>${{env.NEXUS_PASSWORD}}</password></server>
  </servers>
</settings>
""",
        "application/xml",
    )
    d.kept("${env.NEXUS_PASSWORD}", "<privateKey>${user.home}/.ssh/id_dsa</privateKey>")


def credential_dotfiles(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/dotfiles.txt",
        f"""==> .netrc <==
machine artifacts.example.com login ci password {d.hide(m.chars(22))}
==> .git-credentials <==
https://ci:{d.hide(m.github())}@github.com
==> .pypirc <==
[pypi]
username = __token__
password = {d.hide(m.pypi())}
==> .docker/config.json <==
{{"auths":{{"registry.example.com":{{"auth":"{b64("ci:" + d.hide(m.chars(24)))}"}}}},"credsStore":"desktop"}}
==> known_hosts <==
git.example.com {d.keep(m.ssh_public())}
""",
    )
    d.kept("username = __token__", '"credsStore":"desktop"')


def compose_file(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/compose.yaml",
        f"""services:
  db:
    image: mariadb@{d.keep(m.digest())}
    environment:
      MARIADB_ROOT_PASSWORD: {d.hide(m.chars(20))}
      MARIADB_PASSWORD: ${{MARIADB_PASSWORD:?required}}
      MARIADB_PASSWORD_FILE: /run/secrets/mariadb
  api:
    environment:
      - OPENAI_API_KEY={d.hide(m.openai())}
      - ADMIN_TOKEN=changeme
secrets:
  mariadb:
    external: true
""",
    )
    d.kept("${MARIADB_PASSWORD:?required}", "MARIADB_PASSWORD_FILE: /run/secrets/mariadb", "external: true")


def service_unit(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/agent.service",
        f"""[Service]
Environment="VAULT_TOKEN={d.hide(m.vault())}" "VAULT_ADDR=https://vault.internal:8200"
LoadCredential=tls.key:/etc/agent/tls.key
ExecStart=/usr/bin/agent --registration-token {d.hide(m.gitlab("glrt"))} --token-file=%d/token
InvocationID={d.keep(m.hex(32))}
""",
    )
    d.kept("LoadCredential=tls.key:/etc/agent/tls.key", "--token-file=%d/token", "VAULT_ADDR=https://vault.internal:8200")


def key_in_toml(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _RAW + "/app.toml",
        f'''[signing]
key_id = "{d.keep(m.hex(16))}"
private_key = """
{d.hide(keys.ec_pkcs8("held:toml"))}"""
public_key = """
{d.keep(keys.public("held-toml"))}"""
[database]
dsn = "mysql://app:{d.hide(m.chars(18))}@tcp(db:3306)/app"
password_env = "APP_DB_PASSWORD"
''',
    )
    d.kept('password_env = "APP_DB_PASSWORD"')
