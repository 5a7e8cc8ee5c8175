"""The flow: nothing gets through by accident, and every way out is recorded. Faults are injected where no input can make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from warden.answers import Answers
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.errors import AuditError, CredentialError
from warden.model import (
    Action,
    AuditRecord,
    Decision,
    DnsQuestion,
    Effect,
    Flag,
    HttpRequest,
    HttpResponse,
    Message,
    Principal,
    Resource,
    Ruling,
    Verb,
)
from warden.pipeline import Pipeline, sentence
from warden.redact.redactor import BlockedError
from warden.redact.vault import Binding

REQUEST = HttpRequest("GET", "https", "pypi.org", 443, "/simple/?q=secret", (("Host", "pypi.org"), ("Authorization", "Bearer t")))
BROKEN = HttpRequest("GET", "https", "pypi.org", 443, "/", (("Host", "other.test"),))


class Point:
    """Decides as it is told, or fails."""

    def __init__(self, decision: Decision | Exception) -> None:
        self.decision = decision

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        if isinstance(self.decision, Exception):
            raise self.decision
        return self.decision


class Broker:
    """Adds a header, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def needs_body(self, request: HttpRequest) -> bool:
        if self.error:
            raise self.error
        return True

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        if self.error:
            raise self.error
        return request.target == "/credentials"

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        if self.error:
            raise self.error
        return HttpResponse(response.status, response.headers, b"dummies")

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        if self.error:
            raise self.error
        return request

    def local(self, request: HttpRequest) -> HttpResponse | None:
        return None


class Log:
    """Keeps the records, or is full."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.records: list[AuditRecord] = []

    def append(self, *records: AuditRecord) -> None:
        if self.error:
            raise self.error
        self.records.extend(records)


ALLOW = Decision(Effect.ALLOW, ("t/allow",), "fine")


def pipeline(point: Decision | Exception = ALLOW, broker: Exception | None = None, log: Exception | None = None) -> tuple[Pipeline, Log]:
    kept = Log(log)
    return Pipeline(
        principal=Principal("a", "s"),
        decoder=Decoder(Egress(["pypi.org"])),
        point=Point(point),
        broker=Broker(broker),
        answers=Answers(),
        log=kept,
    ), kept


def test_allowed_request_is_recorded_and_forwarded() -> None:
    flow, log = pipeline()
    ruling = flow.rule(REQUEST)
    assert ruling.allowed
    assert ruling.forward == REQUEST
    (record,) = log.records
    assert record.fields["decision"] == "allow"
    assert record.fields["id"] == ruling.id
    assert "secret" not in str(record)  # no query, no header, no body in the log
    assert "Bearer" not in str(record)


@pytest.mark.parametrize(
    ("point", "broker", "log", "message", "code"),
    [
        (Decision(), None, None, REQUEST, ""),
        (RuntimeError("boom"), None, None, REQUEST, "internal-error"),
        (RecursionError(), None, None, REQUEST, "internal-error"),
        (ALLOW, CredentialError("presigned", "No."), None, REQUEST, "presigned"),
        (ALLOW, RuntimeError("boom"), None, REQUEST, "internal-error"),
        (ALLOW, None, AuditError("disk full", "Free some space."), REQUEST, "audit"),
        (ALLOW, None, OSError("disk full"), REQUEST, "audit"),
        (ALLOW, None, None, BROKEN, "host-mismatch"),
        (RuntimeError("boom"), None, None, DnsQuestion("pypi.org", "A"), "internal-error"),
    ],
)
def test_everything_else_is_denied(point: Any, broker: Any, log: Any, message: Message, code: str) -> None:
    flow, kept = pipeline(point, broker, log)
    ruling = flow.rule(message)
    assert not ruling.allowed
    assert ruling.forward is None
    assert ruling.code == code
    assert "boom" not in sentence(ruling)  # the detail is for the log
    if log is None:
        (record,) = kept.records
        assert record.fields["decision"] == "deny"
        assert record.fields["code"] == code
        if code == "internal-error":
            assert record.fields["errors"]


def test_secrets_are_put_in_after_the_decision_and_recorded_nowhere() -> None:
    flow, log = pipeline()
    seen: list[Sequence[Action]] = []
    decide = flow._point.decide
    flow._point.decide = lambda principal, actions: seen.append(actions) or decide(principal, actions)  # type: ignore[method-assign, func-returns-value]
    entry = flow.vault.admit(b"a-secret-of-the-user-42", binding=Binding(("pypi.org",), ("bearer",)))
    made = entry.placeholder.decode()
    asked = HttpRequest("GET", "https", "pypi.org", 443, "/simple/", (("Host", "pypi.org"), ("Authorization", f"Bearer {made}")))
    ruling = flow.rule(asked)
    assert ruling.forward is not None
    assert ruling.forward.header("authorization") == "Bearer a-secret-of-the-user-42"
    assert "a-secret" not in repr(seen) + repr(log.records) + repr(ruling)
    elsewhere = flow.rule(HttpRequest("GET", "https", "pypi.org", 443, f"/simple/{made}/", (("Host", "pypi.org"),)))
    assert (elsewhere.allowed, elsewhere.code) == (False, "placeholder-elsewhere")
    assert "It may go to pypi.org (bearer)." in sentence(elsewhere)


def test_a_request_that_is_denied_fetches_no_secret() -> None:
    flow, _ = pipeline(Decision())

    def resolve() -> bytes:
        raise AssertionError("fetched for nothing")

    flow.vault.reserve(b"wrdnplaceholder2345", Binding(("pypi.org",), ("bearer",)), resolve)
    headers = (("Host", "pypi.org"), ("Authorization", "Bearer wrdnplaceholder2345"))
    assert flow.rule(HttpRequest("GET", "https", "pypi.org", 443, "/", headers)).code == ""


def test_denial_comes_out_although_the_dialect_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    flow, _ = pipeline()
    ruling = flow.rule(BROKEN)
    monkeypatch.setattr("warden.decoder.Decoder.dialect", lambda *_: 1 / 0)
    response = flow.denial(REQUEST, ruling)
    assert response.status == 403
    assert b"host-mismatch" in response.body


def test_body_question_that_fails_is_answered_by_the_ruling() -> None:
    flow, _ = pipeline(broker=RuntimeError("boom"))
    assert flow.needs_body(REQUEST) is False
    assert not flow.rule(REQUEST).allowed


def test_outcome_that_cannot_be_recorded_takes_nothing_back() -> None:
    flow, _ = pipeline(log=AuditError("disk full"))
    flow.outcome(Ruling("r"), status=200)


def test_outcomes_of_a_moment_are_written_together_or_with_the_next_ruling() -> None:
    flow, log = pipeline()
    waiting: list[Callable[[], None]] = []
    flow.later = waiting.append
    flow.outcome(Ruling("one"), status=200)
    flow.outcome(Ruling("two"), status=200)
    assert (len(waiting), log.records) == (1, [])
    waiting.pop()()
    assert [record.fields["id"] for record in log.records] == ["one", "two"]
    flow.outcome(Ruling("three"), status=200)
    ruling = flow.rule(REQUEST)
    assert [record.fields["id"] for record in log.records[2:]] == ["three", ruling.id]
    waiting.pop()()  # nothing waits any more
    assert len(log.records) == 4
    flow.later = None
    flow.outcome(Ruling("four"), status=200)
    assert log.records[-1].fields["id"] == "four"


def test_sentence_names_action_resource_policy_and_advice() -> None:
    arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc"
    action = Action("aws", "ec2:StopInstances", Verb.UPDATE, resources=(Resource("AWS::Resource", arn), Resource("AWS::Resource", "b")))
    decision = Decision(policies=("no-destroy/destructive",), reason="Reason.", advice="Stopping is allowed.")
    text = sentence(Ruling("r", (action,), decision))
    assert text == f'warden denied ec2:StopInstances on {arn} and 1 more: policy "no-destroy/destructive". Stopping is allowed.'


def test_sentence_names_the_gravest_action_and_the_ref_of_a_push() -> None:
    host = (Resource("Net::Host", "git.example"),)
    made = Action("http", "git:create-ref", Verb.CREATE, resources=host, context={"ref": "refs/heads/a"})
    forced = Action("http", "git:update-ref", Verb.UPDATE, frozenset({Flag.DESTRUCTIVE}), resources=host, context={"ref": "refs/heads/b"})
    text = sentence(Ruling("r", (made, forced), Decision(reason="No.")))
    assert text == "warden denied git:update-ref of refs/heads/b on git.example: No."


def test_an_answer_with_credentials_is_swapped_or_stays_outside() -> None:
    asked, fields = replace(REQUEST, target="/credentials"), (("Content-Type", "text/xml"),)
    flow, _ = pipeline()
    ruling = flow.rule(asked)
    assert flow.answer(REQUEST, ruling, 200, fields).whole(b"real") == b"real"
    assert flow.answer(asked, ruling, 200, fields).whole(b"the real ones") == b"dummies"
    flow, _ = pipeline(broker=CredentialError("odd", "It is odd."))
    with pytest.raises(BlockedError):
        flow.answer(asked, ruling, 200, fields)
    denial = flow.blocked(asked, ruling, "it is odd")
    assert denial.status == 403
    assert b"response-blocked" in denial.body
