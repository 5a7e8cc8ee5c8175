"""Where clusters are inside, where outside, and what proves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.credentials.kubernetes.material import CLUSTER_CA, b64
from warden.credentials.kubernetes.clusters import Clusters, Endpoint
from warden.credentials.kubernetes.kubeconfig import Entry
from warden.credentials.peer import Peer

CA = CLUSTER_CA.pem.strip() + b"\n"


def clusters(*entries: tuple[str, dict[str, Any]], **configured: dict[str, str]) -> Clusters:
    made = Clusters(configured.get("stated", {}), configured.get("authorities", {}))
    for name, fields in entries:
        made.add(Entry(name, fields, Path("/nowhere")))
    return made


def only(fields: dict[str, Any], **configured: dict[str, str]) -> Endpoint:
    return clusters(("c", fields), **configured).endpoints["c"]


@pytest.mark.parametrize(
    ("server", "url", "peer"),
    [
        ("https://API.Example.com", "https://api.example.com:443", ("api.example.com", 443)),
        ("https://api.example.com./", "https://api.example.com:443", ("api.example.com", 443)),
        ("https://api.example.com:6443", "https://api.example.com:6443", ("api.example.com", 6443)),
        ("https://r.example/k8s/clusters/c-1/", "https://r.example:443/k8s/clusters/c-1", ("r.example", 443)),
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443", ("10.0.0.1", 6443)),
        ("https://[2001:DB8:0::1]:6443", "https://[2001:db8::1]:6443", ("2001:db8::1", 6443)),
        ("api.example.com:6443", "https://api.example.com:6443", ("api.example.com", 6443)),
        ("https://127.0.0.1:32771", "https://c.kubernetes.warden.internal:32771", ("127.0.0.1", 32771)),
        ("https://[::1]:1", "https://c.kubernetes.warden.internal:1", ("::1", 1)),
        ("https://[::ffff:127.0.0.1]:1", "https://c.kubernetes.warden.internal:1", ("::ffff:7f00:1", 1)),
        ("https://0.0.0.0:6443", "https://c.kubernetes.warden.internal:6443", ("0.0.0.0", 6443)),
        ("https://localhost", "https://c.kubernetes.warden.internal:443", ("localhost", 443)),
    ],
)
def test_servers(server: str, url: str, peer: tuple[str, int]) -> None:
    made = clusters(("c", {"server": server}))
    endpoint = made.endpoints["c"]
    assert (endpoint.url, (endpoint.peer.host, endpoint.peer.port), endpoint.refusal) == (url, peer, None)
    assert made.peer(endpoint.host, endpoint.port) == endpoint.peer


@pytest.mark.parametrize(
    "server", ["", "https://", "https://u:hunter2@h", "https://h?hunter2", "https://h#hunter2", "ftp://h/hunter2", "https://h:99999",
               "https://h/a%2fhunter2", "https://h//hunter2", "https://[fe80::1%25eth0]", "https://exämple/hunter2", "https://-h/hunter2"],
)  # fmt: skip
def test_what_is_no_server_is_not_shown_and_refused(server: str) -> None:
    endpoint = only({"server": server})
    assert endpoint.refusal is not None
    assert endpoint.refusal.code == "bad-server"
    assert "hunter2" not in endpoint.url
    assert endpoint.host == "c.kubernetes.warden.internal"


def test_plain_http_is_refused() -> None:
    endpoint = only({"server": "http://api.example:8080"})
    assert endpoint.url == "http://api.example:8080"
    assert endpoint.refusal is not None
    assert endpoint.refusal.code == "plain-http"


def test_unverified_clusters_need_a_ca(tmp_path: Path) -> None:
    fields = {"server": "https://h", "insecure-skip-tls-verify": True}
    refusal = only(fields).refusal
    assert refusal is not None
    assert (refusal.code, "kubernetes.ca" in refusal.advice) == ("insecure-cluster", True)
    (tmp_path / "ca.pem").write_bytes(CA)
    endpoint = only(fields, authorities={"c": str(tmp_path / "ca.pem")})
    assert (endpoint.refusal, endpoint.peer.authority) == (None, CA)


def test_the_cluster_s_own_authority(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"a comment\n" + CA)
    embedded = only({"server": "https://h", "certificate-authority-data": b64(CA), "certificate-authority": "/absent"})
    assert (embedded.peer.authority, embedded.refusal) == (CA, None)
    file = only({"server": "https://h", "certificate-authority": str(tmp_path / "ca.pem")})
    assert file.peer.authority == CA
    assert only({"server": "https://h"}).peer == Peer("h", 443, "h", None)
    for wrong in ({"certificate-authority": "/absent"}, {"certificate-authority-data": "!"}, {"certificate-authority-data": b64(b"none")}):
        refusal = only({"server": "https://h", **wrong}).refusal
        assert refusal is not None
        assert refusal.code == "no-authority"


def test_another_server_name_is_verified_outside_and_unknown_inside() -> None:
    endpoint = only({"server": "https://10.0.0.1", "tls-server-name": "real.example"})
    assert (endpoint.url, endpoint.peer.name) == ("https://10.0.0.1:443", "real.example")


def test_two_clusters_on_one_server() -> None:
    rancher = [(name, {"server": f"https://r.example/k8s/clusters/{name}"}) for name in ("c-1", "c-10")]
    made = clusters(("root", {"server": "https://r.example"}), *rancher, ("other", {"server": "https://r.example", "tls-server-name": "x"}))
    assert [each.host for each in made.endpoints.values()] == ["r.example"] * 3 + ["other.kubernetes.warden.internal"]

    def at(path: str) -> list[str]:
        return [each.name for each in made.at("r.example", 443, path)]

    assert at("/k8s/clusters/c-1/api/v1") == ["c-1"]
    assert at("/k8s/clusters/c-10") == ["c-10"]
    assert at("/k8s/clusters/c-100") == ["root"]
    assert at("/api") == ["root"]


def test_aliases_are_kept_apart() -> None:
    made = clusters(*((name, {"server": "https://127.0.0.1:1"}) for name in ("Kind Ä", "kind", "kind-", "!!!")))
    hosts = [each.host.partition(".")[0] for each in made.endpoints.values()]
    assert hosts == ["kind", "kind-2", "kind-3", "cluster"]


def test_the_configuration_s_server_wins() -> None:
    endpoint = only({"server": "https://old.example"}, stated={"c": "https://new.example:1"})
    assert endpoint.url == "https://new.example:1"
