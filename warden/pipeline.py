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
from dataclasses import dataclass, replace
from typing import Protocol

from warden.dialects import Dialect
from warden.errors import AuditError, CredentialError, DecodeError
from warden.model import Action, AuditRecord, Certainty, Decision, DnsQuestion, Effect, HttpRequest, HttpResponse, Message, Principal, Ruling, TcpConnect, Verb


class DecisionPoint(Protocol):
    """The policy decision point (:mod:`warden.decide`). `decide` never raises for a policy's mistake: it denies with errors."""

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision: ...


class Broker(Protocol):
    """Gives an allowed request its real credentials (:mod:`warden.credentials`). Raises CredentialError when it cannot."""

    def authorize(self, request: HttpRequest, actions: Sequence[Action]) -> HttpRequest: ...


class Log(Protocol):
    """The audit log (:mod:`warden.audit`). `append` returns after the record is written, or raises AuditError."""

    def append(self, record: AuditRecord) -> None: ...
