"""A connection that was switched to another protocol: both directions through what reads it, and how it ends.

Whatever goes wrong ends it: the reason is on the log, and with the client where the protocol has a place for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from warden.enforce.http.message import Exchange
from warden.errors import CredentialError
from warden.model import HttpResponse
from warden.redact.redactor import BlockedError
from warden.redact.streams.switch import Switch

logger = logging.getLogger("warden.enforce")


@dataclass(frozen=True, slots=True)
class Step:
    """What goes on, to either side. `over`: nothing more does."""

    client: bytes = b""
    server: bytes = b""
    over: bool = False


class Relay:
    """`blocked` and `refused` record why the connection ends, and give what a request would have been answered in its place, and in a sentence."""

    def __init__(
        self,
        exchange: Exchange,
        switch: Switch,
        blocked: Callable[[str], tuple[HttpResponse, str]],
        refused: Callable[[CredentialError], tuple[HttpResponse, str]],
    ) -> None:
        self._exchange = exchange
        self._switch = switch
        self._blocked = blocked
        self._refused = refused
        self._over = False

    @property
    def waiting(self) -> bool:
        """Whether `flush` should be called in a moment."""
        return not self._over and self._switch.waiting

    def from_server(self, data: bytes) -> Step:
        """The server has sent `data`."""
        self._exchange.received += len(data)
        return self._step(lambda: Step(client=self._switch.from_server(data)))

    def from_client(self, data: bytes) -> Step:
        """The client has sent `data`."""
        self._exchange.sent += len(data)
        return self._step(lambda: Step(server=self._switch.from_client(data)))

    def flush(self) -> Step:
        """Nothing has come for a moment."""
        return self._step(lambda: Step(client=self._switch.flush()))

    def finish(self) -> Step:
        """The server sends no more."""
        return self._step(lambda: Step(client=self._switch.finish()))

    def _step(self, act: Callable[[], Step]) -> Step:
        if self._over:
            return Step(over=True)
        try:
            return act()
        except BlockedError as error:
            return self._end(self._blocked, error.reason)
        except CredentialError as error:
            return self._end(self._refused, error)
        except Exception:  # promise 1: an exception in any of our code lets nothing through
            logger.exception("a stream could not be looked through")
            return self._end(self._blocked, "it could not be looked through")

    def _end[T](self, record: Callable[[T], tuple[HttpResponse, str]], why: T) -> Step:
        self._over = True
        try:
            made, sentence = record(why)
            return Step(client=self._switch.farewell(made.body, sentence), over=True)
        except Exception:
            logger.exception("the end of a stream could not be told")
            return Step(over=True)
