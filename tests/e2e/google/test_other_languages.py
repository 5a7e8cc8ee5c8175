"""Google's own libraries for Go and JavaScript find their identity at the metadata server, as Python's do: a dummy, which the servers never see.

The server of Cloud Storage is that of `test_clients`.
"""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.conftest import Warden, require
from tests.e2e.google.conftest import TOKEN
from tests.e2e.google.test_clients import new
from tests.e2e.google.test_default_credentials import WITHOUT
from tools.cloud.google import PROJECT, LocalGoogle

NODE = """
const { GoogleAuth } = require("google-auth-library");
(async () => {
  const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
  const project = await auth.getProjectId();
  const client = await auth.getClient();
  const answer = await client.request({ url: `https://storage.googleapis.com/storage/v1/b?project=${project}` });
  console.log(JSON.stringify([client.constructor.name, project, (await client.getAccessToken()).token, answer.status]));
})().catch(error => { console.error(error); process.exit(1); });
"""


def test_go(warden: Warden, google: LocalGoogle) -> None:
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, require("google-default"))
    assert ran.returncode == 0, ran
    on_google, project, _number, email, token, dated, status = json.loads(ran.stdout)
    assert (on_google, project, email, dated, status) == (True, PROJECT, "default", False, "200 OK"), ran
    assert token.startswith("ya29.warden-")
    assert [request["authorization"] for request in new(google, before)] == [f"Bearer {TOKEN}"]


def test_javascript(warden: Warden, google: LocalGoogle) -> None:
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, require("node"), "-e", NODE)
    if "Cannot find module" in ran.stderr:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("tools/setup/clients javascript installs the library")
    assert ran.returncode == 0, ran
    kind, project, token, status = json.loads(ran.stdout)
    assert (kind, project, status) == ("Compute", PROJECT, 200)
    assert token.startswith("ya29.warden-")
    assert [request["authorization"] for request in new(google, before)] == [f"Bearer {TOKEN}"]
