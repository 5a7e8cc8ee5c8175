"""The AWS dialect: one HTTP request in, the API operations that it asks for out, and denials that every AWS SDK understands.

Its parts, in the order in which a request passes them:

- `hosts`     host name -> services, region, account; which AWS names are customers' own data endpoints and thus not this dialect's
- `s3`        S3's dozen addressing styles, made one
- `scope`     the SigV4 scope, which must agree with the host
- `protocols` the one signal that names an operation (target header, cbor path, Action)
- `trie`      the REST path, its query literals and required headers
- `route`     all of the above as one ordered walk: request -> `Route`
- `effects`   `Route` -> verb, flags, resources, conditions on the body
- `denial`    a ruling -> the service's native error
- `index`     the generated tables behind them (``make tables``; sources in their headers)

``warden.dialects.aws.route`` is the file to read first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from warden.dialects.aws import denial, effects, hosts, resources
from warden.dialects.aws.protocols import head as read_head
from warden.dialects.aws.route import UNKNOWN, Route, plain_body, route, without_body
from warden.model import Action, Certainty, HttpRequest, HttpResponse, Ruling, Verb

__all__ = ["UNKNOWN", "AwsDialect", "Route", "route"]

_KEY_ID = re.compile(r"Credential=([^/,\s%]+)(?:/|%2[Ff])")


class AwsDialect:
    """`warden.dialects.Dialect` for AWS. Stateless but for the tables.

    `accounts` maps the access key ids that the session's agent has to account numbers: a request that is signed with one of them acts on that
    account unless an ARN or the host says another. It may grow while the session runs.
    """

    name = "aws"
    method_override = False

    def __init__(self, accounts: Mapping[str, str] | None = None) -> None:
        self._accounts = accounts if accounts is not None else {}

    def claims(self, host: str, port: int) -> bool:
        """Any name under AWS's DNS suffixes but customers' data endpoints, whatever the port."""
        return hosts.find(host) is not None

    def needs_body(self, request: HttpRequest) -> bool:
        """True where the operation, or what it would do, is in the body. S3's uploads never need theirs."""
        found = without_body(request)
        return found is None or (found.known and effects.needs_body(found))

    def decode(self, request: HttpRequest) -> tuple[Action, ...]:
        """See `route` for the reading and `effects` for its meaning."""
        found = route(request)
        if self._accounts and found.account is None:
            found = replace(found, account=self._account(request))
        if not found.known:
            return (_unknown(found),)
        if found.protocol not in {"rest-json", "rest-xml"} or effects.needs_body(found):
            request = _readable(request)
        return effects.actions(found, request)

    def _account(self, request: HttpRequest) -> str | None:
        signed = _KEY_ID.search(request.header("authorization") or request.target.partition("?")[2])
        return self._accounts.get(signed[1]) if signed else None

    def deny(self, request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
        """See `denial`."""
        return denial.denial(request, ruling, sentence)


def _readable(request: HttpRequest) -> HttpRequest:
    """`request` with its body as the service reads it, or DecodeError."""
    if not request.once(read_head).compressed:
        return request
    headers = tuple((name, value) for name, value in request.headers if name.lower() != "content-encoding")
    return replace(request, body=plain_body(request), headers=headers)


def _unknown(found: Route) -> Action:
    """An operation that the tables do not know, on the whole of the service: a rule on its account or region still meets it."""
    service = found.services[0]
    context = {"service": service}
    context |= {
        key: value for key, value in (("partition", found.partition), ("region", found.region), ("account", found.account)) if value
    }
    operation = f"{service}:{found.operation}"
    return Action(
        "aws", operation, Verb.UNKNOWN, resources=(resources.whole(service, found),), context=context, certainty=Certainty.UNKNOWN
    )
