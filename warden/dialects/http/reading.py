"""What a request was read as, before it has its host; and the fixed vocabulary of this dialect's actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from warden.model import Certainty, Flag, Verb

# RFC 9110 section 9.3, and RFC 5789 for PATCH.
VERBS = {
    "GET": Verb.READ, "HEAD": Verb.READ, "OPTIONS": Verb.READ, "POST": Verb.UPDATE, "PUT": Verb.UPDATE, "PATCH": Verb.UPDATE, "DELETE": Verb.DELETE,
}  # fmt: skip

_FORCED = (Flag.DESTRUCTIVE, Flag.OVERWRITE)
_ASKED = (Flag.SHARE, Flag.PROTECTION_OFF)  # by options of the push

#: Every action but those that are named after a GraphQL field: the verbs and flags that each can have.
ACTIONS: Mapping[str, tuple[tuple[Verb, ...], tuple[Flag, ...]]] = {
    **{method: ((verb,), ()) for method, verb in VERBS.items()},
    "other": ((Verb.UNKNOWN,), ()),
    "upgrade": ((Verb.CONNECT, Verb.UNKNOWN), (Flag.OPAQUE,)),  # to WebSocket
    "git:fetch": ((Verb.READ,), ()),
    "git:push": ((Verb.UPDATE, Verb.UNKNOWN), (Flag.OPAQUE,)),  # a push begins, or one whose commands cannot be read
    "git:create-ref": ((Verb.CREATE,), _ASKED),
    "git:update-ref": ((Verb.UPDATE,), (*_FORCED, *_ASKED)),
    "git:delete-ref": ((Verb.DELETE,), _ASKED),
    "lfs:download": ((Verb.READ,), ()),
    "lfs:upload": ((Verb.UPDATE, Verb.UNKNOWN), (Flag.OPAQUE,)),
    "graphql:unread": ((Verb.UNKNOWN,), (Flag.OPAQUE,)),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a request asks for. `context` adds to what every request has (host, method, path, scheme)."""

    operation: str
    verb: Verb
    flags: frozenset[Flag] = frozenset()
    certainty: Certainty = Certainty.EXACT
    context: Mapping[str, str] = field(default_factory=dict)


def by_method(method: str) -> Reading:
    """The reading of a request of which only the method says anything."""
    verb = VERBS.get(method, Verb.UNKNOWN)
    flags = frozenset({Flag.DESTRUCTIVE}) if verb is Verb.DELETE else frozenset[Flag]()
    return Reading(method if verb is not Verb.UNKNOWN else "other", verb, flags, Certainty.UNKNOWN)


def unread(operation: str, **context: str) -> Reading:
    """The worst that a body can be that was not read, or that does not say what it does."""
    return Reading(operation, Verb.UNKNOWN, frozenset({Flag.OPAQUE}), Certainty.UNKNOWN, context)
