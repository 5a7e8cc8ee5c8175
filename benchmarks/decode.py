"""One AWS request decoded, and decoded and decided, in process: median over every operation of botocore, once each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks import Row
from tests.unit.dialects.aws.botocore_requests import sample_requests
from warden.decide.bundle import load
from warden.decide.point import PolicyDecisionPoint
from warden.model import HttpRequest, Principal
from warden.pipeline import Decoder


def rows() -> Iterator[Row]:
    """Medians in microseconds, warm: every request has been decoded once before."""
    requests = sample_requests()
    decoder, principal = Decoder(), Principal("bench", "bench")
    point = PolicyDecisionPoint(load("no-destroy"))

    def decode(request: HttpRequest) -> None:
        decoder.decode(request)

    def decide(request: HttpRequest) -> None:
        point.decide(principal, decoder.decode(request))

    count = f"median of {len(requests)} operations"
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
