"""Secrets in codings inside codings, as pipelines of logs, mails and exports make them."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, kube, page


def json_log_line_with_json(d: Draft) -> None:
    m = d.mint
    lines = []
    for number in range(3):
        request = json.dumps({"user": f"svc-{number}", "newPassword": d.hide(m.wild(16)), "rotate": False})
        inner = json.dumps({"event": "config.update", "requestId": d.keep(m.uuid()), "body": request})
        lines.append(json.dumps({"ts": 1795596400 + number, "stream": "stdout", "log": inner + "\n"}))
    lines.append(json.dumps({"ts": 1795596499, "stream": "stderr", "log": d.keep("password rotation finished: 3 of 3")}))
    page(d, "https://logs.example.net/export/shop.ndjson", "\n".join(lines) + "\n", "application/x-ndjson")


def gzip_of_yaml_in_base64(d: Draft) -> None:
    m = d.mint
    key = json.dumps(d.hide(keys.ec_pkcs8("third-gz")))
    proxy = f"http://cache:{d.hide(m.joined())}@proxy:3128"
    yaml = f"proxy_url: {proxy}\nsecretKeyRef: {d.keep('db-' + m.hex(6))}\ntls:\n  key: {key}\n"
    answer = {
        "kind": "MachineConfig",
        "spec": {
            "config": {
                "storage": {
                    "files": [
                        {
                            "path": "/etc/kube/proxy.yaml",
                            "contents": {
                                "compression": "gzip",
                                "source": "data:;base64," + b64(packed(yaml)),
                                "verification": {"hash": d.keep("sha512-" + m.hex(128))},
                            },
                        }
                    ]
                }
            }
        },
    }
    d.kept('"compression":"gzip"')
    kube(d, "/apis/machineconfiguration.openshift.io/v1/machineconfigs/99-proxy", answer)


def form_in_json(d: Draft) -> None:
    m = d.mint
    form = urlencode({"grant_type": "password", "username": "svc", "password": d.hide(m.wild(18)), "client_id": "legacy"}, quote_via=quote)
    answer = {
        "attempt": 4,
        "request": {
            "method": "POST",
            "url": d.keep("https://sso.example.net/oauth2/token?tenant=eu"),
            "contentType": "application/x-www-form-urlencoded",
            "body": form,
        },
        "response": {"status": 401, "body": json.dumps({"error": "invalid_grant", "error_description": "The password is expired"})},
        "deliveryId": d.keep(m.uuid()),
    }
    d.kept("grant_type=password", "The password is expired")
    api(d, "GET", "https://gateway.example.net/deliveries/4", answer)


def xml_with_escaped_json(d: Draft) -> None:
    m = d.mint
    config = (
        json.dumps({"host": "imap", "auth": {"user": "in", "pass": d.hide(m.chars(6) + "<" + m.chars(6) + "&" + m.chars(4))}})
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace('"', "&quot;")
    )
    text = f"""<?xml version="1.0"?>
<export version="7" checksum="{d.keep(m.hex(40))}">
  <plugin id="mail" config="{config}"/>
  <plugin id="login" label="{d.keep("Password &amp; token login")}"/>
  <script><![CDATA[connect("mqtt://dev:{d.hide(m.strong(16))}@mq:1883"); // password is in the URL]]></script>
  <policy password-min="12" token-ttl="PT15M"/>
</export>
"""
    d.kept('<policy password-min="12" token-ttl="PT15M"/>', "// password is in the URL")
    page(d, "https://cms.example.net/admin/export.xml", text, "application/xml")


def mail_with_parts(d: Draft) -> None:
    m = d.mint
    inner = b64(f"Host: vpn.example.net\nUser: anna\nPassword: {d.hide(m.passphrase())}\n")
    text = f"""From: helpdesk@example.net\r
To: anna@example.net\r
Message-ID: <{d.keep(m.uuid())}@example.net>\r
DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=k1; bh={d.keep(m.base64(32))};\r
 b={d.keep(m.base64(48))}\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="=_{m.hex(12)}"\r
\r
--=_x\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Sch=C3=B6nen Tag, attached is your access.=20\r
Temporary password=3A {d.hide("Tmp" + m.chars(11))}\r
Never tell anybody your password. We never ask for it.\r
--=_x\r
Content-Type: text/plain; name=3Dvpn.txt\r
Content-Transfer-Encoding: base64\r
\r
{inner}\r
--=_x--\r
"""
    d.kept("Never tell anybody your password. We never ask for it.")
    page(d, "https://mail.example.net/api/v1/message/9/raw", text, "message/rfc822")


def hex_dump_of_memory(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.hex(24))
    answer = {
        "keyspace": "app:config",
        "ttl": -1,
        "encoding": "raw",
        "value_hex": f"smtp.password={secret};smtp.port=587".encode().hex(),
        "sha1": d.keep(m.sha1()),
        "memory": {"address": d.keep("0x7f" + m.hex(10))},
    }
    d.kept('"encoding":"raw"')
    api(d, "GET", "https://cache.example.net/keys/app:config?format=hex", answer)


def jwt_inside_base64(d: Draft) -> None:
    m = d.mint
    token = d.hide(m.jwt({"sub": "svc-sync", "role": "admin", "exp": 1795600000}))
    blob = b64(json.dumps({"auths": {"charts.example.net": {"identitytoken": token}}, "credsStore": ""}))
    wrapped = "".join(f"        {blob[at : at + 64]}\n" for at in range(0, len(blob), 64))
    text = f"""apiVersion: v1
kind: List
items:
  - metadata:
      name: {d.keep("charts-pull-secret")}
      annotations: {{checksum/config: {d.keep(m.sha256())}}}
    config: |-
{wrapped}"""
    page(d, "https://git.example.net/ops/charts/raw/list.yaml", text, "application/yaml")


def multipart_user_data(d: Draft) -> None:
    m = d.mint
    text = f"""Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"
MIME-Version: 1.0

--MIMEBOUNDARY
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/bash
set -eu
aws configure set aws_secret_access_key {d.hide(m.aws_secret())}
echo '{d.hide(m.initial())}' | passwd --stdin deploy
wget -q https://dl.example.net/agent-{d.keep("2.11.0-" + m.hex(7))}.deb

--MIMEBOUNDARY
Content-Type: text/cloud-config

ntp: {{enabled: true}}
password_policy: {{min_length: 14}}
--MIMEBOUNDARY--
"""
    d.kept("password_policy: {min_length: 14}")
    api(d, "GET", "https://api.example-cloud.net/v2/servers/4/user_data", {"user_data": b64(text), "etag": d.keep(m.hex(32))})


def event_stream(d: Draft) -> None:
    m = d.mint
    chunks: list[str] = []
    for text in ("Your ", "token ", "limit ", "is "):
        chunks.append(
            "data: " + json.dumps({"id": "c1", "delta": {"type": "text", "text": text}, "usage": {"output_tokens": len(chunks) + 1}})
        )
    chunks.append('event: tool_result\ndata: {"tool":"shell","output":"DB_PASS=' + d.hide(m.strong(18)) + '\\nDB_PORT=5432\\n"}')
    chunks.append(": keep-alive " + d.keep(m.hex(16)))
    chunks.append("data: [DONE]")
    d.kept('"text": "token "', '"output_tokens": 2', "DB_PORT=5432")
    page(d, "https://agents.example.net/v1/runs/7/stream", "\n\n".join(chunks) + "\n\n", "text/event-stream")


def watch_of_configmaps(d: Draft) -> None:
    m = d.mint
    lines = []
    for number in range(3):
        data = {"token-ttl": "15m", "admin_password": d.hide(m.chars(14))} if number == 1 else {"password-policy": "strict", "log": "info"}
        uid = d.keep(m.uuid())
        lines.append(
            json.dumps(
                {
                    "type": "MODIFIED",
                    "object": {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": f"cm-{number}", "uid": uid}, "data": data},
                }
            )
        )
    d.kept('"token-ttl": "15m"', '"password-policy": "strict"')
    kube(d, "/api/v1/namespaces/shop/configmaps?watch=1", {})
    d.text("\n".join(lines) + "\n", "application/json")


def escaped_slashes_and_unicode(d: Draft) -> None:
    """PHP's own JSON: escaped slashes, escaped letters."""
    m = d.mint
    secret = d.hide("Grün" + m.chars(9) + "/" + m.chars(5) + "ß")
    text = json.dumps(
        {
            "dsn": "pgsql:host=db",
            "pass": secret,
            "hint": d.keep("Paßwort vergessen?"),
            "path": d.keep("/etc/ssl/private"),
            "etag": d.keep(m.hex(32)),
        }
    ).replace("/", "\\/")
    page(d, "https://panel.example.net/api/config.php", text, "application/json; charset=utf-8")


def jsonp_and_csv(d: Draft) -> None:
    m = d.mint
    rows = ["id;name;wifi_password;mac;note"]
    for number in range(3):
        rows.append(
            f'{number};"room {number}";"{d.hide(m.joined())}";{d.keep(":".join(m.hex(2) for _ in range(6)))};"{d.keep("password printed on the sticker " + m.digits(4))}"'
        )
    answer = "callback(" + json.dumps({"file": "rooms.csv", "content": "\r\n".join(rows)}) + ");"
    page(d, "https://inventory.example.net/export?callback=callback", answer, "application/javascript")
