"""The Kubernetes broker: dummy bearer tokens inside, the user's credentials outside, and the swap in between."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from warden.config import KubernetesConfig
from warden.credentials.files import content
from warden.credentials.kubernetes import inside, kubeconfig
from warden.credentials.kubernetes.clusters import Clusters, Endpoint
from warden.credentials.kubernetes.kubeconfig import Entry, Kubeconfig
from warden.credentials.kubernetes.users import User
from warden.credentials.peer import ClientCertificate, Peer
from warden.credentials.reach import within_reach
from warden.credentials.rights import as_user
from warden.errors import CredentialError
from warden.model import Action, HttpRequest

#: Where a pod has its service account's credentials.
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
#: What the cluster around a pod is called, and its user.
_IN_CLUSTER = "in-cluster"

#: Headers by which an authenticating proxy vouches for somebody. With the right certificate an API server believes them.
#: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
_FRONT_PROXY = "x-remote-"
#: What of https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources is no text.
_BINARY = re.compile(r"application/(?:vnd\.kubernetes\.protobuf|cbor)(?=[ ;,]|$)", re.IGNORECASE)
#: How a browser sends a bearer token when it opens a WebSocket.
_WEBSOCKET_BEARER = "base64url.bearer.authorization.k8s.io."


@dataclass(frozen=True, slots=True)
class _Pod:
    """The cluster that we run in: its name here, and the service account's directory and namespace."""

    name: str
    directory: Path
    namespace: str


class KubernetesBroker:
    """One session's clusters and users. `environment`, `home` and `cwd` are the calling user's; nothing is read from the process's own.

    `writable` are real paths that the command may write below: no exec plugin is run from there. `run_as` is the user and group id to read files and
    start plugins as, where the worker is root and the user is not. `adopt` is told each real token that is about to be sent.
    Raises CredentialError ``bad-kubeconfig`` for files that do not parse.
    """

    def __init__(
        self,
        config: KubernetesConfig,
        environment: Mapping[str, str],
        home: Path,
        cwd: Path,
        *,
        writable: tuple[str, ...] = (),
        run_as: tuple[int, int] | None = None,
        service_account: Path = SERVICE_ACCOUNT,
        now: Callable[[], float] = time.time,
        adopt: Callable[[str], object] = lambda _secret: None,
    ) -> None:
        self._adopt = adopt
        self._home = home
        self._clusters = Clusters(config.clusters, config.ca)
        self._found = Kubeconfig()
        self._pod: _Pod | None = None
        #: Each user, the dummy that stands for it, and the clusters that it is for.
        self._users: dict[str, tuple[User, str, frozenset[str]]] = {}
        self._by_dummy: dict[str, tuple[User, frozenset[str]]] = {}
        self._certificates: dict[str, ClientCertificate] = {}
        if not config.enabled:
            return

        def admit(entry: Entry, clusters: frozenset[str]) -> None:
            dummy = f"warden-dummy-{secrets.token_urlsafe(32)}"
            user = User(entry, environment, writable=writable, run_as=run_as, now=now)
            self._users[entry.name] = user, dummy, clusters
            self._by_dummy[dummy] = user, clusters

        with as_user(run_as):
            paths = kubeconfig.places(config.kubeconfig, environment, home, cwd)
            for path in paths:
                _check_reach(path, home, writable, stated=bool(config.kubeconfig))
            self._found = found = kubeconfig.read(paths)
            self._enter_pod(environment, service_account, admit)
            for entry in found.clusters.values():
                self._clusters.add(entry)
            for name in config.clusters:
                if name not in found.clusters:
                    self._clusters.add(Entry(name, {}, home))
        for name, entry in found.users.items():
            admit(entry, frozenset(context.cluster for context in found.contexts.values() if context.user == name))

    def __repr__(self) -> str:
        return f"KubernetesBroker({len(self._clusters.endpoints)} clusters)"

    def _enter_pod(self, environment: Mapping[str, str], directory: Path, admit: Callable[[Entry, frozenset[str]], None]) -> None:
        """The cluster that we run in, if we run in one."""
        host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "") or "443"
        if not host or not (directory / "token").is_file():
            return
        name = _IN_CLUSTER
        while name in self._found.clusters or name in self._found.users:
            name += "-pod"
        server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self._clusters.add(Entry(name, {"server": server, "certificate-authority": "ca.crt"}, directory))
        admit(Entry(name, {"tokenFile": "token"}, directory), frozenset({name}))
        try:
            namespace = content(directory / "namespace", 1 << 10).decode("ascii")
        except (OSError, ValueError):
            namespace = "default"
        self._pod = _Pod(name, directory, namespace)

    # --- what the sandbox sees -----------------------------------------------------------------------------------------------------

    def endpoints(self) -> list[Endpoint]:
        """The clusters, as they are inside."""
        return list(self._clusters.endpoints.values())

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process."""
        if not self._shown():
            return {}
        # The directory is not to be written, and kubectl keeps what it has learnt of a cluster there.
        return {"KUBECONFIG": f"{self._home}/.kube/config", "KUBECACHEDIR": "/tmp/.kube-cache"}  # noqa: S108 - the sandbox's own

    def files(self, authority: bytes) -> dict[str, dict[str, bytes]]:
        """Synthetic directories: their paths, and in each the files' contents by name. `authority` is the PEM of the session's CA."""
        found: dict[str, dict[str, bytes]] = {}
        if shown := self._shown():
            users = {name: (self._users[name][1], self._users[name][0].impersonation) for name in self._found.users}
            found[f"{self._home}/.kube"] = {"config": inside.kubeconfig(shown, self._found.contexts, users, self._found.current, authority)}
        if pod := self._pod:
            token = self._users[pod.name][1].encode()
            found[str(pod.directory)] = {"token": token, "ca.crt": authority, "namespace": pod.namespace.encode()}
        return found

    def _shown(self) -> dict[str, Endpoint]:
        """The clusters that the kubeconfig inside has. A pod's own is found by other ways."""
        return {name: each for name, each in self._clusters.endpoints.items() if self._pod is None or name != self._pod.name}

    def authority_files(self) -> list[str]:
        """Files of CAs, which may be seen inside and must not be changed."""
        paths = [entry.path("certificate-authority") for entry in self._found.clusters.values()]
        return [os.path.normpath(path) for path in dict.fromkeys(paths) if path is not None]

    def secret_files(self) -> list[str]:
        """Files outside that hold what must not be seen, or changed, inside."""
        paths = [*self._found.files, *(path for user, _dummy, _clusters in self._users.values() for path in user.secret_files())]
        return [os.path.normpath(path) for path in dict.fromkeys(paths)]

    # --- upstream ------------------------------------------------------------------------------------------------------------------

    def peer(self, host: str, port: int) -> Peer | None:
        """Where the host and port that the sandbox uses lead."""
        return self._clusters.peer(host, port)

    def certificate(self, identity: str) -> ClientCertificate:
        """The certificate that `authorize` has named. Raises KeyError."""
        return self._certificates[identity]

    # --- the walk of one request ---------------------------------------------------------------------------------------------------

    def needs_body(self, request: HttpRequest) -> bool:
        """Nothing of a body is signed; a JSON patch may say where a value is to be copied to."""
        return _is_json_patch(request)

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`request` with real credentials, or as it is when it asks for none. Raises CredentialError when it cannot be given any.

        A request that was decided on as another provider's is not ours.
        """
        if not any(action.provider == "kubernetes" for action in actions):
            return request
        if _is_json_patch(request) and any(_is_of_secrets(action) for action in actions):
            _check_patch(request.body)
        here = self._clusters.at(request.host, request.port, request.target.partition("?")[0])
        if not here:
            raise CredentialError("unknown-cluster", "The request is below no cluster's path on this server.", "Use the kubeconfig inside.")
        usable = [endpoint for endpoint in here if endpoint.refusal is None]
        if not usable:
            assert here[0].refusal is not None
            raise here[0].refusal
        _check_vouching(request)
        request = _readable(_addressed(request, usable[0]))
        stated = request.header_values("authorization")
        if not stated:
            return request
        user, endpoint = self._user(stated, usable)
        told = {"server": _outside(endpoint)} | _authority(endpoint.peer)
        found = user.credential(endpoint.name, told)
        headers = [(name, value) for name, value in request.headers if name.lower() != "authorization"]
        if found.token:
            self._adopt(found.token)
            headers.append(("Authorization", f"Bearer {found.token}"))
        identity = ""
        if found.certificate is not None:
            identity = found.certificate.fingerprint()
            if identity not in self._certificates:
                _check_usable(found.certificate, user.name)
                self._certificates[identity] = found.certificate
        return replace(request, headers=tuple(headers), identity=identity)

    def _user(self, stated: list[str], here: list[Endpoint]) -> tuple[User, Endpoint]:
        scheme, _, token = stated[0].partition(" ")
        known = self._by_dummy.get(token.strip()) if len(stated) == 1 and scheme.lower() == "bearer" else None
        if known is None:
            raise CredentialError(
                "foreign-credentials",
                "The request carries credentials for a cluster that are not this session's.",
                "Use those in the kubeconfig inside; tokens that a cluster hands out cannot be used yet.",
            )
        user, clusters = known
        endpoint = next((each for each in here if each.name in clusters), None)
        if endpoint is None:
            raise CredentialError(
                "other-cluster",
                f"No context of the kubeconfig uses {user.name} for the cluster {here[0].name}.",
                "Use a context as it is: no cluster is sent another one's credentials.",
            )
        return user, endpoint


def _check_reach(path: Path, home: Path, writable: tuple[str, ...], *, stated: bool) -> None:
    """A kubeconfig says which hosts are API servers, which files are sent to them and which programs run outside: nobody inside may write it.

    What is named when a session starts is hidden in it; what was made in an earlier one, or is made in this, is not.
    """
    if path == home / ".kube/config" or not within_reach(str(path), writable):
        return
    if not stated:
        raise CredentialError(
            "bad-kubeconfig",
            f"KUBECONFIG names {path}, which a sandboxed command could have written.",
            "Read it, then move it elsewhere or list it under kubernetes.kubeconfig in ~/.config/warden/warden.yaml.",
        )
    if not path.exists():
        raise CredentialError(
            "bad-kubeconfig", f"kubernetes.kubeconfig names {path}, which is not there, and which the command could make.", "Make it first."
        )


def _check_usable(certificate: ClientCertificate, user: str) -> None:
    try:
        certificate.check()
    except ValueError:
        raise CredentialError(
            "bad-certificate",
            f"The client certificate of the kubeconfig's user {user} and its key cannot be used together.",
            "Correct the kubeconfig. Both are in PEM form, the key without a passphrase.",
        ) from None


def _check_vouching(request: HttpRequest) -> None:
    """Ways to be somebody beside the Authorization header."""
    for name, value in request.headers:
        lower = name.lower()
        if lower.startswith(_FRONT_PROXY):
            raise CredentialError("front-proxy", f"The header {lower[:64]} is for authenticating proxies.", "Use the kubeconfig's users.")
        if lower == "cookie" or (lower == "sec-websocket-protocol" and _WEBSOCKET_BEARER in value.lower()):
            raise CredentialError(
                "foreign-credentials",
                f"The request carries credentials in {lower}.",
                "Send the token of the kubeconfig inside in the Authorization header.",
            )


def _addressed(request: HttpRequest, endpoint: Endpoint) -> HttpRequest:
    """The request under the name that the server has outside. Which server it goes to is not the header's to say."""
    peer = endpoint.peer
    if peer.host == endpoint.host:
        return request
    authority = _host(peer)
    headers = tuple((name, authority if name.lower() == "host" else value) for name, value in request.headers)
    return replace(request, headers=headers, authority=authority if request.authority else None)


def _readable(request: HttpRequest) -> HttpRequest:
    """The request for an answer in JSON. `kubectl describe` and Go's typed clients would rather have protobuf, in which no secret can be replaced.

    Clients read an answer by its own Content-Type, since not every resource has protobuf:
    https://kubernetes.io/docs/reference/using-api/api-concepts/#kubernetes-protobuf-encoding
    """
    accepted = [one.strip() for value in request.header_values("accept") for one in value.split(",") if one.strip()]
    wanted = [_BINARY.sub("application/json", one) for one in accepted]
    if wanted == accepted:
        return request
    headers = [(name, value) for name, value in request.headers if name.lower() != "accept"]
    return replace(request, headers=(*headers, ("Accept", ", ".join(dict.fromkeys(wanted)))))


def _host(peer: Peer) -> str:
    host = f"[{peer.host}]" if ":" in peer.host else peer.host
    return host if peer.port == 443 else f"{host}:{peer.port}"


def _outside(endpoint: Endpoint) -> str:
    return f"https://{_host(endpoint.peer)}{endpoint.prefix}"


def _authority(peer: Peer) -> dict[str, Any]:
    named = {"tls-server-name": peer.name} if peer.name != peer.host else {}
    return named | ({"certificate-authority-data": b64encode(peer.authority).decode()} if peer.authority else {})


def _is_json_patch(request: HttpRequest) -> bool:
    return any("json-patch" in value.lower() for value in request.header_values("content-type"))


def _is_of_secrets(action: Action) -> bool:
    return action.provider == "kubernetes" and action.operation.rpartition(":")[0].partition("/")[0] == "secrets"


def _check_patch(body: bytes | None) -> None:
    """Raises CredentialError for a patch of a Secret that would show its content elsewhere in it, or confirm a guess (RFC 6902)."""
    try:
        operations = json.loads(body, object_pairs_hook=_with_one_op) if body is not None else None
        names = [operation["op"] for operation in operations] if isinstance(operations, list) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        names = None
    if names is None or not set(names) <= {"add", "replace", "remove"}:
        raise CredentialError(
            "secret-patch",
            "A JSON patch that copies, moves or tests values of a Secret could show them elsewhere.",
            "Use add, replace and remove, or a merge patch.",
        )


def _with_one_op(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a patch. Raises ValueError for two operations in one, whichever of them a server would believe."""
    if sum(name.lower() == "op" for name, _ in pairs) > 1:
        raise ValueError
    return dict(pairs)
