"""A connection that was switched to another protocol: both directions through what reads it, and how it ends.

Whatever goes wrong ends it: the reason is on the log, and with the client where the protocol has a place for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from warden.enforce.http.message import Exchange
from warden.errors import CredentialError, DecodeError
from warden.model import HttpResponse, Ruling
from warden.pipeline import Pipeline, sentence
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
    """Both directions of one connection. `settle` records the outcome with an error."""

    def __init__(self, exchange: Exchange, switch: Switch, pipeline: Pipeline, settle: Callable[[str], None]) -> None:
        self._exchange = exchange
        self._switch = switch
        self._pipeline = pipeline
        self._settle = settle
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
            reason = error.reason
        except CredentialError as error:
            refused = error
            return self._end(lambda: self._refused(refused))
        except Exception:  # promise 1: an exception in any of our code lets nothing through
            logger.exception("a stream could not be looked through")
            reason = "it could not be looked through"
        return self._end(lambda: self._blocked(reason))

    def _end(self, record: Callable[[], tuple[HttpResponse, str]]) -> Step:
        self._over = True
        try:
            made, sentence = record()
            return Step(client=self._switch.farewell(made.body, sentence), over=True)
        except Exception:
            logger.exception("the end of a stream could not be told")
            return Step(over=True)

    def _blocked(self, reason: str) -> tuple[HttpResponse, str]:
        self._settle(f"blocked: {reason}")
        made = self._pipeline.blocked(self._exchange.request, self._exchange.ruling or Ruling(""), reason)
        return made, f"warden: what was sent is held back: {reason}"

    def _refused(self, error: CredentialError) -> tuple[HttpResponse, str]:
        request = self._exchange.request
        ruling = self._pipeline.refuse(request, DecodeError(error.code, error.message, error.advice))
        self._settle(f"refused: {error.code}")
        return self._pipeline.denial(request, ruling), sentence(ruling)
