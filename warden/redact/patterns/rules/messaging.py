"""Chat, mail and telephony."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("slack-token", ("xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xoxc-", "xoxd-", "xoxe-", "xoxe.xox"), r"xox[a-ep-s](?:\.xox[bp])?-[A-Za-z0-9%-]{10,400}", entropy=2.0, yes=("xoxb-{d12}-{d13}-{a24}", "xoxe-1-{a146}", "xoxe.xoxp-1-{a166}"), no=("xoxb-", "xoxz-{a24}")),
    Rule("slack-app-token", ("xapp-",), r"(?i:xapp)-\d-[A-Za-z0-9]{8,14}-\d{8,15}-[a-zA-Z0-9]{30,80}", entropy=2.0, yes=("xapp-1-A{U10}-{d13}-{h64}",), no=("xapp-1",)),
    Rule("slack-webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{43,64})", yes=("https://hooks.slack.com/services/<<T{U10}/B{U10}/{a24}>>",), no=("https://hooks.slack.com/services/",)),
    Rule("discord-webhook", ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"), r"discord(?:app)?\.com/api/webhooks/\d{15,20}/([\w-]{50,80})", yes=("https://discord.com/api/webhooks/{d18}/<<{a68}>>",), no=("https://discord.com/api/webhooks/{d18}",)),
    Rule("teams-webhook", (".webhook.office.com/webhookb2/",), r"\.webhook\.office\.com/webhookb2/([a-z0-9@-]{60,90}/IncomingWebhook/[a-z0-9]{32}/[a-z0-9-]{36}(?:/[\w-]{1,64})?)", yes=("https://c.webhook.office.com/webhookb2/<<{l8}-{l4}-{l4}-{l4}-{l12}@{l8}-{l4}-{l4}-{l4}-{l12}/IncomingWebhook/{l32}/{l8}-{l4}-{l4}-{l4}-{l12}>>",), no=("https://c.webhook.office.com/webhookb2/x",)),
    Rule("discord-bot-token", ("discord", "bot "), r"[\w \t-]{0,24}[\"'`:=, \t]{1,8}(?:Bot )?([MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,40})", yes=("DISCORD_TOKEN=<<M{a25}.{a6}.{a38}>>",), no=("discord: x.y.z",)),
    Rule("telegram-bot-token", tuple(f"{digit}:a" for digit in range(10)), r"(?<![0-9a-zA-Z])(?:bot)?([0-9]{5,16}:(?i:A)[\w-]{34})(?![\w-])", back=19, entropy=3.0, yes=("bot<<{d9}:A{a34}>>",), no=("{d9}:A{a10}", "12:AM", "clm{d5}:{a35}")),
    Rule("sendgrid-key", ("sg.",), rf"{LEFT}SG\.[A-Za-z0-9=_-]{{22}}\.[A-Za-z0-9=_-]{{43}}|{LEFT}SG\.[A-Za-z0-9=_.-]{{66}}(?![\w.-])", yes=("SG.{a22}.{a43}",), no=("SG.x",)),
    Rule("sendinblue-key", ("xkeysib-", "xsmtpsib-"), r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}", yes=("xkeysib-{h64}-{a16}",), no=("xkeysib-x",)),
    Rule("mailgun-key", ("key-", "pubkey-"), rf"{LEFT}(?:pub)?key-[a-f0-9]{{32}}(?![A-Za-z0-9-])", entropy=3.0, yes=("key-{h32}",), no=("key-{h17}", "key-pair", "monkey-{h32}")),
    Rule("mailchimp-key", ("-us",), r"(?<![A-Za-z0-9])([0-9a-f]{32}-us[0-9]{1,2})(?![A-Za-z0-9-])", back=32, entropy=3.0, yes=("{h32}-us20",), no=("en-us", "{h8}-us1", "{h32}-us-east-1")),
    Rule("twilio-key", tuple(f"sk{d}" for d in "0123456789abcdef"), rf"{LEFT}(?<!\"sid\":\")(?<!\"sid\": \")SK[0-9a-f]{{32}}{RIGHT}", entropy=3.0, yes=("SK{h32}",), no=("SK{h20}", "DISK{h32}", '"sid":"SK{h32}"')),
    Rule("intra42-secret", ("s-s4t2ud-", "s-s4t2af-"), r"s-s4t2(?:ud|af)-[a-f0-9]{64}", yes=("s-s4t2ud-{h64}",), no=("s-s4t2ud-x",)),
    Rule("azure-communication", ("endpoint=https://",), r"endpoint=https://[\w.-]{1,80}/;accesskey=([A-Za-z0-9+/]{40,120}={0,2})", yes=("endpoint=https://x.communication.azure.com/;accesskey=<<{B86}==>>",), no=("endpoint=https://x",)),
)
# fmt: on
