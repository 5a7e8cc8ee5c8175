"""Services that teams pay for: PagerDuty, Slack, Stripe, Twilio, SendGrid, Datadog, Sentry, New Relic, OpenAI, Atlassian, Shopify, Zoom."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, page


def pagerduty_integration(d: Draft) -> None:
    m = d.mint
    integration = {
        "id": d.keep("P" + m.chars(6).upper()),
        "type": "events_api_v2_inbound_integration",
        "summary": "Prometheus",
        "integration_key": d.hide(m.hex(32)),
        "html_url": d.keep("https://example.pagerduty.com/services/P" + m.chars(6).upper()),
        "vendor": {"id": d.keep("P" + m.chars(6).upper()), "type": "vendor_reference"},
    }
    d.kept('"type":"events_api_v2_inbound_integration"')
    api(d, "GET", "https://api.pagerduty.com/services/P1/integrations/P2", {"integration": integration}, x_request_id=d.keep(m.uuid()))


def slack_oauth_access(d: Draft) -> None:
    m = d.mint
    answer = {
        "ok": True,
        "app_id": d.keep("A" + m.chars(10).upper()),
        "authed_user": {
            "id": d.keep("U" + m.chars(10).upper()),
            "scope": "chat:write",
            "access_token": d.hide("xox" + f"p-{m.digits(12)}-{m.digits(12)}-{m.digits(13)}-{m.hex(32)}", schema=True),
            "token_type": "user",
        },
        "scope": "incoming-webhook,tokens.basic",
        "token_type": "bot",
        "access_token": d.hide(m.slack_bot(), schema=True),
        "bot_user_id": d.keep("U" + m.chars(10).upper()),
        "incoming_webhook": {
            "channel": "#ops",
            "url": d.hide(m.slack_hook()),
            "configuration_url": "https://example.slack.com/services/B1",
        },
        "enterprise": None,
    }
    d.kept('"scope":"incoming-webhook,tokens.basic"', '"token_type":"bot"')
    api(d, "POST", "https://slack.com/api/oauth.v2.access", answer, x_slack_req_id=d.keep(m.hex(32)))


def slack_history(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "type": "message",
            "user": "U1",
            "ts": d.keep("1795596400." + m.digits(6)),
            "text": f"the new vpn password is `{d.hide(m.joined())}` please don't share",
            "client_msg_id": d.keep(m.uuid()),
        },
        {
            "type": "message",
            "user": "U2",
            "ts": d.keep("1795596410." + m.digits(6)),
            "text": d.keep("thx, mine expired, the reset token mail never arrived"),
        },
        {"type": "message", "user": "U1", "text": f"for staging: root / {d.hide(m.strong(12))}"},
        {
            "type": "message",
            "user": "U3",
            "text": d.keep("is the token budget of the model 128000 or 200000?"),
            "reactions": [{"name": "key", "count": 2}],
        },
    ]
    api(
        d,
        "GET",
        "https://slack.com/api/conversations.history?channel=C1",
        {"ok": True, "messages": rows, "has_more": True, "response_metadata": {"next_cursor": d.keep(m.base64(24))}},
    )


def stripe_objects(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep("we_1" + m.chars(23)),
            "object": "webhook_endpoint",
            "api_version": "2024-10-28.acacia",
            "enabled_events": ["charge.failed"],
            "secret": d.hide("wh" + "sec_" + m.chars(32)),
            "status": "enabled",
            "url": "https://shop.example.net/hooks",
        },
        {
            "id": d.keep("pi_3" + m.chars(23)),
            "object": "payment_intent",
            "client_secret": d.hide("pi_3" + m.chars(23) + "_secret_" + m.chars(25)),
            "payment_method": d.keep("pm_1" + m.chars(23)),
            "latest_charge": d.keep("ch_3" + m.chars(23)),
            "metadata": {"order": "7741"},
        },
    ]
    d.kept('"api_version":"2024-10-28.acacia"')
    api(
        d,
        "GET",
        "https://api.stripe.com/v1/search",
        {"object": "list", "data": rows, "has_more": False},
        request_id=d.keep("req_" + m.chars(14)),
        idempotency_key=d.keep(m.uuid()),
    )


def twilio_account(d: Draft) -> None:
    m = d.mint
    sid = "AC" + m.hex(32)
    text = f"""<?xml version='1.0' encoding='UTF-8'?>
<TwilioResponse><Account><Sid>{d.keep(sid)}</Sid><FriendlyName>Notify</FriendlyName><Status>active</Status><AuthToken>{d.hide(m.twilio())}</AuthToken><Type>Full</Type><SubresourceUris><Keys>/2010-04-01/Accounts/{sid}/Keys</Keys><Tokens>/2010-04-01/Accounts/{sid}/Tokens</Tokens></SubresourceUris></Account></TwilioResponse>"""
    d.kept("<FriendlyName>Notify</FriendlyName>", f"/2010-04-01/Accounts/{sid}/Tokens")
    page(d, f"https://api.twilio.com/2010-04-01/Accounts/{sid}", text, "application/xml")


def twilio_key_created(d: Draft) -> None:
    m = d.mint
    answer = {
        "sid": d.keep("SK" + m.hex(32)),
        "friendly_name": "voice token minting",
        "date_created": "Tue, 24 Nov 2026 10:15:00 +0000",
        "secret": d.hide(m.chars(32), schema=True),
    }
    d.kept('"friendly_name":"voice token minting"')
    api(d, "POST", "https://api.twilio.com/2010-04-01/Accounts/AC/Keys.json", answer, twilio_request_id=d.keep("RQ" + m.hex(32)))


def sendgrid_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "api_key": d.hide(m.sendgrid(), schema=True),
        "api_key_id": d.keep(m.chars(22)),
        "name": "My API Key",
        "scopes": ["mail.send", "user.password.update", "api_keys.read"],
    }
    d.kept('"user.password.update"', '"api_keys.read"', '"name":"My API Key"')
    api(d, "POST", "https://api.sendgrid.com/v3/api_keys", answer)


def datadog_keys(d: Draft) -> None:
    m = d.mint
    full = m.hex(32)
    answer = {
        "data": {
            "type": "api_keys",
            "id": d.keep(m.uuid()),
            "attributes": {"name": "agents", "key": d.hide(full), "last4": full[-4:], "modified_at": "2026-11-24T10:15:00+00:00"},
        },
        "included": [
            {
                "type": "users",
                "id": d.keep(m.uuid()),
                "attributes": {
                    "handle": "anna@example.net",
                    "icon": d.keep("https://secure.gravatar.com/avatar/" + m.hex(32) + "?s=48&d=retro"),
                },
            }
        ],
    }
    api(d, "GET", "https://api.datadoghq.eu/api/v2/api_keys/x", answer, x_ratelimit_remaining="99")


def datadog_dashboard(d: Draft) -> None:
    m = d.mint
    queries = [
        "sum:llm.tokens.prompt{env:prod} by {model}",
        "avg:auth.password.verify.duration{*}",
        "count:vault.token.create{*}.as_count()",
    ]
    widgets = [
        {"id": d.keep(m.digits(16)), "definition": {"title": title, "type": "timeseries", "requests": [{"q": d.keep(query)}]}}
        for title, query in zip(("Tokens a minute", "Password hashing", "Secrets"), queries, strict=True)
    ]
    d.kept('"title":"Tokens a minute"')
    answer = {
        "id": d.keep("abc-" + m.hex(3) + "-" + m.hex(3)),
        "url": "/dashboard/x/tokens",
        "widgets": widgets,
        "template_variables": [{"name": "token_type", "prefix": "token_type", "default": "*"}],
    }
    api(d, "GET", "https://api.datadoghq.eu/api/v1/dashboard/x", answer)


def sentry_project_keys(d: Draft) -> None:
    m = d.mint
    public, project = m.hex(32), m.digits(7)
    secret = d.hide(m.hex(32))
    answer = [
        {
            "id": d.keep(public),
            "name": "Default",
            "public": public,
            "secret": secret,
            "projectId": project,
            "dsn": {
                "public": f"https://{public}@o1.ingest.de.sentry.io/{project}",
                "secret": f"https://{public}:{secret}@o1.ingest.de.sentry.io/{project}",
            },
            "browserSdkVersion": "8.x",
        }
    ]
    d.kept(f'"public":"https://{public}@o1.ingest.de.sentry.io/{project}"', '"browserSdkVersion":"8.x"')
    api(d, "GET", "https://de.sentry.io/api/0/projects/example/web/keys/", answer)


def sentry_event(d: Draft) -> None:
    m = d.mint
    answer = {
        "eventID": d.keep(m.hex(32)),
        "message": "AuthenticationError",
        "entries": [
            {
                "type": "request",
                "data": {
                    "method": "POST",
                    "url": "https://shop.example.net/login",
                    "headers": [["User-Agent", "Mozilla/5.0"], ["Authorization", "[Filtered]"], ["X-Csrf-Token", "[Filtered]"]],
                    "data": {"username": "anna", "password": "[Filtered]", "passwd_confirm": d.hide(m.joined())},
                },
            },
            {
                "type": "exception",
                "data": {
                    "values": [
                        {
                            "type": "OperationalError",
                            "value": f'connection failed: "host=db user=web password={d.hide(m.chars(16))} dbname=web"',
                            "stacktrace": {
                                "frames": [
                                    {
                                        "function": "check_password",
                                        "filename": "django/contrib/auth/hashers.py",
                                        "vars": {"password": "'[Filtered]'", "encoded": "'[Filtered]'", "algorithm": "'argon2'"},
                                    }
                                ]
                            },
                        }
                    ]
                },
            },
        ],
        "tags": [{"key": "release", "value": d.keep("web@" + m.sha1())}, {"key": "trace", "value": d.keep(m.hex(32))}],
    }
    d.kept('"function":"check_password"', '"password":"[Filtered]"', '["Authorization","[Filtered]"]')
    api(d, "GET", "https://de.sentry.io/api/0/projects/example/web/events/x/", answer)


def newrelic_keys_graphql(d: Draft) -> None:
    m = d.mint
    answer = {
        "data": {
            "apiAccessCreateKeys": {
                "createdKeys": [
                    {
                        "__typename": "ApiAccessUserKey",
                        "id": d.keep(m.hex(64).upper()),
                        "key": d.hide("NR" + "AK-" + m.chars(27).upper()),
                        "type": "USER",
                        "notes": None,
                    },
                    {
                        "__typename": "ApiAccessIngestKey",
                        "id": d.keep(m.hex(64).upper()),
                        "key": d.hide("eu01xx" + m.hex(30) + "NRAL"),
                        "ingestType": "LICENSE",
                    },
                ],
                "errors": [],
            }
        },
        "extensions": {"traceId": d.keep(m.hex(32))},
    }
    d.kept('"ingestType":"LICENSE"')
    api(d, "POST", "https://api.eu.newrelic.com/graphql", answer)


def openai_project_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "object": "organization.project.api_key",
            "redacted_value": d.keep("sk-proj-****" + m.chars(4)),
            "name": "batch",
            "created_at": 1795596400,
            "id": d.keep("key_" + m.chars(16)),
            "owner": {"type": "service_account", "service_account": {"id": d.keep("svc_acct_" + m.chars(16))}},
        },
        {
            "object": "organization.project.service_account.api_key",
            "value": d.hide(m.openai()),
            "name": "Secret Key",
            "id": d.keep("key_" + m.chars(16)),
        },
    ]
    d.kept('"name":"Secret Key"')
    api(
        d,
        "GET",
        "https://api.openai.com/v1/organization/projects/proj/api_keys",
        {"object": "list", "data": rows, "has_more": False},
        openai_processing_ms="31",
        x_request_id=d.keep("req_" + m.hex(32)),
    )


def completion_with_usage(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("chatcmpl-" + m.chars(29)),
        "object": "chat.completion",
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": d.keep("A password should be at least 12 characters long; store only its Argon2id hash."),
                },
                "logprobs": {"content": [{"token": " password", "logprob": -0.31}]},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 1187,
            "completion_tokens": 42,
            "total_tokens": 1229,
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        "system_fingerprint": d.keep("fp_" + m.hex(10)),
    }
    d.kept('"prompt_tokens":1187', '"token":" password"', '"reasoning_tokens":0')
    api(d, "POST", "https://api.openai.com/v1/chat/completions", answer, x_ratelimit_remaining_tokens=d.keep("149984"))


def atlassian_webhook_and_shopify(d: Draft) -> None:
    m = d.mint
    answer = {
        "installed": [
            {
                "vendor": "jira",
                "clientKey": d.keep(m.uuid()),
                "sharedSecret": d.hide("ATC" + "O" + m.urlsafe(64)),
                "publicKey": "",
                "baseUrl": "https://example.atlassian.net",
            },
            {
                "vendor": "shopify",
                "shop": "example.myshopify.com",
                "access_token": d.hide("sh" + "pat_" + m.hex(32)),
                "associated_user_scope": "read_products",
            },
            {
                "vendor": "telegram",
                "bot": "ops_bot",
                "webhook": f"https://api.telegram.org/bot{d.hide(m.digits(10) + ':AA' + m.chars(33))}/setWebhook",
            },
            {"vendor": "zoom", "account_id": d.keep(m.urlsafe(16)), "secret_token_required": True},
        ]
    }
    d.kept('"secret_token_required":true', '"publicKey":""')
    api(d, "GET", "https://integrations.example.net/api/installations", answer)
