"""Services that are paid for by the seat or by the call."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import dotted, grouped, marked, spoken


def discord_application(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.digits(19)),
        "name": "Secret Hitler bot",
        "bot": {
            "id": d.keep(m.digits(19)),
            "token": d.hide(m.urlsafe(18) + "." + m.chars(6) + "." + m.urlsafe(28)),
            "discriminator": "0001",
        },
        "verify_key": d.keep(m.hex(64)),
        "webhook": {"type": 1, "url": d.hide(m.discord_hook())},
    }
    d.kept('"name":"Secret Hitler bot"')
    api(d, "POST", "https://discord.com/api/v10/applications/x/bot/reset", answer)


def linear_and_notion(d: Draft) -> None:
    m = d.mint
    answer = {
        "integrations": [
            {"service": "linear", "settings": {"apiKey": d.hide("lin" + "_api_" + m.chars(40)), "teamId": d.keep(m.uuid())}},
            {
                "service": "notion",
                "bot_id": d.keep(m.uuid()),
                "access_token": d.hide("nt" + "n_" + m.digits(11) + m.chars(35)),
                "workspace_icon": d.keep("https://s3.acme.example.org/" + m.uuid() + "/icon.png"),
                "token_type": "bearer",
            },
            {"service": "figma", "personal_token": d.hide("figd" + "_" + m.urlsafe(30)), "expires": None},
        ]
    }
    d.kept('"service":"notion"', '"expires":null')
    api(d, "GET", "https://hub.acme.example.org/api/integrations", answer)


def mailchimp_and_mailgun(d: Draft) -> None:
    m = d.mint
    answer = {
        "providers": {
            "mailchimp": {"apikey": d.hide(m.hex(32) + "-us14"), "dc": "us14"},
            "mailgun": {"signing_key": d.hide(m.hex(32)), "public_validation_key": d.keep("pubkey-" + m.hex(32))},
            "postmark": {"ServerToken": d.hide(m.uuid()), "MessageStream": "outbound", "MessageID": d.keep(m.uuid())},
            "brevo": {"password_reset_template_id": 14},
        }
    }
    d.kept('"password_reset_template_id":14', '"MessageStream":"outbound"')
    api(d, "GET", "https://hub.acme.example.org/api/mail", answer)


def postmark_servers(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "ID": d.keep(m.digits(7)),
            "Name": "Password resets",
            "ApiTokens": [d.hide(m.uuid())],
            "Color": "red",
            "SmtpApiActivated": True,
            "InboundHash": d.keep(m.hex(32)),
            "DeliveryType": "Live",
        }
    ]
    d.kept('"Name":"Password resets"', '"SmtpApiActivated":true')
    api(d, "GET", "https://api.postmarkapp.com/servers?count=1&offset=0", {"TotalCount": 1, "Servers": rows})


def opsgenie_integration(d: Draft) -> None:
    m = d.mint
    answer = {
        "result": "Integration [Zabbix] is added",
        "data": {"id": d.keep(m.uuid()), "name": "Zabbix", "apiKey": d.hide(m.uuid()), "type": "Zabbix"},
        "took": 0.31,
        "requestId": d.keep(m.uuid()),
    }
    d.kept('"type":"Zabbix"')
    api(d, "POST", "https://api.eu.opsgenie.com/v2/integrations", answer)


def launchdarkly_project(d: Draft) -> None:
    m = d.mint
    environments = [
        {
            "key": "prod",
            "_id": d.keep(m.hex(24)),
            "apiKey": d.hide("sdk-" + m.uuid()),
            "mobileKey": "mob-" + m.uuid(),
            "secureMode": True,
            "name": "Production",
            "defaultTtl": 0,
            "confirmChanges": True,
        }
    ]
    d.kept('"secureMode":true', '"confirmChanges":true')
    api(
        d,
        "GET",
        "https://app.launchdarkly.com/api/v2/projects/web?expand=environments",
        {"key": "web", "environments": {"items": environments}},
    )


def dynatrace_token(d: Draft) -> None:
    m = d.mint
    public = m.chars(24, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    answer = {
        "id": "dt0c01." + public,
        "token": d.hide("dt0" + f"c01.{public}." + m.chars(64, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        "expirationDate": "2027-01-01T00:00:00.000Z",
    }
    d.kept('"expirationDate":"2027-01-01T00:00:00.000Z"')
    api(d, "POST", "https://abc.live.dynatrace.com/api/v2/apiTokens", answer)


def splunk_collector(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest">
  <title>http</title>
  <entry><title>http://k8s-token-input</title><id>https://splunk:8089/servicesNS/nobody/inputs/http/k8s</id>
    <content type="text/xml"><s:dict>
      <s:key name="disabled">0</s:key><s:key name="index">main</s:key>
      <s:key name="token">{d.hide(m.uuid())}</s:key>
      <s:key name="useACK">false</s:key><s:key name="_guid">{d.keep(m.uuid().upper())}</s:key>
    </s:dict></content></entry>
</feed>
"""
    d.kept("<title>http://k8s-token-input</title>", '<s:key name="useACK">false</s:key>')
    page(d, "https://splunk.acme.internal:8089/services/data/inputs/http", text, "text/xml; charset=UTF-8")


def splunk_session(d: Draft) -> None:
    m = d.mint
    text = f'<response><sessionKey>{d.hide(m.urlsafe(90))}</sessionKey><messages><msg code="">{d.keep("Password expires in 12 days")}</msg></messages></response>'
    page(d, "https://splunk.acme.internal:8089/services/auth/login", text, "text/xml")


def plaid_exchange(d: Draft) -> None:
    m = d.mint
    answer = {
        "access_token": d.hide("access-" + "production-" + m.uuid(), schema=True),
        "item_id": d.keep(m.chars(37)),
        "request_id": d.keep(m.chars(15)),
        "consented_products": ["auth"],
    }
    d.kept('"consented_products":["auth"]')
    api(d, "POST", "https://production.plaid.com/item/public_token/exchange", answer)


def paypal_and_square(d: Draft) -> None:
    m = d.mint
    answer = {
        "scope": d.keep("https://uri.paypal.com/services/invoicing"),
        "access_token": d.hide("A21AA" + m.urlsafe(70), schema=True),
        "token_type": "Bearer",
        "app_id": d.keep("APP-" + m.digits(17)),
        "expires_in": 32400,
        "nonce": d.keep("2026-11-24T10:15:00Z" + m.urlsafe(32)),
    }
    api(d, "POST", "https://api-m.paypal.com/v1/oauth2/token", answer, paypal_debug_id=d.keep(m.hex(13)))


def checkout_session(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("cs_live_" + m.chars(58)),
        "object": "checkout.session",
        "payment_intent": d.keep("pi_3" + m.chars(23)),
        "client_reference_id": d.keep("order-" + m.digits(6)),
        "publishable": d.keep(m.publishable()),
        "restricted": d.hide(m.stripe("rk")),
        "customer": d.keep("cus_" + m.chars(14)),
        "mode": "payment",
    }
    d.kept('"mode":"payment"')
    api(d, "GET", "https://pay.acme.example.org/debug/session", answer)


def model_provider_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {"provider": "anthropic", "key": d.hide(m.anthropic()), "rpm": 50},
        {"provider": "huggingface", "key": d.hide("h" + "f_" + m.chars(34)), "model": "sentence-tokenizer"},
        {"provider": "groq", "key": d.hide("gs" + "k_" + m.chars(52))},
        {"provider": "local", "key": "none", "max_input_tokens": 32768},
    ]
    d.kept('"provider":"local","key":"none","max_input_tokens":32768', '"model":"sentence-tokenizer"')
    api(d, "GET", "https://llm.acme.internal/model/info", {"data": rows, "litellm_call_id": d.keep(m.uuid())})


def proxy_key_generated(d: Draft) -> None:
    m = d.mint
    answer = {
        "key": d.hide("sk-" + m.urlsafe(16)),
        "key_name": d.keep("sk-..." + m.chars(4)),
        "token": m.sha256(),
        "max_budget": 20.0,
        "tpm_limit": 100000,
        "user_id": "anna",
        "spend": 0.0,
    }
    d.kept('"tpm_limit":100000', '"max_budget":20.0')
    api(d, "POST", "https://llm.acme.internal/key/generate", answer)


def message_with_usage(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep("msg_01" + m.chars(22)),
        "type": "message",
        "content": [
            {
                "type": "thinking",
                "thinking": d.keep("The user lost a password; explain how to reset it."),
                "signature": d.keep(m.base64(200)),
            },
            {"type": "text", "text": d.keep('Choose "Forgot password?" and follow the link.')},
        ],
        "usage": {"input_tokens": 2095, "cache_creation_input_tokens": 0, "output_tokens": 503},
        "container": {"id": d.keep("container_" + m.chars(20))},
    }
    d.kept('"input_tokens":2095', '"output_tokens":503')
    api(
        d,
        "POST",
        "https://api.anthropic.com/v1/messages",
        answer,
        request_id=d.keep("req_" + m.chars(24)),
        anthropic_ratelimit_tokens_remaining="79000",
    )


def zendesk_and_intercom(d: Draft) -> None:
    m = d.mint
    ticket = {
        "id": d.keep(m.digits(6)),
        "subject": d.keep("Password reset mail does not arrive"),
        "description": f"Hi, I still cannot log in. User mueller, Passwort ist {d.hide(grouped(m))} falls Sie es testen wollen.",
        "via": {"channel": "web"},
        "generated_timestamp": 1795596400,
    }
    answer = {
        "tickets": [ticket],
        "meta": {"has_more": True, "after_cursor": d.keep(b64(m.chars(40)))},
        "links": {"next": "https://acme.zendesk.com/api/v2/tickets?page[size]=1"},
    }
    d.kept("falls Sie es testen wollen.")
    api(d, "GET", "https://acme.zendesk.com/api/v2/tickets", answer, x_zendesk_request_id=d.keep(m.hex(20)))


def wiki_page(d: Draft) -> None:
    m = d.mint
    storage = f"""<p>The switch in room 4:</p><table><tbody><tr><th>User</th><th>Password</th></tr><tr><td>admin</td><td>{d.hide(spoken(m))}</td></tr><tr><td>monitor</td><td>{d.hide(dotted(m))}</td></tr></tbody></table><p>See also: Password policy (v3), Token lifecycle.</p><ac:structured-macro ac:name="code" ac:macro-id="{d.keep(m.uuid())}"><ac:plain-text-body><![CDATA[export ATLAS_TOKEN="{d.hide("ATA" + "TT3x" + m.urlsafe(130))}=" ]]></ac:plain-text-body></ac:structured-macro>"""
    answer = {
        "id": d.keep(m.digits(9)),
        "title": "Passwords and tokens of the lab",
        "body": {"storage": {"value": storage, "representation": "storage"}},
        "version": {"number": 14},
        "_links": {"tinyui": d.keep("/x/" + m.chars(6))},
    }
    d.kept("See also: Password policy (v3), Token lifecycle.", '"title":"Passwords and tokens of the lab"')
    api(d, "GET", "https://acme.atlassian.net/wiki/rest/api/content/1?expand=body.storage", answer, atl_traceid=d.keep(m.hex(32)))


def calendar_and_meeting(d: Draft) -> None:
    m = d.mint
    answer = {
        "uuid": d.keep(m.base64(16)),
        "id": d.keep(m.digits(11)),
        "topic": "Secret rotation retro",
        "password": d.hide(m.chars(10)),
        "join_url": f"https://us02web.zoom.us/j/1?pwd={d.hide(m.chars(32) + '.1')}",
        "start_url": f"https://us02web.zoom.us/s/1?zak={d.hide(m.jwt({'iss': 'web', 'clt': 0}))}",
        "settings": {"waiting_room": True, "meeting_authentication": False},
    }
    d.kept('"topic":"Secret rotation retro"', '"meeting_authentication":false')
    api(d, "POST", "https://api.zoom.us/v2/users/me/meetings", answer, x_zm_trackingid=d.keep("v=2.0;clid=aw1;rid=WEB_" + m.hex(32)))


def algolia_and_maps(d: Draft) -> None:
    m = d.mint
    answer = {
        "keys": [
            {"value": d.hide(m.hex(32)), "acl": ["addObject", "deleteObject"], "description": "indexer"},
            {"acl": ["search"], "description": "Search-only API key"},
        ],
        "mapbox": {"token": d.keep("pk.eyJ1IjoiYWNtZSJ9." + m.urlsafe(16)), "usage": "pk", "scopes": ["styles:read", "fonts:read"]},
        "recaptcha": {"site_key": d.keep("6L" + m.urlsafe(28)), "secret": d.hide("6L" + m.urlsafe(28))},
    }
    d.kept('"description":"Search-only API key"', '"scopes":["styles:read","fonts:read"]')
    api(d, "GET", "https://cms.acme.example.org/api/settings/integrations", answer)


def airtable_pat_and_grid(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep("rec" + m.chars(14)),
            "createdTime": "2026-11-24T10:15:00.000Z",
            "fields": {"Account": name, "Pwd": d.hide(value), "Rotation": "quarterly"},
        }
        for name, value in (("fedex portal", marked(m)), ("tax office", grouped(m)))
    ]
    d.kept('"Account":"tax office"', '"Rotation":"quarterly"')
    api(
        d, "GET", "https://api.airtable.com/v0/app1/Logins", {"records": rows, "offset": d.keep("itr" + m.chars(14) + "/rec" + m.chars(14))}
    )
