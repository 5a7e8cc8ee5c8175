"""Exec plugins: programs such as ``aws eks get-token`` that hand out a cluster's credentials. They run outside, as the user, within a time limit.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from warden.credentials import program
from warden.credentials.kubernetes.kubeconfig import Entry
from warden.credentials.peer import ClientCertificate
from warden.errors import CredentialError

_VERSIONS = frozenset({"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"})
_ADVICE = "Run kubectl once outside the sandbox: it shows what the plugin says, and lets it ask."


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What one user is given: a token, a certificate, both, or neither. `expires` is seconds since the epoch. Its repr tells nothing."""

    token: str = ""
    certificate: ClientCertificate | None = None
    expires: float | None = None

    def __repr__(self) -> str:
        return "Credential(redacted)"


@dataclass(frozen=True, slots=True, repr=False)
class Plugin:
    """One user's ``exec`` section. `cluster` is what it is told of the cluster, if it asks."""

    name: str
    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    @classmethod
    def of(cls, entry: Entry, environment: Mapping[str, str]) -> Plugin:
        """`environment` is the calling user's, to which the section adds. Raises CredentialError."""
        section = entry.fields.get("exec")
        wrong = CredentialError("bad-exec-plugin", f"The exec section of the kubeconfig's user {entry.name} cannot be used.", _ADVICE)
        if not isinstance(section, Mapping):
            raise wrong
        command, arguments, version = section.get("command"), section.get("args") or [], section.get("apiVersion")
        added = section.get("env") or []
        if not (isinstance(command, str) and command and isinstance(arguments, list) and isinstance(added, list) and version in _VERSIONS):
            raise wrong
        pairs = [(item.get("name"), item.get("value")) for item in added if isinstance(item, Mapping)]
        texts = [command, *arguments, *(part for pair in pairs for part in pair)]
        if len(pairs) != len(added) or not all(isinstance(text, str) and "\0" not in text for text in texts):
            raise wrong
        # A relative path starts at the kubeconfig; a bare name is looked up on the user's PATH.
        found = str(entry.directory / command) if "/" in command else shutil.which(command, path=environment.get("PATH", "")) or command
        return cls(entry.name, found, tuple(arguments), {**environment, **{str(name): str(value) for name, value in pairs}}, version)

    def ask(self, cluster: Mapping[str, Any] | None, run_as: tuple[int, int] | None) -> Credential:
        """Runs it. `cluster` is what it is told of the cluster. Raises CredentialError ``credentials-unavailable``; its words are not repeated."""
        spec: dict[str, Any] = {"interactive": False}
        if cluster is not None:
            spec["cluster"] = cluster
        told = json.dumps({"kind": "ExecCredential", "apiVersion": self.version, "spec": spec})
        try:
            answer = program.output([self.command, *self.arguments], {**self.environment, "KUBERNETES_EXEC_INFO": told}, run_as)
        except program.ProgramError as error:
            raise self._failed(str(error)) from None
        try:
            read = json.loads(answer)
            status = read["status"]
            if read["kind"] != "ExecCredential" or read["apiVersion"] != self.version:
                raise ValueError("another kind")
            token, certificate, key = (status.get(name) or "" for name in ("token", "clientCertificateData", "clientKeyData"))
            stated = status.get("expirationTimestamp")
            expires = datetime.fromisoformat(stated).timestamp() if stated else None
            if not all(isinstance(text, str) for text in (token, certificate, key)) or bool(certificate) != bool(key):
                raise ValueError("not text, or half of a pair")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._failed("answered something else than an ExecCredential") from None
        pair = ClientCertificate(certificate.encode(), key.encode()) if certificate else None
        return Credential(token.strip(), pair, expires)

    def _failed(self, how: str) -> CredentialError:
        what = f"The exec plugin {Path(self.command).name} of the kubeconfig's user {self.name} {how}."
        return CredentialError("credentials-unavailable", what, _ADVICE)
