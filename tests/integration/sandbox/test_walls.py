"""A hostile process pushes against every wall. What it prints after DONE is a hole."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import seccomp
from tests.integration.sandbox.conftest import Result

Python = Callable[..., Result]
Run = Callable[..., Result]

needs_x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="x86-64 system call numbers")

_PRELUDE = r"""
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    return "DONE" if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""


def test_no_capability_and_no_way_to_get_one(run: Run) -> None:
    status = dict(line.split(":\t") for line in run("cat", "/proc/self/status").out.splitlines() if ":\t" in line)
    assert {name: status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_every_namespace_is_its_own(python: Python) -> None:
    names = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
    inside = python(f"import os\nfor name in {names!r}: print(os.readlink('/proc/self/ns/' + name))").out.split()
    outside = [str(Path(f"/proc/self/ns/{name}").readlink()) for name in names]
    assert len(inside) == len(names)
    assert not set(inside) & set(outside)


# Number and arguments on x86-64; expected error.
_CALLS = {
    "unshare user": (272, (0x10000000,), "EPERM"),
    "unshare mount": (272, (0x20000,), "EPERM"),
    "unshare all": (272, (0x7E020080,), "EPERM"),
    "setns": (308, (0, 0), "EPERM"),
    "mount": (165, (b"x", b"/tmp", b"tmpfs", 0, 0), "EPERM"),
    "umount2": (166, (b"/proc/sys", 2), "EPERM"),
    "pivot_root": (155, (b"/tmp", b"/tmp"), "EPERM"),
    "chroot": (161, (b"/tmp",), "EPERM"),
    "open_tree": (428, (-100, b"/", 1), "EPERM"),
    "fsopen": (430, (b"tmpfs", 0), "EPERM"),
    "mount_setattr": (442, (-100, b"/", 0, 0, 0), "EPERM"),
    "io_uring_setup": (425, (1, 0), "ENOSYS"),
    "bpf": (321, (0, 0, 0), "EPERM"),
    "userfaultfd": (323, (0,), "EPERM"),
    "perf_event_open": (298, (0, 0, -1, -1, 0), "EPERM"),
    "ptrace": (101, (16, 1, 0, 0), "EPERM"),
    "process_vm_readv": (310, (1, 0, 0, 0, 0, 0), "EPERM"),
    "process_vm_writev": (311, (1, 0, 0, 0, 0, 0), "EPERM"),
    "pidfd_getfd": (438, (3, 0, 0), "EPERM"),
    "kcmp": (312, (1, 2, 0, 0, 0), "EPERM"),
    "open_by_handle_at": (304, (3, 0, 0), "EPERM"),
    "keyctl": (250, (0, -3, 0), "EPERM"),
    "add_key": (248, (b"user", b"a", b"b", 1, -3), "EPERM"),
    "personality": (135, (0x400000,), "EPERM"),
    "kexec_load": (246, (0, 0, 0, 0), "EPERM"),
    "init_module": (175, (0, 0, 0), "EPERM"),
    "reboot": (169, (0, 0, 0, 0), "EPERM"),
    "syslog": (103, (3, 0, 0), "EPERM"),
    "sethostname": (170, (b"a", 1), "EPERM"),
    "clone3": (435, (0, 0), "ENOSYS"),
    "openat2": (437, (-100, b"/", 0, 0), "ENOSYS"),
    "settimeofday": (164, (0, 0), "EPERM"),
    "swapon": (167, (b"/x", 0), "EPERM"),
    "fanotify_init": (300, (0, 0), "EPERM"),
    "iopl": (172, (3,), "EPERM"),
    "modify_ldt": (154, (0, 0, 0), "EPERM"),
    "acct": (163, (0,), "EPERM"),
    "clone, new user namespace": (56, (0x10000011, 0, 0, 0, 0), "EPERM"),
    "clone, high bits set": (56, (0x7FFFFFFF_10000011, 0, 0, 0, 0), "EPERM"),
    "creat, set-user-id": (85, (b"made-by-creat", 0o4755), "EPERM"),
    "open, set-user-id": (2, (b"made-by-open", 0o102, 0o4755), "EPERM"),
    "openat, set-user-id": (257, (-100, b"made-by-openat", 0o102, 0o4755), "EPERM"),
    "mknod, set-user-id": (133, (b"made-by-mknod", 0o104755, 0), "EPERM"),
    "chmod, set-user-id": (90, (b".", 0o4755), "EPERM"),
    "fchmodat, set-user-id": (268, (-100, b".", 0o4755), "EPERM"),
    "fchmodat2, set-user-id": (452, (-100, b".", 0o4755, 0), "EPERM"),
    "UDP-Lite": (41, (2, 2, 136), "EPROTONOSUPPORT"),
    "UDP-Lite over IPv6, high bits set": (41, (10, 2, 0x7FFFFFFF_00000088), "EPROTONOSUPPORT"),
    "ioctl TIOCSTI": (16, (0, 0x5412, b"x"), "EPERM"),
    "ioctl TIOCSTI, high bits set": (16, (0, 0x7FFF0000_00005412, b"x"), "EPERM"),
    "ioctl TIOCLINUX": (16, (0, 0x541C, b"x"), "EPERM"),
}


@needs_x86
def test_the_filter_refuses_what_it_lists(python: Python) -> None:
    lines = "\n".join(
        f"print({name!r}, call({number}, *[a if isinstance(a, bytes) else ctypes.c_long(a) for a in {arguments!r}]), sep='|')"
        for name, (number, arguments, _) in _CALLS.items()
    )
    result = python(_PRELUDE + lines)
    seen = dict(line.split("|") for line in result.out.splitlines())
    assert seen == {name: error for name, (_, _, error) in _CALLS.items()}, result.err


@needs_x86
def test_the_filter_leaves_ordinary_software_alone(python: Python) -> None:
    result = python(
        "import asyncio, concurrent.futures, ctypes, mmap, multiprocessing, os, sqlite3, ssl, subprocess, threading, time\n"
        "threading.Thread(target=print, args=('thread',)).start()\n"
        "print(subprocess.run(['sh', '-c', 'echo child'], capture_output=True, text=True).stdout.strip())\n"
        "asyncio.run(asyncio.sleep(0)); print('asyncio')\n"
        "multiprocessing.Semaphore(); print('semaphore')\n"
        "sqlite3.connect('test.db').execute('create table t (a)'); print('sqlite')\n"
        "m = mmap.mmap(-1, 4096, prot=7); print('executable')\n"
        "print(ctypes.CDLL(None).personality(0))"
    )
    assert result.status == 0, result.err
    assert set(result.out.split()) == {"thread", "child", "asyncio", "semaphore", "sqlite", "executable", "0"}


def test_only_four_socket_families(python: Python) -> None:
    source = _PRELUDE + (
        "for family in [*range(50), 2**32 + 17]:\n"
        " for call_number in (41, 53):\n"
        "  for kind in (1, 2, 3, 5):\n"
        "   if call(call_number, ctypes.c_long(family), kind, 0, (ctypes.c_int * 2)()) == 'DONE': print(family)"
    )
    if os.uname().machine != "x86_64":
        pytest.skip("x86-64 system call numbers")
    assert set(python(source).out.split()) <= {"1", "2", "10", "16"}


@needs_x86
@pytest.mark.parametrize(
    "source",
    [
        pytest.param("call(0x40000000 + 39)", id="x32"),
        pytest.param("call(0x40000000 + 165, b'x', b'/tmp', b'tmpfs', 0, 0)", id="x32-mount"),
        # mov eax, 20 (getpid of i386); int 0x80; ret
        pytest.param(
            "import mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(bytes.fromhex('b814000000cd80c3'));"
            " ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
            id="i386",
        ),
    ],
)
def test_foreign_abis_are_killed(python: Python, source: str) -> None:
    assert python(_PRELUDE + source + "; print('DONE')").status == 128 + 31  # SIGSYS


def test_kernel_files_cannot_be_written_nor_much_read(python: Python) -> None:
    """As root inside, file modes alone would allow all of this."""
    source = r"""
import os, stat
null = os.stat("/dev/null").st_rdev
for base in ("/proc", "/sys"):
    for directory, below, files in os.walk(base):
        if directory == "/proc":
            below[:] = [name for name in below if not name.isdigit() and name not in ("self", "thread-self")]
        for name in files:
            path = os.path.join(directory, name)
            try:
                status = os.lstat(path)
                if stat.S_ISLNK(status.st_mode) or (stat.S_ISCHR(status.st_mode) and status.st_rdev == null):
                    continue
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                print("DONE", path)
            except OSError:
                pass
for path in ("/proc/kcore", "/proc/kmsg", "/proc/keys", "/proc/sysrq-trigger", "/proc/timer_list", "/sys/firmware"):
    try:
        if os.path.isdir(path) and os.listdir(path) or not os.path.isdir(path) and open(path, "rb").read(1):
            print("DONE", path)
    except OSError:
        pass
for path in ("core_pattern", "modprobe", "hostname", "yama/ptrace_scope"):
    try:
        open("/proc/sys/kernel/" + path, "w").write("|/tmp/evil")
        print("DONE", path)
    except OSError:
        pass
print("end")
"""
    assert python(source).out == "end\n"


def test_no_way_back_to_the_host_through_proc(python: Python) -> None:
    source = r"""
import os
def look(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return error.errno
root = look("/")
for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
    for link in ("root", "cwd"):
        found = look(f"/proc/{pid}/{link}/")
        print(pid, link, found == root if link == "root" else found == look("."))
print(len([name for name in os.listdir("/proc") if name.isdigit()]))
print(os.path.exists("/proc/1/root/proc/1/root/.dockerenv") == os.path.exists("/.dockerenv"))
"""
    lines = python(source).out.split()
    assert "False" not in lines
    assert int(lines[-2]) == 2  # the init and this process


def test_devices_are_the_harmless_ones(run: Run, python: Python) -> None:
    names = set(run("ls", "/dev").out.split())
    assert names <= {
        "console",
        "core",
        "fd",
        "full",
        "mqueue",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "tty",
        "urandom",
        "zero",
    }
    result = python(
        "import os\nfor kind, device in ((0o060000, os.makedev(254, 0)), (0o020000, os.makedev(1, 1)), (0o020000, os.makedev(5, 1))):\n"
        " try: os.mknod('node', kind | 0o600, device); print('DONE')\n except OSError as error: print(error.errno)"
    )
    assert result.out.split() == [str(errno.EPERM)] * 3


def test_set_user_id_programs_have_no_power(run: Run, python: Python) -> None:
    result = run("sh", "-c", "cp /usr/bin/id ./id && chmod 6755 ./id && ./id; grep -c nosuid /proc/self/mountinfo")
    assert "euid" not in result.out
    source = "import os\nfor uid in (0, 1, 1000, 65534):\n try: os.setuid(uid); print(os.getuid())\n except OSError: pass"
    assert set(python(source).out.split()) <= {str(os.geteuid())}


def test_limits_cannot_be_raised(python: Python) -> None:
    source = (
        "import resource\nfor kind in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE):\n"
        " soft, hard = resource.getrlimit(kind)\n"
        " try:\n  resource.setrlimit(kind, (hard, hard + 1 if hard > 0 else hard)); print('DONE' if hard > 0 else 'unlimited')\n"
        " except (ValueError, OSError): print('refused')"
    )
    assert "DONE" not in python(source).out


def test_the_hosts_processes_do_not_show(run: Run) -> None:
    result = run("sh", "-c", f"ls /proc | grep -cE '^[0-9]+$'; kill -0 {os.getpid()} && echo DONE")
    assert int(result.out.split()[0]) <= 5
    assert "DONE" not in result.out


def test_the_init_cannot_be_stopped_or_killed_from_inside(run: Run) -> None:
    assert run("sh", "-c", "kill -KILL 1; kill -STOP 1; exit 4").status == 4


def test_shared_memory_and_message_queues_are_private(run: Run) -> None:
    result = run("sh", "-c", "ipcs -m -q -s | grep -c '^0x'")
    assert result.out.strip() in ("0", "")


def test_the_profile_names_no_call_twice_without_arguments() -> None:
    plain = [name for refusal in seccomp.REFUSALS if not refusal.arguments for name in refusal.calls]
    assert len(plain) == len(set(plain))
    assert all(refusal.why and re.fullmatch(r"[^\n]+", refusal.why) for refusal in seccomp.REFUSALS)
