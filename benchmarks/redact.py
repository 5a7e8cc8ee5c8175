"""What redaction costs: all layers over responses of clouds, clusters and logs, and one response of 4 KB.

The responses without secrets are drawn by the tests' generator, full of identifiers and digests; the others are the tuning part of the corpus.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator

from benchmarks import Row
from tests.corpus.redaction import half
from tests.unit.redact.patterns.traffic import Traffic
from warden.answers import Answers
from warden.redact.redactor import Place, Redactor

#: Bytes of traffic, and responses of 4 KB.
BYTES, RESPONSES, SIZE = 3_000_000, 2000, 4096


def rows() -> Iterator[Row]:
    """All rows."""
    started = time.perf_counter()
    redactor = Answers().redactor
    yield Row("construct the detectors", (time.perf_counter() - started) * 1000, "ms")
    texts = _traffic()
    size = sum(map(len, texts))
    yield Row(
        "redact, all layers", size / 1e6 / _seconds(redactor, texts), "MB/s", 40, at_least=True, detail=f"{size / 1e6:.1f} MB on one core"
    )
    plain = b"".join(text for text in texts)
    small = [plain[at : at + SIZE] for at in range(0, len(plain) - SIZE, SIZE)][:RESPONSES]
    taken = sorted(_microseconds(redactor, text) for text in small)
    yield Row("redact 4 KB, median", statistics.median(taken), "us", 300, detail=f"{len(taken)} pieces of it")
    yield Row("redact 4 KB, 99th percentile", taken[len(taken) * 99 // 100], "us", 1000)


def _traffic() -> list[bytes]:
    draw = Traffic(3)
    texts = [record.body for record in half("tuning") if record.body.isascii()]
    size = 0
    while size < BYTES:
        for make in (draw.aws, draw.ec2, draw.kubernetes, draw.google):
            texts.append(json.dumps([make() for _ in range(20)]).encode())
            size += len(texts[-1])
        texts.append("\n".join(str(draw.log()) for _ in range(50)).encode())
    return texts


def _seconds(redactor: Redactor, texts: list[bytes]) -> float:
    started = time.process_time()
    for text in texts:
        redactor.redact(text, Place("api.example", "/"))
    return time.process_time() - started


def _microseconds(redactor: Redactor, text: bytes) -> float:
    started = time.perf_counter_ns()
    redactor.redact(text, Place("api.example", "/"))
    return (time.perf_counter_ns() - started) / 1000
