"""The system calls that Python's ``os`` lacks, and nothing more: mount, mount_setattr, clone, prctl, close_range.

Every function raises OSError with the errno and the path or call it was for. The library is opened as ``PyDLL``: the interpreter's
lock is held across the call, so that a child made by :func:`clone` owns it and may go on to run Python until it executes a program.
"""

from __future__ import annotations

import ctypes
import os
import signal

_libc = ctypes.PyDLL(None, use_errno=True)

# <linux/mount.h>
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_ATTR_NOSUID = 0x2
_MOUNT_ATTR_NODEV = 0x4
_MOUNT_ATTR_NOEXEC = 0x8
_OPEN_TREE_CLONE = 0x1
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
_MOVE_MOUNT_T_EMPTY_PATH = 0x40
_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000

# <linux/sched.h>
CLONE_PARENT = 0x8000
CLONE_NEWPID = 0x20000000
_CLONE_INTO_CGROUP = 0x200000000

_PR_SET_PDEATHSIG = 1
_CLOSE_RANGE_CLOEXEC = 0x4

#: Numbers of the calls that libc of Debian 12 has no wrapper for; since Linux 5.0 new ones are the same on every architecture.
_SYS_OPEN_TREE = 428
_SYS_MOVE_MOUNT = 429
_SYS_CLONE3 = 435
_SYS_CLOSE_RANGE = 436
_SYS_OPENAT2 = 437
_RESOLVE_NO_SYMLINKS = 0x4
_RESOLVE_IN_ROOT = 0x10
_SYS_MOUNT_SETATTR = 442
_SYS_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_CREATE_RULESET_VERSION = 1


class _MountAttr(ctypes.Structure):
    """struct mount_attr of <linux/mount.h>."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def _syscall(number: int, *arguments: int, what: str) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *[ctypes.c_long(argument) for argument in arguments]), what)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). `kind` and `options` empty are passed as NULL."""
    _check(
        _libc.mount(
            os.fsencode(source),
            os.fsencode(target),
            kind.encode() or None,
            ctypes.c_ulong(flags),
            options.encode() or None,
        ),
        f"mount {kind or source} on {target}",
    )


def protect_tree(path: str, tree: int = _AT_FDCWD, *, execute: bool = True) -> None:
    """Make the mount at `path` and all below it read-only, without set-user-id and without devices: mount_setattr(2), Linux 5.12.

    With `path` empty it is the mount of the descriptor `tree`. `execute` False also takes away that programs there can be executed.
    """
    attributes = _MountAttr(attr_set=_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV | (0 if execute else _MOUNT_ATTR_NOEXEC))
    name = ctypes.c_char_p(os.fsencode(path))
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(tree),
        name,
        ctypes.c_uint(_AT_RECURSIVE | (0 if path else _AT_EMPTY_PATH)),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(result, f"mount_setattr {path}")


def cover(source: str, root: int, target: str, *, execute: bool = True) -> None:
    """Show `source`, a file or directory, at `target` below the directory `root`, read-only as in `protect_tree`. Linux 5.2.

    None of the components of `target` may be a symbolic link. It is protected before it is there: open_tree(2), move_mount(2).
    """
    name = ctypes.c_char_p(os.fsencode(source))
    flags = ctypes.c_uint(_OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC)
    tree = _check(_libc.syscall(ctypes.c_long(_SYS_OPEN_TREE), ctypes.c_int(_AT_FDCWD), name, flags), f"open_tree {source}")
    try:
        protect_tree("", tree, execute=execute)
        place = open_without_links(target.lstrip("/"), root)
        try:
            nothing, both = ctypes.c_char_p(b""), ctypes.c_uint(_MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_EMPTY_PATH)
            result = _libc.syscall(ctypes.c_long(_SYS_MOVE_MOUNT), ctypes.c_int(tree), nothing, ctypes.c_int(place), nothing, both)
            _check(result, f"move_mount {source} to {target}")
        finally:
            os.close(place)
    finally:
        os.close(tree)


def open_without_links(path: str, root: int | None = None) -> int:
    """An O_PATH descriptor of `path`, none of whose components is a symbolic link: openat2(2), Linux 5.6. `root` is a directory to stay below."""
    resolve = _RESOLVE_NO_SYMLINKS | (0 if root is None else _RESOLVE_IN_ROOT)
    how = (ctypes.c_uint64 * 3)(os.O_PATH | os.O_CLOEXEC, 0, resolve)  # struct open_how: flags, mode, resolve
    name = ctypes.c_char_p(os.fsencode(path))
    base = ctypes.c_int(_AT_FDCWD if root is None else root)
    result: int = _libc.syscall(ctypes.c_long(_SYS_OPENAT2), base, name, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how)))
    return _check(result, path)


class _CloneArgs(ctypes.Structure):
    """struct clone_args of <linux/sched.h>."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in (
            "flags",
            "pidfd",
            "child_tid",
            "parent_tid",
            "exit_signal",
            "stack",
            "stack_size",
            "tls",
            "set_tid",
            "set_tid_size",
            "cgroup",
        )
    )


def clone(flags: int, group: int | None = None) -> int:
    """Fork with namespace `flags`; 0 in the child, which must execute a program or ``os._exit``, and must not return. clone3(2), Linux 5.7.

    With `group`, the descriptor of a version 2 control group, the child is born in it; moving it there later would wait for the whole machine.
    Unlike ``os.fork`` this runs none of Python's after-fork hooks, so it is for single-threaded callers that execute a program next.
    """
    arguments = _CloneArgs(flags=flags, exit_signal=0 if flags & CLONE_PARENT else signal.SIGCHLD)
    if group is not None:
        arguments.flags = flags | _CLONE_INTO_CGROUP
        arguments.cgroup = group
    return _check(_libc.syscall(ctypes.c_long(_SYS_CLONE3), ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments))), "clone")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends: PR_SET_PDEATHSIG. Set it after the last change of credentials, which clears it."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)), "prctl")


def close_on_exec_from(first: int) -> None:
    """Mark every descriptor from `first` on close-on-exec, whoever opened it: close_range(2), Linux 5.11."""
    _syscall(_SYS_CLOSE_RANGE, first, 0xFFFFFFFF, _CLOSE_RANGE_CLOEXEC, what="close_range")


def detach(path: str) -> None:
    """umount2(2), lazily."""
    _check(_libc.umount2(os.fsencode(path), MNT_DETACH), f"umount {path}")


def landlock_version() -> int:
    """The ABI version of Landlock, landlock_create_ruleset(2). Raises OSError where the kernel has none."""
    return _syscall(_SYS_LANDLOCK_CREATE_RULESET, 0, 0, _LANDLOCK_CREATE_RULESET_VERSION, what="landlock")
