"""The messages of a gRPC body: each behind a byte that says whether it is compressed, and four with its length.

https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
"""

from __future__ import annotations

from warden.dialects.body import ADVICE
from warden.dialects.body.gzip import MAX_INFLATED, inflate
from warden.errors import DecodeError

#: Messages in one body. Client streams that need more are not read.
MAX_MESSAGES = 10_000


def messages(body: bytes, encoding: str = "") -> list[bytes]:
    """All messages of `body`, inflated. `encoding`: the ``grpc-encoding`` header.

    Raises DecodeError ``malformed-grpc``, or ``compressed-body`` for damage, for more than `MAX_INFLATED` bytes in all and for another coding
    than gzip.
    """
    found: list[bytes] = []
    at, left = 0, MAX_INFLATED
    while at < len(body):
        if len(body) - at < 5 or len(found) >= MAX_MESSAGES:
            raise _malformed()
        flag, length = body[at], int.from_bytes(body[at + 1 : at + 5], "big")
        at += 5
        if flag not in (0, 1) or length > len(body) - at:
            raise _malformed()
        one = body[at : at + length]
        at += length
        if flag == 1:
            if encoding.strip().lower() != "gzip":
                raise DecodeError(
                    "compressed-body", "The gRPC message is compressed in a way that cannot be read here.", "Send it uncompressed."
                )
            one = inflate(one, left)
            left -= len(one)
        found.append(one)
    return found


def _malformed() -> DecodeError:
    return DecodeError("malformed-grpc", "The body is not a whole number of gRPC messages.", ADVICE)
