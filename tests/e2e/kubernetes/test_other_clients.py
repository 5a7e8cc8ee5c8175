"""The Python client and helm, each with its own way to read a kubeconfig and to show an error."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.e2e.conftest import CLIENTS, Warden
from tests.e2e.kubernetes.conftest import Watch, denied, ran
from tools.kubernetes import LocalCluster

PYTHON = str(CLIENTS / "kubernetes/bin/python")
CALL = """
import json, sys
import kubernetes
kubernetes.config.load_kube_config()
api, method, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
try:
    answer = getattr(getattr(kubernetes.client, api)(), method)(**arguments)
    print(json.dumps(kubernetes.client.ApiClient().sanitize_for_serialization(answer)))
except kubernetes.client.ApiException as error:
    print(error.status, error.reason, json.loads(error.body)["message"])
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("api", "method", "arguments"),
    [
        ("CoreV1Api", "list_namespaced_pod", {"namespace": "shop"}),
        ("AppsV1Api", "read_namespaced_deployment", {"name": "web", "namespace": "shop"}),
        ("AppsV1Api", "patch_namespaced_deployment_scale", {"name": "web", "namespace": "shop", "body": {"spec": {"replicas": 2}}}),
        ("CoreV1Api", "create_namespaced_config_map", {"namespace": "shop", "body": {"metadata": {"generateName": "py-"}}}),
    ],
)
def test_python_works(kube: Warden, api: str, method: str, arguments: dict[str, object]) -> None:
    done = kube.exec(PYTHON, "-c", CALL, api, method, json.dumps(arguments))
    assert json.loads(ran(done))["metadata"]


@pytest.mark.parametrize(
    ("api", "method", "arguments"),
    [
        ("CoreV1Api", "delete_namespaced_pod", {"name": "pod", "namespace": "shop"}),
        ("CoreV1Api", "delete_collection_namespaced_config_map", {"namespace": "shop"}),
        ("CoreV1Api", "delete_namespace", {"name": "shop"}),
        ("AppsV1Api", "patch_namespaced_deployment_scale", {"name": "web", "namespace": "shop", "body": {"spec": {"replicas": 0}}}),
        ("CoreV1Api", "connect_get_namespaced_pod_proxy", {"name": "pod", "namespace": "shop"}),
    ],
)
def test_python_is_denied(kube: Warden, watch: Watch, api: str, method: str, arguments: dict[str, object]) -> None:
    text = denied(kube.exec(PYTHON, "-c", CALL, api, method, json.dumps(arguments)))
    assert text.startswith("403 Forbidden warden denied")
    assert watch.events() == []


STREAM = """
import kubernetes.stream
kubernetes.config.load_kube_config()
api = kubernetes.client.CoreV1Api()
print(kubernetes.stream.stream(api.connect_get_namespaced_pod_exec, "pod", "shop", command=["echo", "hello"], stdout=True, stderr=True))
"""


def test_python_streams(observing: Warden, kube: Warden) -> None:
    assert ran(observing.exec(PYTHON, "-c", STREAM)) == "hello\n\n"
    done = kube.exec(PYTHON, "-c", STREAM)
    assert done.returncode != 0
    assert "warden denied pods/exec:get" in done.stderr


# --- helm ----------------------------------------------------------------------------------------------------------------------------

CONFIGMAPS = {"HELM_DRIVER": "configmap"}  # releases are kept in Secrets otherwise, which the default preset does not let the agent read


@pytest.fixture(scope="module")
def chart(kube: Warden) -> str:
    chart = kube.work / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: chart, version: 0.1.0}")
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "{{ .Release.Name }}"},
        "data": {"colour": "{{ .Values.colour }}"},
    }
    (chart / "templates/config.yaml").write_text(json.dumps(config))
    (chart / "values.yaml").write_text("colour: green\n")
    return "chart"


def test_helm_installs_and_lists(kube: Warden, cluster: LocalCluster, chart: str) -> None:
    name = f"r-{uuid.uuid4().hex[:6]}"
    ran(kube.exec("helm", "install", name, chart, "-n", "shop", env=CONFIGMAPS))
    ran(kube.exec("helm", "upgrade", name, chart, "-n", "shop", "--set", "colour=red", env=CONFIGMAPS))
    assert name in ran(kube.exec("helm", "list", "-n", "shop", env=CONFIGMAPS))
    assert "colour: red" in cluster.kubectl("get", "cm", name, "-n", "shop", "-o", "yaml")


def test_helm_does_not_uninstall(kube: Warden, cluster: LocalCluster, watch: Watch, chart: str) -> None:
    name = f"r-{uuid.uuid4().hex[:6]}"
    ran(kube.exec("helm", "install", name, chart, "-n", "shop", env=CONFIGMAPS))
    # helm shows why only when it is asked to: "failed to delete release" is all that it says otherwise.
    done = kube.exec("helm", "uninstall", name, "-n", "shop", "--debug", env=CONFIGMAPS)
    assert done.returncode != 0
    assert f"warden denied configmaps:delete on local/namespaces/shop/configmaps/{name}" in done.stderr
    assert [change for change in watch.changes() if "delete" in change] == []
    assert "colour: green" in cluster.kubectl("get", "cm", name, "-n", "shop", "-o", "yaml")


def test_helm_reads_releases_in_secrets(kube: Warden) -> None:
    done = kube.exec("helm", "list", "-n", "shop")
    assert done.returncode == 0, done
    assert done.stdout.startswith("NAME")
