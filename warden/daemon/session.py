"""One session, from the connection to the exit code. Runs in a process of its own, forked from the daemon, single-threaded.

The order, and what is undone if a step fails::

    ground        before any client: the network namespace with its listeners, the session's CA, a directory for its files; the berth of the
                  container, made again whenever the host's mounts change
    request       read; this process becomes the client's stand-in (environment, working directory)
    terms         configuration, policy, credentials broker, audit log: each may refuse, and nothing has been started
    session.start on the audit log, or the session does not start
    container     its mounts are made, and meanwhile the worker as a value, which may still refuse; then the command runs
    worker        serves the listeners with CA key, credentials and policy; the sandbox gets none of them
    end           container, worker, ground; session.end; EXIT to the client

Whatever ends first ends everything: the command, the client, the worker, or the daemon (whose death the kernel tells us with SIGTERM).
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import time

from sandbox import runtime, view
from sandbox.errors import SandboxError
from warden.daemon import api, process, program, worker
from warden.daemon.container import REPLACED, specify
from warden.daemon.ground import Ground
from warden.daemon.log import logger
from warden.daemon.request import Request
from warden.daemon.terms import Terms
from warden.enforce.worker import Worker
from warden.errors import SessionError, WardenError
from warden.model import AuditRecord

#: Seconds that the command gets to end by itself when the daemon stops.
GRACE = 3.0
#: Seconds that a client has to say what it wants.
_REQUEST_TIMEOUT = 10.0

#: Seconds after which a command counts as running, so that the daemon gets ready for the next.
SETTLED = 0.1
#: Seconds after which the worker starts although nobody has asked for it: most commands that end sooner never do.
_IDLE = 0.03

#: Seconds that a client gets to end once it has its exit status, before the session begins to clean up.
_PARTING = 0.02
#: Seconds after a change of the host's mounts before a berth is made again: changes come in groups.
_QUIET = 1.0

WORKER_DIED = "the session's worker died; the session was ended."
DAEMON_ENDS = "the daemon ended this session."


def main(base: str, name: str, control: socket.socket) -> int:
    """The session process of the daemon whose directory is `base`: gets ready, waits on `control` for its connection, runs it.

    Returns the process's exit code, 0 when all is cleaned up.
    """
    process.name("warden-session")
    process.leave_no_core()
    gc.disable()  # until the command runs: what a start makes is kept anyway
    wake = _catch_termination()
    ground: Ground | None = None
    refusal: Exception | None = None
    try:
        ground = Ground.prepare(base, name)
        _rehearse(name, ground)
    except (WardenError, SandboxError, OSError) as error:
        refusal = error  # told to the client that comes
    try:
        connection = _await_connection(control, wake, ground)
        if connection is None:
            return 0
        _Session(name, ground, api.Channel(connection), wake, control).run(refusal)
    finally:
        if ground:
            ground.close()
    return 0


def _rehearse(name: str, ground: Ground) -> None:
    """Walks the way of a start with nobody's request, so that the memory it touches is copied from the daemon's now and not while a client waits."""
    fields = [("arg", b"true"), ("cwd", b"/"), ("env", b"HOME=/nonexistent"), ("env", b"PATH=/usr/bin:/bin")]
    request = Request.read(api.Frame(api.RUN, fields, [0, 1, 2]))
    try:
        terms = Terms.settle(name, request)
        spec = specify(request, terms, ground)
        program.complaint("true", spec.env["PATH"], "/")
        worker.make(ground, terms)
        terms.describe(request)
        view.resolve(spec)
    except (WardenError, SandboxError, OSError) as error:
        logger.info("rehearsal.refused", session=name, error=str(error))  # the client that comes is told, if it still holds


class _Session:
    """What one session holds; each of it is None until its step, and `_end` undoes what there is."""

    def __init__(self, name: str, ground: Ground | None, channel: api.Channel, wake: int, control: socket.socket) -> None:
        self._name = name
        self._control = control
        self._ground = ground
        self._channel = channel
        self._wake = wake
        self._terms: Terms | None = None
        self._serving: Worker | None = None
        self._worker: worker.Handle | None = None
        self._container: runtime.Container | None = None
        self._started = 0.0

    def run(self, refusal: Exception | None) -> None:
        """The whole session, EXIT included. Raises nothing that has to do with the client or its command."""
        try:
            result = _exit(self._run(refusal))
        except (WardenError, SandboxError) as error:
            code = error.exit_code if isinstance(error, WardenError) else 125
            logger.warning("session.refused", session=self._name, error=str(error))
            result = _exit(code, error.message, error.advice)
        except Exception as error:  # noqa: BLE001 - the client gets a sentence, the log the detail
            logger.exception("session.failed", session=self._name)
            result = _exit(125, f"the session failed ({type(error).__name__}).", "The daemon's log has the detail.")
        try:
            # Nothing of the command may run on when the client has its exit status. The rest of the end need not keep the user waiting.
            if self._container:
                self._container.kill()
                with contextlib.suppress(SandboxError):
                    self._container.wait()
            with contextlib.suppress(OSError):  # the client is gone: nobody is left to tell
                self._channel.send(api.EXIT, result)
                self._see_off()
            self._channel.close()
            self._control.close()
        finally:
            self._end()
        self._record_end(result)

    def _run(self, refusal: Exception | None) -> int:
        request = Request.read(self._first(), self._channel.peer_pid())
        try:
            request.adopt()
            if refusal or self._ground is None:
                raise refusal or SessionError("the session has no ground.")
            terms = Terms.settle(self._name, request)
            spec = specify(request, terms, self._ground)
            shown = (*([spec.cwd] if spec.cwd_writable else []), *spec.writable)
            missing = program.complaint(spec.argv[0], spec.env.get("PATH", ""), spec.cwd, replaced=REPLACED, shown=shown)
            if missing:
                raise missing
            found = runtime.Runtime.find(terms.config.sandbox.runtime)
            ground = self._ground
            terms.log.append(AuditRecord("session.start", terms.principal, terms.describe(request)))
            self._terms, self._started = terms, time.monotonic()
            # From here on the log is there, or the sandbox's view would not know that it has to be hidden.
            self._container = runtime.start(
                spec,
                namespace=ground.namespace,
                stdio=request.stdio,
                state=ground.containers,
                runtime=found,
                berth=ground.berth,
                meanwhile=lambda: self._make_worker(ground, terms),
            )
        finally:
            for number in request.stdio:
                os.close(number)  # or a reader of the command's output would wait for us as well
        if self._container.console is not None:
            self._channel.send(api.TERMINAL, [], [self._container.console])
            os.close(self._container.console)  # the client's alone: when it closes it, the kernel hangs up inside
            self._container.console = None
        self._channel.send(api.BEGUN)
        assert self._serving is not None
        return self._supervise(self._container, self._serving)

    def _make_worker(self, ground: Ground, terms: Terms) -> None:
        """May still refuse."""
        self._serving = worker.make(ground, terms)

    # --- while it runs ---------------------------------------------------------------------------------------------------------

    def _supervise(self, container: runtime.Container, serving: Worker) -> int:
        """Until the end of whatever ends first. The worker is started when the first question or connection waits for it, or after a moment."""
        assert self._ground is not None
        gc.enable()
        poll = select.poll()
        for number in (container.pidfd, self._channel.fileno(), self._wake):
            poll.register(number, select.POLLIN)
        listeners = [listener.fileno() for listener in self._ground.namespace.listeners.all()]
        for number in listeners:
            poll.register(number, select.POLLIN)
        patience: float | None = _IDLE
        while True:
            ready = dict(poll.poll(None if patience is None else patience * 1000))
            if container.pidfd in ready:
                return container.wait()
            if self._worker is None:
                if not ready or ready.keys() & listeners:
                    for number in listeners:
                        poll.unregister(number)
                    self._worker = worker.start(serving, self._ground)
                    self._ground.drop_berth()  # if the container could not take it: it holds the host's mounts
                    poll.register(self._worker.pidfd, select.POLLIN)
                    patience = SETTLED
                    continue  # the listeners are closed, and the worker's descriptor may have the number of the one that was ready
            elif not ready:
                self._control.close()
                patience = None
            if self._worker and self._worker.pidfd in ready:
                container.kill()
                logger.warning("worker.died", session=self._name, status=self._worker.status())
                raise SessionError(WORKER_DIED)
            if self._wake in ready:
                self._ask_to_end(container)
                raise SessionError(DAEMON_ENDS)
            if self._channel.fileno() in ready:
                for frame in self._channel.read():
                    if frame.kind == api.SIGNAL:
                        _pass_on(container, int(frame.text("number", "0")))
                if self._channel.closed:
                    container.kill()
                    raise SessionError("the client went away.")

    def _ask_to_end(self, container: runtime.Container) -> None:
        """SIGTERM to the command, and a moment to follow it. What stays is killed by `_end`."""
        with contextlib.suppress(SandboxError, OSError):
            container.signal(signal.SIGTERM)
            select.select([container.pidfd, self._channel.fileno()], [], [], GRACE)

    def _first(self) -> api.Frame:
        ready, _, _ = select.select([self._channel.fileno(), self._wake], [], [], _REQUEST_TIMEOUT)
        if self._wake in ready:
            raise SessionError(DAEMON_ENDS)
        frame = self._channel.receive() if ready else None
        if frame is None:
            raise SessionError("the client asked for nothing.")
        return frame

    # --- the end ---------------------------------------------------------------------------------------------------------------

    def _see_off(self) -> None:
        """Waits a moment for the client to end, which needs the processor more than we do."""
        deadline = time.monotonic() + _PARTING
        while (
            not self._channel.closed
            and (left := deadline - time.monotonic()) > 0
            and select.select([self._channel.fileno()], [], [], left)[0]
        ):
            for frame in self._channel.read():
                for number in frame.descriptors:
                    os.close(number)

    def _end(self) -> None:
        """Ends the container, then the worker. Both are tried, whatever happens to the other."""
        try:
            if self._container:
                self._container.close()
        finally:
            if self._worker:
                self._worker.end()

    def _record_end(self, result: api.Fields) -> None:
        """The audit's last word on a session that had its first."""
        if self._terms is None:
            return
        told = {name: os.fsdecode(value) for name, value in result}
        fields = {"exit": int(told["code"]), "reason": told.get("message", ""), "seconds": round(time.monotonic() - self._started, 3)}
        if self._container:
            events = self._container.events
            fields |= {
                "memory_kills": events.memory_kills,
                "forks_refused": events.forks_refused,
                "degraded": list(self._container.degraded),
            }
        try:
            self._terms.log.append(AuditRecord("session.end", self._terms.principal, fields))
        except WardenError as error:
            logger.error("audit.failed", session=self._name, error=str(error))


def _exit(code: int, message: str = "", advice: str = "") -> api.Fields:
    fields = [("code", b"%d" % code)]
    if message:
        text = message[0].lower() + message[1:] if message[1:2].islower() else message
        fields += [("message", os.fsencode(text.replace("\0", ""))), ("advice", os.fsencode(advice.replace("\0", "")))]
    return fields


def _pass_on(container: runtime.Container, number: int) -> None:
    """A signal that the client got. SIGTSTP stops as a terminal's Ctrl-Z does, but for good: the kernel drops it in an orphaned process group."""
    if number == signal.SIGTSTP:
        number = signal.SIGSTOP
    if number in signal.valid_signals():
        with contextlib.suppress(OSError):
            container.signal(number)


def _catch_termination() -> int:
    """SIGTERM as a readable descriptor."""
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the daemon's terminal is the daemon's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process.let_through(signal.SIGTERM)
    return reading


def _await_connection(control: socket.socket, wake: int, ground: Ground | None) -> socket.socket | None:
    """The client's connection; None when the daemon ends before one comes. Meanwhile, the berth is kept as the host's mounts are."""
    dropped = False
    while True:
        poll = select.poll()
        poll.register(control, select.POLLIN)
        poll.register(wake, select.POLLIN)
        berth = ground.berth if ground else None
        if berth:
            poll.register(berth.changes, select.POLLPRI)
        ready = dict(poll.poll(_QUIET * 1000 if dropped else None))
        if wake in ready:
            return None
        if ground and berth and berth.changes in ready:
            ground.drop_berth()  # at once, or what was unmounted would be held by us
            dropped = True
        if control.fileno() in ready:
            break
        if ground and not ready:
            ground.renew_berth()
            dropped = False
    data, descriptors, _flags, _address = socket.recv_fds(control, 16, 1)
    if not data or not descriptors:
        return None
    os.set_inheritable(descriptors[0], False)
    return socket.socket(fileno=descriptors[0])
