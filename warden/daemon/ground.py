"""What every session stands on, whoever comes: made ahead, because it is half of a start."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from OpenSSL import crypto

from sandbox import bundle
from sandbox.network import Namespace
from warden.daemon import places, trust
from warden.enforce.ca import SessionCA

_LOCK = "lock"
_MAKING = 60.0  # seconds after which a directory without a lock is not being made any more


@dataclass(frozen=True, slots=True)
class Ground:
    """A namespace with listeners, a CA that nothing trusts yet, and a directory that only we can read.

    `containers` is where the sandbox keeps its own state.
    The CA's key is in this process and in the worker that it forks, nowhere else. `lock` is held as long as the directory has an owner.
    """

    name: str
    namespace: Namespace
    authority: SessionCA
    store: trust.Store
    base: str
    directory: Path
    lock: int

    @classmethod
    def prepare(cls, base: str, name: str) -> Ground:
        """`base` is the daemon's directory. Raises SandboxError where namespaces cannot be made, SessionError or OSError where files cannot."""
        directory = Path(_sessions(base), name)
        directory.mkdir(mode=0o700)
        lock = os.open(directory / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            authority = SessionCA()
            store = trust.Store.make(authority.pem, _subject_hash(authority), directory)
            return cls(name, Namespace.create(), authority, store, base, directory, lock)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)
            raise

    @property
    def containers(self) -> str:
        return _containers(self.base)

    def write(self, name: str, content: bytes) -> str:
        """A file for the sandbox to see, readable for whoever the command runs as."""
        path = self.directory / name
        path.parent.mkdir(mode=0o755, exist_ok=True)
        return trust.write(path, content)

    def close(self) -> None:
        """Lets everything go. May be called again."""
        self.namespace.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        try:
            os.close(self.lock)
        except OSError:
            return


def _subject_hash(authority: SessionCA) -> str:
    """The name of the CA's certificate in an OpenSSL directory."""
    return f"{crypto.X509.from_cryptography(authority.certificate).subject_name_hash():08x}"


def _sessions(base: str) -> str:
    return places.private(f"{base}/sessions")


def _containers(base: str) -> str:
    return places.private(f"{base}/containers")


def sweep(base: str) -> None:
    """Removes what sessions left below `base` that died without an end: whose lock is free. Running ones are not touched."""
    bundle.sweep(_containers(base))
    for directory in sorted(Path(_sessions(base)).iterdir()):
        try:
            lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            if time.time() - directory.stat().st_mtime > _MAKING:  # its maker died before it had a lock
                shutil.rmtree(directory, ignore_errors=True)
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)
