"""What a project's file may say by itself, and that trust holds for its exact content only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from warden.errors import ConfigError
from warden.settings import files, trust
from warden.settings.files import Loaded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home/project").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def file(home: Path) -> Path:
    return home / "project/warden.yaml"


def load(home: Path, at: Path | None = None) -> Loaded:
    return files.load(at or home / "project", home, environ={}, system=Path("/nonexistent"))


def give_trust(home: Path, file: Path) -> None:
    trust.record(home, file, files.digest(file, home))


@pytest.mark.parametrize(
    "text",
    [
        "policy: {preset: lockdown}",
        "policy: {preset: no-destroy}",
        "sandbox: {hide: [secret.txt], writable: [., build], agent_state: ['!~/.codex']}",
        "sandbox: {limits: {memory: 1GiB, pids: 10, cpus: 1}}",
        "environment: {hide: [MY_*], set: {A: b}}",
        "proxy: {body_limit: 1MiB, timeout: 5}",
        "credentials: {aws: {enabled: false}}",
        "kubernetes: {enabled: false}",
        "profile: default\negress: {allow: []}",
    ],
)
def test_what_tightens_needs_no_trust(home: Path, file: Path, text: str) -> None:
    file.write_text(text)
    assert load(home).files[0].loosens == ()


LOOSENING = {
    "policy.preset": "policy: {preset: observe}",
    "policy.files": "policy: {files: [allow.cedar]}",
    "egress.allow": "egress: {allow: [evil.example]}",
    "upstream.resolve": "upstream: {resolve: {'*.amazonaws.com': '192.0.2.1:443'}}",
    "upstream.ca": "upstream: {ca: [ca.pem]}",
    "credentials.aws.allow_foreign": "credentials: {aws: {allow_foreign: true}}",
    "credentials.aws.profile": "credentials: {aws: {profile: admin}}",
    "credentials.aws.account": "credentials: {aws: {account: '123456789012'}}",
    "credentials.aws.session_token": "credentials: {aws: {session_token: made-up}}",
    "credentials.entries": "credentials: {entries: [{name: a, from: {command: steal}, hosts: [evil.example], field: bearer}]}",
    "credentials.transcripts": "credentials: {transcripts: [evil.example]}",
    "kubernetes.kubeconfig": "kubernetes: {kubeconfig: [kubeconfig]}",
    "kubernetes.clusters": "kubernetes: {clusters: {prod: 'https://evil.example'}}",
    "kubernetes.ca": "kubernetes: {ca: {prod: ca.pem}}",
    "agent": "agent: trusted-agent",
    "profile": "profile: admin",
    "sandbox.runtime": "sandbox: {runtime: runc}",
    "sandbox.hide": "sandbox: {hide: ['!~/.aws']}",
    "sandbox.writable": "sandbox: {writable: [~/.bashrc]}",
    "sandbox.agent_state": "sandbox: {agent_state: [~/.bashrc]}",
    "sandbox.limits.memory": "sandbox: {limits: {memory: 0}}",
    "sandbox.limits.pids": "sandbox: {limits: {pids: 100000}}",
    "environment.hide": "environment: {hide: ['!AWS_*']}",
    "environment.pass": "environment: {pass: [GITHUB_TOKEN]}",
    "proxy.body_limit": "proxy: {body_limit: 1GiB}",
    "proxy.timeout": "proxy: {timeout: 1h}",
    "audit.path": "audit: {path: /dev/null}",
    "daemon.socket": "daemon: {socket: /tmp/evil.sock}",
    "daemon.idle_timeout": "daemon: {idle_timeout: 1}",
}


@pytest.mark.parametrize("key", LOOSENING)
def test_what_loosens_is_refused_until_it_is_trusted(home: Path, file: Path, key: str) -> None:
    file.write_text(f"# a comment\n{LOOSENING[key]}\n")
    with pytest.raises(ConfigError) as caught:
        load(home)
    assert f"line 2, {key}:" in caught.value.message
    assert caught.value.advice == f"Read it, then run `warden config trust {file}`."
    give_trust(home, file)
    assert f"{file}:2" in load(home).sources[key]


def test_every_key_but_the_harmless_is_shown_to_loosen() -> None:
    """A new key of the schema is refused from a project unless somebody decided otherwise here."""
    from warden.settings.values import KINDS

    harmless = {"environment.set", "sandbox.limits.cpus", "credentials.aws.enabled", "credentials.gcp.enabled", "kubernetes.enabled"}
    harmless |= {"egress.defaults", "credentials.builtin"}
    harmless |= {f"credentials.aws.{name}" for name in ("access_key_id", "secret_access_key", "region")}
    assert set(KINDS) == set(LOOSENING) | harmless


def test_enabling_what_the_user_disabled(home: Path, file: Path) -> None:
    user = home / ".config/warden/warden.yaml"
    user.parent.mkdir(parents=True)
    user.write_text("credentials: {aws: {enabled: false}}\nsandbox: {limits: {cpus: 2}}\npolicy: {preset: lockdown}\n")
    file.write_text("credentials: {aws: {enabled: true}}\nsandbox: {limits: {cpus: 4}}\npolicy: {preset: readonly}\n")
    with pytest.raises(ConfigError, match=r"gives the agent credentials.*raises a limit.*readonly is weaker than lockdown"):
        load(home)


@pytest.mark.parametrize("how", ["link", "dots"])
def test_writable_outside_the_project_by_detours(home: Path, file: Path, how: str) -> None:
    (home / "elsewhere").mkdir()
    (home / "project/link").symlink_to(home / "elsewhere")
    file.write_text(f"sandbox: {{writable: [{'link' if how == 'link' else 'x/../../elsewhere'}]}}\n")
    with pytest.raises(ConfigError, match="outside the project"):
        load(home)


def test_the_home_directory_as_project_makes_nothing_writable(home: Path) -> None:
    (home / "warden.yaml").write_text("sandbox: {writable: [.]}\n")
    with pytest.raises(ConfigError, match="outside the project"):
        load(home, at=home)


def test_one_changed_byte_ends_trust(home: Path, file: Path) -> None:
    file.write_text(LOOSENING["egress.allow"])
    give_trust(home, file)
    load(home)
    file.write_text(LOOSENING["egress.allow"] + " ")
    with pytest.raises(ConfigError, match="has changed since you trusted it"):
        load(home)


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_a_changed_policy_file_ends_trust(home: Path, file: Path, change: str) -> None:
    rules = home / "project/rules"
    rules.mkdir()
    (rules / "one.cedar").write_text("permit (principal, action, resource);")
    file.write_text("policy: {files: [rules]}\n")
    give_trust(home, file)
    loaded = load(home)
    assert loaded.read_only == (str(file), str(rules))
    if change == "edit":
        (rules / "one.cedar").write_text("permit (principal, action, resource); ")
    elif change == "add":
        (rules / "two.cedar").write_text("")
    else:
        (rules / "one.cedar").unlink()
    with pytest.raises(ConfigError, match="or a file it names, has changed"):
        load(home)


def test_trust_is_of_one_path(home: Path, file: Path) -> None:
    file.write_text(LOOSENING["egress.allow"])
    give_trust(home, file)
    (home / "other").mkdir()
    (home / "other/warden.yaml").write_text(file.read_text())
    with pytest.raises(ConfigError, match="you have not trusted"):
        load(home, at=home / "other")


def test_trust_can_be_taken_back(home: Path, file: Path) -> None:
    file.write_text(LOOSENING["egress.allow"])
    give_trust(home, file)
    trust.record(home, file, None)
    with pytest.raises(ConfigError, match="you have not trusted"):
        load(home)


def test_the_record_is_private(home: Path, file: Path) -> None:
    file.write_text(LOOSENING["egress.allow"])
    give_trust(home, file)
    store = trust.store_path(home)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert json.loads(store.read_text())["version"] == 1


@pytest.mark.parametrize("text", ["[]", "{", '{"version": 2, "files": {}}', '{"version": 1, "files": {"a": 1}}', "[" * 100_000])
def test_a_broken_record_trusts_nothing(home: Path, file: Path, text: str) -> None:
    file.write_text(LOOSENING["egress.allow"])
    store = trust.store_path(home)
    store.parent.mkdir(parents=True)
    store.write_text(text)
    with pytest.raises(ConfigError, match="not a record of trusted files"):
        load(home)


def test_a_record_that_everyone_can_write_trusts_nothing(home: Path, file: Path) -> None:
    file.write_text(LOOSENING["egress.allow"])
    give_trust(home, file)
    trust.store_path(home).chmod(0o666)
    with pytest.raises(ConfigError, match="writable by everyone"):
        load(home)


def test_a_directory_of_too_many_files(home: Path, file: Path) -> None:
    many = home / "project/many"
    many.mkdir()
    for number in range(trust.FILE_LIMIT + 1):
        (many / f"{number}.cedar").touch()
    file.write_text("policy: {files: [many]}\n")
    with pytest.raises(ConfigError, match="more than 1000 files"):
        files.digest(file, home)
