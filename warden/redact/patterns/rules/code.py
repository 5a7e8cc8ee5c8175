"""Forges, package registries and continuous integration."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,255}", entropy=3.0, yes=("ghp_{a36}", "token=<<ghs_{a36}>>"), no=("ghp_{a20}", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")),
    Rule("github-fine-grained-pat", ("github_pat_",), r"github_pat_\w{82}(?!\w)", entropy=3.0, yes=("github_pat_{a82}",), no=("github_pat_{a20}",)),
    Rule("gitlab-token", ("glpat-", "gldt-", "glptt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glagent-", "glimt-", "gloas-", "glffct-", "glrtr-"), r"gl(?:pat|dt|ptt|rtr?|cbt|ft|soat|agent|imt|oas|ffct)-[\w-]{20,300}(?:\.[0-9a-z]{1,12}){0,2}", entropy=3.0, yes=("glpat-{a20}", "glrt-t3_{a26}.{l9}", "glcbt-{h5}_{a20}"), no=("glpat-short", "glpat-xxxxxxxxxxxxxxxxxxxx")),
    Rule("gitlab-runner-registration", ("gr1348941",), r"GR1348941[\w-]{20}", entropy=3.0, yes=("GR1348941{a20}",), no=("GR1348941",)),
    Rule("gitlab-session-cookie", ("_gitlab_session=",), r"_gitlab_session=([0-9a-z]{32})", yes=("_gitlab_session=<<{l32}>>",), no=("_gitlab_session=x",)),
    Rule("npm-token", ("npm_",), rf"{LEFT}npm_[A-Za-z0-9]{{36}}{RIGHT}", entropy=2.5, yes=("npm_{a36}",), no=("npm_config_registry", "npm_{a10}")),
    Rule("npmrc-auth", ("_authtoken", ":_auth", "_password"), r"(?:_authToken|:_auth|:_password)[ \t]{0,4}=[ \t]{0,4}[\"']?([A-Za-z0-9+/=_.-]{8,512})", yes=("//registry.npmjs.org/:_authToken=<<{a36}>>", "//r.example/:_auth=<<{B24}>>"), no=("//registry.npmjs.org/:_authToken=${NPM_TOKEN}",)),
    Rule("pypi-token", ("pypi-ageichlwas5vcmc", "pypi-ageicgvzdc5wexbplm9yzw"), r"pypi-AgEI[A-Za-z0-9]{12,24}[\w-]{50,1000}", yes=("pypi-AgEIcHlwaS5vcmc{a70}",), no=("pypi-AgEIcHlwaS5vcmc",)),
    Rule("rubygems-token", ("rubygems_",), r"rubygems_[a-f0-9]{48}(?![a-f0-9])", yes=("rubygems_{h48}",), no=("rubygems_mirror",)),
    Rule("clojars-token", ("clojars_",), r"(?i:clojars_)[A-Za-z0-9]{60}(?![A-Za-z0-9])", yes=("CLOJARS_{l60}",), no=("clojars_repo",)),
    Rule("nuget-key", ("oy2",), rf"{LEFT}oy2[a-p][a-z0-9]{{42}}{RIGHT}", entropy=3.5, yes=("oy2a{l42}",), no=("oy2 {a40}",)),
    Rule("crates-io-token", ("cio",), rf"{LEFT}cio[A-Za-z0-9]{{32}}{RIGHT}", entropy=4.0, yes=("cio{a32}",), no=("cio-{a32}", "socio{a32}")),
    Rule("docker-token", ("dckr_pat_", "dckr_oat_"), r"dckr_[op]at_[\w-]{27,36}", yes=("dckr_pat_{a27}",), no=("dckr_pat_x",)),
    Rule("docker-auth", ('"auth"', '\\"auth\\"'), r"\\?\"auth\\?\"[ \t]{0,4}:[ \t]{0,4}\\?\"([A-Za-z0-9+/]{8,2048}={0,2})\\?\"", yes=('{"auths":{"r.example":{"auth": "<<{B32}>>"}}}', '\\"auth\\":\\"<<{B32}>>\\"'), no=('"auth": "none"', '"auth": {"x": 1}')),
    Rule("artifactory-key", ("akcp",), rf"{LEFT}AKCp[A-Za-z0-9]{{69}}{RIGHT}", entropy=3.5, yes=("AKCp{a69}",), no=("AKCp{a10}", "xAKCp{a69}")),
    Rule("artifactory-reference-token", ("cmvmd",), rf"{LEFT}cmVmd[A-Za-z0-9]{{59}}{RIGHT}", entropy=3.5, yes=("cmVmd{a59}",), no=("cmVmd{a10}", "xcmVmd{a59}")),
    Rule("sonar-token", ("squ_", "sqp_", "sqa_"), rf"{LEFT}sq[upa]_[a-f0-9]{{40}}(?![a-f0-9])", yes=("squ_{h40}",), no=("squ_{h10}",)),
    Rule("sourcegraph-token", ("sgp_",), rf"{LEFT}sgp_(?:[a-fA-F0-9]{{16}}_|local_)?[a-fA-F0-9]{{40}}(?![a-fA-F0-9])", entropy=3.0, yes=("sgp_{h40}", "sgp_local_{x40}"), no=("sgp_{h10}",)),
    Rule("buildkite-token", ("bkua_", "bkct_"), r"bk(?:ua|ct)_[a-f0-9]{40}", yes=("bkua_{h40}",), no=("bkua_x",)),
    Rule("circleci-token", ("ccipat_", "cciprj_"), r"(?i:cci(?:pat|prj))_[A-Za-z0-9]{22}_[a-f0-9]{40}", yes=("ccipat_{a22}_{h40}",), no=("ccipat_x",)),
    Rule("bitbucket-token", ("bbdc-", "atbb", "atctt3xff", "atatt3xff", "atctt3"), rf"{LEFT}(?:BBDC-[A-Za-z0-9+/]{{40,44}}|ATBB[A-Za-z0-9]{{24,40}}{RIGHT}|AT[AC]TT3[A-Za-z0-9=_-]{{100,300}})", entropy=3.5, yes=("ATATT3xFf{a180}=ABCD1234", "ATBB{a32}"), no=("ATBB{a10}",)),
    Rule("octopus-key", ("api-",), rf"{LEFT}API-[A-Z0-9]{{26}}{RIGHT}", entropy=3.0, yes=("API-{b26}",), no=("api-gateway", "API-{b10}")),
    Rule("harness-token", ("pat.", "sat."), rf"{LEFT}[ps]at\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{20}}{RIGHT}", yes=("pat.{a22}.{a24}.{a20}",), no=("pat.{a22}",)),
    Rule("postman-token", ("pmak-", "pmat-"), r"PMA(?:K-[a-f0-9]{24}-[a-f0-9]{34}|T-[A-Z0-9]{26})", yes=("PMAK-{h24}-{h34}",), no=("PMAK-{h24}",)),
    Rule("contribsys-credential", ("contribsys",), r"CONTRIBSYS__COM\w{0,12}[\"'`\s]{0,3}(?::{0,3}=>?|[:>,]|\?=|\.=|string[ \t]{0,4}=|[ \t]{1,4}(?:\.=|\?=|:{0,3}=|=>)|[ \t]{1,3}string[ \t]{1,3}=)[\"'`\s]{0,6}([a-f0-9]{8}:[a-f0-9]{8})(?![a-f0-9])", yes=("BUNDLE_GEMS__CONTRIBSYS__COM: <<{h8}:{h8}>>",), no=("gems.contribsys.com",)),
)
# fmt: on
