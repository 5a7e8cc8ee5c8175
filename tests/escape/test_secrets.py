"""What the user has: files and variables with secrets, everywhere that tools are known to keep them."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import Home, eventually
from warden.config import HIDDEN_PATHS, SECRET_PLACES

IN_HOME = [path.removeprefix("~/") for path in HIDDEN_PATHS if path.startswith("~/")]
#: Files that tools make at these paths; the others are directories.
FILES = {path for path in IN_HOME if not path.startswith((".config/", ".local/")) and "." in path[1:]} | {
    ".netrc", ".boto", ".authinfo", ".pgpass", ".pypirc", ".npmrc", ".histfile", ".msmtprc", ".mbsyncrc", ".lesshst", ".viminfo", ".dbshell",
}  # fmt: skip


def test_no_file_of_the_list_can_be_read(home: Home) -> None:
    marker = secrets.token_hex(16)
    for path in IN_HOME:
        place = home.path / path
        if place.is_dir():  # Warden's own, or made on the way to another
            place /= "planted-secret"
        elif path not in FILES:
            place /= "secret"
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_text(marker)
    # What lies around is not hidden, or the test would show nothing.
    (home.path / ".profile-of-mine").write_text(marker)
    search = ["grep", "-rlI", marker, str(home.path)]
    control = subprocess.run(search, capture_output=True, text=True, check=False).stdout.splitlines()
    assert len(control) > 0.9 * len(IN_HOME)
    assert home.exec(*search).stdout.splitlines() == [str(home.path / ".profile-of-mine")]


@pytest.mark.parametrize("name", ["KUBECONFIG", "GOOGLE_APPLICATION_CREDENTIALS", "NETRC", "GNUPGHOME", "DOCKER_CONFIG"])
def test_what_a_variable_names_cannot_be_read(shared: Home, name: str) -> None:
    assert name in SECRET_PLACES
    place = shared.path / f"elsewhere-{name}"
    place.mkdir(exist_ok=True)
    (place / "file").write_text("hush-hush")
    values = {"KUBECONFIG": f"/nonexistent:{place}/file", "GNUPGHOME": str(place), "DOCKER_CONFIG": str(place)}
    value = values.get(name, f"{place}/file")
    read = ["sh", "-c", f"cat {place}/file"]
    assert "hush-hush" in shared.exec(*read).stdout, "nothing else hides it"
    assert "hush-hush" not in shared.exec(*read, env={name: value}).stdout
    assert "hush-hush" in shared.run("exec", "--env", name, "--", *read, env={name: value}).stdout, "passed in on purpose"


def test_a_variable_that_names_too_much_hides_nothing(shared: Home) -> None:
    done = shared.shell(
        "echo works > made; cat made", env={"DOCKER_CONFIG": "/", "GNUPGHOME": str(shared.path), "KUBECONFIG": str(shared.work)}
    )
    assert done.stdout == "works\n", done.stderr


@pytest.mark.parametrize(
    "name",
    ["TOKEN", "GITHUB_TOKEN", "STRIPE_KEY", "DJANGO_SECRET_KEY", "SECRET", "APP_SECRETS", "DB_PASSWORD", "PASSWORD", "DB_PASS", "GH_PAT",
     "KEY_PASSPHRASE", "CI_JOB_JWT", "REDIS_URL", "APP_DATABASE_URL", "MONGO_URI", "MONGODB_URL", "SLACK_WEBHOOK_URL",
     "AZURE_STORAGE_CONNECTION_STRING", "npm_config__authToken", "SENTRY_DSN", "R2_ACCESS_KEY_ID", "OPENAI_API_KEY", "TF_TOKEN_app_terraform_io"],
)  # fmt: skip
def test_variables_with_secrets_stay_outside(shared: Home, name: str) -> None:
    assert "hush-hush" not in shared.exec("env", env={name: "hush-hush"}).stdout


def test_no_process_inside_knows_the_environment_outside(shared: Home) -> None:
    done = shared.shell("cat /proc/*/environ | tr '\\0' '\\n'", env={"MY_API_KEY": "hush-hush", "PLAIN": "shows"})
    assert "PLAIN=shows" in done.stdout
    assert "hush-hush" not in done.stdout


def test_the_files_of_the_session_hold_no_key(shared: Home) -> None:
    """The directory with them is bound into the view file by file; the CA's key is in no file."""
    done = shared.shell(
        "cat /proc/self/mountinfo; ls -la /run; find / -xdev -newermt '-1 minute' -type f 2>/dev/null | xargs grep -lI 'PRIVATE KEY' 2>/dev/null"
    )
    assert "daemon.sock" in done.stdout, "the mounts do say where the files come from"
    assert not [line for line in done.stdout.splitlines() if line.startswith("/")]
    directory = Path(f"{shared.socket}.d")
    eventually(lambda: not list(directory.rglob("config.json")))  # that one quotes the command above, and goes with the session

    def kept() -> list[Path]:
        return [path for path in directory.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]

    assert kept() == []
