"""Logs, traces, command lines and tables of text."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, page


def pod_log(d: Draft) -> None:
    m = d.mint
    token = d.hide(keys.service_account("api", "kubernetes.default", "shop", m.uuid()))
    text = f"""2026-11-24T10:15:00Z INFO  starting, commit {d.keep(m.sha1())}
2026-11-24T10:15:00Z DEBUG request GET /apis/apps/v1 Authorization: Bearer {token}
2026-11-24T10:15:01Z WARN  invalid token for user 8812, token expired 3 minutes ago
2026-11-24T10:15:01Z ERROR dial tcp: auth failed: redis://default:{d.hide(m.chars(28))}@redis.shop.svc:6379 WRONGPASS
2026-11-24T10:15:02Z INFO  request_id={d.keep(m.uuid())} trace_id={d.keep(m.hex(32))} duration=12ms
2026-11-24T10:15:02Z INFO  goroutine 12 [running]: main.(*Session).Auth(0x{d.keep("c000" + m.hex(6))}, 0x1)
2026-11-24T10:15:03Z INFO  key rotation done: kid={d.keep(m.urlsafe(20))} next in 24h
"""
    d.kept("invalid token for user 8812, token expired 3 minutes ago")
    kube(d, "/api/v1/namespaces/shop/pods/api-1/log?follow=false", {})
    d.text(text, "text/plain")


def curl_trace(d: Draft) -> None:
    m = d.mint
    text = f"""*   Trying 10.0.4.7:443...
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519 / RSASSA-PSS
*  subject: CN=api.example.com
> GET /v1/orders?limit=10 HTTP/1.1
> Host: api.example.com
> Authorization: Basic {b64("svc-orders:" + d.hide(m.strong(18)))}
> X-Request-Id: {d.keep(m.uuid())}
> If-None-Match: {d.keep(m.etag())}
>
< HTTP/1.1 200 OK
< Set-Cookie: session={d.hide(m.urlsafe(48))}; Path=/; HttpOnly; SameSite=Lax
< X-Amz-Cf-Id: {d.keep(m.base64(40).replace("+", "-").replace("/", "_"))}
< WWW-Authenticate: Bearer realm="api", error="invalid_token"
"""
    d.kept('WWW-Authenticate: Bearer realm="api", error="invalid_token"', "TLS_AES_256_GCM_SHA384")
    page(d, "https://paste.example.com/raw/" + m.chars(8), text)


def ndjson_log(d: Draft) -> None:
    m = d.mint
    rows = [
        {"level": "info", "msg": "config loaded", "config": {"db": {"user": "shop", "password": d.hide(m.chars(20))}, "token_ttl": "15m"}},
        {
            "level": "debug",
            "msg": "POST /login",
            "body": json.dumps({"email": "a@example.com", "password": d.hide(m.password())}),
            "span": d.keep(m.hex(16)),
        },
        {"level": "info", "msg": "password reset mail sent", "user": d.keep(m.uuid())},
        {"level": "info", "msg": "webhook delivered", "url": d.hide(m.discord_hook()), "delivery": d.keep(m.uuid())},
        {"level": "info", "msg": "author changed", "keyboard": "de", "monkey": True, "passenger": d.keep("Eva Password-Miller")},
    ]
    d.kept("password reset mail sent", '"keyboard": "de"')
    page(d, "https://logs.example.com/export/shop.ndjson", "\n".join(json.dumps(row) for row in rows) + "\n", "application/x-ndjson")


def process_list(d: Draft) -> None:
    m = d.mint
    text = f"""UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 Nov23 ?        00:00:04 /sbin/init
mysql        811       1  0 Nov23 ?        00:11:39 /usr/sbin/mysqld --defaults-file=/etc/my.cnf
ops         9120    9001  0 10:15 pts/0    00:00:00 mysql -h db -u root -p{d.hide(m.chars(16))} shop
ops         9130    9001  0 10:15 pts/0    00:00:00 curl -u admin:{d.hide(m.passphrase())} https://nexus.example.com/service/rest/v1/status
ops         9131    9001  0 10:15 pts/0    00:00:00 redis-cli -a {d.hide(m.chars(24))} ping
ops         9140    9001  0 10:15 pts/0    00:00:00 ssh -p 2222 -i {d.keep("/home/ops/.ssh/id_rsa_prod")} bastion
ops         9141    9001  0 10:15 pts/0    00:00:00 gpg --batch --passphrase {d.hide(m.strong(20))} -d dump.gpg
ops         9150    9001  0 10:15 pts/0    00:00:00 docker run -p 8080:80 --env-file {d.keep("/etc/shop/prod.env")} web
"""
    d.kept("ssh -p 2222", "docker run -p 8080:80", "--defaults-file=/etc/my.cnf")
    page(d, "https://ops.example.com/hosts/db-7/ps", text)


def aws_table_output(d: Draft) -> None:
    m = d.mint
    secret, name = d.hide(m.aws_secret()), d.keep("/prod/db/password-policy")
    text = f"""------------------------------------------------------------------------------------
|                                  CreateAccessKey                                 |
+----------------------------------------------------------------------------------+
||                                    AccessKey                                   ||
|+------------------+-------------------------------------------------------------+|
||  AccessKeyId     |  {m.aws_id():<59}||
||  CreateDate      |  {d.keep("2026-11-24T10:15:00+00:00"):<59}||
||  SecretAccessKey |  {secret:<59}||
||  Status          |  Active                                                     ||
||  UserName        |  exporter                                                   ||
|+------------------+-------------------------------------------------------------+|
|  {name}  |  String  |  {d.keep("min=12;max=64")}  |
"""
    page(d, "https://paste.example.com/raw/" + m.chars(8), text)


def user_table_csv(d: Draft) -> None:
    m = d.mint
    lines = ["id,user,email,password,last_login,api_key_id"]
    for number in range(1, 4):
        user = f"user{number}@example.com"
        lines.append(f"{number},u{number},{user},{d.hide(m.password())},{d.keep(f'2026-11-0{number} 08:00:00')},{d.keep(m.uuid())}")
    page(d, "https://admin.example.com/export/users.csv", "\r\n".join(lines) + "\r\n", "text/csv; charset=utf-8")
