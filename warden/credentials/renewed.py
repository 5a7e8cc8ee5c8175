"""A credential that is fetched when it is first needed, kept, and fetched again before it ends: the one way of all sources."""

from __future__ import annotations

from collections.abc import Callable

from warden.errors import CredentialError

#: Seconds that a credential is used which names no expiry.
UNDATED_LIFE = 900.0
#: Seconds before its expiry at which it is fetched again, at most; one of short life, after four fifths of it.
REFRESH_MARGIN = 300.0
#: Seconds after a failure in which it is repeated without asking again: an agent's retries must not start a process each.
FAILURE_LIFE = 5.0


class Renewed[T]:
    """`fetch` gives the credential and its expiry in seconds since the epoch, or None for one that names none; it may raise CredentialError."""

    def __init__(self, fetch: Callable[[], tuple[T, float | None]], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._kept: tuple[T, float | None] | None = None
        self._until = 0.0
        self._failure: CredentialError | None = None
        self._failed_until = 0.0

    def __repr__(self) -> str:
        return "Renewed(redacted)"

    @property
    def left(self) -> float:
        """Seconds that the one at hand is good for; 0 where there is none, or it names no expiry."""
        return max(0.0, self._kept[1] - self._now()) if self._kept is not None and self._kept[1] is not None else 0.0

    def get(self) -> T:
        """Good now. Blocks while it is fetched. When that fails, the last one while it lasts; else raises CredentialError, as `fetch`."""
        now = self._now()
        if self._kept is not None and now < self._until:
            return self._kept[0]
        try:
            if self._failure is not None and now < self._failed_until:
                raise self._failure
            value, expires = self._fetch()
            if expires is not None and expires <= now:
                raise CredentialError("expired-credentials", "The credentials that were given out outside the sandbox have expired.")
        except CredentialError as error:
            if error is not self._failure:
                self._failure, self._failed_until = error, self._now() + FAILURE_LIFE
            if self._kept is not None and self.left > 0:
                return self._kept[0]
            raise
        life = UNDATED_LIFE if expires is None else expires - now
        self._kept, self._failure = (value, expires), None
        self._until = now + (life if expires is None else life - min(REFRESH_MARGIN, life / 5))
        return value
