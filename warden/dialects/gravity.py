"""Which of two verbs a message counts as when it has both: the graver."""

from __future__ import annotations

from warden.model import Verb

_ORDER = (Verb.READ, Verb.LIST, Verb.CREATE, Verb.UPDATE, Verb.CONNECT, Verb.EXECUTE, Verb.GRANT, Verb.DELETE, Verb.UNKNOWN)

#: Verb -> its rank; the higher, the graver.
GRAVITY = {verb: rank for rank, verb in enumerate(_ORDER)}
