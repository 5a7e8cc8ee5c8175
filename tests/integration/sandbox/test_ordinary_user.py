"""Everything in this directory once more, as an ordinary user who has no entry in any file: user namespaces are all there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox import kernel

USER = 54321
HERE = Path(__file__).parent


def let_in(paths: list[Path]) -> None:
    """In a private mount namespace, make `paths` reachable for others where a directory above them is closed (/root, usually)."""
    os.unshare(os.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    closed: dict[Path, list[Path]] = {}
    for path in paths:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                closed.setdefault(parent, []).append(path)
                break
    for parent, inside in closed.items():
        kept = []
        for path in inside:
            stage = tempfile.mkdtemp()
            kernel.mount(str(path), stage, flags=kernel.MS_BIND | kernel.MS_REC)
            kept.append((stage, path))
        kernel.mount("tmpfs", str(parent), "tmpfs", options="mode=755")
        for stage, path in kept:
            path.mkdir(parents=True)
            kernel.mount(stage, str(path), flags=kernel.MS_BIND | kernel.MS_REC)
            kernel.detach(stage)
            Path(stage).rmdir()


@pytest.mark.root
def test_all_of_it_as_an_ordinary_user() -> None:
    home = Path(tempfile.mkdtemp(prefix="sandbox-user-", dir="/opt"))
    scratch = Path(tempfile.mkdtemp(prefix="sandbox-user-"))
    for directory in (home, scratch):
        os.chown(directory, USER, USER)
    try:

        def become() -> None:
            let_in([Path(sys.base_prefix), Path(sys.prefix), HERE.parents[2]])
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)

        done = subprocess.run(
            [sys.executable, "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider", "--basetemp", str(scratch / "tests")],
            cwd=HERE.parents[2],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=become,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 100, done.stdout[-2000:]
