"""What an agent and its tools can do without any configuration: requests as the tools send them, the built-in list, the presets.

The registries themselves are not asked: what is tested is the ruling on each request.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from warden.config import Config
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.dialects.egress import Egress, parse
from warden.model import Action, Decision, DnsQuestion, HttpRequest, Principal, TcpConnect
from warden.settings import files

ROOT = Path(__file__).parents[2]
POINTS = {preset: PolicyDecisionPoint(load(preset)) for preset in ("observe", "no-destroy", "readonly", "lockdown")}
AGENT = Principal("claude", "s")


def request(method: str, url: str, body: bytes = b"") -> HttpRequest:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kind = "application/json" if body.startswith(b"{") else ""
    if target.endswith("/git-upload-pack"):
        kind = "application/x-git-upload-pack-request"
    typed = (("Content-Type", kind),) if kind else ()
    return HttpRequest(method, parts.scheme, parts.hostname or "", port, target, (("Host", parts.netloc), *typed), body, len(body))


def decide(message: HttpRequest | DnsQuestion | TcpConnect, preset: str = "no-destroy", egress: Egress | None = None) -> Decision:
    actions: tuple[Action, ...] = Decoder(egress or Egress(Config().egress.allow)).decode(message)
    return POINTS[preset].decide(AGENT, actions)


QUERY = json.dumps({"query": "query { viewer { login } }"}).encode()
MUTATION = json.dumps({"query": "mutation { addStar(input: {}) { clientMutationId } }"}).encode()

READS = [
    ("GET", "https://pypi.org/simple/requests/"),
    ("GET", "https://files.pythonhosted.org/packages/aa/bb/x-1-py3-none-any.whl"),
    ("HEAD", "https://files.pythonhosted.org/packages/aa/bb/x-1-py3-none-any.whl"),
    ("GET", "https://registry.npmjs.org/@babel%2fcore"),
    ("GET", "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"),
    ("GET", "https://registry.yarnpkg.com/left-pad"),
    ("GET", "https://index.crates.io/se/rd/serde"),
    ("GET", "https://index.crates.io/config.json"),
    ("GET", "https://static.crates.io/crates/serde/serde-1.0.0.crate"),
    ("GET", "https://static.rust-lang.org/dist/channel-rust-stable.toml.sha256"),
    ("GET", "https://proxy.golang.org/golang.org/x/mod/@v/list"),
    ("GET", "https://proxy.golang.org/github.com/!burnt!sushi/toml/@v/v1.0.0.zip"),
    ("GET", "https://sum.golang.org/lookup/golang.org/x/mod@v0.1.0"),
    ("GET", "https://repo.maven.apache.org/maven2/junit/junit/4.13/junit-4.13.pom"),
    ("GET", "https://services.gradle.org/distributions/gradle-8.5-bin.zip"),
    ("GET", "https://rubygems.org/gems/rake-13.0.gem"),
    ("GET", "https://index.rubygems.org/info/rake"),
    ("GET", "https://repo.packagist.org/p2/monolog/monolog.json"),
    ("GET", "https://api.nuget.org/v3/index.json"),
    ("GET", "https://repo.hex.pm/packages/jason"),
    ("GET", "https://conda.anaconda.org/conda-forge/linux-64/repodata.json.zst"),
    ("GET", "http://deb.debian.org/debian/dists/bookworm/InRelease"),
    ("GET", "https://deb.debian.org/debian/dists/bookworm/InRelease"),
    ("GET", "http://security.debian.org/debian-security/dists/bookworm-security/InRelease"),
    ("GET", "http://archive.ubuntu.com/ubuntu/dists/noble/InRelease"),
    ("GET", "https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/APKINDEX.tar.gz"),
    ("GET", "https://registry.terraform.io/v1/providers/hashicorp/aws/versions"),
    ("GET", "https://github.com/o/r.git/info/refs?service=git-upload-pack"),
    ("POST", "https://github.com/o/r.git/git-upload-pack"),
    ("GET", "https://github.com/o/r/releases/download/v1/x.tar.gz"),
    ("GET", "https://codeload.github.com/o/r/tar.gz/refs/heads/main"),
    ("GET", "https://raw.githubusercontent.com/o/r/main/README.md"),
    ("GET", "https://api.github.com/repos/o/r/pulls"),
    ("GET", "https://gitlab.com/o/r.git/info/refs?service=git-upload-pack"),
    ("POST", "https://gitlab.com/o/r.git/git-upload-pack"),
    ("GET", "https://bitbucket.org/o/r.git/info/refs?service=git-upload-pack"),
]

MODELS = [
    ("POST", "https://api.anthropic.com/v1/messages?beta=true"),
    ("POST", "https://api.anthropic.com/v1/messages/count_tokens"),
    ("POST", "https://console.anthropic.com/v1/oauth/token"),
    ("POST", "https://api.openai.com/v1/responses"),
    ("POST", "https://chatgpt.com/backend-api/codex/responses"),
    ("POST", "https://openrouter.ai/api/v1/chat/completions"),
    ("POST", "https://api.mistral.ai/v1/chat/completions"),
    ("POST", "https://api.deepseek.com/chat/completions"),
    ("POST", "https://api.groq.com/openai/v1/chat/completions"),
    ("POST", "https://api.x.ai/v1/chat/completions"),
    ("POST", "https://api.githubcopilot.com/chat/completions"),
]

#: method, URL, body, the entry that the denial names.
DENIED = [
    ("POST", "https://upload.pypi.org/legacy/", b"x", "POST upload.pypi.org/legacy/"),
    ("POST", "https://pypi.org/legacy/", b"x", "POST pypi.org/legacy/"),
    ("PUT", "https://registry.npmjs.org/left-pad", b"{}", "PUT registry.npmjs.org/left-pad"),
    ("PUT", "https://registry.npmjs.org/@babel%2fcore", b"{}", "PUT registry.npmjs.org"),
    ("POST", "https://registry.npmjs.org/-/npm/v1/security/advisories/bulk", b"{}", "POST registry.npmjs.org/-/npm/v1/security/advisories/bulk"),
    ("PUT", "https://crates.io/api/v1/crates/new", b"x", "PUT crates.io/api/v1/crates/new"),
    ("POST", "https://api.github.com/gists", b"{}", "POST api.github.com/gists"),
    ("POST", "https://api.github.com/graphql", MUTATION, "POST api.github.com/graphql"),
    ("GET", "https://github.com/o/r.git/info/refs?service=git-receive-pack", b"", "GET,POST github.com/o/r.git/*"),
    ("POST", "https://github.com/o/r.git/git-receive-pack", b"0000", "GET,POST github.com/o/r.git/*"),
    ("PATCH", "https://gitlab.com/api/v4/projects/1", b"{}", "PATCH gitlab.com/api/v4/projects/1"),
    ("GET", "http://pypi.org/simple/", b"", "read pypi.org"),
    ("POST", "http://deb.debian.org/x", b"x", "POST deb.debian.org/x"),
    ("GET", "https://chatgpt.com/backend-api/conversations", b"", "read chatgpt.com"),
    ("POST", "https://statsig.anthropic.com/v1/rgstr", b"{}", "POST statsig.anthropic.com/v1/rgstr"),
    ("POST", "https://o1.ingest.sentry.io/api/1/envelope/", b"{}", "POST o1.ingest.sentry.io/api/1/envelope/"),
    ("GET", "https://evil.example/collect?data=x", b"", "read evil.example"),
    ("GET", "https://127.0.0.1/", b"", "read 127.0.0.1"),
    ("GET", "https://evil.example:8443/", b"", "read evil.example:8443"),
    ("GET", "https://gist.githubusercontent.com/x/y/raw", b"", "read gist.githubusercontent.com"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url"), READS)
def test_reading_works(method: str, url: str) -> None:
    for preset, allowed in (("observe", True), ("no-destroy", True), ("readonly", True), ("lockdown", False)):
        assert decide(request(method, url), preset).allowed is allowed, preset


@pytest.mark.parametrize(("method", "url"), MODELS)
def test_models_can_be_asked(method: str, url: str) -> None:
    for preset, allowed in (("observe", True), ("no-destroy", True), ("readonly", False), ("lockdown", False)):
        assert decide(request(method, url, b'{"model":"x"}'), preset).allowed is allowed, preset


def test_a_graphql_query_to_a_forge_reads() -> None:
    assert decide(request("POST", "https://api.github.com/graphql", QUERY)).allowed
    assert decide(request("POST", "https://gitlab.com/api/graphql", QUERY), "readonly").allowed


@pytest.mark.parametrize(("method", "url", "body", "entry"), DENIED)
def test_what_is_denied_says_which_line_would_allow_it(method: str, url: str, body: bytes, entry: str) -> None:
    sent = request(method, url, body)
    for preset in ("observe", "no-destroy"):
        decision = decide(sent, preset)
        assert decision.policies[0] == "network/egress"
        (line,) = re.findall(r"with this line in warden\.yaml: (.*)$", decision.advice)
        assert yaml.safe_load(line) == {"egress": {"allow": [entry]}}
        assert decide(sent, preset, Egress([*Config().egress.allow, entry])).allowed
    assert not decide(sent, "readonly").allowed
    assert not decide(sent, "lockdown").allowed


@pytest.mark.parametrize("text", Config().egress.allow)
def test_names_and_connections_agree_with_the_list(text: str) -> None:
    entry = parse(text)
    assert decide(DnsQuestion(entry.host, "A")).allowed
    for port in (80, 443, 22):
        assert decide(TcpConnect(entry.host, port)).allowed is (port in entry.ports)
    assert not decide(DnsQuestion(f"x.{entry.host}", "A"), egress=Egress([text])).allowed


@pytest.mark.parametrize(
    ("message", "entry"),
    [
        (DnsQuestion("docs.example", "A"), "read docs.example"),
        (TcpConnect("docs.example", 443), "read docs.example"),
        (TcpConnect("docs.example", 8080), "read docs.example:8080"),
        (TcpConnect("db.example", 5432), "tcp://db.example:5432"),
        (TcpConnect("github.com", 22), "tcp://github.com:22"),
    ],
)
def test_a_name_or_connection_says_which_line_would_allow_it(message: DnsQuestion | TcpConnect, entry: str) -> None:
    decision = decide(message)
    assert decision.policies == ("network/egress",)
    assert decision.advice.endswith(f'egress: {{allow: ["{entry}"]}}')
    assert decide(message, egress=Egress([entry])).allowed


# --- docs/egress.md ------------------------------------------------------------------------------------------------------------

TEXT = (ROOT / "docs/egress.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)


def test_the_documented_configuration_loads(tmp_path: Path) -> None:
    (example,) = (text for language, text in BLOCKS if language == "yaml")
    (tmp_path / "warden.yaml").write_text(example)
    loaded = files.check(tmp_path / "warden.yaml", tmp_path)
    assert loaded.loosens
    (tmp_path / ".config/warden").mkdir(parents=True)
    (tmp_path / ".config/warden/warden.yaml").write_text(example)
    (tmp_path / "elsewhere").mkdir()
    allow = files.load(tmp_path / "elsewhere", tmp_path, environ={}, system=tmp_path / "none").config.egress.allow
    assert "read docs.example.com" in allow
    assert "read https://bitbucket.org" not in allow


def test_the_documented_policies_do_what_they_say(tmp_path: Path) -> None:
    for number, text in enumerate(text for language, text in BLOCKS if language == "cedar"):
        (tmp_path / f"doc{number}.cedar").write_text(text)
    point = PolicyDecisionPoint(load("no-destroy", [tmp_path]))
    decoder = Decoder(Egress(["git.example", "api.example.com"]))

    def push(ref: str) -> bytes:
        line = f"{'0' * 40} {'a' * 40} {ref}\0".encode()
        return f"{len(line) + 4:04x}".encode() + line + b"0000"

    for ref, allowed in (("refs/heads/agent/x", True), ("refs/heads/main", False)):
        sent = request("POST", "https://git.example/o/r.git/git-receive-pack", push(ref))
        assert point.decide(AGENT, decoder.decode(sent)).allowed is allowed
    for field, allowed in (("createIssue", True), ("createProject", False), ("updateIssue", False)):
        sent = request("POST", "https://api.example.com/graphql", json.dumps({"query": f"mutation {{ {field} }}"}).encode())
        assert point.decide(AGENT, decoder.decode(sent)).allowed is allowed, field
    assert point.decide(AGENT, decoder.decode(request("POST", "https://api.example.com/graphql", QUERY))).allowed


def test_every_git_action_is_documented() -> None:
    from warden.dialects.http import ACTIONS

    for name in ACTIONS:
        if name.startswith(("git:", "lfs:")):
            assert f"`{name}`" in TEXT
