"""One AWS request decoded, and decoded and decided, in process: median over a request of every operation of botocore."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks import Row
from tests.unit.dialects.aws.botocore_requests import installed
from warden.decide import PolicyDecisionPoint, load
from warden.model import HttpRequest, Principal
from warden.pipeline import Decoder


def rows() -> Iterator[Row]:
    """Medians in microseconds over single calls, warm: every request has been decoded once before."""
    release = installed()
    requests = [sample.request for service in release.services() for sample in release.samples(service, full=True)]
    decoder, principal = Decoder(), Principal("bench", "bench")
    point = PolicyDecisionPoint(load("no-destroy", ()))

    def decode(request: HttpRequest) -> None:
        decoder.decode(request)

    def decide(request: HttpRequest) -> None:
        point.decide(principal, decoder.decode(request))

    count = f"median over {len(requests)} requests, one per operation and protocol, every member set"
    yield Row("decode one AWS request", _median(decode, requests), "us", 100, detail=count)
    yield Row("decode and decide", _median(decide, requests), "us", 300, detail=count)


def _median(call: Callable[[HttpRequest], None], requests: list[HttpRequest]) -> float:
    for request in requests:
        call(request)
    times = []
    for request in requests:
        started = time.perf_counter_ns()
        call(request)
        times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1000
