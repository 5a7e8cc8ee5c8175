"""Web pages, logins, bundles, streams."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, urlencode

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, page


def token_shown_once(d: Draft) -> None:
    """The page after "create token"; the value stands in an attribute, with entities around it."""
    m = d.mint
    token, other = d.hide(m.sendgrid()), d.hide(m.wild(22))
    text = f"""<!DOCTYPE html><html><head><title>API keys &amp; passwords</title>
<script src="https://cdn.example.com/react.{d.keep(m.hex(8))}.js" integrity="{d.keep("sha384-" + m.base64(48))}" crossorigin="anonymous"></script></head>
<body data-build="{d.keep(m.sha1())}"><h1>API key created</h1>
<p>Copy the key now: you will not see it again.</p>
<input readonly class="key" value="{token}">
<div data-props='{html.escape(json.dumps({"smtp": {"password": other, "passwordHint": None}, "user": {"id": 7}}), quote=True)}'></div>
<ul><li>Key ID: <code>{d.keep(m.chars(22))}</code></li><li>Scopes: <code>mail.send</code></li></ul>
</body></html>
"""
    d.kept("API keys &amp; passwords", "Copy the key now: you will not see it again.")
    page(d, "https://mail.example.com/settings/api_keys/new", text, "text/html")


def implicit_redirect(d: Draft) -> None:
    m = d.mint
    d.ask("GET", "https://login.example.com/oauth2/authorize?response_type=token", b"", accept="text/html")
    token = d.hide(m.jwt({"sub": m.uuid(), "exp": 1795600000, "scp": "openid"}))
    d.headers["location"] = f"https://app.example.com/cb#access_token={token}&token_type=bearer&expires_in=3600&state={d.keep(m.hex(16))}"
    d.headers["x-correlation-id"] = d.keep(m.uuid())
    d.text("<html><body>Object moved</body></html>", "text/html")
    d.kept("Object moved")
    d.status = 302


def config_script(d: Draft) -> None:
    m = d.mint
    text = (
        f"window.__CONFIG__=JSON.parse('{json.dumps({'algolia': {'appId': d.keep(m.chars(10).upper()), 'adminApiKey': d.hide(m.hex(32))}, 'mapbox': d.keep('mapbox://styles/shop/cl' + m.chars(22).lower())})}');"
        f'const client=createClient("https://xyz.supabase.co","{d.hide(m.jwt({"iss": "supabase", "role": "service_role", "exp": 2110000000}))}");'
        "export const isPasswordStrong=p=>p.length>11&&/\\d/.test(p);"
        f'import("./chunk-{d.keep(m.chars(8).upper())}.js");export const BUILD="{d.keep(m.uuid())}";\n'
    )
    d.kept("isPasswordStrong=p=>p.length>11")
    page(d, "https://app.example.com/config.js", text, "text/javascript")


def messages_stream(d: Draft) -> None:
    m = d.mint
    lines = [
        f"event: message_start\ndata: {json.dumps({'type': 'message_start', 'message': {'id': d.keep('msg_01' + m.chars(22)), 'role': 'assistant', 'usage': {'input_tokens': 2095, 'output_tokens': 1}}})}\n\n"
    ]
    for piece in (
        "The file sets `STRIPE_KEY=" + d.hide(m.stripe("rk")) + "`",
        " which is a restricted key.",
        " Passwords belong in a vault; its commit is " + d.keep(m.sha1()),
    ):
        event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        lines.append(f"event: content_block_delta\ndata: {json.dumps(event)}\n\n")
    lines.append('event: message_stop\ndata: {"type": "message_stop"}\n\n')
    d.kept('"input_tokens": 2095', "which is a restricted key.")
    page(d, "https://llm.example.com/v1/messages", "".join(lines), "text/event-stream")


def form_answer(d: Draft) -> None:
    """OAuth 1 and older GitHub answer with a form."""
    m = d.mint
    fields = {
        "access_token": d.hide(m.github("o")),
        "scope": "repo,gist",
        "token_type": "bearer",
        "refresh_token": d.hide("ghr" + "_" + m.chars(76)),
        "request_id": d.keep(m.uuid()),
    }
    d.ask("POST", "https://github.com/login/oauth/access_token", b"client_id=x&code=y", accept="*/*")
    d.text(urlencode(fields), "application/x-www-form-urlencoded; charset=utf-8")
    d.kept("scope=repo%2Cgist", "token_type=bearer")


def presigned_upload(d: Draft) -> None:
    m = d.mint
    signature = d.hide(m.base64(256))
    query = f"Expires=1795600000&Signature={quote(signature, safe='')}&Key-Pair-Id={d.keep('K' + m.chars(13).upper())}"
    sas = f"https://shopmedia.blob.core.windows.net/uploads/{d.keep(m.uuid())}?sv=2024-08-04&sr=b&sp=cw&se=2026-11-24T11%3A15%3A00Z&sig={quote(d.hide(m.sas()), safe='')}"
    answer = {
        "assetUrl": f"https://{d.keep('d' + m.chars(13).lower() + '.cloudfront.net')}/v/{d.keep(m.hex(24))}/master.m3u8?{query}",
        "uploadUrl": sas,
        "uploadId": d.keep(m.urlsafe(72)),
    }
    api(d, "POST", "https://media.example.com/api/uploads", answer)
    d.status = 201


def session_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "user": {"id": d.keep("usr_" + m.chars(24)), "email": "eva@example.com", "passwordLastChanged": "2026-08-01", "mfaEnabled": True},
        "session_token": d.hide(m.urlsafe(64)),
        "csrfToken": d.hide(m.urlsafe(32)),
        "permissions": ["secrets:list", "tokens:read"],
        "avatar": d.keep("https://www.gravatar.com/avatar/" + m.hex(32)),
        "passwordResetRequired": False,
    }
    d.kept('"passwordLastChanged":"2026-08-01"', '["secrets:list","tokens:read"]', '"passwordResetRequired":false')
    api(d, "POST", "https://admin.example.com/api/login", answer)
    d.headers["set-cookie"] = f"sid={d.hide(m.urlsafe(40))}; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Strict"
