"""What a command leaves behind for the next start, which runs outside with the user's rights: Warden's own code and configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(home: Home) -> Path:
    """A project with a virtual environment in it, from which Warden runs."""
    project = home.path / "project"
    venv.create(project / ".venv", symlinks=True)
    packages = next((project / ".venv/lib").glob("python3*/site-packages"))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.endswith(".pth") and entry.name not in ("sitecustomize.py", "warden", "sandbox"):
            (packages / entry.name).symlink_to(entry)
    for package in ("warden", "sandbox"):
        shutil.copytree(ROOT / package, packages / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "policies", packages / "warden/policies")
    script = project / ".venv/bin/warden"
    script.write_text(f"#!{project}/.venv/bin/python\nimport sys\nfrom warden.cli import main\nsys.exit(main())\n")
    script.chmod(0o755)
    return project


#: Shell lines that plant a program; each makes the file $MARKER when Warden starts next.
PLANTS = {
    "a .pth file": """printf 'import os; open("%s", "w")\\n' "$MARKER" > $PACKAGES/planted.pth""",
    "sitecustomize": """printf 'open("%s", "w")\\n' "$MARKER" > $PACKAGES/sitecustomize.py""",
    "a module of Warden": """printf 'open("%s", "w")\\n' "$MARKER" >> $PACKAGES/warden/cli/exec.py""",
    "the script": """printf '#!/bin/sh\\ntouch %s\\n' "$MARKER" > .venv/bin/warden""",
    "another interpreter": """rm -f .venv/bin/python; printf '#!/bin/sh\\ntouch %s\\n' "$MARKER" > .venv/bin/python; chmod 755 .venv/bin/python""",
    "another environment": """
        mv .venv old && mkdir -p .venv/bin && printf '#!/bin/sh\\ntouch %s\\n' "$MARKER" > .venv/bin/warden && chmod 755 .venv/bin/warden""",
}


@pytest.mark.parametrize("name", PLANTS)
def test_an_environment_in_the_project_keeps_its_code(home: Home, project: Path, name: str) -> None:
    marker = home.path / "marker"
    packages = next((project / ".venv/lib").glob("python3*/site-packages"))
    environment = {**home.environment, "MARKER": str(marker), "PACKAGES": str(packages)}

    def warden() -> None:
        subprocess.run([project / ".venv/bin/warden", "exec", "--", "true"], cwd=project, env=environment, timeout=60, check=False)

    def plant(*wrapper: str | Path) -> None:
        subprocess.run([*wrapper, "sh", "-c", PLANTS[name]], cwd=project, env=environment, timeout=60, check=False, capture_output=True)

    try:
        plant(project / ".venv/bin/warden", "exec", "--env", "MARKER", "--env", "PACKAGES", "--")
        marker.unlink(missing_ok=True)
        warden()
        assert not marker.exists(), "what the command planted ran outside"
        plant()
        warden()
        assert marker.exists(), "the attempt does not work without Warden either"
    finally:
        home.stop()  # by the installation that runs the tests: the planted one may not be able to


def test_the_checkout_keeps_its_code(shared: Home) -> None:
    """An editable installation, as `make setup` makes: the checkout is writable, but not what Warden is loaded from."""
    if "sitecustomize" not in sys.modules:
        pytest.skip("`make setup` has not been run since sitecustomize.py is part of it")
    places = ["warden/cli/exec.py", "warden/planted.py", "sandbox/planted.py", "policies/presets/planted.cedar", f"{sys.prefix}/planted"]
    done = shared.shell("for place; do if echo '# x' >> $place; then echo written $place; fi; done", cwd=ROOT)
    assert done.returncode in (0, 2), done.stderr
    done = shared.exec("sh", "-c", "for place; do (echo '# planted' >> $place) && echo written $place; done", "sh", *places, cwd=ROOT)
    assert "written" not in done.stdout
    assert not [place for place in places[1:] if (ROOT / place).exists()]
    assert "# planted" not in (ROOT / places[0]).read_text()


def test_among_our_code_nothing_starts(shared: Home) -> None:
    done = shared.exec("true", cwd=ROOT / "warden/daemon")
    assert done.returncode == 125
    assert "Warden itself is loaded from" in done.stderr or "warden itself is loaded from" in done.stderr


@pytest.mark.parametrize("where", [".", ".."])
def test_the_home_directory_is_read_only_as_working_directory(shared: Home, where: str) -> None:
    """There the command could write ~/.bashrc, and ~/.config/warden where there is none."""
    done = shared.shell("pwd; echo planted >> ~/.bashrc", cwd=shared.path / where)
    assert done.stdout.strip() == str((shared.path / where).resolve())
    assert "Read-only file system" in done.stderr
    assert not (shared.path / ".bashrc").exists()


def test_the_home_directory_when_it_is_meant(shared: Home) -> None:
    done = shared.run(
        "exec",
        "--writable",
        str(shared.path),
        "--",
        "sh",
        "-c",
        "echo x > made; mkdir -p .config/warden; echo y > .config/warden/warden.yaml",
        cwd=shared.path,
    )
    assert (shared.path / "made").exists()
    assert (shared.path / ".config/warden/warden.yaml").read_text() != "y\n", done


def test_a_file_named_by_config_cannot_be_replaced_with_its_directory(shared: Home) -> None:
    rules = shared.work / "conf/rules.yaml"
    rules.parent.mkdir(exist_ok=True)
    rules.write_text("policy: {preset: lockdown}\n")
    attack = "mv conf old; mkdir conf; echo 'policy: {preset: observe}' > conf/rules.yaml"
    shared.run("exec", "--config", str(rules), "--", "sh", "-c", attack)
    assert rules.read_text() == "policy: {preset: lockdown}\n"


def test_the_daemon_does_not_import_from_where_the_shell_does(home: Home) -> None:
    """PYTHONPATH may name the project, which the command can write."""
    planted = home.work / "structlog.py"
    planted.write_text("import os; open(os.environ['HOME'] + '/marker', 'w')")
    home.run("exec", "--", "true", env={"PYTHONPATH": str(home.work)})
    environment = Path(f"/proc/{home.daemon()}/environ").read_bytes().split(b"\0")
    assert not [line for line in environment if line.startswith(b"PYTHON")]
    assert not (home.path / "marker").exists()
    control = subprocess.run(
        [sys.executable, "-c", "import structlog"], env={**os.environ, "HOME": str(home.path), "PYTHONPATH": str(home.work)}, check=False
    )
    assert control.returncode == 0
    assert (home.path / "marker").exists(), "the attempt does not work without Warden either"
