"""Payments and commerce."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("stripe-key", ("sk_test_", "sk_live_", "sk_prod_", "rk_test_", "rk_live_", "rk_prod_"), rf"{LEFT}[sr]k_(?:test|live|prod)_[A-Za-z0-9]{{10,250}}", entropy=2.0, yes=("sk_live_{a24}", "rk_prod_{a99}"), no=("task_test_{a12}", "sk_test_x")),
    Rule("stripe-webhook-secret", ("whsec_",), rf"{LEFT}whsec_[A-Za-z0-9+/]{{24,64}}", yes=("whsec_{a32}",), no=("whsec_x",)),
    Rule("square-token", ("eaaa", "sq0atp-", "sq0csp-"), rf"{LEFT}(?:EAAA[\w-]{{22,60}}|sq0(?:atp|csp)-[\w-]{{22,60}})(?![\w-])", entropy=3.5, yes=("EAAA{a60}", "sq0atp-{a22}"), no=("EAAA{a10}",)),
    Rule("shopify-token", ("shpat_", "shpca_", "shppa_", "shpss_", "shptka_"), r"shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}", yes=("shpat_{h32}",), no=("shpat_x",)),
    Rule("easypost-key", ("ezak", "eztk"), rf"{LEFT}EZ[AT]K[A-Za-z0-9]{{54}}{RIGHT}", entropy=2.0, yes=("EZAK{a54}",), no=("EZAK{a10}", "xEZAK{a54}")),
    Rule("shippo-token", ("shippo_live_", "shippo_test_"), r"shippo_(?:live|test)_[a-fA-F0-9]{40}", yes=("shippo_live_{h40}",), no=("shippo_live_x",)),
    Rule("flutterwave-key", ("flwseck", "flwpubk"), r"FLW(?:PUB|SEC)K(?:_TEST)?-[a-h0-9]{12}(?:[a-h0-9]{20}-X)?", yes=("FLWSECK_TEST-{h32}-X", "FLWSECK_TEST-{h12}"), no=("FLWSECK_TEST-x",)),
    Rule("plaid-token", ("access-sandbox-", "access-development-", "access-production-"), r"access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", yes=("access-sandbox-{h8}-{h4}-{h4}-{h4}-{h12}",), no=("access-production-role",)),
    Rule("duffel-token", ("duffel_test_", "duffel_live_"), r"duffel_(?:test|live)_[\w=-]{43}", yes=("duffel_test_{a43}",), no=("duffel_test_x",)),
    Rule("gocardless-token", ("live_",), rf"{LEFT}live_[A-Za-z0-9=_-]{{40}}(?![\w=-])", entropy=3.5, yes=("live_{a40}",), no=("live_update", "sk-alive_{a40}")),
    Rule("lob-key", ("test_", "live_"), rf"{LEFT}(?:test|live)_(?:pub_[a-f0-9]{{31}}|[a-f0-9]{{35}})(?![a-f0-9])", entropy=3.0, yes=("test_{h35}", "live_pub_{h31}"), no=("test_{h10}", "test_case")),
    Rule("freemius-secret", ("secret_key",), r"secret_key[\"']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}[\"'](sk_[^\s\"']{29})[\"']", yes=("'secret_key' => '<<sk_{a29}>>'",), no=("secret_key => 'sk_x'",)),
    Rule("razorpay-key", ("rzp_live_", "rzp_test_"), r"rzp_(?:live|test)_[A-Za-z0-9]{14}", yes=("rzp_live_{a14}",), no=("rzp_live_x",)),
    Rule("adobe-secret", ("p8e-",), rf"{LEFT}p8e-[A-Za-z0-9_-]{{32}}(?![\w-])", entropy=3.0, yes=("p8e-{a32}",), no=("p8e-x",)),
    Rule("frameio-token", ("fio-u-",), r"fio-u-[A-Za-z0-9=_-]{64}", yes=("fio-u-{a64}",), no=("fio-u-x",)),
)
# fmt: on
