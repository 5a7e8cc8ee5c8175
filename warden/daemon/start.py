"""Finding the daemon, and starting a private one when none runs. The client's side; imports next to nothing.

The client itself makes the socket and hands it, listening, to the daemon that it starts. So there is no moment to wait for: the connection
stands in the backlog while the daemon warms up, and breaks if the daemon dies. A lock keeps two clients from starting two.
"""

from __future__ import annotations

import os
import sys
from _socket import AF_UNIX, SOCK_STREAM, socket

from warden.daemon import api, places
from warden.errors import SessionError

#: What a private daemon keeps of the environment of the client that happened to start it. Sessions get their own client's.
_KEPT = (
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
)
_LOG_LIMIT = 8 << 20


def hello(path: str, want: bytes) -> api.Channel | None:
    """Connects and says what is wanted; None when no daemon is there. SessionError when somebody else answers."""
    try:
        channel = api.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except OSError as error:
        raise SessionError(f"The daemon's socket {path} cannot be used: {error.strerror}.") from error
    if channel.peer() not in (os.getuid(), 0):
        channel.close()
        raise SessionError(f"The daemon's socket {path} belongs to another user.")
    try:
        channel.send(api.HELLO, [("build", api.build()), ("want", want)])
    except OSError:  # it went between accepting and now
        channel.close()
        return None
    return channel


def start(path: str) -> int:
    """Starts a private daemon on `path` unless one came up meanwhile. Returns where its part of the log begins (bytes)."""
    if path == f"{places.runtime_directory()}/daemon.sock":
        places.private(places.runtime_directory())
    log = _open_log()
    begin = os.lseek(log, 0, os.SEEK_END)
    try:
        with places.lock(path):
            try:
                api.connect(path).close()
            except OSError:
                _spawn(path, log)
    finally:
        os.close(log)
    return begin


def listen(path: str) -> socket:
    """A listening socket at `path`, for this user only. The caller holds the lock and knows that nobody listens there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SessionError(f"The socket {path} cannot be replaced: {error.strerror}.") from error
    listener = socket(AF_UNIX, SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    except OSError as error:
        raise SessionError(f"The socket {path} cannot be made: {error.strerror or error}.", "Name another one with --socket.") from error
    finally:
        os.umask(mask)
    listener.listen(256)
    return listener


def last_words(begin: int) -> str:
    """The last line that a daemon logged from `begin` on."""
    try:
        with open(places.daemon_log(), "rb") as log:
            log.seek(begin)
            return log.read()[-8192:].strip().rpartition(b"\n")[2].decode("utf-8", "replace")
    except OSError:
        return ""


def _open_log() -> int:
    path = places.daemon_log()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if os.path.exists(path) and os.path.getsize(path) > _LOG_LIMIT:
            os.replace(path, f"{path}.1")
        return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SessionError(
            f"The daemon's log {path} cannot be written: {error.strerror}.", "Start one yourself with `warden daemon`."
        ) from error


def _spawn(path: str, log: int) -> None:
    """Runs the daemon as a process of its own: no terminal, no parent, no descriptors, and none of the client's secrets in its environment."""
    listener = listen(path)
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # -P: the working directory, which may be anybody's, is not on the import path.
    arguments = [sys.executable, "-P", "-m", "warden", "daemon", "--private", "--listener", "3", "--socket", path]
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        listener.close()
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.umask(0o077)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        socket_copy = os.dup(listener.fileno())  # 3 may be the listener itself, whose close-on-exec flag dup2 would leave alone
        os.dup2(socket_copy, 3)
        os.closerange(4, 1 << 16)
        os.execve(sys.executable, arguments, environment)  # noqa: S606 - our own interpreter, found by itself
    finally:
        os._exit(127)
