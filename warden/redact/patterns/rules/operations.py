"""Vault, Terraform, Kubernetes, observability and other tools of operations."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

_IS = r"[\"'\\` \t]{0,6}(?:=>|:=|[=:,>])[\"'\\` \t]{0,6}"

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("vault-token", ("hvs.", "hvb.", "hvr."), r"hv[sbr]\.[\w-]{24,500}", entropy=3.0, yes=("hvs.{a90}", "hvb.{a140}"), no=("hvs.x",)),
    Rule("vault-legacy-token", ('"s.', "'s.", "=s.", ":s.", " s.", "\ns.", "\ts."), r"[\s\"'=:](s\.[A-Za-z0-9]{24})(?![A-Za-z0-9_.-])", entropy=3.5, yes=("token: <<s.{a24}>>", "VAULT_TOKEN=<<s.{a24}>>"), no=("us.{a24}", "s.amazonaws")),
    Rule("terraform-cloud-token", (".atlasv1.",), r"[A-Za-z0-9]{14}\.(?i:atlasv1)\.[A-Za-z0-9=_-]{60,70}", back=14, entropy=2.5, yes=("{a14}.atlasv1.{a65}",), no=("{a14}.atlasv1.{a10}",)),
    Rule("terraform-password", ("password", "administrator_login_password"), r"(?:password|administrator_login_password)[ \t]{0,12}=[ \t]{0,4}\"([^\s\"$]{8,60})\"", yes=('  password = "<<{a12}>>"',), no=('password = "${var.password}"', 'password = ""')),
    Rule("kubeadm-token", ("token=", "token:", 'token":', "token ", "token\\\":", "token-id"), r"(?i:token)(?:-id)?[\"'\\ \t:=]{1,8}(?:Bearer )?([a-z0-9]{6}\.[a-z0-9]{16})(?![A-Za-z0-9.-])", entropy=3.0, yes=("kubeadm join 10.0.0.1:6443 --token <<{l6}.{l16}>>", "token: <<{l6}.{l16}>>", "--discovery-token <<{l6}.{l16}>>"), no=("token: v1.2", "tokens 123456.12")),
    Rule("openshift-token", ("sha256~",), rf"{LEFT}sha256~[\w-]{{43}}(?![\w-])", entropy=3.0, yes=("sha256~{a43}",), no=("sha256:{h64}", "sha256~{a10}")),
    Rule("age-secret-key", ("age-secret-key-",), r"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{58,200}", yes=("AGE-SECRET-KEY-1{b58}",), no=("AGE-SECRET-KEY-1{b10}", "age1{l58}")),
    Rule("doppler-token", ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."), r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{1,40}\.)?[A-Za-z0-9]{40,44}", yes=("dp.pt.{a43}",), no=("dp.pt.x",)),
    Rule("pulumi-token", ("pul-",), rf"{LEFT}pul-[a-f0-9]{{40}}(?![a-f0-9])", yes=("pul-{h40}",), no=("pul-{h10}",)),
    Rule("prefect-token", ("pnu_", "pnb_"), r"pn[ub]_[A-Za-z0-9]{36}(?![A-Za-z0-9])", entropy=2.0, yes=("pnu_{a36}",), no=("pnu_x",)),
    Rule("databricks-token", ("dapi",), rf"{LEFT}dapi[a-f0-9]{{32}}(?:-\d)?(?![a-f0-9])", entropy=3.0, yes=("dapi{h32}", "dapi{h32}-2"), no=("dapi{h10}",)),
    Rule("dynatrace-token", ("dt0c01.", "dt0s"), r"dt0[a-z][0-9]{2}\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}", yes=("dt0c01.{a24}.{a64}",), no=("dt0c01.{a24}",)),
    Rule("grafana-token", ("glc_", "glsa_", "eyjrijoi"), rf"{LEFT}(?:glc_[A-Za-z0-9+/]{{32,400}}={{0,3}}|glsa_[A-Za-z0-9]{{32}}_[A-Fa-f0-9]{{8}}|eyJrIjoi[A-Za-z0-9]{{60,400}}={{0,3}})", entropy=3.0, yes=("glsa_{a32}_{x8}", "glc_{a60}", "eyJrIjoi{a80}"), no=("glc_x",)),
    Rule("new-relic-key", ("nrak-", "nrii-", "nrjs-", "nraa-", "nral-"), rf"{LEFT}(?:NR(?:AK|AA|AL)-[A-Za-z0-9]{{27,32}}|NRII-[A-Za-z0-9_-]{{32}}|NRJS-[a-f0-9]{{19}})(?![\w-])", yes=("NRAK-{U27}", "NRII-{a32}"), no=("NRAK-x",)),
    Rule("new-relic-license-key", ("nral",), r"(?<![A-Za-z0-9])((?:[a-f0-9]{36}|(?:eu|us)[0-9]{2}xx[0-9a-f]{30})NRAL)(?![A-Za-z0-9])", back=36, yes=("{h36}NRAL", "eu01xx{h30}NRAL"), no=("{h10}NRAL",)),
    Rule("sentry-token", ("sntrys_", "sntryu_"), r"sntry(?:u_[a-f0-9]{64}|s_[A-Za-z0-9+/=_-]{60,600})", entropy=3.0, yes=("sntryu_{h64}", "sntrys_eyJ{a150}_{B43}"), no=("sntryu_x",)),
    Rule("infracost-token", ("ico-",), rf"{LEFT}(?<!\.)ico-[A-Za-z0-9]{{32}}{RIGHT}", entropy=3.0, yes=("ico-{a32}",), no=("ico-x", "pico-{a32}", "box.ico-{h32}.png")),
    Rule("scalingo-token", ("tk-us-",), r"tk-us-[\w-]{48}(?![\w-])", yes=("tk-us-{a48}",), no=("tk-us-east",)),
    Rule("planetscale-token", ("pscale_tkn_", "pscale_oauth_", "pscale_pw_"), r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}", entropy=3.0, yes=("pscale_tkn_{a43}", "pscale_pw_{a43}"), no=("pscale_tkn_x",)),
    Rule("defined-networking-token", ("dnkey-",), r"dnkey-[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}", yes=("dnkey-{a26}-{a52}",), no=("dnkey-x",)),
    Rule("tailscale-key", ("tskey-",), r"tskey-[a-z]{2,12}-[A-Za-z0-9]{10,30}-[A-Za-z0-9]{20,50}", yes=("tskey-auth-{a16}-{a32}",), no=("tskey-auth",)),
    Rule("clickhouse-key", ("4b1d",), rf"{LEFT}4b1d[A-Za-z0-9]{{38}}{RIGHT}", entropy=3.5, yes=("4b1d{a38}",), no=("4b1d{h28}",)),
    Rule("authress-key", (".acc_", ".acc-"), r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.(?:acc)[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}", back=50, yes=("sc_{l10}.{l4}.acc_{l16}.{l40}",), no=("x.acc_{l10}",)),
    Rule("settlemint-token", ("sm_aat_", "sm_pat_", "sm_sat_"), r"sm_[aps]at_[A-Za-z0-9]{16}(?![A-Za-z0-9])", entropy=3.0, yes=("sm_aat_{a16}",), no=("sm_aat_x",)),
    Rule("onepassword-secret-key", ("a3-",), rf"{LEFT}A3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})-[A-Z0-9]{{5}}-[A-Z0-9]{{5}}-[A-Z0-9]{{5}}{RIGHT}", entropy=3.5, yes=("A3-{U6}-{U11}-{U5}-{U5}-{U5}", "A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}"), no=("A3-{U6}",)),
    Rule("onepassword-service-account", ("ops_eyj",), r"ops_eyJ[A-Za-z0-9+/]{250,2000}={0,3}", entropy=4.0, yes=("ops_eyJ{a300}",), no=("ops_eyJx",)),
    Rule("linear-key", ("lin_api_", "lin_oauth_"), r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}", yes=("lin_api_{a40}",), no=("lin_api_x",)),
    Rule("swarm-token", ("swmtkn-", "swmkey-"), r"SWM(?:TKN-\d-[a-z0-9]{50}-[a-z0-9]{25}|KEY-\d-[A-Za-z0-9+/]{43})", yes=("SWMTKN-1-{l50}-{l25}",), no=("SWMTKN-1",)),
    Rule("meraki-header", ("x-cisco-meraki-api-key",), rf"[\w-]{{0,40}}{_IS}([a-f0-9]{{40}})(?![a-f0-9])", yes=("X-Cisco-Meraki-API-Key: <<{h40}>>",), no=("X-Cisco-Meraki-API-Key: none",)),
)
# fmt: on
