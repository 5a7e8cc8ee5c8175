"""`Cluster`: where one Kubernetes API server is, as the user's kubeconfig and the configuration say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cluster:
    """One API server. `name` is what policies and the audit call it (the kubeconfig's cluster name); `host` is lower case, without a trailing
    dot, or a literal address; `prefix` is the path before ``/api`` and ``/apis`` (``/k8s/clusters/c-1`` behind Rancher), empty for most.
    Several clusters may share host and port under different prefixes.
    """

    name: str
    host: str
    port: int = 443
    prefix: str = ""
