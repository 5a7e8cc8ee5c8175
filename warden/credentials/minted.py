"""Dummies made while the session runs: for credentials that AWS returned, and for roles that tools ask the metadata services for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from warden.credentials.dummies import KeyPair
from warden.credentials.source import Source, Stated
from warden.errors import CredentialError

#: Dummies that are remembered: beyond it, the oldest stands for nothing any more.
LIMIT = 1000


class Minted:
    """Access key id of a dummy -> the dummy and where its real keys come from."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[KeyPair, Source | Stated]] = OrderedDict()

    def __repr__(self) -> str:
        return f"Minted({len(self._kept)} dummies)"

    def add(self, made: KeyPair, source: Source | Stated) -> str:
        """Remembers `made`. Returns the id of the dummy that was forgotten for it, or ""."""
        self._kept[made.access_key] = (made, source)
        return self._kept.popitem(last=False)[0] if len(self._kept) > LIMIT else ""

    def knows(self, access_key: str) -> bool:
        """Whether the key is one of these, expired or not."""
        return access_key in self._kept

    def get(self, access_key: str) -> tuple[KeyPair, Source | Stated] | None:
        """Raises CredentialError ``expired-credentials`` for a dummy whose time is over."""
        found = self._kept.get(access_key)
        if found is not None and found[0].expires is not None and found[0].expires <= self._now():
            raise CredentialError("expired-credentials", "The temporary AWS credentials have expired.", "Ask AWS for new ones, as before.")
        return found
