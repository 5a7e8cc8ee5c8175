"""A `Spec` and its `View`, written down as the ``config.json`` of the OCI runtime specification 1.0.2. Pure.

https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md

The root file system is a read-only tree that :mod:`sandbox.launch` puts in ``bundle/rootfs`` before the runtime starts, with the masks and
binds that stand on it (`early`); everything else on top of it is in the config's mounts. The network namespace is not in the list of
namespaces: the runtime is started inside the one that :mod:`sandbox.network` made, and the container inherits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import seccomp
from sandbox.paths import within
from sandbox.spec import Spec
from sandbox.view import KERNEL_DIRECTORIES, View

#: Below the bundle: the root file system, and what masks show.
ROOTFS = "rootfs"
STAGE = "stage"
EMPTY_DIRECTORY = f"{STAGE}/empty"
EMPTY_FILE = f"{STAGE}/nothing"


def staged(number: int) -> str:
    """Where the keeper puts the `number`-th writable path of the view, below the bundle."""
    return f"{STAGE}/writable-{number}"


_ALL_IDS = 0xFFFFFFFF
_CAPABILITY_SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")

#: Kernel files that tell too much or take commands. /proc/sys and the like are checked by user id, not by capability: uid 0 could write them.
MASKED_PATHS = (
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/kmsg", "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/proc/sysrq-trigger", "/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup",
    "/proc/vmcore", "/proc/dynamic_debug", "/proc/driver", "/proc/mtrr", "/sys/firmware", "/sys/devices/virtual/powercap",
)  # fmt: skip
READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/pressure", "/proc/tty")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the process is: `user` and `group` inside. With `rootless`, both are the one id that the caller's user namespace maps to 0."""

    user: int
    group: int
    rootless: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """A file or directory that shows read-only at `target`: a mask, or a bind. Nothing in it can be executed unless `execute`."""

    source: str
    target: str
    execute: bool


def covers(view: View, bundle: str) -> tuple[Cover, ...]:
    """Every mask and bind of the view, in the order in which they are mounted."""
    masks = [Cover(f"{bundle}/{EMPTY_DIRECTORY}", path, False) for path in view.hidden_directories]
    masks += [Cover(f"{bundle}/{EMPTY_FILE}", path, False) for path in view.hidden_files]
    return (*masks, *(Cover(source, target, True) for source, target in view.binds))


def early(view: View, bundle: str) -> tuple[Cover, ...]:
    """Those of `covers` that stand on the root file system itself, so that the keeper can mount them, for a third of what it costs the runtime.

    The others lie in, or hold, what the runtime mounts.
    """
    layers = {path for path, _ in view.private} | {*view.writable, *KERNEL_DIRECTORIES}
    return tuple(
        cover
        for cover in covers(view, bundle)
        if not within(cover.target, layers) and not any(within(layer, (cover.target,)) for layer in layers)
    )


def config(spec: Spec, view: View, identity: Identity, init: str, bundle: str, *, cgroup: bool = True, machine: str = "") -> dict[str, Any]:
    """The OCI config. `init` is the path of the small init; `cgroup` False puts what can be put into rlimits instead of a control group.

    What is `early` is not in it.
    """
    process: dict[str, Any] = {
        "terminal": spec.terminal,
        "user": {"uid": identity.user, "gid": identity.group, "umask": spec.umask, "additionalGids": []},
        "args": [init, "--", *spec.argv],
        "env": [f"{name}={value}" for name, value in spec.env.items()],
        "cwd": view.cwd,
        "noNewPrivileges": True,
        "capabilities": {name: [] for name in _CAPABILITY_SETS},
        "rlimits": _rlimits(spec, identity, cgroup),
    }
    if spec.terminal:
        process["consoleSize"] = {"height": spec.rows, "width": spec.columns}
    return {
        "ociVersion": "1.0.2",
        "process": process,
        "root": {"path": ROOTFS, "readonly": True},
        "hostname": spec.hostname,
        "mounts": _mounts(view, bundle),
        "linux": {
            "namespaces": [{"type": kind} for kind in ("user", "mount", "pid", "ipc", "uts", "cgroup")],
            "uidMappings": [_mapping(identity.user, identity.rootless)],
            "gidMappings": [_mapping(identity.group, identity.rootless)],
            "maskedPaths": list(MASKED_PATHS),
            "readonlyPaths": list(READONLY_PATHS),
            "rootfsPropagation": "private",
            "seccomp": seccomp.profile(machine),
        },
    }


def _mapping(inside: int, rootless: bool) -> dict[str, int]:
    return {"containerID": inside, "hostID": 0, "size": 1} if rootless else {"containerID": 0, "hostID": 0, "size": _ALL_IDS}


def _rlimits(spec: Spec, identity: Identity, cgroup: bool) -> list[dict[str, Any]]:
    """The spec's own, and what is left of the limits without a control group.

    RLIMIT_NPROC counts per user namespace, so it holds for the sandbox (not for uid 0).
    """
    limits = dict(spec.rlimits)
    instead = {"RLIMIT_NPROC": spec.limits.pids if identity.rootless else 0, "RLIMIT_DATA": spec.limits.memory} if not cgroup else {}
    for kind, wanted in instead.items():
        given = limits.get(kind, (-1, -1))[1]
        value = min(wanted, given) if given >= 0 else wanted  # Raising a limit above the caller's own would fail the start.
        if wanted:
            limits[kind] = (value, value)
    # -1, RLIM_INFINITY of Python, is the largest unsigned 64-bit number to the runtime.
    return [{"type": kind, "soft": soft % 2**64, "hard": hard % 2**64} for kind, (soft, hard) in limits.items()]


def _mounts(view: View, bundle: str) -> list[dict[str, Any]]:
    plain = ["nosuid", "nodev"]
    first = [
        _mount("/proc", "proc", "proc", [*plain, "noexec"]),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "noexec", "mode=755", "size=1m"]),
        _mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
    ]
    layers = [(path, _mount(path, "tmpfs", "tmpfs", [*plain, *options.split(",")])) for path, options in view.private]
    # By the keeper's own mount of each: at the path itself, a process in another sandbox may have put a link by now.
    layers += [(path, _mount(path, "bind", f"{bundle}/{staged(n)}", ["rbind", "rw", *plain])) for n, path in enumerate(view.writable)]
    layers.sort(key=lambda layer: (layer[0].count("/"), layer[0]))  # What is inside something comes after it.
    mounted = {cover.target for cover in early(view, bundle)}
    late = [
        _mount(cover.target, "bind", cover.source, ["rbind", "ro", *plain, *([] if cover.execute else ["noexec"])])
        for cover in covers(view, bundle)
        if cover.target not in mounted
    ]
    return [*first, *(mount for _, mount in layers), *late]


def _mount(target: str, kind: str, source: str, options: list[str]) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": source, "options": options}
