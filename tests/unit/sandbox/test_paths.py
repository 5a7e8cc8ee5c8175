"""Real paths, and what lies within what."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.paths import real, there, within


def test_real_paths(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    assert real(str(tmp_path / "link/../link/.")) == str(tmp_path / "there")
    assert real(str(tmp_path / "none/x")) == str(tmp_path / "none/x")


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("gone")
    assert [name for name in ("file", "link", "dangling", "gone", "file/x", "a\0b") if there(str(tmp_path / name))] == ["file", "link"]


@pytest.mark.parametrize(
    ("path", "directories", "holds"),
    [
        ("/a", ["/a"], True),
        ("/a/b", ["/a"], True),
        ("/ab", ["/a"], False),
        ("/a", ["/"], True),
        ("/a", [], False),
        ("/", ["/a"], False),
        ("/a/b/c", ["/a/b"], True),
        ("/a/b", ["/a/b/c"], False),
    ],
)
def test_within(path: str, directories: list[str], holds: bool) -> None:
    assert within(path, directories) is holds
