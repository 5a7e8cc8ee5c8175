"""The static system call filter: what answers with an error, whatever the policy says.

Everything else is allowed here. The process has no capability and cannot get one, so most of these would fail anyway: the filter keeps
hostile code away from kernel paths that have been exploited without capabilities, and from the few calls that reach around the other
walls. One line of data per group, each with its reason. Errors that software is written to fall back from (ENOSYS) are used where
falling back keeps it working.

ptrace is refused although debuggers miss it: a tracer rewrites the system calls of its tracee after they were looked at, and could take
over the init of the sandbox. Foreign ABIs (i386, x32) are not in the filter's architecture list: libseccomp kills their callers.
"""

from __future__ import annotations

import errno
import platform
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError

ARCHITECTURES = {
    "x86_64": "SCMP_ARCH_X86_64",
    "aarch64": "SCMP_ARCH_AARCH64",
    "riscv64": "SCMP_ARCH_RISCV64",
    "ppc64le": "SCMP_ARCH_PPC64LE",
}

_U32 = 0xFFFFFFFF
_CLONE_NEWUSER = 0x10000000
#: Every namespace that unshare(2) can make: time, mount, cgroup, uts, ipc, user, pid, net.
_NAMESPACES = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, _CLONE_NEWUSER, 0x20000000, 0x40000000)
_TIOCSTI = 0x5412
_S_ISUID = 0o4000
_O_CREAT = 0o100
_TIOCLINUX = 0x541C
_TIOCSETD = 0x5423
_AF_NETLINK = 16
_NETLINK_ROUTE = 0
_SOCKET = ("socket", "socketpair")
_INTERNET = (2, 10)
#: Of <linux/in.h>; TCP, UDP, ICMP and MPTCP (which Go asks for) stay.
_RARE_PROTOCOLS = (33, 115, 132, 136, 256)
#: Families below AF_NETLINK that are not AF_UNIX (1), AF_INET (2) or AF_INET6 (10).
_FOREIGN_FAMILIES = (0, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15)


@dataclass(frozen=True, slots=True)
class Argument:
    """A comparison of one argument. With `mask`, the masked argument must equal `value`; kernel ints are compared by their low 32 bits."""

    index: int
    operator: str
    value: int
    mask: int = 0

    def as_dict(self) -> dict[str, Any]:
        if self.operator == "SCMP_CMP_MASKED_EQ":
            return {"index": self.index, "value": self.mask, "valueTwo": self.value, "op": self.operator}
        return {"index": self.index, "value": self.value, "op": self.operator}


def _bits(index: int, value: int, mask: int | None = None) -> Argument:
    return Argument(index, "SCMP_CMP_MASKED_EQ", value, value if mask is None else mask)


@dataclass(frozen=True, slots=True)
class Refusal:
    """System calls that answer `error`, if all of `arguments` match; `why` is for the reader."""

    calls: tuple[str, ...]
    error: int
    why: str
    arguments: tuple[Argument, ...] = ()


REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        ("io_uring_setup", "io_uring_enter", "io_uring_register"),
        errno.ENOSYS,
        "does I/O that no filter sees; libraries fall back to epoll",
    ),
    Refusal(("clone3",), errno.ENOSYS, "its flags are behind a pointer, so a filter cannot refuse CLONE_NEWUSER; libc falls back to clone"),
    Refusal(("openat2",), errno.ENOSYS, "its flags are behind a pointer; software falls back to openat"),
    Refusal(("bpf",), errno.EPERM, "a large, often exploited verifier"),
    Refusal(("userfaultfd",), errno.EPERM, "holds the kernel still in the middle of a copy: the tool of race exploits"),
    Refusal(("perf_event_open",), errno.EPERM, "large attack surface, and it samples other processes"),
    Refusal(("open_by_handle_at", "name_to_handle_at"), errno.EPERM, "opens files by inode, behind every mount and mask"),
    Refusal(("process_vm_readv", "process_vm_writev", "process_madvise"), errno.EPERM, "reach into the memory of other processes"),
    Refusal(("pidfd_getfd", "kcmp"), errno.EPERM, "reach into the descriptors of other processes"),
    Refusal(("ptrace",), errno.EPERM, "changes a system call after it was ruled on (see above)"),
    Refusal(("mount", "umount", "umount2", "pivot_root", "chroot"), errno.EPERM, "would rearrange the view that hides secrets"),
    Refusal(
        ("move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
        errno.EPERM,
        "the same, newer",
    ),
    Refusal(("setns",), errno.EPERM, "enters other namespaces"),
    *(Refusal(("unshare",), errno.EPERM, "makes a namespace", (_bits(0, flag),)) for flag in _NAMESPACES),
    *(
        Refusal(("clone",), errno.EPERM, "makes a namespace; a user namespace brings capabilities", (_bits(0, flag),))
        for flag in _NAMESPACES[1:]
    ),
    *(
        Refusal(
            _SOCKET,
            errno.EAFNOSUPPORT,
            "a foreign family: not bound by the network namespace or its rules",
            (Argument(0, "SCMP_CMP_EQ", family),),
        )
        for family in _FOREIGN_FAMILIES
    ),
    Refusal(
        _SOCKET,
        errno.EAFNOSUPPORT,
        "packet, vsock (reaches the hypervisor), alg, bluetooth, ...",
        (Argument(0, "SCMP_CMP_GT", _AF_NETLINK),),
    ),
    *(
        Refusal(
            _SOCKET,
            errno.EPROTONOSUPPORT,
            "DCCP, L2TP, SCTP, UDP-Lite, SMC: nothing answers here, and asking loads kernel modules with a history of bugs",
            (Argument(0, "SCMP_CMP_EQ", family), _bits(2, protocol, _U32)),
        )
        for family in _INTERNET
        for protocol in _RARE_PROTOCOLS
    ),
    Refusal(
        _SOCKET,
        errno.EPROTONOSUPPORT,
        "netlink beside NETLINK_ROUTE: netfilter, audit, xfrm, ...",
        (Argument(0, "SCMP_CMP_EQ", _AF_NETLINK), Argument(2, "SCMP_CMP_NE", _NETLINK_ROUTE)),
    ),
    *(
        Refusal(
            (call,), errno.EPERM, "makes a program that runs with the sandbox's user for whoever finds it outside", (_bits(mode, _S_ISUID),)
        )
        for call, mode in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("fchmodat2", 2), ("creat", 1), ("mknod", 1), ("mknodat", 2))
    ),
    *(
        Refusal((call,), errno.EPERM, "the same", (_bits(mode - 1, _O_CREAT), _bits(mode, _S_ISUID)))
        for call, mode in (("open", 2), ("openat", 3))
    ),
    Refusal(("ioctl",), errno.EPERM, "types into the terminal of whoever started the sandbox", (_bits(1, _TIOCSTI, _U32),)),
    Refusal(("ioctl",), errno.EPERM, "the same on a console, by pasting", (_bits(1, _TIOCLINUX, _U32),)),
    Refusal(("ioctl",), errno.EPERM, "loads a terminal line discipline: old, exploited kernel modules", (_bits(1, _TIOCSETD, _U32),)),
    Refusal(("add_key", "request_key", "keyctl"), errno.EPERM, "key rings are not in a namespace: the caller's keys would be readable"),
    Refusal(("personality",), errno.EPERM, "turns off address randomization and other protections", (Argument(0, "SCMP_CMP_NE", 0),)),
    Refusal(("kexec_load", "kexec_file_load", "reboot"), errno.EPERM, "replaces or stops the kernel"),
    Refusal(("init_module", "finit_module", "delete_module", "create_module"), errno.EPERM, "extends the kernel"),
    Refusal(
        ("swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "vhangup", "syslog", "nfsservctl"), errno.EPERM, "administers the host"
    ),
    Refusal(("settimeofday", "clock_settime", "stime"), errno.EPERM, "the clock is not in a namespace"),
    Refusal(("iopl", "ioperm", "modify_ldt", "vm86", "vm86old"), errno.EPERM, "hardware access and old entry paths"),
    Refusal(("sethostname", "setdomainname"), errno.EPERM, "the name is how logs tell sandboxes apart"),
    Refusal(("fanotify_init", "lookup_dcookie"), errno.EPERM, "watches files outside of the view"),
    Refusal(
        ("move_pages", "migrate_pages", "uselib", "ustat", "sysfs", "_sysctl"),
        errno.ENOSYS,
        "obsolete or of no use, with a history of bugs",
    ),
)


def profile(machine: str = "") -> dict[str, Any]:
    """The ``linux.seccomp`` object of an OCI config for `machine` (as ``platform.machine()`` says it). Raises SandboxError if it is unknown."""
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxError(f"There is no system call filter for {machine}.")
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": [ARCHITECTURES[machine]],
        "syscalls": [
            {
                "names": list(refusal.calls),
                "action": "SCMP_ACT_ERRNO",
                "errnoRet": refusal.error,
                "args": [argument.as_dict() for argument in refusal.arguments],
            }
            for refusal in REFUSALS
        ],
    }
