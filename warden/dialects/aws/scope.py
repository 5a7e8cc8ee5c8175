"""The scope that a request is signed for: a cross-check of its host, never a replacement.

Accepted, header or query (presigned) but not both::

    Authorization: AWS4-HMAC-SHA256 Credential=ID/20260101/us-east-1/ec2/aws4_request, SignedHeaders=..., Signature=...
    Authorization: AWS4-ECDSA-P256-SHA256 Credential=ID/20260101/s3/aws4_request, ...           SigV4a: no region
    ?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&...
    Authorization: Bearer ..., AWS ID:signature (version 2), or none                            no scope

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from warden.errors import DecodeError

_CREDENTIAL = re.compile(r"[^/\s]+/\d{8}/(?:(?P<region>[a-z0-9-]+)/)?(?P<service>[A-Za-z0-9_-]+)/aws4_request")
_ALGORITHMS = {"AWS4-HMAC-SHA256": True, "AWS4-ECDSA-P256-SHA256": False}  # whether the scope holds a region


@dataclass(frozen=True, slots=True)
class Scope:
    """`service` is a signing name; `region` is None for SigV4a."""

    service: str
    region: str | None


def read(authorization: str | None, query: Sequence[tuple[str, str]]) -> Scope | None:
    """The scope of a request; None when it is not signed with version 4. Raises DecodeError when there are two, or when it is malformed."""
    found = [(key, value) for key, value in query if key.lower() == "x-amz-credential"] if query else []
    header = authorization if authorization and authorization.startswith("AWS4-") else None
    if len(found) + (authorization is not None and bool(found or header)) > 1:
        raise DecodeError("two-signatures", "The request is signed twice.", "Sign it either in the header or in the query.")
    if header is not None:
        algorithm, _, fields = header.partition(" ")
        credentials = [part for field in fields.split(",") if (part := field.strip()).startswith("Credential=")]
        if algorithm not in _ALGORITHMS or len(credentials) != 1:
            raise _malformed()
        return _scope(credentials[0].removeprefix("Credential="), with_region=_ALGORITHMS[algorithm])
    if found:
        algorithms = [value for key, value in query if key.lower() == "x-amz-algorithm"]
        if len(algorithms) != 1 or algorithms[0] not in _ALGORITHMS:
            raise _malformed()
        return _scope(found[0][1], with_region=_ALGORITHMS[algorithms[0]])
    return None


def _scope(credential: str, *, with_region: bool) -> Scope:
    match = _CREDENTIAL.fullmatch(credential)
    if match is None or (match["region"] is not None) is not with_region:
        raise _malformed()
    return Scope(match["service"], match["region"])


def _malformed() -> DecodeError:
    return DecodeError(
        "malformed-scope", "The signature's credential scope is malformed.", "Sign with ID/DATE/REGION/SERVICE/aws4_request."
    )
