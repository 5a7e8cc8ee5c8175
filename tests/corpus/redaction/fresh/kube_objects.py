"""Kubernetes: objects, Secrets in their many dresses, helm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.fresh import dotted, leet, named, shouted, team
from tests.corpus.redaction.services import kube, meta


def _secret(
    d: Draft, name: str, data: dict[str, str], kind: str = "Opaque", more: Mapping[str, object] = MappingProxyType({})
) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta(d, name, "shop", **more),
        "type": kind,
        "data": {key: b64(value) for key, value in data.items()},
    }


def secret_of_an_app(d: Draft) -> None:
    m = d.mint
    data = {
        "username": "shop_app",
        "password": d.hide(named(m), schema=True),
        "DATABASE_URL": f"postgres://shop_app:{d.hide(m.chars(18), schema=True)}@pg:5432/shop?sslmode=require",
    }
    d.kept('"kind":"Secret"', '"type":"Opaque"')
    kube(d, "/api/v1/namespaces/shop/secrets/shop-db", _secret(d, "shop-db", data))


def secret_with_its_last_apply(d: Draft) -> None:
    m = d.mint
    word, key = d.hide(leet(m), schema=True), d.hide(m.hex(64), schema=True)
    last = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "rails", "namespace": "shop"},
        "stringData": {"admin": word},
        "data": {"SECRET_KEY_BASE": b64(key)},
    }
    note = {
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(last, separators=(",", ":")) + "\n",
            "checksum/config": d.keep(m.sha256()),
        }
    }
    kube(d, "/api/v1/namespaces/shop/secrets/rails", _secret(d, "rails", {"admin": word, "SECRET_KEY_BASE": key}, more=note))


def secrets_in_a_list(d: Draft) -> None:
    m = d.mint
    docker = {"auths": {"registry.example.com": {"username": "robot$pull", "password": d.hide(m.chars(32)), "auth": ""}}}
    docker["auths"]["registry.example.com"]["auth"] = b64("robot$pull:" + docker["auths"]["registry.example.com"]["password"])
    pull = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta(d, "pull", "shop"),
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": b64(json.dumps(docker))},
    }
    tls = {
        "metadata": meta(d, "shop-tls", "shop"),
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": b64(keys.certificate("fresh-tls")), "tls.key": b64(d.hide(keys.ec_sec1("fresh-tls"), schema=True))},
    }
    token = {
        "metadata": meta(d, "bootstrap-token-abcdef", "kube-system"),
        "type": "bootstrap.kubernetes.io/token",
        "data": {
            "token-id": b64("abcdef"),
            "token-secret": b64(d.hide(m.chars(16, "abcdefghijklmnopqrstuvwxyz0123456789"), schema=True)),
            "usage-bootstrap-signing": b64("true"),
        },
    }
    d.kept('"type":"kubernetes.io/tls"', '"type":"bootstrap.kubernetes.io/token"', '"kind":"SecretList"')
    kube(
        d,
        "/api/v1/secrets?limit=3",
        {
            "kind": "SecretList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": "99123", "continue": d.keep(m.page(120))},
            "items": [pull, tls, token],
        },
    )


def secrets_as_a_table(d: Draft) -> None:
    columns = [
        {
            "name": "Name",
            "type": "string",
            "format": "name",
            "description": d.keep("Name must be unique within a namespace."),
            "priority": 0,
        },
        {
            "name": "Data",
            "type": "string",
            "format": "",
            "description": d.keep("Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'."),
            "priority": 0,
        },
    ]
    rows = []
    for name in ("stripe-secret", "db-password", "sh.helm.release.v1.shop.v4"):
        rows.append(
            {
                "cells": [d.keep(name), "Opaque", 2, "41d"],
                "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta(d, name, "shop")},
            }
        )
    kube(
        d,
        "/api/v1/namespaces/shop/secrets",
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": "99124"},
            "columnDefinitions": columns,
            "rows": rows,
        },
        accept="application/json;as=Table;v=v1;g=meta.k8s.io",
    )


def secret_as_a_table_with_objects(d: Draft) -> None:
    m = d.mint
    value = d.hide(m.strong(26), schema=True)
    rows = [{"cells": ["smtp", "Opaque", 1, "3d"], "object": _secret(d, "smtp", {"smtp-pass": value})}]
    columns = [
        {"name": "Name", "type": "string"},
        {"name": "Type", "type": "string", "description": d.keep("Used to facilitate programmatic handling of secret data.")},
    ]
    kube(
        d,
        "/api/v1/namespaces/shop/secrets?includeObject=Object",
        {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": columns, "rows": rows},
        accept="application/json;as=Table;v=v1;g=meta.k8s.io",
    )


def settings_map(d: Draft) -> None:
    m = d.mint
    text = f"""server.port=8080
spring.datasource.url=jdbc:mysql://db:3306/shop?useSSL=true
spring.datasource.username=shop
spring.datasource.password={d.hide(shouted(m))}
spring.mail.password=${{MAIL_PASSWORD}}
app.jwt.secret={d.hide(m.base64(48))}
app.jwt.header=Authorization
app.password.min-length=10
"""
    d.kept("spring.mail.password=${MAIL_PASSWORD}", "app.jwt.header=Authorization", "app.password.min-length=10", "useSSL=true")
    kube(
        d,
        "/api/v1/namespaces/shop/configmaps/shop",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta(d, "shop", "shop"),
            "data": {"application.properties": text, "ca.crt": d.keep(keys.certificate("fresh-root"))},
        },
    )


def deployment(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "PGPASSWORD", "value": d.hide(team(m))},
        {"name": "GITHUB_TOKEN", "value": d.hide(m.github_fine())},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "api-token"}}},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": d.keep("/var/run/secrets/eks.amazonaws.com/serviceaccount/token")},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]
    spec = {
        "containers": [
            {
                "name": "api",
                "image": d.keep(f"ghcr.io/acme/api@{m.digest()}"),
                "args": ["--secret-backend=vault", "--token-ttl=30m"],
                "env": env,
                "volumeMounts": [{"name": "kube-api-access-" + m.chars(5), "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
            }
        ],
        "imagePullSecrets": [{"name": "registry-credentials"}],
        "automountServiceAccountToken": False,
        "volumes": [{"name": "tls", "secret": {"secretName": "shop-tls-secret", "defaultMode": 420}}],
    }
    d.kept(
        '"secretKeyRef":{"name":"api","key":"api-token"}',
        '"imagePullSecrets":[{"name":"registry-credentials"}]',
        '"args":["--secret-backend=vault","--token-ttl=30m"]',
        '"secretName":"shop-tls-secret"',
        '"automountServiceAccountToken":false',
    )
    labels = {"annotations": {"deployment.kubernetes.io/revision": "17"}}
    kube(
        d,
        "/apis/apps/v1/namespaces/shop/deployments/api",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta(d, "api", "shop", **labels),
            "spec": {"template": {"metadata": {"labels": {"pod-template-hash": d.keep(m.chars(10, "bcdf456789"))}}, "spec": spec}},
        },
    )


def token_request(d: Draft) -> None:
    m = d.mint
    uid = m.uuid()
    answer = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": "builder", "namespace": "ci"},
        "spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3600, "boundObjectRef": None},
        "status": {
            "token": d.hide(keys.service_account("builder", "kubernetes.default", "ci", uid), schema=True),
            "expirationTimestamp": "2026-11-24T11:15:00Z",
        },
    }
    d.kept('"audiences":["https://kubernetes.default.svc"]', '"expirationTimestamp":"2026-11-24T11:15:00Z"')
    kube(
        d,
        "/api/v1/namespaces/ci/serviceaccounts/builder/token",
        answer,
        method="POST",
        status=201,
        body=b'{"spec":{"expirationSeconds":3600}}',
    )


def helm_release(d: Draft) -> None:
    m = d.mint
    values = {
        "auth": {"adminPassword": d.hide(dotted(m)), "existingSecret": ""},
        "image": {"digest": d.keep(m.digest())},
        "cookieSecret": d.hide(m.urlsafe(24)),
    }
    manifest = f"---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: wiki\nstringData:\n  smtp: {d.hide(m.chars(22))}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: wiki-secret-proxy\n"
    release = {
        "name": "wiki",
        "info": {"status": "deployed", "notes": "Get the password: kubectl get secret wiki -o jsonpath='{.data.password}' | base64 -d"},
        "config": values,
        "manifest": manifest,
        "version": 4,
        "namespace": "shop",
    }
    inner = b64(packed(json.dumps(release)))
    d.kept("name: wiki-secret-proxy", "jsonpath='{.data.password}' | base64 -d")
    labels = {"labels": {"owner": "helm", "status": "deployed", "version": "4"}}
    kube(
        d,
        "/api/v1/namespaces/shop/secrets/sh.helm.release.v1.wiki.v4",
        _secret(d, "sh.helm.release.v1.wiki.v4", {"release": inner}, "helm.sh/release.v1", labels),
    )


def events(d: Draft) -> None:
    m = d.mint
    texts = (
        'MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found',
        "Error: couldn't find key db-password in Secret shop/shop-db",
        "Failed to pull image: authorization failed: no basic auth credentials",
    )
    rows = [
        {
            "metadata": meta(d, f"api.{m.hex(16)}", "shop"),
            "involvedObject": {
                "kind": "Pod",
                "name": d.keep(f"api-{m.chars(10, 'bcdf456789')}-{m.chars(5, 'bcdf456789')}"),
                "uid": d.keep(m.uuid()),
            },
            "reason": "Failed",
            "message": d.keep(text),
            "type": "Warning",
        }
        for text in texts
    ]
    kube(d, "/api/v1/namespaces/shop/events", {"kind": "EventList", "apiVersion": "v1", "items": rows})


def password_of_an_operator(d: Draft) -> None:
    """Custom objects: a sealed one, an external one, and one whose author wrote the password into it."""
    m = d.mint
    sealed = {
        "kind": "SealedSecret",
        "metadata": meta(d, "db", "shop"),
        "spec": {"encryptedData": {"password": d.keep("AgB" + m.base64(380))}},
    }
    external = {
        "kind": "ExternalSecret",
        "metadata": meta(d, "api", "shop"),
        "spec": {
            "secretStoreRef": {"name": "vault-backend", "kind": "ClusterSecretStore"},
            "data": [{"secretKey": "token", "remoteRef": {"key": "shop/api", "property": "token"}}],
        },
    }
    source = {
        "kind": "KafkaSource",
        "metadata": meta(d, "orders", "shop"),
        "spec": {"sasl": {"user": "orders", "password": d.hide(m.initial())}, "topics": ["orders"]},
    }
    d.kept(
        '"secretStoreRef":{"name":"vault-backend","kind":"ClusterSecretStore"}',
        '"secretKey":"token","remoteRef":{"key":"shop/api","property":"token"}',
    )
    kube(d, "/apis/example.com/v1/namespaces/shop/things", {"kind": "List", "apiVersion": "v1", "items": [sealed, external, source]})


def signing_request(d: Draft) -> None:
    m = d.mint
    answer = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": meta(d, "node-csr-" + m.urlsafe(32)),
        "spec": {
            "signerName": d.keep("kubernetes.io/kube-apiserver-client"),
            "usages": ["client auth"],
            "username": d.keep("system:bootstrap:abcdef"),
        },
        "status": {"certificate": d.keep(b64(keys.certificate("fresh-node")))},
    }
    kube(d, "/apis/certificates.k8s.io/v1/certificatesigningrequests/n", answer)
