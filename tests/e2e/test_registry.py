"""A container registry's login with what ECR's API gives out: the registry sees the real password, the sandbox and its files a placeholder.

ECR's API is moto, an emulator; the registry is a stand-in for its token check (``/v2/`` with Basic).
Docker's CLI asks by itself where no daemon answers.
"""

from __future__ import annotations

import base64
import http.server
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden, require
from tests.e2e.listed import ListedHost, listed_host
from tests.e2e.sweep import Sweep
from tools.cloud import ACCOUNT, LocalAws

REGISTRY, ELSEWHERE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com", f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"


class Registry(http.server.BaseHTTPRequestHandler):
    """Lets in who has the password that ECR's API gives out; keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    password = ""
    seen: list[str] = []  # noqa: RUF012 - one server

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "")
        Registry.seen.append(sent)
        allowed = sent == "Basic " + base64.b64encode(f"AWS:{Registry.password}".encode()).decode()
        self.send_response(200 if allowed else 401)
        if not allowed:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def registry(owner: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    with listed_host(tmp_path_factory.mktemp("registry"), (REGISTRY, ELSEWHERE), Registry) as running:
        token = owner("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
        Registry.password = base64.b64decode(token).decode().removeprefix("AWS:")
        yield running


@pytest.fixture
def configured(warden: Warden, cloud: LocalAws, registry: ListedHost) -> Warden:
    upstream = cloud.config()["upstream"]
    resolve = {**upstream["resolve"], REGISTRY: registry.address, ELSEWHERE: registry.address}
    warden.configure(
        egress={"allow": [f"read {name}" for name in (REGISTRY, ELSEWHERE)]},
        upstream={"resolve": resolve, "ca": [*upstream["ca"], str(registry.ca)]},
    )
    Registry.seen.clear()
    return warden


#: Real clients, each with the file in which it keeps the login.
CLIENTS = {"docker": ("docker", "docker/config.json"), "skopeo": ("skopeo", "auth.json")}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_registry_is_logged_in_to_with_a_placeholder(configured: Warden, client: str) -> None:
    program, kept = CLIENTS[client]
    if client == "docker" and shutil.which("docker") is None:
        pytest.skip("docker's CLI is not installed")
    aws, login = require("aws"), f"{require(program)} login --username AWS --password-stdin"
    script = (
        f"set -eo pipefail; export DOCKER_CONFIG=$PWD/docker REGISTRY_AUTH_FILE=$PWD/auth.json DOCKER_HOST=unix:///nonexistent\n"
        f"{aws} ecr get-login-password --region us-east-1 | tee password | {login} {REGISTRY}\n"
        f"cat {kept}; ! {login} {ELSEWHERE} < password"
    )
    done = configured.run("exec", "--preset", "observe", "--", "bash", "-c", script)
    assert done.returncode == 0, done
    assert "Login Succeeded" in done.stdout, done
    assert any(sent.startswith("Basic ") for sent in Registry.seen)
    inside = (configured.work / "password").read_text().strip()
    auth = json.loads(Path(configured.work, kept).read_text())["auths"][REGISTRY]["auth"]
    assert base64.b64decode(auth).decode() == f"AWS:{inside}"
    assert inside != Registry.password
    # Another region's registry is told nothing of it.
    assert configured.rulings()[-1]["code"] == "placeholder-elsewhere"
    sent = {base64.b64decode(value.removeprefix("Basic ")).decode() for value in Registry.seen if value}
    assert sent == {f"AWS:{Registry.password}"}
    sweep = Sweep({"password": Registry.password, "pair": f"AWS:{Registry.password}"})
    sweep.files(str(configured.work), 0)
    sweep.text("output", done.stdout + done.stderr)
    assert sweep.found == set()
