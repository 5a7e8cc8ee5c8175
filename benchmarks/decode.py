"""One request decoded, and decoded and decided, in process: for AWS the median over a request of every operation of botocore, for Kubernetes over the
unit tests' expectations.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks import Row
from tests.unit.dialects.aws.botocore_requests import installed
from tests.unit.dialects.aws.wire import request
from tests.unit.dialects.kubernetes import wire
from tests.unit.dialects.kubernetes.test_expectations import requests as kubernetes_requests
from warden.decide import PolicyDecisionPoint, load
from warden.dialects.sql import tree
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
    typical = [_statement(number) for number in range(200)]
    several = f"median over {len(typical)} requests with a join of two tables each, read as MySQL and as PostgreSQL"
    yield Row("decode one rds-data request", _first(decode, typical), "us", 5000, detail=f"{several}, each text for the first time")
    yield Row("decode it again", _median(decode, typical), "us", 200, detail=f"{several}, each text known")
    yield from _kubernetes()


def _kubernetes() -> Iterator[Row]:
    sent = kubernetes_requests()
    for name, chosen, target in (
        ("decode one Kubernetes request", [one for one in sent if not one.body], 30),
        ("decode one Kubernetes request with a body", [one for one in sent if one.body], 100),
    ):
        detail = f"median over {len(chosen)} requests of the unit tests' expectations"
        yield Row(name, _median(wire.DECODER.decode, chosen), "us", target, detail=detail)


def _statement(number: int) -> HttpRequest:
    """rds-data:ExecuteStatement with a query of some sixty tokens, another one for each `number`."""
    sql = (
        "SELECT o.id, c.name, SUM(o.total) FROM orders o JOIN customers c ON o.customer_id = c.id "
        f"WHERE c.region = :region AND o.at > :since AND o.shop = {number} GROUP BY o.id, c.name ORDER BY 3 DESC LIMIT 10"
    )
    body = json.dumps({"resourceArn": "arn:aws:rds:us-east-1:123456789012:cluster:c", "sql": sql, "database": "shop"})
    return request(
        "POST https://rds-data.us-east-1.amazonaws.com/Execute", ("Content-Type", "application/json"), scope="us-east-1/rds-data", body=body
    )


def _first(call: Callable[[HttpRequest], object], requests: list[HttpRequest]) -> float:
    """As `_median`, but without having seen any of `requests` before: only the parser is warm."""
    tree.warm()
    return statistics.median(_times(call, requests)) / 1000


def _median(call: Callable[[HttpRequest], object], requests: list[HttpRequest]) -> float:
    for one in requests:
        call(one)
    return statistics.median(_times(call, requests)) / 1000


def _times(call: Callable[[HttpRequest], object], requests: list[HttpRequest]) -> list[int]:
    times = []
    for one in requests:
        started = time.perf_counter_ns()
        call(one)
        times.append(time.perf_counter_ns() - started)
    return times
