"""Redaction measured on the response corpus (tests/corpus/redaction), and the corpus itself."""

from __future__ import annotations

import base64
import functools
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from tests.corpus.redaction import FRESH, HELD_OUT, PARTS, TUNING, build, half
from tests.corpus.redaction.draft import Record, Secret
from tests.corpus.redaction.score import Readings, Score, score
from tests.corpus.redaction.views import forms
from warden.cli.redact import Session, redact_record
from warden.decoder import Decoder
from warden.model import HttpRequest
from warden.redact import placeholder

#: The bars: of the secrets, how many are caught; of the look-alikes, how many are damaged; of what the schema declares, how many are missed.
CAUGHT, DAMAGED, DECLARED = 0.97, 0.01, 0
#: The parts that redaction is measured on: all but the one that is kept for a single measurement at the end.
MEASURED = tuple(name for name in PARTS if name != FRESH)


#: Bodies below this many bytes are also given one byte at a time.
SINGLE = 4096


class Drawn(random.Random):
    """In the place of `secrets`: the same draws in every session."""

    def __init__(self) -> None:
        super().__init__(1)

    def token_hex(self, size: int) -> str:
        return self.randbytes(size).hex()

    def token_bytes(self, size: int) -> bytes:
        return self.randbytes(size)

    def randbelow(self, bound: int) -> int:
        return self.randrange(bound)


_same_key = functools.cache(placeholder._private_key)


def redact(line: dict[str, object]) -> Mapping[str, object]:
    """The one place that knows Warden's redaction: a record in a session of its own, whose placeholders are drawn the same each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placeholder, "secrets", Drawn())
        patch.setattr(placeholder, "_private_key", _same_key)
        answer: Mapping[str, object] = redact_record(line, Session())
    return answer


# -- the corpus ----------------------------------------------------------------------------------------------------------------------------


def _all() -> tuple[Record, ...]:
    return tuple(record for name in PARTS for record in half(name))


def test_it_is_large_enough() -> None:
    records = _all()
    assert len(records) >= 150
    assert sum(len(record.secrets) for record in records) >= 250
    assert sum(len(record.lookalikes) for record in records) >= 400


def test_every_secret_and_every_look_alike_is_in_its_response() -> None:
    for record in _all():
        readings = Readings.of(record.body, record.headers)
        assert [s.value for s in record.secrets if not readings.has(s.value)] == [], record.id
        assert [text for text in record.lookalikes if not readings.has(text)] == [], record.id


def test_no_secret_and_look_alike_overlap() -> None:
    """Otherwise one could not be hidden without damage to the other."""
    for record in _all():
        for secret in record.secrets:
            for text in record.lookalikes:
                assert text not in secret.value, (record.id, text)
                assert not any(form in text for form in forms(secret.value)), (record.id, text)


def test_no_secret_is_too_short_to_be_told_from_chance() -> None:
    assert [(record.id, secret.value) for record in _all() for secret in record.secrets if len(secret.value) < 8] == []


def test_no_secret_of_one_part_is_in_another() -> None:
    drawn = [{secret.value for record in half(name) for secret in record.secrets} for name in PARTS]
    assert [one & other for one, other in itertools.combinations(drawn, 2)] == [set()] * len(list(itertools.combinations(PARTS, 2)))


def test_it_is_the_same_every_time() -> None:
    for name in PARTS:
        assert build(name) == half(name)


def test_the_first_two_tuning_parts_have_the_same_families_in_the_same_number() -> None:
    first, second = (Counter(record.family for record in half(name)) for name in TUNING[:2])
    assert first == second


def test_the_held_out_half_is_large_enough_by_itself() -> None:
    records = half(HELD_OUT)
    assert len(records) >= 75
    assert len({record.family for record in records}) >= 10
    assert sum(len(record.secrets) for record in records) >= 130
    assert sum(len(record.lookalikes) for record in records) >= 220


def test_no_two_responses_are_one_function_under_two_names() -> None:
    names = Counter((record.family, record.id.rsplit("/", 1)[1]) for record in _all())
    assert [name for name, count in names.items() if count > 1] == []


def test_the_measure_sees_what_is_left_and_what_is_gone() -> None:
    """An answer that changes nothing catches none; an empty one catches all and damages all; a blocked one too."""
    for record in _all():
        untouched: dict[str, object] = {
            "headers": dict(record.headers),
            "body_b64": base64.b64encode(record.body).decode(),
            "findings": [],
            "blocked": None,
        }
        assert score(record, untouched) == Score(record.secrets, ()), record.id
        assert score(record, {**untouched, "headers": {}, "body_b64": ""}) == Score((), record.lookalikes), record.id
        assert score(record, {"headers": {}, "body_b64": "", "findings": [], "blocked": "reason"}) == Score((), record.lookalikes), (
            record.id
        )


def test_cloud_requests_are_read_as_operations() -> None:
    """A record whose request no dialect knows would not meet the schema layer as the real one does."""
    decoder = Decoder()
    for record in _all():
        url = urlsplit(str(record.request["url"]))
        if not (url.hostname or "").endswith((".amazonaws.com", ".googleapis.com")):
            continue
        body = base64.b64decode(str(record.request.get("body_b64", "")))
        given = record.request.get("headers", {})
        headers = (("host", url.netloc), *(given.items() if isinstance(given, dict) else ()))
        target = url.path + (f"?{url.query}" if url.query else "")
        request = HttpRequest(str(record.request["method"]), "https", url.netloc, 443, target, headers, body, len(body))
        assert all(action.certainty != "unknown" for action in decoder.decode(request)), record.id


# -- redaction -----------------------------------------------------------------------------------------------------------------------------


@functools.cache
def _measure(name: str) -> dict[str, Score]:
    return {record.id: score(record, redact(record.line())) for record in half(name)}


def _report(name: str, scores: Mapping[str, Score]) -> str:
    """What failed. Of the held-out half only numbers a family, so that nobody tunes to it."""
    if name in TUNING:
        return "\n".join(
            [f"{identity}: missed {s.layer or 'free'} {s.value[:60]!r}" for identity, result in scores.items() for s in result.missed]
            + [f"{identity}: damaged {text[:80]!r}" for identity, result in scores.items() for text in result.damaged]
        )
    missed, damaged = (Counter[str](), Counter[str]())
    for record in half(name):
        missed[record.family] += len(scores[record.id].missed)
        damaged[record.family] += len(scores[record.id].damaged)
    return "\n".join(
        f"{family}: {missed[family]} missed, {damaged[family]} damaged" for family in sorted(missed) if missed[family] + damaged[family]
    )


@pytest.mark.parametrize("name", MEASURED)
def test_secrets_are_caught(name: str) -> None:
    scores = _measure(name)
    total = sum(len(record.secrets) for record in half(name))
    missed = sum(len(result.missed) for result in scores.values())
    assert (total - missed) / total >= CAUGHT, f"{missed} of {total} missed\n" + _report(name, scores)


@pytest.mark.parametrize("name", MEASURED)
def test_look_alikes_are_left_alone(name: str) -> None:
    scores = _measure(name)
    total = sum(len(record.lookalikes) for record in half(name))
    damaged = sum(len(result.damaged) for result in scores.values())
    assert damaged / total <= DAMAGED, f"{damaged} of {total} damaged\n" + _report(name, scores)


@pytest.mark.parametrize("name", MEASURED)
def test_no_secret_that_the_schema_declares_is_missed(name: str) -> None:
    scores = _measure(name)
    declared = {identity: Score(tuple(s for s in result.missed if s.layer == "schema"), ()) for identity, result in scores.items()}
    missed = sum(len(result.missed) for result in declared.values())
    assert missed <= DECLARED, _report(name, declared)


# -- chunks --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEASURED)
def test_no_chunking_changes_the_result(name: str) -> None:
    different = []
    for record in half(name):
        whole = redact(record.line())
        if any(redact(record.line(chunks)) != whole for chunks in _chunkings(record)):
            different.append(record.id if name in TUNING else record.family)
    assert Counter(different) == Counter()


def _chunkings(record: Record) -> Iterator[list[int]]:
    """Sizes that sum up to the body: single bytes, two drawn ones, and one with a cut inside each secret."""
    size = len(record.body)
    if size < 2:
        return
    if size < SINGLE:
        yield [1] * size
    source = random.Random(record.id)
    for cuts in (3, 17):
        yield _sizes(size, {source.randrange(1, size) for _ in range(cuts)})
    yield _sizes(size, set(_inside(record.body, record.secrets)) or {size // 2})


def _inside(body: bytes, secrets: tuple[Secret, ...]) -> Iterator[int]:
    """An offset within each place where a secret is written in a usual way; several for one that is long."""
    for secret in secrets:
        for form in forms(secret.value):
            written = form.encode()
            at = body.find(written)
            while at >= 0:
                yield from range(at + min(4, len(written) - 1), at + len(written), max(16, len(written) // 3))
                at = body.find(written, at + len(written))


def _sizes(size: int, cuts: set[int]) -> list[int]:
    marks = [0, *sorted(cuts), size]
    return [end - begin for begin, end in itertools.pairwise(marks)]
