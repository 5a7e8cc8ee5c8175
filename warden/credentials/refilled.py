"""A signed AWS request into which secrets were put: signed again by the dummy, as its agent would have signed it.

The agent signs what it knows, the placeholder; that signature has been proven over that request, and the policy has decided on it. What is sent has
another body, so every hash and checksum of a body that AWS would compare is of the new one.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from warden.credentials.dummies import KeyPair
from warden.credentials.sigv4 import ALGORITHM, over, prove, read_signature, resign
from warden.errors import CredentialError
from warden.model import HttpRequest

#: Headers that repeat the body in short, and how. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
_CHECKSUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "content-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "x-amz-checksum-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4),
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
    "x-amz-checksum-sha512": lambda body: hashlib.sha512(body).digest(),
}
#: Those that Python cannot compute: left out, with the header that announces them. AWS then makes its own.
_DROPPED = frozenset({"x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-xxhash64", "x-amz-checksum-xxhash3",
                      "x-amz-checksum-xxhash128"})  # fmt: skip
_ANNOUNCED = "x-amz-sdk-checksum-algorithm"


def refilled(asked: HttpRequest, filled: HttpRequest, key: KeyPair) -> HttpRequest:
    """`filled`, which is `asked` with secrets in it, signed by the dummy `key` that signed `asked`.

    One that is not signed in its headers stays as it is. Raises CredentialError ``signed-placeholder`` where it cannot be signed again.
    """
    authorization = asked.header("authorization")
    if authorization is None or not authorization.startswith(ALGORITHM):
        return filled
    timestamp, stated = asked.header("x-amz-date"), asked.header("x-amz-content-sha256")
    if filled.target != asked.target or timestamp is None or asked.body is None or filled.body is None:
        raise CredentialError(
            "signed-placeholder",
            "A placeholder is in a part of a signed AWS request that cannot be signed again.",
            "Put it into the body, and sign with X-Amz-Date.",
        )
    signature = read_signature(authorization)
    old = stated or hashlib.sha256(asked.body).hexdigest()
    proof = prove(asked, signature, key, timestamp, old)
    dropped = {name for name in filled.fields if name in _DROPPED}
    if dropped:
        dropped.add(_ANNOUNCED)
    # One that is no hash (UNSIGNED-PAYLOAD) says that the body is not signed.
    payload = hashlib.sha256(filled.body).hexdigest() if old == hashlib.sha256(asked.body).hexdigest() else old
    headers = []
    for name, value in filled.headers:
        lower = name.lower()
        if lower in _CHECKSUMS:
            headers.append((name, base64.b64encode(_CHECKSUMS[lower](filled.body)).decode()))
        elif lower == "x-amz-content-sha256":
            headers.append((name, payload))
        elif lower not in dropped:
            headers.append((name, value))
    made = replace(filled, headers=tuple(headers))
    signature = replace(signature, signed_headers=tuple(name for name in signature.signed_headers if name not in dropped))
    return resign(made, signature, over(made, signature, proof, payload), key)
