"""A local AWS (moto, an emulator, behind real TLS at the real host names), and `warden` as a user runs it, in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.checkout import ROOT, sandbox_section
from tools.cloud import LocalAws, local_aws

CLIENTS = ROOT / ".cache/clients"


@dataclass
class Warden:
    """`warden` with its own home, socket, audit log and configuration."""

    home: Path
    work: Path
    config: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        run = self.home / "run"
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environment = {
            # Deliberately bare: whatever trust the clients have comes from Warden, not from the machine.
            "PATH": f"{Path(sys.executable).parent}:{CLIENTS}/awscli/bin:{CLIENTS}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "XDG_RUNTIME_DIR": str(run),
            "WARDEN_SOCKET": str(run / "daemon.sock"),
            "NODE_PATH": str(CLIENTS / "javascript/node_modules"),
            **self.environment,
        }
        self.configure()

    def configure(self, **sections: Any) -> None:
        """Writes the user's configuration, with some sections replaced."""
        path = self.home / ".config/warden/warden.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"audit": {"path": str(self.audit_log)}, "sandbox": sandbox_section(), **self.config, **sections}))

    @property
    def audit_log(self) -> Path:
        return self.home / "audit/audit.jsonl"

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`warden COMMAND...`, with its outputs as text."""
        environment: Mapping[str, str] = options.pop("env", {})
        options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
        return subprocess.run(
            ["warden", *command],
            cwd=self.work,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=options.pop("timeout", 90),
            **options,
        )

    def exec(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`warden exec -- COMMAND...`."""
        return self.run("exec", "--", *command, **options)

    def python(self, code: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """A Python program inside the sandbox."""
        return self.exec(sys.executable, "-c", code, *arguments, **options)

    def run_outside(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The same command with the same environment, without Warden: the control."""
        return subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=60, **options)

    def rulings(self) -> list[dict[str, Any]]:
        """The rulings on the audit log so far."""
        if not self.audit_log.exists():
            return []
        records = [json.loads(line) for line in self.audit_log.read_text().splitlines()]
        return [record for record in records if record["kind"] == "ruling"]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def session_warden(cloud: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    home = tmp_path_factory.mktemp("home")
    warden = Warden(home, home / "work", cloud.config())
    yield warden
    stopped = warden.run("daemon", "stop")
    assert stopped.returncode == 0, stopped.stderr


@pytest.fixture
def warden(session_warden: Warden) -> Warden:
    """The shared daemon, with the configuration as it was."""
    session_warden.configure()
    return session_warden


@pytest.fixture(scope="session")
def owner(cloud: LocalAws) -> Any:
    """boto3 clients of the account's owner, straight to the emulator: they seed, and look at what is left."""

    def client(service: str) -> Any:
        return boto3.client(
            service, region_name="us-east-1", endpoint_url=f"http://{cloud.moto}", aws_access_key_id="owner", aws_secret_access_key="owner"
        )

    return client


def require(program: str, *, environment: Mapping[str, str] = os.environ) -> str:
    """The path of a program that `make clients` or the packages install; in CI its absence is a failure, elsewhere a skip."""
    path = shutil.which(program, path=f"{CLIENTS}/bin:{CLIENTS}/awscli/bin:{environment.get('PATH', '')}:/usr/sbin")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")
    return path
