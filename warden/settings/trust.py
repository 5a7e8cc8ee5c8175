"""What a project's ``warden.yaml`` may say by itself, and the files that the user trusts to say more.

The project's file lies in the working directory: the agent can write there, and a cloned repository brings its own. So by itself it may only tighten
(a stricter preset, more hidden paths, lower limits) or say what stays inside the sandbox (`environment.set`, directories of the project made
writable). Whatever else it says loosens, and is refused until the user has read the file and run `warden config trust`: that records the
file's real path and one hash over its bytes and over every policy and CA file that it names. One changed byte, and it is not trusted any more.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warden.config import PRESETS
from warden.errors import ConfigError
from warden.settings.nodes import SIZE_LIMIT, read_bytes

#: Files of policies and CAs that one configuration may name, directories expanded.
FILE_LIMIT = 1000


def store_path(home: Path) -> Path:
    """Where trusted files are recorded: hidden from every sandbox."""
    return home / ".local/state/warden/trusted.json"


def loosens(key: str, value: Any, current: Any, *, removed: Sequence[str], project: Path, home: Path) -> str:
    """In words, how a project file's `value` for `key` takes protection away compared with `current`; empty when it does not.

    `value` is what the file adds, for lists (entries) and maps; `removed` the entries it takes away. A key that is not named here loosens.
    """
    if key == "policy.preset":
        return f"{value} is weaker than {current}" if PRESETS.index(value) < PRESETS.index(current) else ""
    if key in ("sandbox.hide", "environment.hide"):
        return f"shows {', '.join(removed)}" if removed else ""
    if key == "sandbox.agent_state":
        return f"makes {', '.join(value)} writable" if value else ""
    if key == "sandbox.writable":
        outside = [path for path in value if not _inside(path, project, home)]
        return f"makes {', '.join(outside)} writable, outside the project" if outside else ""
    if key in ("sandbox.limits.memory", "sandbox.limits.pids", "sandbox.limits.cpus"):
        return "raises a limit" if value == 0 < current or value > current > 0 else ""
    if key in ("proxy.body_limit", "proxy.timeout"):
        return "raises a limit" if value > current else ""
    if key == "egress.defaults":
        return "turns the built-in hosts on" if value and not current else ""
    if key in ("credentials.aws.enabled", "credentials.gcp.enabled", "credentials.builtin"):
        return "gives the agent credentials" if value and not current else ""
    if key == "credentials.aws.allow_foreign":
        return "lets the agent use AWS keys that it found" if value and not current else ""
    if key == "kubernetes.enabled":  # off, the agent has no credentials of clusters, and their hosts need an egress entry
        return "gives the agent clusters" if value and not current else ""
    if key == "environment.set":
        return ""
    if isinstance(value, tuple | dict) and not value:
        return ""
    return "" if value == current else "only you may set it"


def _inside(path: str, project: Path, home: Path) -> bool:
    """Whether `path`, symlinks followed, is below the project, and the project is not the home directory or something above it."""
    real, root, house = Path(path).resolve(), project.resolve(), home.resolve()
    return not house.is_relative_to(root) and real.is_relative_to(root)


def digest(content: bytes, named: Sequence[str]) -> str:
    """One sha256 over the configuration's bytes and every file that it names: of a directory, each policy below it. Raises ConfigError."""
    total = hashlib.sha256(b"warden-trust-1")
    parts = [("", content)]
    for name in named:
        root = Path(name)
        files = sorted(path for path in root.rglob("*.cedar") if not path.is_dir()) if root.is_dir() else [root]
        if len(parts) + len(files) > FILE_LIMIT:
            raise ConfigError(f"{name} holds more than {FILE_LIMIT} files.", "Name a directory of policies only.")
        parts += [(str(path), read_bytes(path) or b"") for path in files]
    for name, body in parts:
        for piece in (name.encode("utf-8", "surrogateescape"), body):
            total.update(len(piece).to_bytes(8) + piece)
    return total.hexdigest()


def trusted(home: Path) -> Mapping[str, str]:
    """The recorded files: real path -> digest. Raises ConfigError when the record is not to be relied on."""
    path = store_path(home)
    content = read_bytes(path, owners=frozenset({os.geteuid()}))
    if not content:
        return {}
    try:
        document = json.loads(content)
        files = document["files"]
        if document["version"] != 1 or not all(isinstance(key, str) and isinstance(value, str) for key, value in files.items()):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path} is not a record of trusted files.", "Remove it and trust your projects again.") from error
    return dict(files)


def record(home: Path, path: Path, value: str | None) -> None:
    """Records the digest of `path`, or with None forgets it. Raises ConfigError."""
    store = store_path(home)
    try:
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(store.with_suffix(".lock"), "a", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            files = dict(trusted(home))
            if value is None:
                files.pop(str(path.resolve()), None)
            else:
                files[str(path.resolve())] = value
            text = json.dumps({"version": 1, "files": files}, indent=2, sort_keys=True) + "\n"
            if len(text) > SIZE_LIMIT:
                raise ConfigError(f"{store} would grow beyond 1 MiB.", "Remove what you do not need from it.")
            fresh = store.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            with open(fresh, "x", opener=_private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(store)
    except OSError as error:
        raise ConfigError(f"{store} cannot be written: {error.strerror}.") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
