"""Logs, stack traces, tables and command output."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import page

_LOGS = "https://logs.example.com/raw"


def python_trace(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _LOGS + "/py",
        f"""Traceback (most recent call last):
  File "/srv/app/.venv/lib/python3.12/site-packages/sqlalchemy/engine/base.py", line 146, in __init__
    self._dbapi_connection = engine.raw_connection()
psycopg2.OperationalError: connection to server at "10.3.1.9", port 5432 failed: FATAL: too many connections
The above exception was the direct cause:
sqlalchemy.exc.OperationalError: could not connect with URL postgresql+psycopg2://report:{d.hide(m.strong(20))}@10.3.1.9:5432/report?sslmode=require
release={d.keep(m.sha1())} event_id={d.keep(m.hex(32))}
(Background on this error at: https://sqlalche.me/e/20/e3q8)
""",
    )
    d.kept("https://sqlalche.me/e/20/e3q8", "psycopg2.OperationalError")


def java_trace(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _LOGS + "/java",
        f"""2026-11-24 10:02:11.402 ERROR [orders,{d.keep(m.hex(32))},{d.keep(m.hex(16))}] 1 --- [main] o.s.boot.SpringApplication : Application run failed
java.sql.SQLException: Cannot open jdbc:sqlserver://sql.internal:1433;databaseName=orders;user=svc;password={d.hide(m.chars(17))};encrypt=true
\tat com.zaxxer.hikari.pool.HikariPool.throwPoolInitializationException(HikariPool.java:596)
\tat com.acme.security.TokenPasswordProvider.getPassword(TokenPasswordProvider.java:88)
Caused by: javax.crypto.BadPaddingException: Given final block not properly padded. Such issues can arise if a bad key is used during decryption.
""",
    )
    d.kept(
        "TokenPasswordProvider.getPassword(TokenPasswordProvider.java:88)", "databaseName=orders", "if a bad key is used during decryption"
    )


def curl_verbose(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _LOGS + "/curl",
        f"""* Connected to api.example.com (203.0.113.40) port 443
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519
*  subject: CN=api.example.com
> POST /v1/jobs HTTP/2
> Host: api.example.com
> X-API-Key: {d.hide(m.chars(36))}
> Cookie: sid={d.hide("s:" + m.chars(32) + "." + m.base64(32).rstrip("="))}; theme=dark
> Content-Type: application/json
< HTTP/2 202
< etag: {d.keep('W/"' + m.hex(32) + '"')}
< cf-ray: {d.keep(m.hex(16) + "-FRA")}
< x-request-id: {d.keep(m.uuid())}
""",
    )
    d.kept("theme=dark", "TLS_AES_256_GCM_SHA384")


def process_table(d: Draft) -> None:
    m = d.mint
    page(
        d,
        "https://runner.internal/v1/exec/ps",
        f"""    PID USER     COMMAND
      1 root     /sbin/init
    812 redis    /usr/bin/redis-server 127.0.0.1:6379
    990 app      /usr/bin/exporter --data-source=exporter:{d.hide(m.chars(16))}@(mysql:3306)/ --collect.auto_increment
   1201 app      mysqldump -h db -u backup -p{d.hide(m.chars(14))} --single-transaction shop
   1244 app      java -Djavax.net.ssl.trustStore=/etc/pki/java/cacerts -Dspring.profiles.active=prod -jar /srv/app.jar --token-ttl=3600
   1302 git      git-credential-cache exit
""",
    )
    d.kept("--token-ttl=3600", "trustStore=/etc/pki/java/cacerts", "git-credential-cache exit", "--collect.auto_increment")


def query_result(d: Draft) -> None:
    m = d.mint
    rows = [
        f" {at} | {name:<10} | {d.keep(m.uuid())} | {d.hide(m.chars(40))} | 2026-10-0{at} "
        for at, name in ((1, "billing"), (2, "search"), (3, "mobile"))
    ]
    page(
        d,
        "https://runner.internal/v1/exec/psql",
        " id | name       | public_id | api_token | created \n----+------------+-----------+-----------+---------\n"
        + "\n".join(rows)
        + "\n(3 rows)\n",
    )
    d.kept(" id | name       | public_id")


def access_log(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _LOGS + "/nginx",
        f"""203.0.113.9 - - [24/Nov/2026:10:00:01 +0000] "GET /reset?token={d.hide(m.urlsafe(32))} HTTP/1.1" 200 1822 "-" "Mozilla/5.0"
203.0.113.9 - - [24/Nov/2026:10:00:02 +0000] "GET /static/app.{d.keep(m.hex(20))}.js HTTP/1.1" 304 0 "-" "Mozilla/5.0"
203.0.113.31 - - [24/Nov/2026:10:00:03 +0000] "GET /feed.xml?access_token={d.hide(m.chars(32))} HTTP/1.1" 200 91 "-" "Feedly/1.0"
203.0.113.31 - - [24/Nov/2026:10:00:04 +0000] "GET /items?cursor={d.keep(m.urlsafe(36))} HTTP/1.1" 200 5120 "-" "okhttp/4.12"
203.0.113.31 - - [24/Nov/2026:10:00:05 +0000] "GET /orders/{d.keep(m.uuid())} HTTP/1.1" 403 12 "-" "okhttp/4.12"
""",
    )


def key_value_log(d: Draft) -> None:
    m = d.mint
    lines = (
        {
            "level": "info",
            "msg": "http client configured",
            "headers": {"authorization": ["Basic " + b64("metrics:" + d.hide(m.chars(20)))], "accept": ["*/*"]},
        },
        {"level": "debug", "msg": "minted pre-auth key", "tailscale": d.hide("tskey-" + "auth-" + m.chars(17) + "-" + m.chars(32))},
        {
            "level": "info",
            "msg": "token refreshed",
            "token_type": "Bearer",
            "token_age_ms": 12,
            "jti": d.keep(m.uuid()),
            "kid": d.keep(m.chars(27)),
        },
        {
            "level": "warn",
            "msg": "password policy: minimum length is 12",
            "password_policy": "strong",
            "password_changed_at": "2026-10-10T00:00:00Z",
        },
    )
    page(d, _LOGS + "/app.ndjson", "\n".join(json.dumps(line, separators=(",", ":")) for line in lines) + "\n", "application/x-ndjson")
    d.kept(
        '"token_type":"Bearer","token_age_ms":12',
        "password policy: minimum length is 12",
        '"password_policy":"strong"',
        '"password_changed_at":"2026-10-10T00:00:00Z"',
    )


def user_export(d: Draft) -> None:
    m = d.mint
    rows = [
        f"{d.keep(m.uuid())},{name}@example.com,{d.hide(m.password())},{d.keep('cus_' + m.chars(14))},true" for name in ("ana", "bo", "cy")
    ]
    page(
        d,
        "https://admin.example.com/export/users.csv",
        "user_id,email,initial_password,customer,active\n" + "\n".join(rows) + "\n",
        "text/csv",
    )
    d.headers["content-disposition"] = 'attachment; filename="users.csv"'
    d.kept("user_id,email,initial_password,customer,active")


def go_panic_without_secrets(d: Draft) -> None:
    m = d.mint
    page(
        d,
        _LOGS + "/go",
        f"""panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x{d.keep(m.hex(12))} pc=0x{d.keep(m.hex(12))}]

goroutine 118 [running]:
github.com/acme/auth/token.(*Verifier).Verify(0xc000{m.hex(6)}, {{0x0, 0x0}})
\t/go/pkg/mod/github.com/acme/auth@v1.2.1-0.20260101120000-{d.keep(m.hex(12))}/token/verify.go:44 +0x1c4
vcs.revision={d.keep(m.sha1())}
h1:{d.keep(m.base64(32))}
secret "db-credentials" not found in namespace "web"
""",
    )
    d.kept('secret "db-credentials" not found', "auth/token.(*Verifier).Verify")
