"""Where the CA goes: files of a made-up machine, no client."""

from __future__ import annotations

import base64
import hashlib
import struct
from pathlib import Path

import pytest

from warden.daemon import trust

PEM = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(b"the authority") + b"-----END CERTIFICATE-----\n"
OTHER = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(b"another") + b"-----END CERTIFICATE-----\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trust.Store:
    bundle = tmp_path / "etc/bundle.crt"
    bundle.parent.mkdir()
    bundle.write_bytes(OTHER.rstrip())  # no newline at the end
    monkeypatch.setattr(trust, "SYSTEM_BUNDLES", (str(bundle), str(tmp_path / "etc/none.crt")))
    monkeypatch.setattr(trust, "JAVA_STORES", ())
    monkeypatch.setattr(trust, "_BUNDLED", ())
    files = tmp_path / "files"
    files.mkdir()
    return trust.Store.make(PEM, "01234567", files)


def test_the_bundle_is_the_system_s_with_the_authority(store: trust.Store, tmp_path: Path) -> None:
    found = trust.establish(store, {}, ())
    system = str(tmp_path / "etc/bundle.crt")
    bundles = {target: source for target, source in found.binds.items() if source != store.java}
    assert bundles == {system: store.bundle, "/etc/ssl/certs/01234567.0": store.authority}
    assert Path(store.bundle).read_bytes() == OTHER + PEM
    assert Path(store.authority).read_bytes() == PEM
    assert found.variables["REQUESTS_CA_BUNDLE"] == system
    assert found.variables["NODE_EXTRA_CA_CERTS"] == "/etc/ssl/certs/01234567.0"
    assert "AWS_CA_BUNDLE" not in found.variables
    assert "GIT_SSL_CAINFO" not in found.variables, "set although git finds the bundle by itself"


def test_a_bundle_that_the_user_named_stays_named(store: trust.Store, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(b"own\n")
    found = trust.establish(store, {"GIT_SSL_CAINFO": str(own), "PIP_CERT": str(tmp_path / "gone.pem")}, ())
    assert found.variables["GIT_SSL_CAINFO"] == str(own)
    assert Path(found.binds[str(own)]).read_bytes() == b"own\n" + PEM
    assert "PIP_CERT" not in found.variables
    closed = trust.establish(store, {"GIT_SSL_CAINFO": str(own)}, (str(tmp_path),))
    assert closed.variables["GIT_SSL_CAINFO"] == str(tmp_path / "etc/bundle.crt")
    assert str(own) not in closed.binds


def site(prefix: Path, package: str) -> Path:
    bundle = prefix / "lib/python3.12/site-packages" / package / "cacert.pem"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(OTHER)
    return bundle


def test_bundles_in_packages(store: trust.Store, tmp_path: Path) -> None:
    on_path = site(tmp_path / "a", "certifi")
    of_the_command = site(tmp_path / "b", "botocore")
    of_pyenv = site(tmp_path / ".pyenv/versions/3.12.1", "pip/_vendor/certifi")
    unrelated = site(tmp_path / "c", "certifi")
    environment = {"PATH": f"/nowhere/bin:{tmp_path}/a/bin", "HOME": str(tmp_path)}
    found = trust.establish(store, environment, (), program=f"{tmp_path}/b/bin/aws")
    assert {str(on_path), str(of_the_command), str(of_pyenv)} <= found.binds.keys()
    assert str(unrelated) not in found.binds
    assert found.binds[str(on_path)] == store.bundle


def test_nothing_is_mounted_where_the_command_may_write(store: trust.Store, tmp_path: Path) -> None:
    bundle = site(tmp_path / "project/venv", "certifi")
    (tmp_path / "link").symlink_to(tmp_path / "project")
    environment = {"PATH": f"{tmp_path}/project/venv/bin"}
    assert str(bundle) in trust.establish(store, environment, ()).binds
    for closed in (tmp_path / "project", tmp_path / "link"):
        assert str(bundle) not in trust.establish(store, environment, (str(closed),)).binds
    assert str(bundle) not in trust.establish(store, environment, (), replaced=(str(tmp_path),)).binds


def test_java_stores(store: trust.Store, tmp_path: Path) -> None:
    home = tmp_path / "jdk"
    cacerts = home / "lib/security/cacerts"
    cacerts.parent.mkdir(parents=True)
    cacerts.write_bytes(b"")
    (home / "bin").mkdir()
    (home / "bin/java").touch()
    assert trust.establish(store, {"PATH": str(home / "bin")}, ()).binds[str(cacerts)] == store.java
    assert trust.establish(store, {"JAVA_HOME": str(home)}, ()).binds[str(cacerts)] == store.java


def test_the_java_key_store_is_well_formed() -> None:
    made = trust.java_key_store(OTHER + PEM)
    magic, version, count = struct.unpack(">III", made[:12])
    assert (magic, version, count) == (0xFEEDFEED, 2, 2)
    assert b"another" in made
    assert b"the authority" in made
    digest = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + made[:-20], usedforsecurity=False).digest()
    assert made[-20:] == digest


def test_each_variable_is_there_once() -> None:
    names = [name for name, _what in trust.VARIABLES]
    assert len(set(names)) == len(names)
    assert len(set(trust.NAMING_VARIABLES)) == len(trust.NAMING_VARIABLES)
