"""Writes tests/vectors/aws_old_operations.jsonl: requests of old releases whose operation, path or protocol the newest one has not.

A sample, so that the normal run covers them without their wheels: at most `EACH` of each service and reason.
Run: ``python -m tests.unit.dialects.aws.old_operations``, after ``make tables``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.unit.dialects.aws.botocore_requests import Release, Sample
from tools.tables.botocore_models import VERSIONS, wheel
from warden.model import HttpRequest

VECTORS = Path(__file__).resolve().parents[4] / "tests" / "vectors" / "aws_old_operations.jsonl"
EACH = 5
_KEPT = {"authorization", "content-type", "host", "x-amz-target", "smithy-protocol", "x-amz-account-id"}


def main() -> None:
    newest = Release(wheel(VERSIONS[0]))
    known = {}
    for service in newest.services():
        model = newest.model(service)
        protocols = model.metadata.get("protocols", [model.metadata["protocol"]])
        known[service] = (set(protocols), {name: _form(model.operation_model(name).http) for name in model.operation_names})
    lines: list[str] = []
    count: Counter[tuple[str, str]] = Counter()
    for version in VERSIONS[1:]:
        release = Release(wheel(version))
        for service in release.services():
            for sample in release.samples(service, full=False):
                reason = _reason(sample, known, release)
                if reason and sample.operation != "WriteGetObjectResponse" and count[service, reason] < EACH:
                    line = _line(sample, version, reason)
                    if not any(f'"operation":"{service}:{sample.operation}"' in other for other in lines):
                        count[service, reason] += 1
                        lines.append(line)
    VECTORS.write_text("\n".join(sorted(lines)) + "\n")
    print(f"{len(lines)} requests: {dict(Counter(reason for _, reason in count.elements()))}")


def read() -> Iterator[tuple[Sample, str]]:
    """The vectors, each with the release that it is of."""
    for line in VECTORS.read_text().splitlines():
        row = json.loads(line)
        service, _, operation = row["operation"].partition(":")
        headers = tuple((name, value) for name, value in row["headers"])
        request = HttpRequest(row["method"], "https", row["host"], 443, row["target"], headers, row["body"].encode())
        yield Sample(service, operation, row["protocol"], request), row["release"]


def _reason(sample: Sample, known: dict[str, tuple[set[str], dict[str, str]]], release: Release) -> str:
    if sample.service not in known:
        return "service"
    protocols, operations = known[sample.service]
    if sample.operation not in operations:
        return "operation"
    if sample.protocol not in {protocol.removeprefix("smithy-") for protocol in protocols}:
        return "protocol"
    http = release.model(sample.service).operation_model(sample.operation).http
    return "path" if sample.protocol.startswith("rest") and _form(http) != operations[sample.operation] else ""


def _form(http: dict[str, str]) -> str:
    return http["method"] + re.sub(r"\{[^}+]*(\+?)\}", r"{\1}", http.get("requestUri", "/")).rstrip("/")


def _line(sample: Sample, version: str, reason: str) -> str:
    request = sample.request
    row = {
        "operation": f"{sample.service}:{sample.operation}",
        "protocol": sample.protocol,
        "release": version,
        "why": reason,
        "method": request.method,
        "host": request.host,
        "target": request.target,
        "headers": [[name, value] for name, value in request.headers if name.lower() in _KEPT],
        "body": request.body.decode() if request.body and sample.protocol in {"query", "ec2"} else "",
    }
    return json.dumps(row, separators=(",", ":"))


if __name__ == "__main__":
    main()
