"""Files of keys."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import page


def openssh_key(d: Draft) -> None:
    m = d.mint
    text = f"{d.hide(keys.openssh('tuning-1'))}{d.keep(m.ssh_public())} deploy@ci\n"
    page(d, "https://files.example.com/home/deploy/.ssh/id_ed25519", text, "application/octet-stream")


def age_and_pgp(d: Draft) -> None:
    m = d.mint
    recipient = d.keep("age1" + m.chars(58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
    text = f"# created: 2026-01-09T10:15:00+01:00\n# public key: {recipient}\n{d.hide(m.age())}\n\n{d.hide(keys.pgp('tuning-1'))}"
    d.kept("# created: 2026-01-09T10:15:00+01:00")
    page(d, "https://files.example.com/home/ops/.config/sops/keys.txt", text)


def kubeconfig(d: Draft) -> None:
    m = d.mint
    text = f"""apiVersion: v1
kind: Config
preferences: {{}}
clusters:
- name: prod
  cluster:
    server: https://{d.keep(m.hex(32).upper() + ".gr7.eu-central-1.eks.amazonaws.com")}
contexts:
- name: prod
  context: {{cluster: prod, namespace: shop, user: ci}}
users:
- name: ci
  user:
    token: {d.hide(keys.service_account("ci", "prod.example", "shop", m.uuid()))}
- name: sso
  user:
    exec:
      command: kubelogin
      args: [get-token, --token-cache-dir, {d.keep("/home/ops/.kube/cache/oidc-login")}]
    auth-provider:
      config:
        id-token-path: {d.keep("/home/ops/id-token.txt")}
        refresh-token: {d.hide(m.urlsafe(70))}
"""
    page(d, "https://files.example.com/home/ci/.kube/config", text, "application/yaml")
