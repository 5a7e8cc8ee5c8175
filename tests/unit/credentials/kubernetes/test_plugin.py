"""Exec plugins: real programs, started as kubectl would start them, outside."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.credentials.kubernetes.material import CERTIFICATE, CLUSTER_CA, KEY, READ, Config, b64, broker, dummy, request
from warden.credentials import program as limits
from warden.credentials import renewed
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.errors import CredentialError

VERSION = "client.authentication.k8s.io/v1"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def answer(**status: str) -> str:
    return json.dumps({"kind": "ExecCredential", "apiVersion": VERSION, "status": status})


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(home: Path, clock: Clock, script: str, *, writable: tuple[str, ...] = (), **section: Any) -> tuple[KubernetesBroker, str]:
    """A broker whose one user has the plugin `script`, which counts its runs in ``runs``; and the dummy."""
    command = program(home / "get-token", f"echo x >> {home}/runs\n{script}")
    user = {"exec": {"command": command, "apiVersion": VERSION, **section}}
    cluster = {"server": "https://h:6443", "certificate-authority-data": b64(CLUSTER_CA.pem)}
    Config().add("c", cluster, user).write(home / ".kube/config")
    made = broker(home, {"PATH": f"{home}:/usr/bin:/bin", "HOME": str(home)}, now=clock, writable=writable)
    return made, dummy(made, home, "c")


def send(made: KubernetesBroker, own: str) -> str | None:
    return made.authorize(request("h", 6443, bearer=own), READ).header("authorization")


def runs(home: Path) -> int:
    return (home / "runs").read_text().count("x") if (home / "runs").exists() else 0


def test_a_token_is_kept_until_it_is_old(tmp_path: Path, clock: Clock) -> None:
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now + 3600))
    made, own = make(tmp_path, clock, f"echo '{answer(token='real', expirationTimestamp=until)}'")
    assert [send(made, own) for _ in range(3)] == ["Bearer real"] * 3
    assert runs(tmp_path) == 1
    clock.now += 3600 - renewed.REFRESH_MARGIN + 1
    send(made, own)
    assert runs(tmp_path) == 2


def test_a_token_without_an_expiry(tmp_path: Path, clock: Clock) -> None:
    made, own = make(tmp_path, clock, f"echo '{answer(token='real')}'")
    send(made, own)
    clock.now += renewed.UNDATED_LIFE + 1
    send(made, own)
    assert runs(tmp_path) == 2


def test_a_certificate(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "answer").write_text(answer(clientCertificateData=CERTIFICATE.decode(), clientKeyData=KEY.decode()))
    made, own = make(tmp_path, clock, f"cat {tmp_path}/answer")
    sent = made.authorize(request("h", 6443, bearer=own), READ)
    assert sent.header("authorization") is None
    assert made.certificate(sent.identity).certificate == CERTIFICATE


def test_what_it_is_told(tmp_path: Path, clock: Clock) -> None:
    script = f'printf %s "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; echo "$GIVEN $1 $HOME" > {tmp_path}/seen; echo \'{answer(token="t")}\''
    made, own = make(tmp_path, clock, script, args=["an argument"], env=[{"name": "GIVEN", "value": "v"}], provideClusterInfo=True)
    send(made, own)
    assert (tmp_path / "seen").read_text() == f"v an argument {tmp_path}\n"
    told = json.loads((tmp_path / "info").read_text())
    assert (told["kind"], told["apiVersion"], told["spec"]["interactive"]) == ("ExecCredential", VERSION, False)
    assert told["spec"]["cluster"]["server"] == "https://h:6443"


@pytest.mark.parametrize(
    ("command", "found"), [("get-token", True), ("./get-token", False), ("../get-token", True), ("no-such-program", False)]
)
def test_where_it_is_looked_for(tmp_path: Path, clock: Clock, command: str, found: bool) -> None:
    """A bare name on the user's PATH; a relative path from the kubeconfig, which is in .kube."""
    made, own = make(tmp_path, clock, f"echo '{answer(token='real')}'", command=command)
    if found:
        assert send(made, own) == "Bearer real"
    else:
        with pytest.raises(CredentialError, match="cannot be started"):
            send(made, own)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo hunter2 >&2; exit 3", "status 3"),
        ("echo hunter2", "something else"),
        ("echo '[\"hunter2\"]'", "something else"),
        (f"echo '{answer(token='t').replace('ExecCredential', 'Other')}'", "something else"),
        (f"echo '{answer(clientCertificateData='hunter2')}'", "something else"),
        (f"echo '{answer(token='t', expirationTimestamp='hunter2')}'", "something else"),
        ("sleep 60 & sleep 60", "more than"),
    ],
)
def test_failures_are_told_without_its_words_and_not_repeated_at_once(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    monkeypatch.setattr(limits, "LIMIT", 0.5)
    made, own = make(tmp_path, clock, script)
    for _ in range(2):
        with pytest.raises(CredentialError) as error:
            send(made, own)
        assert error.value.code == "credentials-unavailable"
        assert says in error.value.message
        assert "hunter2" not in str(error.value)
    assert runs(tmp_path) == 1
    clock.now += renewed.FAILURE_LIFE + 1
    with pytest.raises(CredentialError):
        send(made, own)
    assert runs(tmp_path) == 2


def test_an_old_token_is_good_while_it_lasts(tmp_path: Path, clock: Clock) -> None:
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now + 1000))
    made, own = make(tmp_path, clock, f"test -e {tmp_path}/broken && exit 1; echo '{answer(token='real', expirationTimestamp=until)}'")
    send(made, own)
    (tmp_path / "broken").touch()
    clock.now += 900
    assert send(made, own) == "Bearer real"
    clock.now += 200
    with pytest.raises(CredentialError):
        send(made, own)


@pytest.mark.parametrize("through", ["itself", "a link", "a link to a link", "an argument", "an option", "a variable"])
def test_what_the_command_could_change_is_never_run(tmp_path: Path, clock: Clock, through: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    script = program(project / "tool", f"echo '{answer(token='t')}'; touch {tmp_path}/ran")
    (tmp_path / "link").symlink_to(script)
    (project / "innocent").symlink_to(program(tmp_path / "harmless", f"touch {tmp_path}/ran"))
    (tmp_path / "outer").symlink_to(project / "innocent")  # today it leads out of the project again
    sections: dict[str, dict[str, Any]] = {
        "itself": {"command": script},
        "a link": {"command": str(tmp_path / "link")},
        "a link to a link": {"command": str(tmp_path / "outer")},
        "an argument": {"command": "sh", "args": [script]},
        "an option": {"command": "sh", "args": ["-c", f"exec {script}", f"--config={script}"]},
        "a variable": {"command": "sh", "env": [{"name": "BASH_ENV", "value": script}]},
    }
    made, own = make(tmp_path, clock, "", writable=(os.path.realpath(project),), **sections[through])
    with pytest.raises(CredentialError) as error:
        send(made, own)
    assert error.value.code == "exec-plugin-writable"
    assert not (tmp_path / "ran").exists()


def test_a_plugin_finds_nothing_that_the_command_could_have_made(tmp_path: Path, clock: Clock) -> None:
    """A virtual environment in the project is first on many a PATH, and a plugin may start programs by their names."""
    project, tools = tmp_path / "project", tmp_path / "tools"
    for directory, who in ((project, "agent"), (tools, "user")):
        directory.mkdir()
        program(directory / "inner", f"printf {who}")
    plugin = program(
        tools / "get-token", f"""printf '{answer(token="TOKEN")}' | sed "s/TOKEN/$(inner)-${{PYTHONPATH:-none}}-${{KEPT}}/" """
    )
    cluster = {"server": "https://h:6443", "certificate-authority-data": b64(CLUSTER_CA.pem)}
    Config().add("c", cluster, {"exec": {"command": "get-token", "apiVersion": VERSION}}).write(tmp_path / ".kube/config")
    environment = {"PATH": f"{project}:.:{tools}:/usr/bin:/bin", "PYTHONPATH": f"/usr/share/x:{project}/lib", "KEPT": "as-it-is"}
    made = broker(tmp_path, environment, now=clock, writable=(os.path.realpath(project),))
    assert send(made, dummy(made, tmp_path, "c")) == "Bearer user-none-as-it-is"
    free = broker(tmp_path, {**environment, "PYTHONPATH": "x"}, now=clock)  # the control: nothing is writable
    assert send(free, dummy(free, tmp_path, "c")) == "Bearer agent-x-as-it-is"
    assert Path(plugin).exists()
