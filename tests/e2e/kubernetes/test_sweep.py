"""No real value is anywhere in the sandbox while kubectl watches a Secret in it: `tests/e2e/sweep.py` looks from outside.

It runs once without Warden too, where the same sweep finds every value.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import time
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.sweep import held
from tools.kubernetes import LocalCluster

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reading the memory of other processes needs root")

WATCH = ("kubectl", "get", "secret", "swept", "-n", "shop", "-o", "yaml", "--watch", "-v=9")


def test_kubectl_holds_no_real_value(cluster: LocalCluster, make_kube: Callable[..., Warden]) -> None:
    since = time.time()
    config = cluster.kubeconfig()
    config["users"].append({"name": "reader", "user": {"token": cluster.token}})
    config["contexts"].append({"name": "reader", "context": {"cluster": "local", "user": "reader"}})
    key = base64.b64decode(config["users"][0]["user"]["client-key-data"]).decode()
    values = {
        "client key": key.splitlines()[2],  # the line that nothing but the key is in
        "token": cluster.token,
        "password": secrets.token_urlsafe(18),
        "connection": f"postgres://app:{secrets.token_hex(12)}@db/shop",
    }
    stored = {"password": values["password"], "connection": values["connection"]}
    metadata = {"name": "swept", "namespace": "shop"}
    cluster.kubectl(
        "create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": stored})
    )
    warden = make_kube(config)

    with held(WATCH, warden.environment, warden.work, b"type: Opaque") as running:
        sweep = running.sweep(values, [], since)
    assert sweep.names() == set(values)
    assert {line.partition(" (")[0] for line in sweep.found if " in memory of" in line} == set(values)

    with held(["warden", "exec", "--preset", "observe", "--", *WATCH], warden.environment, warden.work, b"type: Opaque") as running:
        shown = re.findall(r"d3Jkb[A-Za-z0-9+/]+=*", running.output.decode())
        stand_ins = {f"placeholder {number}": base64.b64decode(text).decode() for number, text in enumerate(dict.fromkeys(shown))}
        sweep = running.sweep({**values, **stand_ins}, ["/"], since)
        assert len(running.pids) > 1  # tini, and kubectl
    assert [line for line in sweep.found if not line.startswith("placeholder")] == []
    assert stand_ins
    assert sweep.names() == set(stand_ins)
