"""Kubernetes objects that should hold no secret and often do."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import kube, meta, page


def config_map(d: Draft) -> None:
    m = d.mint
    ini = f"[database]\nhost = pg.shop.svc\nuser = shop\npassword = {d.hide(m.strong(18))}\n; password_file = {d.keep('/run/secrets/db-password')}\n"
    props = f"spring.datasource.password={d.hide(m.passphrase())}\nspring.datasource.hikari.maximum-pool-size=20\njwt.expiration=86400\n"
    answer = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": meta(d, "shop", "shop"),
        "data": {"app.ini": ini, "application.properties": props},
    }
    d.kept("jwt.expiration=86400", "spring.datasource.hikari.maximum-pool-size=20")
    kube(d, "/api/v1/namespaces/shop/configmaps/shop", answer)


def pod_list(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "orders-db", "key": "password"}}},
        {"name": "SMTP_URL", "value": f"smtps://mailer:{d.hide(m.chars(18))}@mail.example.com:465"},
        {"name": "ADMIN_PASSWORD", "value": d.hide(m.password())},
        {"name": "TOKEN_AUDIENCE", "value": d.keep("api://orders")},
    ]
    d.kept('{"secretKeyRef":{"name":"orders-db","key":"password"}}', '"automountServiceAccountToken":false')
    status = {"containerID": d.keep("containerd://" + m.sha256()), "imageID": d.keep("registry.example.com/orders@" + m.digest())}
    pod = {
        "metadata": meta(d, "orders-" + m.hex(9) + "-x2x7q", "shop", generateName="orders-"),
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "orders", "env": env}],
            "volumes": [{"name": "s", "secret": {"secretName": d.keep("orders-tls-cert"), "defaultMode": 420}}],
        },
        "status": {"podIP": "10.244.3.17", "containerStatuses": [status]},
    }
    kube(d, "/api/v1/namespaces/shop/pods", {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": [pod]})


def deployment_last_applied(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.slack_bot())
    spec = {
        "template": {
            "spec": {"containers": [{"name": "bot", "image": "bot:1.4", "args": ["--slack-token=" + secret, "--token-cache=/tmp/t"]}]}
        }
    }
    applied = json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bot"}, "spec": spec}, separators=(",", ":"))
    annotations = {"deployment.kubernetes.io/revision": "14", "kubectl.kubernetes.io/last-applied-configuration": applied}
    answer = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": meta(d, "bot", "chat", annotations=annotations, generation=14),
        "spec": spec,
    }
    d.kept("--token-cache=/tmp/t")
    kube(d, "/apis/apps/v1/namespaces/chat/deployments/bot", answer)


def events_list(d: Draft) -> None:
    m = d.mint
    items = []
    for note in (
        f'Failed to pull image "registry.example.com/web@{d.keep(m.digest())}": 401 Unauthorized',
        'MountVolume.SetUp failed for volume "creds": secret "db-credentials" not found',
        "Error: couldn't find key password in Secret shop/orders-db",
    ):
        items.append({"metadata": meta(d, "web." + m.hex(16), "shop"), "reason": "Failed", "message": note, "type": "Warning", "count": 12})
    d.kept('secret \\"db-credentials\\" not found', "couldn't find key password in Secret shop/orders-db")
    kube(d, "/api/v1/namespaces/shop/events", {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": items})


def webhook_configuration(d: Draft) -> None:
    hook = {
        "name": "validate.cert-manager.io",
        "clientConfig": {
            "service": {"name": "webhook", "namespace": "cert-manager", "path": "/validate"},
            "caBundle": d.keep(b64(keys.certificate("webhook"))),
        },
        "sideEffects": d.keep("NoneOnDryRun"),
        "timeoutSeconds": 10,
    }
    answer = {
        "kind": "ValidatingWebhookConfiguration",
        "apiVersion": "admissionregistration.k8s.io/v1",
        "metadata": meta(d, "cert-manager-webhook"),
        "webhooks": [hook],
    }
    kube(d, "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/cert-manager-webhook", answer)


def describe_text(d: Draft) -> None:
    """A dashboard that shows what `kubectl describe pod` prints."""
    m = d.mint
    text = f"""Name:             api-7c9d8b6f5-lx2vq
Namespace:        shop
Service Account:  {d.keep("api-token-reader")}
IP:               10.244.1.83
Containers:
  api:
    Container ID:   {d.keep("containerd://" + m.sha256())}
    Image ID:       {d.keep("registry.example.com/api@" + m.digest())}
    Environment:
      RABBITMQ_URL:      amqp://api:{d.hide(m.chars(24))}@rabbit:5672/%2f
      SECRET_KEY_BASE:   {d.hide(m.hex(128))}
      DB_PASSWORD:       {d.keep("<set to the key 'password' in secret 'orders-db'>")}  Optional: false
Volumes:
  kube-api-access-9k2bd:
    TokenExpirationSeconds:  3607
"""
    d.kept("TokenExpirationSeconds:  3607")
    page(d, "https://dashboard.example.com/describe/shop/api-7c9d8b6f5-lx2vq", text)
