"""Secrets of a real API server, by kubectl and helm: placeholders inside, and at the server after every round trip what was there before.

Reading Secrets is what the default preset denies, so everything is allowed here. Nothing that is printed may hold a real value.
"""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import uuid
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import CLIENTS, Warden
from tests.e2e.kubernetes.conftest import Watch, denied, ran
from tests.e2e.sweep import Sweep
from tools.kubernetes import LocalCluster


@dataclass(frozen=True, slots=True)
class Kept:
    """A Secret that the administrator made, and what is in it."""

    name: str
    data: dict[str, str]


def there(cluster: LocalCluster, name: str, namespace: str = "shop", kind: str = "secret") -> dict[str, str]:
    """What the server has, by key, decoded."""
    found = json.loads(cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() if kind == "secret" else value for key, value in found.items()}


@pytest.fixture
def kept(cluster: LocalCluster) -> Kept:
    data = {
        "password": secrets.token_urlsafe(18),
        "odd": f'{secrets.token_hex(8)}"\\/<&>\n\té {secrets.token_hex(4)}\n',
        "config.json": json.dumps({"url": f"postgres://app:{secrets.token_hex(12)}@db/shop", "retries": 3}, indent=1),
        "port": "5432",
    }
    name = f"kept-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "-f", "-", stdin=json.dumps({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop", "labels": {"round": "0"}}, "stringData": data
    }))  # fmt: skip
    return Kept(name, data)


def shell(warden: Warden, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script in the sandbox, in the namespace ``shop``; what it prints is looked through by who calls."""
    return warden.exec(
        "bash",
        "-c",
        f'set -eo pipefail; export KUBE_EDITOR=$PWD/editor; kubectl() {{ command kubectl -n shop "$@"; }}; {script}',
        "bash",
        *arguments,
    )


def is_free_of(kept: Kept, *texts: str) -> None:
    sweep = Sweep({key: value for key, value in kept.data.items() if len(value) > 11})
    for text in texts:
        sweep.text("what was printed", text)
    assert not sweep.found


#: Ways to read a Secret, change its label and write it back. Those that read it print what they have read.
LABEL = r"""sed -E 's/("?round"?): "0"/\1: "1"/'"""
ROUND_TRIPS = {
    "apply": f"kubectl get secret $1 -o yaml | {LABEL} | tee /dev/stderr | kubectl apply -f -",
    "apply twice": f"for i in 0 1; do kubectl get secret $1 -o yaml | {LABEL} | kubectl apply -f -; done; kubectl get secret $1 -o yaml",
    "replace": f"kubectl get secret $1 -o json | {LABEL} | tee /dev/stderr | kubectl replace -f -",
    "apply --server-side": "kubectl get secret $1 -o yaml | grep -v '  uid:\\|resourceVersion:\\|creationTime'"
    f" | {LABEL} | tee /dev/stderr | kubectl apply --server-side --force-conflicts -f -",
    "edit": "kubectl edit secret $1",
    "edit in JSON": "kubectl edit secret $1 -o json",
    "label": "kubectl label secret $1 round=1 --overwrite -o yaml",
    "patch": """kubectl patch secret $1 -o json -p '{"metadata": {"labels": {"round": "1"}}}'""",
    "JSON patch": """kubectl patch secret $1 -o json --type=json -p '[{"op": "replace", "path": "/metadata/labels/round", "value": "1"}]'""",
}
#: In an editor: one value written anew, one made from a placeholder, one key taken away.
CHANGE = r"""sed -E -e 's/ port: .*/ port: NjU0Mw==/' -e '/ odd: /d' -e 's/^( *)password: (.*)/&\n\1copy: \2/'"""


def editor(warden: Warden, command: str) -> None:
    """Makes `command` what ``$KUBE_EDITOR`` does. It prints the file first."""
    path = warden.work / "editor"
    path.write_text(f'#!/bin/sh\ncat "$1" >&2\n{command} -i "$1"\n')
    path.chmod(0o755)


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_what_was_read_is_written_back_as_it_was(observing: Warden, cluster: LocalCluster, kept: Kept, way: str) -> None:
    editor(observing, LABEL)
    done = shell(observing, ROUND_TRIPS[way], kept.name)
    ran(done)
    assert "d3Jkb" in done.stdout + done.stderr  # "wrdn", in base64
    assert there(cluster, kept.name) == kept.data
    assert json.loads(cluster.kubectl("get", "secret", kept.name, "-n", "shop", "-o", "json"))["metadata"]["labels"] == {"round": "1"}
    is_free_of(kept, done.stdout, done.stderr, observing.audit_log.read_text())


def test_one_value_is_changed_in_an_editor_and_the_others_stay(observing: Warden, cluster: LocalCluster, kept: Kept) -> None:
    editor(observing, CHANGE)
    ran(shell(observing, "kubectl edit secret $1", kept.name))
    after = {**kept.data, "port": "6543", "copy": kept.data["password"]}
    del after["odd"]
    assert there(cluster, kept.name) == after


#: What makes another Secret, ``$1-copy``, of a placeholder ``$value``.
COPIES = {
    "create": "kubectl create secret generic $1-copy --from-literal=password=$value",
    "create --dry-run | apply": "kubectl create secret generic $1-copy --from-literal=password=$value --dry-run=client -o yaml | kubectl apply -f -",
    "merge patch": "kubectl create secret generic $1-copy; "
    'kubectl patch secret $1-copy --type=merge -p "{\\"data\\": {\\"password\\": \\"$(printf %s $value | base64 -w0)\\"}}"',
    "stringData": 'kubectl create secret generic $1-copy; kubectl patch secret $1-copy -p "{\\"stringData\\": {\\"password\\": \\"$value\\"}}"',
    "apply of a manifest": "printf '{apiVersion: v1, kind: Secret, metadata: {name: %s-copy}, stringData: {password: \"%s\"}}' $1 $value"
    " | kubectl apply --server-side -f -",
}


@pytest.mark.parametrize("way", COPIES)
def test_a_value_that_was_decoded_goes_into_another_secret(observing: Warden, cluster: LocalCluster, kept: Kept, way: str) -> None:
    script = f"value=$(kubectl get secret $1 -o jsonpath='{{.data.password}}' | base64 -d); echo $value; {COPIES[way]}"
    done = shell(observing, script, kept.name)
    assert ran(done).startswith("wrdn")
    assert there(cluster, f"{kept.name}-copy") == {"password": kept.data["password"]}
    is_free_of(kept, done.stdout, done.stderr)


#: What the administrator did, and nobody else.
MADE = ["create secrets"]
#: Where ``$value`` may not go: others could read it there.
ELSEWHERE = {
    "a ConfigMap": "kubectl create configmap $1-shown --from-literal=password=$value",
    "another namespace": "kubectl create secret generic $1-copy -n default --from-literal=password=$value",
    "a label": "kubectl label secret $1 shown=$value",
    "an annotation": "kubectl annotate secret $1 shown=$value",
    "a field of a merge patch": 'kubectl patch secret $1 --type=merge -p "{\\"metadata\\": {\\"annotations\\": {\\"a\\": \\"$value\\"}}}"',
    "a JSON patch": 'kubectl patch secret $1 --type=json -p "'
    '[{\\"op\\": \\"add\\", \\"path\\": \\"/metadata/annotations\\", \\"value\\": {\\"a\\": \\"$value\\"}}]"',
    "a container's environment": 'kubectl set env deployment/web "SHOWN=$value"',
    "a selector": 'kubectl get secrets --field-selector="metadata.name=$value"',
}  # fmt: skip


@pytest.mark.parametrize("place", ELSEWHERE)
def test_and_nowhere_else(observing: Warden, watch: Watch, kept: Kept, place: str) -> None:
    script = f"value=$(kubectl get secret $1 -o jsonpath='{{.data.password}}' | base64 -d); {ELSEWHERE[place]}"
    text = denied(shell(observing, script, kept.name))
    assert "placeholder-elsewhere" in text
    assert watch.changes() == MADE
    is_free_of(kept, text)


#: Of a JSON patch: operations on a Secret, and what becomes of them.
PATCHES = [
    ([{"op": "copy", "from": "/data/password", "path": "/metadata/labels/shown"}], False),
    ([{"op": "copy", "from": "/data/password", "path": "/data/other"}], False),
    ([{"op": "move", "from": "/data/password", "path": "/metadata/annotations/shown"}], False),
    ([{"op": "test", "path": "/data/port", "value": "NTQzMg=="}], False),
    ([{"op": "add", "path": "/data/more", "value": "bW9yZQ=="}, {"op": "test", "path": "/data/port", "value": "NTQzMg=="}], False),
    ([{"op": "add", "path": "/data/more", "value": "bW9yZQ=="}], True),
    ([{"op": "replace", "path": "/data/port", "value": "bW9yZQ=="}, {"op": "remove", "path": "/data/odd"}], True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("patch", "passes"), PATCHES, ids=lambda value: "-".join(one["op"] for one in value) if isinstance(value, list) else ""
)
def test_json_patches(
    observing: Warden, watch: Watch, cluster: LocalCluster, kept: Kept, patch: list[dict[str, str]], passes: bool
) -> None:
    done = shell(observing, 'kubectl patch secret $1 --type=json -p "$2" -o yaml', kept.name, json.dumps(patch))
    if passes:
        assert "d3Jkb" in ran(done)
        assert "patch secrets" in watch.changes()
    else:
        assert "secret-patch" in denied(done)
        assert watch.changes() == MADE
        assert there(cluster, kept.name) == kept.data
    is_free_of(kept, done.stdout, done.stderr)


#: What shows an object and must go on doing so, and words in what it prints.
READINGS = {
    "describe secret": ("kubectl describe secret $1", ("password:", "bytes", "Opaque")),
    "describe a pod": ("kubectl describe pod $1", ("DB_PASSWORD:", "wrdn", "MODE:", "prod", "Node:")),
    "describe a ConfigMap": ("kubectl describe configmap $1", ("app.properties", "wrdn", "colour=blue")),
    "a table": ("kubectl get secrets", ("Opaque", "$1", "4")),
    "a wide table of all": ("kubectl get secrets,configmaps,pods -A -o wide", ("Opaque", "$1")),
    "a list": ("kubectl get secrets -A -o yaml", ("d3Jkb", "kind: List")),
    "columns": ("kubectl get secrets -o custom-columns=N:.metadata.name,P:.data.password", ("d3Jkb", "$1")),
    "a template": ("kubectl get secret $1 -o go-template='{{.data.password | base64decode}}'", ("wrdn",)),
    "a watch": ("timeout 2 kubectl -n shop get secrets --watch -o yaml || [ $? = 124 ]", ("d3Jkb", "$1")),
    "a raw path": ("kubectl get --raw /api/v1/namespaces/shop/secrets/$1", ("d3Jkb",)),
    "the history of a manifest": ("kubectl get secret $1 -o yaml | kubectl apply -f - && kubectl apply view-last-applied secret $1", ("d3Jkb",)),
    "a difference": ("kubectl get secret $1 -o yaml | sed 's/ port: .*/ port: NjU0Mw==/' | kubectl diff -f - || [ $? = 1 ]", ("*** (before)",)),
    "a pod's YAML": ("kubectl get pod $1 -o yaml", ("wrdn", "value: prod")),
}  # fmt: skip


@pytest.fixture
def shown(cluster: LocalCluster, kept: Kept) -> Kept:
    """A pod and a ConfigMap, of the Secret's name, that have its password in them."""
    environment = [{"name": "DB_PASSWORD", "value": kept.data["password"]}, {"name": "MODE", "value": "prod"}]
    pod = {"nodeName": "node", "containers": [{"name": "main", "image": "main", "env": environment}]}
    meta = {"name": kept.name, "namespace": "shop"}
    properties = f"colour=blue\ndb.password={kept.data['password']}\n"
    for thing in (
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"app.properties": properties}},
    ):
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(thing))
    return kept


@pytest.mark.parametrize("what", READINGS)
def test_what_shows_objects_works(observing: Warden, shown: Kept, what: str) -> None:
    script, words = READINGS[what]
    done = shell(observing, script, shown.name)
    out = ran(done)
    for word in words:
        assert word.replace("$1", shown.name) in out
    is_free_of(shown, out, done.stderr)


@pytest.mark.parametrize("accept", ["protobuf", "protobuf;stream=watch", "protobuf,application/json"])
def test_a_client_that_would_rather_have_protobuf_gets_json(observing: Warden, cluster: LocalCluster, kept: Kept, accept: str) -> None:
    script = (
        "token=$(kubectl config view --raw -o jsonpath='{.users[0].user.token}'); "
        'curl -sS -H "Authorization: Bearer $token" -H "Accept: application/vnd.kubernetes.$1" "$2"'
    )
    port, field = cluster.address.partition(":")[2], f"fieldSelector=metadata.name%3D{kept.name}"
    path = f"/api/v1/namespaces/shop/secrets?{field}" + ("&watch=true&timeoutSeconds=1" if "watch" in accept else "")
    out = ran(shell(observing, script, accept, f"https://local.kubernetes.warden.internal:{port}{path}"))
    read = json.loads(out.splitlines()[0] if "watch" in accept else out)  # curl is answered in lines that a person can read
    found = read["object"] if "watch" in accept else read["items"][0]
    assert set(found["data"]) == set(kept.data)
    is_free_of(kept, out)


@pytest.mark.parametrize("kind", ["configmap", "pod"])
def test_other_objects_with_secrets_in_them_are_applied_as_they_were(
    observing: Warden, cluster: LocalCluster, shown: Kept, kind: str
) -> None:
    done = shell(
        observing,
        f"kubectl get {kind} $1 -o yaml | tee /dev/stderr | sed 's/^  namespace:/  labels: {{a: b}}\\n&/' | kubectl apply -f -",
        shown.name,
    )
    ran(done)
    found = json.loads(cluster.kubectl("get", kind, shown.name, "-n", "shop", "-o", "json"))
    assert found["metadata"]["labels"] == {"a": "b"}
    assert shown.data["password"] in json.dumps(found.get("data") or found["spec"])
    assert "wrdn" not in json.dumps(found)
    is_free_of(shown, done.stdout, done.stderr)


# --- clients that keep their own things in Secrets -----------------------------------------------------------------------------------

CHART = {
    "Chart.yaml": "{apiVersion: v2, name: chart, version: 0.1.0}",
    "values.yaml": "colour: green\n",
    "templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: '{{ .Release.Name }}'}\n"
    "stringData: {password: '{{ .Values.password }}', colour: '{{ .Values.colour }}'}\n",
}


def test_helms_releases_are_read_and_written(observing: Warden, cluster: LocalCluster, kept: Kept) -> None:
    """A release is a Secret with JSON in gzip in base64 in it, and the next one is made of what was read of the one before."""
    for name, content in CHART.items():
        path = observing.work / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    script = (
        "value=$(kubectl get secret $1 -o jsonpath='{.data.password}' | base64 -d); "
        'helm() { command helm -n shop "$@"; }; helm install $1-r chart --set password=$value; '
        "helm upgrade $1-r chart --reuse-values --set colour=red; helm list; helm get values $1-r; helm get manifest $1-r"
    )
    done = shell(observing, script, kept.name)
    out = ran(done)
    assert f"{kept.name}-r" in out
    assert "colour: red" in out
    assert there(cluster, f"{kept.name}-r") == {"password": kept.data["password"], "colour": "red"}
    is_free_of(kept, out, done.stderr)


REPLACE = """
import sys
import kubernetes
kubernetes.config.load_kube_config()
api = kubernetes.client.CoreV1Api()
found = api.read_namespaced_secret(sys.argv[1], "shop")
print(found.data)
found.metadata.labels["round"] = "1"
found.data["again"] = found.data["password"]
print(api.replace_namespaced_secret(sys.argv[1], "shop", found).data)
print([one.data for one in api.list_namespaced_secret("shop").items if one.metadata.name == sys.argv[1]])
"""


def test_the_python_client_writes_back_what_it_read(observing: Warden, cluster: LocalCluster, kept: Kept) -> None:
    done = observing.exec(str(CLIENTS / "kubernetes/bin/python"), "-c", REPLACE, kept.name)
    assert ran(done).count("d3Jkb") > 6
    assert there(cluster, kept.name) == {**kept.data, "again": kept.data["password"]}
    is_free_of(kept, done.stdout, done.stderr)
