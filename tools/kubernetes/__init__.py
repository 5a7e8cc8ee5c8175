"""A local cluster for the end-to-end tests: a real kube-apiserver on a real etcd, and a node whose kubelet is a test double.

The programs are built by tools/setup/kubernetes. There is no controller manager and no scheduler: what is
written is stored, authorized and validated as in any cluster, and nobody acts on it. The kubelet has the real streaming server, and processes of this
machine for containers (go/kubelet/main.go). The audit log of the API server says what reached it.

::

    kubectl --TLS--> warden's worker --TLS, the user's certificate--> kube-apiserver 127.0.0.1:PORT --> etcd
                                                                         '--TLS--> kubelet (exec, attach, port-forward)
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import json
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SETUP = Path(__file__).parents[1] / "setup/kubernetes"
START_TIMEOUT = 90.0  # seconds; ready in about six on an idle machine

#: Every request that reached the API server, once, when it was answered. Its own loops are left out.
_AUDIT_POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: ["system:apiserver"]}
- {level: Metadata}
"""


def programs() -> Path | None:
    """The directory of the built programs, or None when they are not built."""
    home = Path(subprocess.run([SETUP, "--where"], check=True, capture_output=True, text=True).stdout.strip())
    return home if (home / ".stamp").exists() else None


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """A running cluster. `address` is the API server's ``host:port``, `ca` the PEM of its CA."""

    directory: Path
    programs: Path
    address: str
    ca: bytes
    token: str

    def certificate(self, user: str, *groups: str) -> tuple[bytes, bytes]:
        """A client certificate for this user, and its key."""
        return _issue(self.directory, user, groups)

    def kubeconfig(self, **user: Any) -> dict[str, Any]:
        """A kubeconfig with one context ``local`` for these credentials; without any, for the administrator's certificate."""
        if not user:
            certificate, key = self.certificate("admin", "system:masters")
            user = {"client-certificate-data": _b64(certificate), "client-key-data": _b64(key)}
        cluster = {"server": f"https://{self.address}", "certificate-authority-data": _b64(self.ca)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "local", "user": user}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "local"}}],
            "current-context": "local",
        }

    def requests(self) -> list[dict[str, Any]]:
        """What reached the API server so far: its own audit events."""
        log = self.directory / "audit.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """The administrator's kubectl, straight to the API server. Raises CalledProcessError."""
        config = self.directory / "admin.json"
        if not config.exists():
            config.write_text(json.dumps(self.kubeconfig()))
        command = [str(self.programs / "kubectl"), f"--kubeconfig={config}", f"--cache-dir={self.directory}/discovery", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, input=stdin, timeout=60).stdout


@contextlib.contextmanager
def local_cluster(directory: Path) -> Iterator[LocalCluster]:
    """Starts etcd, the API server and the kubelet with their files below `directory`, and ends them. Raises RuntimeError with the logs."""
    found = programs()
    if found is None:
        raise RuntimeError("the cluster's programs are not built: make e2e-kubernetes")
    directory.mkdir(parents=True, exist_ok=True)
    etcd, etcd_peer, port, kubelet = (_free_port() for _ in range(4))
    cluster = LocalCluster(directory, found, f"127.0.0.1:{port}", _make_authority(directory), secrets.token_urlsafe(24))
    for name in ("server", "kubelet"):
        certificate, key = _issue(directory, name, (), server=True)
        (directory / f"{name}.pem").write_bytes(certificate)
        _private(directory / f"{name}.key", key)
    (directory / "policy.yaml").write_text(_AUDIT_POLICY)
    _private(directory / "tokens.csv", f'{cluster.token},reader,reader-uid,"readers"\n'.encode())
    with contextlib.ExitStack() as stack:

        def start(name: str, *arguments: str) -> None:
            stack.enter_context(_running(directory, name, [str(found / name), *arguments]))

        start(
            "etcd",
            f"--data-dir={directory}/etcd",
            f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{etcd_peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{etcd_peer}",
            f"--initial-cluster=default=http://127.0.0.1:{etcd_peer}",
            "--unsafe-no-fsync",
        )
        start("kubelet", f"127.0.0.1:{kubelet}", f"{directory}/kubelet.pem", f"{directory}/kubelet.key")
        start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--tls-cert-file={directory}/server.pem",
            f"--tls-private-key-file={directory}/server.key",
            f"--client-ca-file={directory}/ca.pem",
            f"--token-auth-file={directory}/tokens.csv",
            f"--service-account-key-file={directory}/server.key",
            f"--service-account-signing-key-file={directory}/server.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",  # nobody makes the accounts that it asks for
            "--kubelet-preferred-address-types=InternalIP",
            f"--audit-log-path={directory}/audit.log",
            f"--audit-policy-file={directory}/policy.yaml",
            "--audit-log-mode=blocking-strict",  # a request is on the log before it is answered
        )
        _wait_ready(cluster)
        _make_node(cluster, kubelet)
        yield cluster


def _make_node(cluster: LocalCluster, port: int) -> None:
    """The node that the pods of the tests are on: its kubelet listens on this machine."""
    cluster.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}}))
    status = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}
    cluster.kubectl("patch", "node", "node", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def _wait_ready(cluster: LocalCluster) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        try:
            cluster.kubectl("get", "--raw=/readyz")
            cluster.kubectl("get", "namespace", "default")
            return
        except subprocess.CalledProcessError:
            time.sleep(0.3)
    logs = "\n".join(f"{p.name}: {p.read_text(errors='replace')[-2000:]}" for p in sorted(cluster.directory.glob("*.log.txt")))
    raise RuntimeError(f"the API server is not ready\n{logs}")


@contextlib.contextmanager
def _running(directory: Path, name: str, command: list[str]) -> Iterator[None]:
    with (directory / f"{name}.log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


# --- certificates --------------------------------------------------------------------------------------------------------------

_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8
_PLAIN = serialization.NoEncryption()


def _make_authority(directory: Path) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local cluster of Warden's tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _private(directory / "ca.key", key.private_bytes(_PEM, _PKCS8, _PLAIN))
    (directory / "ca.pem").write_bytes(certificate.public_bytes(_PEM))
    return certificate.public_bytes(_PEM)


def _issue(directory: Path, user: str, groups: tuple[str, ...], *, server: bool = False) -> tuple[bytes, bytes]:
    """A certificate of the local CA, and its key: for a user of these groups, or for a server of this machine."""
    authority = x509.load_pem_x509_certificate((directory / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((directory / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    # RSA for the server: it signs service accounts' tokens with the same key.
    key = rsa.generate_private_key(65537, 2048) if server else ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, user), *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups)]
    now = datetime.datetime.now(datetime.UTC)
    names = [*(x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "10.96.0.1")), x509.DNSName("kubernetes.test")]
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        x509.CertificateBuilder(
            authority.subject, x509.Name(subject), key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=30)
        )
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if server:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return certificate.public_bytes(_PEM), key.private_bytes(_PEM, _PKCS8, _PLAIN)
