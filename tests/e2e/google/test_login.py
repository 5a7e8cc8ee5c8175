"""A user's login (``gcloud auth application-default login``): its refresh token stays outside and is exchanged there, by Google's own library at
Google's own name; and whatever the token endpoint says instead is a denial that repeats none of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for the name and the port")]


def test_a_login_is_refreshed_outside_and_what_goes_wrong_is_a_denial(tmp_path: Path) -> None:
    command = ["unshare", "--mount", "--net", sys.executable, "-m", "tests.e2e.google.login", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran
    facts = {one["mode"]: one for one in map(json.loads, ran.stdout.splitlines())}
    good = facts.pop("good")
    assert good["told"] == ["Bearer token-1"] * 3
    (asked,) = good["asked"]
    assert (asked["grant_type"], asked["refresh_token"], asked["client_id"]) == (["refresh_token"], ["1//refresh"], ["client"])
    assert good["variables"]["GOOGLE_CLOUD_QUOTA_PROJECT"] == "shop"
    for secret in ("1//refresh", "hush", "token-1"):
        assert secret not in json.dumps(good["variables"])
    assert set(facts) == {"invalid_grant", "html", "huge", "slow"}
    for one in facts.values():
        assert all("outside the sandbox" in told and "gcloud auth" in told for told in one["told"]), one
        assert "hunter2" not in json.dumps(one["told"])
        assert one["seconds"] < 20, one
    assert "more than 3 seconds" in facts["slow"]["told"][0]
    assert len(facts["slow"]["asked"]) <= 1, "a failure is not asked for again at once"
