"""Wire message -> Actions: who reads a message, and what is checked before anybody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from warden.dialects import Dialect, ReadsPrefix, framing
from warden.dialects.aws import AwsDialect
from warden.dialects.dns import NetDialect
from warden.dialects.egress import Egress
from warden.dialects.gcp import GcpDialect
from warden.dialects.http import HttpDialect
from warden.dialects.kubernetes import Cluster, KubernetesDialect
from warden.errors import DecodeError
from warden.model import Action, HttpRequest, Message


@dataclass(frozen=True, slots=True)
class Decoder:
    """Wire message -> Actions, with no policy and no state: what `warden decode` shows is what the proxy rules on.

    `accounts` says which AWS account the session's access key ids belong to (see `AwsDialect`), `clusters` which hosts are Kubernetes API servers:
    they come first, because providers serve some under names of their own (``connectgateway.googleapis.com``).
    Order: the framing checks that hold for every dialect; then the first dialect that claims the host.
    """

    egress: Egress = field(default_factory=Egress)
    accounts: Mapping[str, str] = field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    dialects: tuple[Dialect, ...] = ()
    net: NetDialect = field(init=False)

    def __post_init__(self) -> None:
        dialects = self.dialects or (
            KubernetesDialect(self.clusters),
            AwsDialect(self.accounts),
            GcpDialect(),
            HttpDialect(self.egress),
        )
        object.__setattr__(self, "dialects", dialects)
        object.__setattr__(self, "net", NetDialect(dialects, self.egress, self.clusters))

    def dialect(self, request: HttpRequest) -> Dialect:
        """Who reads this request and writes its denial."""
        return self.net.claimant(request.host, request.port)

    def _framed(self, request: HttpRequest) -> Dialect:
        dialect = self.dialect(request)
        request.once(framing.check_but_method if dialect.method_override else framing.check)
        return dialect

    def needs_body(self, request: HttpRequest) -> bool:
        """Whether the body must be read before `decode`. Raises DecodeError."""
        return self._framed(request).needs_body(request)

    def needs_prefix(self, request: HttpRequest) -> bool:
        """Whether the first bytes of a body too large to be read help `decode`. Raises DecodeError."""
        dialect = self._framed(request)
        return isinstance(dialect, ReadsPrefix) and dialect.needs_prefix(request)

    def decode(self, message: Message) -> tuple[Action, ...]:
        """At least one Action, or DecodeError."""
        if not isinstance(message, HttpRequest):
            return self.net.decode(message)
        actions = self._framed(message).decode(message)
        if not actions:
            raise DecodeError("no-action", "The request could not be read as any action.")
        return actions
