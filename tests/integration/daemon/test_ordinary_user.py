"""`warden exec` once more as an ordinary user, who has user namespaces and nothing else: a private daemon, private places."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.integration.sandbox.test_ordinary_user import let_in

USER = 54322
HERE = Path(__file__).parent
MODULES = ("test_exec.py", "test_terminal.py", "test_kill.py", "test_daemon.py", "test_failures.py")


@pytest.mark.root
@pytest.mark.parametrize("module", MODULES)
def test_as_an_ordinary_user(module: str) -> None:
    home = Path(tempfile.mkdtemp(prefix="warden-user-", dir="/opt"))
    scratch = Path(tempfile.mkdtemp(prefix="warden-user-"))
    for directory in (home, scratch):
        os.chown(directory, USER, USER)

    def become() -> None:
        let_in([Path(sys.base_prefix), Path(sys.prefix), HERE.parents[2]])
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)

    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "--basetemp",
                str(scratch / "tests"),
                str(HERE / module),
            ],
            preexec_fn=become,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            cwd=HERE.parents[2],
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert " passed" in done.stdout
    finally:
        for directory in (home, scratch):
            shutil.rmtree(directory, ignore_errors=True)
