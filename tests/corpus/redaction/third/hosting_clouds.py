"""Smaller clouds and hosts: Cloudflare, DigitalOcean, Hetzner, Scaleway, Vercel, Netlify, Heroku, Fly, Supabase, Render."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api


def cloudflare_token_created(d: Draft) -> None:
    m = d.mint
    result = {
        "id": d.keep(m.hex(32)),
        "name": "dns edit",
        "status": "active",
        "policies": [
            {
                "id": d.keep(m.hex(32)),
                "effect": "allow",
                "permission_groups": [{"id": d.keep(m.hex(32)), "name": d.keep("API Tokens Read")}],
            }
        ],
        "value": d.hide(m.urlsafe(30), schema=True),
    }
    api(
        d,
        "POST",
        "https://api.cloudflare.com/client/v4/user/tokens",
        {"result": result, "success": True, "errors": [], "messages": []},
        cf_ray=d.keep(m.hex(16) + "-FRA"),
    )


def cloudflare_tunnel_and_worker(d: Draft) -> None:
    m = d.mint
    bindings = [
        {"name": "PAYMENT_SECRET", "type": "secret_text"},
        {"name": "WEBHOOK_SIGNING_KEY", "type": "plain_text", "text": d.hide("wh" + "sec_" + m.base64(24))},
        {"name": "TOKENS", "type": "kv_namespace", "namespace_id": d.keep(m.hex(32))},
        {"name": "SENTRY_DSN", "type": "plain_text", "text": d.keep(f"https://{m.hex(32)}@o{m.digits(6)}.ingest.sentry.io/{m.digits(7)}")},
    ]
    d.kept('"name":"PAYMENT_SECRET","type":"secret_text"')
    result = {
        "bindings": bindings,
        "compatibility_date": "2026-10-01",
        "etag": d.keep(m.hex(64)),
        "tag": d.keep(m.hex(32)),
        "zaraz_secret": None,
    }
    api(d, "GET", "https://api.cloudflare.com/client/v4/accounts/a/workers/scripts/pay/settings", {"result": result, "success": True})


def digitalocean_database(d: Draft) -> None:
    m = d.mint
    password = d.hide("AV" + "NS_" + m.urlsafe(14))
    database = {
        "id": d.keep(m.uuid()),
        "name": "pg-secret-store",
        "engine": "pg",
        "connection": {
            "protocol": "postgresql",
            "uri": f"postgresql://doadmin:{password}@pg-do-user-{m.digits(7)}.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
            "password": password,
            "ssl": True,
            "port": 25060,
        },
        "users": [
            {"name": "doadmin", "role": "primary", "password": password},
            {"name": "app", "role": "normal", "password": d.hide("AV" + "NS_" + m.urlsafe(14))},
        ],
        "private_network_uuid": d.keep(m.uuid()),
        "maintenance_window": {"description": [d.keep("Update TimescaleDB to version 2.17.2")]},
    }
    d.kept('"name":"pg-secret-store"')
    api(
        d,
        "GET",
        "https://api.digitalocean.com/v2/databases/x",
        {"database": database},
        ratelimit_remaining="4991",
        x_request_id=d.keep(m.uuid()),
    )


def digitalocean_spaces_key(d: Draft) -> None:
    m = d.mint
    key = {
        "name": "backup",
        "access_key": "DO" + m.chars(18, "ABCDEFGHJKLMNPQRTUVWXYZ2346789"),
        "secret_key": d.hide(m.chars(43)),
        "grants": [{"bucket": d.keep("tokens-archive-" + m.hex(6)), "permission": "read"}],
        "created_at": "2026-11-24T10:15:00Z",
    }
    d.kept('"permission":"read"')
    api(d, "POST", "https://api.digitalocean.com/v2/spaces/keys", {"key": key})


def hetzner_server_created(d: Draft) -> None:
    m = d.mint
    answer = {
        "server": {
            "id": d.keep(m.digits(8)),
            "name": "runner-9",
            "status": "initializing",
            "public_net": {"ipv6": {"ip": d.keep("2a01:4f8:" + m.hex(4) + ":" + m.hex(4) + "::/64")}},
            "image": {"id": 161547269, "description": "Debian 12"},
        },
        "action": {"id": 1, "command": d.keep("create_server"), "progress": 0},
        "next_actions": [{"id": 2, "command": d.keep("reset_password")}],
        "root_password": d.hide(m.chars(20), schema=True),
    }
    api(d, "POST", "https://api.hetzner.cloud/v1/servers", answer, x_correlation_id=d.keep(m.hex(16)))


def scaleway_api_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "access_key": "SCW" + m.chars(17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
        "secret_key": d.hide(m.uuid()),
        "application_id": d.keep(m.uuid()),
        "description": d.keep("no secret in here"),
        "default_project_id": d.keep(m.uuid()),
        "editable": True,
        "creation_ip": "203.0.113.9",
    }
    api(d, "POST", "https://api.scaleway.com/iam/v1alpha1/api-keys", answer)


def vercel_env(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "type": "encrypted",
            "id": d.keep(m.chars(16)),
            "key": "DATABASE_URL",
            "value": f"postgres://app:{d.hide('npg_' + m.chars(16))}@ep-quiet-sun-{m.digits(6)}-pooler.eu-central-1.aws.neon.tech/app?sslmode=require",
            "target": ["production"],
            "decrypted": True,
        },
        {
            "type": "plain",
            "id": d.keep(m.chars(16)),
            "key": "NEXT_PUBLIC_STRIPE_KEY",
            "value": d.keep(m.publishable()),
            "target": ["production", "preview"],
        },
        {"type": "sensitive", "id": d.keep(m.chars(16)), "key": "NEXTAUTH_SECRET", "value": "", "target": ["production"]},
        {
            "type": "encrypted",
            "id": d.keep(m.chars(16)),
            "key": "BLOB_READ_WRITE_TOKEN",
            "value": d.hide("vercel_blob_rw_" + m.chars(16) + "_" + m.chars(30)),
            "decrypted": True,
        },
    ]
    d.kept('"key":"NEXTAUTH_SECRET","value":""')
    api(
        d,
        "GET",
        "https://api.vercel.com/v9/projects/web/env?decrypt=true",
        {"envs": rows},
        x_vercel_id=d.keep("fra1::" + m.chars(5).lower() + "-1795596400000-" + m.hex(12)),
    )


def netlify_site(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.uuid()),
        "name": "docs-example",
        "password": d.hide(m.spaced()),
        "password_hash": None,
        "build_settings": {
            "env": {"ALGOLIA_ADMIN_KEY": d.hide(m.hex(32)), "ALGOLIA_APP_ID": d.keep(m.chars(10).upper())},
            "deploy_key_id": d.keep(m.hex(24)),
            "public_repo": False,
            "cmd": "npm run build",
        },
        "jwt_secret": d.hide(m.base64(30)),
        "jwt_roles_path": d.keep("app_metadata.authorization.roles"),
        "deploy_hook": f"https://api.netlify.com/build_hooks/{m.hex(24)}",
        "published_deploy": {"id": d.keep(m.hex(24)), "commit_ref": d.keep(m.sha1()), "secret_scan": {"skipped": True}},
    }
    d.kept('"secret_scan":{"skipped":true}')
    api(
        d,
        "GET",
        "https://api.netlify.com/api/v1/sites/docs",
        answer,
        x_nf_request_id=d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
    )


def heroku_config_vars(d: Draft) -> None:
    m = d.mint
    answer = {
        "RAILS_MASTER_KEY": d.hide(m.hex(32)),
        "DEVISE_PEPPER": d.hide(m.hex(128)),
        "CLOUDINARY_URL": f"cloudinary://{m.digits(15)}:{d.hide(m.urlsafe(20))}@{m.chars(9).lower()}",
        "HEROKU_POSTGRESQL_AMBER_URL": f"postgres://u{m.hex(12)}:{d.hide('p' + m.hex(64))}@c{m.hex(6)}.eu-west-1.rds.amazonaws.com:5432/d{m.hex(10)}",
        "LANG": "en_US.UTF-8",
        "RAILS_SERVE_STATIC_FILES": "enabled",
        "PASSWORD_RESET_FROM": d.keep("no-reply@example.net"),
        "SOURCE_VERSION": d.keep(m.sha1()),
        "TOKEN_AUDIENCE": d.keep("https://api.example.net"),
    }
    d.kept('"RAILS_SERVE_STATIC_FILES":"enabled"')
    api(d, "GET", "https://api.heroku.com/apps/shop/config-vars", answer, request_id=d.keep(m.uuid()), oauth_scope="read-protected")


def fly_machines(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.hex(14)),
            "instance_id": d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
            "config": {
                "env": {
                    "FLY_PROCESS_GROUP": "app",
                    "ERLANG_COOKIE": d.hide(m.chars(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
                    "RELEASE_SHA": d.keep(m.sha1()),
                },
                "image": "registry.fly.io/shop:deployment-01",
                "files": [{"guest_path": "/etc/token.json", "secret_name": d.keep("TOKEN_JSON")}],
            },
            "image_ref": {"digest": d.keep(m.digest())},
            "nonce": "",
        }
    ]
    d.kept('"guest_path":"/etc/token.json"')
    api(
        d,
        "GET",
        "https://api.machines.dev/v1/apps/shop/machines",
        rows,
        fly_request_id=d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") + "-fra"),
    )


def supabase_api_keys(d: Draft) -> None:
    m = d.mint
    ref = m.chars(20, "abcdefghijklmnopqrstuvwxyz")
    rows = [
        {"name": "anon", "type": "legacy", "api_key": m.jwt({"iss": "supabase", "ref": ref, "role": "anon", "iat": 1795000000})},
        {
            "name": "service_role",
            "type": "legacy",
            "api_key": d.hide(m.jwt({"iss": "supabase", "ref": ref, "role": "service_role", "iat": 1795000000})),
        },
        {
            "name": "default",
            "type": "secret",
            "id": d.keep(m.uuid()),
            "prefix": "sb",
            "api_key": d.hide("sb" + "_secret_" + m.urlsafe(16) + "_" + m.chars(8)),
        },
        {
            "name": "default",
            "type": "publishable",
            "id": d.keep(m.uuid()),
            "api_key": d.keep("sb_publishable_" + m.urlsafe(16) + "_" + m.chars(8)),
        },
    ]
    d.kept('"type":"publishable"')
    api(d, "GET", f"https://api.supabase.com/v1/projects/{ref}/api-keys?reveal=true", rows)


def render_services(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "envVar": {
                "key": "REDIS_URL",
                "value": f"rediss://red-{m.chars(20).lower()}:{d.hide(m.chars(32))}@frankfurt-redis.render.com:6379",
            },
            "cursor": d.keep(m.urlsafe(16)),
        },
        {"envVar": {"key": "APP_TOKENIZER", "value": d.keep("sentencepiece-v0.2.0")}, "cursor": d.keep(m.urlsafe(16))},
        {"envVar": {"key": "INTERNAL_SHARED_SECRET", "value": d.hide(m.passphrase())}, "cursor": d.keep(m.urlsafe(16))},
    ]
    api(d, "GET", "https://api.render.com/v1/services/srv-x/env-vars", rows, x_render_origin_server="cloudflare")
