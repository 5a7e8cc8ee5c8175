"""Proxies, gateways and meshes: Traefik, Kong, Envoy, nginx, HAProxy, Caddy, WireGuard, Tailscale."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def traefik_middlewares(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "basicAuth": {"users": ["admin:$2y$05$" + m.bcrypt_salt() + m.chars(31)], "removeHeader": True},
            "status": "enabled",
            "name": d.keep("dashboard-auth@file"),
            "type": "basicauth",
        },
        {
            "headers": {"customRequestHeaders": {"X-Api-Key": d.hide(m.chars(32)), "X-Forwarded-Proto": "https"}},
            "name": d.keep("inject-token@docker"),
            "type": "headers",
        },
        {
            "forwardAuth": {
                "address": d.keep("http://authelia:9091/api/verify?rd=https://auth.example.net"),
                "authResponseHeaders": ["Remote-User", "X-Auth-Token"],
            },
            "name": "authelia@docker",
        },
    ]
    d.kept('"authResponseHeaders":["Remote-User","X-Auth-Token"]', '"removeHeader":true')
    api(d, "GET", "https://traefik.example.net/api/http/middlewares", rows, x_next_page="1")


def kong_plugins(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.uuid()),
            "name": "openid-connect",
            "config": {
                "client_id": ["portal"],
                "client_secret": [d.hide(m.chars(36))],
                "session_secret": d.hide(m.chars(32)),
                "scopes": ["openid"],
                "hide_credentials": True,
                "token_endpoint_auth_method": None,
            },
        },
        {
            "id": d.keep(m.uuid()),
            "name": "key-auth",
            "config": {"key_names": ["apikey", "x-api-key"], "key_in_header": True, "hide_credentials": True},
        },
        {
            "id": d.keep(m.uuid()),
            "name": "rate-limiting",
            "config": {"redis": {"host": "redis", "password": d.hide(m.passphrase()), "ssl": False}, "limit_by": "credential"},
        },
    ]
    d.kept('"key_names":["apikey","x-api-key"]', '"limit_by":"credential"', '"token_endpoint_auth_method":null')
    api(d, "GET", "http://kong.example.net:8001/plugins", {"next": None, "data": rows})


def kong_consumer_credentials(d: Draft) -> None:
    m = d.mint
    consumer = m.uuid()
    rows = [
        {
            "id": d.keep(m.uuid()),
            "key": d.hide(m.chars(32)),
            "consumer": {"id": consumer},
            "created_at": 1795596400,
            "ttl": None,
            "tags": [d.keep("partner:token-shop")],
        },
        {
            "id": d.keep(m.uuid()),
            "key": d.keep("jwt-issuer-a"),
            "algorithm": "HS256",
            "secret": d.hide(m.chars(32)),
            "rsa_public_key": None,
            "consumer": {"id": d.keep(consumer)},
        },
    ]
    d.kept('"rsa_public_key":null', '"algorithm":"HS256"')
    api(d, "GET", "http://kong.example.net:8001/consumers/partner/credentials", {"data": rows})


def envoy_config_dump(d: Draft) -> None:
    m = d.mint
    answer = {
        "configs": [
            {
                "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
                "bootstrap": {
                    "node": {
                        "id": d.keep("sidecar~10.1.2.3~web-" + m.hex(8) + ".shop"),
                        "metadata": {"PROXY_CONFIG": {"tracing": {"lightstep": {"accessToken": d.hide(m.base64(42))}}}},
                    }
                },
            },
            {
                "@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump",
                "dynamic_active_secrets": [
                    {
                        "name": "default",
                        "version_info": d.keep("2026-11-24T08:00:00Z/" + m.digits(4)),
                        "secret": {
                            "name": "default",
                            "tls_certificate": {
                                "certificate_chain": {"inline_bytes": d.keep(b64(keys.certificate("third-envoy")))},
                                "private_key": {"inline_bytes": d.keep("W3JlZGFjdGVkXQ==")},
                            },
                        },
                    },
                    {"name": d.keep("kubernetes://gateway-tls-secret"), "last_updated": "2026-11-24T08:00:00Z"},
                ],
            },
            {
                "@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump",
                "dynamic_route_configs": [
                    {
                        "route_config": {
                            "virtual_hosts": [
                                {
                                    "routes": [
                                        {
                                            "request_headers_to_add": [
                                                {
                                                    "header": {
                                                        "key": "authorization",
                                                        "value": "Basic " + b64("legacy:" + d.hide(m.strong(20))),
                                                    }
                                                }
                                            ]
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                ],
            },
        ]
    }
    d.kept("type.googleapis.com/envoy.admin.v3.SecretsConfigDump")
    page(d, "http://127.0.0.1:15000/config_dump", json.dumps(answer, indent=1), "application/json")


def nginx_with_secrets(d: Draft) -> None:
    m = d.mint
    text = f"""server {{
    listen 443 ssl;
    ssl_certificate_key {d.keep("/etc/nginx/tls/privkey.pem")};
    ssl_session_tickets off;
    add_header Content-Security-Policy "script-src 'self' '{d.keep("sha256-" + m.base64(32))}'";
    secure_link $arg_md5,$arg_expires;
    secure_link_md5 "$secure_link_expires$uri {d.hide(m.chars(24))}";
    location = /token {{ limit_req zone=tokens burst=5; }}
    location /legacy/ {{
        proxy_set_header Authorization "Bearer {d.hide(m.urlsafe(36))}";
        proxy_set_header X-Request-Id $request_id;
        if ($http_x_gateway_key != "{d.hide(m.hex(32))}") {{ return 403; }}
    }}
    auth_basic "Please enter your password";
    auth_basic_user_file /etc/nginx/.htpasswd;
}}
"""
    d.kept("limit_req zone=tokens burst=5;", 'auth_basic "Please enter your password";', "auth_basic_user_file /etc/nginx/.htpasswd;")
    page(d, "https://files.example.net/etc/nginx/conf.d/site.conf", text)


def haproxy_runtime_and_cfg(d: Draft) -> None:
    m = d.mint
    text = f"""userlist api
  user grafana password $5$rounds=5000${m.chars(16)}${m.chars(43)}
  user probe insecure-password {d.hide(m.initial())}
backend es
  http-request set-header Authorization Basic\\ {b64("elastic:" + d.hide(m.chars(20)))}
  option httpchk GET /_cluster/health
  stick-table type string len 64 size 1m expire 30m store gpc0
  stick on req.cook(session_token)
  server es1 10.0.9.1:9200 ssl verify required ca-file {d.keep("/etc/haproxy/ca/secret-ca.pem")} cookie {d.keep("s" + m.hex(8))}
program api
  command dataplaneapi --user admin --userlist api
"""
    d.kept("stick on req.cook(session_token)", "command dataplaneapi --user admin --userlist api")
    page(d, "https://haproxy.example.net:5555/v3/services/haproxy/configuration/raw", text)


def caddy_config(d: Draft) -> None:
    m = d.mint
    answer = {
        "apps": {
            "tls": {
                "automation": {
                    "policies": [
                        {
                            "issuers": [
                                {
                                    "module": "acme",
                                    "external_account": {"key_id": d.keep(m.urlsafe(16)), "mac_key": d.hide(m.urlsafe(64))},
                                    "challenges": {"dns": {"provider": {"name": "cloudflare", "api_token": d.hide(m.chars(40))}}},
                                }
                            ]
                        }
                    ]
                }
            },
            "http": {
                "servers": {
                    "srv0": {
                        "listen": [":443"],
                        "routes": [
                            {
                                "match": [{"path": ["/reset-password/*"]}],
                                "handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": "auth:8080"}]}],
                            }
                        ],
                        "automatic_https": {"skip": [d.keep("secret.internal.example.net")]},
                    }
                }
            },
        },
        "storage": {"module": "file_system", "root": "/data/caddy"},
    }
    d.kept('"path":["/reset-password/*"]', '"module":"file_system"')
    api(d, "GET", "http://localhost:2019/config/", answer, etag=d.keep('"/config/ ' + m.hex(16) + '"'))


def wireguard_config(d: Draft) -> None:
    m = d.mint
    text = f"""[Interface]
Address = 10.66.0.1/24
ListenPort = 51820
PrivateKey = {d.hide(m.base64(32))}
PostUp = iptables -A FORWARD -i %i -j ACCEPT

# laptop of anna
[Peer]
PublicKey = {d.keep(m.base64(32))}
PresharedKey = {d.hide(m.base64(32))}
AllowedIPs = 10.66.0.2/32

[Peer]
PublicKey = {d.keep(m.base64(32))}
AllowedIPs = 10.66.0.3/32
Endpoint = {d.keep("198.51.100.7:51820")}
"""
    d.kept("AllowedIPs = 10.66.0.3/32")
    page(d, "https://vpn.example.net/api/wireguard/client/configuration", text, "text/plain")


def tailscale_auth_key(d: Draft) -> None:
    m = d.mint
    identity = "k" + m.chars(12) + "CNTRL"
    answer = {
        "id": d.keep("kx" + m.chars(11) + "CNTRL"),
        "key": d.hide(f"tskey-auth-{identity}-{m.chars(32)}"),
        "created": "2026-11-24T10:15:00Z",
        "capabilities": {"devices": {"create": {"reusable": False, "ephemeral": True, "tags": ["tag:secret-runner"]}}},
        "description": d.keep("key for ephemeral runners"),
    }
    d.kept('"tags":["tag:secret-runner"]')
    api(d, "POST", "https://api.tailscale.com/api/v2/tailnet/-/keys", answer)
    d.headers["etag"] = d.keep('"' + m.hex(64) + '"')
