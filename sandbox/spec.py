"""What to run and what it may see: frozen values, no host lookups.

All paths are absolute host paths; the sandbox shows the host's tree, so they are the same inside. :mod:`sandbox.view` resolves them
against the host, :mod:`sandbox.oci` writes them down for the runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the whole sandbox; 0 is no limit. `memory` in bytes, `pids` counts processes and threads, `cpus` in cores."""

    memory: int = 0
    pids: int = 0
    cpus: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.memory or self.pids or self.cpus)


@dataclass(frozen=True, slots=True)
class Bind:
    """Show `source`, a host file or directory, read-only at `target`. The target need not exist on the host."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Spec:
    """One sandboxed process.

    `argv[0]` is looked up on the `PATH` of `env`, inside. `cwd`, which must be a real path, is writable (unless it is ``/``, or `cwd_writable`
    is False), as are the `writable` paths that exist (but a link that leads out of its own directory is not followed: name the place it leads to).
    `hide` masks what exists of it: a directory shows empty, a file shows empty, also inside a writable path. `binds` come last and win.
    `user` and `group` are the ids that the process sees itself as; None is the caller's own. Only root may name others, and only if mapped.
    `umask` is its file mode mask; `rlimits` are its resource limits, ``RLIMIT_NOFILE`` -> (soft, hard), -1 for none; others are the caller's.
    `terminal` gives it a new pseudo-terminal of `rows` x `columns` instead of the descriptors passed to `runtime.start`.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    user: int | None = None
    group: int | None = None
    terminal: bool = False
    rows: int = 24
    columns: int = 80
    hide: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    limits: Limits = field(default_factory=Limits)
    umask: int = 0o022
    rlimits: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    hostname: str = "sandbox"
    cwd_writable: bool = True

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("argv is empty")
        paths = [self.cwd, *self.hide, *self.writable, *(bind.source for bind in self.binds), *(bind.target for bind in self.binds)]
        for path in paths:
            if not path.startswith("/"):
                raise ValueError(f"not an absolute path: {path!r}")
        for text in (*self.argv, *self.env, *self.env.values(), *paths):
            if "\0" in text:
                raise ValueError("a zero byte in argv, env or a path")
        for name in self.env:
            if not name or "=" in name:
                raise ValueError(f"not a variable name: {name!r}")
