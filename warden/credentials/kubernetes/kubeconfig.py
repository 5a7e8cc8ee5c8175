"""The user's kubeconfig files as one value, merged as kubectl merges them.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files

- the first file that has a cluster, user or context of some name has the whole of it, and the first that says `current-context` is heard;
- files that are not there are passed over;
- relative paths in a file start at its directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warden.credentials.files import content
from warden.errors import CredentialError

#: Bytes of one file. A thousand clusters with embedded certificates are five million.
FILE_LIMIT = 8 << 20
#: Files that a list may name.
FILES = 64
#: Entries of each kind after merging.
ENTRIES = 4096

_ADVICE = "Correct it, or set kubernetes.kubeconfig in warden.yaml; kubernetes.enabled: false does without clusters."


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One cluster or user as its file has it. `directory` is where its relative paths start. Its repr tells nothing: it may hold a key."""

    name: str
    fields: Mapping[str, Any]
    directory: Path

    def __repr__(self) -> str:
        return f"Entry({self.name!r})"

    def text(self, key: str) -> str:
        """The text under `key`; empty when there is none. Raises CredentialError when it is something else."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _bad(f"{key} of {self.name!r} is not text.")
        return value

    def path(self, key: str) -> Path | None:
        """The file that `key` names."""
        text = self.text(key)
        return self.directory / text if text else None


@dataclass(frozen=True, slots=True)
class Context:
    """A context: names, and the namespace."""

    name: str
    cluster: str
    user: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """All of it. `files` are those that were read."""

    clusters: Mapping[str, Entry] = field(default_factory=dict)
    users: Mapping[str, Entry] = field(default_factory=dict)
    contexts: Mapping[str, Context] = field(default_factory=dict)
    current: str = ""
    files: tuple[Path, ...] = ()


def places(stated: Sequence[str], environment: Mapping[str, str], home: Path, cwd: Path) -> list[Path]:
    """Which files there are to read: `stated` by the configuration, else those of KUBECONFIG, else the one in the home directory."""
    named = list(stated) or [part for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    return [cwd / part for part in dict.fromkeys(named)] if named else [home / ".kube/config"]


def read(paths: Sequence[Path]) -> Kubeconfig:
    """Reads and merges. Raises CredentialError ``bad-kubeconfig``: in the message is no line of a file, which may be a key."""
    if len(paths) > FILES:
        raise _bad(f"KUBECONFIG names {len(paths)} files, more than {FILES}.")
    clusters: dict[str, Entry] = {}
    users: dict[str, Entry] = {}
    contexts: dict[str, Context] = {}
    current, files = "", []
    for path in paths:
        document = _document(path)
        if document is None:
            continue
        files.append(path)
        for name, fields in _named(document, "clusters", "cluster", path).items():
            clusters.setdefault(name, Entry(name, fields, path.parent))
        for name, fields in _named(document, "users", "user", path).items():
            users.setdefault(name, Entry(name, fields, path.parent))
        for name, fields in _named(document, "contexts", "context", path).items():
            contexts.setdefault(name, _context(name, fields, path))
        current = current or _text(document, "current-context", path)
    if max(len(clusters), len(users), len(contexts)) > ENTRIES:
        raise _bad(f"The kubeconfig has more than {ENTRIES} entries of one kind.")
    return Kubeconfig(clusters, users, contexts, current, tuple(files))


def _document(path: Path) -> Mapping[str, Any] | None:
    import yaml  # only where there is a file to read

    try:
        document = yaml.load(content(path, FILE_LIMIT), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        raise _bad(f"The kubeconfig {path} cannot be read outside the sandbox.") from None
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise _bad(f"The kubeconfig {path} is not a mapping.")
    return document


def _named(document: Mapping[str, Any], plural: str, singular: str, path: Path) -> dict[str, Mapping[str, Any]]:
    """The entries of a list of ``{name: N, cluster: {...}}`` by their names. Twice the same name is an error, as it is to kubectl."""
    listed = document.get(plural)
    found: dict[str, Mapping[str, Any]] = {}
    if listed is None:
        return found
    if not isinstance(listed, list):
        raise _bad(f"{plural} in {path} is not a list.")
    for item in listed:
        name = item.get("name") if isinstance(item, Mapping) else None
        fields = item.get(singular) if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not (fields is None or isinstance(fields, Mapping)):
            raise _bad(f"An entry of {plural} in {path} has no name or no {singular}.")
        if name in found:
            raise _bad(f"{plural} in {path} has {name!r} twice.")
        found[name] = fields or {}
    return found


def _context(name: str, fields: Mapping[str, Any], path: Path) -> Context:
    return Context(name, _text(fields, "cluster", path), _text(fields, "user", path), _text(fields, "namespace", path))


def _text(fields: Mapping[str, Any], key: str, path: Path) -> str:
    value = fields.get(key)
    if not (value is None or isinstance(value, str)):
        raise _bad(f"{key} in {path} is not text.")
    return value or ""


def _bad(message: str) -> CredentialError:
    return CredentialError("bad-kubeconfig", message, _ADVICE)
