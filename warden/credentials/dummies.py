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


def double(real: KeyPair) -> KeyPair:
    """A dummy of the same shape, length and expiry as `real`, with a token when that has one: ``ASIA`` or ``AKIA``, then random characters."""
    prefix, rest = real.access_key[:4], len(real.access_key) - 4
    return KeyPair(
        prefix + base64.b32encode(secrets.token_bytes(rest)).decode("ascii")[:rest],
        _base64(len(real.secret_key)),
        None if real.token is None else _base64(len(real.token)),
        real.expires,
    )


def temporary(expires: float) -> KeyPair:
    """A dummy of a session's credentials, good until `expires`: for places where AWS never gives others (instance and container roles)."""
    made = dummy()
    return KeyPair("ASIA" + made.access_key[4:], made.secret_key, _base64(344), expires)


def _base64(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode("ascii")[:length]
