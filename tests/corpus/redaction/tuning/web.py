"""Web pages, logins, bundles, streams."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, page


def login_page(d: Draft) -> None:
    m = d.mint
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<meta name="csrf-token" content="{d.hide(m.base64(64))}">
<link rel="stylesheet" href="/assets/app-{d.keep(m.hex(64))}.css" integrity="{d.keep(m.integrity())}">
<script nonce="{m.base64(16)}">window.gon={{"api_url":"/api","sentry_key":null}};</script></head>
<body><form action="/session" method="post">
<input type="hidden" name="authenticity_token" value="{d.hide(m.base64(64))}">
<label for="password">Password</label><input id="password" type="password" name="password" placeholder="Your password" autocomplete="current-password">
<a href="/password/new">Forgot your password?</a>
<img alt="" src="data:image/png;base64,{d.keep("iVBORw0KGgo" + m.base64(120))}">
</form></body></html>
"""
    d.kept('autocomplete="current-password"', "Forgot your password?", 'placeholder="Your password"')
    page(d, "https://gitlab.example.com/users/sign_in", text, "text/html; charset=utf-8")
    d.headers["set-cookie"] = f"_gitlab_session={d.hide(m.hex(32))}; path=/; secure; HttpOnly"


def oauth_redirect(d: Draft) -> None:
    m = d.mint
    d.ask("GET", "https://sso.example.com/authorize?client_id=shop&response_type=code", b"", accept="text/html")
    state = d.keep(m.uuid())
    d.headers["location"] = (
        f"https://shop.example.com/callback?code={d.hide(m.urlsafe(48))}&state={state}&iss=https%3A%2F%2Fsso.example.com"
    )
    d.headers["set-cookie"] = f"KEYCLOAK_SESSION={d.hide(m.urlsafe(64))}; Version=1; Path=/realms/shop/; Secure"
    d.text("", "text/html")
    d.status = 302


def script_bundle(d: Draft) -> None:
    m = d.mint
    text = (
        '!function(e,t){"object"==typeof exports?module.exports=t():e.lib=t()}(this,function(){"use strict";'
        f'var n={{apiKey:"{d.hide(m.google_key())}",authDomain:"shop.firebaseapp.com",projectId:"shop",appId:"{d.keep("1:" + m.digits(12) + ":web:" + m.hex(22))}"}},'
        f'r={{stripe:"{d.keep(m.publishable())}",build:"{d.keep(m.sha1())}"}};'
        "function i(e){for(var t=e.password,n=t&&t.length>=8,r=/[A-Z]/.test(t);;)return n&&r}"
        f'var o="https://hooks.example.com/in",s={{headers:{{"X-Auth-Token":"{d.hide(m.chars(40))}"}}}};'
        'return{validatePassword:i,tokenize:function(e){return e.split(" ")},key:n,cfg:r,o:o,s:s}});\n'
        f"//# sourceMappingURL=main.{d.keep(m.hex(20))}.js.map\n"
    )
    d.kept("e.password,n=t&&t.length>=8", 'tokenize:function(e){return e.split(" ")}')
    page(d, "https://shop.example.com/static/js/main.js", text, "application/javascript; charset=utf-8")


def chat_stream(d: Draft) -> None:
    """A model's answer: the secret comes in one piece of a sentence, the rest is talk about passwords."""
    m = d.mint
    lines = []
    identity = d.keep("chatcmpl-" + m.chars(29))
    for piece in (
        "Your database ",
        "password is ",
        f"`{d.hide(m.strong(20))}`, ",
        "and the token limit is 4096. ",
        "Rotate your API keys every 90 days.",
    ):
        event = {
            "id": identity,
            "object": "chat.completion.chunk",
            "model": "small-1",
            "system_fingerprint": "fp_" + m.hex(10),
            "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}],
        }
        lines.append(f"data: {json.dumps(event)}\n\n")
    d.kept("Rotate your API keys every 90 days.", "and the token limit is 4096.")
    page(d, "https://llm.example.com/v1/chat/completions", "".join(lines) + "data: [DONE]\n\n", "text/event-stream; charset=utf-8")


def graphql_answer(d: Draft) -> None:
    m = d.mint
    nodes = [
        {
            "id": d.keep("gid://gitlab/Ci::InstanceVariable/" + m.digits(4)),
            "key": "DEPLOY_TOKEN",
            "value": d.hide(m.gitlab("gldt")),
            "masked": True,
        },
        {"id": d.keep("gid://gitlab/Ci::InstanceVariable/" + m.digits(4)), "key": "REGION", "value": "eu-central-1", "masked": False},
    ]
    info = {"endCursor": d.keep(m.page(45)), "hasNextPage": True}
    answer = {
        "data": {"ciVariables": {"nodes": nodes, "pageInfo": info, "__typename": d.keep("CiInstanceVariableConnection")}},
        "extensions": {"requestId": d.keep(m.uuid())},
    }
    api(d, "POST", "https://gitlab.example.com/api/graphql", answer)


def presigned_link(d: Draft) -> None:
    m = d.mint
    signature, token = d.hide(m.hex(64)), d.hide(m.aws_session())
    scope = quote(f"{m.aws_id('ASIA')}/20261124/eu-central-1/s3/aws4_request", safe="")
    url = (
        f"https://exports.s3.eu-central-1.amazonaws.com/{d.keep(m.uuid())}/orders.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}"
        f"&X-Amz-Date=20261124T101500Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token={quote(token, safe='')}&X-Amz-Signature={signature}"
    )
    answer = {
        "export": {
            "id": d.keep("exp_" + m.chars(24)),
            "status": "finished",
            "download_url": url,
            "md5": d.keep(m.hex(32)),
            "expires_in": 900,
        }
    }
    d.kept("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-SignedHeaders=host")
    api(d, "GET", "https://shop.example.com/api/exports/7", answer)


def token_endpoint(d: Draft) -> None:
    m = d.mint
    claims = {"iss": "https://sso.example.com/realms/shop", "sub": m.uuid(), "exp": 1795600000, "azp": "shop-cli"}
    answer = {
        "access_token": d.hide(m.jwt(claims), schema=True),
        "expires_in": 300,
        "refresh_expires_in": 1800,
        "refresh_token": d.hide(m.jwt({**claims, "typ": "Refresh"}), schema=True),
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": d.keep(m.uuid()),
        "scope": "profile email",
    }
    d.kept('"token_type":"Bearer"', '"refresh_expires_in":1800', '"not-before-policy":0')
    api(d, "POST", "https://sso.example.com/realms/shop/protocol/openid-connect/token", answer, cache_control="no-store", pragma="no-cache")
