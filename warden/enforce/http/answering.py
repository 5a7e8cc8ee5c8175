"""What mitmproxy calls with each piece of a response's body, to get what goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable

from warden.enforce.http.message import Exchange
from warden.redact.redactor import BlockedError

logger = logging.getLogger("warden.enforce")


class Passing:
    """A body in pieces through its `Answer`. `cut` ends the response with a reason; an empty piece is the end (RFC 9112 has none other)."""

    def __init__(self, exchange: Exchange, cut: Callable[[str], None]) -> None:
        self._exchange = exchange
        self._cut = cut
        self._over = False

    def __call__(self, data: bytes) -> list[bytes]:
        """What goes on: in a list, because mitmproxy sends an empty piece too, which in a chunked body is its end."""
        answer = self._exchange.answer
        if self._over or answer is None:
            return []
        self._exchange.received += len(data)
        try:
            made = answer.feed(data) if data else answer.finish()
            return [made] if made else []
        except BlockedError as error:
            reason = error.reason
        except Exception:  # promise 1: an exception in any of our code lets nothing through
            logger.exception("a response could not be redacted")
            reason = "it could not be looked through"
        self._over = True
        self._cut(reason)
        return []


class Instead:
    """`body` in place of whatever comes."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._sent = False

    def __call__(self, _: bytes) -> list[bytes]:
        if self._sent:
            return []
        self._sent = True
        return [self.body]
