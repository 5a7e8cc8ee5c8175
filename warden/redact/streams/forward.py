"""A forwarded port: what the server behind it says.

Where the client asks in HTTP/1, each answer is redacted as any other is (:mod:`warden.redact.answer`): held, gone through, its length made to fit.
Of any other protocol nobody here knows where it counts its bytes. So those pass as they are, and end where a secret is in them.
"""

from __future__ import annotations

from collections.abc import Callable

from warden.redact.answer import Answer, Mode
from warden.redact.headers import Fields
from warden.redact.redactor import BlockedError
from warden.redact.streams import http1
from warden.redact.streams.live import Live
from warden.redact.streams.look import Sight

#: Makes an `Answer`: of the method that was asked by, the status, the head. Raises BlockedError.
type Answering = Callable[[str, int, Fields], Answer]


class Counted(Live):
    """A stream in which nothing can be written anew. It goes on at once: that of a database's client would wait at each of its questions. Nor does
    what may be a value wait for long, because the other side may wait for it.
    """

    bounded = True

    def feed(self, data: bytes) -> bytes:
        """As `Live.feed`."""
        return super().feed(data) + self.flush()

    def _through(self, text: bytes) -> bytes:
        if super()._through(text) != text[self._sent :]:
            raise BlockedError("it holds a secret, and its protocol is not read here")
        return text[self._sent :]


class Forward:
    """Both sides of one connection to a port; `Unit` for what the server says."""

    def __init__(self, sight: Sight, answering: Answering) -> None:
        self._sight = sight
        self._answering = answering
        self._first = bytearray()
        self._http: bool | None = None
        self._requests, self._responses = http1.Messages(), http1.Messages()
        self._responses.methods = []
        #: What was asked, for the head of an answer: the reader of bodies takes it off its own list.
        self._methods: list[str] = []
        self._answer: Answer | None = None
        self._head: http1.Head | None = None
        self._held = bytearray()
        self._rest: Counted | None = None

    def asked(self, data: bytes) -> None:
        """The client sends this. Raises BlockedError."""
        if self._http is None:
            self._first += data
            end = self._first.find(b"\r\n")
            if end < 0 and len(self._first) < http1.HEAD:
                return
            self._http = http1.REQUEST.match(self._first) is not None
            data, self._first = bytes(self._first), bytearray()
        if self._http and self._rest is None:
            for one in self._requests.feed(data):
                if isinstance(one, http1.Head):
                    assert self._responses.methods is not None
                    self._responses.methods.append(one.method)
                    self._methods.append(one.method)

    # --- what is answered --------------------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """See `Unit`."""
        if not self._http and self._rest is None:
            self._http = False  # it speaks before it is asked, or it was asked something else
            self._rest = Counted(self._sight)
        if self._rest is not None:
            return self._rest.feed(data)
        parts = []
        for one in self._responses.feed(data):
            if self._rest is not None:
                assert isinstance(one, bytes)
                parts.append(self._rest.feed(one))
            elif isinstance(one, http1.Head):
                parts.append(self._begin(one))
            elif isinstance(one, bytes):
                parts.append(self._more(one))
            else:
                parts.append(self._end())
        return b"".join(parts)

    def _begin(self, head: http1.Head) -> bytes:
        if head.status < 200:
            answer = self._answering("GET", head.status, head.fields)
            if head.status == 101:
                self._rest = Counted(self._sight)
            return _written(head.line, answer.fields)
        self._head = head
        self._held.clear()
        self._answer = self._answering(self._methods.pop(0) if self._methods else "GET", head.status, head.fields)
        if self._answer.mode is Mode.WHOLE:
            return b""
        if self._answer.mode is Mode.STREAM:
            return self._streams()
        return _written(head.line, self._answer.fields)

    def _streams(self) -> bytes:
        """The head of an answer that goes on in pieces."""
        assert self._head is not None
        assert self._answer is not None
        fields = tuple((name, value) for name, value in self._answer.fields if name.lower() not in ("content-length", "transfer-encoding"))
        return _written(self._head.line, fields if self._ends_with_stream() else (*fields, ("Transfer-Encoding", "chunked")))

    def _ends_with_stream(self) -> bool:
        return self._responses.open_ended or (self._head is not None and self._head.line.startswith(b"HTTP/1.0"))

    def _more(self, data: bytes) -> bytes:
        answer = self._answer
        assert answer is not None
        if answer.mode is Mode.WHOLE:
            self._held += data
            if len(self._held) <= answer.limit and not (answer.probing and answer.flows(bytes(self._held))):
                return b""
            answer.stream()
            data = bytes(self._held)
            self._held.clear()
            return self._streams() + self._framed(answer.feed(data))
        return self._framed(answer.feed(data))

    def _framed(self, made: bytes) -> bytes:
        if not made or self._ends_with_stream():
            return made
        return b"%x\r\n%s\r\n" % (len(made), made)

    def _end(self) -> bytes:
        answer, self._answer = self._answer, None
        if answer is None or self._head is None:
            return b""
        self._sight.findings += [one for _, one in answer.header_findings]
        if answer.mode is Mode.EMPTY:
            return b""
        made = answer.whole(bytes(self._held)) if answer.mode is Mode.WHOLE else answer.finish()
        self._sight.findings += answer.findings
        if answer.mode is Mode.WHOLE:
            fields = tuple((name, value) for name, value in answer.fields if name.lower() not in ("content-length", "transfer-encoding"))
            return _written(self._head.line, (*fields, ("Content-Length", str(len(made))))) + made
        last = self._framed(made)
        return last if self._ends_with_stream() else last + b"0\r\n\r\n"

    @property
    def waiting(self) -> bool:
        """See `Unit`."""
        return self._rest is not None and self._rest.waiting

    def flush(self) -> bytes:
        """See `Unit`."""
        return self._rest.flush() if self._rest is not None else b""

    def finish(self) -> bytes:
        """See `Unit`."""
        if self._rest is not None:
            return self._rest.finish()
        if self._answer is None:
            return b""
        if not self._responses.open_ended and self._answer.mode is not Mode.EMPTY:
            raise BlockedError("it ends within an answer of HTTP")
        return self._end()


def _written(line: bytes, fields: Fields) -> bytes:
    return line + b"".join(f"{name}: {value}\r\n".encode("latin-1", "replace") for name, value in fields) + b"\r\n"
