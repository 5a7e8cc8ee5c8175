"""What docs/google.md says to type, typed: its commands are taken from the page as they are. The servers are those of `test_clients`."""

from __future__ import annotations

import re
import subprocess

from tests.checkout import ROOT
from tests.e2e.conftest import CLIENTS, Warden, require
from tests.e2e.google.conftest import TOKEN
from tests.e2e.google.test_clients import new, owner
from tools.cloud.google import PROJECT, LocalGoogle

PAGE = (ROOT / "docs/google.md").read_text()


def test_the_pages_commands(warden: Warden, google: LocalGoogle) -> None:
    require("gcloud")
    owner(google, f"/storage/v1/b?project={PROJECT}", '{"name": "documented"}', "application/json")
    environment = {**warden.environment, "PATH": f"{CLIENTS}/google/bin:{warden.environment['PATH']}", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    commands = re.findall(r"^\$ (warden exec .*?)(?: +# .*)?$", PAGE, re.MULTILINE)
    ran, before = {}, len(google.requests())
    for command in commands:
        # The interpreter that has Google's libraries; `warden` itself is the one that is tested.
        typed = command.replace("-- python", f"-- {CLIENTS}/google/bin/python")
        ran[command] = subprocess.run(["bash", "-c", typed], env=environment, cwd=warden.work, capture_output=True, text=True, timeout=90)
    listed, deleted, library = ran.values()
    # Compute's API is here a server that answers `{}`, of which gcloud can make no list: that it was asked with the real token is what counts.
    assert "warden denied" not in listed.stderr
    asked = [request for request in new(google, before) if request["host"] == "compute.googleapis.com"]
    assert {request["authorization"] for request in asked} == {f"Bearer {TOKEN}"}, listed
    assert (library.returncode, "documented" in library.stdout) == (0, True), library
    (answer,) = re.findall(r"^ERROR: (.*?)\n```", PAGE, re.MULTILINE | re.DOTALL)
    assert deleted.returncode == 1
    assert deleted.stderr.splitlines()[0].startswith("ERROR: " + answer.replace("\n", " ").removesuffix(" ...")), deleted
