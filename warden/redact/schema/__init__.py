"""The schema layer: outputs that are secret by their API, whatever they look like.

- `field`       `Field`, one such value in a body, and `SchemaError`
- `rows`        the tables: operation -> what in its output is secret (``make tables``; corrections in ``tools/tables/data``)
- `locate`      rows -> fields of a JSON, XML or CBOR body
- `kubernetes`  Secrets and what holds their values, of which the keys are the user's and no table knows them
- `manifest`    manifests inside annotations

::

    secrets = Schema().paths(actions)          # None: nothing in the answer is secret by its API
    fields = secrets.find(body, content_type)  # raises SchemaError when it cannot be said: the answer may then not pass

A body of an operation that is listed here and cannot be read with one meaning is an error, never an empty answer. A body that can be read and has
no such value (an error, an empty list) has no fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from warden.model import Action
from warden.redact.schema import kubernetes, rows
from warden.redact.schema.field import Field, Replace, SchemaError
from warden.redact.schema.locate import Located

__all__ = ["Field", "Replace", "Schema", "SchemaError", "Secrets"]


class Secrets(Protocol):
    """Where an answer's secrets are."""

    @property
    def certain(self) -> bool:
        """Whether some value is secret whatever it is. Otherwise there are only environments (shape ``env``), and an answer that is too large to
        be read whole, or cannot be read, need not be stopped for this layer's sake."""
        ...

    def find(self, body: bytes, content_type: str) -> list[Field]:
        """The fields of `body` (content codings undone), in order, none inside another. Raises SchemaError."""
        ...

    def rewrite(self, body: bytes, content_type: str, replace: Replace) -> bytes:
        """`body` with what `replace` makes of each field's raw bytes, and the lengths around it made to fit. Raises SchemaError."""
        ...


class Schema:
    """The tables of all providers. One for each process; they are read when first asked for."""

    def paths(self, actions: Sequence[Action]) -> Secrets | None:
        """What is secret in the answer to a message that asks for `actions`; None for nothing."""
        found: list[rows.Row] = []
        for action in actions:
            if action.provider == "kubernetes":
                if (secrets := kubernetes.secrets(action.operation)) is not None:
                    return secrets
            elif action.provider in rows.PROVIDERS and not action.context.get("deferred"):  # a deferred call answers nobody
                for operation in _operations(action):
                    found += rows.of(action.provider, operation)
        return Located(tuple(dict.fromkeys(found))) if found else None


def _operations(action: Action) -> list[str]:
    """The operation, in every service that it may be of."""
    family = action.context.get("family")
    if not family:
        return [action.operation]
    name = action.operation.partition(":")[2]
    return [f"{service}:{name}" for service in family]
