"""The one configuration schema: what `warden.yaml` may say, as frozen values.

:mod:`warden.settings.files` reads and merges the files; this module only says what there is. Sources, weakest first:
built-in defaults, ``/etc/warden/warden.yaml``, ``~/.config/warden/warden.yaml``, the project's ``warden.yaml``, command-line flags.
Field names are the YAML keys; nested dataclasses are nested mappings; the docstring of each class is its section's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

#: Weakest first: whether a project's file may choose one by itself is judged by position.
PRESETS = ("observe", "no-destroy", "readonly", "lockdown")

#: Hidden by default: where tools keep credentials, below the home directory (`~`) or absolute. An empty directory or file shows instead.
HIDDEN_PATHS = (
    "~/.aws", "~/.ssh", "~/.kube", "~/.config/gcloud", "~/.docker", "~/.azure", "~/.gnupg", "~/.netrc", "~/.pgpass", "~/.my.cnf",
    "~/.git-credentials", "~/.config/gh", "~/.config/hub", "~/.config/doctl", "~/.config/rclone", "~/.config/helm", "~/.config/op",
    "~/.terraform.d/credentials.tfrc.json", "~/.terraformrc", "~/.pypirc", "~/.npmrc", "~/.yarnrc.yml", "~/.cargo/credentials",
    "~/.cargo/credentials.toml", "~/.gem/credentials", "~/.m2/settings.xml", "~/.m2/settings-security.xml",
    "~/.gradle/gradle.properties", "~/.vault-token", "~/.boto", "~/.s3cfg", "~/.oci", "~/.password-store", "~/.local/share/keyrings",
    "~/.mozilla", "~/.config/google-chrome", "~/.config/chromium", "~/.config/warden", "~/.local/state/warden", "~/.bash_history",
    "~/.zsh_history", "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh", "/etc/ssl/private", "/etc/kubernetes",
    "/etc/rancher", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/warden", "/var/log/warden", "/etc/warden", "/root/.aws",
    "/root/.ssh", "/root/.kube",
)  # fmt: skip

#: Writable by default: the state directories of well-known agents, so that they keep their sessions.
AGENT_STATE_PATHS = (
    "~/.claude", "~/.claude.json", "~/.codex", "~/.gemini", "~/.aider", "~/.config/goose", "~/.local/share/goose", "~/.config/opencode",
    "~/.local/share/opencode", "~/.cursor", "~/.continue", "~/.openhands", "~/.qwen", "~/.copilot", "~/.config/crush",
    "~/.local/share/crush",
)  # fmt: skip

#: Environment variables that never enter the sandbox (shell patterns). `environment.pass` lets one through by its exact name.
HIDDEN_VARIABLES = (
    "AWS_*", "AMAZON_*", "GOOGLE_*", "GCLOUD_*", "GCP_*", "CLOUDSDK_*", "AZURE_*", "ARM_*", "KUBECONFIG", "KUBE_*", "DOCKER_*",
    "VAULT_*", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "*_TOKEN", "*_TOKEN_*", "*_SECRET", "*_SECRET_*", "*_PASSWORD", "*_PASSWD",
    "*_API_KEY", "*_APIKEY", "*_ACCESS_KEY", "*_PRIVATE_KEY", "*_CREDENTIALS", "PGPASSWORD", "MYSQL_PWD", "DATABASE_URL", "*_DSN",
    "DBUS_SESSION_BUS_ADDRESS", "WARDEN_*", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "all_proxy", "no_proxy", "LD_PRELOAD", "LD_LIBRARY_PATH",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """Which rules hold: a preset, and your own Cedar files or directories, which are added to it."""

    preset: str = "no-destroy"
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EgressConfig:
    """Hosts beside the cloud APIs.

    `host[:port]` allows HTTP and HTTPS, inspected (`*.` matches any number of labels); `tcp://host:port` allows opaque bytes.
    """

    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UpstreamConfig:
    """Where allowed requests go. `resolve` maps host patterns to `address:port`; `ca` adds files of trusted CAs. TLS is always verified."""

    resolve: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ca: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AwsCredentialsConfig:
    """Where real AWS credentials come from: botocore's own chain (environment, then profile), outside the sandbox.

    `profile` names one instead of `AWS_PROFILE` or default; `access_key_id`, `secret_access_key` and `session_token` state them;
    `account` is their account's 12 digits, for policies and messages; a profile's `aws_account_id` and `AWS_ACCOUNT_ID` say it as well.
    `enabled: false` gives the agent none.
    """

    enabled: bool = True
    profile: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class CredentialsConfig:
    """Real credentials, which stay in the worker; the sandbox gets dummies of the same shape."""

    aws: AwsCredentialsConfig = field(default_factory=AwsCredentialsConfig)


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """Resource limits of the whole sandbox. `memory` in bytes (or `4GiB`), `pids` processes and threads, `cpus` cores; 0 is no limit."""

    memory: int = 8 << 30
    pids: int = 4096
    cpus: float = 0.0


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What the process sees. Lists add to the built-in ones; a leading `!` takes a built-in entry away (`"!~/.docker"`)."""

    runtime: str = "auto"
    hide: tuple[str, ...] = HIDDEN_PATHS
    writable: tuple[str, ...] = ()
    agent_state: tuple[str, ...] = AGENT_STATE_PATHS
    limits: LimitsConfig = field(default_factory=LimitsConfig)


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """Environment variables of the sandboxed process. `hide` are patterns that stay outside, `pass` exact names let through, `set` adds."""

    hide: tuple[str, ...] = HIDDEN_VARIABLES
    pass_: tuple[str, ...] = ()
    set: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    """Limits of the HTTP proxy.

    `body_limit` is the most bytes read of a body that a ruling depends on; `timeout` is seconds for a ruling and for connecting.
    """

    body_limit: int = 8 << 20
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """The audit log. `path` is a file; empty is `~/.local/state/warden/audit.jsonl`, or `/var/log/warden/audit.jsonl` for root."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class DaemonConfig:
    """The daemon.

    `socket` empty is `$XDG_RUNTIME_DIR/warden/daemon.sock`, or `/run/warden/daemon.sock` for root.
    A private daemon without sessions ends after `idle_timeout` seconds.
    """

    socket: str = ""
    idle_timeout: float = 900.0


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. `agent` is the name that policies and the audit use; empty is the command's base name."""

    agent: str = ""
    profile: str = "default"
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    egress: EgressConfig = field(default_factory=EgressConfig)
    upstream: UpstreamConfig = field(default_factory=UpstreamConfig)
    credentials: CredentialsConfig = field(default_factory=CredentialsConfig)
    sandbox: SandboxConfig = field(default_factory=SandboxConfig)
    environment: EnvironmentConfig = field(default_factory=EnvironmentConfig)
    proxy: ProxyConfig = field(default_factory=ProxyConfig)
    audit: AuditConfig = field(default_factory=AuditConfig)
    daemon: DaemonConfig = field(default_factory=DaemonConfig)
