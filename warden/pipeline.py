"""The one flow, and the file to read first.

::

    wire message -> Action(s) -> Decision -> native denial
                                         \\-> forward with real credentials -> redacted response
                              audit record around all of it

HTTP requests, DNS questions, TCP connects (and, later, syscalls) all go through `Pipeline.rule`. It never raises and never allows
by accident: any exception on the way is a denial with a fixed sentence for the agent and the detail for the log.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from warden.decoder import Decoder
from warden.dialects.gravity import GRAVITY
from warden.dialects.http.denial import plain as plain_denial
from warden.errors import AuditError, CredentialError, DecodeError
from warden.model import (
    Action,
    AuditRecord,
    Certainty,
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
from warden.redact import outgoing
from warden.redact.answer import Answer, Swap
from warden.redact.headers import Fields
from warden.redact.redactor import BlockedError, Finding
from warden.redact.streams.switch import Switch
from warden.redact.vault import Vault

#: What the agent reads when our own code failed. The detail is in the audit record of the ruling.
FAILED = "warden could not rule on this, so it is denied. The audit log has the detail under ruling {id}."


#: Of what a broker answers: no policy is asked, because it gives the session nothing that it does not have, and nothing leaves.
ANSWERED = Decision(Effect.ALLOW, reason="warden answers this itself, with dummies; nothing leaves.")


class DecisionPoint(Protocol):
    """The policy decision point (:mod:`warden.decide`). `decide` never raises for a policy's mistake: it denies with errors."""

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision: ...


class Broker(Protocol):
    """Gives an allowed request its real credentials (:mod:`warden.credentials`). Raises CredentialError when it cannot."""

    def needs_body(self, request: HttpRequest) -> bool: ...

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`asked` is the request as it was decided on, where secrets have since been put into it: what the agent has signed is that one."""
        ...

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """What is answered in place of a metadata service or token endpoint, at once and with dummies; None when it is not this broker's to answer.

        Raises CredentialError for what it would be, but may not be given.
        """

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        """Whether the answer holds credentials, so that `receive` must have it whole."""
        ...

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        """`response` with dummies for the credentials in it. Raises CredentialError when it cannot be read: then it must not pass."""
        ...


class Redaction(Protocol):
    """How responses are redacted (:mod:`warden.answers`). Raises BlockedError for one that may not go on."""

    def answer(self, request: HttpRequest, actions: Sequence[Action], status: int, fields: Fields, swap: Swap | None = None) -> Answer: ...

    def switched(
        self,
        request: HttpRequest,
        actions: Sequence[Action],
        protocol: str,
        fields: Fields,
        filling: outgoing.Filling,
        findings: list[Finding],
    ) -> Switch: ...


class Log(Protocol):
    """The audit log (:mod:`warden.audit`). `append` returns after the records are written, in this order, or raises AuditError."""

    def append(self, *records: AuditRecord) -> None: ...


class Pipeline:
    """The flow for one session: whoever enforces gives it each wire message and does what the Ruling says.

    `later` is set by who has an event loop: it calls what it is given in a moment. Outcomes of that moment are then written together, or with the
    next ruling; a `flush` writes those that wait.
    """

    def __init__(
        self,
        *,
        principal: Principal,
        decoder: Decoder,
        point: DecisionPoint,
        broker: Broker,
        answers: Redaction,
        log: Log,
        vault: Vault | None = None,
        transcripts: tuple[str, ...] = (),
    ) -> None:
        self.later: Callable[[Callable[[], None]], object] | None = None
        self.principal = principal
        self.decoder = decoder
        self._point = point
        self._broker = broker
        self._answers = answers
        self._log = log
        #: The session's secrets and their placeholders; `transcripts` are hosts to which placeholders are quoted (`redact.transcripts`).
        self.vault = Vault() if vault is None else vault
        self._transcripts = transcripts
        self._outcomes: list[AuditRecord] = []

    def needs_body(self, head: HttpRequest) -> bool:
        """Whether to read the body (up to the configured limit) before `rule`. What cannot be told is ruled on, and denied, by its head."""
        try:
            return self.decoder.needs_body(head) or self._broker.needs_body(head) or outgoing.wants_body(head, self.vault)
        except Exception:  # noqa: BLE001 - rule() meets the same error and denies with it
            return False

    def needs_prefix(self, head: HttpRequest) -> bool:
        """Whether to read the first bytes (the configured limit) of a body that is larger, for `HttpRequest.prefix`."""
        try:
            return self.decoder.needs_prefix(head)
        except Exception:  # noqa: BLE001 - as above
            return False

    def watch(self, head: HttpRequest) -> outgoing.Watch | None:
        """What looks for placeholders in a body that is sent without being read; None where they may pass."""
        return None if outgoing.is_transcript(head.host, self._transcripts) else outgoing.Watch(self.vault)

    def rule(self, message: Message, *, within: Ruling | None = None) -> Ruling:
        """Decodes, decides, gives credentials, records. Never raises; whatever goes wrong denies.

        `within` is the denial of the connection that the message came on: what is not denied for itself is denied for that.
        """
        return self._recorded(message, None, within)

    def refuse(self, message: Message, error: DecodeError) -> Ruling:
        """Denies and records a message that the enforcement point cannot hand to any dialect, and says why. Never raises."""
        return self._recorded(message, error)

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """A broker's own answer to a request that leads nowhere (a metadata service), recorded before it is given. None: refuse it. Never raises."""
        try:
            response = self._broker.local(request)
        except Exception as error:  # noqa: BLE001 - promise 1: what goes wrong in our own code is not answered
            self.refuse(request, DecodeError("internal-error", FAILED.format(id=type(error).__name__)))
            return None
        if response is None:
            return None
        return response if self._recorded(request, None, answered=True).allowed else None

    def serves(self, name: str) -> bool:
        """Whether there is a metadata service of this name inside: software asks for the name to learn where it runs. Never raises."""
        try:
            return self._broker.local(HttpRequest("GET", "http", name, 80, "/", (("Host", name),))) is not None
        except Exception:  # noqa: BLE001 - as above
            return False

    def _recorded(self, message: Message, refusal: DecodeError | None, within: Ruling | None = None, *, answered: bool = False) -> Ruling:
        ruling_id = secrets.token_hex(16)
        started = time.perf_counter_ns()
        record: dict[str, Any] = {"id": ruling_id, "message": _describe(message)}
        try:
            if answered:
                ruling = Ruling(ruling_id, (_local(message),), ANSWERED)
            else:
                ruling = self._refused(ruling_id, message, refusal) if refusal else self._rule(ruling_id, message, record, within)
        except Exception as error:  # noqa: BLE001 - promise 1: an exception in any of our code denies
            ruling = Ruling(
                ruling_id, decision=Decision(reason=FAILED.format(id=ruling_id), errors=(_detail(error),)), code="internal-error"
            )
        record["timings_us"] = {**record.get("timings_us", {}), "total": (time.perf_counter_ns() - started) // 1000}
        try:
            outcomes, self._outcomes = self._outcomes, []
            self._log.append(*outcomes, AuditRecord("ruling", self.principal, {**record, **_fields(ruling)}))
        except Exception as error:  # noqa: BLE001 - promise 5: no ruling without a record
            advice = error.advice if isinstance(error, AuditError) else ""
            decision = Decision(
                reason="warden cannot write its audit log, and what cannot be recorded is denied.", advice=advice, errors=(_detail(error),)
            )
            ruling = Ruling(ruling_id, ruling.actions, decision, code="audit")
        return ruling

    def _rule(self, ruling_id: str, message: Message, record: dict[str, Any], within: Ruling | None) -> Ruling:
        timings: dict[str, int] = record.setdefault("timings_us", {})
        mark = time.perf_counter_ns()
        try:
            actions = self.decoder.decode(self._asked(message))
        except DecodeError as error:
            return self._refused(ruling_id, message, error)
        finally:
            mark, timings["decode"] = time.perf_counter_ns(), (time.perf_counter_ns() - mark) // 1000
        record["actions"] = [action.as_dict() for action in actions]
        if within is None and isinstance(message, HttpRequest):
            try:
                answer = self._broker.local(message)
            except CredentialError as error:
                return Ruling(ruling_id, actions, Decision(reason=error.message, advice=error.advice), code=error.code)
            if answer is not None:
                return Ruling(ruling_id, actions, ANSWERED, answer=answer)
        decision = self._point.decide(self.principal, actions)
        timings["decide"] = (time.perf_counter_ns() - mark) // 1000
        if within is not None and decision.allowed:
            decision = within.decision
        if not decision.allowed or not isinstance(message, HttpRequest):
            return Ruling(ruling_id, actions, decision)
        try:
            # After the decision: no policy, and no record, ever sees a secret.
            filled = outgoing.substitute(message, self.vault, self._transcripts)
            return Ruling(ruling_id, actions, decision, forward=self._broker.authorize(filled, actions, message))
        except CredentialError as error:
            return Ruling(ruling_id, actions, Decision(reason=error.message, advice=error.advice), code=error.code)

    def _asked(self, message: Message) -> Message:
        """What is decided on. A body that was read for its placeholders alone is no part of it: what is in the vault must not change a ruling."""
        if self.vault and isinstance(message, HttpRequest) and message.body and not self.decoder.needs_body(message):
            return replace(message, body=None)
        return message

    @staticmethod
    def _refused(ruling_id: str, message: Message, error: DecodeError) -> Ruling:
        return Ruling(ruling_id, (_undecoded(message),), Decision(reason=error.message, advice=error.advice), code=error.code)

    def denial(self, request: HttpRequest, ruling: Ruling) -> HttpResponse:
        """The native error for a denied request. Falls back to plain HTTP when the dialect itself fails."""
        text = sentence(ruling)
        try:
            return self.decoder.dialect(request).deny(request, ruling, text)
        except Exception:  # noqa: BLE001 - a denial must come out whatever happens
            return plain_denial(ruling, text)

    def answer(self, request: HttpRequest, ruling: Ruling, status: int, fields: Fields) -> Answer:
        """How the response to an allowed request, which has this head, goes on. Raises BlockedError, whatever goes wrong."""
        try:
            swap = None
            if self._broker.answers(request, ruling.actions):
                swap = partial(self._swapped, request, ruling, status, fields)
            return self._answers.answer(request, ruling.actions, status, fields, swap)
        except BlockedError:
            raise
        except Exception as error:
            raise BlockedError(f"it could not be looked through ({type(error).__name__})") from error

    def switched(self, request: HttpRequest, ruling: Ruling, protocol: str, fields: Fields, findings: list[Finding]) -> Switch:
        """How what follows a switch to `protocol` goes on, in both directions; `findings` grows by what is replaced. Raises BlockedError, whatever
        goes wrong.
        """
        try:
            filling = outgoing.filling(request, self.vault, self._transcripts)
            return self._answers.switched(request, ruling.actions, protocol, fields, filling, findings)
        except BlockedError:
            raise
        except Exception as error:
            raise BlockedError(f"it could not be looked through ({type(error).__name__})") from error

    def _swapped(self, request: HttpRequest, ruling: Ruling, status: int, fields: Fields, body: bytes) -> bytes:
        """A body in which the credentials are dummies (:mod:`warden.credentials`). Raises BlockedError."""
        plain = tuple((name, value) for name, value in fields if name.lower() not in ("content-encoding", "content-length"))
        try:
            return self._broker.receive(request, ruling.actions, HttpResponse(status, plain, body)).body
        except CredentialError as error:
            raise BlockedError(f"{error.message.removesuffix('.')} ({error.code})") from error

    def blocked(self, request: HttpRequest, ruling: Ruling, reason: str) -> HttpResponse:
        """What is sent in place of a response that may not go on, as a denial of the request is."""
        decision = Decision(reason=f"The request was carried out, but its response is held back: {reason}.")
        return self.denial(request, Ruling(ruling.id, ruling.actions, decision, code="response-blocked"))

    def outcome(self, ruling: Ruling, **fields: Any) -> None:
        """Records how an allowed message ended: status, bytes in both directions, milliseconds. Failing to do so takes nothing back."""
        self._outcomes.append(AuditRecord("outcome", self.principal, {"id": ruling.id, **fields}))
        if self.later is None:
            self.flush()
        elif len(self._outcomes) == 1:
            self.later(self.flush)

    def flush(self) -> None:
        """Writes the outcomes that wait."""
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        try:
            self._log.append(*outcomes)
        except AuditError:
            return  # The next ruling meets the same error and is denied for it.


def sentence(ruling: Ruling) -> str:
    """What the agent reads: which action on what, which rule, and what is allowed instead."""
    decision = ruling.decision
    advice = f" {decision.advice}" if decision.advice else ""
    if ruling.code:
        return f"warden denied {_subject(ruling)} ({ruling.code}): {decision.reason}{advice}"
    policy = f'policy "{decision.policies[0]}". ' if decision.policies else ""
    return f"warden denied {_subject(ruling)}: {policy}{decision.advice or decision.reason}"


def _subject(ruling: Ruling) -> str:
    if not ruling.actions:
        return "this request"
    # Of several actions, the gravest: that is the one that was denied, or would have been next.
    action = max(ruling.actions, key=lambda one: (Flag.DESTRUCTIVE in one.flags, GRAVITY[one.verb]))
    what = f"{action.operation} of {ref}" if (ref := action.context.get("ref")) else action.operation
    resources = dict.fromkeys(r.id for a in (action, *ruling.actions) for r in a.resources)
    if not resources:
        return what
    more = f" and {len(resources) - 1} more" if len(resources) > 1 else ""
    return f"{what} on {next(iter(resources))}{more}"


def _undecoded(message: Message) -> Action:
    host = message.name if isinstance(message, DnsQuestion) else message.host
    return Action("http", "undecoded", Verb.UNKNOWN, resources=(Resource("Net::Host", host, {"name": host}),), certainty=Certainty.UNKNOWN)


def _local(message: Message) -> Action:
    assert isinstance(message, HttpRequest)
    host = Resource("Net::Host", message.host, {"name": message.host})
    return Action("http", f"metadata:{message.method}", Verb.READ, resources=(host,))


def _describe(message: Message) -> dict[str, Any]:
    """The message in the audit record: what was asked of whom; never a header or a body, which may hold secrets."""
    if isinstance(message, HttpRequest):
        return {
            "kind": "http",
            "method": message.method[:32],
            "host": message.host,
            "port": message.port,
            "path": message.target.partition("?")[0][:1024],
            "bytes": len(message.body) if message.body is not None else message.body_length,
        }
    return {"kind": type(message).__name__, **{name: getattr(message, name) for name in message.__slots__}}


def _fields(ruling: Ruling) -> dict[str, Any]:
    decision = ruling.decision
    return {
        "operations": [action.operation for action in ruling.actions],
        "decision": decision.effect.value if decision.effect is Effect.ALLOW else "deny",
        "policies": list(decision.policies),
        "reason": decision.reason,
        "advice": decision.advice,
        "code": ruling.code,
        "errors": list(decision.errors),
        "obligations": list(decision.obligations),
    }


def _detail(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
