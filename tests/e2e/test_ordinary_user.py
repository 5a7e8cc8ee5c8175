"""The whole walk as an ordinary user of the machine: no root, a home with secrets in it, a private daemon that starts by itself.

Run as root, which becomes that user in a mount namespace of its own, where /etc/passwd has an entry for it; the machine's own files stay as
they are. Run as an ordinary user, all other end-to-end tests say the same already.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import kernel
from tests.checkout import ROOT
from tests.e2e.conftest import Warden, require
from tests.integration.sandbox.test_ordinary_user import let_in
from tools.cloud import LocalAws

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="without root, every end-to-end test is run by an ordinary user")

#: The user's name by user id; one has no entry in any file, as in many containers.
ACCOUNTS = {54323: "warden-operator", 54324: ""}
#: Files that the user keeps secrets in; each holds `SECRET`.
SECRETS = (".ssh/id_ed25519", ".kube/config", ".config/gcloud/access_tokens.db", ".netrc", ".docker/config.json")
SECRET = f"secret-{uuid.uuid4().hex}"
TERMINATE = "import boto3, sys; boto3.client('ec2', 'us-east-1').terminate_instances(InstanceIds=[sys.argv[1]])"


@dataclass
class User:
    """The user's `warden`, and how to run anything else as the same user."""

    uid: int
    warden: Warden
    become: Callable[[], None]

    def exec(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run("exec", "--", *command, **options)

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.warden.run(*command, preexec_fn=self.become, **options)

    def outside(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.warden.run_outside(*command, preexec_fn=self.become)


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A home as users have them. Not below /tmp, where nobody's is."""
    base = next(directory for directory in ("/home", "/opt", "/srv") if Path(directory).is_dir())
    path = Path(tempfile.mkdtemp(prefix="warden-user-", dir=base))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def become(uid: int, home: Path) -> Callable[[], None]:
    """What a child process of ours does to run as the user."""
    accounts = home / "passwd"
    accounts.write_text(Path("/etc/passwd").read_text() + (f"{ACCOUNTS[uid]}:x:{uid}:{uid}::{home}:/bin/bash\n" if ACCOUNTS[uid] else ""))
    accounts.chmod(0o644)

    def change() -> None:
        # A checkout and a Python below a closed directory (/root) are shown to this user, and to nobody else.
        let_in([Path(sys.base_prefix), Path(sys.prefix), ROOT])
        kernel.mount(str(accounts), "/etc/passwd", flags=kernel.MS_BIND)
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)

    return change


@pytest.fixture(scope="module", params=ACCOUNTS, ids=["with an account", "without an account"])
def user(request: pytest.FixtureRequest, cloud: LocalAws) -> Iterator[User]:
    uid: int = request.param
    with _home() as home:
        yield from _user(uid, cloud, home)


def _user(uid: int, cloud: LocalAws, home: Path) -> Iterator[User]:
    ca = home / "ca.pem"
    ca.write_bytes(cloud.ca.read_bytes())
    warden = Warden(home, home / "project", {"upstream": {"resolve": cloud.resolve, "ca": [str(ca)]}})
    real = cloud.config()["credentials"]["aws"]
    for secret in SECRETS:
        file = home / secret
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SECRET)
    (home / ".aws").mkdir()
    (home / ".aws/credentials").write_text(
        f"[default]\naws_access_key_id = {real['access_key_id']}\naws_secret_access_key = {real['secret_access_key']}\n"
    )
    (home / ".aws/config").write_text("[default]\nregion = us-east-1\n")
    home.chmod(0o700)
    subprocess.run(["chown", "-R", f"{uid}:{uid}", str(home)], check=True)
    user = User(uid, warden, become(uid, home))
    if user.outside("unshare", "--user", "--map-root-user", "true").returncode != 0:
        pytest.skip("this machine gives ordinary users no user namespaces; `warden doctor` says so too")
    yield user
    stopped = user.run("daemon", "stop")
    assert stopped.returncode == 0 or "No daemon listens" in stopped.stderr, stopped


def test_lists_and_does_not_terminate(user: User, cloud: LocalAws, owner: Callable[[str], Any]) -> None:
    ec2 = owner("ec2")
    instance = ec2.run_instances(ImageId=ec2.describe_images()["Images"][0]["ImageId"], MinCount=1, MaxCount=1)["Instances"][0][
        "InstanceId"
    ]
    listed = user.exec(require("aws"), "ec2", "describe-instances", "--query", "Reservations[].Instances[].InstanceId", "--output", "text")
    assert listed.returncode == 0, listed
    assert instance in listed.stdout
    # The real key is in ~/.aws, which is hidden inside: it was read outside and the request signed with it there.
    assert f"Credential={cloud.config()['credentials']['aws']['access_key_id']}/" in cloud.requests()[-1]["authorization"]
    before = len(cloud.requests())
    denied = user.exec(require("aws"), "ec2", "terminate-instances", "--instance-ids", instance)
    assert "warden denied ec2:TerminateInstances" in denied.stderr, denied
    denied = user.exec(sys.executable, "-c", TERMINATE, instance)
    assert "warden denied ec2:TerminateInstances" in denied.stderr, denied
    assert len(cloud.requests()) == before
    verified = user.run("audit", "verify")
    assert verified.returncode == 0, verified
    assert "ec2:TerminateInstances" in user.run("audit", "list", "--denied").stdout


def test_home_is_there_without_its_secrets(user: User, cloud: LocalAws) -> None:
    inside = user.exec(
        "bash",
        "-c",
        f'cd; for f in {" ".join(SECRETS)} .aws/credentials; do cat "$f"; done; ls -A .ssh .aws .kube .config; grep -rs {SECRET[:12]} .',
    )
    assert SECRET not in inside.stdout, inside
    # ~/.aws has credentials, which are not the user's.
    real = cloud.config()["credentials"]["aws"]
    assert "aws_secret_access_key" in inside.stdout
    assert real["access_key_id"] not in inside.stdout
    assert real["secret_access_key"] not in inside.stdout
    for secret in SECRETS:
        assert (user.warden.home / secret).read_text() == SECRET
    assert "project" in user.exec("ls", str(user.warden.home)).stdout.split()


def test_secrets_stay_hidden_when_home_is_another(user: User) -> None:
    """Under sudo or in CI `$HOME` may name another directory than the account does; the secrets are in the account's."""
    if not ACCOUNTS[user.uid]:
        pytest.skip("an account names the home")
    elsewhere = user.warden.work / "home"
    elsewhere.mkdir(exist_ok=True)
    paths = [str(user.warden.home / secret) for secret in SECRETS]
    inside = user.exec("cat", *paths, env={"HOME": str(elsewhere), "WARDEN_CONFIG": str(user.warden.home / ".config/warden/warden.yaml")})
    assert SECRET not in inside.stdout, inside


def test_is_the_same_user_and_no_more(user: User) -> None:
    script = (
        "id -u; id -un; grep ^CapEff /proc/self/status; touch mine; touch ~/not-here; touch /usr/not-here; cat /etc/shadow; sudo -n true; :"
    )
    inside = user.exec("bash", "-c", script)
    assert inside.stdout.splitlines() == [str(user.uid), ACCOUNTS[user.uid] or str(user.uid), "CapEff:\t0000000000000000"], inside
    made = user.warden.work / "mine"
    assert (made.stat().st_uid, made.stat().st_gid) == (user.uid, user.uid)
    assert not (user.warden.home / "not-here").exists()
    assert "not-here" in inside.stderr


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("no-such-command", 127)])
def test_exit_status(user: User, script: str, code: int) -> None:
    assert user.exec("sh", "-c", script).returncode == code


def test_doctor_says_what_holds(user: User) -> None:
    doctor = user.run("doctor")
    assert doctor.returncode == 0, doctor
    assert "Sessions can run." in doctor.stdout, doctor


def test_root_and_others_have_no_part_in_it(user: User) -> None:
    """The daemon, its socket, its log and the audit log are this user's alone."""
    assert user.exec("true").returncode == 0
    status = json.loads(user.run("daemon", "status", "--output", "json").stdout)
    assert Path(f"/proc/{status['pid']}").stat().st_uid == user.uid
    for path in (
        Path(user.warden.environment["WARDEN_SOCKET"]),
        user.warden.audit_log,
        user.warden.home / ".local/state/warden/daemon.log",
    ):
        assert path.stat().st_uid == user.uid, path
        assert path.stat().st_mode & 0o077 == 0, path


def test_nothing_is_left_behind(user: User) -> None:
    """After the daemon's end: no process of this user, no mount, no cgroup, no session's files. The last test of this user: it stops the daemon."""
    assert user.exec("sh", "-c", "sleep 300 & sleep 300 & echo started").stdout == "started\n"
    names = json.loads(user.run("daemon", "status", "--output", "json").stdout)
    assert user.run("daemon", "stop").returncode == 0
    end = time.monotonic() + 10
    while (running := _processes(user.uid)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not running, names
    run = Path(user.warden.environment["XDG_RUNTIME_DIR"])
    assert not [path for path in run.rglob("*") if path.name not in ("daemon.sock.lock",) and not path.is_dir()]
    assert str(user.warden.home) not in Path("/proc/self/mounts").read_text()
    assert not Path(f"/tmp/warden-{user.uid}").exists()
    assert not [group for group in Path("/sys/fs/cgroup").glob("**/sandbox-*") if group.stat().st_uid == user.uid]


def _processes(uid: int) -> list[str]:
    """Processes of this user, by command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == uid and (line := (process / "cmdline").read_bytes()):
                found.append(line.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
