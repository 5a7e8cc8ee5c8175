"""`warden daemon`: run the daemon as a service, ask a running one, stop it.

Nobody has to: `warden exec` starts a private one by itself. Exit status: 0; 125 when it cannot start or none runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from warden.daemon import api, places, start
from warden.errors import SessionError, WardenError
from warden.settings.files import load


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("daemon", help="run the daemon, or ask or stop a running one", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("run", "status", "stop"), default="run", help="default: run, in the foreground")
    parser.add_argument(
        "--socket", default="", help="the Unix socket (default: $XDG_RUNTIME_DIR/warden/daemon.sock, or /run/warden/daemon.sock)"
    )
    parser.add_argument("--output", choices=("table", "json"), default="table", help="of status")
    parser.add_argument("--private", action="store_true", help=argparse.SUPPRESS)  # started by a client: goes when idle
    parser.add_argument("--listener", type=int, default=-1, help=argparse.SUPPRESS)  # the listening socket, already made
    parser.add_argument("--idle-timeout", type=float, default=None, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    try:
        config = load(Path.cwd()).config.daemon
        path = args.socket or os.environ.get(places.SOCKET_VARIABLE) or config.socket or places.default_socket()
        if args.idle_timeout is None:
            args.idle_timeout = config.idle_timeout
        if args.what == "run":
            return _serve(path, args)
        return _ask(path, args)
    except WardenError as error:
        print(f"warden: {error}", file=sys.stderr)
        return error.exit_code


def _serve(path: str, args: argparse.Namespace) -> int:
    from warden.daemon import own

    own.settle()
    from warden.daemon import running

    listener = _listener(path, args.listener)
    return running.serve(path, listener, private=args.private, idle_timeout=args.idle_timeout)


def _listener(path: str, given: int) -> socket.socket:
    """The listening socket: handed over by the client or by systemd (sd_listen_fds(3)), or made here unless a live daemon has it."""
    if given < 0 and os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        given = 3
    if given >= 0:
        os.set_inheritable(given, False)
        return socket.socket(fileno=given)
    if path == f"{places.runtime_directory()}/daemon.sock":
        places.private(places.runtime_directory())
    with places.lock(path):
        running = start.hello(path, b"status")
        if running is not None:
            frame = running.receive()
            running.close()
            pid = frame.text("pid") if frame else "unknown"
            raise SessionError(
                f"A daemon already listens on {path} (pid {pid}).", "Stop it with `warden daemon stop`, or name another --socket."
            )
        return socket.socket(fileno=start.listen(path).detach())


def _ask(path: str, args: argparse.Namespace) -> int:
    channel = start.hello(path, args.what.encode())
    frame = channel.receive() if channel else None
    if channel is None or frame is None or frame.kind != api.STATUS:
        raise SessionError(f"No daemon listens on {path}.")
    status = describe(frame)
    if args.what == "stop":
        with contextlib.suppress(ProcessLookupError):  # gone already
            select.select([os.pidfd_open(status.pid)], [], [])
        return 0
    if args.output == "json":
        print(json.dumps(asdict(status)))
        return 0
    print(f"daemon   pid {status.pid}, {'private' if status.private else 'service'}, socket {path}")
    for session in status.sessions:
        print(f"session  {session.id}, pid {session.pid}, since {time.strftime('%H:%M:%S', time.localtime(session.started))}")
    return 0


@dataclass(frozen=True, slots=True)
class Session:
    """A running session: its id (as in the audit log), process and start (seconds since 1970)."""

    id: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a daemon says of itself."""

    pid: int
    build: str
    private: bool
    sessions: tuple[Session, ...]


def describe(frame: api.Frame) -> Status:
    """A STATUS frame as a value."""
    rows = (value.decode().split(" ") for value in frame.all("session"))
    sessions = tuple(Session(name, int(pid), int(started)) for name, pid, started in rows)
    return Status(int(frame.text("pid", "0")), frame.text("build"), frame.one("private") == b"1", sessions)
