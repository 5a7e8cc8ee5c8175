"""Services that are paid by the month: payment, mail, chat, monitoring, models, hosting."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import leet
from tests.corpus.redaction.services import api

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def payment_intent(d: Draft) -> None:
    m = d.mint
    intent = "pi_3" + m.chars(23)
    answer = {
        "id": intent,
        "object": "payment_intent",
        "amount": 4200,
        "client_secret": d.hide(f"{intent}_secret_{m.chars(25)}"),
        "customer": d.keep("cus_" + m.chars(14)),
        "payment_method": d.keep("pm_1" + m.chars(23)),
        "latest_charge": d.keep("ch_3" + m.chars(23)),
        "livemode": True,
        "status": "requires_confirmation",
    }
    api(
        d,
        "GET",
        f"https://api.stripe.com/v1/payment_intents/{intent}",
        answer,
        request_id=d.keep("req_" + m.chars(14)),
        stripe_version="2025-09-30.clover",
        idempotency_key=d.keep(m.uuid()),
    )


def payment_hook(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "POST",
        "https://api.stripe.com/v1/webhook_endpoints",
        {
            "id": d.keep("we_1" + m.chars(23)),
            "object": "webhook_endpoint",
            "enabled_events": ["charge.failed", "source.chargeable"],
            "secret": d.hide("whsec" + "_" + m.chars(32)),
            "status": "enabled",
            "url": "https://shop.example.com/hooks/stripe",
        },
    )
    d.kept('"enabled_events":["charge.failed","source.chargeable"]')


def list_of_charges(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep("ch_3" + m.chars(23)),
            "balance_transaction": d.keep("txn_3" + m.chars(23)),
            "payment_method_details": {
                "card": {"brand": "visa", "fingerprint": d.keep(m.chars(16)), "last4": "4242", "network_token": {"used": False}},
                "type": "card",
            },
            "receipt_url": d.keep(f"https://pay.stripe.com/receipts/payment/{m.urlsafe(60)}"),
        }
        for _ in range(2)
    ]
    d.kept('"network_token":{"used":false}')
    api(d, "GET", "https://api.stripe.com/v1/charges?limit=2", {"object": "list", "data": rows, "has_more": True})


def mail_key(d: Draft) -> None:
    m = d.mint
    key = d.hide(m.sendgrid())
    api(
        d,
        "POST",
        "https://api.sendgrid.com/v3/api_keys",
        {"api_key": key, "api_key_id": key.split(".")[1], "name": "shop mailer", "scopes": ["mail.send", "user.password.update"]},
    )
    d.kept('"scopes":["mail.send","user.password.update"]')


def mail_domain(d: Draft) -> None:
    m = d.mint
    answer = {
        "domain": {
            "name": "mg.example.com",
            "id": d.keep(m.hex(24)),
            "smtp_login": d.keep("postmaster@mg.example.com"),
            "smtp_password": d.hide(f"{m.hex(32)}-{m.hex(8)}-{m.hex(8)}"),
            "wildcard": False,
        },
        "sending_dns_records": [
            {
                "record_type": "TXT",
                "name": d.keep("k1._domainkey.mg.example.com"),
                "value": d.keep("k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ" + m.base64(120)),
            }
        ],
    }
    api(d, "GET", "https://api.mailgun.net/v3/domains/mg.example.com", answer)


def chat_install(d: Draft) -> None:
    m = d.mint
    team = "T" + m.chars(10, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")
    answer = {
        "ok": True,
        "app_id": d.keep("A" + m.chars(10, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")),
        "access_token": d.hide(m.slack_bot()),
        "token_type": "bot",
        "scope": "chat:write,incoming-webhook",
        "bot_user_id": d.keep("U" + m.chars(10, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")),
        "team": {"id": team, "name": "Acme"},
        "incoming_webhook": {
            "channel": "#deploys",
            "url": d.hide(m.slack_hook()),
            "configuration_url": d.keep(f"https://acme.slack.com/services/B{m.chars(10, 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789')}"),
        },
    }
    d.kept('"token_type":"bot","scope":"chat:write,incoming-webhook"')
    api(d, "POST", "https://slack.com/api/oauth.v2.access", answer, x_slack_req_id=d.keep(m.hex(32)))


def chat_history(d: Draft) -> None:
    m = d.mint
    texts = (
        f"hey, staging login is admin / pw: {d.hide(leet(m))}",
        "who rotated the password? the old token: it does not work",
        f"new pagerduty key for prod is `{d.hide(m.chars(20))}` please update",
        f"deployed <https://github.com/acme/shop/commit/{d.keep(m.sha1())}|{m.hex(7)}>",
    )
    rows = [
        {
            "type": "message",
            "user": "U" + m.chars(10).upper(),
            "ts": d.keep(f"17955000{n}0.{m.digits(6)}"),
            "text": text,
            "client_msg_id": d.keep(m.uuid()),
        }
        for n, text in enumerate(texts)
    ]
    d.kept(texts[1])
    api(
        d,
        "GET",
        f"https://slack.com/api/conversations.history?channel=C{m.chars(10).upper()}",
        {"ok": True, "messages": rows, "has_more": True, "response_metadata": {"next_cursor": d.keep(b64("next_ts:1795500000123456"))}},
    )


def monitor_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "type": "api_keys",
            "id": d.keep(m.uuid()),
            "attributes": {"name": "agent", "last4": m.hex(4), "created_at": "2026-01-01T00:00:00Z"},
        },
        {"type": "api_keys", "id": d.keep(m.uuid()), "attributes": {"name": "ci secret upload", "last4": m.hex(4)}},
    ]
    api(d, "GET", "https://api.datadoghq.eu/api/v2/api_keys", {"data": rows, "meta": {"page": {"total_filtered_count": 2}}})
    d.kept('"name":"ci secret upload"')


def monitor_key_made(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "POST",
        "https://api.datadoghq.eu/api/v2/current_user/application_keys",
        {
            "data": {
                "type": "application_keys",
                "id": d.keep(m.uuid()),
                "attributes": {"name": "tf", "key": d.hide(m.hex(40)), "last4": m.hex(4), "scopes": None},
                "relationships": {"owned_by": {"data": {"type": "users", "id": d.keep(m.uuid())}}},
            }
        },
    )


def model_answer(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("msg_01" + m.chars(22)),
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": d.keep("A password should be at least 14 characters; rotate the token: every 90 days.")}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 2095, "output_tokens": 503, "cache_read_input_tokens": 0},
    }
    d.kept('"input_tokens":2095,"output_tokens":503,"cache_read_input_tokens":0')
    api(
        d,
        "POST",
        "https://api.anthropic.com/v1/messages",
        answer,
        request_id=d.keep("req_011C" + m.chars(20)),
        anthropic_ratelimit_tokens_remaining="79000",
        anthropic_organization_id=d.keep(m.uuid()),
    )


def model_session(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "POST",
        "https://api.openai.com/v1/realtime/client_secrets",
        {
            "value": d.hide("ek" + "_" + m.hex(32)),
            "expires_at": 1795500600,
            "session": {
                "id": d.keep("sess_" + m.chars(21)),
                "object": "realtime.session",
                "max_output_tokens": "inf",
                "model": "gpt-realtime",
            },
        },
        openai_organization="acme-" + m.chars(6, _LOWER),
        x_request_id=d.keep("req_" + m.hex(32)),
    )
    d.kept('"max_output_tokens":"inf"')


def project_of_supabase(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": "anon", "api_key": m.jwt({"iss": "supabase", "role": "anon", "exp": 2100000000}), "type": "legacy"},
        {
            "name": "service_role",
            "api_key": d.hide(m.jwt({"iss": "supabase", "ref": m.chars(20, _LOWER), "role": "service_role", "exp": 2100000000})),
            "type": "legacy",
        },
        {
            "name": "default",
            "api_key": d.hide("sb" + "_secret_" + m.urlsafe(16) + "_" + m.urlsafe(6)),
            "type": "secret",
            "hash": d.keep(m.base64(32)),
        },
    ]
    d.kept('"name":"service_role"', '"type":"secret"')
    api(d, "GET", f"https://api.supabase.com/v1/projects/{m.chars(20, _LOWER)}/api-keys?reveal=true", rows)


def environment_of_vercel(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.chars(16)),
            "key": "DATABASE_URL",
            "type": "encrypted",
            "decrypted": True,
            "value": f"postgres://default:{d.hide('npg' + '_' + m.chars(12))}@ep-cool-sun-a2.eu-central-1.aws.neon.tech/verceldb",
            "target": ["production"],
        },
        {"id": d.keep(m.chars(16)), "key": "AUTH_SECRET", "type": "sensitive", "value": "", "target": ["production"]},
        {
            "id": d.keep(m.chars(16)),
            "key": "BLOB_READ_WRITE_TOKEN",
            "type": "plain",
            "value": d.hide("vercel" + "_blob_rw_" + m.chars(16) + "_" + m.chars(30)),
            "target": ["preview"],
        },
    ]
    d.kept('"key":"AUTH_SECRET","type":"sensitive","value":""')
    api(
        d,
        "GET",
        f"https://api.vercel.com/v9/projects/prj_{m.chars(28)}/env?decrypt=true",
        {"envs": rows},
        x_vercel_id=d.keep(f"fra1::{m.chars(5, _LOWER)}-1795500000000-{m.hex(12)}"),
    )


def token_of_cloudflare(d: Draft) -> None:
    m = d.mint
    answer = {
        "result": {
            "id": d.keep(m.hex(32)),
            "name": "dns edit",
            "status": "active",
            "value": d.hide(m.chars(40)),
            "policies": [
                {"id": d.keep(m.hex(32)), "effect": "allow", "resources": {d.keep(f"com.cloudflare.api.account.zone.{m.hex(32)}"): "*"}}
            ],
        },
        "success": True,
        "errors": [],
    }
    api(d, "POST", "https://api.cloudflare.com/client/v4/user/tokens", answer, cf_ray=d.keep(m.hex(16) + "-FRA"))


def account_of_twilio(d: Draft) -> None:
    m = d.mint
    sid = "AC" + m.hex(32)
    answer = {
        "sid": d.keep(sid),
        "auth_token": d.hide(m.twilio()),
        "friendly_name": "Acme",
        "owner_account_sid": sid,
        "status": "active",
        "subresource_uris": {
            "keys": d.keep(f"/2010-04-01/Accounts/{sid}/Keys.json"),
            "signing_keys": d.keep(f"/2010-04-01/Accounts/{sid}/SigningKeys.json"),
        },
    }
    api(d, "GET", f"https://api.twilio.com/2010-04-01/Accounts/{sid}.json", answer, twilio_request_id=d.keep("RQ" + m.hex(32)))


def page_of_a_wiki(d: Draft) -> None:
    m = d.mint
    storage = f'<h2>Access</h2><table><tbody><tr><th>system</th><th>user</th><th>password</th></tr><tr><td>vCenter</td><td>administrator@vsphere.local</td><td>{d.hide(m.password())}</td></tr></tbody></table><p>{d.keep("Passwords are rotated on the first Monday; ask for a token in #it-help.")}</p><ac:structured-macro ac:name="code" ac:macro-id="{d.keep(m.uuid())}"><ac:plain-text-body><![CDATA[ipmitool -H 10.0.9.4 -U ADMIN -P {d.hide(m.initial())} power status]]></ac:plain-text-body></ac:structured-macro>'
    api(
        d,
        "GET",
        "https://acme.atlassian.net/wiki/api/v2/pages/98311?body-format=storage",
        {
            "id": "98311",
            "title": "vCenter passwords",
            "version": {"number": 7},
            "body": {"storage": {"value": storage, "representation": "storage"}},
        },
        atl_traceid=d.keep(m.hex(32)),
    )


def incident_integration(d: Draft) -> None:
    m = d.mint
    answer = {
        "integration": {
            "id": d.keep("P" + m.chars(6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")),
            "type": "events_api_v2_inbound_integration",
            "integration_key": d.hide(m.hex(32)),
            "integration_email": None,
            "html_url": d.keep(f"https://acme.pagerduty.com/services/P{m.chars(6).upper()}/integrations/P{m.chars(6).upper()}"),
        }
    }
    api(d, "GET", "https://api.pagerduty.com/services/PX/integrations/PY", answer)


def droplet(d: Draft) -> None:
    m = d.mint
    answer = {
        "database": {
            "id": d.keep(m.uuid()),
            "engine": "pg",
            "connection": {
                "protocol": "postgresql",
                "host": "db-do-user-1.b.db.ondigitalocean.com",
                "port": 25060,
                "user": "doadmin",
                "password": d.hide("AVNS" + "_" + m.urlsafe(14)),
                "ssl": True,
            },
            "maintenance_window": {"day": "monday"},
            "project_id": d.keep(m.uuid()),
        }
    }
    api(d, "GET", f"https://api.digitalocean.com/v2/databases/{m.uuid()}", answer, ratelimit_remaining="4816")
