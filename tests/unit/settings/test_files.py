"""Finding, reading and merging warden.yaml: what each source gives, and that every mistake names its file, line, key and remedy."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from warden.config import AGENT_STATE_PATHS, HIDDEN_PATHS, HIDDEN_VARIABLES, Config
from warden.errors import ConfigError
from warden.settings import files
from warden.settings.files import Loaded, LoadedFile
from warden.settings.values import KINDS

type Load = Callable[..., Loaded]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home/.config/warden").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def cwd(home: Path) -> Path:
    (home / "src/project/deep").mkdir(parents=True)
    return home / "src/project"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return tmp_path / "etc-warden.yaml"


@pytest.fixture
def load(home: Path, cwd: Path, system: Path) -> Load:
    def read(flags: Mapping[str, Any] | None = None, *, at: Path = cwd, environ: Mapping[str, str] | None = None, **more: Any) -> Loaded:
        return files.load(at, home, flags, environ=environ or {}, system=system, **more)

    return read


@pytest.fixture
def user(home: Path) -> Path:
    return home / ".config/warden/warden.yaml"


def wrong(load: Load, *words: str, **arguments: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load(**arguments)
    for word in words:
        assert word in str(caught.value), caught.value


# --- the schema ------------------------------------------------------------------------------------------------------------------


def test_every_field_has_a_row_and_every_row_a_field() -> None:
    assert list(KINDS) == [key for key, _ in files.flat(Config())]


def test_without_files_it_is_the_defaults_with_home_expanded(load: Load, home: Path) -> None:
    loaded = load()
    assert loaded.files == ()
    assert set(loaded.sources.values()) == {"default"}
    expanded = tuple(dict.fromkeys(path.replace("~", str(home), 1) for path in HIDDEN_PATHS))
    assert loaded.config.sandbox.hide == expanded
    assert loaded.config.sandbox.agent_state == tuple(path.replace("~", str(home), 1) for path in AGENT_STATE_PATHS)
    sandbox = dataclasses.replace(loaded.config.sandbox, hide=HIDDEN_PATHS, agent_state=AGENT_STATE_PATHS)
    assert dataclasses.replace(loaded.config, sandbox=sandbox) == Config()


def test_nothing_imports_yaml_when_there_is_no_file(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys; from pathlib import Path; from warden.settings.files import load;"
        f"load(Path('/'), Path({str(tmp_path)!r}), environ={{}}, system=Path('/nonexistent')); sys.exit('yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


# --- where values come from ------------------------------------------------------------------------------------------------------


def test_later_sources_win_and_each_value_knows_its_line(load: Load, system: Path, user: Path, cwd: Path) -> None:
    system.write_text("profile: machine\npolicy:\n  preset: observe\nproxy: {timeout: 10}\n")
    user.write_text("policy:\n  preset: no-destroy\nproxy:\n  timeout: 20s\n")
    (cwd / "warden.yaml").write_text("policy: {preset: readonly}\n")
    loaded = load({"proxy.timeout": "1m"})
    assert loaded.config.profile == "machine"
    assert loaded.config.policy.preset == "readonly"
    assert loaded.config.proxy.timeout == 60.0
    assert loaded.sources["profile"] == f"{system}:1"
    assert loaded.sources["policy.preset"] == f"{cwd}/warden.yaml:1"
    assert loaded.sources["proxy.timeout"] == "command line"
    assert loaded.sources["agent"] == "default"
    assert [(file.path, file.role) for file in loaded.files] == [(system, "system"), (user, "user"), (cwd / "warden.yaml", "project")]
    assert loaded.read_only == (str(cwd / "warden.yaml"),)


def test_lists_accumulate_and_maps_merge(load: Load, system: Path, user: Path) -> None:
    system.write_text(
        'egress: {defaults: false, allow: [a.example, b.example]}\nupstream: {resolve: {"*.a": "127.0.0.1:1", b: "127.0.0.1:2"}}\n'
    )
    user.write_text('egress:\n  allow:\n    - b.example\n    - c.example\nupstream: {resolve: {B.: "[::1]:3"}}\n')
    loaded = load({"egress.allow": ["d.example:8443"]})
    assert loaded.config.egress.allow == ("a.example", "b.example", "c.example", "d.example:8443")
    assert dict(loaded.config.upstream.resolve) == {"*.a": "127.0.0.1:1", "b": "[::1]:3"}
    assert loaded.sources["egress.allow[1]"] == f"{system}:1"
    assert loaded.sources["egress.allow[2]"] == f"{user}:4"
    assert loaded.sources["egress.allow[3]"] == "command line"
    assert loaded.sources["upstream.resolve.b"] == f"{user}:5"
    assert loaded.sources["egress.allow"] == f"{system}:1, {user}:4, command line"


def test_built_in_hosts_are_taken_away_one_by_one_or_all(load: Load, user: Path, cwd: Path) -> None:
    before = load().config.egress.allow
    assert "read https://github.com" in before
    user.write_text("egress: {allow: ['!GitHub.com', '!POST https://console.anthropic.com/v1/oauth/token', read x.example]}\n")
    loaded = load().config.egress.allow
    assert set(before) - set(loaded) == {"read https://github.com", "POST https://console.anthropic.com/v1/oauth/token"}
    assert loaded[-1] == "read x.example"
    user.write_text("egress: {defaults: false, allow: [read x.example, 'read https://pypi.org']}\n")
    found = load()
    assert found.config.egress.allow == ("read x.example", "read https://pypi.org")
    assert found.sources["egress.allow[1]"] == f"{user}:1"
    user.write_text("egress: {allow: ['read https://pypi.org'], defaults: false}\n")  # in any order
    assert load().config.egress.allow == ("read https://pypi.org",)


def test_a_project_may_take_built_in_hosts_away_and_not_bring_them_back(load: Load, user: Path, cwd: Path) -> None:
    (cwd / "warden.yaml").write_text("egress: {defaults: false}\n")
    assert load().config.egress.allow == ()
    (cwd / "warden.yaml").write_text("egress: {allow: ['!github.com']}\n")
    assert "read https://github.com" not in load().config.egress.allow
    user.write_text("egress: {defaults: false}\n")
    for text in ("egress: {defaults: true}\n", "egress: {allow: ['read https://github.com']}\n"):
        (cwd / "warden.yaml").write_text(text)
        with pytest.raises(ConfigError, match="you have not trusted"):
            load()


def test_built_in_entries_are_added_to_and_taken_away(load: Load, user: Path, home: Path) -> None:
    user.write_text('sandbox:\n  hide: [~/private, "!~/.docker"]\n  agent_state: ["!~/.codex"]\nenvironment: {hide: ["!*_DSN", MY_*]}\n')
    config = load().config
    assert str(home / "private") in config.sandbox.hide
    assert str(home / ".docker") not in config.sandbox.hide
    assert str(home / ".aws") in config.sandbox.hide
    assert str(home / ".codex") not in config.sandbox.agent_state
    assert config.environment.hide == (*(name for name in HIDDEN_VARIABLES if name != "*_DSN"), "MY_*")


def test_taking_away_what_is_not_there(load: Load, user: Path) -> None:
    user.write_text('sandbox:\n  hide:\n    - "!~/.dokcer"\n')
    wrong(load, f"{user}:3", "sandbox.hide", "Did you mean", ".docker")


def test_a_lone_tag_says_to_quote_it(load: Load, user: Path) -> None:
    user.write_text("sandbox:\n  hide: [!~/.docker ]\n")
    wrong(load, f"{user}:2", "Quote it")


def test_paths_start_at_their_file(load: Load, user: Path, cwd: Path, home: Path) -> None:
    user.write_text("policy: {files: [rules.cedar, ../x, ~/y.cedar, /z]}\naudit: {path: log/audit.jsonl}\n")
    loaded = load({"sandbox.writable": ["build"]})
    base = user.parent
    assert loaded.config.policy.files == (str(base / "rules.cedar"), str(home / ".config/x"), str(home / "y.cedar"), "/z")
    assert loaded.config.audit.path == str(base / "log/audit.jsonl")
    assert loaded.config.sandbox.writable == (str(cwd / "build"),)


def test_values_in_their_units(load: Load, user: Path) -> None:
    user.write_text(
        "sandbox: {limits: {memory: 1.5GiB, pids: 0, cpus: 2}}\nproxy: {body_limit: 2MB, timeout: 1m30s}\n"
        'environment: {pass: [AWS_REGION], set: {A: "1", B: ""}}\ncredentials: {aws: {enabled: false}}\n'
    )
    config = load().config
    assert (config.sandbox.limits.memory, config.sandbox.limits.pids, config.sandbox.limits.cpus) == (3 << 29, 0, 2.0)
    assert (config.proxy.body_limit, config.proxy.timeout) == (2_000_000, 90.0)
    assert config.environment.pass_ == ("AWS_REGION",)
    assert dict(config.environment.set) == {"A": "1", "B": ""}
    assert config.credentials.aws.enabled is False


@pytest.mark.parametrize("text", ["", "# only a comment\n", "egress:\npolicy:\n  files:\n", "---\n", "\ufeffagent: x\n"])
def test_empty_files_and_sections(load: Load, user: Path, text: str) -> None:
    user.write_text(text, encoding="utf-8")
    assert load().config.policy.preset == "no-destroy"


# --- the project's file ----------------------------------------------------------------------------------------------------------


def test_the_nearest_file_upward_has_the_last_word(load: Load, cwd: Path) -> None:
    (cwd / "warden.yaml").write_text("policy: {preset: readonly}\n")
    assert load(at=cwd / "deep").config.policy.preset == "readonly"
    (cwd / "deep/warden.yaml").write_text("policy: {preset: lockdown}\n")
    assert load(at=cwd / "deep").config.policy.preset == "lockdown"


def test_a_nearer_file_cannot_put_an_outer_one_aside(load: Load, cwd: Path) -> None:
    (cwd / "warden.yaml").write_text("policy: {preset: lockdown}\n")
    (cwd / "deep/warden.yaml").write_text("agent: ''\n")
    assert load(at=cwd / "deep").config.policy.preset == "lockdown"
    (cwd / "deep/warden.yaml").write_text("policy: {preset: no-destroy}\n")
    wrong(load, str(cwd / "deep/warden.yaml"), "no-destroy is weaker than lockdown", at=cwd / "deep")


def test_the_home_directory_is_a_project_only_from_itself(load: Load, cwd: Path, home: Path) -> None:
    (home / "warden.yaml").write_text("policy: {preset: readonly}\n")
    assert load().config.policy.preset == "no-destroy"
    assert load(at=home).config.policy.preset == "readonly"


def test_xdg_config_home_is_the_users_and_hidden(load: Load, tmp_path: Path, user: Path) -> None:
    user.write_text("agent: elsewhere\n")
    other = tmp_path / "xdg/warden/warden.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("agent: here\n")
    config = load(environ={"XDG_CONFIG_HOME": str(tmp_path / "xdg")}).config
    assert config.agent == "here"
    assert str(other) in config.sandbox.hide


def test_a_named_file_stands_in_for_the_projects_and_may_say_all(load: Load, cwd: Path, tmp_path: Path) -> None:
    (cwd / "warden.yaml").write_text("not: [valid\n")
    named = tmp_path / "mine.yaml"
    named.write_text("policy: {preset: observe}\n")
    for loaded in (load(environ={"WARDEN_CONFIG": str(named)}), load(file=str(named)), load(file=os.path.relpath(named, cwd))):
        assert loaded.config.policy.preset == "observe"
        assert loaded.files[-1].role == "named"
    assert load(environ={"WARDEN_CONFIG": ""}).files == ()
    wrong(load, "is not there", file=str(tmp_path / "none"))


def test_a_file_with_secrets_is_hidden(load: Load, tmp_path: Path) -> None:
    named = tmp_path / "mine.yaml"
    named.write_text("credentials: {aws: {session_token: made-up}}\n")
    loaded = load(file=str(named))
    assert loaded.config.credentials.aws.session_token == "made-up"
    assert str(named) in loaded.config.sandbox.hide


def test_a_log_elsewhere_is_hidden_with_its_head(load: Load, user: Path, cwd: Path) -> None:
    user.write_text(f"audit: {{path: {cwd}/audit.jsonl}}\n")
    hidden = load().config.sandbox.hide
    assert hidden[-2:] == (f"{cwd}/audit.jsonl", f"{cwd}/audit.jsonl.head")


# --- mistakes --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("polcy: {}\n", (":1:", "no key polcy", "Did you mean policy?")),
        ("agent: x\npolicy:\n  prest: observe\n", (":3:", "policy.prest", "Did you mean policy.preset?")),
        ("resolve: {}\n", (":1:", "Did you mean upstream.resolve?")),
        ("pass_: []\n", (":1:", "no key pass_", "environment.pass")),
        ("xyzzy: 1\n", (":1:", "xyzzy", "warden config schema")),
        ("policy: observe\n", (":1:", "policy is a section")),
        ("policy: [observe]\n", (":1:", "policy is a section")),
        ("policy: {preset: no-destory}\n", (":1:", "policy.preset", "one of observe", "'no-destory'", "Did you mean no-destroy?")),
        ("policy: {preset: [readonly]}\n", (":1:", "not a list")),
        ("policy: {preset: }\n", (":1:", "policy.preset", "not nothing")),
        ("policy: {files: a.cedar}\n", (":1:", "policy.files must be a list")),
        ("policy:\n  files:\n  - a\n  - {b: c}\n", (":4:", "not a mapping")),
        ("policy: {files: ['']}\n", (":1:", "a path")),
        ("policy: {files: [~root/x]}\n", (":1:", "Another user's home")),
        ("agent: 7\n", (":1:", "agent", "in quotes")),
        ("agent: 'a b'\n", (":1:", "a name of letters")),
        ("sandbox: {limits: {memory: 4G}}\n", (":1:", "sandbox.limits.memory", "4GiB", "'4G'", "A unit is")),
        ("sandbox: {limits: {memory: -1}}\n", (":1:", "4GiB")),
        ("sandbox: {limits: {memory: true}}\n", (":1:", "4GiB")),
        ("sandbox: {limits: {memory: 99999999TiB}}\n", (":1:", "more than any machine")),
        ("sandbox: {limits: {pids: 1.5}}\n", (":1:", "a number of processes")),
        ("sandbox: {limits: {cpus: .nan}}\n", (":1:", "a number of cores")),
        ("sandbox: {runtime: docker}\n", (":1:", "one of auto")),
        ("proxy: {timeout: 0}\n", (":1:", "proxy.timeout", "30s", "more than nothing")),
        ("proxy: {timeout: 5 minutes}\n", (":1:", "30s")),
        ("proxy: {timeout: .inf}\n", (":1:", "30s")),
        ("credentials: {aws: {enabled: 'yes'}}\n", (":1:", "true or false")),
        ("credentials: {aws: {region: Ireland}}\n", (":1:", "an AWS region")),
        ("egress: {allow: ['https://u@x.example']}\n", (":1:", "egress.allow", "not a host name")),
        ("egress: {allow: ['x.example?q=1']}\n", (":1:", "egress.allow", "not a host name")),
        ("egress: {allow: ['x.example/a?q=1']}\n", (":1:", "egress.allow", "read in two ways", "No query")),
        ("egress: {allow: [a.example,\n  GTE x.example]}\n", (":2:", "egress.allow", "'GTE'", "Did you mean GET?")),
        ("egress: {allow: [get x.example]}\n", (":1:", "Did you mean GET?")),
        ("egress: {allow: [reed x.example]}\n", (":1:", "Did you mean read?")),
        ("egress: {allow: [x.example/a/../b]}\n", (":1:", "read in two ways")),
        ("egress: {allow: [GET tcp://x.example:5]}\n", (":1:", "opaque bytes, which have no methods")),
        ("egress: {allow: ['!githup.com']}\n", (":1:", "no entry githup.com to take away", "Did you mean read https://github.com?")),
        ("egress: {defaults: 'no'}\n", (":1:", "egress.defaults", "true or false")),
        ("egress: {allow: ['a.*.example']}\n", (":1:", "egress.allow")),
        ("egress: {allow: ['tcp://db.example']}\n", (":1:", "needs a port")),
        ("egress: {allow: [5]}\n", (":1:", "egress.allow")),
        ("upstream: {resolve: ['*.a']}\n", (":1:", "must be a mapping")),
        (
            "upstream: {resolve: {'*.a': localhost:80}}\n",
            (":1:", "upstream.resolve: *.a", "an address and port", "A name is not an address"),
        ),
        ("upstream: {resolve: {'*.a': 127.0.0.1}}\n", (":1:", "an address and port")),
        ("upstream: {resolve: {'*.a': '127.0.0.1:0'}}\n", (":1:", "an address and port")),
        ("upstream: {resolve: {'*.a': '127.0.0.999:1'}}\n", (":1:", "an address and port")),
        ("upstream: {resolve: {'a:443': '127.0.0.1:1'}}\n", (":1:", "'a:443' is no key")),
        ("upstream: {resolve: {a.: '127.0.0.1:1', A: '127.0.0.1:1'}}\n", (":1:", "has a twice")),
        ("environment: {pass: ['AWS_*']}\n", (":1:", "the exact name")),
        ("environment: {set: {A: 1}}\n", (":1:", "environment.set: A", "in quotes")),
        ("environment: {set: {'A=B': x}}\n", (":1:", "'A=B' is no key")),
        ("environment: {set: {A: yes}}\n", (":1:", "in quotes")),
    ],
)
def test_mistakes_in_values(load: Load, user: Path, text: str, words: tuple[str, ...]) -> None:
    user.write_text(text)
    wrong(load, str(user), *words)


@pytest.mark.parametrize("name", ["secret_access_key", "session_token"])
@pytest.mark.parametrize("value", ["'made up secret'", "123456789012", "[made, up]", "{made: up}", "'made up"])
def test_secrets_are_not_in_messages(load: Load, user: Path, name: str, value: str) -> None:
    user.write_text(f"credentials: {{aws: {{{name}: {value}}}}}\n")
    with pytest.raises(ConfigError) as caught:
        load()
    assert not [word for word in ("made", "up secret", "123456789012") if word in str(caught.value)]


def test_flags_are_checked_alike(load: Load) -> None:
    wrong(load, "command line", "one of observe", flags={"policy.preset": "none"})
    wrong(load, "command line", "Did you mean policy.preset?", flags={"policy.prest": "none"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"agent: a\nagent: b\n", (":2:", "agent is there twice", ":1)")),
        (b"policy: {preset: observe, preset: lockdown}\n", (":1:", "twice")),
        (b"- a\n", (":1:", "must be a mapping")),
        (b"just text\n", (":1:", "must be a mapping")),
        (b"agent: x\nprofile: \xff\n", (":2:", "not UTF-8")),
        (b"agent: [\n", (":2:",)),
        (b"agent: x\n\tprofile: y\n", (":2:",)),
        (b"agent: x\n---\nagent: y\n", ("document",)),
        (b"agent: \x00\n", ("not YAML",)),
        (b"[a, b]: c\n", (":1:", "a key must be text")),
        (b"agent: !!python/object/apply:os.system [id]\n", (":1:", "tags")),
        (b"agent: !!binary aGk=\n", (":1:", "tags")),
        (b"agent: *nowhere\n", (":1:", "undefined alias")),
        (b"a: &a [*a]\n", ("deeper",)),
        (b"<<: {agent: x}\n", (":1:", "<<")),
        (b"agent: " + b"[" * 100_000 + b"\n", (":1:", "nested deeper")),
        (b"- " * 100_000 + b"\n", (":1:", "nested deeper")),
        (b"policy: {files: [" + b"a," * 60_000 + b"]}\n", (":1:", "more values")),
        (b"#" * (1 << 20) + b"\n", ("larger than 1 MiB",)),
    ],
    ids=range(19),
)
def test_files_that_are_not_a_configuration(load: Load, user: Path, content: bytes, words: tuple[str, ...]) -> None:
    user.write_bytes(content)
    wrong(load, str(user), *words)


def test_an_alias_bomb_is_bounded(load: Load, user: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))
    user.write_text(f"l0: &l0 [x, x, x]\n{levels}\n")
    wrong(load, str(user), "once aliases are followed")


def test_files_that_cannot_be_read(load: Load, user: Path, home: Path) -> None:
    user.mkdir()
    wrong(load, str(user), "not a regular file")
    user.rmdir()
    os.mkfifo(user)
    wrong(load, str(user), "not a regular file")
    user.unlink()
    user.symlink_to("/dev/zero")
    wrong(load, str(user), "not a regular file")
    user.unlink()
    user.symlink_to(user)
    wrong(load, str(user), "cannot be read")


def test_a_file_that_everyone_can_write_does_not_configure(load: Load, user: Path) -> None:
    user.write_text("agent: x\n")
    user.chmod(0o666)
    wrong(load, str(user), "writable by everyone", "chmod")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_a_file_of_another_user_does_not_configure(load: Load, user: Path) -> None:
    user.write_text("agent: x\n")
    os.chown(user, 12345, 12345)
    wrong(load, str(user), "another user (uid 12345)")


def test_checking_one_file(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "warden.yaml"
    path.write_text("policy: {preset: observe, files: [a.cedar]}\n")
    found = files.check(path, home)
    assert found == LoadedFile(
        path,
        "project",
        ("line 1, policy.preset: observe is weaker than no-destroy", "line 1, policy.files: only you may set it"),
        (str(tmp_path / "a.cedar"),),
    )
    with pytest.raises(ConfigError, match="is not there"):
        files.check(tmp_path / "none", home)
