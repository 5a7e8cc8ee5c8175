"""One request decoded, and decoded and decided, in process: for AWS the median over a request of every operation of botocore, for Google over a
sample of its discovery documents' and interfaces' methods, for Kubernetes over the unit tests' expectations.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks import Row
from tests.unit.dialects.aws.botocore_requests import installed
from tests.unit.dialects.aws.wire import request
from tests.unit.dialects.gcp import client_requests
from tests.unit.dialects.gcp import wire as google
from tests.unit.dialects.kubernetes import wire
from tests.unit.dialects.kubernetes.test_expectations import requests as kubernetes_requests
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.dialects.body.protobuf import field
from warden.dialects.gcp import index
from warden.dialects.sql import tree
from warden.errors import DecodeError
from warden.model import HttpRequest, Principal


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
    yield from _google(decode)
    yield from _kubernetes()


#: Requests of each of Google's rows. Writing those of all 28,137 methods of its discovery documents takes longer than all that is measured here.
GOOGLE = 3_000


def _google(decode: Callable[[HttpRequest], None]) -> Iterator[Row]:
    """The same requests every time: drawn with a fixed seed, those of REST from every fifth discovery document."""
    draw = random.Random(2026)
    documents = draw.sample(client_requests.names(), len(client_requests.names()) // 5)
    rest = [sample.request for name in documents for sample in client_requests.samples(name)]
    named = field(1, "projects/shop-prod/locations/europe-west3/things/one")
    body = b"\0" + len(named).to_bytes(4, "big") + named
    paths = [
        f"https://{host}/{service}/{method}"
        for host in index.hosts()["hosts"]
        for service, methods in index.api(host).grpc.items()
        for method in methods
    ]
    sent = [google.request(f"POST {path}", google.GRPC, body=body) for path in draw.sample(paths, GOOGLE)]
    grpc = [one for one in sent if _decodes(decode, one)]
    for name, chosen, what in (
        (
            "decode one Google request",
            draw.sample(rest, GOOGLE),
            f"of {len(documents)} discovery documents, as google-api-python-client writes them",
        ),
        ("decode one Google gRPC request", grpc, "of all hosts' gRPC methods, each with a name as its message"),
    ):
        yield Row(name, _median(decode, chosen), "us", 100, detail=f"median over {len(chosen)} requests {what}")


def _decodes(decode: Callable[[HttpRequest], None], request: HttpRequest) -> bool:
    """False for a message whose first field is no text."""
    try:
        decode(request)
    except DecodeError:
        return False
    return True


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
