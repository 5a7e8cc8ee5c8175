"""What this machine can enforce: one `Check` per wall, each tried rather than looked up where trying is harmless.

Nothing is changed; what a check makes (a namespace, a group, a container that runs ``true``) it removes.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroup, kernel
from sandbox.errors import SandboxError
from sandbox.network import Namespace
from sandbox.runtime import Runtime, start
from sandbox.spec import Limits, Spec

_OLDEST_KERNEL = (5, 12)


@dataclass(frozen=True, slots=True)
class Check:
    """One wall. `detail` says what was found; when it is not `ok`, `lost` what does not hold without it and `fix` how to get it.

    `required` ones must be ok for a sandbox to start at all.
    """

    name: str
    ok: bool
    detail: str
    lost: str = ""
    fix: str = ""
    required: bool = False


def probe() -> list[Check]:
    """All checks, in the order in which a start needs them. Takes about 0.1 s, changes nothing, and never raises."""
    return [_guarded(check) for check in _CHECKS]


def _guarded(check: Callable[[], Check]) -> Check:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        return check()
    except SandboxError as error:
        return Check(name, False, error.message, "no sandbox", error.advice, required=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Check(name, False, str(error), "unknown: the check itself failed", "")


def _kernel() -> Check:
    release = platform.release()
    match = re.match(r"(\d+)\.(\d+)", release)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    ok = version >= _OLDEST_KERNEL
    return Check(
        "kernel", ok, release, "" if ok else "no read-only view of the host", "" if ok else "Use Linux 5.12 or later.", required=True
    )


def _version(path: str) -> str:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    return (done.stdout or done.stderr).partition("\n")[0]


def _runtime() -> Check:
    runtime = Runtime.find()
    if runtime.name == "crun":
        return Check("runtime", True, f"{_version(runtime.path)} ({runtime.path})", required=True)
    return Check(
        "runtime",
        os.geteuid() == 0,
        f"{_version(runtime.path)} ({runtime.path})",
        "four times faster starts, and sandboxes for ordinary users",
        "apt-get install crun",
        required=True,
    )


def _init() -> Check:
    return Check("init", True, Runtime.find().init, required=True)


def _system_call_filter() -> Check:
    actions = _words("/proc/sys/kernel/seccomp/actions_avail")
    ok = "errno" in actions
    return Check(
        "system call filter",
        ok,
        " ".join(actions) or "none",
        "" if ok else "no sandbox",
        "" if ok else "Use a kernel with CONFIG_SECCOMP_FILTER.",
        True,
    )


def _system_call_notification() -> Check:
    ok = "user_notif" in _words("/proc/sys/kernel/seccomp/actions_avail")
    return Check(
        "system call notification",
        ok,
        "there" if ok else "missing",
        "" if ok else "rulings on system calls",
        "" if ok else "Use Linux 5.5 or later.",
    )


def _landlock() -> Check:
    try:
        return Check("landlock", True, f"ABI {kernel.landlock_version()}")
    except OSError as error:
        return Check(
            "landlock",
            False,
            error.strerror or str(error),
            "a second lock on what may be executed",
            "Add landlock to the kernel's lsm= parameter.",
        )


def _network() -> Check:
    namespace = Namespace.create()
    namespace.close()
    families = "IPv4 and IPv6" if namespace.listeners.tcp6 else "IPv4 (no IPv6 on this machine)"
    return Check("network", True, f"namespace with nftables redirect, {families}", required=True)


def _control_groups() -> Check:
    group, lost = cgroup.create(f"sandbox-probe-{secrets.token_hex(4)}", Limits(memory=1 << 30, pids=1000, cpus=1.0))
    if group is not None:
        group.remove()
    version = (
        "none" if group is None else "version 2" if len(group.directories) == 1 and "memory" not in group.directories[0] else "version 1"
    )
    fix = "" if not lost else "Run as root, or as a systemd user service with Delegate=yes."
    return Check("control groups", not lost, version, "; ".join(lost), fix)


def _overlay() -> Check:
    ok = "overlay" in _words("/proc/filesystems")
    return Check(
        "overlay",
        ok,
        "there" if ok else "missing (or not loaded)",
        "" if ok else "showing files inside that the host does not have",
        "" if ok else "modprobe overlay",
    )


def _sandbox() -> Check:
    namespace = Namespace.create()
    null = os.open("/dev/null", os.O_RDWR)
    try:
        with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as state:
            spec = Spec(argv=("true",), cwd="/", env={"PATH": "/usr/bin:/bin"})
            with start(spec, namespace=namespace, stdio=(null, null, null), state=state) as container:
                status = container.wait()
    finally:
        os.close(null)
        namespace.close()
    who = "root" if os.geteuid() == 0 else "an ordinary user, in a user namespace"
    return Check("sandbox", status == 0, f"`true` as {who}: exit status {status}", "" if status == 0 else "no sandbox", required=True)


def _words(path: str) -> list[str]:
    try:
        return Path(path).read_text().split()
    except OSError:
        return []


_CHECKS: tuple[Callable[[], Check], ...] = (
    _kernel,
    _runtime,
    _init,
    _network,
    _system_call_filter,
    _system_call_notification,
    _landlock,
    _overlay,
    _control_groups,
    _sandbox,
)
