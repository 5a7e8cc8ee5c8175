"""What one container keeps on disk: ``STATE/ID`` with the bundle, the runtime's state, its log, and a record of what lies elsewhere.

The owner holds a lock on it as long as it lives; a directory whose lock is free belongs to a process that died, and `sweep` removes it with all
that its record lists: control groups and mount points made on the host. Mounts and namespaces need no sweeping: they end with the processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import cgroup, oci
from sandbox.errors import SandboxError

_RECORD = "record.json"
_LOCK = "lock"
_NAME = re.compile(r"[0-9a-f]{16}")


def default_state() -> str:
    """Where containers are kept unless the caller says otherwise: /run/sandbox for root, the user's runtime or state directory else."""
    if os.geteuid() == 0:
        return "/run/sandbox"
    base = os.environ.get("XDG_RUNTIME_DIR") or f"{os.environ.get('HOME', '/nonexistent')}/.local/state"
    return f"{base}/sandbox"


def make_state(directory: Path) -> str:
    """Make the state directory, private to the caller. Raises SandboxError when it cannot be made or trusted."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        raise SandboxError(f"The state directory {directory} cannot be made: {error.strerror}.") from None
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise SandboxError(f"The state directory {directory} must belong to you and be writable to nobody else.")
    return str(directory)


@dataclass(slots=True)
class Bundle:
    """A directory being used. The lock is held until `remove`, or until this process dies.

    The rest is the record: `groups` and `created` lie elsewhere; with `foreign_groups` the runtime made control groups too, in the bundle's name.
    """

    path: Path
    lock: int
    groups: tuple[str, ...] = ()
    foreign_groups: bool = False
    created: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, state: str) -> Bundle:
        """A new one below `state`."""
        path = Path(state) / secrets.token_hex(8)
        with _state_locked(state, fcntl.LOCK_SH):
            path.mkdir(mode=0o700)
            lock = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for below in (oci.ROOTFS, oci.STAGE, "runtime"):
            (path / below).mkdir(mode=0o700)
        return cls(path, lock)

    @property
    def name(self) -> str:
        """The container's id: sixteen hexadecimal digits."""
        return self.path.name

    @property
    def log(self) -> Path:
        """Where the runtime writes what went wrong."""
        return self.path / "log"

    def write_record(self) -> None:
        """Write down what lies elsewhere; before it is used."""
        (self.path / _RECORD).write_text(json.dumps({"groups": self.groups, "created": self.created, "foreign": self.foreign_groups}))

    def create_mount_points(self, points: Sequence[tuple[str, bool]]) -> None:
        """Empty files and directories on the host, in places that are writable inside; removed again if they are still empty then."""
        wanted: list[tuple[Path, bool]] = []
        for path, is_directory in points:
            missing = [parent for parent in reversed(Path(path).parents) if not parent.exists()]
            wanted += [(parent, True) for parent in missing if (parent, True) not in wanted]
            wanted.append((Path(path), is_directory))
        self.created = [str(path) for path, _ in wanted]
        self.write_record()
        for point, is_directory in wanted:
            try:
                if is_directory:
                    point.mkdir(mode=0o700)
                else:
                    point.touch(mode=0o600, exist_ok=False)
            except OSError as error:
                raise SandboxError(f"{point} cannot be made to be mounted on: {error.strerror}.") from None

    def complaint(self) -> str:
        """The last error in the runtime's log, or empty. Warnings of a container that ran are not errors."""
        complaint = ""
        with contextlib.suppress(OSError):
            for line in self.log.read_text(errors="replace").splitlines():
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if entry.get("level") in ("error", "fatal"):
                        complaint = str(entry.get("msg", ""))
        return complaint

    def remove(self) -> None:
        """Remove it and all that its record lists. The processes must have ended."""
        _clear(self.path)
        os.close(self.lock)


def _clear(bundle: Path) -> None:
    """Remove what a container left: first what its record lists, then its directory."""
    record: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        record = json.loads((bundle / _RECORD).read_text())
    if record.get("foreign"):
        cgroup.remove(str(path) for path in Path("/sys/fs/cgroup").rglob(bundle.name))
    cgroup.remove(record.get("groups", []))
    for path in reversed(record.get("created", [])):
        with contextlib.suppress(OSError):
            if Path(path).is_dir():
                Path(path).rmdir()
            elif Path(path).stat().st_size == 0:
                Path(path).unlink()
    shutil.rmtree(bundle, ignore_errors=True)


@contextlib.contextmanager
def _state_locked(state: str, how: int) -> Iterator[None]:
    """Shared while a bundle is being made, exclusive in a sweep: what has no lock then was left by a process that died making it."""
    directory = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, how)
        yield
    finally:
        os.close(directory)


def sweep(state: str = "") -> tuple[str, ...]:
    """Remove what containers of dead owners left below `state`; the names of those. Running containers are not touched.

    One whose owner died a moment ago may still be ending (its processes hold the lock for some milliseconds); it is left for the next sweep.
    """
    directory = state or default_state()
    if not Path(directory).is_dir():
        return ()
    with _state_locked(directory, fcntl.LOCK_EX):
        swept = tuple(bundle for bundle in sorted(Path(directory).iterdir()) if _NAME.fullmatch(bundle.name) and not _owned(bundle))
        for bundle in swept:
            _clear(bundle)
    return tuple(bundle.name for bundle in swept)


def _owned(bundle: Path) -> bool:
    try:
        lock = os.open(bundle / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False
