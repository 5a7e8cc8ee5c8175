"""The key pair of Signature Version 4A, which signs for several regions at once, derived from an access key: ECDSA on P-256. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works says that the private key is derived from the secret; how, is
NIST SP 800-108's KDF in counter mode with HMAC-SHA256, as AWS's open C library does it (aws-c-auth). Checked against its published test vector.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from warden.credentials.dummies import KeyPair

ALGORITHM_A = "AWS4-ECDSA-P256-SHA256"

#: The order of P-256's base point (SEC 2, 2.4.2).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@lru_cache(maxsize=64)
def private_key(key: KeyPair) -> ec.EllipticCurvePrivateKey:
    """The ECDSA key that `key` stands for."""
    secret = b"AWS4A" + key.secret_key.encode("utf-8", "surrogateescape")
    for counter in range(1, 255):
        # One block is all: its number, the label, a zero, the context, and how many bits are wanted.
        context = key.access_key.encode("utf-8", "surrogateescape") + bytes([counter])
        block = b"\0\0\0\1" + ALGORITHM_A.encode() + b"\0" + context + (256).to_bytes(4)
        candidate = int.from_bytes(hmac.digest(secret, block, "sha256"))
        if candidate <= _ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1())
    raise ValueError("no key can be derived")  # as likely as guessing one


def sign(text: bytes, key: KeyPair) -> str:
    """`key`'s signature over `text`: DER in lower-case hex, another each time."""
    return private_key(key).sign(text, ec.ECDSA(hashes.SHA256())).hex()


def verify(text: bytes, signature: str, key: KeyPair) -> bool:
    """Whether `key` made `signature` (hex) over `text`."""
    try:
        private_key(key).public_key().verify(bytes.fromhex(signature), text, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
