"""A real kube-apiserver on etcd, and `warden` with a kubeconfig for it: all of this directory runs by `make e2e-kubernetes`.

Without the server's programs, which take minutes to build, the tests are skipped with that reason.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden
from tools.kubernetes import LocalCluster, local_cluster, programs

#: What the administrator made before the agent came.
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod, namespace: shop, labels: {app: pod}}
spec: {nodeName: node, containers: [{name: main, image: main}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {colour: blue}
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: shop}
stringData: {password: not-for-agents}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: ["", apps], resources: [pods, namespaces, deployments, configmaps, secrets], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}]
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    if programs() is None:
        pytest.skip("the kube-apiserver is not built: make e2e-kubernetes builds it, once, in minutes")
    with local_cluster(tmp_path_factory.mktemp("cluster")) as running:
        running.kubectl("create", "-f", "-", stdin=OBJECTS)
        running.kubectl(
            "patch", "pod", "pod", "-n", "shop", "--subresource=status", "--type=merge", "-p", '{"status": {"phase": "Running"}}'
        )
        yield running


@pytest.fixture(scope="session")
def make_kube(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Warden]]:
    """Makes a `warden` with a home, a daemon and a kubeconfig of its own. Keyword arguments are sections of its configuration."""
    made: list[Warden] = []

    def make(kubeconfig: dict[str, Any] | None = None, environment: dict[str, str] | None = None, **sections: Any) -> Warden:
        home = tmp_path_factory.mktemp("home")
        path = f"{cluster.programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        warden = Warden(home, home / "work", sections, {"LC_ALL": "C.UTF-8", **(environment or {})})
        warden.environment["PATH"] = f"{Path(warden.environment['PATH'].partition(':')[0])}:{path}"
        write(warden, kubeconfig or cluster.kubeconfig())
        made.append(warden)
        return warden

    yield make
    for warden in made:
        warden.run("daemon", "stop")


def write(warden: Warden, kubeconfig: dict[str, Any]) -> None:
    """Makes this the user's kubeconfig."""
    path = warden.home / ".kube/config"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(json.dumps(kubeconfig))


@pytest.fixture(scope="session")
def kube(make_kube: Callable[..., Warden]) -> Warden:
    """The administrator's certificate, under the default preset."""
    return make_kube()


@pytest.fixture(scope="session")
def observing(make_kube: Callable[..., Warden]) -> Warden:
    """The administrator's certificate, and everything is allowed."""
    return make_kube(policy={"preset": "observe"})


#: What changes something: the verbs of the API server's audit that are no reads.
CHANGES = frozenset({"create", "update", "patch", "delete", "deletecollection", "connect"})
#: Reviews and tokenless questions, which are POSTs that change nothing.
REVIEWS = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"})


class Watch:
    """What reached the API server since this was made."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster = cluster
        self._before = {event["auditID"] for event in cluster.requests()}

    def events(self) -> list[dict[str, Any]]:
        # What streams is there twice, when its answer begins and when it ends.
        found = {event["auditID"]: event for event in self._cluster.requests()}
        return [event for name, event in found.items() if name not in self._before]

    def changes(self) -> list[str]:
        """The requests that change something, as ``verb resource/subresource``."""
        found = []
        for event in self.events():
            what = event.get("objectRef", {})
            if event["verb"] in CHANGES and what.get("resource") not in REVIEWS and "kube-apiserver" not in event.get("userAgent", ""):
                found.append(f"{event['verb']} {what.get('resource')}/{what.get('subresource', '')}".rstrip("/"))
        return found


@pytest.fixture
def watch(cluster: LocalCluster) -> Watch:
    return Watch(cluster)


def kubectl(warden: Warden, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """kubectl inside."""
    return warden.exec("kubectl", *arguments, **options)


def ran(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a command that must have worked."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def denied(done: subprocess.CompletedProcess[str], times: int | None = None) -> str:
    """The message of a command that must have been denied, in words that its client prints: once, or `times`, or as often as it likes (0)."""
    text = done.stdout + done.stderr
    assert done.returncode != 0, text
    count = text.count("warden denied")
    assert count == (1 if times is None else times or max(count, 1)), text
    return text
