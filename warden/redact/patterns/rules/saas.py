"""Other services whose tokens have a form of their own."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("airtable-token", ("pat",), rf"{LEFT}pat[A-Za-z0-9]{{14}}\.[a-f0-9]{{64}}{RIGHT}", yes=("pat{a14}.{h64}",), no=("path/to.{h64}", "pattern")),
    Rule("facebook-token", tuple(f"{digit}|" for digit in range(10)), r"(?<![0-9])([0-9]{15,16}\|[\w-]{27,40})(?![\w-])", back=16, entropy=3.0, yes=("facebook <<{d15}|{a27}>>",), no=("a|b", "{d15}|{a5}")),
    Rule("facebook-page-token", ("eaac", "eaam"), rf"{LEFT}EAA[MC][A-Za-z0-9]{{100,400}}{RIGHT}", entropy=4.0, yes=("EAAC{a150}",), no=("EAAC{a20}", "xEAAC{a150}")),
    Rule("mapbox-token", ("pk.", "sk."), rf"{LEFT}[ps]k\.[A-Za-z0-9]{{60,120}}\.[A-Za-z0-9_-]{{22}}(?![\w-])", yes=("pk.{a60}.{a22}",), no=("pk.x",)),
    Rule("maxmind-key", ("_mmk",), r"(?<![A-Za-z0-9])([A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk)(?![A-Za-z0-9])", back=36, yes=("{a6}_{a29}_mmk",), no=("{a6}_mmk",)),
    Rule("notion-token", ("ntn_", "secret_"), rf"{LEFT}(?:ntn_[0-9]{{11}}[A-Za-z0-9]{{35}}|secret_[A-Za-z0-9]{{43}}){RIGHT}", entropy=3.8, yes=("ntn_{d11}{a35}", "secret_{a43}"), no=("ntn_x", "secret_name")),
    Rule("beamer-token", ("b_",), rf"{LEFT}b_[A-Za-z0-9=_-]{{44}}(?![\w=-])", entropy=4.0, yes=("b_{a44}",), no=("b_x", "db_{a44}")),
    Rule("netlify-token", ("nfp_",), rf"{LEFT}nfp_[A-Za-z0-9]{{36,40}}{RIGHT}", yes=("nfp_{a36}",), no=("nfp_x",)),
    Rule("salesforce-session", ("00d",), rf"{LEFT}00D[A-Za-z0-9]{{12,15}}![A-Za-z0-9._]{{60,200}}", entropy=3.5, yes=("00D{a12}!{a80}",), no=("00D{a12}!x",)),
    Rule("proxmox-ticket", ("pve:",), r"(PVE:[^:\s\"]{1,64}:[0-9A-F]{8}::[A-Za-z0-9+/]{40,512}={0,2})", yes=("PVE:root@pam:{H8}::{B60}",), no=("PVE:x",)),
    Rule("readme-token", ("rdme_",), r"rdme_[a-z0-9]{70}", yes=("rdme_{l70}",), no=("rdme_x",)),
    Rule("typeform-token", ("tfp_",), r"tfp_[A-Za-z0-9_.=-]{59}", yes=("tfp_{a59}",), no=("tfp_x",)),
    Rule("twitter-bearer-token", ("aaaaaaaaaaaaaaaaaaaaaa",), rf"{LEFT}A{{22}}[A-Za-z0-9%]{{80,100}}(?![A-Za-z0-9%+/])", entropy=3.5, yes=("AAAAAAAAAAAAAAAAAAAAAA{a85}",), no=("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",)),
    Rule("figma-token", ("figd_", "figo_"), r"fig[do]_[\w-]{40,50}", yes=("figd_{a40}",), no=("figd_x",)),
    Rule("posthog-key", ("phx_", "phc_"), rf"{LEFT}ph[xc]_[A-Za-z0-9]{{43,48}}{RIGHT}", yes=("phx_{a43}",), no=("phx_x",)),
    Rule("supabase-token", ("sbp_", "sb_secret_"), r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{31,40}", yes=("sbp_{h40}",), no=("sbp_x",)),
    Rule("resend-key", ("re_",), rf"{LEFT}re_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{24}}{RIGHT}", entropy=3.8, yes=("re_{a8}_{a24}",), no=("re_create_policy",)),
    Rule("pinecone-key", ("pcsk_",), r"pcsk_[A-Za-z0-9_]{60,80}", yes=("pcsk_{a70}",), no=("pcsk_x",)),
)
# fmt: on
