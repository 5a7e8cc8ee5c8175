"""Secrets inside encodings, up to three deep, and packed bodies."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, page


def json_in_json_in_json(d: Draft) -> None:
    m = d.mint
    inner = json.dumps({"db": {"password": d.hide(m.strong(20)), "host": "pg"}, "trace": d.keep(m.uuid())})
    api(
        d,
        "GET",
        "https://queue.example.com/v1/messages",
        {"messages": [{"id": d.keep(m.uuid()), "body": json.dumps({"event": "configured", "payload": inner})}]},
    )


def base64_of_dotenv(d: Draft) -> None:
    m = d.mint
    text = f"PORT=8080\nAPI_SECRET={d.hide(m.chars(32))}\nSENDGRID_API_KEY={d.hide(m.sendgrid())}\nBUILD={d.keep(m.sha1())}\n"
    d.kept("PORT=8080", '"encoding":"base64"')
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/app/contents/.env",
        {"name": ".env", "sha": d.keep(m.sha1()), "encoding": "base64", "content": b64(text)},
    )


def twice_base64(d: Draft) -> None:
    m = d.mint
    text = json.dumps({"client_id": d.keep(m.uuid()), "client_secret": d.hide(m.chars(40))})
    d.kept('"codec":"b64b64"')
    api(d, "GET", "https://state.example.com/v1/blob", {"codec": "b64b64", "value": b64(b64(text))})


def packed_body(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "GET",
        "https://settings.example.com/v1/all",
        {"smtp": {"username": "relay", "password": d.hide(m.chars(20))}, "etag": d.keep(m.hex(32)), "ssh": d.hide(keys.openssh("held:gz"))},
    )
    d.kept('"username":"relay"')
    d.packed("gzip", packed)


def key_in_yaml_string(d: Draft) -> None:
    key = d.hide(keys.rsa_pkcs8("held:yaml"))
    text = f"tls:\n  key: {json.dumps(key)}\n  fingerprint: {d.keep(d.mint.fingerprint())}\n  minVersion: TLSv1.2\n"
    d.kept("minVersion: TLSv1.2")
    page(d, "https://git.example.com/ops/raw/tls.yaml", text, "application/yaml")


def url_in_url(d: Draft) -> None:
    m = d.mint
    target = f"https://api.example.com/cb?access_token={d.hide(m.chars(40))}&state={m.hex(16)}"
    d.ask("GET", "https://sso.example.com/continue", b"")
    d.text("")
    d.status = 303
    d.headers["location"] = "https://sso.example.com/next?redirect=" + quote(target, safe="")
    d.headers["x-request-id"] = d.keep(m.uuid())


def connection_string_escaped(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.chars(8) + "@/#" + m.chars(8))
    d.kept("db.internal:5432/app", '"pool_size":10')
    api(
        d,
        "GET",
        "https://api.heroku.com/apps/shop/config-vars",
        {"DATABASE_URL": f"postgres://app:{quote(password, safe='')}@db.internal:5432/app", "pool_size": 10, "RELEASE": d.keep(m.sha1())},
    )


def html_escaped_json(d: Draft) -> None:
    m = d.mint
    page(
        d,
        "https://admin.example.com/widget",
        f'<div id="w" data-props="{{&quot;apiKey&quot;:&quot;{d.hide(m.stripe("rk"))}&quot;,&quot;id&quot;:&quot;{d.keep(m.uuid())}&quot;}}"></div><p class="token-list">No tokens</p>',
        "text/html",
    )
    d.kept('<p class="token-list">No tokens</p>')


def only_benign_blobs(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "GET",
        "https://assets.example.com/manifest",
        {
            "icon": d.keep("data:image/png;base64," + m.base64(90)),
            "config": d.keep(b64('{"theme":"dark","retries":3}')),
            "digest": d.keep(m.digest()),
            "cursor": d.keep(m.page(70)),
        },
    )
