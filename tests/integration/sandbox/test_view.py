"""What shows of the host's file system, and what does not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Bind, SandboxError
from sandbox.runtime import Container
from tests.integration.sandbox.conftest import Result

Run = Callable[..., Result]
Begin = Callable[..., Container]

SECRET = "synthetic-secret-value"


def _tree(place: Path) -> Path:
    """A project with a credential directory, a credential file, and links to both."""
    (place / "vault").mkdir()
    (place / "vault" / "credentials").write_text(SECRET)
    (place / "token").write_text(SECRET)
    (place / "project").mkdir()
    (place / "project" / "data").write_text("plain")
    (place / "link-to-vault").symlink_to(place / "vault")
    (place / "link-to-token").symlink_to("token")
    return place


def test_the_host_is_read_only_and_the_working_directory_is_not(run: Run, place: Path) -> None:
    _tree(place)
    result = run(
        "sh",
        "-c",
        "cat ../project/data; echo new > made; echo x > ../outside; echo x > /etc/outside; rm ../token; mv ../token t; true",
        cwd=str(place / "project"),
    )
    assert result.out == "plain"
    assert result.err.count("Read-only file system") + result.err.count("Invalid cross-device") >= 3
    assert (place / "project" / "made").exists()
    assert not (place / "outside").exists()
    assert (place / "token").exists()


def test_no_mount_is_writable_but_ours(python: Run, tmp_path: Path) -> None:
    """Every mount in the container is read-only, private to it, or the working directory; and none passes on set-user-id or devices."""
    result = python("print(open('/proc/self/mountinfo').read())")
    private = ("/tmp", "/run", "/var/tmp", "/dev", "/dev/pts", "/dev/shm", "/proc", str(tmp_path))
    rows = [line.split(" ") for line in result.out.splitlines() if line]
    assert rows
    for fields in rows:
        point, options = fields[4], fields[5].split(",")
        covered = sum(row[4] == point for row in rows) > 1 or point.startswith(("/dev/", "/sys/")) or fields[3] == "/null"
        assert "rw" not in options or point in private or (covered and point.startswith("/dev/")), fields
        assert "shared" not in " ".join(fields[6:8]), fields


def test_hidden_directories_and_files_show_empty(run: Run, place: Path) -> None:
    _tree(place)
    result = run(
        "sh",
        "-c",
        f"ls -A {place}/vault; cat {place}/token {place}/vault/credentials; echo x > {place}/vault/new",
        hide=(str(place / "vault"), str(place / "token")),
    )
    assert result.out == ""
    assert SECRET not in result.out + result.err


@pytest.mark.parametrize("hidden", ["link-to-vault", "vault"])
def test_a_link_is_resolved_before_it_is_masked(run: Run, place: Path, hidden: str) -> None:
    _tree(place)
    result = run(
        "sh",
        "-c",
        "cat vault/credentials link-to-vault/credentials project/../vault/credentials",
        cwd=str(place),
        hide=(str(place / hidden),),
    )
    assert result.out == ""


def test_a_mask_inside_the_working_directory_holds(run: Run, place: Path) -> None:
    _tree(place)
    attack = "; ".join(
        (
            "mv vault v2",
            "rm -rf vault",
            "rmdir vault",
            "umount vault",
            "mv token t2",
            "rm -f token",
            "ln token hard",
            "ln -s vault/credentials soft",
            "cat soft hard t2 v2/credentials vault/credentials token",
            "mkdir d && mv project d/",
            "cp -r . /tmp/copy",
            f"grep -r {SECRET} . /tmp/copy",
        )
    )
    result = run("sh", "-c", attack, cwd=str(place), hide=(str(place / "vault"), str(place / "token")))
    assert SECRET not in result.out
    assert (place / "vault" / "credentials").read_text() == SECRET
    assert (place / "token").read_text() == SECRET


def test_renaming_the_parent_of_a_mask_does_not_uncover_it(run: Run, place: Path) -> None:
    _tree(place)
    (place / "project" / "deep").mkdir()
    (place / "project" / "deep" / "key").write_text(SECRET)
    result = run("sh", "-c", "mv project other; cat other/deep/key", cwd=str(place), hide=(str(place / "project" / "deep"),))
    assert SECRET not in result.out


def test_hide_wins_over_writable(run: Run, place: Path) -> None:
    _tree(place)
    inside = str(place / "vault" / "credentials")
    result = run("sh", "-c", f"cat {inside}; echo x > {inside}", writable=(inside, str(place / "vault")), hide=(str(place / "vault"),))
    assert SECRET not in result.out
    assert Path(inside).read_text() == SECRET


def test_writable_paths_are_writable_and_may_be_missing(run: Run, place: Path) -> None:
    _tree(place)
    (place / "agent.json").write_text("{}")
    result = run(
        "sh",
        "-c",
        f"echo a > {place}/vault/new && echo b > {place}/agent.json",
        writable=(str(place / "vault"), str(place / "agent.json"), str(place / "missing")),
    )
    assert result.status == 0, result.err
    assert (place / "vault" / "new").read_text() == "a\n"
    assert (place / "agent.json").read_text() == "b\n"


def test_a_link_planted_in_an_earlier_session_makes_nothing_writable(run: Run, place: Path) -> None:
    """An agent that could write to a directory replaces its own state in it by a link to somewhere better; links within the directory are fine."""
    _tree(place)
    (place / "project" / ".agent").symlink_to(place / "vault")
    (place / ".agent2").symlink_to(place / "vault")
    result = run("sh", "-c", f"echo x > {place}/vault/planted", writable=(str(place / "project" / ".agent"),))
    assert result.status != 0
    assert not (place / "vault" / "planted").exists()
    assert run("sh", "-c", f"echo x > {place}/.agent2/kept", writable=(str(place / ".agent2"),)).status == 0
    assert (place / "vault" / "kept").exists()


def test_a_link_planted_above_a_writable_path_makes_nothing_writable(run: Run, place: Path) -> None:
    (place / "victim" / "data").mkdir(parents=True)
    (place / "project").mkdir()
    (place / "project" / "state").symlink_to(place / "victim")
    result = run("sh", "-c", f"echo x > {place}/victim/data/planted", writable=(str(place / "project" / "state" / "data"),))
    assert result.status != 0
    assert not (place / "victim" / "data" / "planted").exists()


def test_a_working_directory_reached_by_a_link_is_refused(run: Run, place: Path) -> None:
    """The kernel's name of the current directory has no links: one is there because somebody has just put it there."""
    (place / "victim").mkdir()
    (place / "link").symlink_to(place / "victim")
    with pytest.raises(SandboxError, match="symbolic link"):
        run("touch", "planted", cwd=str(place / "link"))
    assert not (place / "victim" / "planted").exists()


def test_a_link_swapped_in_between_makes_nothing_writable(run: Run, place: Path) -> None:
    """Another sandbox has the directory above in its hands, and wins the race between the look at a path and its mount now and then."""
    (place / "victim" / "data").mkdir(parents=True)
    (place / "state" / "data").mkdir(parents=True)
    flip = f"""
import os
os.chdir({str(place)!r})
while True:
    os.rename("state", "real"); os.symlink("victim", "state"); os.unlink("state"); os.rename("real", "state")
"""
    outcomes: set[object] = set()
    with subprocess.Popen([sys.executable, "-c", flip]) as swapper:
        try:
            for number in range(40):
                attack = f"touch {place}/victim/data/planted{number} {place}/state/data/meant{number}"
                try:
                    outcomes.add(run("sh", "-c", attack, writable=(str(place / "state" / "data"),)).status)
                except SandboxError:
                    outcomes.add("refused")
        finally:
            swapper.kill()
    assert len(outcomes) > 1, "the swapping never met a start"
    assert list((place / "victim" / "data").iterdir()) == [], outcomes


def test_a_hidden_working_directory_is_refused(run: Run, place: Path) -> None:
    with pytest.raises(SandboxError, match="hidden"):
        run("true", cwd=str(place), hide=(str(place),))


@pytest.mark.parametrize("cwd", ["/proc", "/sys/kernel", "/dev"])
def test_a_kernel_directory_is_no_working_directory(run: Run, cwd: str) -> None:
    with pytest.raises(SandboxError, match="kernel"):
        run("true", cwd=cwd)


def test_a_missing_working_directory_is_refused(run: Run, place: Path) -> None:
    with pytest.raises(SandboxError, match="not there"):
        run("true", cwd=str(place / "gone"))


def test_the_root_as_working_directory_stays_read_only(run: Run) -> None:
    result = run("sh", "-c", "pwd; touch /made-inside", cwd="/")
    assert result.out == "/\n"
    assert result.status != 0
    assert not Path("/made-inside").exists()


def test_temporary_directories_are_private(run: Run, tmp_path: Path) -> None:
    result = run(
        "sh",
        "-c",
        "for d in /tmp /var/tmp /run /dev/shm; do ls -A $d; done; echo x > /tmp/made && echo x > /var/tmp/made && echo x > /dev/shm/made",
    )
    assert result.status == 0, result.err
    shown = set(result.out.split())
    assert shown <= {tmp_path.parts[2]} | {"made"}, "only the path to the working directory"
    assert not Path("/tmp/made").exists()


def test_working_in_tmp_itself_gives_a_private_one(run: Run, tmp_path: Path) -> None:
    result = run("sh", "-c", "pwd; ls -A; touch made", cwd="/tmp")
    assert (result.status, result.out) == (0, "/tmp\n")
    assert not Path("/tmp/made").exists()


def test_sockets_of_the_host_are_out_of_reach(python: Run, place: Path, tmp_path: Path) -> None:
    """A read-only mount does not stop connect(2): sockets are masked where they show, private directories cover the usual places."""
    (place / "link").symlink_to(place / "path.sock")
    listeners = []
    paths = [str(place / "path.sock"), str(tmp_path / "in-cwd.sock"), f"\0abstract-{os.getpid()}"]
    for path in paths:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        listeners.append(listener)
    probe = f"""
import socket
for path in {[*paths, str(place / "link"), "/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket"]!r}:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("connected", path)
    except OSError as error:
        print(type(error).__name__)
"""
    result = python(probe)
    for listener in listeners:
        listener.close()
    assert "connected" not in result.out
    assert len(result.out.split()) == 7


def test_sockets_with_another_name_than_they_were_bound_by(python: Run, place: Path) -> None:
    """A server's relative name, and ssh's way to make its ControlPath: bind a temporary name, link, unlink."""
    (place / "mux").mkdir()
    source = f"""
import os, socket, sys
listeners = [socket.socket(socket.AF_UNIX) for _ in range(2)]
os.chdir({str(place)!r})
listeners[0].bind("relative.sock")
listeners[1].bind({str(place / "mux/temporary")!r})
os.link("mux/temporary", "mux/real"); os.unlink("mux/temporary")
for listener in listeners:
    listener.listen()
print("ready", flush=True)
sys.stdin.read()
"""
    probe = """
import socket, sys
for path in sys.argv[1:]:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("connected", path)
    except OSError as error:
        print(type(error).__name__)
"""
    paths = [str(place / "relative.sock"), str(place / "mux/real")]
    with subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        control = subprocess.run([sys.executable, "-c", probe, *paths], capture_output=True, text=True, check=True)
        result = python("import sys\nsys.argv[1:] = " + repr(paths) + "\n" + probe)
        server.communicate()
    assert control.stdout.count("connected") == 2, "the attempt does not work outside either"
    assert "connected" not in result.out
    assert len(result.out.split()) == 2


@pytest.mark.parametrize("what", ["bound", "hidden"])
def test_what_stands_around_something_protected_cannot_be_replaced(run: Run, place: Path, what: str) -> None:
    """Or the next session would find another file, or none, at that path."""
    policy = place / "conf" / "deep" / "policy"
    policy.parent.mkdir(parents=True)
    policy.write_text("forbid")
    fields = {"binds": (Bind(str(policy), str(policy)),)} if what == "bound" else {"hide": (str(policy),)}
    rename = "import os, sys\ntry: os.rename(*sys.argv[1:])\nexcept OSError: pass"
    attack = f"""
for directory in conf conf/deep; do /usr/bin/python3 -c '{rename}' $directory other; done
rm -rf conf; mkdir -p conf/deep; echo permit > conf/deep/policy; touch conf/deep/beside conf/beside"""
    run("sh", "-c", attack, cwd=str(place), **fields)
    assert policy.read_text() == "forbid"
    found = sorted(str(path.relative_to(place)) for path in place.rglob("*"))
    assert found == ["conf", "conf/beside", "conf/deep", "conf/deep/beside", "conf/deep/policy"]


def test_a_file_opened_for_reading_cannot_be_opened_for_writing(begin: Begin, place: Path) -> None:
    """/proc/self/fd/0 leads to the file by the mount on which it was opened outside."""
    given = place / "given"
    given.write_text("first\nsecond\n")
    control = subprocess.run(["sh", "-c", "echo outside > /proc/self/fd/0"], stdin=given.open(), check=False)
    assert (control.returncode, given.read_text()) == (0, "outside\n"), "the attempt does not work outside either"
    given.write_text("first\nsecond\n")
    out = place / "out"
    with given.open("rb", buffering=0) as stdin, out.open("wb") as stdout:
        assert stdin.readline() == b"first\n"
        script = "echo evil > /proc/self/fd/0; echo evil >> /proc/self/fd/0; truncate -s0 /dev/stdin; chmod 777 /dev/stdin; cat"
        container = begin("sh", "-c", script, stdio=(stdin.fileno(), stdout.fileno(), stdout.fileno()))
        container.wait()
    assert given.read_text() == "first\nsecond\n"
    assert not given.stat().st_mode & 0o002
    assert out.read_text().endswith("second\n")


def test_binds_show_files_over_others(run: Run, place: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("our authority\n")
    result = run(
        "sh",
        "-c",
        "cat /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf; echo x >> /etc/resolv.conf",
        binds=(Bind(str(bundle), "/etc/ssl/certs/ca-certificates.crt"), Bind(str(bundle), "/etc/resolv.conf")),
    )
    assert result.out == "our authority\n" * 2
    assert result.status != 0


def test_a_bind_replaces_a_hidden_directory(run: Run, place: Path, tmp_path: Path) -> None:
    _tree(place)
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "credentials").write_text("dummy")
    result = run(
        "sh", "-c", f"cat {place}/vault/*", hide=(str(place / "vault"),), binds=(Bind(str(tmp_path / "generated"), str(place / "vault")),)
    )
    assert result.out == "dummy"


def test_a_bind_target_that_the_host_does_not_have(run: Run, place: Path, tmp_path: Path) -> None:
    """In a read-only place an overlay makes it; nothing shows on the host, and the rest of the directory still shows."""
    _tree(place)
    place.chmod(0o750)
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "config").write_text("dummy")
    targets = (
        Bind(str(tmp_path / "generated"), str(place / "missing" / ".aws")),
        Bind(str(tmp_path / "generated" / "config"), str(place / "missing-file")),
    )
    result = run(
        "sh",
        "-c",
        f"cd {place}; cat missing/.aws/config missing-file token; ls vault; stat -c '%a %u' .; echo x > new; cat project/data",
        binds=targets,
        hide=(str(place / "vault"),),
        cwd=str(place),
        writable=(),
    )
    # The working directory is writable, so there the mount points are made on the host, and taken away again.
    assert result.out.startswith(f"dummydummy{SECRET}750 {os.geteuid()}\nplain"), result.err
    assert sorted(each.name for each in place.iterdir()) == ["link-to-token", "link-to-vault", "new", "project", "token", "vault"]
    result = run(
        "sh",
        "-c",
        f"cat {place}/missing/.aws/config {place}/missing-file {place}/token; echo x > {place}/new2; stat -c '%a %u' {place}; echo x > here",
        binds=targets,
        cwd=str(place / "project"),
    )
    assert result.out == f"dummydummy{SECRET}750 {os.geteuid()}\n", result.err
    assert "Read-only file system" in result.err
    assert (place / "project" / "here").exists()
    assert not (place / "missing").exists()
    assert not (place / "new2").exists()


def test_a_bind_below_run_is_made_in_the_private_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("inside")
    assert run("cat", "/run/agent/deep/f", binds=(Bind(str(tmp_path / "f"), "/run/agent/deep/f"),)).out == "inside"


@pytest.mark.parametrize("target", ["/missing-at-the-root", "{place}/vault/below-hidden", "{place}/project"])
def test_binds_that_cannot_be_shown_are_refused(run: Run, place: Path, tmp_path: Path, target: str) -> None:
    _tree(place)
    (tmp_path / "f").write_text("x")
    with pytest.raises(SandboxError):
        run("true", binds=(Bind(str(tmp_path / "f"), target.format(place=place)),), hide=(str(place / "vault"),))


def test_the_state_directory_is_hidden(namespace: object, run: Run, begin: Begin, state: Path, tmp_path: Path) -> None:
    """It lies in the working directory here, and the generated config must not be readable, nor writable."""
    result = run("sh", "-c", f"ls -A {state}; find {tmp_path} -name config.json")
    assert result.out == ""


@pytest.mark.root
def test_a_second_mount_of_a_hidden_file_system_is_masked_too(place: Path, tmp_path: Path) -> None:
    _tree(place)
    other = place / "elsewhere"
    other.mkdir()
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from sandbox import kernel, Spec
from sandbox.network import Namespace
from sandbox.runtime import start
os.unshare(os.CLONE_NEWNS)
kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
kernel.mount({str(place)!r}, {str(other)!r}, flags=kernel.MS_BIND)
command = "cat {other}/vault/credentials {other}/token {other}/project/data; cat {place}/vault/credentials"
hide = ({str(place / "vault")!r}, {str(place / "token")!r})
spec = Spec(argv=("sh", "-c", command), cwd={str(tmp_path)!r}, env={{"PATH": "/usr/bin:/bin"}}, hide=hide)
namespace = Namespace.create()
with start(spec, namespace=namespace, state={str(tmp_path / "state")!r}) as container:
    container.wait()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "plain", done.stderr
