"""Where the daemon's socket, state, lock and log are. Imported by the client on every start, so it imports only `os`."""

from __future__ import annotations

import os

from warden.errors import SessionError

#: Names the socket for clients and daemons alike; the flag `--socket` is stronger, `daemon.socket` in the configuration weaker.
SOCKET_VARIABLE = "WARDEN_SOCKET"


def runtime_directory() -> str:
    """`/run/warden` for root, `$XDG_RUNTIME_DIR/warden` for others, `/tmp/warden-UID` where the login gave them none."""
    if os.getuid() == 0:
        return "/run/warden"
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.path.isdir(base):
        return f"{base}/warden"
    return f"/tmp/warden-{os.getuid()}"  # noqa: S108 - `private` below refuses it unless it is ours alone


def state_directory() -> str:
    """Where logs go: `/var/log/warden` for root, `~/.local/state/warden` for others."""
    if os.getuid() == 0:
        return "/var/log/warden"
    return f"{os.environ.get('XDG_STATE_HOME') or os.path.expanduser('~/.local/state')}/warden"


def private(directory: str) -> str:
    """Makes `directory` with mode 0700 and returns it. SessionError when it is not ours alone: somebody else could answer for the daemon."""
    try:
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            pass
        found = os.lstat(directory)
    except OSError as error:
        raise SessionError(f"{directory} cannot be made: {error.strerror}.", "Set XDG_RUNTIME_DIR to a directory of yours.") from error
    if found.st_mode & 0o170000 != 0o040000 or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SessionError(f"{directory} is not a directory that only you can use.", f"Remove it, or `chmod 700 {directory}`.")
    return directory


def default_socket() -> str:
    """The socket when nothing names another one."""
    return os.environ.get(SOCKET_VARIABLE) or f"{runtime_directory()}/daemon.sock"


def files_directory(socket: str) -> str:
    """Where the daemon that listens on `socket` keeps what its sessions need: beside it, so that each daemon sweeps only after its own."""
    usual = f"{runtime_directory()}/daemon.sock"
    return private(runtime_directory() if socket == usual else f"{socket}.d")


def daemon_log() -> str:
    """The log of a private daemon; a service logs to its standard error."""
    return f"{state_directory()}/daemon.log"


class lock:  # noqa: N801 - reads as the verb it is: `with lock(path):`
    """Held while a socket's name is made, replaced or removed, so that clients and daemons that start at once agree on one daemon."""

    def __init__(self, socket: str) -> None:
        self._path = f"{socket}.lock"
        self._descriptor = -1

    def __enter__(self) -> None:
        import fcntl

        try:
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SessionError(
                f"The socket {self._path.removesuffix('.lock')} cannot be made: {error.strerror}.", "Name another one with --socket."
            ) from error
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_error: object) -> None:
        os.close(self._descriptor)
