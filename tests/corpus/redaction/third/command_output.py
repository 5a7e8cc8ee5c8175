"""What commands printed, kept in job logs, tickets and pastes."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, page

_PASTE = "https://paste.example.net/raw/"


def kubectl_describe(d: Draft) -> None:
    m = d.mint
    text = f"""Name:             web-{m.hex(9)}-{m.chars(5).lower()}
Namespace:        shop
Service Account:  token-issuer
Containers:
  web:
    Container ID:  containerd://{d.keep(m.sha256())}
    Image ID:      registry.example.net/web@{d.keep(m.digest())}
    Environment:
      ADMIN_PASSWORD:    {d.hide(m.joined())}
      DB_PASSWORD:       <set to the key 'password' in secret 'shop-db'>  Optional: false
      TOKEN_TTL:         15m
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-{d.keep(m.chars(5).lower())} (ro)
Volumes:
  kube-api-access:
    Type:                    Projected (a volume that contains injected data from multiple sources)
    TokenExpirationSeconds:  3607
Events:
  Warning  FailedMount  3m  kubelet  MountVolume.SetUp failed for volume "tls" : secret "web-tls-secret" not found
"""
    d.kept(
        "<set to the key 'password' in secret 'shop-db'>",
        "TokenExpirationSeconds:  3607",
        'secret "web-tls-secret" not found',
        "Service Account:  token-issuer",
    )
    page(d, _PASTE + "a1", text)


def env_printout(d: Draft) -> None:
    m = d.mint
    text = f"""HOSTNAME=web-{m.hex(10)}
KUBERNETES_SERVICE_HOST=10.96.0.1
SHLVL=1
GITEA_TOKEN={d.hide(m.hex(40))}
SSH_AUTH_SOCK=/tmp/ssh-{d.keep(m.chars(12))}/agent.7
HONEYCOMB_API_KEY={d.hide("hc" + "aik_01" + m.chars(52).lower())}
TERM=xterm-256color
{d.keep("XDG_SESSION_ID=c" + m.digits(3))}
LS_COLORS={d.keep("rs=0:di=01;34:ln=01;36:mh=00:pi=40;33")}
SECRET_FILE=/run/secrets/app
BUILD_ID={d.keep(m.uuid())}
MQTT_PASS={d.hide(m.initial())}
GPG_TTY=/dev/pts/0
"""
    d.kept("SECRET_FILE=/run/secrets/app", "GPG_TTY=/dev/pts/0")
    page(d, _PASTE + "a2", text)


def curl_verbose(d: Draft) -> None:
    m = d.mint
    text = f"""* Host api.example.net:443 was resolved.
* ALPN: curl offers h2,http/1.1
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519 / id-ecPublicKey
*  subject: CN=api.example.net
* Server auth using Basic with user 'ops'
> GET /v3/tokens?per_page=2 HTTP/2
> Host: api.example.net
> authorization: Basic {b64("ops:" + d.hide(m.strong(17)))}
> cookie: lang=de; JSESSIONID={d.hide(m.hex(32).upper())}
> x-request-id: {d.keep(m.uuid())}
> accept: */*
>
< HTTP/2 200
< etag: {d.keep('W/"' + m.hex(20) + '"')}
< strict-transport-security: max-age=31536000
< set-cookie: session={d.hide(m.urlsafe(43))}; Path=/; HttpOnly; SameSite=Lax
< x-amz-cf-id: {d.keep(m.urlsafe(40) + "==")}
<
* Connection #0 to host api.example.net left intact
"""
    d.kept("/v3/tokens?per_page=2", "strict-transport-security: max-age=31536000", "TLS_AES_256_GCM_SHA384")
    page(d, _PASTE + "a3", text)


def git_remotes_and_config(d: Draft) -> None:
    m = d.mint
    token = d.hide(m.github_fine())
    text = f"""$ git remote -v
origin\thttps://x-access-token:{token}@github.com/example/infra.git (fetch)
origin\thttps://x-access-token:{token}@github.com/example/infra.git (push)
mirror\tssh://git@git.example.net:2222/ops/infra.git (fetch)
$ git config --list
user.signingkey={d.keep(m.hex(16).upper())}
credential.helper=store
http.https://dev.azure.com/.extraheader=AUTHORIZATION: basic {b64(":" + d.hide(m.chars(52, "abcdefghijklmnopqrstuvwxyz234567")))}
$ git log --oneline -3
{d.keep(m.hex(7))} Hide the token in the log
{d.keep(m.hex(7))} Merge branch 'secret-rotation'
$ git rev-parse HEAD
{d.keep(m.sha1())}
"""
    d.kept("Merge branch 'secret-rotation'", "credential.helper=store", "ssh://git@git.example.net:2222/ops/infra.git")
    page(d, _PASTE + "a4", text)


def psql_session(d: Draft) -> None:
    m = d.mint
    rows = "\n".join(f" {n} | svc_{m.word()} | {d.hide(m.hex(32))} | {d.keep(m.uuid())} | f" for n in range(1, 4))
    text = f"""shop=# \\d api_clients
   Column   |  Type   | Nullable
------------+---------+----------
 secret     | text    | not null
 token_hash | bytea   |
shop=# select id, name, secret, tenant_id, revoked from api_clients;
 id | name | secret | tenant_id | revoked
----+------+--------+-----------+---------
{rows}
(3 rows)
shop=# alter role report with password '{d.hide(m.joined())}' valid until '2027-01-01';
ALTER ROLE
shop=# show password_encryption;
 password_encryption
---------------------
 scram-sha-256
"""
    d.kept("show password_encryption;", "valid until '2027-01-01'", "token_hash | bytea")
    page(d, _PASTE + "a5", text)


def mysql_vertical(d: Draft) -> None:
    m = d.mint
    text = f"""mysql> select * from core_config_data where path like '%password%' or path like '%key%'\\G
*************************** 1. row ***************************
config_id: 411
    scope: default
     path: payment/gateway/private_key
    value: {d.hide(m.chars(32).lower())}
*************************** 2. row ***************************
config_id: 412
     path: customer/password/required_character_classes_number
    value: 3
*************************** 3. row ***************************
config_id: 413
     path: system/smtp/password
    value: {d.hide(m.strong(16))}
*************************** 4. row ***************************
config_id: 414
     path: catalog/seo/product_url_key
    value: {d.keep("blue-kettle-" + m.digits(4))}
4 rows in set (0.01 sec)
mysql> show variables like 'caching_sha2_password%';
| caching_sha2_password_public_key_path | {d.keep("public_key.pem")} |
"""
    d.kept("customer/password/required_character_classes_number", "caching_sha2_password_public_key_path")
    page(d, _PASTE + "a6", text)


def docker_ps_and_run(d: Draft) -> None:
    m = d.mint
    text = f"""$ docker ps --no-trunc --format '{{{{.ID}}}} {{{{.Image}}}} {{{{.Command}}}}'
{d.keep(m.sha256())} redis:7 "docker-entrypoint.sh redis-server --requirepass {d.hide(m.chars(20))}"
{d.keep(m.sha256())} vaultwarden/server:1.32.4 "/start.sh"
$ docker run -d -e KEYCLOAK_ADMIN=admin -e KEYCLOAK_ADMIN_PASSWORD={d.hide(m.initial())} -p 8080:8080 quay.io/keycloak/keycloak start
{d.keep(m.sha256())}
$ docker secret ls
ID                          NAME              DRIVER    CREATED
{d.keep(m.chars(25).lower())}   db_password_v2              3 months ago
$ docker exec kc /opt/keycloak/bin/kcadm.sh config credentials --server http://localhost:8080 --realm master --user admin --password {d.hide(m.passphrase())}
Logging into http://localhost:8080 as user admin of realm master
"""
    d.kept("db_password_v2", "Logging into http://localhost:8080 as user admin of realm master")
    page(d, _PASTE + "a7", text)


def stack_traces(d: Draft) -> None:
    m = d.mint
    text = f"""Traceback (most recent call last):
  File "/app/worker.py", line 88, in connect
    conn = pymongo.MongoClient(settings.MONGO_URL, password=password)
pymongo.errors.OperationFailure: bad auth : authentication failed, full error: {{'ok': 0, 'code': 8000}} uri=mongodb+srv://worker:{d.hide(m.strong(18))}@cluster0.{d.keep(m.chars(5).lower())}.mongodb.net/?retryWrites=true
Caused by: com.microsoft.sqlserver.jdbc.SQLServerException: Login failed for user 'sa'. ClientConnectionId:{d.keep(m.uuid())}
\tat com.example.Pool.open(Pool.java:44) url=jdbc:sqlserver://sql:1433;databaseName=shop;user=sa;password={d.hide(m.chars(16))};encrypt=true
panic: dial tcp: lookup redis: no such host
goroutine 1 [running]:
main.mustToken(...)
\t/src/main.go:41 {d.keep("+0x" + m.hex(5))}
main.main() ctx={{"dsn":"amqp://guest2:{d.hide(m.chars(14))}@mq:5672/"}}
node:internal/process/promises:394
InvalidTokenError: jwt malformed
    at verifyToken (/app/src/auth/token.js:17:11)
"""
    d.kept(
        "InvalidTokenError: jwt malformed",
        "at verifyToken (/app/src/auth/token.js:17:11)",
        "Login failed for user 'sa'.",
        "main.mustToken(...)",
    )
    kube(d, "/api/v1/namespaces/shop/pods/worker-0/log?previous=true", {})
    d.text(text, "text/plain")


def process_list(d: Draft) -> None:
    m = d.mint
    text = f"""USER   PID COMMAND
root     1 /sbin/init
node   411 /usr/bin/node_exporter --web.config.file=/etc/node-exporter/web.yml
app    702 java -Xmx2g -Djavax.net.ssl.trustStorePassword={d.hide(m.chars(12))} -Djavax.net.ssl.trustStore=/etc/pki/java/cacerts -jar app.jar
app    733 celery -A shop worker --broker redis://:{d.hide(m.chars(24))}@redis:6379/0
root   810 kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --rotate-certificates=true
ops    901 mc alias set store https://s3.example.net store-admin {d.hide(m.chars(40))}
root   950 gpg-agent --homedir /root/.gnupg --use-standard-socket --daemon
vault  990 vault agent -config=/etc/vault.d/agent.hcl -exit-after-auth={d.keep("false")}
"""
    d.kept(
        "--rotate-certificates=true",
        "-Djavax.net.ssl.trustStore=/etc/pki/java/cacerts",
        "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
    )
    page(d, _PASTE + "a8", text)


def http_dump(d: Draft) -> None:
    m = d.mint
    text = f"""POST /api/v4/users/login HTTP/1.1\r
Host: chat.example.net\r
Content-Type: application/json\r
Content-MD5: {d.keep(m.base64(16))}\r
Sec-WebSocket-Key: {d.keep(m.base64(16))}\r
\r
{{"login_id":"ops","password":"{d.hide(m.accented())}","token":""}}\r
HTTP/1.1 200 OK\r
Token: {d.hide(m.chars(26, "abcdefghijkmnopqrstuvwxyz13456789"))}\r
X-Version-Id: {d.keep("10.1.0." + m.digits(10) + "." + m.hex(32))}\r
Sec-WebSocket-Accept: {d.keep(m.base64(20))}\r
\r
{{"id":"{d.keep(m.chars(26, "abcdefghijkmnopqrstuvwxyz13456789"))}","last_password_update":1795596400000}}\r
"""
    d.kept('"last_password_update":1795596400000', '"token":""')
    page(d, _PASTE + "a9", text)


def certificates_and_keys_listing(d: Draft) -> None:
    m = d.mint
    text = f"""$ ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
256 {d.keep(m.fingerprint())} root@bastion (ED25519)
$ gpg --list-secret-keys --with-subkey-fingerprint
sec   ed25519 2026-01-02 [SC]
      {d.keep(m.hex(40).upper())}
uid           [ultimate] Release signing <release@example.net>
$ openssl x509 -noout -fingerprint -serial -in tls.crt
sha1 Fingerprint={d.keep(":".join(m.hex(2).upper() for _ in range(20)))}
serial={d.keep(m.hex(36).upper())}
$ openssl pkcs12 -export -out app.p12 -inkey app.key -in app.crt -passout pass:{d.hide(m.joined())}
$ age-keygen -y key.txt
{d.keep("age1" + m.chars(58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l"))}
$ kubeadm token create --print-join-command
kubeadm join 10.0.0.10:6443 --token {d.hide(m.bootstrap())} --discovery-token-ca-cert-hash {d.keep(m.digest())}
"""
    d.kept("gpg --list-secret-keys --with-subkey-fingerprint", "openssl x509 -noout -fingerprint -serial -in tls.crt")
    page(d, _PASTE + "a10", text)
