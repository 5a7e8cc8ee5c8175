"""Bodies in signed chunks: each chunk's signature is proven with the dummy and made anew with the real key, as the body passes. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html::

    10000;chunk-signature=<64 hex digits>\\r\\n
    <65536 bytes>\\r\\n
    0;chunk-signature=<64 hex digits>\\r\\n
    [x-amz-checksum-crc32c:sOO8/Q==\\r\\nx-amz-trailer-signature:<64 hex digits>\\r\\n]
    \\r\\n

A chunk's signature stands before its data and covers it, so a chunk is held until it is whole: what goes out was proven. Signatures are of one
length, and so the body stays as long as it was declared.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from warden.credentials.dummies import KeyPair
from warden.credentials.sigv4 import Signature, mac
from warden.errors import CredentialError

CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNKS_AND_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

#: Bytes of a chunk that are held. SDKs send 64 KiB to 1 MiB.
LARGEST = 8 << 20
#: Bytes of a line before a chunk, and of the trailer. AWS lets a trailer have one checksum and the signature.
_LINE, _TRAILER = 128, 4096

_HEAD = re.compile(rb"([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})\r\n")
_TRAILER_SIGNATURE = re.compile(rb"x-amz-trailer-signature:([0-9a-f]{64})")
_TRAILER_LINE = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([\x21-\x7e]*)[ \t]*")
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """One side's chain of signatures: its key, and the signature of its request's head, from which the chain starts."""

    key: KeyPair
    head: str


class Chunks:
    """A `warden.model.BodyRewriter`. `signature` and `timestamp` are those of the request's head; `trailer` says whether one follows."""

    def __init__(self, signature: Signature, timestamp: str, made: Signer, real: Signer, *, trailer: bool) -> None:
        self._signature = signature
        self._before = f"{timestamp}\n{signature.scope}"
        self._made, self._real = made.key, real.key
        self._last_made, self._last_real = made.head, real.head
        self._trailer = trailer
        self._pending = bytearray()
        #: Bytes of the chunk that is being read, its line included; 0 while the line is not whole.
        self._whole = 0
        self._line: re.Match[bytes] | None = None
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        """The next bytes to send, for the next that came. Raises CredentialError ``chunk-signatures``."""
        self._pending += data
        sent: list[bytes] = []
        while not self._ended and self._step(sent):
            pass
        if self._ended and len(self._pending) > (_TRAILER if self._trailer else len(b"\r\n")):
            raise _refused("something follows the last chunk")
        return b"".join(sent)

    def end(self) -> bytes:
        """The last bytes to send, once all came. Raises CredentialError ``chunk-signatures``."""
        if not self._ended:
            raise _refused("the last chunk is missing")
        rest = bytes(self._pending)
        self._pending.clear()
        if not self._trailer:
            if rest != b"\r\n":
                raise _refused("the last chunk does not end as it must")
            return rest
        return self._resigned_trailer(rest)

    def _step(self, sent: list[bytes]) -> bool:
        """Takes one line or one chunk off what is pending; False when it is not there yet."""
        if not self._whole:
            found = self._pending.find(b"\r\n", 0, _LINE)
            if found < 0:
                if len(self._pending) >= _LINE:
                    raise _refused("a chunk does not begin as it must")
                return False
            self._line = _HEAD.fullmatch(bytes(self._pending[: found + 2]))
            if self._line is None:
                raise _refused("a chunk does not begin as it must")
            size = int(self._line[1], 16)
            if size > LARGEST:
                raise _refused(f"a chunk is larger than {LARGEST >> 20} MiB")
            self._whole = found + 2 + (size + 2 if size else 0)
        if len(self._pending) < self._whole:
            return False
        chunk = bytes(self._pending[: self._whole])
        del self._pending[: self._whole]
        line = self._line
        assert line is not None
        data = chunk[line.end() : -2] if len(chunk) > line.end() else b""
        if data and not chunk.endswith(b"\r\n"):
            raise _refused("a chunk does not end as it must")
        made = self._next("PAYLOAD", f"{_EMPTY}\n{hashlib.sha256(data).hexdigest()}", line[2])
        sent += [line[1], b";chunk-signature=", made, chunk[line.end(2) :]]
        self._whole, self._ended = 0, not data
        return True

    def _resigned_trailer(self, rest: bytes) -> bytes:
        lines = [line.rstrip(b"\r") for line in rest.split(b"\n")]
        lines = [line for line in lines if line]
        last = _TRAILER_SIGNATURE.fullmatch(lines[-1]) if lines else None
        fields = [_TRAILER_LINE.fullmatch(line) for line in lines[:-1]]
        names = [field[1].lower() for field in fields if field]
        if last is None or not rest.endswith(b"\n") or len(set(names)) != len(lines) - 1 or b"x-amz-trailer-signature" in names:
            raise _refused("the trailer does not have its form")
        canonical = b"".join(sorted(field[1].lower() + b":" + field[2] + b"\n" for field in fields if field))
        made = self._next("TRAILER", hashlib.sha256(canonical).hexdigest(), last[1])
        return rest.replace(last[0], b"x-amz-trailer-signature:" + made)

    def _next(self, kind: str, hashes: str, sent: bytes) -> bytes:
        """Proves `sent`, and goes on with both chains."""
        before = f"AWS4-HMAC-SHA256-{kind}\n{self._before}"
        expected = mac(f"{before}\n{self._last_made}\n{hashes}", self._signature, self._made)
        if not hmac.compare_digest(expected.encode(), sent):
            raise _refused("a signature does not match its chunk and this session's secret key")
        self._last_made = expected
        self._last_real = mac(f"{before}\n{self._last_real}\n{hashes}", self._signature, self._real)
        return self._last_real.encode()


def _refused(why: str) -> CredentialError:
    return CredentialError(
        "chunk-signatures",
        f"The body in signed chunks cannot be given real credentials: {why}.",
        "Upload with an AWS SDK or CLI of today, or send the body with its hash.",
    )
