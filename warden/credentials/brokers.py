"""All brokers of one session as one: each knows its own provider's requests and leaves the others as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warden.credentials.aws import AwsBroker
from warden.credentials.entries import Entries
from warden.credentials.gcp import GcpBroker
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse
from warden.redact.vault import VaultFullError

#: What leaves each field what it is (RFC 9110 section 5.5, RFC 9112 section 3.2): a credential with a line's end in it would be another header.
_VALUE, _TARGET = re.compile(r"[\t\x20-\x7e\x80-\xff]*"), re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Brokers:
    """`home` is the calling user's."""

    aws: AwsBroker
    gcp: GcpBroker
    kubernetes: KubernetesBroker
    entries: Entries
    home: Path

    def _all(self) -> tuple[AwsBroker, GcpBroker, KubernetesBroker]:
        return self.aws, self.gcp, self.kubernetes

    def needs_body(self, request: HttpRequest) -> bool:
        return any(broker.needs_body(request) for broker in self._all())

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        try:
            for broker in self._all():
                request = broker.authorize(request, actions, asked)
        except VaultFullError:
            raise CredentialError(
                "vault-full", "This session has seen more secrets than it can remember.", "Go on in a new session."
            ) from None
        if not _TARGET.fullmatch(request.target) or not all(_VALUE.fullmatch(value) for _, value in request.headers):
            raise CredentialError(
                "credential-unsendable",
                "The real credential has characters that no header may have.",
                "Look at it outside the sandbox: a line's end at its end, perhaps.",
            )
        return request

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """The first broker's answer to a request for a metadata service; None when none has one."""
        return next((found for broker in (self.aws, self.gcp) if (found := broker.local(request)) is not None), None)

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        return any(broker.answers(request, actions) for broker in (self.aws, self.gcp))

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        for broker in (self.aws, self.gcp):
            if broker.answers(request, actions):
                response = broker.receive(request, actions, response)
        return response

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process. What the configuration says of one itself is the last word."""
        made = {name: value for broker in self._all() for name, value in broker.environment().items()}
        return {**made, **self.entries.environment()}

    def files(self, authority: bytes) -> Mapping[str, Mapping[str, bytes]]:
        """Synthetic directories: their paths, and in each the files' contents by name. `authority` is the PEM of the session's CA."""
        aws = self.aws.files()
        return {**({f"{self.home}/.aws": aws} if aws else {}), **self.gcp.files(), **self.kubernetes.files(authority)}
