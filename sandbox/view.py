"""What the process sees of the host's file system: the paths of a `Spec`, resolved against the host as it is now.

The host's whole tree is shown read-only. Over it come, in this order: private directories (``/tmp``, ``/run``, ...), writable paths, masks,
binds. Symbolic links are resolved before anything is masked, and a hidden path is masked at every mount that shows it, so that a mask
cannot be walked around by another name. Sockets that host processes listen on are masked too, as far as /proc/net/unix tells: a read-only mount
does not stop connect(2), nor the opening of a FIFO for writing.

Directories of a writable place in which something is masked or bound are mount points themselves: they cannot be renamed, or another could be
made in their place, for the next session to take for the real one.

What a mask cannot do: a second hard link of a hidden file stays readable, and a mask on a single file falls off when a process *outside*
replaces that file by rename(2) (the kernel then detaches mounts on it). Hide directories rather than files where you can.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.paths import real as _real
from sandbox.paths import there as _there
from sandbox.paths import within as _within_any
from sandbox.spec import Spec

#: Empty, writable and private to the sandbox, with the tmpfs options of each. What listens under the host's stays out of reach. The sizes are
#: of the machine's memory, and leave some of it even where no control group counts them.
PRIVATE_DIRECTORIES = (
    ("/tmp", "mode=1777,size=30%"),  # noqa: S108 - the sandbox's own, made new
    ("/run", "mode=755,size=64m"),
    ("/var/run", "mode=755,size=64m"),  # a directory of its own only on old systems; a link to /run elsewhere
    ("/var/tmp", "mode=1777,size=15%"),  # noqa: S108
    ("/dev/shm", "mode=1777,size=15%"),  # noqa: S108
)
#: Kernel file systems that are mounted new.
KERNEL_DIRECTORIES = ("/proc", "/sys", "/dev")


@dataclass(frozen=True, slots=True)
class HostMount:
    """One row of /proc/self/mountinfo: the mount at `point` shows `root` of the file system on `device` (``254:0``)."""

    device: str
    root: str
    point: str


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A directory that must be shown with entries that the host does not have, so that something can be mounted on them.

    `directory` gets an overlay; `entries` are (path, is a directory). `mounts` are the host's mounts below it, shown again on top.
    """

    directory: str
    entries: tuple[tuple[str, bool], ...]
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """Resolved paths, in the order in which they are mounted. `created` are mount points to be made on the host (in writable places)."""

    cwd: str
    private: tuple[tuple[str, str], ...]
    writable: tuple[str, ...]
    hidden_directories: tuple[str, ...]
    hidden_files: tuple[str, ...]
    binds: tuple[tuple[str, str], ...]
    scaffolds: tuple[Scaffold, ...] = ()
    created: tuple[tuple[str, bool], ...] = ()


def within(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or below it; both normalized."""
    return path == directory or directory == "/" or path.startswith(directory + "/")


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def parse_mountinfo(text: str) -> tuple[HostMount, ...]:
    """Rows of mountinfo, proc(5). Octal escapes (``\\040``) are decoded."""
    rows = []
    for line in text.splitlines():
        fields = line.split(" ")
        rows.append(HostMount(fields[2], _unescaped(fields[3]), _unescaped(fields[4])))
    return tuple(rows)


def _unescaped(field: str) -> str:
    if "\\" not in field:
        return field
    return os.fsdecode(field.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1"))


def aliases(path: str, mounts: Sequence[HostMount]) -> tuple[str, ...]:
    """Other absolute paths at which the same file may show, because its file system is mounted (or bound) more than once."""
    home: HostMount | None = None
    for mount in mounts:
        if within(path, mount.point) and (home is None or len(mount.point) > len(home.point)):
            home = mount
    if home is None:
        return ()
    inner = os.path.normpath(home.root.rstrip("/") + "/" + path[len(home.point) :].lstrip("/"))
    found = []
    for mount in mounts:
        if mount.device != home.device or mount.point == home.point:
            continue
        if within(inner, mount.root):
            found.append(os.path.normpath(mount.point + "/" + inner[len(mount.root) :].lstrip("/")))
        elif within(mount.root, inner):  # The mount shows only a part of what is hidden: all of it is.
            found.append(mount.point)
    return tuple(alias for alias in found if alias != path)


def parse_sockets(text: str) -> tuple[tuple[str, str], ...]:
    """(name, inode in sockfs) of what is bound in /proc/net/unix; abstract names (``@``) are cut off by the network namespace.

    A name is what bind(2) was given: perhaps relative to where the server was then, perhaps gone since.
    """
    rows = (line.split(None, 7) for line in text.splitlines()[1:])
    return tuple((row[7], row[6]) for row in rows if len(row) == 8 and not row[7].startswith("@"))


def _host_sockets() -> set[str]:
    """Paths at which processes of the host may be connected to.

    A bound name that is no longer there was renamed or linked (as ssh does with its ControlPath): all sockets beside it count. One that is
    relative is looked for where its server is now; if that has moved since, it stays in reach.
    """
    names = parse_sockets(_read("/proc/net/unix"))
    paths = [*{name for name, _ in names if name.startswith("/")}]
    if wanted := {f"socket:[{inode}]": name for name, inode in names if not name.startswith("/")}:
        paths += _of_servers(wanted)
    found = {path for path in paths if _is_socket(path)}
    for directory in {os.path.dirname(path) for path in paths if path not in found}:  # noqa: PTH120
        try:
            found |= {entry.path for entry in os.scandir(directory) if not _is_common(entry) and _is_socket(entry.path)}
        except OSError:
            continue
    return found


def _of_servers(wanted: Mapping[str, str]) -> list[str]:
    """Paths of relative names, by the working directories of the processes that have the sockets (link in /proc/PID/fd -> name)."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        try:
            links = {os.readlink(entry.path) for entry in os.scandir(process / "fd")}  # noqa: PTH115
            found += [os.path.normpath(f"{os.readlink(process / 'cwd')}/{wanted[link]}") for link in links & wanted.keys()]  # noqa: PTH115
        except OSError:  # It has ended, or is another user's.
            continue
    return found


def _is_directory(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - dozens of them on every start


def _is_common(entry: os.DirEntry[str]) -> bool:
    """A file, a directory or a link: the directory itself tells, which saves asking for each."""
    return entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False) or entry.is_symlink()


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="surrogateescape")
    except OSError:
        return ""


def resolve(spec: Spec, state: str = "") -> View:
    """The view that `spec` asks for. `state` is the runtime's own directory, always hidden. Raises SandboxError for what cannot be shown."""
    mounts = parse_mountinfo(_read("/proc/self/mountinfo"))
    sockets = _host_sockets()
    private = tuple(
        (path, options)
        for path, options in PRIVATE_DIRECTORIES
        if within(path, "/dev") or (_is_directory(path) and not os.path.islink(path))  # noqa: PTH114
    )
    covered = (*(path for path, _ in private), *KERNEL_DIRECTORIES)
    hidden = _existing([*spec.hide, *([state] if state else [])])
    cwd = _working_directory(spec.cwd, covered, hidden)
    asked = [cwd] if spec.cwd_writable else []
    asked += [real for path in spec.writable if (real := _without_detours(path))]
    writable = _writable(asked, covered, hidden)

    def shown(path: str) -> bool:
        return _within_any(path, writable) or not _within_any(path, covered)

    hidden = {path for real in hidden for path in (real, *filter(_there, aliases(real, mounts))) if shown(path)}
    hidden |= {real for path in sockets if shown(real := _real(path))}
    if "/" in hidden:
        raise SandboxError("The root directory cannot be hidden.")
    binds = _binds(spec, hidden)
    targets = {target for _, target in binds}
    masks = [path for path in sorted(hidden, key=_depth) if not _within_any(path, (hidden | targets) - {path}) and path not in targets]
    scaffolds, created = _missing(binds, writable, shown, mounts)
    return View(
        cwd=cwd,
        private=private,
        writable=tuple(sorted({*writable, *_pins((*masks, *targets), writable)}, key=_depth)),
        hidden_directories=tuple(path for path in masks if _is_directory(path)),
        hidden_files=tuple(path for path in masks if not _is_directory(path)),
        binds=binds,
        scaffolds=scaffolds,
        created=created,
    )


def _existing(paths: Iterable[str]) -> set[str]:
    """Real paths of those that are there (and that the caller can reach; what it cannot, the process inside cannot either)."""
    return {_real(path) for path in paths if _there(path)}


def _working_directory(path: str, covered: Sequence[str], hidden: Collection[str]) -> str:
    real = os.path.realpath(path)
    if not _is_directory(real):
        raise SandboxError(f"The working directory {path} is not there.", "Run from a directory that exists.")
    if real != os.path.normpath(path):  # getcwd(3) knows no links: this one has just been put there.
        raise SandboxError(f"The working directory {path} is reached by a symbolic link.", f"Run from {real}, if that is what you mean.")
    if _within_any(real, KERNEL_DIRECTORIES) and not _within_any(real, [c for c in covered if c not in KERNEL_DIRECTORIES]):
        raise SandboxError(f"The working directory {path} belongs to the kernel.", "Run from an ordinary directory.")
    if _within_any(real, hidden):
        raise SandboxError(
            f"The working directory {path} is hidden inside the sandbox.",
            "Run from another directory, or take it off the list of hidden paths.",
        )
    return real


def _without_detours(path: str) -> str:
    """The real path of `path`; empty if it is not there, or a link leads out of the directory that the link is in.

    One planted in an earlier session would make any place writable in the next. Links high up, as in ``/home`` or to it, are the machine's.
    """
    if not _there(path):
        return ""
    parts = os.path.normpath(path).split("/")
    high = min(3, len(parts) - 1)
    plain = "/".join([os.path.realpath("/".join(parts[:high]) or "/").rstrip("/"), *parts[high:]])
    real = os.path.realpath(path)  # Once: what is looked at is what is mounted.
    return real if os.path.lexists(real) and within(real, os.path.dirname(plain)) else ""  # noqa: PTH120


def _writable(paths: Iterable[str], covered: Sequence[str], hidden: Collection[str]) -> tuple[str, ...]:
    """Of real `paths`, those to bind writable, outermost first: private directories stay private, hidden ones hidden, the root read-only."""
    real = {path for path in paths if path != "/" and path not in covered and not _within_any(path, hidden)}
    return tuple(sorted((path for path in real if not _within_any(path, KERNEL_DIRECTORIES) or within(path, "/dev/shm")), key=_depth))  # noqa: S108


def _pins(paths: Iterable[str], writable: Sequence[str]) -> set[str]:
    """Directories between each of `paths` and the outermost writable one around it."""
    pins: set[str] = set()
    for path in paths:
        base = next((each for each in writable if within(path, each)), path)
        while (path := os.path.dirname(path)) != base and within(path, base):  # noqa: PTH120
            pins.add(path)
    return pins


def _binds(spec: Spec, hidden: Collection[str]) -> tuple[tuple[str, str], ...]:
    binds = []
    for bind in spec.binds:
        source = _real(bind.source)
        target = _real(bind.target) if _there(bind.target) else os.path.realpath(bind.target)
        if not _there(source):
            raise SandboxError(f"{bind.source} is not there, so it cannot be shown at {bind.target}.")
        if _there(target) and _is_directory(target) != _is_directory(source):
            raise SandboxError(f"{bind.source} and {bind.target} must both be files or both be directories.")
        if _within_any(os.path.dirname(target), hidden):  # noqa: PTH120
            raise SandboxError(f"{bind.target} is below a hidden directory.", "Show the whole directory instead.")
        binds.append((source, target))
    return tuple(sorted(binds, key=lambda pair: _depth(pair[1])))


def _missing(
    binds: Sequence[tuple[str, str]], writable: Sequence[str], shown: Callable[[str], bool], mounts: Sequence[HostMount]
) -> tuple[tuple[Scaffold, ...], tuple[tuple[str, bool], ...]]:
    """Where mount points have to be made: overlays for read-only places, the host itself for writable ones."""
    entries: dict[str, list[tuple[str, bool]]] = {}
    created: list[tuple[str, bool]] = []
    for source, target in binds:
        if _there(target) or not shown(target):
            continue
        if any(target != other and within(target, other) for _, other in binds):
            raise SandboxError(
                f"{target} is not there, and its directory is shown from elsewhere.", f"Put it into the source of {Path(target).parent}."
            )
        entry = (target, _is_directory(source))
        if _within_any(target, writable):
            created.append(entry)
            continue
        parent = Path(target).parent
        while not parent.is_dir():
            parent = parent.parent
        if str(parent) == "/":
            raise SandboxError(f"{target} is not there and cannot be made in the read-only root.", f"Make {target} on the host, empty.")
        entries.setdefault(str(parent), []).append(entry)
    outer = {
        directory: next((other for other in sorted(entries, key=_depth) if within(directory, other)), directory) for directory in entries
    }
    merged: dict[str, list[tuple[str, bool]]] = {}
    for directory, needed in entries.items():
        merged.setdefault(outer[directory], []).extend(needed)
    scaffolds = []
    for directory, needed in merged.items():
        below = sorted({mount.point for mount in mounts if mount.point != directory and within(mount.point, directory)}, key=_depth)
        top = tuple(point for point in below if not any(point != other and within(point, other) for other in below))
        scaffolds.append(Scaffold(directory, tuple(needed), top))
    return tuple(scaffolds), tuple(created)
