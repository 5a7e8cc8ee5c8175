"""Credentials of any other API: placeholders inside, in variables; the real values fetched outside when a request that may have one is sent.

Two sources: `credentials.entries` of warden.yaml, and the variables of well-known tools (`known`) that the calling user has set. Each is an entry of
the session's vault, bound to its hosts and fields; `warden.redact.outgoing` does the rest. Which hosts can be reached at all is the egress list's to
say: an entry adds none.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from warden.config import CredentialEntry, CredentialsConfig
from warden.credentials import command, reach
from warden.credentials.files import content
from warden.credentials.known import KNOWN
from warden.credentials.outside import Outside
from warden.credentials.renewed import Renewed
from warden.credentials.rights import as_user
from warden.errors import CredentialError
from warden.redact import placeholder
from warden.redact.vault import Binding, Vault

#: Bytes of a guessable value that is looked for inside of other variables.
_SHORTEST = 6


class Value:
    """The real value of one entry. What a command prints is kept for a while; a file is read each time, since tools write new tokens there."""

    def __init__(self, entry: CredentialEntry, outside: Outside, now: Callable[[], float]) -> None:
        self._entry = entry
        self._outside = outside
        self._printed = Renewed(self._run, now)

    def __repr__(self) -> str:
        return f"Value({self._entry.name!r})"

    def __call__(self) -> bytes:
        """Good now. Blocks while it is fetched, `program.LIMIT` at most. Raises CredentialError."""
        return self._read() if self._entry.source == "file" else self._printed.get()

    def _run(self) -> tuple[bytes, None]:
        argv = shlex.split(self._entry.reference)
        if self._entry.source == "keyring":
            argv = list(command.keyring(self._outside, self._entry.reference))
        return _trimmed(command.printed(self._outside, argv, self._entry.name)), None

    def _read(self) -> bytes:
        name, path = self._entry.name, self._entry.reference
        if reach.within_reach(path, self._outside.writable):
            raise CredentialError(
                "credential-file-writable",
                f"The file of the credential {name} could have been written by the sandboxed command.",
                "Move it out of the directories that are writable inside, or run from another directory.",
            )
        try:
            with as_user(self._outside.run_as):
                found = _trimmed(content(path, command.SIZE))
        except OSError as error:
            said = f"cannot be read: {error.strerror}" if error.strerror else "is no file, or larger than a credential"
            raise CredentialError("credentials-unavailable", f"The file of the credential {name} {said}.", f"Look at {path}.") from None
        if not found:
            raise CredentialError("credentials-unavailable", f"The file of the credential {name} is empty.", f"Look at {path}.")
        return found


class Entries:
    """One session's. Arguments as of `AwsBroker`; `passed` are the variables that the user lets in as they are."""

    def __init__(
        self,
        config: CredentialsConfig,
        environment: Mapping[str, str],
        home: str | Path,
        vault: Vault,
        *,
        run_as: tuple[int, int] | None = None,
        writable: tuple[str, ...] = (),
        passed: frozenset[str] = frozenset(),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._outside = Outside(environment, home, run_as, writable)
        self._given = environment
        self._vault = vault
        self._now = now
        self._passed = passed
        self._variables: dict[str, str] = {}
        #: What came from variables.
        self._values: set[bytes] = set()
        self._sources = frozenset(entry.reference for entry in config.entries if entry.source == "env") - passed
        for entry in config.entries:
            self._admit(entry)
        own = {entry.variable for entry in config.entries}
        for known in KNOWN if config.builtin else ():
            base = host_of(environment.get(known.base, "")) if known.base else ""
            hosts = (*known.hosts, *((base,) if base else ()))
            if not environment.get(known.variable, "").strip() or known.variable in own | passed or not hosts:
                continue
            self._admit(CredentialEntry(known.variable, "env", known.variable, hosts, known.fields, known.variable))
            if base:
                self._variables[known.base] = environment[known.base]

    def __repr__(self) -> str:
        return f"Entries({', '.join(self._variables)})"

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process: placeholders, and the addresses that the user's tools call."""
        return dict(self._variables)

    def hides(self, environment: Mapping[str, str]) -> frozenset[str]:
        """The variables of `environment` that stay outside: those that a value is from, and any other that has one of the values in it."""
        holding = {name for name, value in environment.items() if self._holds(value.encode("utf-8", "surrogateescape"))}
        return self._sources | (holding - self._passed)

    def _holds(self, value: bytes) -> bool:
        """A short value counts where it is all of the variable, or it would be found in anything."""
        return (
            value in self._values
            or any(len(one) >= _SHORTEST and one in value for one in self._values)
            or bool(self._vault.secrets_in(value))
        )

    def _admit(self, entry: CredentialEntry) -> None:
        binding = Binding(entry.hosts, entry.fields)
        if entry.source == "env":
            secret = _trimmed(self._given.get(entry.reference, "").encode("utf-8", "surrogateescape"))
            if not secret:
                return  # not set for this command: nothing stands for it
            self._values.add(secret)
            made = self._vault.admit(secret, place=f"credential {entry.name}", binding=binding)
        else:
            made = self._vault.reserve(placeholder.plain().encode(), binding, Value(entry, self._outside, self._now))
        if entry.variable:
            self._variables[entry.variable] = made.placeholder.decode()


def host_of(address: str) -> str:
    """The host of an address as tools take it, with or without a scheme; empty when it is none, leads over plain HTTP, or has a password."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".") if parts.scheme == "https" and parts.username is None else ""


def _trimmed(value: bytes) -> bytes:
    """Without the line's end that editors and commands put behind it."""
    return value.strip(b" \t\r\n")
