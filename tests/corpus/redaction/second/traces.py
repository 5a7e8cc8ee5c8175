"""Logs, traces, command lines and tables of text."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import kube, page


def pod_log_java(d: Draft) -> None:
    m = d.mint
    text = f"""10:15:00.123 [main] INFO  c.e.Config - oauth.clientSecret={d.hide(m.chars(40))}, oauth.clientId={d.keep("shop-" + m.hex(8))}
10:15:00.201 [main] DEBUG o.a.k.c.producer - sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="shop" password="{d.hide(m.strong(22))}";
10:15:00.300 [main] INFO  o.a.k.c.producer - ssl.keystore.password = {d.keep("[hidden]")}, sasl.mechanism = PLAIN
10:15:01.002 [http-1] WARN  c.e.Auth - bad credentials for anna, password is wrong
java.lang.IllegalStateException: token must not be null
	at com.example.auth.TokenFilter.doFilter(TokenFilter.java:61) ~[app.jar:{d.keep(m.sha1())}]
	at com.example.auth.PasswordEncoder@{d.keep(m.hex(8))}
10:15:02.100 [http-2] INFO  c.e.Audit - session {d.keep(m.uuid())} opened from {d.keep("2001:db8:" + m.hex(4) + "::" + m.hex(4))}
"""
    d.kept("bad credentials for anna, password is wrong", "token must not be null")
    kube(d, "/api/v1/namespaces/shop/pods/orders-1/log?tailLines=200", {})
    d.text(text, "text/plain")


def http_archive(d: Draft) -> None:
    m = d.mint
    request = {
        "method": "GET",
        "url": f"https://api.example.com/v2/me?access_token={d.hide(m.urlsafe(40))}&page=2",
        "headers": [
            {
                "name": "Cookie",
                "value": f"theme=dark; connect.sid=s%3A{d.hide(m.urlsafe(24))}.sig; _ga={d.keep('GA1.2.' + m.digits(9) + '.' + m.digits(10))}",
            },
            {"name": "x-api-key", "value": d.hide(m.chars(40))},
            {"name": "traceparent", "value": d.keep(f"00-{m.hex(32)}-{m.hex(16)}-01")},
        ],
    }
    response = {
        "status": 200,
        "headers": [{"name": "etag", "value": d.keep('W/\\"' + m.hex(27) + '\\"').replace("\\", "")}],
        "content": {"size": 211, "mimeType": "application/json"},
    }
    archive = {
        "log": {
            "version": "1.2",
            "creator": {"name": "Firefox", "version": "132.0"},
            "entries": [{"request": request, "response": response}],
        }
    }
    page(d, "https://support.example.com/attachments/trace.har", json.dumps(archive, indent=1), "application/json")


def shell_history(d: Draft) -> None:
    m = d.mint
    text = f"""cd infra && terraform plan -var-file=prod.tfvars
PGPASSWORD='{d.hide(m.password())}' psql -h db.internal -U app shop -c '\\dt'
mongosh "mongodb://root:{d.hide(m.chars(20))}@mongo-0.mongo:27017/admin?authSource=admin"
sshpass -p {d.hide(m.strong(14))} scp dump.sql ops@10.0.0.4:/tmp
kubectl create secret generic api --from-literal=token={d.hide(m.chars(36))}
git commit -m "rotate password, see SEC-1412" && git show {d.keep(m.sha1())}
openssl req -new -key {d.keep("server.key")} -passin file:pass.txt
htpasswd -nB admin
openssl rand -hex 32
aws s3 presign s3://{d.keep("reports-" + m.hex(10))}/q3.pdf --expires-in 3600
curl -H 'PRIVATE-TOKEN: {d.hide(m.gitlab())}' https://gitlab.example.com/api/v4/user
"""
    d.kept("openssl rand -hex 32", "rotate password, see SEC-1412", "-passin file:pass.txt")
    page(d, "https://files.example.com/home/ops/.bash_history", text)


def ssh_key_in_log(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.openssh("held-out-2"))
    text = f"""TASK [deploy : install key] ****************************************************
changed: [web-1] => {{"checksum": "{d.keep(m.sha1())}", "md5sum": "{d.keep(m.hex(32))}", "dest": "/home/deploy/.ssh/id_ed25519"}}
--- before
+++ after: /home/deploy/.ssh/id_ed25519
{key}
TASK [deploy : known hosts] ****************************************************
ok: [web-1] => {d.keep("github.com " + m.ssh_public())}
256 {d.keep(m.fingerprint())} deploy@ci (ED25519)
PLAY RECAP: web-1 ok=12 changed=3 unreachable=0 failed=0
"""
    page(d, "https://awx.example.com/api/v2/jobs/88/stdout/?format=txt", text)


def sql_result_table(d: Draft) -> None:
    m = d.mint
    rows = []
    for number in range(3):
        rows.append(f"| {number + 1} | smtp-{number}  | {d.hide(m.strong(20))} | {d.keep(m.hex(32))} | {d.keep(f'2026-10-1{number}')} |")
    body = "\n".join(rows)
    text = f"""mysql> select id, name, secret, checksum, rotated from integrations;
+----+---------+----------------------+----------------------------------+------------+
| id | name    | secret               | checksum                         | rotated    |
+----+---------+----------------------+----------------------------------+------------+
{body}
+----+---------+----------------------+----------------------------------+------------+
3 rows in set (0.00 sec)
"""
    page(d, "https://paste.example.com/raw/" + m.chars(8), text)


def credentials_tsv(d: Draft) -> None:
    m = d.mint
    lines = ["host\tlogin\tpasswd\tssh_host_key\tnotes"]
    for number in range(3):
        note = d.keep(f"secret santa rota {m.digits(6)}")
        lines.append(f"switch-{number}.lab\tadmin\t{d.hide(m.passphrase())}\t{d.keep(m.fingerprint())}\t{note}")
    page(d, "https://wiki.example.com/download/switches.tsv", "\n".join(lines) + "\n", "text/tab-separated-values")
