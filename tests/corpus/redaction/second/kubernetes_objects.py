"""Kubernetes objects that should hold no secret and often do."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, meta, page


def config_map_yaml(d: Draft) -> None:
    m = d.mint
    text = f"""global:
  smtp_smarthost: mail.example.com:587
  smtp_auth_password: {d.hide(m.strong(16))}
  slack_api_url: {d.hide(m.slack_hook())}
receivers:
  - name: pager
    pagerduty_configs:
      - routing_key: {d.hide(m.hex(32))}
        severity: critical
templates: ["{d.keep("/etc/alertmanager/token-*.tmpl")}"]
"""
    answer = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": meta(d, "alertmanager", "monitoring"),
        "data": {"alertmanager.yml": text},
    }
    kube(d, "/api/v1/namespaces/monitoring/configmaps/alertmanager", answer)


def cron_job(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.chars(22))
    command = ["/bin/sh", "-c", f"mysqldump -h db -u backup -p{password} --all-databases | gzip > /b/$(date +%F).sql.gz"]
    spec = {
        "schedule": "0 3 * * *",
        "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "dump", "command": command}]}}}},
    }
    answer = {
        "kind": "CronJob",
        "apiVersion": "batch/v1",
        "metadata": meta(d, "dump", "db"),
        "spec": spec,
        "status": {"lastScheduleTime": "2026-11-24T03:00:00Z"},
    }
    d.kept("--all-databases", "mysqldump -h db -u backup")
    kube(d, "/apis/batch/v1/namespaces/db/cronjobs/dump", answer)


def argo_application(d: Draft) -> None:
    m = d.mint
    values = f'auth:\n  rootPassword: {d.hide(m.passphrase())}\n  existingSecret: ""\nmetrics:\n  enabled: true\n'
    parameters = [{"name": "license.key", "value": d.hide(m.chars(32).upper())}, {"name": "image.tag", "value": d.keep(m.sha1())}]
    source = {
        "repoURL": "https://charts.example.com",
        "chart": "mysql",
        "targetRevision": "11.1.2",
        "helm": {"values": values, "parameters": parameters},
    }
    status = {"sync": {"status": "Synced", "revision": d.keep(m.sha1())}, "health": {"status": "Healthy"}}
    answer = {
        "kind": "Application",
        "apiVersion": "argoproj.io/v1alpha1",
        "metadata": meta(d, "mysql", "argocd"),
        "spec": {"source": source},
        "status": status,
    }
    d.kept('existingSecret: \\"\\"')
    kube(d, "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/mysql", answer)


def external_secrets_list(d: Draft) -> None:
    m = d.mint
    items = []
    for name in ("orders", "media"):
        spec = {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": d.keep(f"aws-secretsmanager-{name}")},
            "target": {"name": d.keep(f"{name}-credentials"), "creationPolicy": "Owner"},
            "data": [{"secretKey": "password", "remoteRef": {"key": d.keep(f"prod/{name}/db"), "property": "password"}}],
        }
        status = {
            "syncedResourceVersion": d.keep("1-" + m.hex(32)),
            "conditions": [{"message": "Secret was synced", "reason": "SecretSynced", "status": "True"}],
        }
        items.append({"metadata": meta(d, name, "shop"), "spec": spec, "status": status})
    d.kept('"secretKey":"password"', "Secret was synced")
    kube(
        d,
        "/apis/external-secrets.io/v1beta1/externalsecrets",
        {"kind": "ExternalSecretList", "apiVersion": "external-secrets.io/v1beta1", "metadata": {}, "items": items},
    )


def node_list(d: Draft) -> None:
    m = d.mint
    images = [
        {"names": [d.keep(f"registry.k8s.io/{name}@{m.digest()}"), f"registry.k8s.io/{name}:v1.31.2"], "sizeBytes": 91243112}
        for name in ("kube-proxy", "pause")
    ]
    info = {
        "machineID": d.keep(m.hex(32)),
        "systemUUID": d.keep(m.uuid().upper()),
        "bootID": d.keep(m.uuid()),
        "kernelVersion": "6.1.0-26-amd64",
    }
    annotations = {"flannel.alpha.coreos.com/backend-data": json.dumps({"VNI": 1, "VtepMAC": d.keep(":".join(m.hex(2) for _ in range(6)))})}
    node = {
        "metadata": meta(d, "ip-10-0-3-7", annotations=annotations),
        "spec": {"providerID": d.keep("aws:///eu-central-1a/i-0" + m.hex(16))},
        "status": {"images": images, "nodeInfo": info},
    }
    csr = {
        "metadata": meta(d, "csr-x7k2p"),
        "spec": {"usages": ["key encipherment"]},
        "status": {"certificate": d.keep(b64(keys.certificate("kubelet")))},
    }
    kube(d, "/api/v1/nodes", {"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": [node, csr]})


def secret_yaml(d: Draft) -> None:
    """A console's "show YAML": folded and plain scalars, stringData beside data."""
    m = d.mint
    value = d.hide(m.strong(24))
    text = f"""apiVersion: v1
kind: Secret
metadata:
  name: gateway
  namespace: edge
  uid: {d.keep(m.uuid())}
  annotations:
    checksum/secret: {d.keep(m.sha256())}
type: Opaque
data:
  JWT_SECRET: {b64(d.hide(m.base64(48)))}
  LOG_FORMAT: {d.keep(b64("json-with-fields"))}
stringData:
  admin-password: >-
    {value}
"""
    page(d, "https://console.example.com/k8s/ns/edge/secrets/gateway/yaml", text, "application/yaml")
