"""A program that does what the daemon does: warms up, forks, and runs a worker in the child; for tests of what survives the fork and what it costs.

Arguments: the resolve target, a CA file to trust, and where to write the session's CA. Prints one JSON line with the child's pid, its port, the
milliseconds from the fork until it answers, and the names of threads in the parent; runs until standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from warden.answers import Answers
from warden.config import Config, EgressConfig, UpstreamConfig
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.enforce.ca import SessionCA
from warden.enforce.worker import Listeners, Worker, warm
from warden.model import Action, AuditRecord, Decision, Effect, HttpRequest, HttpResponse, Principal
from warden.pipeline import Pipeline


class Permissive:
    """Allows everything, keeps nothing."""

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        return Decision(Effect.ALLOW)

    def needs_body(self, request: HttpRequest) -> bool:
        return False

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        return False

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        return response

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        return request

    def local(self, request: HttpRequest) -> HttpResponse | None:
        return None

    def append(self, *records: AuditRecord) -> None:
        pass


def main(target: str, trusted: str, ca_file: str) -> None:
    warm()
    parts = Permissive()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    threads = [thread.name for thread in threading.enumerate()]
    tasks = len(list(Path("/proc/self/task").iterdir()))
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        ca = SessionCA()
        Path(ca_file).write_bytes(ca.pem)
        config = Config(egress=EgressConfig(("api.test",)), upstream=UpstreamConfig({"*": target}, (trusted,)))
        pipeline = Pipeline(
            principal=Principal("t", "s"), decoder=Decoder(egress=Egress(["api.test"])), point=parts, broker=parts, answers=Answers(), log=parts
        )  # fmt: skip
        worker = Worker(pipeline, Listeners((listener,)), config, ca, lambda _: ("198.18.0.1", 443))
        worker.table.address("api.test")
        asyncio.run(worker.run(asyncio.Event()))
        os._exit(0)
    listener.close()
    # A handshake by hand: this process stays as it was forked.
    with socket.create_connection(("127.0.0.1", port)) as probe:
        probe.sendall(b"GET http://other.test/ HTTP/1.1\r\n\r\n")
        probe.recv(1000)
    milliseconds = (time.perf_counter() - started) * 1000
    print(json.dumps({"pid": pid, "port": port, "ms": milliseconds, "threads": threads, "tasks": tasks}), flush=True)
    sys.stdin.read()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
