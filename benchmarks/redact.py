"""What redaction costs: all layers over mixed API traffic, responses of 4 KB, and the scanners that others use, on the same bytes.

One response in twenty is of the corpus's tuning half, whose every response has secrets. The traffic of `tests.unit.redact.patterns.traffic`, in which
nearly each word looks like a secret, has rows of its own without a bar: nobody's API answers so, but an attacker's may.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import Row
from benchmarks.traffic import Mixed, pieces
from tests.corpus.redaction import half
from tests.unit.redact.patterns.traffic import Traffic
from warden.answers import Answers
from warden.redact.redactor import Place, Redactor

#: Rounds of mixed traffic; of other responses, one with secrets comes behind so many; bytes of one response.
ROUNDS, BETWEEN, SIZE = 3, 19, 4096
#: Where `tools/setup/clients scanners` puts the others.
CLIENTS = Path(".cache/clients").absolute()
OTHERS = {
    "gitleaks": [CLIENTS / "bin/gitleaks", "dir", "--no-banner", "--exit-code=0", "--max-target-megabytes=0"],
    "detect-secrets": [CLIENTS / "detect-secrets/bin/detect-secrets", "--cores=1", "scan", "--all-files", "--no-verify"],
}


def rows() -> Iterator[Row]:
    """All rows."""
    started = time.perf_counter()
    redactor = Answers().redactor
    yield Row("construct the detectors", (time.perf_counter() - started) * 1000, "ms")
    plain = list(itertools.chain.from_iterable(Mixed(seed).all() for seed in range(ROUNDS)))
    secret = [record.body for record in half("tuning") if record.body.isascii()]
    mixed = list(_every(plain, secret))
    size = sum(map(len, mixed)) / 1e6
    ours = size / _seconds(redactor, mixed)
    yield Row(
        "redact mixed traffic, all layers", ours, "MB/s", 40, at_least=True, detail=f"{size:.1f} MB in {len(mixed)} responses, one core"
    )
    for name, command in OTHERS.items():
        yield _other(name, command, mixed, ours)
    small = list(_every(list(pieces(plain, SIZE)), [text for text in secret if len(text) <= SIZE]))
    taken = sorted(_microseconds(Answers().redactor, small))
    yield Row(
        "redact 4 KB, median", statistics.median(taken), "us", 300, detail=f"{len(taken)} responses of it, one in twenty with secrets"
    )
    yield Row("redact 4 KB, 99th percentile", taken[len(taken) * 99 // 100], "us", 1000)
    taken = sorted(_microseconds(Answers().redactor, secret))
    yield Row(
        "redact a response with secrets, median", statistics.median(taken), "us", detail=f"{len(taken)} of the corpus, new to the session"
    )
    dense = _dense()
    yield Row("redact what looks like secrets everywhere", sum(map(len, dense)) / 1e6 / _seconds(Answers().redactor, dense), "MB/s")


def _every(plain: list[bytes], secret: list[bytes]) -> Iterator[bytes]:
    """`plain`, and behind each `BETWEEN` of them one of `secret`."""
    others = itertools.cycle(secret)
    for number, text in enumerate(plain, 1):
        yield text
        if number % BETWEEN == 0:
            yield next(others)


def _dense() -> list[bytes]:
    draw = Traffic(3)
    texts = [json.dumps([make() for _ in range(20)]).encode() for make in (draw.aws, draw.ec2, draw.kubernetes, draw.google)]
    return [*texts, "\n".join(str(draw.log()) for _ in range(50)).encode()]


def _seconds(redactor: Redactor, texts: Iterable[bytes]) -> float:
    started = time.process_time()
    for text in texts:
        redactor.redact(text, Place("api.example", "/"))
    return time.process_time() - started


def _microseconds(redactor: Redactor, texts: Iterable[bytes]) -> Iterator[float]:
    for text in texts:
        started = time.process_time_ns()  # not of other processes
        redactor.redact(text, Place("api.example", "/"))
        yield (time.process_time_ns() - started) / 1000


def _other(name: str, command: list[object], texts: list[bytes], ours: float) -> Row:
    """Our speed in multiples of another scanner's, by the processor time that it takes beyond that of an empty directory."""
    what = f"redact mixed traffic / {name} finds in it"
    if not Path(str(command[0])).exists():
        return Row(what, float("nan"), "x", detail=f"tools/setup/clients scanners did not install {name}")
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        for number, text in enumerate(texts):
            Path(full, f"{number:04}.txt").write_bytes(text)
        theirs = sum(map(len, texts)) / 1e6 / (_spent(command, full) - _spent(command, empty))
    return Row(what, ours / theirs, "x", detail=f"{theirs:.1f} MB/s, a file for each response, without its start")


def _spent(command: list[object], directory: str) -> float:
    # From inside: what is outside of where it was started, detect-secrets leaves out.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [*map(str, command), "."]
    subprocess.run(argv, check=True, capture_output=True, timeout=600, cwd=directory, env={**os.environ, "GOMAXPROCS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
