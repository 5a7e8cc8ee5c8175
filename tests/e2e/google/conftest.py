"""`warden` before Google's emulators at Google's own names (tools/cloud/google.py says what each is)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import CLIENTS, Warden
from tools.cloud.google import PROJECT, LocalGoogle, local_google, programs

#: What the owner's tools would send: the servers must see this one and the sandbox must not.
TOKEN = "ya29." + "owner" * 8


@pytest.fixture(scope="package")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGoogle]:
    if missing := [name for name, path in programs().items() if path is None]:
        pytest.skip(f"no emulator for {', '.join(missing)} on this machine (gcloud brings them, and tools/setup/clients google)")
    with local_google(tmp_path_factory.mktemp("google")) as running:
        yield running


@pytest.fixture(scope="package")
def google_warden(google: LocalGoogle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    home = tmp_path_factory.mktemp("google-home")
    outside = {"GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN, "CLOUDSDK_CORE_PROJECT": PROJECT, "GOOGLE_CLOUD_PROJECT": PROJECT}
    warden = Warden(home, home / "work", google.config(), outside)
    warden.environment["PATH"] += f":{os.environ['PATH']}"  # gcloud is wherever the machine has it
    yield warden
    assert warden.run("daemon", "stop").returncode == 0


@pytest.fixture
def warden(google_warden: Warden) -> Warden:
    google_warden.configure()
    return google_warden


@pytest.fixture
def python(warden: Warden) -> str:
    """The interpreter that has Google's client libraries."""
    program = CLIENTS / "google/bin/python"
    if not program.exists():
        pytest.skip("tools/setup/clients google installs the client libraries")
    return str(program)
