"""What a reader of a switched connection is, and which of the streams in it is of what."""

from __future__ import annotations

from typing import Protocol


class Switch(Protocol):
    """Both directions of one connection. All methods raise BlockedError, `from_client` CredentialError too: then the connection is at its end."""

    @property
    def waiting(self) -> bool:
        """Whether `flush` could let something go."""
        ...

    def from_server(self, data: bytes) -> bytes:
        """What goes to the client now that `data` has come."""
        ...

    def from_client(self, data: bytes) -> bytes:
        """What goes to the server now that `data` has come."""
        ...

    def flush(self) -> bytes:
        """What goes to the client although no more has come for a moment."""
        ...

    def finish(self) -> bytes:
        """What goes to the client when the server sends no more."""
        ...

    def farewell(self, words: bytes, sentence: str) -> bytes:
        """What had been made when the connection came to its end, and what tells the client why: `words`, the denial in its own format, where it has
        a place, or the `sentence`.
        """
        ...


class Unit(Protocol):
    """One stream of the server's (`live.Live`, `forward.Forward`)."""

    @property
    def waiting(self) -> bool: ...

    def feed(self, data: bytes) -> bytes: ...

    def flush(self) -> bytes: ...

    def finish(self) -> bytes: ...


def taken(made: list[bytes]) -> bytes:
    """All of it, and the list is empty."""
    result = b"".join(made)
    made.clear()
    return result
