"""The Google Cloud dialect: one HTTP or gRPC request in, the API methods that it calls out, and denials that Google's clients print.

- `noun`      `Call`: one method call as the wire names it
- `route`     request -> `Call`s, by all that follows: the file to read first
- `hosts`     host name -> whose endpoint it is; which of Google's names are customers' own and thus not this dialect's
- `head`      target, headers, and the method overrides that Google documents
- `batch`     ``/batch``: many requests in one
- `grpc`      gRPC and ``/$rpc/``
- `storage_xml`  the XML API of Cloud Storage
- `index`     the generated tables behind them (``make tables``; sources in their headers)
- `effects`   `Call` -> verb, flags, resources, conditions on parameters
- `denial`    a ruling -> Google's JSON error, gRPC status, or storage's XML error
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from warden.dialects.gcp import denial, effects, route
from warden.dialects.gcp.noun import UNKNOWN, Call, Protocol
from warden.model import Action, HttpRequest, HttpResponse, Ruling

__all__ = ["UNKNOWN", "Call", "GcpDialect", "Protocol"]


class GcpDialect:
    """`warden.dialects.Dialect` for Google's APIs. Stateless but for the tables."""

    name = "gcp"
    method_override = True  # Google documents the header: both methods are decoded, and both must be allowed

    def claims(self, host: str, port: int) -> bool:
        """Any name of Google's APIs but customers' own endpoints, whatever the port."""
        return route.claims(host)

    def needs_body(self, request: HttpRequest) -> bool:
        """True for batches and where what a call does, or to what, is in the body. Never for content alone."""
        return route.needs_body(request) or any(effects.needs_body(call) for call in route.calls(replace(request, body=None)))

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        """See `route` for the reading and `effects` for its meaning."""
        return tuple(_distinct(action for call in route.calls(request) for action in effects.actions(call, request.host)))

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        """See `denial`."""
        return denial.denial(request, ruling, sentence)


def _distinct(actions: Iterable[Action]) -> Iterator[Action]:
    """Each action once: a batch may ask the same thing many times, and is ruled on for what it asks."""
    seen: list[Action] = []
    for action in actions:
        if action not in seen:
            seen.append(action)
            yield action
