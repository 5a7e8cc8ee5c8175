"""The one configuration schema: what `warden.yaml` may say, as frozen values.

:mod:`warden.settings.files` reads and merges the files; this module only says what there is. Sources, weakest first:
built-in defaults, ``/etc/warden/warden.yaml``, ``~/.config/warden/warden.yaml``, the project's ``warden.yaml``, command-line flags.
Field names are the YAML keys; nested dataclasses are nested mappings; the docstring of each class is its section's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from warden.hosts import HOSTS

#: Weakest first: whether a project's file may choose one by itself is judged by position.
PRESETS = ("observe", "no-destroy", "readonly", "lockdown")

#: Hidden by default: where tools keep credentials, below the home directory (`~`) or absolute. An empty directory or file shows instead.
HIDDEN_PATHS = (
    # Clouds, and what is deployed with.
    "~/.aws", "~/.config/gcloud", "~/.azure", "~/.oci", "~/.boto", "~/.s3cfg", "~/.passwd-s3fs", "~/.mc", "~/.aliyun", "~/.bluemix",
    "~/.ovh.conf", "~/.civo.json", "~/.config/doctl", "~/.config/hcloud", "~/.config/linode-cli", "~/.config/scw", "~/.config/exoscale",
    "~/.config/rclone", "~/.terraform.d/credentials.tfrc.json", "~/.terraformrc", "~/.pulumi/credentials.json", "~/.fly", "~/.config/netlify",
    "~/.netlify", "~/.vercel", "~/.local/share/com.vercel.cli", "~/.wrangler", "~/.config/.wrangler", "~/.cloudflared", "~/.config/ngrok",
    "~/.ngrok2", "~/.railway", "~/.supabase", "~/.config/configstore", "~/.config/stripe", "~/.twilio-cli", "~/.config/heroku",
    "~/.local/share/heroku", "~/.planetscale", "~/.config/planetscale", "~/.config/neonctl", "~/.config/atlascli", "~/.confluent",
    "~/.databrickscfg", "~/.databricks", "~/.snowflake", "~/.config/snowflake", "~/.snowsql", "~/.sentryclirc", "~/.newrelic", "~/.circleci",
    "~/.jfrog",
    # Clusters and images.
    "~/.kube", "~/.minikube", "~/.config/k3d", "~/.docker", "~/.config/containers/auth.json", "~/.config/helm", "~/.config/argocd", "~/.argocd",
    "~/.tsh", "~/.config/teleport",
    # Keys, passwords, secret stores.
    "~/.ssh", "~/.gnupg", "~/.config/sops", "~/.config/age", "~/.password-store", "~/.local/share/gopass", "~/.config/gopass", "~/.config/op",
    "~/.config/1Password", "~/.config/Bitwarden", "~/.config/Bitwarden CLI", "~/.config/keepassxc", "~/.local/share/keyrings",
    "~/.local/share/kwalletd", "~/.vault-token", "~/.vault_pass", "~/.vault_pass.txt", "~/.ansible/vault_pass", "~/.doppler", "~/.infisical",
    "~/.akeyless", "~/.step", "~/.acme.sh", "~/.pki", "~/.electrum", "~/.bitcoin", "~/.ethereum", "~/.config/solana",
    # Forges, package registries, mail, databases, models.
    "~/.netrc", "~/.authinfo", "~/.authinfo.gpg", "~/.git-credentials", "~/.config/git/credentials", "~/.config/gh", "~/.config/glab-cli",
    "~/.config/hub", "~/.config/github-copilot", "~/.subversion/auth", "~/.pypirc", "~/.config/pypoetry/auth.toml", "~/.npmrc",
    "~/.yarnrc.yml", "~/.cargo/credentials", "~/.cargo/credentials.toml", "~/.gem/credentials", "~/.local/share/gem/credentials",
    "~/.bundle/config", "~/.m2/settings.xml", "~/.m2/settings-security.xml", "~/.gradle/gradle.properties", "~/.ivy2/.credentials",
    "~/.sbt/.credentials", "~/.composer/auth.json", "~/.config/composer/auth.json", "~/.config/NuGet", "~/.nuget/NuGet", "~/.pgpass",
    "~/.my.cnf", "~/.mylogin.cnf", "~/.msmtprc", "~/.mbsyncrc", "~/.fetchmailrc", "~/.smbcredentials", "~/.kaggle", "~/.config/kaggle",
    "~/.huggingface", "~/.cache/huggingface/token", "~/.cache/huggingface/stored_tokens", "~/.ollama/id_ed25519", "~/.jupyter",
    "~/.local/share/jupyter/runtime",
    # Browsers, mail, chat, editors: sessions and stored tokens.
    "~/.mozilla", "~/.thunderbird", "~/.config/google-chrome", "~/.config/chromium", "~/.config/BraveSoftware", "~/.config/microsoft-edge",
    "~/.config/vivaldi", "~/.config/Slack", "~/.config/discord", "~/.config/Signal", "~/.config/filezilla", "~/.config/remmina",
    "~/.local/share/remmina", "~/.config/Code/User/globalStorage", "~/.config/Cursor/User/globalStorage",
    "~/.vscode-server/data/User/globalStorage", "~/snap/firefox", "~/snap/chromium",
    # What was typed: commands hold passwords.
    "~/.bash_history", "~/.zsh_history", "~/.histfile", "~/.zsh_sessions", "~/.local/share/fish", "~/.local/share/atuin", "~/.python_history",
    "~/.node_repl_history", "~/.ipython/profile_default/history.sqlite", "~/.psql_history", "~/.mysql_history", "~/.sqlite_history",
    "~/.rediscli_history", "~/.mongodb", "~/.dbshell", "~/.irb_history", "~/.lesshst", "~/.viminfo",
    # Warden's own.
    "~/.config/warden", "~/.local/state/warden", "/var/lib/warden", "/var/log/warden", "/etc/warden",
    # The machine's. As root, the command is uid 0 without capabilities: what root owns can be read, other users' private files cannot.
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh",
    "/etc/ssl/private", "/etc/pki/tls/private", "/etc/letsencrypt", "/etc/wireguard", "/etc/openvpn", "/etc/ipsec.secrets",
    "/etc/ipsec.d/private", "/etc/ppp", "/etc/krb5.keytab", "/etc/NetworkManager/system-connections", "/etc/wpa_supplicant", "/etc/netplan",
    "/etc/cryptsetup-keys.d", "/etc/luks", "/etc/credstore", "/etc/credstore.encrypted", "/etc/kubernetes", "/etc/rancher",
    "/etc/gitlab-runner", "/etc/gitlab", "/etc/vault.d", "/etc/consul.d", "/etc/nomad.d", "/etc/cloudflared", "/etc/mysql/debian.cnf",
    "/etc/postfix/sasl_passwd", "/etc/exim4/passwd.client", "/var/lib/samba/private", "/var/lib/kubelet", "/var/lib/rancher", "/var/lib/etcd",
    "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/cloud", "/var/lib/amazon/ssm", "/var/lib/waagent",
    "/var/lib/tailscale", "/var/lib/systemd/credential.secret", "/var/lib/jenkins/secrets", "/var/lib/postgresql", "/var/lib/mysql",
    "/var/lib/redis", "/var/lib/mongodb", "/var/lib/sss", "/var/backups", "/var/spool/cron", "/var/mail", "/var/spool/mail", "/var/crash",
    "/var/lib/systemd/coredump", "/swapfile", "/swap.img",  # memory of processes outside, the worker among them
    "/root/.aws", "/root/.ssh", "/root/.kube", "/root/.gnupg", "/root/.docker", "/root/.azure", "/root/.config/gcloud", "/root/.netrc",
    "/root/.git-credentials", "/root/.vault-token", "/root/.bash_history",
)  # fmt: skip

#: Environment variables that say where credentials are (some take several paths, with colons between): what they name is hidden too.
SECRET_PLACES = (
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "KUBECONFIG",
    "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "BOTO_CONFIG", "AZURE_CONFIG_DIR", "AZURE_CLIENT_CERTIFICATE_PATH", "DOCKER_CONFIG",
    "REGISTRY_AUTH_FILE", "GH_CONFIG_DIR", "GLAB_CONFIG_DIR", "TF_CLI_CONFIG_FILE", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig", "NETRC",
    "PGPASSFILE", "PGSERVICEFILE", "GNUPGHOME", "PASSWORD_STORE_DIR", "SOPS_AGE_KEY_FILE", "ANSIBLE_VAULT_PASSWORD_FILE",
    "DATABRICKS_CONFIG_FILE", "OCI_CLI_CONFIG_FILE", "RCLONE_CONFIG", "HF_TOKEN_PATH", "KAGGLE_CONFIG_DIR", "VAULT_TOKEN_PATH", "HISTFILE",
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
    "VAULT_*", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "TOKEN", "*_TOKEN", "*_TOKEN_*", "TF_TOKEN_*", "*_authToken", "*_JWT",
    "*SECRET*", "*PASSWORD*", "*_PASSWD", "*PASSPHRASE*", "*_PASS", "*_PAT", "*_API_KEY", "*_API_KEY_*", "*APIKEY", "API_KEY", "*_KEY",
    "*_ACCESS_KEY_ID", "*CREDENTIALS*", "*_CREDS", "*_AUTH", "*_auth", "PGPASSWORD", "MYSQL_PWD", "DATABASE_URL", "*_DATABASE_URL", "*_DSN",
    "REDIS_URL", "MONGO*_URI", "MONGO*_URL", "AMQP_URL", "RABBITMQ_URL", "*BROKER_URL", "*CONNECTION_STRING*", "*WEBHOOK_URL",
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
    """Hosts beside the cloud APIs, and what may go to each. The list adds to the built-in one.

    `host[:port]` allows HTTP and HTTPS, inspected (`*.` matches any number of labels); `read host` only what reads (GET, HEAD, OPTIONS, git fetches,
    GraphQL queries); `GET,POST https://host/v1/*` those methods, that scheme and those paths; `tcp://host:port` opaque bytes. `"!host"` takes every
    built-in entry of that host away, and `defaults: false` all of them. docs/egress.md says it exactly.
    """

    allow: tuple[str, ...] = tuple(HOSTS)
    defaults: bool = True


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
    `enabled: false` gives the agent none. `allow_foreign: true` lets requests pass that are signed with other keys than the session's, as they
    are: keys that the agent found or was told.
    """

    enabled: bool = True
    allow_foreign: bool = False
    profile: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class GcpCredentialsConfig:
    """Where real Google Cloud tokens come from: gcloud's login and the application default credentials, outside the sandbox.

    `enabled: false` gives the agent none.
    """

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CredentialEntry:
    """A credential of any API. `source` is ``env``, ``file``, ``command`` or ``keyring``, `reference` what is said behind it.

    `hosts` and `fields` say where the placeholder in `variable` becomes the real value (`warden.redact.vault.Binding`).
    """

    name: str
    source: str
    reference: str
    hosts: tuple[str, ...]
    fields: tuple[str, ...]
    variable: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As it is written in YAML."""
        stated = {"name": self.name, "from": {self.source: self.reference}, "hosts": list(self.hosts), "field": list(self.fields)}
        return {**stated, "variable": self.variable} if self.variable else stated


@dataclass(frozen=True, slots=True)
class CredentialsConfig:
    """Real credentials, which stay in the worker; the sandbox gets dummies of the same shape. docs/credentials.md says it exactly.

    Each of `entries` is a mapping: `name`; `from` is `{env: NAME}`, `{file: PATH}`, `{command: "..."}` or `{keyring: service/user}`; `hosts`;
    `field`, where clients send it (`bearer`, `basic`, `authorization`, `header:NAME`, `query:NAME`, `form:NAME`, `json:PATH`, `path`, `body`), one
    or a list; and `variable`, which holds the placeholder inside. Entries of the same name replace each other. `builtin` does the same for the
    variables of well-known tools that are set. `transcripts` are more hosts of models, to which placeholders are quoted as they are.
    """

    aws: AwsCredentialsConfig = field(default_factory=AwsCredentialsConfig)
    gcp: GcpCredentialsConfig = field(default_factory=GcpCredentialsConfig)
    entries: tuple[CredentialEntry, ...] = ()
    builtin: bool = True
    transcripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KubernetesConfig:
    """Kubernetes clusters, whose API is decoded and whose credentials stay outside; inside is a kubeconfig with the same contexts and dummies.

    `kubeconfig` lists files instead of those that `KUBECONFIG` names (or `~/.kube/config`). `clusters` adds API servers by name
    (`https://rancher.example/k8s/clusters/c-1`), or says where one of the kubeconfig's is; `ca` says by which CA one is verified.
    `enabled: false` knows no cluster: their hosts are like any other.
    """

    enabled: bool = True
    kubeconfig: tuple[str, ...] = ()
    clusters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ca: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


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
    kubernetes: KubernetesConfig = field(default_factory=KubernetesConfig)
    sandbox: SandboxConfig = field(default_factory=SandboxConfig)
    environment: EnvironmentConfig = field(default_factory=EnvironmentConfig)
    proxy: ProxyConfig = field(default_factory=ProxyConfig)
    audit: AuditConfig = field(default_factory=AuditConfig)
    daemon: DaemonConfig = field(default_factory=DaemonConfig)
