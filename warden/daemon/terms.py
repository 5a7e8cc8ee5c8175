"""What holds in one session: configuration, policy, credentials, audit, and who acts. Everything that may refuse, settled before anything starts."""

from __future__ import annotations

import hashlib
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sandbox.paths import real, within
from warden import audit
from warden.audit.log import Log
from warden.config import PRESETS, Config
from warden.credentials.aws import AwsBroker
from warden.credentials.brokers import Brokers
from warden.credentials.entries import Entries
from warden.credentials.gcp import GcpBroker
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.daemon import environment
from warden.daemon.request import Request
from warden.decide import Bundle, PolicyDecisionPoint
from warden.decide import load as load_bundle
from warden.errors import CredentialError
from warden.model import Principal
from warden.redact.vault import Binding, Vault
from warden.settings.files import Loaded, load

#: Commands that are of no use without the user's clusters.
_KUBERNETES_TOOLS = frozenset(
    {"kubectl", "helm", "helmfile", "k9s", "kustomize", "oc", "stern", "flux", "argocd", "istioctl", "cilium", "velero", "kubectx"}
)


@dataclass(frozen=True, slots=True)
class Terms:
    """One session's terms."""

    config: Config
    loaded: Loaded
    bundle: Bundle
    point: PolicyDecisionPoint
    broker: Brokers
    log: Log
    audit_path: Path
    principal: Principal
    home: Path
    #: The session's secrets and what stands for them inside.
    vault: Vault
    #: What the command may write: directories and files, as the user or the configuration wrote them.
    opened: tuple[str, ...]
    #: Why the user's own kubeconfig is not used, or empty.
    without_clusters: str

    @classmethod
    def settle(cls, session: str, request: Request) -> Terms:
        """Raises ConfigError, PolicyError, CredentialError or AuditError, each with what to do."""
        name, home = user(request.environment)
        loaded = load(Path(request.cwd), home, _flags(request), file=request.config or None, environ=request.environment)
        config = loaded.config
        bundle, point = _rules(config.policy.preset, config.policy.files)
        path = Path(config.audit.path) if config.audit.path else audit.default_path(home, os.getuid())
        agent = config.agent or Path(request.argv[0]).name
        opened = _opened(config, request, home)
        writable = tuple(real(path) for path in opened)
        vault = Vault()
        kubernetes, without_clusters = _clusters(config, request, home, writable, vault)
        passed = frozenset({*config.environment.pass_, *request.variables})
        return cls(
            config=config,
            loaded=loaded,
            bundle=bundle,
            point=point,
            broker=Brokers(
                AwsBroker(config.credentials.aws, request.environment, home, writable=writable, adopt=partial(_adopt, vault)),
                GcpBroker(config.credentials.gcp, request.environment, home, writable=writable, vault=vault),
                kubernetes,
                Entries(config.credentials, request.environment, home, vault, writable=writable, passed=passed),
                home,
            ),
            log=Log(path),
            audit_path=path,
            principal=Principal(agent, session, config.profile, name),
            home=home,
            vault=vault,
            opened=opened,
            without_clusters=without_clusters,
        )

    def describe(self, request: Request) -> dict[str, Any]:
        """The session.start record: what was asked for and under which rules."""
        hidden = environment.hidden(request.environment, self.config.environment)
        return {
            "argv": [_without(part, hidden)[:1024] for part in request.argv[:64]],
            "cwd": request.cwd,
            "preset": self.config.policy.preset,
            "policies": policy_hash(self.bundle),
            "files": [str(file.path) for file in self.loaded.files],
            "egress": list(self.config.egress.allow),
            "terminal": request.terminal,
            **({"without_clusters": self.without_clusters} if self.without_clusters else {}),
        }


def _without(text: str, hidden: Mapping[str, str]) -> str:
    """`text` with the name of a variable in the place of its value: a shell has put it there, and the record is no place for it."""
    for name, value in hidden.items():
        text = text.replace(value, f"${{{name}}}")
    return text


def _opened(config: Config, request: Request, home: Path) -> tuple[str, ...]:
    """The working directory and what the configuration opens.

    Not the home directory, or what holds it: there, the command could write what the user's next shell runs. ``--writable`` says otherwise.
    """
    named = (*config.sandbox.writable, *config.sandbox.agent_state)
    cwd = real(request.cwd)
    held = request.cwd == "/" or (within(real(str(home)), (cwd,)) and cwd not in (real(path) for path in config.sandbox.writable))
    return named if held else (request.cwd, *named)


def _clusters(config: Config, request: Request, home: Path, writable: tuple[str, ...], vault: Vault) -> tuple[KubernetesBroker, str]:
    """The broker of the user's clusters. A kubeconfig that cannot be used stops who asked for it, by configuration or by the command; anybody
    else goes without clusters, whose hosts are then like any other, and the record says why.
    """
    cwd = Path(request.cwd)
    try:
        adopt = partial(_adopt, vault)
        return KubernetesBroker(config.kubernetes, request.environment, home, cwd, writable=writable, adopt=adopt), ""
    except CredentialError as error:
        if config.kubernetes.kubeconfig or Path(request.argv[0]).name in _KUBERNETES_TOOLS:
            raise
        without = replace(config.kubernetes, enabled=False)
        return KubernetesBroker(without, request.environment, home, cwd), str(error)


#: Where the dummies of credentials that AWS returned are swapped by its broker, and so pass as they are.
_AWS = Binding(("*.amazonaws.com", "*.amazonaws.com.cn", "*.api.aws", "*.aws"), ())


def _adopt(vault: Vault, secret: str, stand_in: str = "") -> None:
    """Makes a broker's dummy the placeholder of what it stands for. What has none is a secret that may not come back, and goes nowhere by its
    placeholder.
    """
    vault.admit(secret.encode("utf-8", "surrogateescape"), stand_in=stand_in.encode() or None, binding=_AWS if stand_in else ())


def _rules(preset: str, files: Sequence[str]) -> tuple[Bundle, PolicyDecisionPoint]:
    if not files:
        return preset_rules(preset)
    bundle = load_bundle(preset, files)
    return bundle, PolicyDecisionPoint(bundle)


@lru_cache(maxsize=len(PRESETS))
def preset_rules(preset: str) -> tuple[Bundle, PolicyDecisionPoint]:
    """A preset by itself, loaded once: the daemon does it for all of them, before the first session."""
    bundle = load_bundle(preset)
    return bundle, PolicyDecisionPoint(bundle)


def policy_hash(bundle: Bundle) -> str:
    """Names the rules that held, whatever files they came from: sha256 over ids and texts, in order."""
    digest = hashlib.sha256()
    for policy in bundle.policies:
        digest.update(f"{policy.id}\0{policy.piece.text}\0".encode())
    return digest.hexdigest()


def user(environment: Mapping[str, str]) -> tuple[str, Path]:
    """The Unix user's name and home. `$HOME` is what the user's tools go by; the account database is for where it is not set."""
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return str(os.getuid()), Path(environment.get("HOME") or "/nonexistent")
    return entry.pw_name, Path(environment.get("HOME") or entry.pw_dir)


def _flags(request: Request) -> dict[str, Any]:
    """Command-line options as configuration keys."""
    flags = {
        "policy.preset": request.preset,
        "policy.files": list(request.policies),
        "agent": request.agent,
        "profile": request.profile,
        "egress.allow": list(request.allow),
        "sandbox.writable": list(request.writable),
    }
    return {key: value for key, value in flags.items() if value}
