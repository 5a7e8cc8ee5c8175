"""No real value is anywhere in the sandbox while gcloud and Google's library hold what they read: `tests/e2e/sweep.py` looks from outside.

Each runs once without Warden too, where the same sweep finds every value. The servers are those of `test_clients`.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import CLIENTS, Warden, require
from tests.e2e.google.test_clients import owner
from tests.e2e.google.test_service_account import key_outside
from tests.e2e.sweep import held
from tests.e2e.test_sweep import STAY
from tests.unit.credentials.test_gcp import token_endpoint
from tests.unit.credentials.test_service_account import real
from tools.cloud.google import PROJECT, LocalGoogle

__all__ = ["token_endpoint"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reading the memory of other processes needs root")

STORAGE = """
import os
from google.cloud import storage
from google.oauth2 import service_account
path = os.environ["GOOGLE_APPLICATION_CREDENTIALS"]
credentials = service_account.Credentials.from_service_account_file(path, scopes=["https://www.googleapis.com/auth/cloud-platform"])
text = storage.Client("PROJECT", credentials).bucket("swept").blob("app.env").download_as_text()
open("written", "w").write(text)
key = open(path).read()
print(text)
""".replace("PROJECT", PROJECT)

#: Before the program: Google's names lead to the local servers, as Warden's configuration has it.
REDIRECT = """
import socket
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *a, **k: real("127.0.0.1", ADDRESS, *a, **k) if "googleapis" in str(host) else real(host, port, *a, **k)
"""


@pytest.mark.parametrize("tool", ["gcloud", "google-cloud-storage"])
def test_a_tool_that_holds_its_answer_holds_no_real_value(
    google_warden: Warden, google: LocalGoogle, token_endpoint: tuple[str, list[str]], tool: str
) -> None:
    since = time.time()
    login, token = "ya29." + secrets.token_urlsafe(60), "gh" + "p_" + secrets.token_hex(18)
    owner(google, f"/storage/v1/b?project={PROJECT}", '{"name": "swept"}', "application/json")
    owner(google, "/upload/storage/v1/b/swept/o?uploadType=media&name=app.env", f"GITHUB_TOKEN={token}\n", "text/plain")
    work = google_warden.work
    (work / "fetch.py").write_text(STORAGE)
    environment = {**google_warden.environment, **key_outside(google_warden, token_endpoint[0])}
    if tool == "gcloud":
        library = Path(require("gcloud")).resolve().parents[1] / "lib/gcloud.py"
        bundled = library.parents[1] / "platform/bundledpythonunix/bin/python3"
        program = [str(bundled) if bundled.exists() else "python3", "-c", STAY, str(library), "storage", "cat", "gs://swept/app.env"]
        environment |= {"CLOUDSDK_AUTH_ACCESS_TOKEN": login}
        values = {"login": login, "token in a file": token}
    else:
        program = [f"{CLIENTS}/google/bin/python", "-c", STAY, "fetch.py"]
        lines = real()["private_key"].split("\n")[2:-3]
        values = {"access token": "from-endpoint-1", "token in a file": token, "key": lines[0], "key's last line": lines[-1]}

    outside = {**environment, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(google.ca), "REQUESTS_CA_BUNDLE": str(google.ca)}
    redirected = [program[0], "-c", REDIRECT.replace("ADDRESS", google.address.partition(":")[2]) + STAY, *program[3:]]
    with held(redirected, outside, work, b"held\n") as running:
        sweep = running.sweep(values, [], since)
    assert sweep.names() == set(values), running.output
    (work / "written").unlink(missing_ok=True)

    with held(["warden", "exec", "--", *program], environment, work, b"held\n") as running:
        shown = re.search(r"ghp_wrdn\w+", running.output.decode())
        assert shown, running.output
        sweep = running.sweep({**values, "placeholder": shown[0]}, [str(google_warden.home / "work"), "/tmp", "/run", "/dev/shm"], since)
        assert len(running.pids) > 1  # tini, and the tool
    assert [line for line in sweep.found if not line.startswith("placeholder")] == []
    assert sweep.names() == {"placeholder"}
