"""Whether a command can be run, as a shell would say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from warden.daemon.program import complaint


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, mode in (("runs", 0o755), ("plain", 0o644)):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(mode)
    (tmp_path / "folder").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "second/plain").write_text("#!/bin/sh\n")
    (tmp_path / "second/plain").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "path", "code"),
    [
        ("runs", "{here}", None),
        ("./runs", "", None),
        ("{here}/runs", "", None),
        ("runs", "/nowhere:{here}", None),
        ("runs", "second::", None),  # an empty entry is the working directory
        ("plain", "{here}:{here}/second", None),  # the first that can be executed
        ("runs", "/nowhere", 127),
        ("none", "{here}", 127),
        ("./none", "{here}", 127),
        ("runs/none", "{here}", 127),
        ("plain", "{here}", 126),
        ("./plain", "", 126),
        ("./folder", "", 126),
        ("folder", "{here}", 127),
    ],
)
def test_complaints(directory: Path, name: str, path: str, code: int | None) -> None:
    found = complaint(name.format(here=directory), path.format(here=directory), str(directory))
    assert (found.exit_code if found else None) == code


@pytest.mark.parametrize(
    ("name", "path", "shown", "code"),
    [
        ("runs", "{here}", (), 127),
        ("{here}/runs", "", (), 127),
        ("./runs", "", (), 127),
        ("runs", "{here}", ("{here}",), None),
        ("sh", "{here}:/bin", (), None),
        ("plain", "{here}/second:{here}", ("{here}/none",), 127),
    ],
)
def test_what_is_private_inside_is_not_there(directory: Path, name: str, path: str, shown: tuple[str, ...], code: int | None) -> None:
    (directory / "sh").write_text("#!/bin/sh\n")
    (directory / "sh").chmod(0o755)
    places = tuple(place.format(here=directory) for place in shown)
    replaced = (str(directory.parent),)
    found = complaint(name.format(here=directory), path.format(here=directory), str(directory), replaced=replaced, shown=places)
    assert (found.exit_code if found else None) == code
    if found:
        assert f"{directory.parent} is private inside" in found.message
