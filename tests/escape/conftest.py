"""Escapes, tried from inside: each test runs a program that really tries, looks from outside whether it worked, and where that means something runs
the same program without Warden, where it must work."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.daemon.conftest import Home


@contextlib.contextmanager
def _home() -> Iterator[Home]:
    """Not below /tmp: there nothing of the host shows anyway."""
    with tempfile.TemporaryDirectory(prefix="warden-escape-", dir=Path.home()) as directory:
        home = Home(Path(directory) / "home")
        try:
            yield home
        finally:
            home.stop()


@pytest.fixture(scope="module")
def shared() -> Iterator[Home]:
    """One home and daemon for the tests of a file that leave them as they were."""
    with _home() as home:
        yield home


@pytest.fixture
def home() -> Iterator[Home]:
    """A home and daemon for one test."""
    with _home() as home:
        yield home
