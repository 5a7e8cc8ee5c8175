"""The nouns. Frozen and slotted values that pass between stages; the standard library only.

Wire messages come in (`HttpRequest`, `DnsQuestion`, `TcpConnect`), a dialect reads them as `Action`s, the policy decision point
answers with a `Decision`, and `Ruling` is all of that for one message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Verb(StrEnum):
    """What an action does to its resource: a closed set, and Cedar action groups of the same names (design section 5)."""

    READ = "read"
    LIST = "list"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    GRANT = "grant"
    EXECUTE = "execute"
    CONNECT = "connect"
    UNKNOWN = "unknown"


class Flag(StrEnum):
    """What else an action does. Each is a Cedar action group as well."""

    DESTRUCTIVE = "destructive"
    OVERWRITE = "overwrite"
    PROTECTION_OFF = "protection_off"
    AUDIT_OFF = "audit_off"
    DISRUPTIVE = "disruptive"
    CREDENTIAL = "credential"
    SHARE = "share"
    OPAQUE = "opaque"
    DRY_RUN = "dry_run"


class Certainty(StrEnum):
    """How sure the decoder is of `Action.operation`."""

    EXACT = "exact"
    #: One of several services that cannot be told apart on the wire (rds, neptune, docdb); all have the same verb.
    FAMILY = "family"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: the agent, in one session, for a human or service account.

    `session` is unique per `warden exec`; `profile` names the policy profile; `user` is the Unix user (or service account) behind it.
    """

    agent: str
    session: str
    profile: str = "default"
    user: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on. `type` is its Cedar entity type (``AWS::Resource``, ``Net::Host``), `id` its full name (an ARN, a host).

    `attributes` holds str, bool and int values only: service, region, account, type, name, namespace, project, cluster.
    Unknown attributes are absent, never empty or invented.
    """

    type: str
    id: str
    attributes: Mapping[str, str | bool | int] = _NOTHING


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a wire message asks for.

    `operation` is in the provider's own words (``ec2:TerminateInstances``). `context` is JSON-like data for policies and the audit.
    A delete is always destructive, and an action without a known verb is never called certain: neither can be built otherwise.
    """

    provider: str
    operation: str
    verb: Verb
    flags: frozenset[Flag] = frozenset()
    resources: tuple[Resource, ...] = ()
    context: Mapping[str, Any] = _NOTHING
    certainty: Certainty = Certainty.EXACT

    def __post_init__(self) -> None:
        if self.verb is Verb.DELETE and Flag.DESTRUCTIVE not in self.flags:
            raise ValueError(f"{self.operation}: a delete is destructive")
        if self.verb is Verb.UNKNOWN and self.certainty is Certainty.EXACT:
            raise ValueError(f"{self.operation}: an unknown verb cannot be exact")

    def as_dict(self) -> dict[str, Any]:
        """Shape of `warden decode`'s lines: plain JSON types, flags sorted."""
        return {
            "provider": self.provider,
            "operation": self.operation,
            "verb": self.verb.value,
            "flags": sorted(flag.value for flag in self.flags),
            "resources": [{"type": r.type, "id": r.id, "attributes": dict(r.attributes)} for r in self.resources],
            "context": dict(self.context),
            "certainty": self.certainty.value,
        }


@dataclass(frozen=True, slots=True)
class Query:
    """One Cedar authorization query: entity uids as ``Type::"id"`` parts, and the context record.

    Cedar calls this a request; here a request is HTTP. `groups` are the ids of the ``Warden::Action`` groups that `action` is in.
    """

    principal: Principal
    action: tuple[str, str]
    groups: tuple[str, ...]
    resource: Resource
    context: Mapping[str, Any] = _NOTHING


class Effect(StrEnum):
    """The outcome of a decision."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of the policy decision point. The zero value, ``Decision()``, denies: nothing that forgets a field can allow.

    `policies` are the ``@id``s that determined it; `reason` is one sentence for the agent; `advice` says what is allowed instead;
    `errors` are for the log only. ALLOW with errors cannot be built: Cedar skips a ``forbid`` that errors, so any error denies.
    `obligations` are names of what the enforcement point must do for an allowed message (``"record:no-destroy-would-deny"``).
    """

    effect: Effect = Effect.DENY
    policies: tuple[str, ...] = ()
    reason: str = "no policy allows this"
    advice: str = ""
    errors: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.effect is Effect.ALLOW and self.errors:
            raise ValueError("a decision with errors cannot allow")

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOW


# --- wire messages -------------------------------------------------------------------------------------------------------------


class BodyRewriter(Protocol):
    """What a broker does to a body while it is forwarded. It keeps the length. Both raise CredentialError: then nothing more may leave."""

    def feed(self, data: bytes) -> bytes:
        """The next bytes to send, for the next that came; may hold some back."""
        ...

    def end(self) -> bytes:
        """The last bytes to send, once all came."""
        ...


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request as a client sent it, independent of any proxy library.

    `scheme` is ``https`` or ``http``. `host` and `port` are where the connection really goes: the name that the sandbox resolved, lower case,
    without a trailing dot. Whether `Host`, ``:authority`` and SNI agree with it is checked by the pipeline before any dialect runs.
    `target` is the raw request target, path and query, percent-encoding untouched. `headers` keeps order, case and duplicates.
    `body` is the whole body, or None when it was not read (it is streamed once ruled on); `body_length` is its declared length in bytes or
    None when unknown (chunked). `prefix` is the first bytes of a body that is larger than what is read of one; they are sent as they were ruled on,
    and the rest follows. `authority` is HTTP/2's ``:authority`` or that of an absolute-form target; None when there was none.
    `identity` is set by a broker on what it forwards: the client certificate to send it under, by the broker's own name for it. So is `rewrite`,
    where the body was not read: it makes what every byte of the body has to pass.
    """

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may hold secrets; a repr lands in logs
    body: bytes | None = field(default=b"", repr=False)
    body_length: int | None = None
    http_version: str = "HTTP/1.1"
    sni: str | None = None
    authority: str | None = None
    identity: str = ""
    prefix: bytes = field(default=b"", repr=False)
    rewrite: Callable[[], BodyRewriter] | None = field(default=None, repr=False, compare=False)
    #: What `once` has read; no part of the value.
    _readings: dict[Callable[[HttpRequest], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once[T](self, read: Callable[[HttpRequest], T]) -> T:
        """``read(self)``, worked out the first time only. `read` looks at the head alone, never at `body`, `body_length` or `prefix`: what it
        says of a head holds for the request that `with_body` makes of it. What it raises is not kept.
        """
        if read not in self._readings:
            self._readings[read] = read(self)
        found: T = self._readings[read]
        return found

    def with_body(self, body: bytes) -> HttpRequest:
        """The same request, its body read to the end."""
        made = replace(self, body=body, body_length=len(body))
        object.__setattr__(made, "_readings", self._readings)
        return made

    @property
    def fields(self) -> Mapping[str, Sequence[str]]:
        """The headers by lower-case name, the values of each in order."""
        return self.once(_fields)

    def header(self, name: str) -> str | None:
        """The value of header `name` (any case); None when absent. Raises ValueError when it is there more than once."""
        found = self.header_values(name)
        if len(found) > 1:
            raise ValueError(f"header {name} is there {len(found)} times")
        return found[0] if found else None

    def header_values(self, name: str) -> list[str]:
        """All values of header `name` (any case), in order."""
        return list(self.fields.get(name.lower(), ()))


def _fields(request: HttpRequest) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        found.setdefault(name.lower(), []).append(value)
    return found


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response made by Warden: a native denial. `body` is complete; headers carry no Content-Length."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class DnsQuestion:
    """A DNS question from inside the sandbox. `name` is lower case without the trailing dot; `type` is ``A``, ``AAAA``, ``MX``, ..."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TcpConnect:
    """A TCP connection from inside the sandbox. `host` is the name behind the synthetic address, or the literal address; `port` 1-65535."""

    host: str
    port: int


type Message = HttpRequest | DnsQuestion | TcpConnect


@dataclass(frozen=True, slots=True)
class Ruling:
    """The Actions and the Decision for one wire message.

    `id` names it in the audit log and, as the request id header, in the denial. `forward` is the request to send instead of the one that came
    in (with real credentials); None when denied, or when the message is not HTTP. `code` is the stable name of a decode or credential error.
    `answer` is what a broker answers an allowed request with instead of forwarding it: it holds dummies.
    """

    id: str
    actions: tuple[Action, ...] = ()
    decision: Decision = field(default_factory=Decision)
    forward: HttpRequest | None = None
    code: str = ""
    answer: HttpResponse | None = field(default=None, repr=False)

    @property
    def allowed(self) -> bool:
        return self.decision.allowed


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit log before it is chained (:mod:`warden.audit`).

    `kind` is ``ruling``, ``outcome`` (status, bytes and time of a forwarded message; names the ruling's id), ``session.start`` or ``session.end``.
    `fields` is JSON-like.
    """

    kind: str
    principal: Principal
    fields: Mapping[str, Any] = _NOTHING
