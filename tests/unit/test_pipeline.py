"""The flow: nothing gets through by accident, and every way out is recorded. Faults are injected where no input can make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

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
from warden.pipeline import Decoder, Pipeline, sentence

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

    def local(self, request: HttpRequest) -> HttpResponse | None:
        if self.error:
            raise self.error
        return HttpResponse(200, (), b"dummies") if request.host == "169.254.170.2" else None

    def authorize(self, request: HttpRequest, actions: Sequence[Action]) -> HttpRequest:
        if self.error:
            raise self.error
        return request


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
        principal=Principal("a", "s"), decoder=Decoder(Egress(["pypi.org"])), point=Point(point), broker=Broker(broker), log=kept
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


def test_denial_comes_out_although_the_dialect_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    flow, _ = pipeline()
    ruling = flow.rule(BROKEN)
    monkeypatch.setattr("warden.pipeline.Decoder.dialect", lambda *_: 1 / 0)
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
    asked, answer = replace(REQUEST, target="/credentials"), HttpResponse(200, (("Content-Type", "text/xml"),), b"the real ones")
    flow, kept = pipeline()
    ruling = flow.rule(asked)
    assert (flow.answers(REQUEST, ruling), flow.answers(asked, ruling)) == (False, True)
    assert flow.receive(asked, ruling, answer) == (HttpResponse(200, answer.headers, b"dummies"), "")
    assert len(kept.records) == 1
    for error, code in ((CredentialError("odd", "It is odd.", "Do not."), "odd"), (RuntimeError("real"), "internal-error: RuntimeError")):
        flow, kept = pipeline(broker=error)
        assert flow.answers(REQUEST, ruling)
        withheld, why = flow.receive(asked, ruling, answer)
        assert (withheld.status, why) == (403, code)
        assert b"real" not in withheld.body
    assert b"It is odd." in pipeline(broker=CredentialError("odd", "It is odd."))[0].receive(asked, ruling, answer)[0].body


def test_a_metadata_service_answers_only_what_is_on_the_log() -> None:
    asked = HttpRequest("GET", "http", "169.254.170.2", 80, "/v2/credentials/secret-id?x=1")
    flow, kept = pipeline()
    assert flow.local(asked) == HttpResponse(200, (), b"dummies")
    [record] = kept.records
    assert (record.kind, record.fields["decision"], record.fields["message"]["host"]) == ("ruling", "allow", "169.254.170.2")
    assert flow.local(replace(asked, host="169.254.169.254")) is None
    assert len(kept.records) == 1
    assert pipeline(log=AuditError("full"))[0].local(asked) is None
    assert pipeline(broker=RuntimeError("boom"))[0].local(asked) is None
