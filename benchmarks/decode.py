"""One request decoded, and decoded and decided, in process: for AWS the median over a request of every operation of botocore, for Kubernetes over the
unit tests' expectations.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks import Row
from tests.unit.dialects.aws.botocore_requests import installed
from tests.unit.dialects.kubernetes import wire
from tests.unit.dialects.kubernetes.test_expectations import requests as kubernetes_requests
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
    yield from _kubernetes()


def _kubernetes() -> Iterator[Row]:
    sent = kubernetes_requests()
    for name, chosen, target in (
        ("decode one Kubernetes request", [request for request in sent if not request.body], 30),
        ("decode one Kubernetes request with a body", [request for request in sent if request.body], 100),
    ):
        detail = f"median over {len(chosen)} requests of the unit tests' expectations"
        yield Row(name, _median(wire.DECODER.decode, chosen), "us", target, detail=detail)


def _median(call: Callable[[HttpRequest], object], requests: list[HttpRequest]) -> float:
    for request in requests:
        call(request)
    times = []
    for request in requests:
        started = time.perf_counter_ns()
        call(request)
        times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1000
