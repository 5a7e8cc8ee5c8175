"""Kubeconfigs with synthetic certificates, keys and tokens, made anew for each run."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization

from warden.config import KubernetesConfig
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.enforce.ca import SessionCA
from warden.model import Action, HttpRequest, Verb

#: Any CA would do as a cluster's, and its leaf as a client's certificate.
CLUSTER_CA = SessionCA()
CERTIFICATE = CLUSTER_CA.leaf("admin").public_bytes(serialization.Encoding.PEM)
KEY = CLUSTER_CA.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
READ = (Action("kubernetes", "core/pods:list", Verb.LIST),)


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@dataclass
class Config:
    """A kubeconfig under construction."""

    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    contexts: dict[str, tuple[str, str]] = field(default_factory=dict)
    current: str = ""

    def add(self, name: str, cluster: dict[str, Any], user: dict[str, Any]) -> Config:
        """A cluster, a user and a context, all of one name."""
        self.clusters[name], self.users[name], self.contexts[name] = cluster, user, (name, name)
        return self

    def document(self) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": fields} for name, fields in self.clusters.items()],
            "users": [{"name": name, "user": fields} for name, fields in self.users.items()],
            "contexts": [{"name": name, "context": {"cluster": c, "user": u}} for name, (c, u) in self.contexts.items()],
            "current-context": self.current,
        }

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(self.document()))
        return path


def token() -> str:
    return secrets.token_urlsafe(24)


def broker(home: Path, environment: dict[str, str] | None = None, **options: Any) -> KubernetesBroker:
    config = options.pop("config", KubernetesConfig())
    options.setdefault("service_account", home / "no-service-account")
    return KubernetesBroker(config, environment or {}, home, home, **options)


def inside(made: KubernetesBroker, home: Path) -> dict[str, Any]:
    """The kubeconfig that the sandbox sees, as a client parses it."""
    document = yaml.safe_load(made.files(b"the session's CA")[f"{home}/.kube"]["config"])
    assert isinstance(document, dict)
    return document


def dummy(made: KubernetesBroker, home: Path, user: str) -> str:
    found = next(entry["user"]["token"] for entry in inside(made, home)["users"] if entry["name"] == user)
    assert isinstance(found, str)
    return found


def request(host: str, port: int = 443, *, path: str = "/api/v1/pods", bearer: str = "", **headers: str) -> HttpRequest:
    stated = [("Host", f"{host}:{port}"), *((name.replace("_", "-"), value) for name, value in headers.items())]
    if bearer:
        stated.append(("Authorization", f"Bearer {bearer}"))
    return HttpRequest("GET", "https", host, port, path, tuple(stated), b"", 0)
