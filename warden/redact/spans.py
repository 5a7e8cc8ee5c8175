"""What the span readers share: the shape of what they find, their limits, and the one error they raise.

A reader goes through a whole body once and yields every text in it with the path that leads there and its byte offsets, so that a value can be
replaced without the rest of the body changing by a byte. What it cannot read with one meaning is a `SpanError`, never a part of an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from warden.errors import WardenError

#: What leads to a value: keys of objects, names of elements, and positions in arrays.
type Path = tuple[str | int, ...]

#: Path, and the offsets of the first byte of the value and of the first byte behind it.
type Span = tuple[Path, int, int]

type Spans = Iterator[Span]

#: Nesting beyond this is no API's answer.
MAX_DEPTH = 128


class SpanError(WardenError):
    """A body is not what its content type says, or has two readings. ``code`` is a stable kebab-case name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
