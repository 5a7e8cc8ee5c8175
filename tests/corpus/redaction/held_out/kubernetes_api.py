"""Kubernetes: objects from the API server and what kubectl and helm print."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, kube, meta, page


def secret_list_in_namespace(d: Draft) -> None:
    m = d.mint
    pull = {"auths": {"registry.example.com": {"username": "puller", "password": d.hide(m.chars(28), schema=True)}}}
    rows = [
        {
            "metadata": meta(d, "pull", "web"),
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": b64(json.dumps(pull))},
        },
        {
            "metadata": meta(d, "basic", "web"),
            "type": "kubernetes.io/basic-auth",
            "data": {"username": b64("deployer"), "password": b64(d.hide(m.password(), schema=True))},
        },
        {
            "metadata": meta(d, "git", "web"),
            "type": "kubernetes.io/ssh-auth",
            "data": {"ssh-privatekey": b64(d.hide(keys.openssh("held:git"), schema=True))},
        },
    ]
    d.kept('"type":"kubernetes.io/ssh-auth"')
    kube(
        d,
        "/api/v1/namespaces/web/secrets?limit=500",
        {"kind": "SecretList", "apiVersion": "v1", "metadata": {"resourceVersion": "99187", "continue": d.keep(m.page(90))}, "items": rows},
    )


def secret_watch(d: Draft) -> None:
    m = d.mint
    events = []
    for kind in ("ADDED", "MODIFIED"):
        secret = {
            "kind": "Secret",
            "apiVersion": "v1",
            "metadata": meta(d, "session", "web"),
            "data": {"cookie-key": b64(d.hide(m.chars(32), schema=True))},
            "type": "Opaque",
        }
        events.append(json.dumps({"type": kind, "object": secret}, separators=(",", ":")))
    kube(d, "/api/v1/namespaces/web/secrets?watch=true", {})
    d.text("\n".join(events) + "\n", "application/json")
    d.kept('"type":"ADDED"')


def deployment_with_inline_env(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "MONGO_URI", "value": f"mongodb+srv://app:{d.hide(m.chars(16))}@cluster0.ab1cd.mongodb.net/app?retryWrites=true"},
        {"name": "SENTRY_AUTH_TOKEN", "value": d.hide("sntrys" + "_" + m.urlsafe(60))},
        {"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "redis", "key": "redis-password"}}},
        {"name": "PASSWORD_MIN_LENGTH", "value": "12"},
    ]
    image = d.keep("registry.example.com/app@" + m.digest())
    template = {
        "metadata": {"labels": {"pod-template-hash": d.keep(m.hex(10))}},
        "spec": {"containers": [{"name": "app", "image": image, "env": env}], "automountServiceAccountToken": False},
    }
    d.kept(
        '"secretKeyRef":{"name":"redis","key":"redis-password"}',
        '"automountServiceAccountToken":false',
        '{"name":"PASSWORD_MIN_LENGTH","value":"12"}',
    )
    kube(
        d,
        "/apis/apps/v1/namespaces/web/deployments/app",
        {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": meta(d, "app", "web", generation=41),
            "spec": {"replicas": 3, "template": template},
        },
    )


def config_map_with_ini(d: Draft) -> None:
    m = d.mint
    ini = f"[smtp]\nenabled = true\nuser = alerts@example.com\npassword = {d.hide(m.strong(18))}\n\n[auth.generic_oauth]\nclient_id = {d.keep(m.uuid())}\nclient_secret = {d.hide(m.chars(40))}\ntoken_url = https://login.example.com/oauth2/token\n"
    d.kept("token_url = https://login.example.com/oauth2/token", "enabled = true")
    kube(
        d,
        "/api/v1/namespaces/monitoring/configmaps/grafana",
        {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta(d, "grafana", "monitoring"), "data": {"grafana.ini": ini}},
    )


def token_request_answer(d: Draft) -> None:
    m = d.mint
    uid = m.uuid()
    token = d.hide(keys.service_account("backup", "kubernetes.default", "ops", uid), schema=True)
    answer = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": "backup", "namespace": "ops", "creationTimestamp": "2026-11-24T10:00:00Z"},
        "spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3600, "boundObjectRef": None},
        "status": {"token": token, "expirationTimestamp": "2026-11-24T11:00:00Z"},
    }
    d.kept('"expirationSeconds":3600', '"kind":"TokenRequest"')
    kube(d, "/api/v1/namespaces/ops/serviceaccounts/backup/token", answer, method="POST", status=201)


def certificate_request(d: Draft) -> None:
    m = d.mint
    pem = keys.certificate("held-csr")
    status = {"certificate": d.keep(b64(pem)), "conditions": [{"type": "Approved", "status": "True", "reason": "AutoApproved"}]}
    spec = {
        "request": d.keep(b64("-----BEGIN CERTIFICATE REQUEST-----\n" + m.base64(96) + "\n-----END CERTIFICATE REQUEST-----\n")),
        "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
        "username": "system:bootstrap:" + m.hex(6),
    }
    d.kept("kubernetes.io/kube-apiserver-client-kubelet")
    kube(
        d,
        "/apis/certificates.k8s.io/v1/certificatesigningrequests/node-csr-1",
        {"kind": "CertificateSigningRequest", "metadata": meta(d, "node-csr-1"), "spec": spec, "status": status},
    )


def pod_describe(d: Draft) -> None:
    m = d.mint
    text = f"""Name:             mailer-{d.keep(m.hex(10))}-x7k2p
Namespace:        web
Annotations:      checksum/config: {d.keep(m.sha256())}
                  kubectl.kubernetes.io/restartedAt: 2026-11-21T12:00:00Z
Containers:
  mailer:
    Container ID:  containerd://{d.keep(m.sha256())}
    Image ID:      docker.io/acme/mailer@{d.keep(m.digest())}
    Args:
      --relay=smtp.example.com:587
      --relay-password={d.hide(m.passphrase())}
      --token-file=/var/run/secrets/tokens/relay
    Environment:
      MAILGUN_API_KEY:  {d.hide("key-" + m.hex(32))}
      SMTP_PASSWORD:    <set to the key 'password' in secret 'smtp'>  Optional: false
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-{m.hex(5)} (ro)
QoS Class:        Burstable
"""
    d.kept(
        "--token-file=/var/run/secrets/tokens/relay",
        "<set to the key 'password' in secret 'smtp'>",
        "/var/run/secrets/kubernetes.io/serviceaccount",
    )
    page(d, "https://runner.example.internal/v1/exec/kubectl-describe-pod", text)


def helm_values(d: Draft) -> None:
    m = d.mint
    text = f"""USER-SUPPLIED VALUES:
auth:
  existingSecret: ""
  rootPassword: {d.hide(m.strong(20))}
  replicationPassword: "{d.hide(m.chars(22))}"
  username: shop
  usePasswordFiles: false
image:
  digest: {d.keep(m.digest())}
  pullSecrets: [regcred]
metrics:
  serviceMonitor:
    bearerTokenFile: /var/run/secrets/token
ingress:
  tls:
  - secretName: shop-tls
"""
    d.kept("usePasswordFiles: false", "bearerTokenFile: /var/run/secrets/token", "secretName: shop-tls", "pullSecrets: [regcred]")
    page(d, "https://runner.example.internal/v1/exec/helm-get-values", text)


def helm_release_secret(d: Draft) -> None:
    m = d.mint
    release = {
        "name": "shop",
        "version": 4,
        "config": {"postgresql": {"auth": {"postgresPassword": d.hide(m.chars(24), schema=True)}}},
        "chart": {"metadata": {"name": "shop", "version": "2.1.0"}},
    }
    data = {"release": b64(b64(packed(json.dumps(release))))}
    labels = {"owner": "helm", "status": "deployed", "version": "4"}
    d.kept('"owner":"helm"', "sh.helm.release.v1.shop.v4")
    kube(
        d,
        "/api/v1/namespaces/web/secrets/sh.helm.release.v1.shop.v4",
        {
            "kind": "Secret",
            "apiVersion": "v1",
            "metadata": meta(d, "sh.helm.release.v1.shop.v4", "web", labels=labels),
            "type": "helm.sh/release.v1",
            "data": data,
        },
    )


def admin_kubeconfig(d: Draft) -> None:
    m = d.mint
    text = f"""apiVersion: v1
kind: Config
clusters:
- name: edge
  cluster:
    server: https://203.0.113.7:6443
    certificate-authority-data: {d.keep(b64(keys.certificate("held-edge")))}
contexts:
- context: {{cluster: edge, user: admin}}
  name: edge
users:
- name: admin
  user:
    client-certificate-data: {d.keep(b64(keys.certificate("held-admin")))}
    client-key-data: {b64(d.hide(keys.ec_sec1("held:admin")))}
- name: ci
  user:
    token: {d.hide(m.chars(64))}
"""
    d.kept("server: https://203.0.113.7:6443")
    d.kept('"type":"generateKubeConfigOutput"')
    api(
        d,
        "POST",
        "https://rancher.example.com/v3/clusters/c-m-1?action=generateKubeconfig",
        {"baseType": "generateKubeConfigOutput", "config": text, "type": "generateKubeConfigOutput"},
    )


def join_command(d: Draft) -> None:
    m = d.mint
    text = f"""Your Kubernetes control-plane has initialized successfully!

kubeadm join 10.0.4.11:6443 --token {d.hide(m.bootstrap())} \\
\t--discovery-token-ca-cert-hash {d.keep(m.digest())} \\
\t--control-plane --certificate-key {d.hide(m.hex(64))}
"""
    d.kept("10.0.4.11:6443")
    page(d, "https://runner.example.internal/v1/jobs/881/output", text)


def argo_application(d: Draft) -> None:
    m = d.mint
    values = f"redis:\n  auth:\n    password: {d.hide(m.chars(20))}\n  image:\n    tag: 7.4.1\n"
    source = {
        "repoURL": f"https://oauth2:{d.hide(m.gitlab())}@gitlab.example.com/ops/charts.git",
        "targetRevision": d.keep(m.sha1()),
        "helm": {"values": values},
    }
    status = {"sync": {"revision": m.sha1(), "status": "Synced"}, "history": [{"id": 3, "revision": d.keep(m.sha1())}]}
    d.kept('"status":"Synced"', "tag: 7.4.1")
    kube(
        d,
        "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop",
        {"kind": "Application", "metadata": meta(d, "shop", "argocd"), "spec": {"source": source}, "status": status},
    )
