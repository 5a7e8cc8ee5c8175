"""Secrets as a Kubernetes API server answers them."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, meta


def docker_config(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.docker(), schema=True)
    auths = {
        "https://index.docker.io/v1/": {
            "username": "shopbot",
            "password": password,
            "email": "bot@example.com",
            "auth": b64(f"shopbot:{password}"),
        }
    }
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(d, "regcred", "shop"),
        "data": {".dockerconfigjson": b64(json.dumps({"auths": auths}))},
    }
    d.kept('"name":"regcred"', "kubernetes.io/dockerconfigjson")
    kube(d, "/api/v1/namespaces/shop/secrets/regcred", {**answer, "type": "kubernetes.io/dockerconfigjson"})


def kubeconfig_inside(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.ec_sec1("held-out-1"), schema=True)
    ca = b64(keys.certificate("tenant"))
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tenant", "cluster": {"server": "https://tenant.example.com:6443", "certificate-authority-data": ca}}],
        "users": [
            {"name": "admin", "user": {"client-certificate-data": b64(keys.certificate("tenant-admin")), "client-key-data": b64(key)}}
        ],
    }
    owner = [
        {"apiVersion": "controlplane.cluster.x-k8s.io/v1beta1", "kind": "KubeadmControlPlane", "name": "tenant", "uid": d.keep(m.uuid())}
    ]
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(d, "tenant-kubeconfig", "capi", ownerReferences=owner),
        "data": {"value": b64(json.dumps(config))},
    }
    kube(d, "/api/v1/namespaces/capi/secrets/tenant-kubeconfig", {**answer, "type": "cluster.x-k8s.io/secret"})


def token_request(d: Draft) -> None:
    m = d.mint
    token = d.hide(keys.service_account("builder", "kubernetes.default", "ci", m.uuid()), schema=True)
    spec = {"audiences": [d.keep("https://kubernetes.default.svc.cluster.local")], "expirationSeconds": 3600, "boundObjectRef": None}
    status = {"token": token, "expirationTimestamp": d.keep("2026-11-24T11:15:00Z")}
    d.kept('"expirationSeconds":3600')
    answer = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": meta(d, "builder", "ci"),
        "spec": spec,
        "status": status,
    }
    kube(d, "/api/v1/namespaces/ci/serviceaccounts/builder/token", answer, method="POST", status=201, body=b'{"spec":{}}')


def bootstrap_token(d: Draft) -> None:
    m = d.mint
    first, second = m.bootstrap().split(".")
    data = {
        "token-id": b64(first),
        "token-secret": b64(d.hide(second, schema=True)),
        "expiration": b64("2026-11-25T10:15:00Z"),
        "usage-bootstrap-authentication": d.keep(b64("true")),
        "auth-extra-groups": d.keep(b64("system:bootstrappers:kubeadm:default-node-token")),
    }
    answer = {"kind": "Secret", "apiVersion": "v1", "metadata": meta(d, f"bootstrap-token-{first}", "kube-system"), "data": data}
    kube(d, f"/api/v1/namespaces/kube-system/secrets/bootstrap-token-{first}", {**answer, "type": "bootstrap.kubernetes.io/token"})


def secret_create_answer(d: Draft) -> None:
    """Creation answers with the object; managedFields names the keys, with dots and all."""
    m = d.mint
    data = {
        "hmac": b64(d.hide(m.hex(64), schema=True)),
        "previous": b64(d.hide(m.hex(64), schema=True)),
        "algorithm": d.keep(b64("hmac-sha256")),
    }
    fields: dict[str, object] = {"f:data": {".": {}, "f:algorithm": {}, "f:hmac": {}, "f:previous": {}}, "f:type": {}}
    managed = [{"manager": "kubectl-create", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}]
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(d, "webhook-hmac", "ci", managedFields=managed),
        "immutable": True,
        "data": data,
    }
    d.kept('"f:hmac":{}', '"immutable":true', '"manager":"kubectl-create"')
    kube(d, "/api/v1/namespaces/ci/secrets", {**answer, "type": "Opaque"}, method="POST", status=201, body=b"{}")


def secret_metadata_list(d: Draft) -> None:
    """Metadata only, as controllers watch it."""
    m = d.mint
    items = []
    for name in ("cert-manager-webhook-ca", "argocd-initial-admin-secret", "vault-unseal-keys"):
        checksum = d.keep(m.sha256())
        items.append({"metadata": meta(d, name, "infra", annotations={"checksum/config": checksum, "meta.helm.sh/release-name": "infra"})})
    d.kept("argocd-initial-admin-secret", "vault-unseal-keys")
    answer = {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"continue": d.keep(m.urlsafe(130)), "remainingItemCount": 31},
        "items": items,
    }
    kube(d, "/api/v1/secrets?limit=3", answer, accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
