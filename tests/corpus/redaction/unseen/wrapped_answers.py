"""Answers inside answers: other codings, other framings."""

from __future__ import annotations

import csv
import html
import io
import json
import zlib
from urllib.parse import quote

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def soap_envelope(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><soap:Header><wsse:Security><wsse:UsernameToken><wsse:Username>b2b</wsse:Username><wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">{d.hide(spoken(m))}</wsse:Password><wsse:Nonce>{d.keep(m.base64(16))}</wsse:Nonce></wsse:UsernameToken></wsse:Security></soap:Header><soap:Body><GetConfigResponse><Result>&lt;cfg&gt;&lt;ftp user="x" pass="{d.hide(grouped(m))}"/&gt;&lt;token ttl="900"/&gt;&lt;/cfg&gt;</Result><Ticket>{d.keep(m.uuid())}</Ticket></GetConfigResponse></soap:Body></soap:Envelope>"""
    d.kept('<token ttl="900"/>')
    page(d, "https://b2b.acme.internal/Config.svc", text, "application/soap+xml; charset=utf-8")


def soap_session(d: Draft) -> None:
    m = d.mint
    text = f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><loginResponse><result><metadataServerUrl>https://acme.my.salesforce.com/services/Soap/m/62.0/{d.keep("00D" + m.chars(12))}</metadataServerUrl><passwordExpired>false</passwordExpired><sandbox>false</sandbox><sessionId>{d.hide("00D" + m.chars(12) + "!AQ" + m.chars(92))}</sessionId><userId>{d.keep("005" + m.chars(15))}</userId></result></loginResponse></soapenv:Body></soapenv:Envelope>"""
    d.kept("<passwordExpired>false</passwordExpired>")
    page(d, "https://login.salesforce.com/services/Soap/u/62.0", text, "text/xml;charset=UTF-8")


def compressed_ndjson(d: Draft) -> None:
    m = d.mint
    lines = []
    for number in range(6):
        row: dict[str, object] = {"n": number, "trace": d.keep(m.hex(32)), "tokens": number * 11}
        if number in (2, 5):
            row["args"] = ["--db-pass", d.hide(marked(m))]
        lines.append(json.dumps(row))
    d.kept('"tokens": 33')
    page(d, "https://logs.acme.internal/api/export?format=ndjson", "\n".join(lines) + "\n", "application/x-ndjson")
    d.packed("gzip", packed)


def twice_quoted_url(d: Draft) -> None:
    m = d.mint
    inner = "https://api.acme.example.org/cb?access_token=" + d.hide(m.urlsafe(30)) + "&token_type=bearer&state=" + m.urlsafe(8)
    url = "https://idp.acme.internal/continue?to=" + quote("https://portal.acme.internal/go?next=" + quote(inner, safe=""), safe="")
    text = f'<html><head><meta http-equiv="refresh" content="0; url={html.escape(url)}"></head><body>{d.keep("Your token is being checked.")} <img src="/p.gif?rid={d.keep(m.uuid())}"></body></html>'
    d.kept("token_type=bearer")
    page(d, "https://idp.acme.internal/callback", text, "text/html")
    d.status = 200
    d.headers["refresh"] = "0; url=" + url


def redirect_with_fragment(d: Draft) -> None:
    m = d.mint
    d.ask("GET", "https://idp.acme.internal/authorize?response_type=token&client_id=spa", b"")
    d.text("", "text/html")
    d.status = 302
    d.headers["location"] = (
        f"https://spa.acme.example.org/#access_token={d.hide(m.jwt({'sub': 'anna', 'exp': 1795600000}))}&token_type=bearer&expires_in=900"
    )
    d.headers["x-request-id"] = d.keep(m.uuid())
    d.kept("token_type=bearer&expires_in=900")


def headers_only(d: Draft) -> None:
    m = d.mint
    d.ask("POST", "https://app.acme.example.org/login", b"")
    d.json({"ok": True, "password_age_days": 41})
    d.headers["set-cookie"] = f"__Secure-next-auth.session-token={d.hide(m.urlsafe(90))}; Path=/; Secure; HttpOnly"
    d.headers["x-auth-token"] = d.hide(m.hex(64))
    d.headers["etag"] = d.keep('W/"' + m.urlsafe(20) + '"')
    d.headers["x-csp-hash"] = d.keep("sha256-" + m.base64(32))
    d.kept('"password_age_days": 41')


def csv_with_quotes(d: Draft) -> None:
    m = d.mint
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["login_uri", "name", "login_username", "login_password", "login_totp", "id"])
    for name in ("bank", "printer, 2nd floor", 'the "old" nas'):
        writer.writerow(["https://x.example.org", name, "anna", d.hide(m.chars(5) + '"' + m.chars(6) + ",") + "", "", d.keep(m.uuid())])
    page(d, "https://pw.acme.internal/export.csv", out.getvalue(), "text/csv")
    d.kept("login_uri,name,login_username,login_password,login_totp,id")


def mail_as_json(d: Draft) -> None:
    m = d.mint
    body = f"Hello,\r\nyour account was made.\r\n\r\n  Login:    anna\r\n  Password: {d.hide(grouped(m))}\r\n\r\nPlease change the password after the first login.\r\n"
    answer = {
        "id": d.keep(m.hex(16)),
        "threadId": d.keep(m.hex(16)),
        "historyId": d.keep(m.digits(8)),
        "payload": {
            "mimeType": "text/plain",
            "headers": [
                {"name": "Subject", "value": d.keep("Your password for the portal")},
                {"name": "Message-ID", "value": d.keep("<" + m.chars(30) + "@mail.acme.example.org>")},
            ],
            "body": {"size": len(body), "data": b64(body).replace("+", "-").replace("/", "_")},
        },
    }
    d.kept("Please change the password after the first login.")
    api(d, "GET", "https://mail.acme.example.org/api/messages/1?format=full", answer)


def yaml_in_json_in_yaml(d: Draft) -> None:
    m = d.mint
    inner = f"auth:\n  jwt:\n    secret: {d.hide(m.chars(40))}\n  ttl: 15m\n"
    patch = json.dumps({"data": {"app.yaml": inner}, "secretRef": {"name": "token-app"}})
    text = f"""apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
patches:
  - target: {{kind: ConfigMap, name: app}}
    patch: |-
      {patch}
secretGenerator:
  - name: {d.keep("db-credentials-" + m.hex(5))}
    literals: ["password={d.hide(dotted(m))}"]
images: [{{name: app, digest: "{d.keep(m.digest())}"}}]
generatorOptions: {{disableNameSuffixHash: true}}
"""
    d.kept("disableNameSuffixHash: true", "kind: ConfigMap, name: app")
    page(d, "https://git.acme.internal/raw/kustomization.yaml", text, "application/yaml")


def graphql_with_strings(d: Draft) -> None:
    m = d.mint
    inner = json.dumps({"kind": "slack", "url": d.hide(m.slack_hook())})
    data = {
        "notifications": {
            "edges": [
                {"cursor": d.keep(b64("cursor:" + m.digits(6))), "node": {"__typename": "Hook", "config": inner, "enabled": True}},
                {
                    "cursor": d.keep(b64("cursor:" + m.digits(7))),
                    "node": {"config": json.dumps({"kind": "teams", "url": d.hide(m.teams_hook())})},
                },
            ],
            "pageInfo": {"hasNextPage": False},
        },
        "me": {"apiTokens": [{"name": "ci", "token": None, "lastFour": m.chars(4)}]},
    }
    d.kept('"token":null', '"__typename":"Hook"')
    api(d, "POST", "https://hooks.acme.internal/graphql", {"data": data})


def stream_of_events(d: Draft) -> None:
    m = d.mint
    parts = [
        "event: message_start\ndata: "
        + json.dumps({"type": "message_start", "message": {"id": d.keep("msg_" + m.chars(20)), "usage": {"input_tokens": 812}}}),
        "event: content_block_delta\ndata: "
        + json.dumps({"delta": {"type": "text_delta", "text": "Connecting with the password from the vault"}}),
        "event: log\nid: "
        + d.keep(m.digits(13))
        + "\ndata: "
        + json.dumps({"line": f"sshpass -p {d.hide(spoken(m))} ssh ops@10.0.0.3 uptime"}),
        "event: env\ndata: " + b64(json.dumps({"GOOGLE_MAPS_SERVER_KEY": d.hide(m.google_key()), "REGION": "eu"})),
        "event: ping\ndata: {}",
    ]
    d.kept('"input_tokens": 812', "Connecting with the password from the vault")
    page(d, "https://agents.acme.internal/runs/8/events", "\n\n".join(parts) + "\n\n", "text/event-stream")


def multipart_related(d: Draft) -> None:
    m = d.mint
    mark = "part_" + m.hex(16)
    first = json.dumps({"name": "node.env", "md5Hash": d.keep(m.base64(16)), "contentType": "text/plain"})
    second = (
        f"NODE_ENV=production\nKEYCLOAK_CLIENT_SECRET={d.hide(m.chars(32))}\nPASSWORD_PEPPER={d.hide(m.base64(24))}\nTOKEN_BUCKET_SIZE=50\n"
    )
    d.kept("TOKEN_BUCKET_SIZE=50", "NODE_ENV=production")
    body = f"--{mark}\r\nContent-Type: application/json\r\n\r\n{first}\r\n--{mark}\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\n{second}\r\n--{mark}--\r\n"
    d.ask("GET", "https://store.acme.internal/objects/node.env?parts=all")
    d.text(body, f"multipart/related; boundary={mark}")


def zlib_text(d: Draft) -> None:
    m = d.mint
    text = f"{{\n  // settings of the gateway\n  'listen': 8080,\n  'upstreamToken': '{d.hide(m.chars(36))}',\n  'tokenHeader': 'X-Up',\n  'build': '{d.keep(m.sha1())}',\n}}\n"
    d.kept("'tokenHeader': 'X-Up'")
    page(d, "https://gw.acme.internal/settings.json5", text, "application/json5")
    d.packed("deflate", zlib.compress)


def wrapped_key_store(d: Draft) -> None:
    m = d.mint
    inner = b64(json.dumps({"client": "sync", "private_key": d.hide(keys.ec_pkcs8("unseen-wrapped")), "issued": "2026-11-24"}))
    lines = "\n".join(inner[at : at + 72] for at in range(0, len(inner), 72))
    text = f"-----BEGIN ACME CREDENTIALS-----\nX-Key-Id: {d.keep(m.hex(16))}\nX-Digest: {d.keep(m.fingerprint())}\n\n{lines}\n-----END ACME CREDENTIALS-----\n"
    page(d, "https://sync.acme.internal/bundle", text)


def escaped_letters(d: Draft) -> None:
    """A serializer that escapes every mark: what .NET and Go write for <, > and &, and letters beyond ASCII."""
    m = d.mint
    value = d.hide(m.chars(5) + "<&>" + m.chars(5) + "ü" + m.digits(3))
    text = (
        json.dumps({"Smtp": {"Password": value, "Port": 587}, "Label": "Kennwort für den Zugang", "Id": d.keep(m.uuid())})
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
    )
    d.kept("Kennwort für den Zugang", '"Port": 587')
    page(d, "https://admin.acme.internal/api/smtp", text, "application/json; charset=utf-8")


def query_log_lines(d: Draft) -> None:
    m = d.mint
    rows = [
        f'10.0.0.9 - - [24/Nov/2026:10:15:00 +0000] "GET /feed?private_token={d.hide(m.gitlab("glft"))}&format=atom HTTP/1.1" 200 812 "-" "Mozilla/5.0"',
        f'10.0.0.9 - - [24/Nov/2026:10:15:01 +0000] "GET /reset?token={d.keep("[FILTERED]")} HTTP/1.1" 302 0 "-" "curl/8"',
        f'10.0.0.7 - - [24/Nov/2026:10:15:02 +0000] "POST /hooks/{d.keep(m.uuid())} HTTP/1.1" 204 0 "-" "GitHub-Hookshot/{d.keep(m.hex(7))}"',
        f'10.0.0.7 - - [24/Nov/2026:10:15:03 +0000] "GET /api?user=svc&pass={quote(d.hide(corporate(m)))}&op=list HTTP/1.1" 200 91 "-" "-"',
        '10.0.0.7 - - [24/Nov/2026:10:15:04 +0000] "GET /static/js/password-strength.min.js?v=3 HTTP/1.1" 304 0 "-" "-"',
    ]
    d.kept("/static/js/password-strength.min.js?v=3", "GET /reset?token=[FILTERED]")
    page(d, "https://logs.acme.internal/access.log", "\n".join(rows) + "\n")
