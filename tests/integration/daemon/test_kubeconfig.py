"""The kubeconfig that a session shows, without a cluster: that needs none. With one: tests/e2e/kubernetes."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import yaml

from tests.integration.daemon.conftest import Home


def kubeconfig(path: Path, token: str) -> None:
    """A kubeconfig of one cluster on loopback, where nothing listens."""
    cluster = {"name": "kind", "cluster": {"server": "https://127.0.0.1:1"}}
    user = {"name": "kind", "user": {"token": token}}
    context = {"name": "kind", "context": {"cluster": "kind", "user": "kind"}}
    document = {"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "kind"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def test_the_real_one_is_outside(shared: Home) -> None:
    token = secrets.token_urlsafe(24)
    kubeconfig(shared.path / ".kube/config", token)
    (shared.path / ".kube/cache").mkdir(exist_ok=True)
    done = shared.shell("cat $KUBECONFIG; ls ~/.kube >&2; echo x > ~/.kube/config")
    shown = yaml.safe_load(done.stdout)
    assert shown["clusters"][0]["cluster"]["server"] == "https://kind.kubernetes.warden.internal:1"
    assert shown["users"][0]["user"]["token"].startswith("warden-dummy-")
    assert token not in done.stdout
    assert done.stderr.splitlines()[0] == "config"
    assert "Read-only" in done.stderr


def test_its_name_resolves_and_the_dialect_answers(shared: Home) -> None:
    kubeconfig(shared.path / ".kube/config", secrets.token_urlsafe(24))
    url = "https://kind.kubernetes.warden.internal:1/api/v1/namespaces/default/pods"
    denied = json.loads(shared.exec("curl", "-sS", "-X", "DELETE", url).stdout)
    assert (denied["kind"], denied["reason"]) == ("Status", "Forbidden")
    assert "pods:deletecollection on kind/" in denied["message"]
    assert "502" in shared.exec("curl", "-sS", url).stdout  # allowed, and nobody is there


def test_one_in_the_project_is_hidden(shared: Home) -> None:
    token = secrets.token_urlsafe(24)
    kubeconfig(shared.work / "kubeconfig", token)
    refused = shared.exec("kubectl", "get", "pods", env={"KUBECONFIG": "kubeconfig"})
    assert (refused.returncode, "could have written" in refused.stderr) == (125, True)
    without = shared.shell("echo ${KUBECONFIG-none}; cat kubeconfig", env={"KUBECONFIG": "kubeconfig"})
    assert without.stdout == "none\n"  # and the file itself is hidden, as whatever that variable names
    shared.configure(kubernetes={"kubeconfig": [str(shared.work / "kubeconfig")]})
    done = shared.shell("cat kubeconfig; cat $KUBECONFIG; rm -f kubeconfig; mv kubeconfig other")
    shared.configure()
    assert "warden-dummy-" in done.stdout
    assert token not in done.stdout
    assert token in (shared.work / "kubeconfig").read_text()
    (shared.work / "kubeconfig").unlink()


def test_one_that_does_not_parse_stops_only_who_asked_for_it(shared: Home) -> None:
    (shared.path / ".kube/config").write_text("no mapping")
    assert shared.exec("true").returncode == 0
    refused = shared.exec("kubectl", "get", "pods")
    assert (refused.returncode, "kubeconfig" in refused.stderr) == (125, True)
    shared.configure(kubernetes={"kubeconfig": [str(shared.path / ".kube/config")]})
    refused = shared.exec("true")
    shared.configure()
    assert (refused.returncode, "kubeconfig" in refused.stderr) == (125, True)


def test_without_one_there_is_none(shared: Home) -> None:
    (shared.path / ".kube/config").unlink(missing_ok=True)
    assert shared.shell("echo ${KUBECONFIG-none}").stdout == "none\n"
