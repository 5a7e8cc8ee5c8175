"""Real sandboxes, as whoever runs the tests. `test_ordinary_user.py` runs this directory once more as an ordinary user when root does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Spec
from sandbox.network import Namespace
from sandbox.runtime import Container, start

PATH = "/usr/local/bin:/usr/bin:/bin"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs root"))


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str
    degraded: tuple[str, ...] = ()


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace.create()
    yield made
    made.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory outside of the private ones, so that the host's view of it shows inside, read-only."""
    with tempfile.TemporaryDirectory(prefix="sandbox-test-", dir=Path.home()) as directory:
        yield Path(directory)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "state"
    yield directory
    assert not directory.exists() or not list(directory.iterdir()), "a container left something behind"


@pytest.fixture
def begin(namespace: Namespace, state: Path, tmp_path: Path) -> Iterator[Callable[..., Container]]:
    """Start a container; it is closed when the test ends."""
    containers: list[Container] = []

    def begin_one(*argv: str, stdio: tuple[int, int, int] | None = None, **fields: Any) -> Container:
        fields.setdefault("env", {"PATH": PATH, "HOME": str(Path.home()), "TERM": "xterm"})
        fields.setdefault("cwd", str(tmp_path))
        null = os.open("/dev/null", os.O_RDWR)
        try:
            containers.append(start(Spec(argv=argv, **fields), namespace=namespace, stdio=stdio or (null, null, null), state=str(state)))
        finally:
            os.close(null)
        return containers[-1]

    yield begin_one
    for container in containers:
        container.close()


@pytest.fixture
def run(begin: Callable[..., Container]) -> Callable[..., Result]:
    """Run a program to its end; `input` is its standard input."""

    def run_one(*argv: str, stdin: str = "", **fields: Any) -> Result:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            container = begin(*argv, stdio=(given.fileno(), out.fileno(), err.fileno()), **fields)
            status = container.wait()
            degraded = container.degraded
            container.close()
            out.seek(0)
            err.seek(0)
            return Result(status, out.read().decode(errors="replace"), err.read().decode(errors="replace"), degraded)

    return run_one


@pytest.fixture
def python(run: Callable[..., Result]) -> Callable[..., Result]:
    """Run Python source inside, with the system's interpreter."""

    def run_source(source: str, **fields: Any) -> Result:
        return run("/usr/bin/python3", "-I", "-c", source, **fields)

    return run_source
