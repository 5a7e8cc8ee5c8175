"""What comes back, for one session: the vault, the layers, and how one response goes through them.

The other half of `warden.pipeline`: there a request is ruled on, here its response is redacted. `warden redact` and the proxy use exactly this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from warden.model import Action, HttpRequest
from warden.redact import binding
from warden.redact.answer import Answer, Declared, Head, Swap
from warden.redact.headers import Fields, values
from warden.redact.outgoing import Filling
from warden.redact.patterns import Patterns
from warden.redact.redactor import Finding, Place, Redactor
from warden.redact.schema import Schema, elsewhere, rows
from warden.redact.streams.choose import choose
from warden.redact.streams.look import Sight
from warden.redact.streams.switch import Switch
from warden.redact.vault import Vault

#: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes, and logs that are followed.
_WATCHED = re.compile(r"[?&](?:watch|follow|stream)=(?:1|true|True)(?:&|$)|/(?:api/v1|apis/[^/]+/[^/]+)/watch/")


@cache
def detectors() -> tuple[Patterns, Schema]:
    """What is made once for all sessions: compiled rules and tables."""
    return Patterns(), Schema()


def warm() -> None:
    """Makes what all sessions share before the first is forked: rules compiled, tables read."""
    detectors()
    for provider in rows.PROVIDERS:
        rows.operations(provider)


class Answers:
    """One session's responses."""

    def __init__(self, vault: Vault | None = None) -> None:
        self._patterns, self._schema = detectors()
        self.vault = vault if vault is not None else Vault()
        self.redactor = Redactor(self.vault, self._patterns)

    def answer(self, request: HttpRequest, actions: Sequence[Action], status: int, fields: Fields, swap: Swap | None = None) -> Answer:
        """The response to `request`, which was read as `actions`, with this head. `swap`: see `Answer`. Raises BlockedError."""
        place = Place(request.host, request.target.partition("?")[0], binding.of)
        declared = self._declared(actions, place)
        # Of git's protocol every line says its own length, and names of refs are what they are.
        git = bool(actions) and all(action.operation.startswith("git:") for action in actions)
        opaque = git and any(value.lower().startswith("application/x-git-") for value in values(fields, "content-type"))
        hashed = any(action.provider == "aws" and action.operation.startswith("s3:") for action in actions)
        head = Head(request.method, status, fields, _WATCHED.search(request.target) is not None, opaque, hashed)
        return Answer(self.redactor, place, head, declared, swap)

    def switched(
        self, request: HttpRequest, actions: Sequence[Action], protocol: str, fields: Fields, filling: Filling, findings: list[Finding]
    ) -> Switch:
        """The connection that `request` has switched to `protocol`, by a response with this head. `findings` grows by what is replaced in it. Raises
        BlockedError.
        """
        place = Place(request.host, request.target.partition("?")[0], binding.of)
        declared = self._declared(actions, place)
        sight = Sight(self.redactor, self._patterns, place, declared, findings)
        return choose(request, actions, protocol, fields, sight, filling)

    def _declared(self, actions: Sequence[Action], place: Place) -> Declared | None:
        declared = self._schema.paths(actions) or elsewhere.secrets(place.host, place.path)
        if declared is not None and not declared.certain:
            return None  # variables, which are secret by their names: that layer's
        return declared
