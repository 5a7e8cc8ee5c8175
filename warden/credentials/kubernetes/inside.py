"""The kubeconfig that the sandbox sees: the user's contexts, with the session's CA and dummies. Nothing of a secret is copied: it is written anew."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from warden.credentials.kubernetes.clusters import Endpoint
from warden.credentials.kubernetes.kubeconfig import Context


def kubeconfig(
    endpoints: Mapping[str, Endpoint],
    contexts: Mapping[str, Context],
    users: Mapping[str, tuple[str, Mapping[str, Any]]],
    current: str,
    authority: bytes,
) -> bytes:
    """`users` are each user's dummy token and impersonation; `authority` is the PEM of the session's CA.

    JSON, which is YAML that every client reads the same way. No `tls-server-name` and no `proxy-url`: the connection ends at the worker, which
    sees to both outside.
    """
    pem = base64.b64encode(authority).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": endpoint.url, "certificate-authority-data": pem}} for name, endpoint in endpoints.items()
        ],
        "users": [{"name": name, "user": {"token": token, **impersonation}} for name, (token, impersonation) in users.items()],
        "contexts": [
            {
                "name": name,
                "context": {
                    "cluster": context.cluster,
                    "user": context.user,
                    **({"namespace": context.namespace} if context.namespace else {}),
                },
            }
            for name, context in contexts.items()
        ],
        "current-context": current,
    }
    return b"# Made by warden: tokens are dummies, good only inside this session.\n" + json.dumps(document, indent=2).encode() + b"\n"
