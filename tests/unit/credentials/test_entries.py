"""Credentials of any API: what the sandbox sees, where the real value goes, and what is refused instead of being fetched."""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from warden.config import HIDDEN_VARIABLES, CredentialEntry, CredentialsConfig, EnvironmentConfig
from warden.credentials import command, program
from warden.credentials.entries import Entries, host_of
from warden.credentials.known import KNOWN, Known
from warden.credentials.renewed import FAILURE_LIFE, UNDATED_LIFE
from warden.daemon import environment
from warden.errors import CredentialError
from warden.model import HttpRequest
from warden.redact.outgoing import substitute
from warden.redact.vault import Vault
from warden.settings.entries import FIELD
from warden.settings.values import host_pattern

SECRET = secrets.token_hex(20)


def made(given: Mapping[str, str], *entries: CredentialEntry, builtin: bool = True, **options: object) -> tuple[Entries, Vault]:
    vault = Vault()
    config = CredentialsConfig(entries=entries, builtin=builtin)
    return Entries(config, {"PATH": "/usr/bin:/bin", **given}, "/nonexistent", vault, **options), vault  # type: ignore[arg-type]


def entry(source: str, reference: str, **more: object) -> CredentialEntry:
    return CredentialEntry(**{  # type: ignore[arg-type]
        "name": "mine", "source": source, "reference": reference, "hosts": ("api.example.com",), "fields": ("bearer",), "variable": "MINE", **more
    })  # fmt: skip


def sent(vault: Vault, placeholder: str, host: str = "api.example.com") -> str:
    """What arrives as a bearer token."""
    request = HttpRequest("GET", "https", host, 443, "/", (("Authorization", f"Bearer {placeholder}"),))
    return str(substitute(request, vault).header("authorization")).removeprefix("Bearer ")


# --- sources ---------------------------------------------------------------------------------------------------------------------


def test_from_a_variable() -> None:
    entries, vault = made({"REAL": f"{SECRET}\n", "COPY": f"token={SECRET}", "OTHER": "x"}, entry("env", "REAL"))
    inside = entries.environment()
    assert SECRET not in repr(inside) + repr(entries) + repr(vault)
    assert sent(vault, inside["MINE"]) == SECRET
    # Neither the variable itself, whatever it is called, nor a copy of what is in it.
    assert entries.hides({"REAL": SECRET, "COPY": f"token={SECRET}", "OTHER": "x"}) == {"REAL", "COPY"}


def test_a_guessable_value_is_hidden_wherever_it_is() -> None:
    """Nothing looks for such a one in answers; in the environment it is known where it came from."""
    entries, _ = made({"REAL": "hunter2"}, entry("env", "REAL"))
    assert entries.hides({"URL": "postgres://me:hunter2@db/x", "COPY": "hunter2", "OTHER": "hunter"}) == {"REAL", "URL", "COPY"}
    short, _ = made({"REAL": "ab"}, entry("env", "REAL"))
    assert short.hides({"COPY": "ab", "PATH": "/abc"}) == {"REAL", "COPY"}, "two letters are in anything"


def test_a_named_pipe_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    entries, vault = made({}, entry("file", str(tmp_path / "token")))
    with pytest.raises(CredentialError, match="is no file"):
        sent(vault, entries.environment()["MINE"])


def test_a_variable_that_is_not_set_stands_for_nothing() -> None:
    entries, vault = made({"REAL": "  "}, entry("env", "REAL"))
    assert entries.environment() == {}
    assert not vault


def test_from_a_file_that_tools_renew(tmp_path: Path) -> None:
    file = tmp_path / "token"
    entries, vault = made({}, entry("file", str(file)))
    placeholder = entries.environment()["MINE"]
    with pytest.raises(CredentialError, match="cannot be read"):
        sent(vault, placeholder)
    for value in (SECRET, SECRET[::-1]):
        file.write_text(f"{value}\n")
        assert sent(vault, placeholder) == value
    assert {one.entry.placeholder.decode() for one in vault.secrets_in(f"{SECRET} {SECRET[::-1]}".encode())} == {placeholder}
    file.write_text("\n")
    with pytest.raises(CredentialError, match="is empty"):
        sent(vault, placeholder)
    file.write_text("x" * (command.SIZE + 1))
    with pytest.raises(CredentialError, match="larger"):
        sent(vault, placeholder)


def test_from_a_command_that_is_asked_when_it_is_needed_and_not_each_time(tmp_path: Path) -> None:
    count, clock = tmp_path / "count", [1000.0]
    program = tmp_path / "print-token"
    program.write_text(f"#!/bin/sh\necho x >> {count}\necho {SECRET}$(wc -l < {count})\n")
    program.chmod(0o755)
    entries, vault = made({}, entry("command", f"{program} --quiet"), now=lambda: clock[0])
    placeholder = entries.environment()["MINE"]
    assert not count.exists()
    assert [sent(vault, placeholder), sent(vault, placeholder)] == [f"{SECRET}1"] * 2
    clock[0] += UNDATED_LIFE + 1
    assert sent(vault, placeholder) == f"{SECRET}2"
    program.write_text("#!/bin/sh\nexit 3\n")
    clock[0] += UNDATED_LIFE + 1
    for _ in range(2):
        with pytest.raises(CredentialError, match="ended with status 3"):
            sent(vault, placeholder)
    program.write_text(f"#!/bin/sh\necho {SECRET}\n")
    clock[0] += FAILURE_LIFE + 1
    assert sent(vault, placeholder) == SECRET


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("false", "status 1"),
        ("true", "printed no credential"),
        ("no-such-program-here", "not on the search path"),
        ("sleep 60", "more than"),
    ],
)
def test_a_command_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    monkeypatch.setattr(program, "LIMIT", 0.3)
    entries, vault = made({}, entry("command", text))
    with pytest.raises(CredentialError, match=said) as raised:
        sent(vault, entries.environment()["MINE"])
    assert raised.value.code == "credentials-unavailable"
    assert f"`{text}`" in raised.value.advice


def test_a_command_is_no_shell(tmp_path: Path) -> None:
    entries, vault = made({}, entry("command", f"echo {SECRET} ; touch {tmp_path}/touched $(id)"))
    assert sent(vault, entries.environment()["MINE"]) == f"{SECRET} ; touch {tmp_path}/touched $(id)"
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("kind", ["the program", "an argument", "on the path", "a file", "a link"])
def test_nothing_that_the_sandboxed_command_could_have_made(tmp_path: Path, kind: str) -> None:
    open_to_it, ours = tmp_path / "work", tmp_path / "ours"
    open_to_it.mkdir()
    ours.mkdir()
    fake = open_to_it / "print-token"
    fake.write_text(f"#!/bin/sh\necho {SECRET}\n")
    fake.chmod(0o755)
    (ours / "link").symlink_to(fake)
    (open_to_it / "file").write_text(SECRET)
    one = {
        "the program": entry("command", str(fake)),
        "an argument": entry("command", f"{sys.executable} -c 'import x' --from={fake}"),
        "on the path": entry("command", "print-token"),
        "a file": entry("file", str(open_to_it / "file")),
        "a link": entry("file", str(ours / "link")),
    }[kind]
    entries, vault = made({"PATH": f"{open_to_it}:/usr/bin:/bin"}, one, writable=(str(open_to_it),))
    with pytest.raises(CredentialError) as raised:
        sent(vault, entries.environment()["MINE"])
    expected = {"on the path": "credentials-unavailable", "a file": "credential-file-writable", "a link": "credential-file-writable"}
    assert raised.value.code == expected.get(kind, "credential-command-writable")


@pytest.mark.parametrize("tool", ["secret-tool", "keyring"])
def test_from_a_keyring_by_the_tool_that_is_there(tmp_path: Path, tool: str) -> None:
    """The tools are stand-ins that print how they were called: no keyring daemon runs in a test."""
    (tmp_path / tool).write_text('#!/bin/sh\necho "$0 $*" | tr " /" "--"\n')
    (tmp_path / tool).chmod(0o755)
    entries, vault = made({"PATH": f"{tmp_path}:/usr/bin:/bin"}, entry("keyring", "my service/me"))
    value = sent(vault, entries.environment()["MINE"])
    called = {"secret-tool": "lookup-service-my-service-username-me", "keyring": "get-my-service-me"}[tool]
    assert value.endswith(f"{tool}-{called}")


def test_no_tool_for_the_keyring(tmp_path: Path) -> None:
    entries, vault = made({"PATH": str(tmp_path)}, entry("keyring", "service/me"))
    with pytest.raises(CredentialError, match="no secret-tool"):
        sent(vault, entries.environment()["MINE"])


# --- the built-in list -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.variable)
def test_every_row_is_hidden_and_goes_where_it_says(known: Known) -> None:
    assert known.source
    assert known.hosts or known.base
    assert all(host_pattern(host.replace(".*.", ".x.")) == host.replace(".*.", ".x.") for host in known.hosts)
    assert all(re.fullmatch(FIELD, field) for field in known.fields)
    given = {known.variable: SECRET, **({known.base: "https://own.example/api"} if known.base else {})}
    # Without the broker it never gets in.
    assert known.variable not in environment.inside(given, EnvironmentConfig(), dummies={}, trust={})
    entries, vault = made(given)
    inside = entries.environment()
    assert inside[known.variable] != SECRET
    assert environment.inside(given, EnvironmentConfig(), dummies=inside, trust={})[known.variable] == inside[known.variable]
    for host in (*(pattern.replace("*", "x") for pattern in known.hosts), *(["own.example"] if known.base else [])):
        assert any(SECRET in _as(field, inside[known.variable], vault, host) for field in known.fields)


def _as(field: str, value: str, vault: Vault, host: str) -> str:
    """What arrives when a client sends it so."""
    kind, _, name = field.partition(":")
    headers: list[tuple[str, str]] = []
    target, body = "/", b""
    match kind:
        case "bearer" | "authorization":
            headers = [("Authorization", f"Bearer {value}")]
        case "basic":
            headers = [("Authorization", "Basic " + base64.b64encode(f"user:{value}".encode()).decode())]
        case "header":
            headers = [(name, value)]
        case "query":
            target = f"/?{name}={value}"
        case "path":
            target = f"/bot{value}/x"
        case "json":
            text = f'"{value}"'
            for key in reversed(name.split(".")):
                text = f'{{"{key}": {text}}}'
            headers, body = [("Content-Type", "application/json")], text.encode()
    request = substitute(HttpRequest("POST", "https", host, 443, target, tuple(headers), body, len(body)), vault)
    basic = (request.header("authorization") or "").partition("Basic ")[2]
    return repr((request.target, request.headers, request.body)) + base64.b64decode(basic).decode()


def test_the_list_is_data_without_doubles() -> None:
    names = [known.variable for known in KNOWN]
    assert len(set(names)) == len(names)
    assert not {"AWS_ACCESS_KEY_ID", "KUBECONFIG"} & set(names)  # they have brokers of their own
    assert HIDDEN_VARIABLES


def test_one_secret_in_two_variables_is_one_placeholder_for_both_their_hosts() -> None:
    entries, vault = made({"GITHUB_TOKEN": SECRET, "GITLAB_TOKEN": SECRET})
    inside = entries.environment()
    assert inside["GITHUB_TOKEN"] == inside["GITLAB_TOKEN"]
    assert sent(vault, inside["GITHUB_TOKEN"], "api.github.com") == sent(vault, inside["GITLAB_TOKEN"], "gitlab.com") == SECRET
    with pytest.raises(CredentialError):
        sent(vault, inside["GITHUB_TOKEN"], "example.com")


def test_what_turns_a_row_off() -> None:
    given = {"GITHUB_TOKEN": SECRET}
    assert made(given, builtin=False)[0].environment() == {}
    assert made(given, passed=frozenset({"GITHUB_TOKEN"}))[0].environment() == {}
    own = entry("env", "GITHUB_TOKEN", variable="GITHUB_TOKEN", hosts=("git.corp.example",))
    entries, vault = made(given, own)
    placeholder = entries.environment()["GITHUB_TOKEN"]
    assert sent(vault, placeholder, "git.corp.example") == SECRET
    with pytest.raises(CredentialError, match="placeholder"):
        sent(vault, placeholder, "api.github.com")


def test_another_address_is_the_users_to_name() -> None:
    entries, vault = made({"VAULT_TOKEN": SECRET, "VAULT_ADDR": "https://vault.corp.example:8200"})
    inside = entries.environment()
    assert inside["VAULT_ADDR"] == "https://vault.corp.example:8200"
    request = HttpRequest("GET", "https", "vault.corp.example", 8200, "/v1/x", (("X-Vault-Token", inside["VAULT_TOKEN"]),))
    assert substitute(request, vault).header("x-vault-token") == SECRET
    assert made({"VAULT_TOKEN": SECRET})[0].environment() == {}


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://a.example/x", "a.example"), ("a.example", "a.example"), ("a.example:8443", "a.example"), ("http://a.example", ""),
     ("https://u:p@a.example", ""), ("unix:///run/x", ""), ("", ""), ("https://[bad", "")],
)  # fmt: skip
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert host_of(address) == host
