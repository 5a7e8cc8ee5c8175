"""All brokers of one session as one: each knows its own provider's requests and leaves the others as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warden.credentials.aws import AwsBroker
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.model import Action, HttpRequest


@dataclass(frozen=True, slots=True)
class Brokers:
    """`home` is the calling user's."""

    aws: AwsBroker
    kubernetes: KubernetesBroker
    home: Path

    def needs_body(self, request: HttpRequest) -> bool:
        return self.aws.needs_body(request) or self.kubernetes.needs_body(request)

    def authorize(self, request: HttpRequest, actions: Sequence[Action]) -> HttpRequest:
        for broker in (self.aws, self.kubernetes):
            request = broker.authorize(request, actions)
        return request

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process."""
        return {**self.aws.environment(), **self.kubernetes.environment()}

    def files(self, authority: bytes) -> Mapping[str, Mapping[str, bytes]]:
        """Synthetic directories: their paths, and in each the files' contents by name. `authority` is the PEM of the session's CA."""
        aws = self.aws.files()
        return {**({f"{self.home}/.aws": aws} if aws else {}), **self.kubernetes.files(authority)}
