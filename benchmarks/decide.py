"""One decision, median, in process: the presets, a thousand rules of the user's, and decode with decide.

"New" rows never ask the same question twice, and their rules look at the resource, so that every decision goes to Cedar.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import Row
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.model import Action, Flag, HttpRequest, Principal, Resource, Verb

AGENT = Principal("agent", "benchmark")
ROUNDS = 2000
#: Policies of three common shapes: by service and resource, by operation, and by a condition on what the operation acts on.
SHAPES = (
    'permit (principal, action in AWS::Action::"s3:*", resource == AWS::Resource::"arn:aws:s3:::bucket-{n}")',
    'permit (principal, action == AWS::Action::"{operation}", resource) when {{ resource is AWS::Resource && resource has name }}',
    'forbid (principal, action == AWS::Action::"{operation}", resource is AWS::Resource)'
    ' when {{ resource has region && resource.region == "r{n}" }}',
)
OPERATIONS = ("ec2:StopInstances", "ec2:StartInstances", "rds:StopDBInstance", "sqs:SendMessage", "sns:Publish", "lambda:GetFunction")


def rows() -> Iterator[Row]:
    for preset in ("no-destroy", "readonly", "observe"):
        point = PolicyDecisionPoint(load(preset))
        yield Row(f"decide, {preset}", _median(lambda n, p=point: p.decide(AGENT, [_stop(n)])), "us", 200)  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "team.cedar"
        path.write_text("\n".join(_rule(number) for number in range(1000)))
        started = time.perf_counter()
        bundle = load("no-destroy", [path])
        yield Row("load and validate 1,000 rules", (time.perf_counter() - started) * 1e3, "ms")
    point = PolicyDecisionPoint(bundle)
    yield Row("decide, 1,000 rules, new, 110 of which can match", _median(lambda n: point.decide(AGENT, [_stop(n)])), "us")
    yield Row("decide, 1,000 rules, new, 1 of which can match", _median(lambda n: point.decide(AGENT, [_get(n)])), "us", 200)
    yield Row("decide, 1,000 rules, asked before", _median(lambda _: point.decide(AGENT, [_stop(0)])), "us", 200)
    decoder = Decoder()
    plain = PolicyDecisionPoint(load("no-destroy"))
    yield Row("decode and decide, TerminateInstances", _median(lambda n: plain.decide(AGENT, decoder.decode(_terminate(n)))), "us", 300)


def _median(once: Callable[[int], object]) -> float:
    """Microseconds."""
    times = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        once(number)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def _rule(number: int) -> str:
    body = SHAPES[number % 3].format(n=number, operation=OPERATIONS[number // 3 % len(OPERATIONS)])
    return f'@id("r{number}") @reason("benchmark") @advice("none") {body};'


def _stop(number: int) -> Action:
    instance = Resource(
        "AWS::Resource", f"arn:aws:ec2:us-east-1:123456789012:instance/i-{number}", {"service": "ec2", "region": "us-east-1"}
    )
    return Action("aws", "ec2:StopInstances", Verb.UPDATE, frozenset({Flag.DISRUPTIVE}), (instance,), {"region": "us-east-1"})


def _get(number: int) -> Action:
    bucket = Resource("AWS::Resource", f"arn:aws:s3:::bucket-{number // 3 * 3 % 999}", {"service": "s3", "name": f"bucket-{number}"})
    return Action("aws", "s3:GetObject", Verb.READ, frozenset(), (bucket,), {"region": "us-east-1"})


def _terminate(number: int) -> HttpRequest:
    body = f"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-{number:017x}".encode()
    headers = (("Host", "ec2.us-east-1.amazonaws.com"), ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
    return HttpRequest("POST", "https", "ec2.us-east-1.amazonaws.com", 443, "/", headers, body, len(body))
