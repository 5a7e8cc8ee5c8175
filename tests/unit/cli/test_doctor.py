"""`warden doctor`: what is said of checks that hold and of those that do not. One run is of the real machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.probe import Check, probe
from warden.cli import doctor, main

FINE = Check("kernel", True, "6.18", required=True)
LESS = Check("landlock", False, "off", "a second lock", "Add it to lsm=.")
LACKING = Check("runtime", False, "no crun", "no sandbox", "apt-get install crun", required=True)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and of the machine's walls only the one that holds: those are the sandbox's tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("warden.settings.files.SYSTEM", tmp_path / "none")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in ("WARDEN_CONFIG", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor, "probe", lambda: [FINE])
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


def configure(home: Path, text: str) -> Path:
    file = home / ".config/warden/warden.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def checks(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, dict[str, object]]:
    assert main(["doctor", "--output", "json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is (code == 0)
    return {check["name"]: check for check in document["checks"]}


def test_a_machine_that_can(capsys: pytest.CaptureFixture[str]) -> None:
    found = checks(capsys, 0)
    assert list(found) == ["kernel", "python", "packages", "configuration", "policies", "audit log", "socket directory", "clusters"]
    assert "cedarpy" in str(found["packages"]["detail"])
    assert str(found["policies"]["detail"]).startswith("no-destroy, ")
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "Sessions can run." in text
    assert "lost" not in text


def test_what_is_optional_warns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "probe", lambda: [FINE, LESS])
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "warning  landlock" in text
    assert "landlock: optional\nlost           a second lock\nhow to get it  Add it to lsm=.\n" in text


def test_what_is_required_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "probe", lambda: [LACKING])
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "missing  runtime" in text
    assert "runtime: sessions cannot start without it\nlost           no sandbox\nhow to get it  apt-get install crun\n" in text


def test_a_broken_configuration(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = configure(machine, "polcy: {}\n")
    found = checks(capsys, 1)
    assert found["configuration"]["detail"] == f"{file}:1: there is no key polcy."
    assert found["configuration"]["fix"] == "Did you mean policy?"
    assert found["policies"]["ok"]
    assert not found["audit log"]["ok"]


def test_policies_that_do_not_load(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / "bad.cedar").write_text("permit (principal")
    configure(machine, "policy: {files: [~/bad.cedar]}\n")
    found = checks(capsys, 1)
    assert "bad.cedar" in str(found["policies"]["detail"])


def test_an_audit_log_that_cannot_be(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / "log").symlink_to("/dev/null")
    configure(machine, "audit: {path: ~/log}\n")
    assert "not a regular file" in str(checks(capsys, 1)["audit log"]["detail"])


def test_a_kubeconfig_that_does_not_parse(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / ".kube").mkdir()
    (machine / ".kube/config").write_text("clusters: {}")
    found = checks(capsys, 0)["clusters"]
    assert (found["ok"], "kubectl does not start" in str(found["lost"])) == (False, True)
    assert "kubernetes.enabled: false" in str(found["fix"])


def test_a_cluster_that_cannot_be_verified(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / ".kube").mkdir()
    unverified, proven = "{server: 'https://h', insecure-skip-tls-verify: true}", "{server: 'https://p'}"
    (machine / ".kube/config").write_text(f"clusters: [{{name: dev, cluster: {unverified}}}, {{name: prod, cluster: {proven}}}]")
    found = checks(capsys, 0)["clusters"]
    assert (found["ok"], found["lost"]) == (False, "requests to dev")
    assert "kubernetes.ca" in str(found["fix"])


def test_nothing_is_made(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(machine, "audit: {path: ~/new/audit.jsonl}\ndaemon: {socket: ~/run/daemon.sock}\n")
    checks(capsys, 0)
    assert sorted(path.name for path in machine.iterdir()) == [".config", "project"]


def test_the_real_machine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "probe", probe)
    code = main(["doctor", "--output", "json"])
    document = json.loads(capsys.readouterr().out)
    required = [check["ok"] for check in document["checks"] if check["required"]]
    assert document["ready"] is all(required)
    assert code == (0 if all(required) else 1)
    assert all(check["ok"] or check["lost"] for check in document["checks"])


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: ["cedarpy>=4", "not-a-package>=1", "extra-one; extra == 'x'"])
    found = checks(capsys, 1)["packages"]
    assert (found["detail"], found["fix"]) == ("not installed: not-a-package", "pip install not-a-package")
