"""Web servers: sign-in, pages, streams, vendors' APIs."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def oidc_tokens(d: Draft) -> None:
    m = d.mint
    answer = {
        "access_token": d.hide(m.jwt({"sub": m.uuid(), "azp": "cli"}), schema=True),
        "expires_in": 300,
        "refresh_expires_in": 1800,
        "refresh_token": d.hide(m.jwt({"typ": "Refresh", "jti": m.uuid()}), schema=True),
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": d.keep(m.uuid()),
        "scope": "email profile",
    }
    d.kept('"not-before-policy":0', '"refresh_expires_in":1800', '"scope":"email profile"')
    api(d, "POST", "https://sso.example.com/realms/acme/protocol/openid-connect/token", answer)


def login_with_cookies(d: Draft) -> None:
    m = d.mint
    d.ask("POST", "https://admin.example.com/login", b"user=ops&password=x", content_type="application/x-www-form-urlencoded")
    d.text('<html><body><p>Welcome back. <a href="/reset-password">Forgot your password?</a></p></body></html>', "text/html")
    d.headers["set-cookie"] = f"JSESSIONID={d.hide(m.hex(32).upper())}; Path=/; Secure; HttpOnly; SameSite=Lax"
    d.headers["etag"] = d.keep('"' + m.hex(32) + '"')
    d.kept('<a href="/reset-password">Forgot your password?</a>', "SameSite=Lax")


def form_page(d: Draft) -> None:
    m = d.mint
    page(
        d,
        "https://admin.example.com/settings",
        f"""<!doctype html><html><head>
<link rel="stylesheet" href="/app.css" integrity="{d.keep(m.integrity())}">
<script>window.__STATE__ = {{"apiToken":"{d.hide(m.jwt({"sub": "ops", "role": "admin"}))}","build":"{d.keep(m.sha1())}"}};</script></head>
<body><form method="post"><label for="pw">Password</label><input type="password" id="pw" name="password" autocomplete="current-password">
<input readonly name="integration_secret" value="{d.hide(m.chars(40))}"></form></body></html>
""",
        "text/html; charset=utf-8",
    )
    d.kept('<label for="pw">Password</label>', 'autocomplete="current-password"')


def event_stream(d: Draft) -> None:
    m = d.mint
    one = json.dumps({"type": "session.created", "client_secret": {"value": d.hide("ek_" + m.hex(32)), "expires_at": 1795600000}})
    page(
        d,
        "https://events.example.com/stream",
        f'id: {d.keep(m.uuid())}\nevent: open\ndata: {one}\n\nevent: usage\ndata: {{"total_tokens": 4711, "prompt_tokens": 12}}\n\ndata: [DONE]\n\n',
        "text/event-stream",
    )
    d.kept('"total_tokens": 4711', "data: [DONE]")


def webhook_endpoint(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("we_" + m.chars(24)),
        "object": "webhook_endpoint",
        "livemode": True,
        "secret": d.hide("whsec" + "_" + m.chars(32), schema=True),
        "status": "enabled",
        "url": "https://shop.example.com/hooks",
    }
    d.kept('"object":"webhook_endpoint"', '"livemode":true')
    api(d, "POST", "https://api.stripe.com/v1/webhook_endpoints", answer, request_id=d.keep("req_" + m.chars(14)))


def presigned_listing(d: Draft) -> None:
    m = d.mint
    rows = []
    for name in ("a.tgz", "b.tgz"):
        url = f"https://acme-artifacts.s3.eu-west-1.amazonaws.com/{name}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={m.aws_id()}%2F20261124%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={d.hide(m.hex(64))}"
        rows.append({"name": name, "sha256": d.keep(m.sha256()), "md5": d.keep(m.hex(32)), "download_url": url})
    d.kept("X-Amz-SignedHeaders=host", "X-Amz-Algorithm=AWS4-HMAC-SHA256")
    api(d, "GET", "https://artifacts.example.com/api/v2/releases/9/files", rows)


def issue_with_pasted_key(d: Draft) -> None:
    m = d.mint
    text = f"Steps:\n1. set `export DIGITALOCEAN_TOKEN={d.hide(m.digitalocean())}`\n2. run `doctl auth init --access-token YOUR_TOKEN_HERE`\n\nFails since {d.keep(m.sha1())}. My bot token was {d.hide(m.slack_bot())}, the docs say to use `xoxb-your-token`."
    d.kept("YOUR_TOKEN_HERE", "xoxb-your-token")
    api(
        d,
        "GET",
        "https://jira.example.com/rest/api/2/issue/OPS-8",
        {"id": d.keep(m.digits(6)), "key": "OPS-8", "fields": {"summary": "API token rejected", "description": text}},
    )


def soap_answer(d: Draft) -> None:
    m = d.mint
    page(
        d,
        "https://legacy.example.com/soap",
        f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<loginResponse><result><passwordExpired>false</passwordExpired><sessionId>{d.hide("00D" + m.chars(12) + "!" + m.chars(90))}</sessionId>
<userId>{d.keep("005" + m.chars(15))}</userId><sessionSecondsValid>7200</sessionSecondsValid></result></loginResponse></soapenv:Body></soapenv:Envelope>
""",
        "text/xml",
    )
    d.kept("<passwordExpired>false</passwordExpired>", "<sessionSecondsValid>7200</sessionSecondsValid>")


def published_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": d.keep(m.urlsafe(20)),
            "n": d.keep(m.urlsafe(256)),
            "e": "AQAB",
            "x5t": d.keep(m.urlsafe(20)),
        }
        for _ in range(2)
    ]
    d.kept('"e":"AQAB"')
    api(d, "GET", "https://sso.example.com/realms/acme/protocol/openid-connect/certs", {"keys": rows})


def http_basic_echo(d: Draft) -> None:
    m = d.mint
    head = {
        "Authorization": "Basic " + b64("ops:" + d.hide(m.chars(18))),
        "User-Agent": "curl/8.10.1",
        "X-Amzn-Trace-Id": d.keep("Root=1-" + m.hex(8) + "-" + m.hex(24)),
    }
    api(d, "GET", "https://echo.example.com/headers", {"headers": head})
    d.kept("curl/8.10.1")
