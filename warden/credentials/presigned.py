"""Presigned URLs: the signature in the query is read, proven, and made anew with the real key. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

Accepted: each of the parameters below once, its name spelled exactly so, its value percent-encoded; in any order, among any others::

    X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z
    &X-Amz-Expires=900&X-Amz-SignedHeaders=host[&X-Amz-Security-Token=...][&X-Amz-Content-Sha256=...]&X-Amz-Signature=...
    X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=ID%2F20260101%2Fs3%2Faws4_request&X-Amz-Region-Set=%2A&...

What goes out is the same text with another access key, token and signature: nothing else is encoded, sorted or added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from warden.credentials import signed_query
from warden.credentials.dummies import KeyPair
from warden.credentials.sigv4 import ALGORITHM, Canonical, Proof, Signature, canonical_queries, digest_of, sign, signature_of
from warden.credentials.sigv4a import ALGORITHM_A
from warden.errors import CredentialError
from warden.model import HttpRequest

#: Seconds that a URL may be good for: seven days, AWS's own limit.
LONGEST = 604_800

_TOKENS = ("X-Amz-Security-Token", "X-Amz-S3session-Token")
_REQUIRED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")
#: SigV4A's, and only its.
_REGIONS = "X-Amz-Region-Set"
_KNOWN = {name.lower(): name for name in (*_REQUIRED, *_TOKENS, _REGIONS, "X-Amz-Content-Sha256")}
_UNRESERVED = "-_.~"
_EXPIRES = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, repr=False)
class Presigned:
    """What the query of a presigned URL says. `expires` in seconds; `token` and `payload` (X-Amz-Content-Sha256) None where they are not there;
    `unsigned` is the request without the signature, over which it was made.
    """

    signature: Signature
    timestamp: str
    expires: int
    token: str | None
    payload: str | None
    unsigned: HttpRequest


def read_presigned(request: HttpRequest) -> Presigned:
    """Raises CredentialError ``bad-presigned`` for anything but the one known shape."""
    path, _, query = request.target.partition("?")
    try:
        fields, kept = signed_query.read(query, _KNOWN, _REQUIRED, "X-Amz-Signature")
    except ValueError as error:
        raise _malformed(str(error)) from None
    algorithm = fields["X-Amz-Algorithm"]
    if algorithm not in (ALGORITHM, ALGORITHM_A):
        raise _malformed("X-Amz-Algorithm")
    if (algorithm == ALGORITHM_A) != bool(fields.get(_REGIONS)):
        raise _malformed(_REGIONS)
    signature = signature_of(fields["X-Amz-Credential"], fields["X-Amz-SignedHeaders"], fields["X-Amz-Signature"], algorithm)
    if signature is None:
        raise _malformed("X-Amz-Credential, X-Amz-SignedHeaders or X-Amz-Signature")
    expires = fields["X-Amz-Expires"]
    if not _EXPIRES.fullmatch(expires) or int(expires) > LONGEST:
        raise _malformed("X-Amz-Expires")
    tokens = [fields[name] for name in _TOKENS if name in fields]
    if len(tokens) > 1:
        raise _malformed(_TOKENS[1])
    return Presigned(
        signature,
        fields["X-Amz-Date"],
        int(expires),
        tokens[0] if tokens else None,
        fields.get("X-Amz-Content-Sha256"),
        replace(request, target=f"{path}?{'&'.join(kept)}"),
    )


def resign_presigned(request: HttpRequest, presigned: Presigned, proof: Proof, key: KeyPair) -> HttpRequest:
    """`request` signed by `key` over the same date, scope, headers and payload. Only key, token and signature differ."""
    path, _, query = request.target.partition("?")
    signature = presigned.signature
    pairs = query.split("&")
    had_token = any(pair.partition("=")[0] in _TOKENS for pair in pairs)
    token = quote(key.token or "", safe=_UNRESERVED)
    made: list[str] = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name == "X-Amz-Credential":
            scope = f"{key.access_key}/{signature.scope}"
            made.append(f"{name}={scope if '/' in value else quote(scope, safe=_UNRESERVED)}")
        elif name not in _TOKENS:
            made.append(pair)
        elif token:
            made.append(f"{name}={token}")
        if name == "X-Amz-SignedHeaders" and token and not had_token:
            made.append(f"{_TOKENS[0]}={token}")  # where botocore puts it
    queries = canonical_queries("&".join(pair for pair in made if not pair.startswith("X-Amz-Signature=")))
    # Encoded anew or not, as the one that was proven: see `sigv4`.
    as_encoded = proof.form.query == canonical_queries(presigned.unsigned.target.partition("?")[2])[0]
    form = Canonical(proof.form.path, queries[0] if as_encoded else queries[1])
    digest = digest_of(request.method, form, proof.headers, signature.signed_headers, proof.payload)
    value = sign(digest, signature, key, presigned.timestamp)
    made = [f"X-Amz-Signature={value}" if pair.startswith("X-Amz-Signature=") else pair for pair in made]
    return replace(request, target=f"{path}?{'&'.join(made)}")


def _malformed(name: str) -> CredentialError:
    return CredentialError(
        "bad-presigned",
        f"The presigned URL is not well formed: {name} is missing, there twice, or not as AWS writes it.",
        "Presign it with an AWS SDK or CLI of today, and use the URL as it is.",
    )
