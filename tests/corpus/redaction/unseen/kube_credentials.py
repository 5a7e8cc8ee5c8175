"""Kubernetes Secrets of every type, tokens, and what contains them."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import kube, meta
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def _secret(d: Draft, name: str, kind: str, data: dict[str, str], **more: object) -> dict[str, object]:
    coded = {key: b64(value) for key, value in data.items()}
    return {"kind": "Secret", "apiVersion": "v1", "metadata": meta(d, name, "erp", **more), "data": coded, "type": kind}


def basic_auth_secret(d: Draft) -> None:
    m = d.mint
    answer = _secret(
        d,
        "git-basic",
        "kubernetes.io/basic-auth",
        {"username": "git", "password": d.hide(grouped(m), schema=True)},
        annotations={"tekton.dev/git-0": d.keep("https://git.acme.internal")},
    )
    d.kept('"type":"kubernetes.io/basic-auth"')
    kube(d, "/api/v1/namespaces/erp/secrets/git-basic", answer)


def ssh_and_tls_secrets(d: Draft) -> None:
    m = d.mint
    items = [
        _secret(d, "deploy-ssh", "kubernetes.io/ssh-auth", {"ssh-privatekey": d.hide(keys.openssh("unseen-kube"), schema=True)}),
        _secret(
            d,
            "web-tls",
            "kubernetes.io/tls",
            {"tls.crt": keys.certificate("unseen-kube"), "tls.key": d.hide(keys.rsa_pkcs8("unseen-kube-tls"), schema=True)},
            annotations={"cert-manager.io/certificate-name": d.keep("web-" + m.hex(4))},
        ),
    ]
    d.kept('"type":"kubernetes.io/ssh-auth"', '"type":"kubernetes.io/tls"')
    kube(
        d,
        "/api/v1/namespaces/erp/secrets?limit=2",
        {
            "kind": "SecretList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": d.keep(m.digits(9)), "remainingItemCount": 17},
            "items": items,
        },
    )


def pull_secret(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.gitlab("gldt"), schema=True)
    config = json.dumps(
        {
            "auths": {
                "r.acme.internal": {"username": "pull", "password": password, "email": "x@example.org", "auth": b64(f"pull:{password}")}
            }
        }
    )
    answer = _secret(d, "pull", "kubernetes.io/dockerconfigjson", {".dockerconfigjson": config})
    d.kept('"type":"kubernetes.io/dockerconfigjson"')
    kube(d, "/api/v1/namespaces/erp/secrets/pull", answer)


def string_data_created(d: Draft) -> None:
    m = d.mint
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(
            d,
            "app",
            "erp",
            managedFields=[{"manager": "kubectl-create", "fieldsV1": {"f:data": {".": {}, "f:api-token": {}, "f:password": {}}}}],
        ),
        "data": {"api-token": b64(d.hide(m.hex(36), schema=True)), "password": b64(d.hide(dotted(m), schema=True))},
        "immutable": True,
        "type": "Opaque",
    }
    d.kept('"f:api-token":{},"f:password":{}', '"immutable":true', '"manager":"kubectl-create"')
    kube(d, "/api/v1/namespaces/erp/secrets", answer, method="POST", status=201)


def token_request_of_account(d: Draft) -> None:
    m = d.mint
    answer = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": "token-runner", "namespace": "erp", "creationTimestamp": "2026-11-24T10:15:00Z"},
        "spec": {"audiences": ["vault"], "expirationSeconds": 600},
        "status": {
            "token": d.hide(keys.service_account("token-runner", "acme.example", "erp", d.keep(m.uuid())), schema=True),
            "expirationTimestamp": "2026-11-24T10:25:00Z",
        },
    }
    d.lookalikes.clear()
    d.kept('"expirationSeconds":600', '"expirationTimestamp":"2026-11-24T10:25:00Z"', '"audiences":["vault"]')
    kube(d, "/api/v1/namespaces/erp/serviceaccounts/token-runner/token", answer, method="POST", status=201)


def helm_release_record(d: Draft) -> None:
    m = d.mint
    release = {
        "name": "harbor",
        "info": {"status": "deployed", "notes": "Get the password with kubectl get secret"},
        "config": {"harborAdminPassword": d.hide(marked(m), schema=True), "secretKey": d.hide(m.chars(16), schema=True)},
        "chart": {"metadata": {"version": "1.15.1"}, "values": {"existingSecretAdminPassword": ""}},
        "version": 3,
    }
    inner = b64(packed(json.dumps(release)))
    answer = _secret(
        d,
        "sh.helm.release.v1.harbor.v3",
        "helm.sh/release.v1",
        {"release": inner},
        labels={"owner": "helm", "modifiedAt": d.keep("1795596400"), "status": "deployed"},
    )
    d.kept('"type":"helm.sh/release.v1"')
    kube(d, "/api/v1/namespaces/erp/secrets/sh.helm.release.v1.harbor.v3", answer)


def secret_as_table(d: Draft) -> None:
    """What kubectl get secrets asks for: no values, only names, kinds and ages."""
    m = d.mint
    rows = [
        {"cells": [d.keep(name), "Opaque", 2, "31d"], "object": {"kind": "PartialObjectMetadata", "metadata": meta(d, name, "erp")}}
        for name in ("db-password-" + m.hex(4), "token-" + m.hex(5), "api-key-rotated")
    ]
    answer = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": d.keep(m.digits(9))},
        "columnDefinitions": [
            {"name": "Name", "type": "string", "description": d.keep("Name must be unique within a namespace.")},
            {"name": "Data", "type": "string"},
        ],
        "rows": rows,
    }
    kube(d, "/api/v1/namespaces/erp/secrets", answer, accept="application/json;as=Table;v=v1;g=meta.k8s.io")


def bootstrap_and_generated(d: Draft) -> None:
    m = d.mint
    identity = m.chars(6, "abcdefghijklmnopqrstuvwxyz0123456789")
    data = {
        "token-id": identity,
        "token-secret": d.hide(m.chars(16, "abcdefghijklmnopqrstuvwxyz0123456789"), schema=True),
        "usage-bootstrap-signing": "true",
        "expiration": "2026-11-25T10:15:00Z",
    }
    answer = _secret(d, "bootstrap-token-x", "bootstrap.kubernetes.io/token", data)
    d.kept('"type":"bootstrap.kubernetes.io/token"')
    kube(d, "/api/v1/namespaces/kube-system/secrets/bootstrap-token-x", answer)


def watched_secrets(d: Draft) -> None:
    m = d.mint
    lines = []
    for number in range(3):
        secret = _secret(
            d, f"tenant-{number}", "Opaque", {"conn": f"Server=sql;User Id=t{number};Password={d.hide(spoken(m), schema=True)};"}
        )
        lines.append(json.dumps({"type": "ADDED", "object": secret}, separators=(",", ":")))
    lines.append(
        '{"type":"BOOKMARK","object":{"kind":"Secret","apiVersion":"v1","metadata":{"resourceVersion":"'
        + d.keep(m.digits(9))
        + '","creationTimestamp":null}}}'
    )
    kube(d, "/api/v1/namespaces/erp/secrets?watch=1&allowWatchBookmarks=true", {})
    d.text("\n".join(lines) + "\n", "application/json")


def connection_details(d: Draft) -> None:
    m = d.mint
    ini = f"[client]\nhost=db\npassword={d.hide(corporate(m), schema=True)}\n"
    answer = _secret(
        d,
        "writer-conn",
        "connection.crossplane.io/v1alpha1",
        {"my.cnf": ini, "endpoint": "db.acme.internal", "port": "3306"},
        ownerReferences=[{"kind": "User", "uid": d.keep(m.uuid())}],
    )
    d.kept('"type":"connection.crossplane.io/v1alpha1"')
    kube(d, "/api/v1/namespaces/erp/secrets/writer-conn", answer)
