"""HTML pages and the scripts in them."""

from __future__ import annotations

import html
import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dotted, leet, team
from tests.corpus.redaction.services import page

_HTML = "text/html; charset=utf-8"


def settings_form(d: Draft) -> None:
    m = d.mint
    nonce = d.keep(m.base64(16))
    text = f"""<!DOCTYPE html><html><head><meta name="csrf-param" content="authenticity_token">
<link rel="stylesheet" href="/app.css" integrity="{d.keep(m.integrity())}" crossorigin="anonymous">
<script nonce="{nonce}">window.page = "mail-settings"</script></head><body>
<form action="/admin/mail" method="post">
<label for="smtp_password">SMTP password</label>
<input type="password" id="smtp_password" name="smtp_password" value="{html.escape(d.hide(m.wild(15)))}">
<input type="text" name="api_key" value="{d.hide(m.chars(32))}" readonly>
<input type="password" name="new_password" placeholder="Enter new password" autocomplete="new-password">
<a href="/password/reset">Forgot your password?</a></form></body></html>"""
    d.kept('placeholder="Enter new password" autocomplete="new-password"', "Forgot your password?", 'content="authenticity_token"')
    page(d, "https://admin.example.com/mail", text, _HTML)
    d.headers["content-security-policy"] = f"script-src 'nonce-{nonce}'"


def state_of_a_page(d: Draft) -> None:
    m = d.mint
    state = {
        "props": {
            "pageProps": {
                "session": {"user": "kim", "accessToken": d.hide(m.jwt({"sub": m.uuid(), "exp": 1795600000}))},
                "flags": {"passwordless": True, "tokenRefresh": "eager"},
            }
        },
        "buildId": d.keep(m.urlsafe(15)),
        "runtimeConfig": {"mapsKey": m.google_key(), "stripe": d.keep(m.publishable())},
    }
    d.kept('"flags":{"passwordless":true,"tokenRefresh":"eager"}')
    text = f'<!DOCTYPE html><html><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{json.dumps(state, separators=(",", ":"))}</script><script src="/_next/static/chunks/main-{d.keep(m.hex(16))}.js" defer></script></body></html>'
    page(d, "https://office.example.com/dashboard", text, _HTML)


def page_after_making_a_token(d: Draft) -> None:
    m = d.mint
    text = f"""<html><body><div class="flash">Make sure to copy your personal access token now. You will not see it again!</div>
<code id="new-oauth-token" class="token">{d.hide(m.hex(40))}</code>
<clipboard-copy for="new-oauth-token" aria-label="Copy token"></clipboard-copy>
<table><tr><th>Token</th><th>Last used</th></tr><tr><td>renovate</td><td><time datetime="2026-11-20T08:00:00Z">4 days ago</time></td></tr></table>
<p>SHA-256 fingerprint of the host: <code>{d.keep(m.fingerprint())}</code></p></body></html>"""
    d.kept("You will not see it again!", 'aria-label="Copy token"', "<td>renovate</td>")
    page(d, "https://git.example.org/user/settings/applications", text, _HTML)


def debug_page(d: Draft) -> None:
    m = d.mint
    text = f"""<html><head><title>OperationalError at /orders</title></head><body><table class="req">
<tr><td>DATABASES</td><td class="code"><pre>{{&#x27;default&#x27;: {{&#x27;ENGINE&#x27;: &#x27;postgresql&#x27;, &#x27;PASSWORD&#x27;: &#x27;********************&#x27;}}}}</pre></td></tr>
<tr><td>SECRET_KEY</td><td class="code"><pre>&#x27;********************&#x27;</pre></td></tr>
<tr><td>BROKER_URL</td><td class="code"><pre>&#x27;amqp://celery:{d.hide(dotted(m))}@mq:5672//&#x27;</pre></td></tr>
<tr><td>HTTP_COOKIE</td><td class="code"><pre>&#x27;sessionid={d.hide(m.chars(32, "abcdefghijklmnopqrstuvwxyz0123456789"))}&#x27;</pre></td></tr>
<tr><td>PASSWORD_RESET_TIMEOUT</td><td class="code"><pre>259200</pre></td></tr>
<tr><td>AUTH_PASSWORD_VALIDATORS</td><td class="code"><pre>[{{&#x27;NAME&#x27;: &#x27;django.contrib.auth.password_validation.MinimumLengthValidator&#x27;}}]</pre></td></tr>
</table></body></html>"""
    d.kept(
        '<tr><td>PASSWORD_RESET_TIMEOUT</td><td class="code"><pre>259200</pre></td></tr>',
        "django.contrib.auth.password_validation.MinimumLengthValidator",
    )
    page(d, "https://shop.example.com/orders", text, _HTML)
    d.status = 500


def information_of_php(d: Draft) -> None:
    m = d.mint
    rows = (
        ("PHP_SHA256", d.keep(m.sha256())),
        ("MYSQL_PASSWORD", d.hide(leet(m))),
        ("MAILER_DSN", "smtp://mail:" + d.hide(m.chars(18)) + "@smtp:587"),
        ("GPG_KEYS", d.keep(m.hex(40).upper())),
    )
    cells = "".join(f'<tr><td class="e">{name} </td><td class="v">{value} </td></tr>\n' for name, value in rows)
    auth = b64("kim:" + d.hide(team(m)))
    text = f'<html><body><h2>Environment</h2><table>\n{cells}</table><h2>HTTP Headers Information</h2><table><tr><td class="e">Authorization </td><td class="v">Basic {auth} </td></tr></table><table><tr><td class="e">session.use_only_cookies</td><td class="v">On</td></tr><tr><td class="e">mysqli.default_pw</td><td class="v"><i>no value</i></td></tr></table></body></html>'
    d.kept('<td class="e">mysqli.default_pw</td><td class="v"><i>no value</i></td>')
    page(d, "https://old.example.com/info.php", text, _HTML)


def login_page(d: Draft) -> None:
    """Nothing here is secret but the cookie."""
    m = d.mint
    d.headers["set-cookie"] = f"JSESSIONID={d.hide(m.hex(32).upper())}; Path=/; HttpOnly"
    text = f'<html><body class="login"><form id="kc-form-login" action="{d.keep("https://id.example.com/realms/shop/login-actions/authenticate?execution=" + m.uuid() + "&amp;client_id=web")}"><label for="password">Password</label><input id="password" name="password" type="password" aria-invalid="true"><span id="input-error">Invalid username or password.</span><input type="hidden" id="id-hidden-input" name="credentialId"></form><script src="/js/password-toggle.min.js?v={d.keep(m.hex(8))}"></script></body></html>'
    d.kept("Invalid username or password.", 'name="credentialId"', "/js/password-toggle.min.js")
    page(d, "https://id.example.com/realms/shop/protocol/openid-connect/auth?client_id=web", text, _HTML)
