"""``aws-chunked``: how AWS SDKs send an upload whose checksum comes behind it. Taken apart, filled and put together again.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html: the unsigned kind. Chunks that are signed each are not read here.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n")
#: Trailers that repeat the payload in short, and how.
_SUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda payload: zlib.crc32(payload).to_bytes(4),
    "x-amz-checksum-sha1": lambda payload: hashlib.sha1(payload, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda payload: hashlib.sha256(payload).digest(),
}


def payload(body: bytes) -> tuple[bytes, bytes] | None:
    """What the chunks hold, and the trailers behind them; None for anything but plain chunks to the very end."""
    pieces: list[bytes] = []
    at = 0
    while match := _SIZE.match(body, at):
        size = int(match[1], 16)
        if size == 0:
            return b"".join(pieces), body[match.end() :]
        pieces.append(body[match.end() : match.end() + size])
        at = match.end() + size + 2
        if body[at - 2 : at] != b"\r\n":
            return None
    return None


def rebuilt(made: bytes, trailers: bytes) -> bytes | None:
    """One chunk of `made` and the trailers for it; None where one is a checksum that cannot be computed here."""
    lines = []
    for line in trailers.split(b"\r\n"):
        name = line.partition(b":")[0].strip().lower().decode("latin-1")
        if name.startswith("x-amz-checksum-"):
            if name not in _SUMS:
                return None
            line = line.partition(b":")[0] + b":" + base64.b64encode(_SUMS[name](made))
        lines.append(line)
    return (b"%x\r\n%s\r\n" % (len(made), made) if made else b"") + b"0\r\n" + b"\r\n".join(lines)
