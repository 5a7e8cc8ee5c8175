"""Secrets as a Kubernetes API server answers them."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import kube, meta


def secret_list(d: Draft) -> None:
    m = d.mint
    opaque = {
        "metadata": meta(d, "orders-db", "shop", labels={"app.kubernetes.io/instance": d.keep("orders-" + m.hex(8))}),
        "data": {
            "username": b64("orders"),
            "password": b64(d.hide(m.password(), schema=True)),
            "url": b64(f"postgres://orders:{d.hide(m.chars(16), schema=True)}@pg:5432/orders"),
        },
        "type": "Opaque",
    }
    tls = {
        "metadata": meta(d, "shop-tls", "shop"),
        "data": {"tls.crt": d.keep(b64(keys.certificate("shop"))), "tls.key": b64(d.hide(keys.ec_sec1("tuning-1"), schema=True))},
        "type": d.keep("kubernetes.io/tls"),
    }
    answer = {
        "kind": "SecretList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "81234567", "continue": d.keep(m.page(100))},
        "items": [opaque, tls],
    }
    kube(d, "/api/v1/namespaces/shop/secrets?limit=500", answer)


def secret_with_last_applied(d: Draft) -> None:
    """The annotation holds the whole object again."""
    m = d.mint
    value = d.hide(m.strong(22), schema=True)
    data = {"API_TOKEN": b64(value)}
    applied = {
        "apiVersion": "v1",
        "data": data,
        "kind": "Secret",
        "metadata": {"annotations": {}, "name": "api", "namespace": "shop"},
        "type": "Opaque",
    }
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied, separators=(",", ":")) + "\n"}
    d.kept("kubectl.kubernetes.io/last-applied-configuration", '"type":"Opaque"')
    kube(
        d,
        "/api/v1/namespaces/shop/secrets/api",
        {"kind": "Secret", "apiVersion": "v1", "metadata": meta(d, "api", "shop", annotations=annotations), "data": data, "type": "Opaque"},
    )


def secret_watch(d: Draft) -> None:
    """A watch: one event a line."""
    m = d.mint
    lines = []
    for kind, name in (("ADDED", "mail"), ("MODIFIED", "mail"), ("BOOKMARK", "")):
        item: dict[str, object] = {"kind": "Secret", "apiVersion": "v1", "metadata": {"resourceVersion": m.digits(8)}}
        if name:
            item |= {"metadata": meta(d, name, "shop"), "data": {"smtp": b64(d.hide(m.sendgrid(), schema=True))}, "type": "Opaque"}
        lines.append(json.dumps({"type": kind, "object": item}, separators=(",", ":")))
    kube(d, "/api/v1/namespaces/shop/secrets?watch=true&allowWatchBookmarks=true", {})
    d.text("\n".join(lines) + "\n", "application/json")
    d.headers["transfer-encoding"] = "chunked"
    d.kept('"type":"BOOKMARK"')


def service_account_token(d: Draft) -> None:
    m = d.mint
    uid = m.uuid()
    token = d.hide(keys.service_account("default", "kubernetes.default", "shop", uid), schema=True)
    annotations = {"kubernetes.io/service-account.name": "default", "kubernetes.io/service-account.uid": d.keep(uid)}
    data = {"ca.crt": d.keep(b64(keys.certificate("cluster"))), "namespace": b64("shop"), "token": b64(token)}
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(d, "default-token-x7k2p", "shop", annotations=annotations),
        "data": data,
    }
    d.kept("default-token-x7k2p")
    kube(d, "/api/v1/namespaces/shop/secrets/default-token-x7k2p", {**answer, "type": "kubernetes.io/service-account-token"})


def helm_release(d: Draft) -> None:
    m = d.mint
    release = {
        "name": "grafana",
        "info": {"status": "deployed", "notes": "Get your admin password by running: kubectl get secret grafana -o jsonpath"},
        "chart": {"metadata": {"name": "grafana", "version": "8.5.1", "appVersion": "11.2.0"}},
        "config": {
            "adminPassword": d.hide(m.passphrase(), schema=True),
            "smtp": {"user": "apikey", "password": d.hide(m.sendgrid(), schema=True)},
        },
        "manifest": "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: grafana\n",
        "version": 4,
    }
    data = {"release": b64(b64(packed(json.dumps(release))))}
    labels = {"modifiedAt": "1795000000", "name": "grafana", "owner": "helm", "status": "deployed", "version": "4"}
    answer = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": meta(d, "sh.helm.release.v1.grafana.v4", "monitoring", labels=labels),
        "data": data,
    }
    d.kept("sh.helm.release.v1.grafana.v4", '"owner":"helm"')
    kube(d, "/api/v1/namespaces/monitoring/secrets/sh.helm.release.v1.grafana.v4", {**answer, "type": "helm.sh/release.v1"})


def secret_table(d: Draft) -> None:
    """What `kubectl get secrets` asks for: names and ages, and metadata only."""
    rows = [
        {
            "cells": [name, "Opaque", count, "12d"],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta(d, name, "shop")},
        }
        for name, count in (("orders-db-password", 3), ("stripe-api-key", 1), ("jwt-secret", 2))
    ]
    columns = [
        {"name": name, "type": "string", "format": "", "description": d.keep(f"{name} of the secret")}
        for name in ("Name", "Type", "Data", "Age")
    ]
    d.kept("orders-db-password", "stripe-api-key", "jwt-secret")
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    kube(
        d,
        "/api/v1/namespaces/shop/secrets?limit=500",
        {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"}, "columnDefinitions": columns, "rows": rows},
        accept=accept,
    )
