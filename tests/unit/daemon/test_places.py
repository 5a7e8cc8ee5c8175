"""Private places: ours alone, or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from warden.daemon import places
from warden.errors import SessionError


def test_a_private_directory_is_made_and_found_again(tmp_path: Path) -> None:
    made = places.private(str(tmp_path / "a/b"))
    assert Path(made).stat().st_mode & 0o777 == 0o700
    assert places.private(made) == made


def test_what_others_can_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "file").touch()
    (tmp_path / "good").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "good")
    for name in ("open", "file", "link"):
        with pytest.raises(SessionError):
            places.private(str(tmp_path / name))


def test_places_by_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.delenv("WARDEN_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert places.default_socket() == f"{tmp_path}/warden/daemon.sock"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert places.default_socket() == "/tmp/warden-1000/daemon.sock"
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert places.default_socket() == "/run/warden/daemon.sock"
    monkeypatch.setenv("WARDEN_SOCKET", "/elsewhere/s")
    assert places.default_socket() == "/elsewhere/s"
