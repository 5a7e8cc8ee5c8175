"""kubectl inside the sandbox against a real API server: what reads and what loses nothing works, what destroys is denied natively.

"The server never saw it" is the API server's own audit log.
"""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.kubernetes.conftest import Watch, denied, kubectl, ran
from tools.kubernetes import LocalCluster


@pytest.mark.parametrize(
    ("arguments", "shows"),
    [
        (("get", "pods", "-A"), "shop        pod"),
        (("get", "pods", "-n", "shop", "-o", "json"), '"nodeName": "node"'),
        (("get", "deploy,cm", "-n", "shop"), "configmap/settings"),
        (("describe", "deployment", "web", "-n", "shop"), "2 desired"),
        (("api-resources", "--no-headers"), "rolebindings"),
        (("explain", "pod.spec.nodeName"), "nodeName"),
        (("auth", "can-i", "delete", "pods", "-n", "shop"), "yes"),
        (("auth", "whoami"), "admin"),
        (("version",), "Server Version: v1."),
        (("get", "--raw", "/readyz"), "ok"),
        (("logs", "pod", "-n", "shop"), "a line of shop/pod/main"),
        (("get", "nodes"), "node"),
        (("config", "get-contexts", "-o", "name"), "local"),
        (("diff", "-n", "shop", "-f", "settings.yaml"), ""),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_reading_works(kube: Warden, arguments: tuple[str, ...], shows: str) -> None:
    (kube.work / "settings.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}")
    assert shows in ran(kubectl(kube, *arguments))


def test_watching_works(kube: Warden, cluster: LocalCluster) -> None:
    script = "kubectl get configmaps -n shop --watch -o name > seen & sleep 2;kubectl create cm watched-$0 -n shop; sleep 1; kill $!"
    name = uuid.uuid4().hex[:8]
    ran(kube.exec("sh", "-c", script, name))
    assert f"configmap/watched-{name}" in (kube.work / "seen").read_text()


def test_changes_that_lose_nothing_work(kube: Warden, cluster: LocalCluster) -> None:
    name = f"app-{uuid.uuid4().hex[:8]}"
    manifest = kube.work / "app.yaml"
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    for version in ("1", "2"):
        metadata = {"name": name, "labels": {"v": version}}
        manifest.write_text(json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}))
        ran(kubectl(kube, "apply", "-n", "shop", "-f", "app.yaml"))
    ran(kubectl(kube, "apply", "--server-side", "--force-conflicts", "-n", "shop", "-f", "app.yaml"))
    ran(kubectl(kube, "scale", f"deployment/{name}", "-n", "shop", "--replicas=3"))
    ran(kubectl(kube, "rollout", "restart", f"deployment/{name}", "-n", "shop"))
    ran(kubectl(kube, "set", "image", f"deployment/{name}", "c=i:2", "-n", "shop"))
    ran(kubectl(kube, "create", "configmap", name, "-n", "shop", "--from-literal=a=b"))
    ran(kubectl(kube, "create", "namespace", name))
    ran(kubectl(kube, "annotate", "configmap", name, "-n", "shop", "note=new"))
    ran(kubectl(kube, "cordon", "node"))
    ran(kubectl(kube, "uncordon", "node"))
    found = json.loads(cluster.kubectl("get", "deployment", name, "-n", "shop", "-o", "json"))
    assert (found["spec"]["replicas"], found["spec"]["template"]["spec"]["containers"][0]["image"]) == (3, "i:2")
    assert found["metadata"]["labels"]["v"] == "2"


#: kubectl asks for each object by itself, or says what went wrong in several places.
TIMES: dict[tuple[str, ...], int] = {("delete", "configmaps"): 0, ("drain", "node"): 3}
TO_ZERO = '[{"op": "replace", "path": "/spec/replicas", "value": 0}]'
DENIED = [
    (("delete", "pod", "pod", "-n", "shop"), "pods:delete"),
    (("delete", "pod", "pod", "-n", "shop", "--force", "--grace-period=0"), "pods:delete"),
    (("delete", "namespace", "shop", "--wait=false"), "namespaces:delete"),
    (("delete", "configmaps", "--all", "-n", "shop"), "configmaps:delete"),
    (("delete", "--raw", "/api/v1/namespaces/shop/configmaps"), "configmaps:deletecollection"),
    (("scale", "deployment/web", "-n", "shop", "--replicas=0"), "apps/deployments"),
    (("patch", "deployment", "web", "-n", "shop", "-p", '{"spec": {"replicas": 0}}'), "apps/deployments"),
    (("patch", "deployment", "web", "-n", "shop", "--type=json", "-p", TO_ZERO), "apps/deployments"),
    (("drain", "node", "--force", "--ignore-daemonsets"), "pods"),
    (("exec", "-n", "shop", "pod", "--", "id"), "pods"),
    (("exec", "-n", "shop", "-i", "pod", "--", "cat"), "pods"),
    (("attach", "-n", "shop", "pod"), "pods"),
    (("cp", "-n", "shop", "pod:/etc/hostname", "hostname"), "pods"),
    (("port-forward", "-n", "shop", "pod/pod", "18080:80"), "pods"),
    (("create", "clusterrolebinding", "b", "--clusterrole=cluster-admin", "--user=agent"), "clusterrolebindings"),
    (("replace", "--force", "-n", "shop", "-f", "settings.yaml"), "configmaps:delete"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "operation"), DENIED, ids=lambda value: " ".join(value[:5]) if isinstance(value, tuple) else None)
def test_what_destroys_is_denied(kube: Warden, watch: Watch, arguments: tuple[str, ...], operation: str) -> None:
    (kube.work / "settings.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: red}}")
    text = denied(kubectl(kube, *arguments), times=TIMES.get(arguments[:2]))
    assert operation in text
    assert 'policy "no-destroy/' in text
    # drain marks the node first, which loses nothing; a pod may be created before it is attached to.
    assert [change for change in watch.changes() if change not in ("patch nodes", "create pods")] == []
    secret = json.dumps([event for event in watch.events() if event.get("objectRef", {}).get("resource") == "secrets"])
    assert secret == "[]"


def test_a_secret_is_read_as_a_placeholder(kube: Warden) -> None:
    assert "password" in ran(kubectl(kube, "get", "secrets", "-A"))
    value = ran(kubectl(kube, "get", "secret", "password", "-n", "shop", "-o", "jsonpath={.data.password}"))
    assert base64.b64decode(value).startswith(b"wrdn")


def test_nobody_else_is_spoken_for(kube: Warden, watch: Watch) -> None:
    done = kubectl(kube, "get", "pods", "-n", "shop", "--as=system:admin", "--as-group=system:masters")
    assert "no-destroy/grant" in done.stderr.splitlines()[-1]
    assert watch.events() == []


def test_a_dry_run_is_allowed(kube: Warden, cluster: LocalCluster, watch: Watch) -> None:
    out = ran(kubectl(kube, "delete", "pod", "pod", "-n", "shop", "--dry-run=server"))
    assert "deleted" in out
    assert watch.changes() == ["delete pods"]
    assert "Running" in cluster.kubectl("get", "pod", "pod", "-n", "shop")


def test_the_audit_names_cluster_and_object(kube: Warden) -> None:
    denied(kubectl(kube, "delete", "pod", "pod", "-n", "shop"))
    action = kube.rulings()[-1]["actions"][0]
    assert (action["provider"], action["verb"]) == ("kubernetes", "delete")
    attributes = action["resources"][0]["attributes"]
    assert (attributes["cluster"], attributes["namespace"], attributes["name"]) == ("local", "shop", "pod")


def test_a_policy_can_name_a_namespace(kube: Warden, cluster: LocalCluster) -> None:
    policy = Path(kube.home / "delete-scratch.cedar")
    policy.write_text(
        '@id("scratch")\n@reason("Scratch is the agent\'s.")\npermit (principal, action == K8s::Action::"configmaps:delete", resource)'
        ' when { resource has namespace && resource.namespace == "scratch" };\n'
    )
    if "scratch" not in cluster.kubectl("get", "ns"):
        cluster.kubectl("create", "ns", "scratch")
    cluster.kubectl("create", "cm", "a", "-n", "scratch")
    # By URL: kubectl would ask what there is first, which lockdown does not permit either.
    lockdown = ("exec", "--preset", "lockdown", "--policy", str(policy), "--", "kubectl", "delete", "--raw")
    text = denied(kube.run(*lockdown, "/api/v1/namespaces/shop/configmaps/settings"))
    assert "configmaps:delete" in text
    assert "Success" in ran(kube.run(*lockdown, "/api/v1/namespaces/scratch/configmaps/a"))
