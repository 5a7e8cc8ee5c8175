"""Configuration files as a web server, a bucket or a repository's raw view gives them."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import page

_RAW = "https://raw.example.com/shop/infra/main/"


def env_file(d: Draft) -> None:
    m = d.mint
    text = f"""# production; rotate every 90 days
APP_ENV=production
APP_KEY=base64:{d.hide(m.base64(32))}
DB_HOST=127.0.0.1
DB_PASSWORD="{d.hide(m.password())}"
REDIS_PASSWORD=null
MAIL_PASSWORD=
PUSHER_APP_SECRET={d.hide(m.hex(20))}
AWS_ACCESS_KEY_ID={m.aws_id()}
AWS_SECRET_ACCESS_KEY={d.hide(m.aws_secret())}
STRIPE_KEY={d.keep(m.publishable())}
JWT_SECRET_FILE={d.keep("/run/secrets/jwt")}
VITE_APP_NAME="${{APP_NAME}}"
GITHUB_TOKEN={d.keep("${GITHUB_TOKEN}")}
OPENAI_API_KEY={d.keep("YOUR_OPENAI_API_KEY")}
"""
    d.kept("REDIS_PASSWORD=null", "# production; rotate every 90 days")
    page(d, _RAW + ".env.production", text, "application/octet-stream")


def compose_file(d: Draft) -> None:
    m = d.mint
    text = f"""services:
  db:
    image: postgres@{d.keep(m.digest())}
    environment:
      POSTGRES_PASSWORD: {d.hide(m.passphrase())}
      POSTGRES_PASSWORD_FILE: {d.keep("/run/secrets/pg_pass")}
      PGADMIN_DEFAULT_PASSWORD: ${{PGADMIN_PASSWORD:?required}}
  worker:
    command: ["celery", "-A", "shop", "--broker", "redis://:{d.hide(m.chars(24))}@redis:6379/1"]
    environment:
      - SMTP_PASSWORD={d.hide(m.strong(14))}
      - SECRET_KEY_FILE=/run/secrets/key
      - TOKEN_LIMIT=8192
secrets:
  pg_pass:
    file: ./pg_pass.txt
"""
    d.kept("${PGADMIN_PASSWORD:?required}", "- TOKEN_LIMIT=8192", "file: ./pg_pass.txt")
    page(d, _RAW + "compose.yaml", text, "application/yaml")


def prometheus_config(d: Draft) -> None:
    m = d.mint
    text = f"""global:
  scrape_interval: 15s
  external_labels: {{replica: {d.keep("prom-" + m.hex(10))}}}
remote_write:
  - url: https://prom.example.com/api/v1/write
    basic_auth:
      username: "113370"
      password: "{d.hide("glc_" + m.base64(90))}"
scrape_configs:
  - job_name: shop
    authorization:
      type: Bearer
      credentials: {d.hide(m.chars(36))}
    tls_config:
      key_file: {d.keep("/etc/prometheus/tls/client.key")}
  - job_name: node
    basic_auth:
      username: prom
      password_file: {d.keep("/etc/prometheus/node.password")}
"""
    page(d, _RAW + "prometheus.yml", text, "text/yaml")


def tfvars_file(d: Draft) -> None:
    m = d.mint
    text = f"""region                = "eu-central-1"
db_master_password    = "{d.hide(m.strong(20))}"
db_password_length    = 32
datadog_api_key       = "{d.hide(m.datadog())}"
datadog_app_key       = "{d.hide(m.hex(40))}"
secret_recovery_window_in_days = 7
key_pair_name         = "{d.keep("ops-keypair-eu")}"
ami_id                = "{d.keep("ami-0" + m.hex(16))}"
tokens_per_minute     = 90000
ssh_public_key        = "{d.keep(m.ssh_public())}"
"""
    d.kept("secret_recovery_window_in_days = 7", "db_password_length    = 32")
    page(d, _RAW + "prod.auto.tfvars", text)


def npmrc_and_netrc(d: Draft) -> None:
    m = d.mint
    text = f"""==> .npmrc <==
@shop:registry=https://npm.example.com/
//npm.example.com/:_authToken={d.hide(m.npm())}
//registry.npmjs.org/:_authToken={d.keep("${NPM_TOKEN}")}
always-auth=true

==> .netrc <==
machine api.heroku.com
  login ops@example.com
  password {d.hide(m.uuid())}
machine git.example.com login ci password {d.hide(m.password())}

==> .pgpass <==
db.internal:5432:*:app:{d.hide(m.chars(18))}
"""
    d.kept("@shop:registry=https://npm.example.com/")
    page(d, "https://files.example.com/home/ci/dotfiles.txt", text)


def nginx_config(d: Draft) -> None:
    m = d.mint
    text = f"""upstream api {{ server 10.0.4.11:8080; keepalive 32; }}
server {{
    listen 443 ssl;
    ssl_certificate     /etc/nginx/tls/site.crt;
    ssl_certificate_key {d.keep("/etc/nginx/tls/site.key")};
    ssl_session_tickets off;
    add_header Content-Security-Policy "script-src 'sha256-{d.keep(m.base64(32))}'";
    location /partner/ {{
        proxy_set_header X-API-Key "{d.hide(m.chars(40))}";
        proxy_set_header Authorization "Basic {d.hide(m.base64(24))}";
        proxy_pass_header Authorization;
        auth_basic_user_file {d.keep("/etc/nginx/htpasswd")};
        proxy_pass http://api;
    }}
}}
"""
    d.kept("proxy_pass_header Authorization;", "ssl_session_tickets off;")
    page(d, _RAW + "nginx/site.conf", text)


def spring_properties(d: Draft) -> None:
    m = d.mint
    text = f"""spring.application.name=orders
spring.datasource.url=jdbc:mysql://db.internal:3306/orders?user=orders&password={d.hide(m.chars(16))}&useSSL=true
spring.security.oauth2.client.registration.keycloak.client-id={d.keep("orders-web")}
spring.security.oauth2.client.registration.keycloak.client-secret={d.hide(m.chars(32))}
spring.security.oauth2.resourceserver.jwt.jwk-set-uri={d.keep("https://sso.example.com/realms/shop/protocol/openid-connect/certs")}
server.ssl.key-store-password={d.hide(m.passphrase())}
server.ssl.key-alias=orders-tls
management.endpoint.env.keys-to-sanitize={d.keep("password,secret,key,token")}
app.password.encoder=bcrypt
app.password.min-length=12
"""
    d.kept("app.password.encoder=bcrypt", "app.password.min-length=12", "server.ssl.key-alias=orders-tls")
    page(d, _RAW + "application-prod.properties", text)


def toml_config(d: Draft) -> None:
    m = d.mint
    text = f"""title = "gateway"
[auth]
secret_key = '{d.hide(m.hex(64))}'
token_lifetime = "15m"
key_id = "{d.keep(m.uuid())}"
[upstream.openai]
api_key = "{d.hide(m.openai())}"
max_tokens = 4096
[upstream.anthropic]
headers = {{ x-api-key = "{d.hide(m.anthropic())}", anthropic-version = "2023-06-01" }}
[ssh]
authorized = [
  "{d.keep(m.ssh_rsa_public())}",
]
host_fingerprint = "{d.keep(m.fingerprint())}"
"""
    d.kept('token_lifetime = "15m"', "max_tokens = 4096")
    page(d, _RAW + "gateway.toml", text, "application/toml")
