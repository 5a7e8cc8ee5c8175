"""Answers whose inside is coded once more."""

from __future__ import annotations

import json
import zlib
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.fresh import dated, initials, leet, named, shouted, walk
from tests.corpus.redaction.services import api, page


def gzip_answer(d: Draft) -> None:
    m = d.mint
    rows = [{"host": f"db{n}", "user": "ops", "password": d.hide(m.strong(16)), "serial": d.keep(m.uuid())} for n in range(3)]
    api(d, "GET", "https://cmdb.example.com/api/hosts?fields=all", {"count": 3, "hosts": rows, "cursor": d.keep(m.page(60))})
    d.packed("gzip", packed)


def deflated_answer(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "GET",
        "https://cmdb.example.com/api/token",
        {"session": {"token": d.hide(m.urlsafe(40)), "token_type": "opaque"}, "build": d.keep(m.sha1())},
    )
    d.kept('"token_type":"opaque"')
    d.packed("deflate", zlib.compress)


def events_of_a_stream(d: Draft) -> None:
    m = d.mint
    lines = [
        ("status", {"phase": "provision", "job": d.keep(m.uuid())}),
        ("log", {"line": f"created database user app with password {d.hide(leet(m))}"}),
        ("log", {"line": "password stored in vault at kv/app"}),
        ("result", {"credentials": {"apiKey": d.hide(m.urlsafe(27)), "expiresIn": 3600}, "digest": d.keep(m.digest())}),
    ]
    text = "".join(f"id: {n}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for n, (name, data) in enumerate(lines))
    d.kept("password stored in vault at kv/app")
    page(d, "https://provision.example.com/v1/jobs/7/events", text, "text/event-stream")


def stream_of_a_model(d: Draft) -> None:
    m = d.mint
    identity = d.keep("chatcmpl-" + m.chars(29))
    text = (
        "".join(
            "data: "
            + json.dumps(
                {
                    "id": identity,
                    "object": "chat.completion.chunk",
                    "system_fingerprint": "fp_" + m.hex(10),
                    "choices": [{"index": 0, "delta": {"content": piece}}],
                }
            )
            + "\n\n"
            for piece in ("Store ", "the ", "secret: ", "never ", "in git")
        )
        + "data: [DONE]\n\n"
    )
    d.kept('"content": "secret: "', "data: [DONE]")
    page(d, "https://api.openai.com/v1/chat/completions", text, "text/event-stream; charset=utf-8")


def rows_by_line(d: Draft) -> None:
    m = d.mint
    rows: list[dict[str, object]] = [
        {"op": "I", "table": "accounts", "after": {"id": n, "login": f"u{n}", "plain_pw": d.hide(word), "row_hash": d.keep(m.sha256())}}
        for n, word in enumerate((named(m), walk(m), dated(m)))
    ]
    rows.append({"op": "U", "table": "settings", "after": {"key": "password_min_length", "value": "12"}})
    d.kept('"key":"password_min_length","value":"12"')
    page(
        d,
        "https://cdc.example.com/stream/accounts",
        "\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n",
        "application/x-ndjson",
    )


def parts_of_a_body(d: Draft) -> None:
    m = d.mint
    mark = "batch_" + m.uuid()
    one = json.dumps({"name": "sql-admin", "value": d.hide(shouted(m)), "contentType": "password"})
    key = keys.rsa_pkcs1("fresh-part")
    body = f"--{mark}\r\nContent-Type: application/json\r\nContent-ID: <1>\r\n\r\n{one}\r\n--{mark}\r\nContent-Type: application/x-pem-file\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{d.hide(key)}\r\n--{mark}\r\nContent-Type: application/x-pem-file\r\n\r\n{d.keep(keys.certificate('fresh-part'))}\r\n--{mark}--\r\n"
    page(d, "https://store.example.com/batch", body, f"multipart/mixed; boundary={mark}")


def json_in_json_in_json(d: Draft) -> None:
    m = d.mint
    inner = json.dumps({"smtp": {"user": "mailer", "pass": d.hide(m.wild(18))}, "limits": {"passwords_per_hour": 5}})
    middle = json.dumps({"version": 3, "config": inner, "checksum": d.keep(m.sha256())})
    d.kept('"passwords_per_hour": 5')
    api(d, "GET", "https://config.example.com/v1/apps/mailer", {"app": "mailer", "payload": middle, "etag": d.keep(m.hex(16))})


def escapes_of_json(d: Draft) -> None:
    """Everything beyond letters and digits as \\u escapes, as some frameworks write it."""
    m = d.mint
    word, url = d.hide(m.accented()), f"https://push:{d.hide(m.chars(22))}@hooks.example.com/in?a=1&b=2"
    answer = json.dumps({"initialPassword": word, "callback": url, "note": "<b>password</b> expires in 7 days"})
    text = answer.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("/", "\\/")
    d.kept("<b>password</b> expires in 7 days")
    page(d, "https://portal.example.com/api/invite/8", text, "application/json")


def entities_of_xml(d: Draft) -> None:
    m = d.mint
    inner = f'<?xml version="1.0"?><connection><host>ftp.example.com</host><user>edi</user><password>{escape(d.hide(m.wild(16)))}</password><passive>true</passive></connection>'
    body = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetPartnerResult><Id>{d.keep(m.uuid())}</Id><Settings>{escape(inner)}</Settings><TokenType>urn:oasis:names:tc:SAML:2.0:assertion</TokenType></GetPartnerResult></soap:Body></soap:Envelope>'
    d.kept("<TokenType>urn:oasis:names:tc:SAML:2.0:assertion</TokenType>", "<passive>true</passive>")
    page(d, "https://edi.example.com/partners.asmx", body, "text/xml; charset=utf-8")


def form_of_a_token(d: Draft) -> None:
    m = d.mint
    text = urlencode(
        {
            "access_token": d.hide(m.github("o"), schema=True),
            "expires_in": "28800",
            "refresh_token": d.hide("ghr" + "_" + m.chars(76), schema=True),
            "refresh_token_expires_in": "15811200",
            "scope": "repo,admin:org_hook",
            "token_type": "bearer",
        }
    )
    d.kept("refresh_token_expires_in=15811200", "token_type=bearer")
    d.ask("POST", "https://github.com/login/oauth/access_token")
    d.text(text, "application/x-www-form-urlencoded; charset=utf-8")


def redirect_with_a_token(d: Draft) -> None:
    m = d.mint
    d.ask("GET", "https://id.example.com/authorize?client_id=web&response_type=token&state=af0ifjsldkj")
    state = d.keep(m.urlsafe(16))
    claims = {"sub": m.uuid(), "aud": "web", "exp": 1795600000}
    d.headers["location"] = (
        f"https://app.example.com/cb#access_token={d.hide(m.jwt(claims))}&token_type=Bearer&expires_in=3600&state={state}"
    )
    d.headers["set-cookie"] = f"idsrv.session={d.hide(m.hex(32).upper())}; path=/; secure; samesite=none"
    d.kept("token_type=Bearer&expires_in=3600")
    d.text("")
    d.status = 302


def presigned_links(d: Draft) -> None:
    """Presigned URLs: who has the signature has the object."""
    m = d.mint
    signature, sas = d.hide(m.hex(64)), d.hide(m.sas())
    one = f"https://acme-exports.s3.eu-central-1.amazonaws.com/2026/11/dump.sql.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={m.aws_id('ASIA')}%2F20261124%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T101500Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    two = f"https://acme.blob.core.windows.net/exports/dump.sql.gz?sv=2024-11-04&se=2026-11-25T00%3A00%3A00Z&sr=b&sp=r&sig={quote(sas, safe='')}"
    d.kept("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-SignedHeaders=host", "sv=2024-11-04")
    api(d, "GET", "https://exports.example.com/v1/links", {"aws": one, "azure": two, "sha256": d.keep(m.sha256())})


def archive_in_base64(d: Draft) -> None:
    m = d.mint
    files = {"app.env": f"API_SECRET={d.hide(m.chars(36))}\nLOG=info\n", "README": "Passwords live in the vault, never here.\n"}
    api(
        d,
        "GET",
        "https://config.example.com/v1/bundle",
        {"encoding": "gzip+base64", "bundle": b64(packed(json.dumps(files))), "bundle_sha256": d.keep(m.sha256())},
    )
    d.kept("Passwords live in the vault, never here.", '"encoding":"gzip+base64"')


def mail_source(d: Draft) -> None:
    m = d.mint
    text = f"""Return-Path: <noreply@example.com>
DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=2026; bh={d.keep(m.base64(32))}; b={d.keep(m.base64(128))}
Message-ID: <{d.keep(m.uuid() + "@mail.example.com")}>
Subject: Your new account
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

"""
    inner = b64(
        f"Hello Kim,\nyour account is ready.\nUser: kim\nPassword: {d.hide(initials(m))}\nPlease change the password after the first login.\n"
    )
    text += "\n".join(inner[at : at + 76] for at in range(0, len(inner), 76)) + "\n"
    d.kept("Please change the password after the first login.")
    page(d, "https://mailhog.example.com/api/v1/messages/1/download", text, "message/rfc822")


def utf16_export(d: Draft) -> None:
    m = d.mint
    text = f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Acme\\Agent]\r\n"ServerUrl"="https://agent.example.com"\r\n"EnrollmentToken"="{d.hide(m.chars(32))}"\r\n"ProductId"="{d.keep(m.uuid())}"\r\n"PasswordComplexity"=dword:00000001\r\n'
    d.kept('"PasswordComplexity"=dword:00000001')
    page(d, "https://files.example.com/export/agent.reg", "")
    d.raw(b"\xff\xfe" + text.encode("utf-16-le"), "application/octet-stream")


def graph_of_a_query(d: Draft) -> None:
    m = d.mint
    answer = {
        "data": {
            "viewer": {
                "apiTokens": {
                    "edges": [
                        {
                            "cursor": d.keep(b64("cursor:v2:" + m.digits(9))),
                            "node": {
                                "id": d.keep(b64("ApiToken:" + m.digits(6))),
                                "name": "ci",
                                "plaintext": d.hide(m.urlsafe(36)),
                                "__typename": "ApiToken",
                            },
                        }
                    ],
                    "pageInfo": {"endCursor": d.keep(m.page(24)), "hasNextPage": True},
                }
            }
        },
        "extensions": {"cost": {"requestedQueryCost": 12}},
    }
    d.kept('"__typename":"ApiToken"')
    api(d, "POST", "https://api.example.com/graphql", answer)


def mounts_of_rclone(d: Draft) -> None:
    m = d.mint
    token = {
        "access_token": d.hide(m.google_token()),
        "token_type": "Bearer",
        "refresh_token": d.hide(m.google_refresh()),
        "expiry": "2026-11-24T11:15:00.0Z",
    }
    answer = {
        "gdrive": {
            "type": "drive",
            "client_id": d.keep(f"{m.digits(12)}-{m.chars(32, 'abcdefghijklmnopqrstuvwxyz0123456789')}.apps.googleusercontent.com"),
            "client_secret": d.hide(m.google_secret()),
            "token": json.dumps(token),
            "root_folder_id": d.keep(m.chars(33)),
        },
        "local": {"type": "alias", "remote": "/srv/data"},
    }
    page(d, "http://localhost:5572/config/dump", "")
    d.json(answer, indent=1)
