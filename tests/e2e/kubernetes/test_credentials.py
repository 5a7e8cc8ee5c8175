"""Who the API server sees, and that nothing of it is inside."""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CLIENTS, Warden
from tests.e2e.kubernetes.conftest import Watch, kubectl, ran, write
from tools.kubernetes import LocalCluster

PYTHON = str(CLIENTS / "kubernetes/bin/python")
WHOAMI = ("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")


def add(kubeconfig: dict[str, Any], name: str, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> None:
    """Another user, and a context of its name."""
    kubeconfig["users"].append({"name": name, "user": user})
    if cluster:
        kubeconfig["clusters"].append({"name": name, "cluster": cluster})
    context = {"cluster": name if cluster else "local", "user": name}
    kubeconfig["contexts"].append({"name": name, "context": context})


@pytest.fixture(scope="module")
def several(cluster: LocalCluster, make_kube: Callable[..., Warden], tmp_path_factory: pytest.TempPathFactory) -> Warden:
    """A kubeconfig with a user of each kind."""
    config = cluster.kubeconfig()
    certificate, key = cluster.certificate("carol", "readers")
    files = tmp_path_factory.mktemp("files")
    (files / "carol.pem").write_bytes(certificate)
    (files / "carol.key").write_bytes(key)
    (files / "token").write_text(cluster.token)
    plugin = files / "get-token"
    answer = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": cluster.token}}
    plugin.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    plugin.chmod(0o755)
    add(config, "token", {"token": cluster.token})
    add(config, "file", {"tokenFile": str(files / "token")})
    add(config, "plugin", {"exec": {"command": str(plugin), "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}})
    add(config, "carol", {"client-certificate": str(files / "carol.pem"), "client-key": str(files / "carol.key")})
    add(config, "nobody", {})
    local = config["clusters"][0]["cluster"]
    add(config, "named", {"token": cluster.token}, {**local, "tls-server-name": "kubernetes.test"})
    add(config, "misnamed", {"token": cluster.token}, {**local, "tls-server-name": "other.test"})
    add(config, "unverified", {"token": cluster.token}, {"server": local["server"], "insecure-skip-tls-verify": True})
    stranger = copy.deepcopy(local)
    stranger.pop("certificate-authority-data")
    add(config, "unproven", {"token": cluster.token}, stranger)
    return make_kube(config)


@pytest.mark.parametrize(
    ("context", "user"),
    [("local", "admin"), ("token", "reader"), ("file", "reader"), ("plugin", "reader"), ("carol", "carol"), ("named", "reader")],
)
def test_each_kind_of_credentials(several: Warden, context: str, user: str) -> None:
    assert ran(kubectl(several, "--context", context, *WHOAMI)) == user


def test_no_credentials_are_anonymous(several: Warden) -> None:
    done = kubectl(several, "--context", "nobody", "get", "--raw", "/api/v1/pods")
    assert 'User "system:anonymous" cannot list' in done.stderr
    assert "warden" not in done.stderr


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ("misnamed", "certificate"),
        ("unproven", "certificate"),
        ("unverified", "insecure-skip-tls-verify"),
    ],
)
def test_what_cannot_be_verified_is_not_talked_to(several: Warden, watch: Watch, context: str, says: str) -> None:
    done = kubectl(several, "--context", context, "get", "pods")
    assert done.returncode != 0
    assert says in done.stderr.lower()
    assert watch.events() == []


TWO_USERS = """
import http.client, json, os, ssl, subprocess, sys
view = json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "-o", "json"], capture_output=True, check=True).stdout)
server = next(c["cluster"]["server"] for c in view["clusters"] if c["name"] == "local").removeprefix("https://")
tokens = {u["name"]: u["user"]["token"] for u in view["users"]}
import base64
authority = base64.b64decode(view["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
context = ssl.create_default_context(cadata=authority)
connection = http.client.HTTPSConnection(server, context=context)
body = json.dumps({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"})
for name in sys.argv[1:]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if name != "-":
        headers["Authorization"] = "Bearer " + tokens[name]
    connection.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body, headers)
    answer = json.loads(connection.getresponse().read())
    print(answer["status"]["userInfo"]["username"] if answer["kind"] == "SelfSubjectReview" else answer["message"])
"""


def test_users_of_one_connection_are_kept_apart(several: Warden) -> None:
    """A certificate speaks for all requests of its connection: each user has its own, whatever the client shares."""
    done = several.exec(sys.executable, "-c", TWO_USERS, "local", "carol", "token", "-", "local", "nobody", "carol")
    names = ran(done).splitlines()
    assert [name if name in ("admin", "carol", "reader") else "anonymous" for name in names] == [
        "admin", "carol", "reader", "anonymous", "admin", "anonymous", "carol",
    ]  # fmt: skip
    assert all("system:anonymous" in name for name in names if name not in ("admin", "carol", "reader"))


def test_nothing_real_is_inside(several: Warden, cluster: LocalCluster) -> None:
    """The key, the certificate and the token are searched in what the command can read of its environment and its home."""
    config = json.loads((several.home / ".kube/config").read_text())
    admin = config["users"][0]["user"]
    script = "env; cat $KUBECONFIG; find ~ -type f -size -200k -exec cat {} + 2>/dev/null; cat $0 $1"
    carol = config["users"][4]["user"]
    done = several.exec("sh", "-c", script, carol["client-key"], carol["client-certificate"])
    assert "warden-dummy-" in done.stdout
    for secret in (admin["client-key-data"], admin["client-certificate-data"], cluster.token, "PRIVATE KEY"):
        assert secret in (several.home / ".kube/config").read_text() or secret == "PRIVATE KEY"
        assert secret not in done.stdout


FOREIGN = {
    "a token": ["-H", "Authorization: Bearer $TOKEN"],
    "a proxy's word": ["-H", "X-Remote-User: admin", "-H", "X-Remote-Group: system:masters"],
    "a cookie": ["-H", "Cookie: R_SESS=$TOKEN"],
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_credentials_that_the_agent_found_are_not_sent(kube: Warden, cluster: LocalCluster, watch: Watch, kind: str) -> None:
    host = f"https://local.kubernetes.warden.internal:{cluster.address.partition(':')[2]}"
    headers = [part.replace("$TOKEN", cluster.token) for part in FOREIGN[kind]]
    done = kube.exec("curl", "-sS", "-H", "Accept: application/json", *headers, f"{host}/api/v1/pods")
    assert json.loads(done.stdout)["reason"] == "Forbidden"
    assert "warden denied" in done.stdout
    assert watch.events() == []


def test_curl_with_the_dummy(kube: Warden, cluster: LocalCluster, watch: Watch) -> None:
    """What kubectl may not do, curl may not either."""
    host = f"https://local.kubernetes.warden.internal:{cluster.address.partition(':')[2]}"
    script = (
        "TOKEN=$(kubectl config view --raw -o jsonpath='{.users[0].user.token}');"
        'curl -sS -H "Authorization: Bearer $TOKEN" -H "Accept: application/json" "$@"'
    )
    listed = json.loads(ran(kube.exec("sh", "-c", script, "sh", f"{host}/api/v1/namespaces/shop/pods")))
    assert [item["metadata"]["name"] for item in listed["items"]] == ["pod"]
    for method, path in (
        ("DELETE", "pods"),
        ("DELETE", "pods/pod"),
        ("DELETE", "%70ods/pod"),
        ("DELETE", "./pods/pod"),
        ("DELETE", "/pods//pod"),
        ("POST", "pods/pod/eviction"),
        ("GET", "pods/pod/exec?command=id&stdout=1"),
        ("GET", "pods/pod/proxy/"),
    ):
        done = kube.exec("sh", "-c", script, "sh", "--path-as-is", "-X", method, f"{host}/api/v1/namespaces/shop/{path}")
        assert "warden denied" in done.stdout, (method, path, done)
    assert watch.changes() == []


def test_a_kubeconfig_elsewhere(cluster: LocalCluster, make_kube: Callable[..., Warden], tmp_path: Path) -> None:
    """KUBECONFIG outside: what it names is hidden, and another one is at the usual place inside."""
    warden = make_kube()
    (warden.home / ".kube/config").unlink()
    elsewhere = warden.home / "kubeconfig"
    elsewhere.write_text(json.dumps(cluster.kubeconfig()))
    script = "cat ../kubeconfig; echo; kubectl get ns -o name; echo $KUBECONFIG"
    done = warden.exec("sh", "-c", script, env={"KUBECONFIG": "../kubeconfig"})
    assert "namespace/shop" in done.stdout
    assert "client-key-data" not in done.stdout
    assert done.stdout.splitlines()[-1] == f"{warden.home}/.kube/config"


def test_a_broken_kubeconfig_says_so(make_kube: Callable[..., Warden]) -> None:
    warden = make_kube()
    (warden.home / ".kube/config").write_text("clusters: [")
    done = warden.exec("kubectl", "get", "ns")
    assert done.returncode == 125
    assert "kubernetes.enabled" in done.stderr
    assert warden.exec("true").returncode == 0  # who does not ask for clusters goes without


IN_CLUSTER = """
import kubernetes
kubernetes.config.load_incluster_config()
print(kubernetes.client.AuthenticationV1Api().create_self_subject_review({}).status.user_info.username)
print(len(kubernetes.client.CoreV1Api().list_namespace().items) > 3)
"""


@pytest.fixture
def service_account(cluster: LocalCluster) -> Iterator[Path]:
    """A pod's directory, at its place on this machine."""
    directory = Path("/run/secrets/kubernetes.io/serviceaccount")
    if os.geteuid() != 0 or directory.exists():
        pytest.skip("this machine is a pod, or not ours")
    above = next(path for path in reversed(directory.parents) if not path.exists())
    if "agent" not in cluster.kubectl("get", "sa", "-n", "default"):
        cluster.kubectl("create", "sa", "agent", "-n", "default")
        cluster.kubectl("create", "clusterrolebinding", "agent", "--clusterrole=reader", "--serviceaccount=default:agent")
    directory.mkdir(parents=True)
    (directory / "token").write_text(cluster.kubectl("create", "token", "agent", "-n", "default"))
    (directory / "ca.crt").write_bytes(cluster.ca)
    (directory / "namespace").write_text("default")
    yield directory
    shutil.rmtree(above)


def test_a_pod_s_service_account(cluster: LocalCluster, make_kube: Callable[..., Warden], service_account: Path) -> None:
    """The literal address of the service leads to the API server, as kube-proxy has it in a pod."""
    warden = make_kube(upstream={"resolve": {"10.96.0.1": cluster.address}})
    environment = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    done = warden.exec(PYTHON, "-c", IN_CLUSTER, env=environment)
    assert ran(done).splitlines() == ["system:serviceaccount:default:agent", "True"]
    seen = ran(warden.exec("cat", "/var/run/secrets/kubernetes.io/serviceaccount/token", env=environment))
    assert seen.startswith("warden-dummy-")
    write(warden, {})
    assert "namespace/shop" in ran(warden.exec("kubectl", "get", "ns", "-o", "name", env=environment))
