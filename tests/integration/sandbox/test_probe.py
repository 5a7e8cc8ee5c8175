"""The probe on this machine, where everything required is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox import SandboxError, runtime
from sandbox.probe import probe


def test_everything_required_is_there() -> None:
    checks = probe()
    assert [check.name for check in checks if check.required and not check.ok] == []
    assert {"kernel", "runtime", "init", "network", "control groups", "sandbox"} <= {check.name for check in checks}
    assert all(check.ok or check.lost for check in checks), "what is missing says what is lost"


def test_a_missing_runtime_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runtime, "_PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="crun or runc is not installed") as caught:
        runtime.Runtime.find()
    assert caught.value.package == "crun"
    assert "apt-get install crun" in str(caught.value)
    broken = [check for check in probe() if not check.ok and check.required]
    assert {check.name for check in broken} >= {"runtime", "sandbox"}
    assert all(check.fix for check in broken)


def test_runc_is_the_fallback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "runc").symlink_to(shutil.which("true") or "/bin/true")
    monkeypatch.setattr(runtime, "_PATH", str(tmp_path))
    assert runtime.Runtime.find().name == "runc"
    with pytest.raises(SandboxError, match="crun is not installed"):
        runtime.Runtime.find("crun")


def test_a_missing_init_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_INITS", ("/nonexistent/tini",))
    with pytest.raises(SandboxError, match="tini") as caught:
        runtime.Runtime.find()
    assert caught.value.package == "tini"


def test_an_unknown_runtime_is_an_error() -> None:
    with pytest.raises(SandboxError, match="no sandbox runtime"):
        runtime.Runtime.find("podman")
