"""Kubernetes objects that carry settings, and such whose names frighten."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, meta
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def stateful_set(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "ELASTIC_PASSWORD", "value": d.hide(spoken(m))},
        {"name": "xpack.security.enabled", "value": "true"},
        {"name": "KEYSTORE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": d.keep("es-keystore-password"), "key": "password"}}},
    ]
    probe = {"exec": {"command": ["sh", "-c", f"curl -u probe:{d.hide(m.chars(18))} http://localhost:9200"]}}
    spec = {
        "template": {
            "metadata": {"annotations": {"checksum/secret": d.keep(m.sha256())}},
            "spec": {
                "containers": [{"name": "es", "image": d.keep("elastic@" + m.digest()), "env": env, "readinessProbe": probe}],
                "automountServiceAccountToken": False,
                "imagePullSecrets": [{"name": d.keep("regcred-" + m.hex(4))}],
            },
        }
    }
    d.kept('"automountServiceAccountToken":false', '"key":"password"')
    kube(
        d,
        "/apis/apps/v1/namespaces/logs/statefulsets/es",
        {"kind": "StatefulSet", "apiVersion": "apps/v1", "metadata": meta(d, "es", "logs"), "spec": spec},
    )


def cron_jobs(d: Draft) -> None:
    m = d.mint
    items = []
    for name, command in (
        ("dump", f"mysqldump -h db -u root --password={d.hide(marked(m))} --all-databases | gzip > /b/x.gz"),
        ("token-gc", "vault-gc --older-than 30d --token-file /v/token"),
        ("ping", f"wget -qO- https://hc-ping.com/{m.uuid()} --header 'X-Token: {d.hide(m.hex(32))}'"),
    ):
        items.append(
            {
                "metadata": meta(d, name, "ops"),
                "spec": {
                    "schedule": "17 3 * * *",
                    "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": name, "args": ["/bin/sh", "-c", command]}]}}}},
                },
            }
        )
    d.kept("vault-gc --older-than 30d --token-file /v/token")
    kube(
        d,
        "/apis/batch/v1/namespaces/ops/cronjobs",
        {"kind": "CronJobList", "apiVersion": "batch/v1", "metadata": {"resourceVersion": d.keep(m.digits(9))}, "items": items},
    )


def last_applied(d: Draft) -> None:
    m = d.mint
    original = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "data": {
                "odoo.conf": f"[options]\nadmin_passwd = {d.hide(grouped(m))}\ndb_user = odoo\ndb_password = False\nlist_db = False\n"
            },
        }
    )
    answer = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": meta(
            d,
            "odoo-token-free",
            "erp",
            annotations={"kubectl.kubernetes.io/last-applied-configuration": original},
            labels={"pod-template-hash": d.keep(m.hex(10))},
        ),
        "data": {"README": d.keep("The password lives in the secret odoo-admin.")},
    }
    d.kept("db_password = False")
    kube(d, "/api/v1/namespaces/erp/configmaps/odoo", answer)


def issuers_and_webhooks(d: Draft) -> None:
    m = d.mint
    items = [
        {
            "kind": "ClusterIssuer",
            "metadata": meta(d, "letsencrypt"),
            "spec": {
                "acme": {
                    "privateKeySecretRef": {"name": d.keep("letsencrypt-account-key")},
                    "externalAccountBinding": {"keyID": d.keep(m.urlsafe(16)), "keySecretRef": {"name": "eab", "key": "secret"}},
                    "solvers": [{"dns01": {"webhook": {"config": {"apiKey": d.hide(m.chars(32)), "ttl": 120}}}}],
                }
            },
        },
        {
            "kind": "MutatingWebhookConfiguration",
            "metadata": meta(d, "secrets-webhook"),
            "webhooks": [{"clientConfig": {"caBundle": d.keep(b64(keys.certificate("unseen-webhook")))}}],
        },
    ]
    d.kept('"keySecretRef":{"name":"eab","key":"secret"}')
    kube(d, "/apis/cert-manager.io/v1/clusterissuers", {"kind": "List", "apiVersion": "v1", "items": items})


def events_of_namespace(d: Draft) -> None:
    m = d.mint
    messages = [
        d.keep('secret "mail-password" not found'),
        f"Readiness probe failed: redis-cli -a {d.hide(dotted(m))} ping: NOAUTH Authentication required",
        d.keep("Successfully assigned erp/token-worker-" + m.hex(5) + " to node-4"),
        d.keep('Failed to pull image "r.acme.internal/x:1": unauthorized: invalid token for scope'),
    ]
    items = [{"metadata": meta(d, "e." + m.hex(16), "erp"), "reason": "Unhealthy", "message": text, "count": 3} for text in messages]
    kube(
        d,
        "/api/v1/namespaces/erp/events",
        {
            "kind": "EventList",
            "apiVersion": "v1",
            "metadata": {"continue": d.keep(b64('{"v":"meta.k8s.io/v1","rv":' + m.digits(9) + ',"start":"a"}'))},
            "items": items,
        },
    )


def operators_resources(d: Draft) -> None:
    m = d.mint
    items = [
        {
            "kind": "KafkaConnector",
            "metadata": meta(d, "sink"),
            "spec": {
                "config": {
                    "connection.password": d.hide(corporate(m)),
                    "connection.url": "jdbc:postgresql://pg/sink",
                    "errors.tolerance": "all",
                }
            },
        },
        {
            "kind": "Application",
            "metadata": meta(d, "superset"),
            "spec": {
                "values": {
                    "extraSecretEnv": {"SUPERSET_SECRET_KEY": d.hide(m.base64(42))},
                    "init": {"adminUser": {"password": d.hide(m.strong(12))}},
                    "existingSecret": "",
                }
            },
        },
        {
            "kind": "SealedSecret",
            "metadata": meta(d, "sealed-token"),
            "spec": {"encryptedData": {"token": d.keep("AgB" + m.base64(180))}, "template": {"type": "Opaque"}},
        },
    ]
    d.kept('"errors.tolerance":"all"', '"existingSecret":""', '"template":{"type":"Opaque"}')
    kube(d, "/apis/acme.example.org/v1/things", {"kind": "List", "apiVersion": "v1", "items": items})


def cluster_roles(d: Draft) -> None:
    m = d.mint
    rules = [
        {
            "apiGroups": [""],
            "resources": ["secrets", "serviceaccounts/token"],
            "verbs": ["get", "create"],
            "resourceNames": ["root-password"],
        },
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
    ]
    d.kept('"resources":["secrets","serviceaccounts/token"]', '"resourceNames":["root-password"]', '"resources":["tokenreviews"]')
    answer = {
        "kind": "ClusterRole",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": meta(d, "system:token-reviewer", labels={"hash": d.keep(m.hex(8))}),
        "rules": rules,
    }
    kube(d, "/apis/rbac.authorization.k8s.io/v1/clusterroles/token-reviewer", answer)


def node_and_leases(d: Draft) -> None:
    m = d.mint
    images = [{"names": [d.keep("quay.io/vault-secrets@" + m.digest())], "sizeBytes": 88} for _ in range(3)]
    info = {"machineID": d.keep(m.hex(32)), "systemUUID": d.keep(m.uuid()), "bootID": d.keep(m.uuid())}
    answer = {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": meta(d, "node-4", annotations={"flannel.alpha.coreos.com/public-key": d.keep(m.base64(32))}),
        "spec": {"providerID": d.keep("openstack:///" + m.uuid())},
        "status": {"images": images, "nodeInfo": info},
    }
    kube(d, "/api/v1/nodes/node-4", answer)
