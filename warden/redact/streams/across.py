"""A known secret in pieces: part of it on one stream of a connection, the rest on another that is shown beside it."""

from __future__ import annotations

from warden.redact.beginnings import LEAST
from warden.redact.redactor import BlockedError
from warden.redact.streams.look import Sight

_KEPT = 4096


class Across:
    """What a program prints on all its streams, in the order in which it came."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._kept = b""
        #: Where in it another stream goes on.
        self._joints: list[int] = []
        self._last: object = None

    def feed(self, stream: object, data: bytes) -> None:
        """`data` came on `stream`. Raises BlockedError where it makes whole what began on another."""
        if not data:
            return
        if stream != self._last:
            self._joints.append(len(self._kept))
            self._last = stream
        text = self._kept + data
        vault, host = self._sight.redactor.vault, self._sight.place.host
        if self._joints:
            ends = [seen for seen in vault.secrets_in(text, host) if seen.end > len(self._kept)]
            if any(seen.start + LEAST <= joint <= seen.end - LEAST for seen in ends for joint in self._joints):
                raise BlockedError("it has a secret that was seen before, a part of it on one stream and a part on another")
        self._kept = text[-_KEPT:]
        gone = len(text) - len(self._kept)
        self._joints = [joint - gone for joint in self._joints if joint > gone]
