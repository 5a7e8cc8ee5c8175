"""Logs, traces of errors, audit trails and reports."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dotted, initials, leet, named, plain
from tests.corpus.redaction.services import api, page


def log_of_an_application(d: Draft) -> None:
    m = d.mint
    claims = {"sub": m.uuid(), "iss": "https://id.example.com", "exp": 1795600000}
    text = f"""2026-11-24 10:15:00.120  INFO 1 --- [main] o.s.b.a.s.UserDetailsServiceAutoConfiguration :

Using generated security password: {d.hide(m.uuid())}

2026-11-24 10:15:02.001  WARN 1 --- [exec-1] c.a.web.TokenFilter : Token expired at 2026-11-24T10:14:00Z, allowed clock skew 0
2026-11-24 10:15:02.004 DEBUG 1 --- [exec-1] c.a.web.TokenFilter : rejected {d.hide(keys.rs256(claims, "fresh"))}
2026-11-24 10:15:03.512 ERROR 1 --- [exec-2] c.a.db.Pool : Access denied for user 'crm'@'10.0.1.4' (using password: YES)
2026-11-24 10:15:03.513 DEBUG 1 --- [exec-2] c.a.db.Pool : props={{user=crm, password={d.hide(leet(m))}, ssl=true}}
2026-11-24 10:15:04.000  INFO 1 --- [exec-3] c.a.web.Mail : sent PASSWORD_RESET to user {d.keep(m.uuid())}
"""
    d.kept("(using password: YES)", "Token expired at 2026-11-24T10:14:00Z, allowed clock skew 0", "sent PASSWORD_RESET to user")
    page(d, "https://logs.example.com/raw/crm.log", text)


def access_log(d: Draft) -> None:
    m = d.mint
    text = f"""10.0.0.7 - - [24/Nov/2026:10:15:00 +0000] "GET /reset?token={d.hide(m.urlsafe(32))} HTTP/1.1" 200 512 "-" "Mozilla/5.0"
10.0.0.7 - - [24/Nov/2026:10:15:01 +0000] "GET /assets/app-{d.keep(m.hex(20))}.js HTTP/1.1" 200 81220 "-" "Mozilla/5.0"
10.0.0.8 - kim [24/Nov/2026:10:15:02 +0000] "GET /api/feed?api_key={d.hide(m.chars(32))}&page_token={d.keep(m.urlsafe(18))} HTTP/1.1" 200 99 "-" "curl/8"
10.0.0.9 - - [24/Nov/2026:10:15:03 +0000] "GET /password/forgot?next=%2Ftokens HTTP/1.1" 302 0 "-" "Mozilla/5.0"
10.0.0.9 - - [24/Nov/2026:10:15:04 +0000] "GET /oauth/callback?code={d.hide(m.urlsafe(30))}&state={d.keep(m.hex(16))} HTTP/1.1" 302 0 "-" "Mozilla/5.0"
"""
    d.kept("GET /password/forgot?next=%2Ftokens HTTP/1.1")
    page(d, "https://logs.example.com/raw/access.log", text)


def error_of_a_program(d: Draft) -> None:
    m = d.mint
    text = f"""Traceback (most recent call last):
  File "/srv/app/db.py", line 41, in connect
    return psycopg.connect(dsn, password=settings.DB_PASSWORD)
psycopg.OperationalError: connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  password authentication failed for user "app"

The above exception was the direct cause of the following exception:

sqlalchemy.exc.OperationalError: could not connect with postgresql+psycopg://app:{d.hide(plain(m))}@db:5432/app
  locals: {{'self': <Pool object at 0x{d.keep("7f" + m.hex(10))}>, 'secret_key': '{d.hide(m.hex(50))}', 'token': None, 'retries': 3}}
"""
    d.kept("password=settings.DB_PASSWORD", 'password authentication failed for user "app"', "'token': None, 'retries': 3")
    d.ask("GET", "https://app.example.com/debug/last-error")
    d.text(text)
    d.status = 500


def event_of_sentry(d: Draft) -> None:
    m = d.mint
    frame = {
        "filename": "billing/client.py",
        "function": "charge",
        "lineNo": 88,
        "vars": {
            "api_key": d.hide(m.stripe("rk")),
            "password": "[Filtered]",
            "idempotency_key": d.keep(m.uuid()),
            "customer": d.keep("cus_" + m.chars(14)),
        },
    }
    answer = {
        "eventID": d.keep(m.hex(32)),
        "entries": [
            {
                "type": "exception",
                "data": {
                    "values": [
                        {"type": "AuthError", "value": d.keep("No such token: tok_visa_declined"), "stacktrace": {"frames": [frame]}}
                    ]
                },
            },
            {
                "type": "request",
                "data": {
                    "headers": [
                        ["Authorization", "[Filtered]"],
                        ["X-Signature", d.keep("sha256=" + m.hex(64))],
                        ["Cookie", f"session={d.hide(m.urlsafe(40))}"],
                    ]
                },
            },
        ],
        "tags": [{"key": "release", "value": d.keep(m.sha1())}],
        "fingerprints": [d.keep(m.hex(32))],
    }
    d.kept('"password":"[Filtered]"', '["Authorization","[Filtered]"]')
    api(d, "GET", f"https://sentry.io/api/0/projects/acme/shop/events/{m.hex(32)}/", answer)


def lines_of_loki(d: Draft) -> None:
    m = d.mint
    lines = [
        f'level=info msg="user created" user=kim password={d.hide(initials(m))} ttl=24h',
        'level=info msg="password policy loaded" min_length=12 secret_engine=kv-v2',
        f'level=error msg="push failed" url="https://ci:{d.hide(m.gitlab("gldt"))}@git.example.com/x.git" err="403"',
        f"level=debug traceID={d.keep(m.hex(32))} span={d.keep(m.hex(16))} key=cart:{d.keep(m.uuid())} hit=true",
    ]
    values = [[str(1795500000000000000 + n), line] for n, line in enumerate(lines)]
    d.kept("min_length=12 secret_engine=kv-v2")
    api(
        d,
        "GET",
        "https://loki.example.com/loki/api/v1/query_range?query=%7Bapp%3D%22crm%22%7D",
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [
                    {"stream": {"app": "crm", "pod": f"crm-{m.chars(9, 'bcdf456789')}-{m.chars(5, 'bcdf456789')}"}, "values": values}
                ],
            },
        },
    )


def audit_of_kubernetes(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "kind": "Event",
            "level": "Metadata",
            "auditID": d.keep(m.uuid()),
            "verb": "get",
            "requestURI": d.keep("/api/v1/namespaces/shop/secrets/shop-db"),
            "user": {
                "username": "system:serviceaccount:shop:api",
                "extra": {"authentication.kubernetes.io/credential-id": [d.keep("JTI=" + m.uuid())]},
            },
            "annotations": {"authorization.k8s.io/decision": "allow"},
        },
        {
            "kind": "Event",
            "level": "RequestResponse",
            "auditID": d.keep(m.uuid()),
            "verb": "create",
            "requestURI": d.keep("/api/v1/namespaces/shop/secrets"),
            "requestObject": {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "legacy"}, "data": {"pin": b64(d.hide(named(m)))}},
        },
    ]
    page(
        d,
        "https://logs.example.com/export/kube-audit.ndjson",
        "\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n",
        "application/x-ndjson",
    )


def report_of_a_scanner(d: Draft) -> None:
    m = d.mint
    found = d.hide(m.slack_bot())
    row = {
        "RuleID": "slack-bot-token",
        "Description": d.keep("Identified a Slack Bot token, which may compromise bot integrations."),
        "StartLine": 12,
        "Match": f'token: "{found}"',
        "Secret": found,
        "File": "config/slack.yml",
        "Commit": d.keep(m.sha1()),
        "Entropy": 4.88,
        "Fingerprint": d.keep(f"{m.sha1()}:config/slack.yml:slack-bot-token:12"),
    }
    other = {
        "RuleID": "generic-api-key",
        "StartLine": 3,
        "Match": "REDACTED",
        "Secret": "REDACTED",
        "File": "app/keys.py",
        "Commit": d.keep(m.sha1()),
        "Author": "Kim Secret",
    }
    d.kept('"Secret": "REDACTED"', '"RuleID": "generic-api-key"')
    page(d, "https://ci.example.com/artifacts/gitleaks.json", "")
    d.json([row, other], indent=1)


def journal(d: Draft) -> None:
    m = d.mint
    text = f"""Nov 24 10:15:00 web1 sshd[811]: Accepted publickey for deploy from 10.0.0.3 port 50122 ssh2: ED25519 {d.keep(m.fingerprint())}
Nov 24 10:15:01 web1 sshd[812]: Failed password for invalid user admin from 198.51.100.7 port 40022 ssh2
Nov 24 10:15:02 web1 sudo[820]: kim : TTY=pts/0 ; PWD=/home/kim ; USER=root ; COMMAND=/usr/bin/smbclient //nas/vol -U backup%{d.hide(dotted(m))}
Nov 24 10:15:03 web1 systemd[1]: Started systemd-ask-password-console.service - Dispatch Password Requests to Console.
Nov 24 10:15:04 web1 dockerd[901]: level=info msg="Container failed to exit within 10s" container={d.keep(m.sha256())}
Nov 24 10:15:05 web1 app[955]: LDAP bind as cn=app,dc=example,dc=com with password "{d.hide(m.strong(15))}": Invalid credentials (49)
Nov 24 10:15:06 web1 kernel: Key type dns_resolver registered
"""
    d.kept(
        "Failed password for invalid user admin from 198.51.100.7",
        "Dispatch Password Requests to Console.",
        "PWD=/home/kim",
        "Key type dns_resolver registered",
        "Invalid credentials (49)",
    )
    page(d, "https://logs.example.com/raw/web1.journal", text)
