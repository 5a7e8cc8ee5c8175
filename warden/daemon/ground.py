"""What every session stands on, whoever comes: made ahead, because it is half of a start."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from OpenSSL import crypto

from sandbox import bundle
from sandbox.errors import SandboxError
from sandbox.network import Namespace
from sandbox.runtime import Berth, Runtime
from sandbox.spec import Limits
from warden.config import LimitsConfig
from warden.daemon import places, trust
from warden.daemon.log import logger
from warden.enforce.ca import SessionCA

_LOCK = "lock"
_MAKING = 60.0  # seconds after which a directory without a lock is not being made any more


@dataclass(slots=True)
class Ground:
    """A namespace with listeners, a CA that nothing trusts yet, a directory that only we can read, and the berth of a container.

    `containers` is where the sandbox keeps its own state. `berth` is None where none can be made, and for a while after the host's mounts changed.
    The CA's key is in this process and in the worker that it forks, nowhere else. `lock` is held as long as the directory has an owner.
    """

    name: str
    namespace: Namespace
    authority: SessionCA
    store: trust.Store
    base: str
    directory: Path
    lock: int
    berth: Berth | None = None
    _written: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def prepare(cls, base: str, name: str) -> Ground:
        """`base` is the daemon's directory. Raises SandboxError where namespaces cannot be made, SessionError or OSError where files cannot."""
        directory = Path(_sessions(base), name)
        directory.mkdir(mode=0o700)
        lock = os.open(directory / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        berth: Berth | None = None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            namespace = Namespace.create()
            berth = _berth(base, name, namespace)  # before much is done here: the more memory is ours, the longer cloning the keeper takes
            authority = SessionCA()
            store = trust.Store.make(authority.pem, _subject_hash(authority), directory)
            return cls(name, namespace, authority, store, base, directory, lock, berth)
        except BaseException:
            if berth:
                berth.close()
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)
            raise

    @property
    def containers(self) -> str:
        return _containers(self.base)

    def drop_berth(self) -> None:
        """Lets the berth go."""
        if self.berth:
            self.berth.close()
            self.berth = None

    def renew_berth(self) -> None:
        """Makes a berth when there is none."""
        self.berth = self.berth or _berth(self.base, self.name, self.namespace)

    def write(self, name: str, content: bytes) -> str:
        """A file for the sandbox to see, readable for whoever the command runs as."""
        path = self.directory / name
        if self._written.get(name) != content:  # The rehearsal has written most of it.
            path.parent.mkdir(mode=0o755, exist_ok=True)
            trust.write(path, content)
            self._written[name] = content
        return str(path)

    def close(self) -> None:
        """Lets everything go. May be called again."""
        self.drop_berth()
        self.namespace.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        try:
            os.close(self.lock)
        except OSError:
            return


def _berth(base: str, name: str, namespace: Namespace) -> Berth | None:
    """For the usual runtime and limits; a session with other limits changes them. None where it cannot be made: why is for the start to say."""
    limits = LimitsConfig()
    try:
        return Berth.make(Runtime.find().name, namespace, Limits(limits.memory, limits.pids, limits.cpus), _containers(base))
    except SandboxError as error:
        logger.info("berth.refused", session=name, error=str(error))
        return None


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
