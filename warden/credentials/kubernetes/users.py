"""One user of the kubeconfig: what the API server is really shown.

======================================  =======================================================================================
client-certificate(-data), client-key   presented on connections of this user's alone; read again when the file has changed
token, tokenFile                        as bearer token; the file, which wins, is read again when it has changed
exec                                    asked outside, and again before what it gave expires
username and password                   refused: API servers have not taken them since Kubernetes 1.19
auth-provider                           refused: removed in Kubernetes 1.26
none of these                           anonymous
======================================  =======================================================================================
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from warden.credentials import reach
from warden.credentials.files import content
from warden.credentials.kubernetes.kubeconfig import Entry
from warden.credentials.kubernetes.plugin import Credential, Plugin
from warden.credentials.peer import ClientCertificate
from warden.credentials.renewed import Renewed
from warden.credentials.rights import as_user
from warden.errors import CredentialError

#: Bytes of a token, a certificate with its chain, or a key.
SECRET_LIMIT = 1 << 20
#: What says as whom to act, and is no secret: shown inside, so that clients send the same headers, which are ruled on.
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")


class User:
    """The credentials of one entry. `environment` is the calling user's, for plugins; `writable` are real paths that the command may write below."""

    def __init__(
        self,
        entry: Entry,
        environment: Mapping[str, str],
        *,
        writable: tuple[str, ...] = (),
        run_as: tuple[int, int] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = entry.name
        self.entry = entry
        self._environment = environment
        self._writable = writable
        self._run_as = run_as
        self._now = now
        self._files: dict[Path, tuple[tuple[int, int, int], bytes]] = {}
        #: By cluster: what the plugin hands out.
        self._asked: dict[str, Renewed[Credential]] = {}

    def __repr__(self) -> str:
        return f"User({self.name!r})"

    @property
    def impersonation(self) -> dict[str, Any]:
        return {name: self.entry.fields[name] for name in IMPERSONATION if self.entry.fields.get(name)}

    def secret_files(self) -> list[Path]:
        """The files that its secrets are in."""
        found = [self.entry.path(key) for key in ("client-key", "client-certificate", "tokenFile")]
        return [path for path in found if path is not None]

    def credential(self, cluster: str, told: Mapping[str, Any]) -> Credential:
        """What `cluster` is shown now; `told` is what an exec plugin may ask to know of it. Blocks while a plugin runs. Raises CredentialError."""
        entry = self.entry
        if entry.fields.get("username") or entry.fields.get("password"):
            raise CredentialError(
                "basic-auth",
                f"The kubeconfig's user {self.name} has a user name and a password, which API servers do not take any more.",
                "Use a client certificate, a token or an exec plugin.",
            )
        if entry.fields.get("auth-provider"):
            raise CredentialError(
                "auth-provider",
                f"The kubeconfig's user {self.name} has an auth-provider, which was removed in Kubernetes 1.26.",
                "Use the exec plugin that replaced it.",
            )
        with as_user(self._run_as):
            certificate, token = self._certificate(), self._token()
        if not entry.fields.get("exec"):
            return Credential(token, certificate)
        asked = self._handed_out(cluster, told)
        return Credential(token or asked.token, certificate or asked.certificate)

    # --- what stands in the kubeconfig ---------------------------------------------------------------------------------------------

    def _certificate(self) -> ClientCertificate | None:
        certificate, key = self._data("client-certificate"), self._data("client-key")
        if not certificate and not key:
            return None
        if not certificate or not key:
            raise CredentialError(
                "no-credentials",
                f"The kubeconfig's user {self.name} has only one of client certificate and key.",
                "Correct the kubeconfig.",
            )
        return ClientCertificate(certificate, key)

    def _token(self) -> str:
        file = self.entry.path("tokenFile")
        if file is not None:
            try:
                return _bearer(self._read(file).decode("ascii"), self.name)
            except (OSError, ValueError):
                if not self.entry.text("token"):
                    raise self._unreadable("tokenFile") from None
        return _bearer(self.entry.text("token"), self.name)

    def _data(self, key: str) -> bytes:
        """The bytes of ``KEY-data``, or of the file that ``KEY`` names. Data wins, as for kubectl."""
        data, file = self.entry.text(f"{key}-data"), self.entry.path(key)
        try:
            if data:
                return base64.b64decode("".join(data.split()), validate=True)
            return self._read(file) if file is not None else b""
        except (OSError, binascii.Error, ValueError):
            raise self._unreadable(key) from None

    def _read(self, path: Path) -> bytes:
        status = path.stat()
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        kept = self._files.get(path)
        if kept is None or kept[0] != stamp:
            self._files[path] = kept = (stamp, content(path, SECRET_LIMIT))
        return kept[1]

    def _unreadable(self, key: str) -> CredentialError:
        return CredentialError(
            "no-credentials", f"{key} of the kubeconfig's user {self.name} cannot be read outside the sandbox.", "Correct the kubeconfig."
        )

    # --- what a plugin hands out ---------------------------------------------------------------------------------------------------

    def _handed_out(self, cluster: str, told: Mapping[str, Any]) -> Credential:
        section = self.entry.fields["exec"]
        wants = isinstance(section, Mapping) and bool(section.get("provideClusterInfo"))

        def fetch() -> tuple[Credential, float | None]:
            found = self._plugin().ask(told if wants else None, self._run_as)
            return found, found.expires

        return self._asked.setdefault(cluster if wants else "", Renewed(fetch, self._now)).get()

    def _plugin(self) -> Plugin:
        """The plugin, of which nothing is within the command's reach: it runs outside, with all of the user's rights. Raises CredentialError."""
        plugin = Plugin.of(self.entry, reach.environment(self._environment, self._writable))
        stated = [item["value"] for item in self.entry.fields["exec"].get("env") or []]
        for part in (plugin.command, *plugin.arguments, *stated):
            if reach.mentions(part, self._writable):
                raise CredentialError(
                    "exec-plugin-writable",
                    f"The exec plugin of the kubeconfig's user {self.name} uses {part}, which the sandboxed command can change.",
                    "Move it out of the directories that are writable inside, or run from another directory.",
                )
        return plugin


def _bearer(text: str, user: str) -> str:
    """A token as it may stand in a header."""
    token = text.strip()
    if not all("!" <= character <= "~" for character in token):
        raise CredentialError("no-credentials", f"The token of the kubeconfig's user {user} has characters that no header may have.")
    return token
