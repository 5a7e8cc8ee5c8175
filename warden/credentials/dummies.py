"""Key pairs: the real ones, which never show themselves, and the dummies that the sandbox gets."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """An access key, real or dummy, under the names that botocore's signers read. Its repr tells nothing.

    `expires` is seconds since the epoch, or None for keys that last.
    """

    access_key: str
    secret_key: str
    token: str | None = None
    expires: float | None = None

    def __repr__(self) -> str:
        return "KeyPair(redacted)"


def dummy() -> KeyPair:
    """A long-term key of AWS's shape that AWS has never issued: ``AKIA`` and 16 characters of base32, and 40 of base64 (240 random bits).

    The 80 random bits of the id make a collision with a real key as likely as guessing one. Long-term, so that no client
    waits for an expiry or sends a token.
    """
    return KeyPair(
        "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode("ascii"), base64.b64encode(secrets.token_bytes(30)).decode("ascii")
    )
