"""What stood on terminals and in logs of jobs."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, kube, page
from tests.corpus.redaction.unseen import dotted, grouped, marked, spoken

_BIN = "https://bin.acme.internal/"


def vault_cli(d: Draft) -> None:
    m = d.mint
    text = f"""$ vault kv get secret/erp/db
====== Secret Path ======
secret/data/erp/db

======= Metadata =======
Key                Value
---                -----
created_time       2026-11-02T08:41:07.104Z
version            12

====== Data ======
Key         Value
---         -----
password    {d.hide(spoken(m))}
username    erp
$ vault token create -policy=ci
Key                  Value
---                  -----
token                {d.hide("hv" + "s." + m.chars(24))}
token_accessor       {d.keep(m.chars(24))}
token_duration       768h
token_renewable      true
token_policies       ["ci" "default"]
"""
    d.kept('token_policies       ["ci" "default"]', "token_duration       768h", "====== Secret Path ======")
    page(d, _BIN + "b1", text)


def oc_and_kubectl(d: Draft) -> None:
    m = d.mint
    text = f"""$ oc whoami -t
sha256~{d.hide(m.urlsafe(32))}
$ oc get secrets
NAME                       TYPE                                  DATA   AGE
builder-token-{d.keep("x" + m.chars(4).lower())}        kubernetes.io/service-account-token   4      31d
db-password                Opaque                                2      88d
$ kubectl get secret db -o jsonpath='{{.data.password}}' | base64 -d
{d.hide(grouped(m))}
$ kubectl create secret generic smtp --from-literal=user=x --from-literal=password='{d.hide(marked(m))}'
secret/smtp created
$ kubectl auth can-i get secrets --as=system:serviceaccount:erp:token-runner
yes
$ kubectl get pods -o wide
token-runner-{d.keep(m.hex(9) + "-" + m.chars(5).lower())}   1/1   Running   0   3h   10.1.2.3   node-4
"""
    d.kept(
        "secret/smtp created",
        "db-password                Opaque",
        "kubectl auth can-i get secrets --as=system:serviceaccount:erp:token-runner",
    )
    page(d, _BIN + "b2", text)


def shell_trace(d: Draft) -> None:
    m = d.mint
    text = f"""+ set -o pipefail
+ TOKEN={d.hide(m.hex(40))}
+ curl -fsS -H 'Authorization: token ***' https://gitea.acme.internal/api/v1/version
+ export RESTIC_PASSWORD={d.hide(dotted(m))}
+ RESTIC_PASSWORD_FILE=
+ restic snapshots --json
[{{"id":"{d.keep(m.sha256())}","short_id":"{d.keep(m.hex(8))}","tree":"{d.keep(m.sha256())}"}}]
+ az login --service-principal -u {d.keep(m.uuid())} -p {d.hide(m.azure_secret())} --tenant {d.keep(m.uuid())}
+ cosign verify --key cosign.pub r.acme.internal/web@{d.keep(m.digest())}
+ test -n '' -o -n password.txt
"""
    d.kept("+ RESTIC_PASSWORD_FILE=", "'Authorization: token ***'", "+ test -n '' -o -n password.txt")
    page(d, _BIN + "b3", text)


def ansible_verbose(d: Draft) -> None:
    m = d.mint
    result = {
        "changed": False,
        "diff": {"before": "", "after": f"IPMI_PASS={d.hide(m.chars(16))}\nIPMI_USER=root\n"},
        "invocation": {
            "module_args": {"password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "api_token": d.hide(m.chars(48)), "validate_certs": True}
        },
        "uid": 0,
    }
    text = f"""TASK [bmc : settings] *********************************************************
task path: /srv/roles/bmc/tasks/main.yml:12
<bmc-1> SSH: EXEC sshpass -d12 ssh -o ControlPath=/root/.ansible/cp/{d.keep(m.hex(10))} bmc-1
changed: [bmc-1] => {json.dumps(result)}
skipping: [bmc-2] => {{"false_condition": "reset_password | bool", "skip_reason": "Conditional result was False"}}
PLAY RECAP ********************************************************************
"""
    d.kept('"password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"', '"false_condition": "reset_password | bool"', "sshpass -d12 ssh")
    api(
        d,
        "GET",
        "https://semaphore.acme.internal/api/project/1/tasks/9/output",
        [{"task_id": 9, "output": line} for line in text.splitlines()],
    )


def journal_lines(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "MESSAGE": f"Started with config {{DB:{{User:app Password:{d.hide(m.chars(18))} Name:app}} TTL:15m0s}}",
            "_SYSTEMD_UNIT": "token-api.service",
        },
        {"MESSAGE": "pam_unix(sshd:auth): authentication failure; user=anna", "_BOOT_ID": d.keep(m.hex(32))},
        {"MESSAGE": f"COMMAND=/usr/sbin/useradd -p {d.hide(dotted(m))} guest", "_MACHINE_ID": d.keep(m.hex(32))},
        {
            "MESSAGE": d.keep("Accepted publickey for deploy from 10.0.0.8 port 51122 ssh2: ED25519 " + m.fingerprint()),
            "__CURSOR": d.keep(f"s={m.hex(32)};i={m.hex(5)};b={m.hex(32)}"),
        },
        {"MESSAGE": d.keep("Token bucket of 10.0.0.8 is empty, dropping")},
    ]
    page(d, "https://host-4.acme.internal:19531/entries", "\n".join(json.dumps(row) for row in rows) + "\n", "application/json")


def database_shells(d: Draft) -> None:
    m = d.mint
    text = f"""mongosh> db.getSiblingDB("admin").createUser({{user: "bi", pwd: "{d.hide(spoken(m))}", roles: ["read"]}})
{{ ok: 1, '$clusterTime': {{ signature: {{ keyId: Long("{d.keep(m.digits(19))}") }} }} }}
127.0.0.1:6379> CONFIG GET requirepass
1) "requirepass"
2) "{d.hide(m.chars(24))}"
127.0.0.1:6379> ACL GENPASS
"{d.hide(m.hex(64))}"
1> CREATE LOGIN web WITH PASSWORD = '{d.hide(marked(m))}', CHECK_POLICY = ON
2> GO
sqlite> select key, value from settings;
admin_email|root@acme.example.org
smtp_secret|{d.hide(grouped(m))}
password_min_length|14
cqlsh> LIST ROLES;
SQL> ALTER PROFILE app LIMIT PASSWORD_LIFE_TIME 90;
SQL> select sid, serial# from v$session where sql_id='{d.keep(m.chars(13).lower())}';
"""
    d.kept("ALTER PROFILE app LIMIT PASSWORD_LIFE_TIME 90;", "password_min_length|14", "CHECK_POLICY = ON")
    page(d, _BIN + "b6", text)


def org_and_rest_tables(d: Draft) -> None:
    m = d.mint
    rows = "\n".join(f"| {name:<10} | {d.hide(m.chars(16))} | {d.keep(m.hex(8))} |" for name in ("idrac-1", "idrac-2", "ups"))
    text = f"""* Out of band access
| device     | passphrase       | asset    |
|------------+------------------+----------|
{rows}

=========  ==============  =====================
Service    Token lifetime  Owner
=========  ==============  =====================
web        15 minutes      password-team
batch      24 hours        {d.keep("secrets-guild-" + m.hex(4))}
=========  ==============  =====================
"""
    d.kept("Service    Token lifetime  Owner", "web        15 minutes      password-team")
    page(d, _BIN + "b7", text)


def capture_and_strace(d: Draft) -> None:
    m = d.mint
    text = f"""220 ftp.acme.example.org ready
USER upload
331 Password required for upload
PASS {d.hide(dotted(m))}
230 Login successful
write(3, "*2\\r\\n$4\\r\\nAUTH\\r\\n$20\\r\\n{d.hide(m.chars(20))}\\r\\n", 41) = 41
read(3, "+OK\\r\\n", 16) = 5
EHLO web
AUTH PLAIN {b64(chr(0) + "web" + chr(0) + d.hide(grouped(m)))}
235 2.7.0 Authentication successful
a1 LOGIN "scan" "{d.hide(spoken(m))}"
a1 OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER] Logged in
openat(AT_FDCWD, "/run/secrets/token", O_RDONLY) = 4
Session-ID: {d.keep(m.hex(64).upper())}
"""
    d.kept("331 Password required for upload", 'openat(AT_FDCWD, "/run/secrets/token", O_RDONLY)', "AUTH=OAUTHBEARER")
    page(d, _BIN + "b8", text)


def compose_config_output(d: Draft) -> None:
    m = d.mint
    answer = {
        "name": "erp",
        "services": {
            "web": {
                "command": None,
                "environment": {
                    "DJANGO_SECRET": d.hide(m.strong(50)),
                    "PASSWORD_HASHERS": "argon2",
                    "BROKER": f"amqp://w:{d.hide(m.chars(16))}@mq//",
                },
                "secrets": [{"source": "db_password", "target": "db_password"}],
            }
        },
        "secrets": {"db_password": {"name": "erp_db_password", "file": d.keep("/srv/erp/secrets/db_password.txt")}},
        "x-digest": d.keep(m.digest()),
    }
    d.kept('"PASSWORD_HASHERS": "argon2"', '"source": "db_password"')
    page(d, _BIN + "b9", json.dumps(answer, indent=2), "application/json")


def http_client_dumps(d: Draft) -> None:
    m = d.mint
    text = f"""send: b'POST /oauth/token HTTP/1.1\\r\\nHost: idp\\r\\nAuthorization: Basic {b64("portal:" + d.hide(m.chars(32)))}\\r\\n\\r\\n'
reply: 'HTTP/1.1 200 OK\\r\\n'
header: X-RateLimit-Reset: 1795596400
header: Set-Cookie: SSOID={d.hide(m.urlsafe(32))}; Secure
DEBUG:urllib3.connectionpool:https://idp:443 "POST /oauth/token HTTP/1.1" 200 1432
{{"access_token": "{d.hide(m.urlsafe(64))}", "token_type": "Bearer", "expires_in": 900}}
$ http --print=Hh GET api.acme.internal/me 'X-API-KEY:{d.hide(m.hex(32))}'
HTTP/1.1 200 OK
ETag: "{d.keep(m.hex(32))}"
X-B3-TraceId: {d.keep(m.hex(32))}
$ websocat -H='Sec-WebSocket-Protocol: v4.token.k8s.io' wss://x
"""
    d.kept('"POST /oauth/token HTTP/1.1" 200 1432', "header: X-RateLimit-Reset: 1795596400", "Sec-WebSocket-Protocol: v4.token.k8s.io")
    page(d, _BIN + "b10", text)


def crash_of_a_job(d: Draft) -> None:
    m = d.mint
    text = f"""Exception in thread "main" java.sql.SQLException: ORA-01017: invalid username/password; logon denied
	at oracle.jdbc.driver.T4CConnection.logon(T4CConnection.java:1)
Properties: {{user=etl, password={d.hide(spoken(m))}, oracle.net.CONNECT_TIMEOUT=5000}}
thread 'main' panicked at src/auth/token.rs:41:9: called `Result::unwrap()` on an `Err` value: Unauthorized {{ url: "https://u:{d.hide(m.chars(16))}@api.acme.internal/v1" }}
   0: std::panicking::begin_panic_handler
             at /rustc/{d.keep(m.sha1())}/library/std/src/panicking.rs:665
Unhandled rejection SequelizeConnectionError: password authentication failed for user "web"
  config: {{ database: 'web', username: 'web', password: '{d.hide(grouped(m))}', dialect: 'postgres' }},
  at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:278:15)
System.ArgumentException: Keyword not supported: 'passwd'. CorrelationId={d.keep(m.uuid())}
"""
    d.kept(
        "ORA-01017: invalid username/password; logon denied",
        'password authentication failed for user "web"',
        "Keyword not supported: 'passwd'",
        "at src/auth/token.rs:41:9",
    )
    kube(d, "/api/v1/namespaces/erp/pods/etl-1/log", {})
    d.text(text, "text/plain")


def aws_cli_outputs(d: Draft) -> None:
    m = d.mint
    text = f"""$ aws sts assume-role --role-arn arn:aws:iam::111122223333:role/x --role-session-name y --output text
ASSUMEDROLEUSER	{d.keep("AROA" + m.chars(17).upper() + ":y")}
CREDENTIALS	{m.aws_id("ASIA")}	2026-11-24T11:15:00+00:00	{d.hide(m.aws_secret())}	{d.hide(m.aws_session())}
$ aws secretsmanager get-secret-value --secret-id x --query SecretString --output text
{{"user":"x","pass":"{d.hide(marked(m))}"}}
$ aws secretsmanager list-secrets --query 'SecretList[].Name'
["erp/db-password", "erp/token"]
$ gcloud auth print-access-token
{d.hide("ya29" + ".a0A" + m.urlsafe(140))}
$ az account get-access-token --query expiresOn
"2026-11-24 12:15:00.000000"
$ aws s3api head-object --bucket b --key token.txt
{{"ETag": "\\"{d.keep(m.hex(32))}\\"", "VersionId": "{d.keep(m.chars(32))}"}}
"""
    d.kept('["erp/db-password", "erp/token"]', "--query SecretString --output text")
    page(d, _BIN + "b12", text)


def keys_on_screen(d: Draft) -> None:
    m = d.mint
    text = f"""root@gw:~# cat /etc/wireguard/privatekey
{d.hide(m.base64(32))}
root@gw:~# cat /etc/wireguard/publickey
{d.keep(m.base64(32))}
root@gw:~# wg show
interface: wg0
  public key: {d.keep(m.base64(32))}
  private key: (hidden)
  preshared key: (hidden)
root@gw:~# step ca token web.acme.internal
{d.hide(m.jwt({"aud": "https://ca/1.0/sign", "sub": "web.acme.internal"}, {"alg": "ES256", "kid": m.urlsafe(32)}))}
root@gw:~# cat id_rsa
{d.hide(keys.rsa_pkcs1("unseen-screen"))}root@gw:~# ssh-keygen -E md5 -lf id_rsa.pub
2048 MD5:{d.keep(":".join(m.hex(2) for _ in range(16)))} root@gw (RSA)
"""
    d.kept("private key: (hidden)", "preshared key: (hidden)")
    page(d, _BIN + "b13", text)
