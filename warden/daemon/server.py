"""The parent: accepts, forks, reaps, sweeps. Single-threaded, without asyncio, so that a fork is always of a quiet process.

It never reads a request. A connection says hello (which code it is, what it wants); one that wants to run is handed, unread, to a session process.
One such process waits ready with its namespace and CA, because that is half of a start. When it is taken, the next is forked once the taken one
says that it needs the machine less: a start that shares its two cores with the preparation of the next start gains nothing from it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from warden.daemon import api, memory, places, process
from warden.daemon.log import logger
from warden.errors import SessionError

#: How long sessions get to end when the daemon is told to (seconds); then they are killed and swept.
GRACE = 10.0
#: The most bytes that a hello may have, and the most connections that may dawdle over theirs.
_HELLO_LIMIT = 4096
_WAITING_LIMIT = 256

#: What a session process runs, given its id and the socket over which its connection comes; returns the process's exit code. It begins with SIGTERM
#: blocked, and has to let it through (`process.let_through`) once it can catch it.
type SessionMain = Callable[[str, socket.socket], int]


@dataclass(slots=True)
class Child:
    """A session process. `control` is its socket until it says, by closing its end, that its start is over; `started` is the wall clock when its
    connection came, 0 while it waits for one.
    """

    id: str
    pid: int
    control: socket.socket | None
    started: float = 0.0


@dataclass(slots=True)
class Server:
    """The accept loop. `private` is a daemon that a client started: it goes when it has been idle, or when the code on disk is no longer its own."""

    path: str
    listener: socket.socket
    session: SessionMain
    sweep: Callable[[], None]
    changed: Callable[[], bool] = lambda: False
    private: bool = False
    idle_timeout: float = 900.0
    _children: dict[int, Child] = field(default_factory=dict)
    _greeting: dict[socket.socket, bytearray] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _stopping: bool = False
    _inode: int = 0
    _last: float = field(default_factory=time.monotonic)

    def serve(self) -> int:
        """Runs until told to stop (SIGTERM, SIGINT), idle, or replaced. Returns the exit code."""
        self._inode = _inode(self.path)
        wake, wakeup = socket.socketpair()
        wake.setblocking(False)
        wakeup.setblocking(False)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self.listener.setblocking(False)
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        gc.collect()
        gc.freeze()  # what is loaded stays shared: the collector of a forked process does not touch, and so copy, it
        memory.gather()
        self._prepare()
        logger.info("daemon.ready", pid=os.getpid(), socket=self.path, private=self.private)
        while not self._finished():
            for key, _events in self._selector.select(self._patience()):
                if isinstance(key.data, Child):
                    self._settled(key.data)
                elif key.fileobj is wake:
                    self._signals(wake)
                elif key.fileobj is self.listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._hello(key.fileobj)
        self._end()
        return 0

    # --- connections -----------------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _address = self.listener.accept()
        except OSError:
            return
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, _gid = struct.unpack("3i", credentials)
        # The socket's mode says the same; this holds even where somebody changed it.
        if uid != os.getuid() or len(self._greeting) >= _WAITING_LIMIT:
            connection.close()
            return
        connection.setblocking(False)
        self._greeting[connection] = bytearray()
        self._selector.register(connection, selectors.EVENT_READ)
        self._hello(connection)

    def _hello(self, connection: socket.socket) -> None:
        """Reads exactly the hello, so that the request behind it and its descriptors stay for the session process."""
        data = self._greeting[connection]
        try:
            while len(data) < (wanted := _length(data)):
                part = connection.recv(wanted - len(data))
                if not part:
                    return self._drop(connection)
                data += part
        except BlockingIOError:
            return None
        except (OSError, SessionError):
            return self._drop(connection)
        try:
            fields = dict(api.decode(bytes(data[api.HEADER :])))
        except SessionError:
            return self._drop(connection)
        self._forget(connection)
        connection.setblocking(True)
        self._last = time.monotonic()
        self._serve_one(connection, fields)
        connection.close()
        return None

    def _serve_one(self, connection: socket.socket, fields: dict[str, bytes]) -> None:
        want = fields.get("want", b"")
        try:
            if want == b"status":
                api.Channel(connection).send(api.STATUS, self._status())
            elif want == b"stop":
                api.Channel(connection).send(api.STATUS, self._status())
                self._stopping = True
            elif want == b"run" and self._current(connection, fields.get("build", b"")):
                self._hand_over(connection)
        except OSError:
            return  # the client is gone

    def _current(self, connection: socket.socket, build: bytes) -> bool:
        """Whether this daemon runs the client's code. If not, a private one makes room for its successor, and a service says so."""
        if build == api.build() and not (self.private and self.changed()):
            return True
        if self.private:
            logger.info("daemon.outdated", client=os.fsdecode(build))
            self._stop_listening()
            api.Channel(connection).send(api.OUTDATED)
        else:
            message = f"The daemon at {self.path} runs {os.fsdecode(api.build())}, this is {os.fsdecode(build)}."
            api.Channel(connection).send(api.OUTDATED, [("message", os.fsencode(message)), ("advice", b"Restart the daemon.")])
        return False

    def _hand_over(self, connection: socket.socket) -> None:
        child = next((child for child in self._children.values() if child.control and not child.started), None) or self._prepare()
        assert child.control is not None
        child.started = time.time()
        try:
            socket.send_fds(child.control, [b"run"], [connection.fileno()])
        except OSError:  # it died a moment ago and is not yet reaped: a fresh one
            self._release(child)
            return self._hand_over(connection)
        logger.info("session.taken", session=child.id, pid=child.pid)
        self._selector.register(child.control, selectors.EVENT_READ, child)
        return None

    def _settled(self, child: Child) -> None:
        """A session's start is over: time to get ready for the next."""
        self._release(child)
        if self._listening() and not any(other.control and not other.started for other in self._children.values()):
            self._prepare()

    def _release(self, child: Child) -> None:
        if child.control:
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.control)
            child.control.close()
            child.control = None

    def _status(self) -> api.Fields:
        sessions = [("session", f"{c.id} {c.pid} {c.started:.0f}".encode()) for c in self._children.values() if c.started]
        return [("pid", str(os.getpid()).encode()), ("build", api.build()), ("private", b"%d" % self.private), *sessions]

    def _drop(self, connection: socket.socket) -> None:
        self._forget(connection)
        connection.close()

    def _forget(self, connection: socket.socket) -> None:
        del self._greeting[connection]
        self._selector.unregister(connection)

    # --- session processes -----------------------------------------------------------------------------------------------------

    def _prepare(self) -> Child:
        """Forks a session process that gets ready and waits for its connection."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        name = os.urandom(6).hex()
        parent = os.getpid()
        # A SIGTERM that came before the child can catch it would be lost, and we would wait for the child in vain.
        with process.held(signal.SIGTERM):
            pid = os.fork()
            if pid == 0:
                self._become(name, theirs, parent)
        theirs.close()
        child = Child(name, pid, ours)
        self._children[pid] = child
        return child

    def _become(self, name: str, control: socket.socket, parent: int) -> NoReturn:
        """The child's side of the fork: nothing of the parent's is open or handled any more."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            process.die_with_parent(parent, signal.SIGTERM)
            for sock in (self.listener, *self._greeting, *(c.control for c in self._children.values() if c.control)):
                sock.detach()  # the descriptors are closed below; their objects must not close a reused number later
            process.keep_only(control.fileno())
            code = self.session(name, control)
        except BaseException:  # noqa: BLE001 - a child must never return into the parent's loop; the client sees its connection end
            logger.exception("session.failed", session=name)
        finally:
            os._exit(code)

    def _signals(self, wake: socket.socket) -> None:
        numbers = wake.recv(4096)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stopping = True
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is None:
                continue
            self._last = time.monotonic()
            if child.started and child.control:
                self._settled(child)
            self._release(child)
            code = os.waitstatus_to_exitcode(status)
            if code != 0:
                logger.warning("session.died", session=child.id, pid=pid, code=code)
                self._sweep()

    def _sweep(self) -> None:
        try:
            self.sweep()
        except Exception:  # noqa: BLE001 - what cannot be swept now is swept at the next start
            logger.exception("sweep.failed")

    # --- the end ---------------------------------------------------------------------------------------------------------------

    def _sessions(self) -> int:
        return sum(1 for child in self._children.values() if child.started)

    def _listening(self) -> bool:
        return self.listener.fileno() >= 0

    def _patience(self) -> float | None:
        """How long to wait for the next event: forever, but when only the clock can end this daemon."""
        if not self.private or self._sessions() or self._greeting:
            return None
        return max(0.0, self._last + self.idle_timeout - time.monotonic())

    def _finished(self) -> bool:
        if self._stopping:
            return True
        if self._sessions() or self._greeting:
            return False
        if not self._listening():
            return True  # outdated, and the last session is over
        return self.private and time.monotonic() - self._last >= self.idle_timeout

    def _stop_listening(self) -> None:
        """Closes the socket and removes its name, unless a successor already has it. Clients in the backlog see a reset and try again."""
        if not self._listening():
            return
        with places.lock(self.path):
            if _inode(self.path) == self._inode:
                Path(self.path).unlink()
            self._selector.unregister(self.listener)
            self.listener.close()

    def _end(self) -> None:
        self._stop_listening()
        for connection in list(self._greeting):
            self._drop(connection)
        for pid in list(self._children):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self._children and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.01)
        for pid in list(self._children):
            os.kill(pid, signal.SIGKILL)  # _reap sweeps after it
        while self._children:
            self._reap()
            time.sleep(0.01)
        logger.info("daemon.ended", pid=os.getpid())
        sys.stderr.flush()


def _length(data: bytearray) -> int:
    """How many bytes the hello in `data` has, as far as can be told. SessionError when it is none."""
    if data[:1] not in (b"", api.HELLO):
        raise SessionError("not a hello")
    length = api.payload_length(data) if len(data) >= api.HEADER else 0
    if length > _HELLO_LIMIT:
        raise SessionError("too long a hello")
    return api.HEADER + length


def _inode(path: str) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0
