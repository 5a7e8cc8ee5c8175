"""The worker: a process that serves one session's network, forked from the session process.

It alone holds what must not get out: the CA's key, the broker with the real credentials, the policy. It inherits them by the fork, so they pass
through no file and no pipe. Of descriptors it keeps the namespace's listeners and the daemon's log.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
from dataclasses import dataclass

from sandbox import network
from sandbox.network import original_destination
from warden.answers import Answers
from warden.audit.log import Log
from warden.daemon import process
from warden.daemon.ground import Ground
from warden.daemon.terms import Terms
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.kubernetes.cluster import Cluster
from warden.enforce.worker import Listeners, Worker
from warden.pipeline import Pipeline

#: Seconds that the worker gets to finish what it records.
_GRACE = 2.0
#: Bytes that the worker may take for what the command sends: bodies that rulings wait for, headers, connections. It is outside of the command's own
#: limit; a thousand connections with eight megabytes each would be felt by the whole machine.
_MEMORY = 1 << 30


@dataclass(slots=True)
class Handle:
    """A running worker. `pidfd` becomes readable when it dies."""

    pid: int
    pidfd: int

    def status(self) -> int:
        """How it ended: exit code, or minus the signal. Call when `pidfd` is readable."""
        done, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status) if done else 0

    def end(self) -> None:
        """SIGTERM, a moment, SIGKILL. Returns when it is gone; may be called again."""
        if self.pid:
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)
            if not select.select([self.pidfd], [], [], _GRACE)[0]:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            self.status()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def make(ground: Ground, terms: Terms) -> Worker:
    """The worker as a value, made before anything starts, because it may refuse: ConfigError for an upstream or egress that cannot be used."""
    clusters = tuple(Cluster(each.name, each.host, each.port, each.prefix) for each in terms.broker.kubernetes.endpoints())
    pipeline = Pipeline(
        principal=terms.principal,
        decoder=Decoder(Egress(terms.config.egress.allow), terms.broker.aws.accounts(), clusters),
        point=terms.point,
        broker=terms.broker,
        answers=Answers(terms.vault),
        log=Log(terms.audit_path),  # the session's own has descriptors that are closed over there
        vault=terms.vault,
        transcripts=terms.config.credentials.transcripts,
    )
    return Worker(
        pipeline, _listeners(ground.namespace.listeners), terms.config, ground.authority, original_destination, terms.broker.kubernetes
    )


def start(serving: Worker, ground: Ground) -> Handle:
    """Forks the process that serves. It dies with this one (SIGKILL by the kernel): the sandbox must not outlive who watches it."""
    keep = [listener.fileno() for listener in ground.namespace.listeners.all()]
    pid = process.fork("warden-worker", lambda: _serve(serving), *keep)
    for listener in ground.namespace.listeners.all():
        listener.close()  # the worker's alone: when it dies, the sandbox is refused at once instead of waiting in a backlog
    return Handle(pid, os.pidfd_open(pid))


def _serve(serving: Worker) -> int:
    process.limit_data(_MEMORY)
    process.seal()
    asyncio.run(_run(serving))
    return 0


async def _run(serving: Worker) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serving.run(stop)


def _listeners(made: network.Listeners) -> Listeners:
    """The sandbox's listeners as the worker sorts them: by what speaks on them."""
    return Listeners(
        tcp=tuple(sock for sock in (made.tcp, made.tcp6) if sock),
        dns_udp=tuple(sock for sock in (made.dns, made.dns6) if sock),
        dns_tcp=tuple(sock for sock in (made.dns_tcp, made.dns_tcp6) if sock),
    )
